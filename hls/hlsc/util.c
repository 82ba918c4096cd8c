#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
    struct arena_chunk *next;
    size_t used_bytes, size_bytes;
    _Alignas(16) unsigned char data[];
};

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
    size_bytes = (size_bytes + 15) & ~(size_t)15;
    struct arena_chunk *chunk = arena->chunks;
    if (!chunk || chunk->size_bytes - chunk->used_bytes < size_bytes) {
        size_t room_bytes = size_bytes > (1u << 18) ? size_bytes : 1u << 18;
        chunk = calloc(1, sizeof *chunk + room_bytes);
        if (!chunk) {
            fputs("hlsc: out of memory\n", stderr);
            abort();
        }
        chunk->size_bytes = room_bytes;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    void *p = chunk->data + chunk->used_bytes;
    chunk->used_bytes += size_bytes;
    return p;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_alloc(arena, (size_t)n + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

struct arena_text *arena_open(struct arena *arena)
{
    struct arena_text *t = arena_alloc(arena, sizeof *t);
    t->file = open_memstream(&t->text, &t->size);
    if (!t->file) {
        fputs("hlsc: out of memory\n", stderr);
        abort();
    }
    t->next = arena->texts;
    arena->texts = t;
    return t;
}

const char *arena_close(struct arena_text *t)
{
    if (t->file)
        fclose(t->file);
    t->file = NULL;
    return t->text;
}

void arena_free(struct arena *arena)
{
    for (struct arena_text *t = arena->texts; t; t = t->next) {
        arena_close(t);
        free(t->text);
    }
    arena->texts = NULL;
    while (arena->chunks) {
        struct arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
}

void *vec_room(struct arena *arena, void *at, unsigned n, unsigned *cap, size_t size_bytes)
{
    if (n < *cap)
        return at;
    *cap = *cap ? 2 * *cap : 8;
    void *grown = arena_alloc(arena, *cap * size_bytes);
    if (n)
        memcpy(grown, at, n * size_bytes);
    return grown;
}

static unsigned slot_of(const struct map *map, const void *key)
{
    uint64_t h = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
    unsigned i = (unsigned)(h >> 32) & (map->cap - 1);
    while (map->slots[i].key && map->slots[i].key != key)
        i = (i + 1) & (map->cap - 1);
    return i;
}

void *map_get(const struct map *map, const void *key)
{
    return map->cap ? map->slots[slot_of(map, key)].value : NULL;
}

void map_put(struct arena *arena, struct map *map, const void *key, void *value)
{
    if (2 * (map->n + 1) > map->cap) {
        struct map grown = {.cap = map->cap ? 2 * map->cap : 64};
        grown.slots = arena_alloc(arena, grown.cap * sizeof *grown.slots);
        for (unsigned i = 0; i < map->cap; i++)
            if (map->slots[i].key)
                grown.slots[slot_of(&grown, map->slots[i].key)] = map->slots[i];
        grown.n = map->n;
        *map = grown;
    }
    struct map_slot *slot = &map->slots[slot_of(map, key)];
    map->n += slot->key == NULL;
    slot->key = key;
    slot->value = value;
}

unsigned bit_length(uint64_t v)
{
    return v ? 64 - (unsigned)__builtin_clzll(v) : 0;
}

uint64_t mask_of(unsigned bits)
{
    return bits >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << bits) - 1;
}

int64_t sign_extend(uint64_t v, unsigned bits)
{
    return bits == 0 ? 0 : (int64_t)(v << (64 - bits)) >> (64 - bits);
}
