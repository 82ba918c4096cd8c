/* datapath.c -- the engine: MAC lanes, drain and state registers around one pipelined loop.
 *
 *   segments ─► next operand ─► MAC lanes ─► sums ─► drain: bias, shift, activation ─► results
 *                 ▲ (x_t, h_{t-1})  (weights on chip)     │
 *                 └───────── h_t ◄── state registers ◄────┘
 *
 * An iteration multiplies one column by one element and, beside it, takes one finished sum of the block
 * before through the drain. x_t is consumed as it arrives, h_{t-1} in the order in which it was produced, so that
 * the drain of a block hides behind the columns of the next one.
 */
#include "descriptor.h"
#include "fixed.h"

#if WEIGHT_BITS == 8
typedef int8_t weight_t;
#else
typedef int16_t weight_t;
#endif
#define WEIGHTS_PER_WORD (16 / WEIGHT_BITS)
#define WORDS_PER_COLUMN (LANES / WEIGHTS_PER_WORD)

static weight_t weights[WEIGHT_WORDS][LANES] HLS_PARTITION(2);
static int32_t biases[ROWS];                    /* at the scale of the sums */
static uint8_t shifts[ROWS];                    /* of the sums, less one */
static int16_t inputs[INPUT_ROWS];              /* x_t */
static int16_t state[STREAMS * 2 * STATE_ROWS]; /* for each stream h_{t-1} and h_t, by turns */

static void load_weights(hls_stream_u16 *data, uint32_t address, uint32_t count)
{
    uint32_t part = 0;
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        const uint16_t word = hls_read(data);
        HLS_UNROLL
        for (uint32_t k = 0; k < LANES; k++)
            if (k / WEIGHTS_PER_WORD == part)
                weights[address & (WEIGHT_WORDS - 1)][k] =
                    (weight_t)(word >> k % WEIGHTS_PER_WORD * WEIGHT_BITS);
        const bool complete = part == WORDS_PER_COLUMN - 1;
        part = complete ? 0 : part + 1;
        address = complete ? address + 1 : address;
    }
}

static void load_rows(hls_stream_u16 *data, uint32_t address, uint32_t count)
{
    uint16_t low = 0, high = 0;
    uint8_t part = 0;
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        const uint16_t word = hls_read(data);
        if (part == ROW_SHIFT) {
            biases[address & (ROWS - 1)] = (int32_t)((uint32_t)high << 16 | low);
            shifts[address & (ROWS - 1)] = word & 31;
        }
        low = part == ROW_BIAS_LOW ? word : low;
        high = part == ROW_BIAS_HIGH ? word : high;
        address = part == ROW_WORDS - 1 ? address + 1 : address;
        part = (part + 1) & (ROW_WORDS - 1);
    }
}

static void copy(hls_stream_u16 *data, hls_stream_u16 *results, uint32_t count)
{
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        hls_write(results, hls_read(data));
    }
}

static void write_state(hls_stream_u16 *data, uint32_t address, uint32_t count, bool clear)
{
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        int16_t word = 0;
        if (!clear)
            word = (int16_t)hls_read(data);
        state[address++ & (STREAMS * 2 * STATE_ROWS - 1)] = word;
    }
}

static void read_state(hls_stream_u16 *results, uint32_t address, uint32_t count)
{
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        hls_write(results, (uint16_t)state[address++ & (STREAMS * 2 * STATE_ROWS - 1)]);
    }
}

/* The columns of the MAC side: the segment at work and the place in it. */
struct mac_side {
    bool busy;       /* a segment is at work */
    bool last;       /* its last column is next */
    bool ends_block; /* and completes the sums */
    bool stop;       /* and the run */
    uint8_t source;
    uint16_t left;    /* columns */
    uint32_t address; /* of the next element */
    uint32_t weight;  /* of the next column */
};

/* The rows of the drain side: the block at work and the place in it. */
struct drain_side {
    bool busy;          /* sums wait */
    bool last;          /* one sum waits */
    struct drain block; /* rows, address and row are those of the next sum */
};

struct counters {
    uint32_t columns, wait_input, wait_state, wait_drain, wait_control, saturated;
};

static inline struct mac_side next_segment(hls_stream_u64 *segments)
{
    const struct segment s = segment_unpack(hls_read(segments));
    return (struct mac_side){.busy = true,
                             .last = s.length == 1,
                             .ends_block = s.ends_block,
                             .stop = s.stop,
                             .source = s.source,
                             .left = s.length,
                             .address = s.address,
                             .weight = s.weight};
}

static inline struct mac_side next_column(struct mac_side m)
{
    m.last = m.left == 2;
    m.left--;
    m.address++;
    m.weight++;
    return m;
}

static inline struct drain_side next_block(hls_stream_u64 *drains)
{
    const struct drain d = drain_unpack(hls_read(drains));
    return (struct drain_side){.busy = true, .last = d.rows == 1, .block = d};
}

static inline struct drain_side next_row(struct drain_side d)
{
    d.busy = d.busy & !d.last;
    d.last = d.block.rows == 2;
    d.block.rows--;
    d.block.address++;
    d.block.row++;
    return d;
}

