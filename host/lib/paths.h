/* paths.h -- temporary folders, and programs by their names. */
#ifndef EDDY_LIB_PATHS_H
#define EDDY_LIB_PATHS_H

#include <limits.h>
#include <stdbool.h>

/* Removes a folder with all that is in it, as far as that can be done. */
void folder_remove(const char *path);

/* The program that a shell would run: the first of its name in PATH. False: there is none. */
bool program_find(const char *name, char path[static PATH_MAX]);

#endif
