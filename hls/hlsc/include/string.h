/* string.h -- for hlsc, what it can compile of the C library's: copies and fills, and loops over bytes and letters. */
#ifndef HLSC_STRING_H
#define HLSC_STRING_H

#include <stddef.h>

#define memcpy(to, from, bytes) __builtin_memcpy(to, from, bytes)
#define memmove(to, from, bytes) __builtin_memmove(to, from, bytes)
#define memset(to, byte, bytes) __builtin_memset(to, byte, bytes)

static inline int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < bytes; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

static inline void *memchr(const void *in, int byte, size_t bytes)
{
    const unsigned char *at = in;
    for (size_t i = 0; i < bytes; i++, at++)
        if (*at == (unsigned char)byte)
            return (void *)at;
    return NULL;
}

static inline size_t strlen(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static inline int strncmp(const char *a, const char *b, size_t most)
{
    for (size_t i = 0; i < most; i++) {
        const unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        if (x != y)
            return x < y ? -1 : 1;
        if (x == 0)
            break;
    }
    return 0;
}

static inline int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, (size_t)-1);
}

static inline char *strchr(const char *text, int letter)
{
    for (; *text != (char)letter; text++)
        if (*text == 0)
            return NULL;
    return (char *)text;
}

static inline char *strcpy(char *to, const char *from)
{
    size_t i = 0;
    do
        to[i] = from[i];
    while (from[i++]);
    return to;
}

#endif
