/* folder.h -- folders of temporary files. */
#ifndef EDDY_LIB_FOLDER_H
#define EDDY_LIB_FOLDER_H

/* Removes a folder with all that is in it, as far as that can be done. */
void folder_remove(const char *path);

#endif
