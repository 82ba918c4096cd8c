/* A fully associative cache of eight lines with the oldest line thrown out: look up, fill, age, write back. */
#include "hls.h"

enum { LINES = 8 };
static struct {
    uint32_t tag;
    uint32_t data;
    uint8_t age;
    bool valid, dirty;
} line[LINES] HLS_REGISTERS;

static int find(uint32_t tag)
{
    int hit = -1;
    HLS_UNROLL
    for (int i = 0; i < LINES; i++)
        if (line[i].valid && line[i].tag == tag)
            hit = i;
    return hit;
}

static int oldest(void)
{
    int best = 0;
    uint8_t age = 0;
    HLS_UNROLL
    for (int i = 0; i < LINES; i++) {
        const uint8_t a = line[i].valid ? line[i].age : 255;
        if (a >= age) {
            age = a;
            best = i;
        }
    }
    return best;
}

static void touch(int used)
{
    const uint8_t age = line[used].age;
    HLS_UNROLL
    for (int i = 0; i < LINES; i++)
        if (line[i].valid && line[i].age < age)
            line[i].age++;
    line[used].age = 0;
}

void lru(uint32_t n, uint32_t ram[HLS_SIZE(256)], hls_stream_u32 *requests, hls_stream_u32 *answers)
{
    uint32_t hits = 0;
    for (uint32_t k = 0; k < (n & 127); k++) {
        const uint32_t request = hls_read(requests);
        const uint32_t address = request & 31;
        int at = find(address);
        if (at >= 0) {
            hits++;
        } else {
            at = oldest();
            if (line[at].valid && line[at].dirty)
                ram[line[at].tag & 255] = line[at].data;
            line[at].tag = address;
            line[at].data = ram[address & 255];
            line[at].valid = true;
            line[at].dirty = false;
            line[at].age = 255;
        }
        touch(at);
        if (request >> 31) {
            line[at].data = hls_read(requests);
            line[at].dirty = true;
        } else {
            hls_write(answers, line[at].data);
        }
    }
    hls_write(answers, hits);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)round;
    rig_set(k, 0, 100);
    for (int i = 0; i < 200; i++)
        rig_send(k, 2, rig_random() & (rig_below(2) ? 0x8000000f : 0x8000001f));
}
#endif
