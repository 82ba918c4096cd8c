/* datapath.c -- the engine: MAC lanes, drain and state registers around one pipelined loop.
 *
 *   segments ─► next operand ─► MAC lanes ─► sums ─► drain: bias, shift, activation, gates ─► results
 *                 ▲ (x_t, h_{t-1})  (weights on chip)     │
 *                 └───────── h_t ◄── state registers ◄────┘
 *
 * An iteration multiplies one column by one element and, beside it, takes DRAINS finished sums of the block
 * before through the drain. x_t is consumed as it arrives, h_{t-1} in the order in which it was produced, so that
 * the drain of a block hides behind the columns of the next one.
 */
#include "descriptor.h"
#include "beat.h"
#include "fixed.h"
#include "packet.h"

#if WEIGHT_BITS == 8
typedef int8_t weight_t;
#else
typedef int16_t weight_t;
#endif
#define WEIGHTS_PER_WORD (16 / WEIGHT_BITS)
#define WORDS_PER_COLUMN (LANES / WEIGHTS_PER_WORD)
#define STATE_WORDS (STREAMS * 2 * STATE_ROWS)
#define CELL_WORDS (STREAMS * STATE_ROWS)

static weight_t weights[WEIGHT_WORDS][LANES] HLS_PARTITION(2);
static int16_t inputs[INPUT_ROWS]; /* x_t */

/* One bank for each row that the drain takes at a time. */
#define BANKED(type, name, words) static type name[(words) / DRAINS][DRAINS] HLS_PARTITION(2)
BANKED(int32_t, biases, ROWS); /* at the scale of the sums */
BANKED(uint8_t, shifts, ROWS); /* of the sums, less one */
BANKED(int16_t, peepholes, ROWS);
BANKED(int16_t, state, STATE_WORDS); /* for each stream h_{t-1} and h_t, by turns */
BANKED(int16_t, gated, STATE_ROWS);  /* r * h_{t-1} of a layer */
BANKED(int16_t, cell, CELL_WORDS);   /* of each stream: c of LSTM, h of GRU */
BANKED(int16_t, first, STATE_ROWS);  /* numbers of the units from phase to phase */
BANKED(int16_t, second, STATE_ROWS);
BANKED(int16_t, carry, STATE_ROWS); /* second again, for its early reader */
#define BANK(address, words) (((address) & ((words)-1)) / DRAINS)

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
            biases[BANK(address, ROWS)][address % DRAINS] = (int32_t)((uint32_t)high << 16 | low);
            shifts[BANK(address, ROWS)][address % DRAINS] = word & 31;
        }
        if (part == ROW_PEEPHOLE)
            peepholes[BANK(address, ROWS)][address % DRAINS] = (int16_t)word;
        low = part == ROW_BIAS_LOW ? word : low;
        high = part == ROW_BIAS_HIGH ? word : high;
        address = part == ROW_WORDS - 1 ? address + 1 : address;
        part = (part + 1) & (ROW_WORDS - 1);
    }
}

static void copy(hls_stream_u16 *data, hls_stream_u64 *results, uint32_t count)
{
    uint64_t beat = 0;
    uint32_t part = 0;
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        beat = beat >> 16 | (uint64_t)hls_read(data) << 16 * (DRAINS - 1);
        part = (part + 1) % DRAINS;
        if (part == 0)
            hls_write(results, beat);
    }
}

static void write_state(hls_stream_u16 *data, uint32_t address, uint32_t count, bool clear)
{
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        int16_t word = 0;
        if (!clear)
            word = (int16_t)hls_read(data);
        state[BANK(address, STATE_WORDS)][address % DRAINS] = word;
        address++;
    }
}

static void write_cells(hls_stream_u16 *data, uint32_t address, uint32_t count, bool clear)
{
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        int16_t word = 0;
        if (!clear)
            word = (int16_t)hls_read(data);
        cell[BANK(address, CELL_WORDS)][address % DRAINS] = word;
        address++;
    }
}

