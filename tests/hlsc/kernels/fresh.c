/* Local arrays with initial values, fresh in every call and in every iteration: zeros, some values, all of them, structs. */
#include "hls.h"

struct point {
    int16_t x;
    uint8_t weight;
};

static struct point shape[8], corner;

/* Elements that are structs, taken and put as a whole. */
static uint32_t swaps(uint32_t n)
{
    for (uint32_t i = 0; i < 8; i++)
        shape[i] = (struct point){(int16_t)(n * i), (uint8_t)i};
    for (uint32_t i = 0; i < 7; i++)
        if (shape[i].x > shape[i + 1].x) {
            const struct point held = shape[i];
            shape[i] = shape[i + 1];
            shape[i + 1] = held;
        }
    corner = shape[n & 7];
    return (uint32_t)corner.x ^ (uint32_t)shape[7].x << 8 ^ corner.weight;
}

static uint32_t each_time(uint32_t n)
{
    int8_t small[4] = {1, -2};
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 6; i++) {
        uint16_t seen[24] = {0};
        uint8_t ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
        for (uint32_t k = 0; k < 9; k++)
            seen[(k * n + i) % 24]++;
        small[(i + n) & 3] += (int8_t)ones[n & 7];
        ones[i] = 9;
        sum = sum * 7 + seen[n % 24] + seen[i] + ones[(n >> 3) & 7];
    }
    return sum ^ (uint32_t)small[n & 3] << 8;
}

uint32_t fresh(uint32_t n, hls_stream_u16 *in)
{
    int32_t grid[3][5] = {{1, 2, 3}, {-4}, {5, 6, 7, 8, 9}};
    const int16_t table[20] = {3, 1, -4, 1, 5, -9, 2, 6, 5, 3, 5, 8, 9, 7, -9, 3, 2, 3, 8, 4};
    struct point line[7] = {{5, 1}, {.weight = 3}, {-1, 2}};
    uint64_t wide[3] = {0};
    uint32_t bins[32] = {0}, before[32];
    for (uint32_t i = 0; i < 15; i++) {
        const uint16_t a = hls_read(in);
        __builtin_memcpy(before, bins, sizeof before);
        bins[a & 31] += a + before[i];
        line[a % 7].x += table[a % 20];
        line[(a >> 3) % 7].weight ^= 5;
        grid[a % 3][i % 5] -= a;
        wide[a % 3] = (wide[a % 3] << 3) ^ a;
    }
    uint32_t sum = each_time(n) + swaps(n);
    for (uint32_t i = 0; i < 32; i++)
        sum = sum * 3 + bins[i] + (uint32_t)grid[i % 3][i % 5] + (uint32_t)line[i % 7].x + line[i % 7].weight;
    return sum ^ (uint32_t)(wide[n % 3] >> 5);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    rig_set(k, 0, round < 8 ? round * 5 : rig_random());
    for (unsigned i = 0; i < 15; i++)
        rig_send(k, 1, rig_random());
}
#endif
