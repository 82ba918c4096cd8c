/* hlsc: --multipliers 8 --clock-ns 28 */
/* The recurrent engine of the peers, whose hand-written Verilog is peers/rnn_hand.v: h[t] = tanh(Wx x[t] + Wh h[t-1] + b),
 * P rows per pass, one column per cycle. */
#include "hls.h"

enum { P = 8, WDEPTH = 16384, VMAX = 256, HDIST = 16 };

static const int16_t TANH_B[128] = {
    0, 509, 1003, 1468, 1893, 2272, 2602, 2883, 3119, 3315, 3475, 3604,
    3707, 3790, 3856, 3908, 3949, 3981, 4006, 4026, 4041, 4053, 4063, 4070,
    4076, 4080, 4084, 4086, 4089, 4090, 4091, 4092, 4093, 4094, 4094, 4095,
    4095, 4095, 4095, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096,
    4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096,
    4096, 4096, 4096, 4096, -4096, -4096, -4096, -4096, -4096, -4096, -4096, -4096,
    -4096, -4096, -4096, -4096, -4096, -4096, -4096, -4096, -4096, -4096, -4096, -4096,
    -4096, -4096, -4096, -4096, -4096, -4096, -4095, -4095, -4095, -4095, -4094, -4094,
    -4093, -4092, -4091, -4090, -4089, -4086, -4084, -4080, -4076, -4070, -4063, -4053,
    -4041, -4026, -4006, -3981, -3949, -3908, -3856, -3790, -3707, -3604, -3475, -3315,
    -3119, -2883, -2602, -2272, -1893, -1468, -1003, -509};
static const int16_t TANH_S[128] = {
    509, 494, 465, 425, 379, 330, 281, 236, 196, 160, 129, 103,
    83, 66, 52, 41, 32, 25, 20, 15, 12, 10, 7, 6,
    4, 4, 2, 3, 1, 1, 1, 1, 1, 0, 1, 0,
    0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1,
    1, 1, 1, 1, 3, 2, 4, 4, 6, 7, 10, 12,
    15, 20, 25, 32, 41, 52, 66, 83, 103, 129, 160, 196,
    236, 281, 330, 379, 425, 465, 494, 509};

static int8_t W[WDEPTH][P] HLS_PARTITION(2);    /* Q1.7  [row block][column][lane] */
static int32_t bias[VMAX];                      /* Q13.19, one per row             */
static int16_t xbuf[VMAX];                      /* Q4.12                           */
static int16_t hbuf[2*VMAX];                    /* ping-pong state                 */

static inline int16_t sat16(int32_t v) { return v > 32767 ? 32767 : v < -32768 ? -32768 : (int16_t)v; }

static inline int16_t act_tanh(int32_t s)       /* Q.19 in, Q4.12 out */
{
    int16_t x = sat16((s + 64) >> 7);
    unsigned k = ((unsigned)(uint16_t)x >> 9) & 127u;
    int32_t f = x & 511;
    return (int16_t)(TANH_B[k] + ((TANH_S[k] * f + 256) >> 9));
}

/* mode 0: load weights then biases.  mode 1: run T steps.
 * L = I+H columns per row block, RB = ceil(H/P) row blocks, gap = max(0, HDIST-(I+(RB-1)*P)) */