static void read_state(hls_stream_u64 *results, uint32_t address, uint32_t count)
{
    for (uint32_t n = count; n != 0; n -= DRAINS) {
        HLS_PIPELINE(1);
        int16_t beat[DRAINS];
        HLS_UNROLL
        for (int k = 0; k < DRAINS; k++)
            beat[k] = state[BANK(address, STATE_WORDS)][k];
        hls_write(results, beat_pack(beat));
        address += DRAINS;
    }
}

static void read_cells(hls_stream_u64 *results, uint32_t address, uint32_t count)
{
    for (uint32_t n = count; n != 0; n -= DRAINS) {
        HLS_PIPELINE(1);
        int16_t beat[DRAINS];
        HLS_UNROLL
        for (int k = 0; k < DRAINS; k++)
            beat[k] = cell[BANK(address, CELL_WORDS)][k];
        hls_write(results, beat_pack(beat));
        address += DRAINS;
    }
}

/* Where the cells of the h at an address lie: a stream has two banks of h. */
static inline uint32_t cells_of(uint32_t address)
{
    return address / (2 * STATE_ROWS) * STATE_ROWS + address % STATE_ROWS;
}

/* The columns of the MAC side: the segment at work and the place in it. */
struct mac_side {
    bool busy;       /* a segment is at work */
    bool last;       /* its last column is next */
    bool ends_block; /* and completes the sums */
    bool guard;      /* which must leave the drain before the state is read */
    bool stop;       /* and the run */
    bool token;
    uint8_t source;
    uint16_t left;    /* columns */
    uint32_t address; /* of the next element */
    uint32_t weight;  /* of the next column */
};

/* The rows of the drain side: the piece at work and the place in it. */
struct drain_side {
    bool waiting;       /* sums wait */
    bool busy;          /* a piece is at work */
    bool begins;        /* its first row is next */
    bool last;          /* its last row is next */
    struct drain piece; /* groups, hold, place and row are those of the next row */
};

struct counters {
    uint32_t columns, wait_input, wait_state, wait_drain, wait_control, rows;
    uint32_t clipped_argument, clipped_output, clipped_cell;
};

