/* A digest of a message that comes in parts: they fill blocks, what is left of one waits for the next, and the last block is filled up. */
/* hlsc: --pipeline */
#include <string.h>

#include "hls.h"

enum { BLOCK = 16, MESSAGE = 50 };

struct digest {
    uint32_t state, bytes;
    uint8_t block[BLOCK];
};

static const uint8_t filling[BLOCK] = {0x80};

static void mix(uint32_t *state, const uint8_t *block)
{
    for (int i = 0; i < BLOCK; i++)
        *state = (*state << 5 | *state >> 27) + block[i];
}

static void update(struct digest *d, const uint8_t *part, uint32_t bytes)
{
    uint32_t i = 0, used = d->bytes % BLOCK;
    const uint32_t missing = BLOCK - used;
    d->bytes += bytes;
    if (bytes >= missing) {
        memcpy(&d->block[used], part, missing);
        mix(&d->state, d->block);
        for (i = missing; i + BLOCK - 1 < bytes; i += BLOCK)
            mix(&d->state, &part[i]);
        used = 0;
    }
    memcpy(&d->block[used], &part[i], bytes - i);
}

void blocks(hls_stream_u16 *in, hls_stream_u32 *out)
{
    struct digest d = {.state = 1};
    uint8_t message[MESSAGE];
    for (int i = 0; i < MESSAGE; i++)
        message[i] = (uint8_t)hls_read(in);
    const uint32_t first = message[0] % 30;
    update(&d, message, first);
    update(&d, message + first, message[1] % 20);
    update(&d, filling, BLOCK - d.bytes % BLOCK);
    hls_write(out, d.state);
    hls_write(out, d.bytes);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < MESSAGE; i++)
        rig_send(k, 0, rig_random());
}
#endif
