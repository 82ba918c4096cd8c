/* string.h -- for hlsc, what it can compile of the C library's: copies and fills of constant length. */
#ifndef HLSC_STRING_H
#define HLSC_STRING_H

#include <stddef.h>

#define memcpy(to, from, bytes) __builtin_memcpy(to, from, bytes)
#define memmove(to, from, bytes) __builtin_memmove(to, from, bytes)
#define memset(to, byte, bytes) __builtin_memset(to, byte, bytes)

#endif