static inline void write_counter(hls_stream_u16 *results, uint32_t counter)
{
    hls_write(results, (uint16_t)counter);
    hls_write(results, (uint16_t)(counter >> 16));
}

static void run(hls_stream_u16 *data, hls_stream_u64 *segments, hls_stream_u64 *drains,
                hls_stream_u16 *results)
{
    struct mac_side mac = {0};
    struct drain_side drain = {0};
    struct counters count = {0};
    int64_t sums[LANES] = {0}, complete[LANES] = {0};
    bool first = true, stopped = false, running;
    uint8_t gap = 0; /* iterations until the state may be read */
    const uint32_t begin = hls_clock();

    do {
        HLS_PIPELINE(1);
        HLS_DISTANCE(state, STATE_DISTANCE);
        running = !stopped | drain.busy;

        /* next operand: an element of x_t or h_{t-1}, unless something must be waited for */
        const bool from_data = mac.source == SOURCE_DATA, from_state = mac.source == SOURCE_STATE;
        const bool wait_input = mac.busy & from_data & hls_empty(data);
        const bool wait_state = mac.busy & from_state & (gap != 0);
        const bool wait_drain = mac.busy & mac.last & mac.ends_block & drain.busy & !drain.last;
        const bool go = mac.busy & !wait_input & !wait_state & !wait_drain;
        const bool block_done = go & mac.last & mac.ends_block;

        int16_t arrived = 0, fed_back = 0;
        if (go & from_data)
            arrived = (int16_t)hls_read(data);
        if (go & from_state)
            fed_back = state[mac.address & (STREAMS * 2 * STATE_ROWS - 1)];
        const int16_t kept = inputs[mac.address & (INPUT_ROWS - 1)];
        if (go & from_data)
            inputs[mac.address & (INPUT_ROWS - 1)] = arrived;
        const int16_t element = from_data ? arrived : from_state ? fed_back : kept;

        /* drain: one finished sum of the block before becomes an output and state */
        const uint32_t row = drain.block.row & (ROWS - 1);
        const int64_t rounded = round_shift(complete[0] + biases[row], shifts[row]);
        const int16_t clipped = saturate16(rounded);
        const bool linear = drain.block.activation == ACTIVATION_NONE;
        const int16_t output = activate(clipped, drain.block.activation, drain.block.result_shift);
        if (drain.busy) {
            state[drain.block.address & (STREAMS * 2 * STATE_ROWS - 1)] = output;
            if (drain.block.emit)
                hls_write(results, (uint16_t)output);
            if (linear & (clipped != rounded))
                count.saturated++;
        }

        /* MAC lanes: one column of the block */
        HLS_UNROLL
        for (int k = 0; k < LANES; k++) {
            const int32_t product = weights[mac.weight & (WEIGHT_WORDS - 1)][k] * element;
            const int64_t accumulated = hls_wrap((first ? 0 : sums[k]) + product, SUM_BITS);
            sums[k] = go ? accumulated : sums[k];
        }
        HLS_UNROLL
        for (int k = 0; k < LANES; k++)
            complete[k] = block_done ? sums[k] : k + 1 < LANES ? complete[k + 1] : 0;

        /* advance both sides */
        count.columns += go;
        count.wait_input += wait_input;
        count.wait_state += wait_state & !wait_input;
        count.wait_drain += wait_drain & !wait_input & !wait_state;
        count.wait_control += !mac.busy & !stopped;
        first = go ? block_done : first;
        gap = gap != 0 ? gap - 1 : 0;
        drain = next_row(drain);
        if (block_done) {
            drain = next_block(drains);
            gap = drain.block.gap > gap ? drain.block.gap : gap;
        }
        stopped |= go & mac.last & mac.stop;
        const bool done = go & mac.last;
        if (go)
            mac = next_column(mac);
        mac.busy = mac.busy & !done;
        if (!mac.busy & !stopped & !hls_empty(segments))
            mac = next_segment(segments);
    } while (running);

    write_counter(results, hls_clock() - begin);
    write_counter(results, count.columns);
    write_counter(results, count.wait_input);
    write_counter(results, count.wait_state);
    write_counter(results, count.wait_drain);
    write_counter(results, count.wait_control);
    write_counter(results, count.saturated);
}

HLS_PROCESS void datapath(hls_stream_u64 *operations, hls_stream_u16 *data,
                          hls_stream_u64 *segments, hls_stream_u64 *drains, hls_stream_u16 *results)
{
    while (hls_more(operations)) {
        const struct operation o = operation_unpack(hls_read(operations));
        switch (o.kind) {
        case OPERATION_COPY: copy(data, results, o.count); break;
        case OPERATION_WEIGHTS: load_weights(data, o.address, o.count); break;
        case OPERATION_ROWS: load_rows(data, o.address, o.count); break;
        case OPERATION_STATE_WRITE: write_state(data, o.address, o.count, false); break;
        case OPERATION_STATE_CLEAR: write_state(data, o.address, o.count, true); break;
        case OPERATION_STATE_READ: read_state(results, o.address, o.count); break;
        default: run(data, segments, drains, results); break;
        }
    }
}
