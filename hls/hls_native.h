/* hls_native.h -- streams of the native reading: rings of words in the caller's memory.
 *
 * A write to a full ring first asks the owner's `make_room` hook. A write that still finds no room and a
 * read of an empty ring are faults of the owner: the word is dropped or read as 0, and `faults` counts it.
 */
#ifndef HLS_NATIVE_H
#define HLS_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hls_ring {
    size_t capacity_words; /* a power of two */
    size_t head, tail;     /* words ever read and ever written */
    size_t faults;
    void (*make_room)(void *stream);
};

#define HLS_NATIVE_STREAM(width)                                                                   \
    typedef struct hls_stream_u##width {                                                           \
        struct hls_ring ring;                                                                      \
        uint##width##_t *words;                                                                    \
    } hls_stream_u##width;                                                                         \
    static inline bool __hls_empty_u##width(hls_stream_u##width *s)                                \
    {                                                                                              \
        return s->ring.head == s->ring.tail;                                                       \
    }                                                                                              \
    static inline bool hls_native_full_u##width(const hls_stream_u##width *s)                      \
    {                                                                                              \
        return s->ring.tail - s->ring.head == s->ring.capacity_words;                              \
    }                                                                                              \
    static inline uint##width##_t __hls_read_u##width(hls_stream_u##width *s)                      \
    {                                                                                              \
        if (__hls_empty_u##width(s)) {                                                             \
            s->ring.faults++;                                                                      \
            return 0;                                                                              \
        }                                                                                          \
        return s->words[s->ring.head++ & (s->ring.capacity_words - 1)];                            \
    }                                                                                              \
    static inline void __hls_write_u##width(hls_stream_u##width *s, uint##width##_t v)             \
    {                                                                                              \
        if (hls_native_full_u##width(s) && s->ring.make_room)                                      \
            s->ring.make_room(s);                                                                  \
        if (hls_native_full_u##width(s))                                                           \
            s->ring.faults++;                                                                      \
        else                                                                                       \
            s->words[s->ring.tail++ & (s->ring.capacity_words - 1)] = v;                           \
    }

HLS_NATIVE_STREAM(16)
HLS_NATIVE_STREAM(32)
HLS_NATIVE_STREAM(64)

#endif
