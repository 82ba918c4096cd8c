/* Control flow of every kind as states: nested loops, switch, break, continue, early return,
 * structs, 2-D arrays, registers with a variable index, products in states, calls of a pipelined
 * loop from several places. */
#include "hls.h"

struct entry {
    uint16_t key;
    int32_t value;
    bool used;
};
static struct entry entries[16];
static int16_t matrix[6][10];
static uint16_t recent[4] HLS_REGISTERS = {1, 2, 3, 4};
static uint32_t calls;
static bool flip = true;

static void send(hls_stream_u32 *out, uint32_t first, uint16_t count)
{
    for (uint16_t n = 0; n < count; n++) {
        HLS_PIPELINE(1);
        hls_write(out, first * 3u + n);
    }
}

static int insert(uint16_t key, int32_t value)
{
    for (int i = 0; i < 16; i++) {
        if (entries[i].used && entries[i].key != key)
            continue;
        entries[i].used = true;
        entries[i].key = key;
        entries[i].value += value;
        return i;
    }
    return -1;
}

static uint32_t gcd(uint32_t a, uint32_t b)
{
    while (b != 0) {
        if (a < b) {
            const uint32_t t = a;
            a = b;
            b = t;
            continue;
        }
        a -= b;
        if (a == 0)
            break;
    }
    return a | b;
}

void states(hls_stream_u16 *in, hls_stream_u32 *out)
{
    while (hls_more(in)) {
        const uint16_t op = hls_read(in);
        calls++;
        recent[calls & 3] = op;
        switch (op & 7) {
        case 0: send(out, op, op >> 12); break;
        case 1: {
            const uint16_t key = hls_read(in);
            hls_write(out, (uint32_t)insert(key & 31, (int16_t)op));
            break;
        }
        case 2:
            for (int i = 0; i < 6; i++)
                for (int j = 0; j < 10; j++) {
                    if (((i ^ j) & 1) && flip)
                        continue;
                    matrix[i][j] += (int16_t)(i * op + j);
                }
            flip = !flip;
            break;
        case 3: {
            int32_t sum = 0;
            for (int j = 0; j < 10; j++) {
                int32_t product = 1;
                for (int i = 0; i < 6; i++)
                    product = product * (matrix[i][j] | 1);
                sum += product / 4 + product % 8;
            }
            hls_write(out, (uint32_t)sum);
            break;
        }
        case 4: hls_write(out, gcd((op >> 3 & 255) + 1, (op & 1023) + 1)); break;
        case 5: {
            uint32_t best = 0;
            for (int i = 0; i < 4; i++)
                best = recent[i] > best ? recent[i] : best;
            hls_write(out, best << (op >> 11) | best >> ((32 - (op >> 11)) & 31));
            send(out, best, op >> 13);
            break;
        }
        case 6: recent[op >> 3 & 3] += recent[op >> 5 & 3]; break;
        default:
            for (int i = 0; i < 16; i++)
                if (entries[i].used) {
                    hls_write(out, (uint32_t)entries[i].value);
                    entries[i].used = i & 1;
                }
            hls_write(out, calls);
        }
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    for (int i = 0; i < 60; i++) {
        const uint16_t op = (uint16_t)rig_random();
        rig_send(k, 0, op);
        if ((op & 7) == 1)
            rig_send(k, 0, rig_random());
    }
}
#endif
