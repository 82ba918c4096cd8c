/* util.h -- memory that lives as long as one compilation, growing vectors, a pointer map. */
#ifndef HLSC_UTIL_H
#define HLSC_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena_chunk;
/* Text that grows: written to `file`, there once it is closed. */
struct arena_text {
    FILE *file;
    char *text;
    size_t size;
    struct arena_text *next;
};
struct arena {
    struct arena_chunk *chunks;
    struct arena_text *texts;
};

struct arena_text *arena_open(struct arena *arena);
const char *arena_close(struct arena_text *text);

void *arena_alloc(struct arena *arena, size_t size_bytes); /* zeroed */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

/* A vector in an arena: VEC(type) names; VEC_PUSH(arena, &names, value); names.at[i], names.n */
#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *at;                                                                                  \
        unsigned n, cap;                                                                           \
    }
#define VEC_PUSH(arena, v, ...)                                                                    \
    ((v)->at = vec_room(arena, (v)->at, (v)->n, &(v)->cap, sizeof *(v)->at),                       \
     (v)->at[(v)->n++] = (__VA_ARGS__))
void *vec_room(struct arena *arena, void *at, unsigned n, unsigned *cap, size_t size_bytes);

/* From pointer to pointer. */
struct map_slot {
    const void *key;
    void *value;
};
struct map {
    struct map_slot *slots;
    unsigned n, cap;
};
void *map_get(const struct map *map, const void *key);
void map_put(struct arena *arena, struct map *map, const void *key, void *value);

/* Bits of the unsigned number v: 0 for 0, 4 for 15. */
unsigned bit_length(uint64_t v);
uint64_t mask_of(unsigned bits);
int64_t sign_extend(uint64_t v, unsigned bits);

#endif
