/* Commands by their names: pointers run through a table of structs, and through the name in each; where one was found is a
 * difference of pointers. */
#include <string.h>

#include "hls.h"

enum { COMMANDS = 6, LETTERS = 8 };
static const struct command {
    char name[6];
    uint8_t code;
} commands[COMMANDS] = {{"go", 1}, {"gone", 2}, {"stop", 3}, {"st", 4}, {"seven", 7}, {"", 9}};

static int find(const char *word)
{
    for (const struct command *c = commands; c < commands + COMMANDS; c++)
        if (strcmp(c->name, word) == 0)
            return (int)(c - commands);
    return -1;
}

/* The first that the word begins with. */
static uint8_t first_of(const char *word)
{
    for (const struct command *c = commands;; c++) {
        const char *p = c->name, *q = word;
        while (*p && *p == *q) {
            p++;
            q++;
        }
        if (!*p)
            return (uint8_t)(c->code << 4 | (c - commands));
    }
}

void lookup(hls_stream_u32 *in, hls_stream_u32 *out)
{
    char word[LETTERS] = {0};
    for (int i = 0; i < LETTERS - 1; i++)
        word[i] = (char)hls_read(in);
    hls_write(out, (uint32_t)find(word));
    hls_write(out, first_of(word));
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    const char *name = commands[round % COMMANDS].name;
    const int letters = round % 4 ? 6 : 3;
    for (int i = 0; i < LETTERS - 1; i++)
        rig_send(k, 0,
                 (uint64_t)(i < letters        ? (unsigned char)name[i]
                            : rig_random() & 1 ? 's'
                                               : 0));
}
#endif
