/* A square matrix transposed in place, twice: once as the array parameter, once in a static one. */
#include "hls.h"

enum { N = 12 };
static int32_t m[N][N];

void transpose(int32_t x[HLS_SIZE(N * N)], hls_stream_u32 *out)
{
    for (int i = 0; i < N; i++) {
        HLS_FLATTEN;
        for (int j = 0; j < N; j++)
            m[i][j] = x[i * N + j];
    }
    for (int i = 0; i < N; i++)
        for (int j = i + 1; j < N; j++) {
            const int32_t t = x[i * N + j];
            x[i * N + j] = x[j * N + i];
            x[j * N + i] = t;
        }
    for (int i = 1; i < N; i++) {
        HLS_FLATTEN;
        for (int j = 0; j < i; j++) {
            const int32_t t = m[i][j];
            m[i][j] = m[j][i];
            m[j][i] = t;
        }
    }
    for (int k = 0; k < N * N; k++) {
        HLS_PIPELINE(1);
        hls_write(out, (uint32_t)m[k / N][k % N]);
    }
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    (void)k, (void)round;
}
#endif