static inline struct mac_side next_segment(hls_stream_u64 *segments)
{
    const struct segment s = segment_unpack(hls_read(segments));
    return (struct mac_side){.busy = true,
                             .last = s.length == 1,
                             .ends_block = s.ends_block,
                             .guard = s.guard,
                             .stop = s.stop,
                             .token = s.token,
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

static inline void next_piece(struct drain_side *d, hls_stream_u64 *drains)
{
    d->piece = drain_unpack(hls_read(drains));
    d->busy = true;
    d->begins = true;
    d->last = d->piece.groups == 1;
}

static inline void next_row(struct drain_side *d)
{
    const bool moves = d->piece.phase.destination != DESTINATION_LARGEST;
    d->begins = false;
    d->busy = !d->last;
    d->last = d->piece.groups == 2;
    d->piece.groups--;
    d->piece.place += moves ? DRAINS : 0;
    d->piece.row += DRAINS;
}

/* ---- the drain of one row ---- */

/* What a row takes from the memories, and what becomes of it. */
struct row_in {
    int64_t sum;
    int32_t bias;
    uint8_t shift;
    int16_t peephole, first, second, carry, cell;
};

struct row_out {
    int16_t value;
    bool clipped_argument, clipped_output, clipped_cell;
};

static inline struct row_out drain_row(struct row_in in, struct phase phase, int cell_shift,
                                       int lane)
{
    const bool to_cell = phase.destination == DESTINATION_CELL;
    const bool interpolates = phase.factor == FACTOR_INTERPOLATE;
    int64_t sum = in.sum + in.bias;
#if FEATURES & FEATURE_PEEPHOLE
    sum += phase.peephole ? in.peephole * in.cell : 0;
#endif
    const int64_t scaled = round_shift(sum, in.shift);
    const int64_t unclipped = scaled + ((phase.adds_second & !to_cell) ? in.carry : 0);
    const int16_t argument = saturate16(unclipped);
    const int16_t gate = activate(argument, phase.activation, phase.result_shift, 2 * lane);

    int16_t factor = phase.factor == FACTOR_FIRST ? in.first : in.second;
    factor = phase.factor == FACTOR_CELL ? in.cell : factor;
#if FEATURES & FEATURE_LSTM
    const int16_t tanh_cell = tanh_q12(cell_argument(in.cell, cell_shift), 0, 2 * lane + 1);
    factor = phase.factor == FACTOR_TANH_CELL ? tanh_cell : factor;
#else
    (void)cell_shift;
#endif
#if FEATURES & FEATURE_GRU
    factor = interpolates ? saturate16(in.cell - gate) : factor;
#endif
    const int32_t product = factor * (interpolates ? in.first : gate);
    const int32_t addend = interpolates ? gate : (phase.adds_second & to_cell) ? in.second : 0;
    const int32_t total = scale_product(product, phase.product_shift) + addend;
    const int16_t clipped = saturate16(total);
    const bool plain = phase.factor == FACTOR_NONE;
    const bool curved =
        phase.activation == ACTIVATION_SIGMOID || phase.activation == ACTIVATION_TANH;
    return (struct row_out){.value = plain ? gate : clipped,
                            .clipped_argument = curved & (argument != unclipped),
                            .clipped_output = !curved & (argument != unclipped),
                            .clipped_cell = !plain & (clipped != total)};
}

/* The largest output so far, and its number. */
struct largest {
    bool none;
    int16_t value;
    uint16_t number, next;
};

/* Takes the next DRAINS outputs in, the largest of them first: one comparison a beat lies in the loop's way. */
static inline struct largest compare(struct largest l, const int16_t values[DRAINS])
{
    int16_t best = values[0];
    uint16_t at = 0;
    HLS_UNROLL
    for (int k = 1; k < DRAINS; k++) {
        at = values[k] > best ? (uint16_t)k : at;
        best = values[k] > best ? values[k] : best;
    }
    const bool larger = l.none | (best > l.value);
    l.value = larger ? best : l.value;
    l.number = larger ? (uint16_t)(l.next + at) : l.number;
    l.none = false;
    l.next += DRAINS;
    return l;
}

static void run(hls_stream_u16 *data, hls_stream_u64 *segments, hls_stream_u64 *drains,
                hls_stream_u64 *results)
{
    struct mac_side mac = next_segment(segments);
    struct drain_side drain = {0};
    struct counters count = {0};
#if FEATURES & FEATURE_TOKEN
    struct largest largest = {.none = true};
#endif
    int64_t sums[LANES] = {0}, complete[LANES] = {0};
    bool fresh = true, stopped = false, running;
    bool guarded = false; /* a vector that may be read next waits for its drain to begin */
    uint8_t gap = 0;      /* iterations until the state may be read */
    const uint32_t begin = hls_clock();

    do {
        HLS_PIPELINE(1);
        HLS_DISTANCE(state, STATE_DISTANCE);
        HLS_DISTANCE(gated, STATE_DISTANCE);
        HLS_DISTANCE(cell, CELL_DISTANCE);
        HLS_DISTANCE(first, FACTOR_DISTANCE);
        HLS_DISTANCE(second, FACTOR_DISTANCE);
        HLS_DISTANCE(carry, CARRY_DISTANCE);

        /* what both sides do in this iteration */
        const bool drains_row = drain.busy & (drain.piece.hold == 0);
        const bool piece_done = drains_row & drain.last;
        const bool block_drained = piece_done & drain.piece.releases;
        const bool from_data = mac.source == SOURCE_DATA, from_state = mac.source == SOURCE_STATE;
        const bool from_gated = mac.source == SOURCE_GATED;
        const bool wait_input = mac.busy & from_data & hls_empty(data);
        const bool wait_state = mac.busy & (from_state | from_gated) & (guarded | (gap != 0));
        const bool wait_drain =
            mac.busy & mac.last & mac.ends_block & drain.waiting & !block_drained;
        const bool go = mac.busy & !wait_input & !wait_state & !wait_drain;
        const bool block_done = go & mac.last & mac.ends_block;
        running = !stopped | drain.waiting;

        /* next operand: an element of x_t, h_{t-1} or r * h_{t-1} */
        int16_t arrived = 0;
        if (go & from_data)
            arrived = (int16_t)hls_read(data);
        const int16_t kept = inputs[mac.address & (INPUT_ROWS - 1)];
        if (go & from_data)
            inputs[mac.address & (INPUT_ROWS - 1)] = arrived;
        int16_t element = from_data ? arrived : kept;
        HLS_UNROLL
        for (uint32_t k = 0; k < DRAINS; k++) {
            int16_t fed_back = 0, reset = 0;
            if (go & from_state)
                fed_back = state[BANK(mac.address, STATE_WORDS)][k];
            if (go & from_gated)
                reset = gated[BANK(mac.address, STATE_ROWS)][k];
            const bool here = mac.address % DRAINS == k;
            element = (from_state & here) ? fed_back : (from_gated & here) ? reset : element;
        }
#if FEATURES & FEATURE_TOKEN
        const uint32_t column = mac.weight + (mac.token ? (uint16_t)element : 0);
        const int16_t multiplier = mac.token ? TOKEN_ELEMENT : element;
#else
        const uint32_t column = mac.weight;
        const int16_t multiplier = element;
#endif

        /* drain: finished sums of the block before become gates, state and outputs */
        const struct drain piece = drain.piece;
        const struct phase phase = piece.phase;
        const uint32_t place = BANK(piece.place, STATE_ROWS);
        const uint32_t cell_place = place + (piece.home >> 1) * (STATE_ROWS / DRAINS);
        const uint32_t state_place = place + piece.home * (STATE_ROWS / DRAINS);
        const bool to_cell = phase.destination == DESTINATION_CELL;
        const bool interpolates = phase.factor == FACTOR_INTERPOLATE;
        const bool reads_first = interpolates | (phase.factor == FACTOR_FIRST);
        const bool reads_second = (phase.factor == FACTOR_SECOND) | (phase.adds_second & to_cell);
        const bool reads_carry = phase.adds_second & !to_cell;
        const bool reads_cell = interpolates | (phase.factor == FACTOR_CELL) |
                                (phase.factor == FACTOR_TANH_CELL) | phase.peephole;
        const bool to_largest = phase.destination == DESTINATION_LARGEST;
        int16_t values[DRAINS];
        uint32_t clipped_argument = 0, clipped_output = 0, clipped_cell = 0;
        HLS_UNROLL
        for (uint32_t k = 0; k < DRAINS; k++) {
            const uint32_t row = BANK(piece.row, ROWS);
            struct row_in in = {.sum = complete[k],
                                .bias = biases[row][k],
                                .shift = shifts[row][k],
                                .peephole = peepholes[row][k]};
            if (drains_row & reads_first)
                in.first = first[place][k];
            if (drains_row & reads_second)
                in.second = second[place][k];
            if (drains_row & reads_carry)
                in.carry = carry[place][k];
            if (drains_row & reads_cell)
                in.cell = cell[cell_place][k];
            const struct row_out out = drain_row(in, phase, piece.cell_shift, (int)k);
            values[k] = out.value;
            clipped_argument += drains_row & out.clipped_argument;
            clipped_output += drains_row & out.clipped_output;
            clipped_cell += drains_row & out.clipped_cell;
        }
        count.clipped_argument += clipped_argument;
        count.clipped_output += clipped_output;
        count.clipped_cell += clipped_cell;
#if FEATURES & FEATURE_TOKEN
        if (drains_row & to_largest)
            largest = compare(largest, values);
        HLS_UNROLL
        for (int k = 0; k < DRAINS; k++)
            values[k] = to_largest ? (int16_t)largest.number : values[k];
        if (drains_row & to_largest & drain.last & (piece.gap != 0))
            largest = (struct largest){.none = true};
#endif
        HLS_UNROLL
        for (uint32_t k = 0; k < DRAINS; k++) {
            if (!drains_row)
                continue;
            if (phase.destination == DESTINATION_FIRST)
                first[place][k] = values[k];
            if (phase.destination == DESTINATION_SECOND) {
                second[place][k] = values[k];
                carry[place][k] = values[k];
            }
            if (phase.destination == DESTINATION_GATED)
                gated[place][k] = values[k];
            if (phase.destination == DESTINATION_CELL ||
                phase.destination == DESTINATION_STATE_CELL)
                cell[cell_place][k] = values[k];
            if (phase.destination == DESTINATION_STATE ||
                phase.destination == DESTINATION_STATE_CELL || to_largest)
                state[state_place][k] = values[k];
        }
        if (drains_row & piece.emit & (!to_largest | drain.last))
            hls_write(results, beat_pack(values));

        /* MAC lanes: one column of the block */
        HLS_UNROLL
        for (int k = 0; k < LANES; k++) {
            const int32_t product = weights[column & (WEIGHT_WORDS - 1)][k] * multiplier;
            const int64_t accumulated = hls_wrap((fresh ? 0 : sums[k]) + product, SUM_BITS);
            sums[k] = go ? accumulated : sums[k];
        }
        HLS_UNROLL
        for (int k = 0; k < LANES; k++) {
            const int64_t shifted = k + DRAINS < LANES ? complete[k + DRAINS] : 0;
            complete[k] = block_done ? sums[k] : drains_row ? shifted : complete[k];
        }

        /* advance both sides */
        count.columns += go;
        count.rows += drains_row;
        count.wait_input += wait_input;
        count.wait_state += wait_state & !wait_input;
        count.wait_drain += wait_drain & !wait_input & !wait_state;
        count.wait_control += !mac.busy & !stopped;
        fresh = go ? block_done : fresh;
        const bool begins = drains_row & drain.begins;
        const uint8_t waited = gap != 0 ? gap - 1 : 0;
        const uint8_t wanted = (begins & (piece.gap != 0)) ? piece.gap - 1 : 0;
        gap = wanted > waited ? wanted : waited;
        guarded = block_done ? mac.guard : guarded & !(begins & piece.releases);
        drain.waiting = block_done | (drain.waiting & !block_drained);
        drain.piece.hold = (drain.busy & (piece.hold != 0)) ? piece.hold - 1 : piece.hold;
        if (drains_row)
            next_row(&drain);
        if (drain.waiting & !drain.busy & !hls_empty(drains))
            next_piece(&drain, drains);
        stopped |= go & mac.last & mac.stop;
        const bool segment_done = go & mac.last;
        if (go)
            mac = next_column(mac);
        mac.busy = mac.busy & !segment_done;
        if (!mac.busy & !stopped & !hls_empty(segments))
            mac = next_segment(segments);
    } while (running);

    const uint32_t cycles = hls_clock() - begin;
    write_counters(results, cycles, count.columns);
    write_counters(results, count.wait_input, count.wait_state);
    write_counters(results, count.wait_drain, count.wait_control);
    write_counters(results, count.rows, count.clipped_argument);
    write_counters(results, count.clipped_output, count.clipped_cell);
}

HLS_PROCESS void datapath(hls_stream_u64 *operations, hls_stream_u16 *data,
                          hls_stream_u64 *segments, hls_stream_u64 *drains, hls_stream_u64 *results)
{
    while (hls_more(operations)) {
        const struct operation o = operation_unpack(hls_read(operations));
        const bool clear = o.kind == OPERATION_STATE_CLEAR;
        switch (o.kind) {
        case OPERATION_COPY: copy(data, results, o.count); break;
        case OPERATION_WEIGHTS: load_weights(data, o.address, o.count); break;
        case OPERATION_ROWS: load_rows(data, o.address, o.count); break;
        case OPERATION_STATE_WRITE:
        case OPERATION_STATE_CLEAR:
            write_state(data, o.address, o.count, clear);
            write_cells(data, cells_of(o.address), o.count, clear);
            break;
        case OPERATION_STATE_READ:
            read_state(results, o.address, o.count);
            read_cells(results, cells_of(o.address), o.count);
            break;
        default: run(data, segments, drains, results); break;
        }
    }
}