void rnn_top(uint16_t mode, uint16_t I, uint16_t H, uint16_t RB, uint16_t T, uint16_t gap, uint16_t words,
             hls_stream_u16 *in, hls_stream_u16 *out)
{
    if (mode == 0) {
        uint16_t a = 0, p = 0, words1 = words - 1;
        bool more = words != 0;
        while (more) {
            HLS_PIPELINE(1);
            more = !(p == P - 1 && a == words1);
            int8_t d = (int8_t)hls_read(in);
            HLS_UNROLL
            for (int k = 0; k < P; k++)
                if (k == p) W[a][k] = d;
            if (p == P - 1) { p = 0; a++; } else p++;
        }
        uint16_t n = 0, H1 = H - 1; bool hi = false; uint32_t lo = 0;
        more = H != 0;
        while (more) {
            HLS_PIPELINE(1);
            more = !(hi && n == H1);
            uint32_t d = hls_read(in);
            if (hi) { bias[n] = (int32_t)(d << 16 | lo); n++; }
            lo = d; hi = !hi;
        }
        return;
    }
    /* loop limits, computed once */
    const uint16_t L = I + H, I1 = I - 1, L2 = L - 2, RB2 = RB - 2, T2 = T - 2;
    const bool l1 = L == 1, rb1 = RB == 1, has_x = I != 0;
    const uint8_t hlast = (uint8_t)(H - (RB - 1) * P) & 15;  /* rows in the last block, at most P */
    /* MAC side position: counters, and flags about them that are one iteration ahead */
    uint16_t t = 0, rb = 0, j = 0, jh = 0, wa = 0, g = gap;
    bool is_x = has_x, c0 = true, cl = l1, rb0 = true, rbl = rb1, tl = T == 1, macs = T != 0;
    bool wait = gap != 0 && !has_x;
    bool cur = false, first = true;               /* bank holding h[t-1]; h[-1] = 0 */
    int32_t acc[P], pend[P];
    uint8_t dcnt = 0;                             /* drain side: rows left, the next one */
    uint16_t drow = 0;
    bool dv = false, dbank = false, run;
    HLS_UNROLL
    for (int k = 0; k < P; k++) { acc[k] = 0; pend[k] = 0; }

    do {
        HLS_PIPELINE(1);
        HLS_DISTANCE(hbuf, HDIST);
        HLS_DISTANCE(xbuf, HDIST);
        /* one column of the P-row block, if its operand is there */
        const bool need = macs & is_x & rb0;
        const bool here = !hls_empty(in);
        int16_t xs = 0;
        if (need & here) xs = (int16_t)hls_read(in);
        const bool go = macs & !wait & (!need | here);
        const bool last = go & cl;
        const int16_t xm = xbuf[j & (VMAX-1)];
        const int16_t hm = hbuf[(cur ? VMAX : 0) | (jh & (VMAX-1))];
        if (need) xbuf[j & (VMAX-1)] = xs;
        const int16_t v = is_x ? (rb0 ? xs : xm) : first ? 0 : hm;
        const int32_t pend0 = pend[0];
        HLS_UNROLL
        for (int k = 0; k < P; k++) {
            int32_t sum = (c0 ? 0 : acc[k]) + W[wa][k] * v;
            if (go) acc[k] = sum;
        }
        /* one element of the previous row block through bias, tanh, state */
        if (dv) {
            int16_t y = act_tanh(pend0 + bias[drow & (VMAX-1)]);
            hbuf[(dbank ? VMAX : 0) | (drow & (VMAX-1))] = y;
            hls_write(out, (uint16_t)y);
        }
        HLS_UNROLL
        for (int k = 0; k < P; k++)
            pend[k] = last ? acc[k] : k + 1 < P ? pend[k+1] : 0;
        run = macs | dv;
        /* advance both sides */
        drow = dv ? drow + 1 : drow;
        if (last & rb0) drow = 0;
        dv = last | (dv & (dcnt != 1));
        dcnt = last ? (rbl ? hlast : P) : (dcnt - 1) & 15;
        if (last) dbank = !cur;
        const bool wl = wait & (g == 1);
        g = last ? gap : wait ? g - 1 : g;
        const bool xl = is_x & (j == I1);         /* last x column */
        if (go) {
            cl = last ? l1 : j == L2;
            c0 = last;
            jh = (last | is_x) ? 0 : (uint16_t)(jh + 1);
            is_x = last ? has_x : is_x & !xl;
            j = last ? 0 : (uint16_t)(j + 1);
            wa = (last & rbl) ? 0 : (uint16_t)(wa + 1);
        }
        if (last) {
            const bool tn = rbl;                  /* next step begins */
            rb0 = rbl;
            rb = rbl ? 0 : (uint16_t)(rb + 1);
            rbl = tn ? rb1 : rb == (uint16_t)(RB2 + 1);
            if (tn) { macs = !tl; t++; tl = t == (uint16_t)(T2 + 1); cur = !cur; first = false; }
        }
        wait = wait ? !wl : (go & rb0 & ((xl & !last) | (last & !has_x)) & (gap != 0));
    } while (run);
}

#ifdef RIG
static void stimulus(struct rig_kernel *k, unsigned round)
{
    static unsigned inputs, hidden;
    const bool load = round % 2 == 0;
    if (load) {
        inputs = 3 + rig_below(14);
        hidden = 9 + rig_below(24);
    }
    const unsigned blocks = (hidden + P - 1) / P, words = blocks * (inputs + hidden), steps = 3;
    const int gap = HDIST - (int)(inputs + (blocks - 1) * P);
    const unsigned values[] = {!load, inputs, hidden, blocks, steps, gap > 0 ? (unsigned)gap : 0, words};
    for (unsigned i = 0; i < 7; i++)
        rig_set(k, i, values[i]);
    for (unsigned i = 0; load && i < words * P + 2 * hidden; i++)
        rig_send(k, 7, rig_random());
    for (unsigned i = 0; !load && i < inputs * steps; i++)
        rig_send(k, 7, rig_random() % 8192 - 4096);
}
#endif
