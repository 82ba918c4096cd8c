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
BANKED(int16_t, state, STATE_WORDS); /* for each stream h_{t-1} and h_t, by turns */
BANKED(int16_t, gated, STATE_ROWS);  /* r * h_{t-1} of a layer */
BANKED(int16_t, cell, CELL_WORDS);   /* of each stream: c of LSTM, h of GRU */
BANKED(int16_t, first, STATE_ROWS);  /* numbers of the units from phase to phase */
BANKED(int16_t, second, STATE_ROWS);
BANKED(int16_t, carry, STATE_ROWS); /* second again, for its early reader in the same iteration */
#define BANK(address, words) (((address) & ((words)-1)) / DRAINS)

/* ---- row constants ---- */

struct row_constants {
    int32_t bias;     /* at the scale of the sums */
    uint8_t shift;    /* of the sum, less one */
    int16_t peephole; /* factor of the cell */
};

#if DRAIN_STEPS == 1
BANKED(uint16_t, biases_low, ROWS);
BANKED(int16_t, biases_high, ROWS);
BANKED(uint8_t, shifts, ROWS);
BANKED(int16_t, peepholes, ROWS);
#define ROW_MEMORIES(X) X(biases_low) X(biases_high) X(shifts) X(peepholes)

static inline void store_row(uint32_t row, uint32_t part, uint16_t word)
{
    const uint32_t at = BANK(row, ROWS), k = row % DRAINS;
    if (part == ROW_BIAS_LOW)
        biases_low[at][k] = word;
    if (part == ROW_BIAS_HIGH)
        biases_high[at][k] = (int16_t)word;
    if (part == ROW_SHIFT)
        shifts[at][k] = word & 31;
    if (part == ROW_PEEPHOLE)
        peepholes[at][k] = (int16_t)word;
}

static inline struct row_constants load_row(uint32_t row, uint32_t k, uint8_t step,
                                            uint16_t *before)
{
    (void)step, (void)before;
    const uint32_t at = BANK(row, ROWS);
    return (struct row_constants){
        .bias = (int32_t)((uint32_t)biases_high[at][k] << 16 | biases_low[at][k]),
        .shift = shifts[at][k],
        .peephole = peepholes[at][k]};
}
#else /* a word in each iteration, in the order of the steps that want them: the bias is there with its high half */
static uint16_t rows[ROWS][ROW_WORDS] HLS_SINGLE_PORT;
#define ROW_MEMORIES(X) X(rows)

static inline void store_row(uint32_t row, uint32_t part, uint16_t word)
{
    rows[row & (ROWS - 1)][part & (ROW_WORDS - 1)] = word;
}

static inline struct row_constants load_row(uint32_t row, uint32_t k, uint8_t step,
                                            uint16_t *before)
{
    (void)k;
    const uint16_t word = rows[row & (ROWS - 1)][step & (ROW_WORDS - 1)], low = *before;
    *before = word;
    return (struct row_constants){.bias = (int32_t)((uint32_t)word << 16 | low),
                                  .shift = word & 31};
}
#endif

/* ---- moves: words between the streams and a memory ---- */

#define FILL4(n) ((n) | (n) >> 1 | (n) >> 2 | (n) >> 3)
#define FILL16(n) (FILL4(n) | FILL4(n) >> 4 | FILL4(n) >> 8 | FILL4(n) >> 12)
#define LARGER(a, b) ((a) > (b) ? (a) : (b))
/* A mask for 0 to n. */
#define MASK(n) (FILL16((uint32_t)(n)) | FILL16((uint32_t)(n)) >> 16)

/* The words that a row, a column or a beat consists of, in their order. */
static inline uint32_t parts(uint8_t kind)
{
    return kind == OPERATION_WEIGHTS ? WORDS_PER_COLUMN
           : kind == OPERATION_ROWS  ? ROW_WORDS
                                     : DRAINS;
}

static inline void store_weights(uint32_t column, uint32_t part, uint16_t word)
{
    HLS_UNROLL
    for (uint32_t k = 0; k < LANES; k++)
        if (k / WEIGHTS_PER_WORD == part)
            weights[column & (WEIGHT_WORDS - 1)][k] =
                (weight_t)(word >> k % WEIGHTS_PER_WORD * WEIGHT_BITS);
}

static inline int16_t load_state(uint32_t address, bool cells)
{
    int16_t word = 0;
    HLS_UNROLL
    for (uint32_t k = 0; k < DRAINS; k++) {
        int16_t h = 0, c = 0;
        if (!cells)
            h = state[BANK(address, STATE_WORDS)][k];
        if (cells)
            c = cell[BANK(address, CELL_WORDS)][k];
        word = address % DRAINS == k ? (cells ? c : h) : word;
    }
    return word;
}

static inline void store_state(uint32_t address, bool cells, int16_t word)
{
    if (cells)
        cell[BANK(address, CELL_WORDS)][address % DRAINS] = word;
    else
        state[BANK(address, STATE_WORDS)][address % DRAINS] = word;
}

static void move(hls_stream_u16 *data, hls_stream_u64 *results, const struct operation o,
                 bool cells)
{
    const bool loads = o.kind == OPERATION_STATE_READ, clears = o.kind == OPERATION_STATE_CLEAR;
    const bool stores = o.kind == OPERATION_STATE_WRITE || clears;
    uint32_t address = o.address;
    uint8_t part = 0;
    uint64_t beat = 0;
    const uint32_t most = MASK(WEIGHT_WORDS * WORDS_PER_COLUMN);
    for (uint32_t n = o.count & most; n != 0; n = (n - 1) & most) {
        HLS_PIPELINE(1);
        uint16_t word = 0, kept = 0;
        if (!loads & !clears)
            word = hls_read(data);
        if (loads)
            kept = (uint16_t)load_state(address, cells);
        if (o.kind == OPERATION_WEIGHTS)
            store_weights(address, part, word);
        if (o.kind == OPERATION_ROWS)
            store_row(address, part, word);
        if (stores)
            store_state(address, cells, (int16_t)word);
        beat = beat_append(beat, loads ? kept : word);
        const bool complete = part == parts(o.kind) - 1;
        if (complete & (loads | (o.kind == OPERATION_COPY)))
            hls_write(results, beat);
        part = complete ? 0 : (part + 1) & MASK(LARGER(WORDS_PER_COLUMN, ROW_WORDS));
        address += complete | loads | stores;
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
    uint8_t step;       /* of the row at work, below DRAIN_STEPS */
    struct drain piece; /* groups, hold, place and row are those of the next row */
};

/* Counts of rows: a run has at most 65,535 steps, each of ROWS rows for each stream. */
#define RUN_ROWS_MASK                                                                              \
    MASK((uint64_t)STREAMS *ROWS << 16 > UINT32_MAX ? UINT32_MAX : (uint32_t)STREAMS * ROWS << 16)

/* In the order of the trailer. */
struct counters {
    uint32_t cycles, columns, wait_input, wait_state, wait_drain, wait_control, rows;
    uint32_t clipped_argument, clipped_output, clipped_cell;
};

static inline uint16_t trailer_word(const struct counters *c, uint32_t n)
{
    const uint32_t counters[TRAILER_COUNTERS] = {
        [TRAILER_CYCLES] = c->cycles,
        [TRAILER_COLUMNS] = c->columns,
        [TRAILER_WAIT_INPUT] = c->wait_input,
        [TRAILER_WAIT_STATE] = c->wait_state,
        [TRAILER_WAIT_DRAIN] = c->wait_drain,
        [TRAILER_WAIT_CONTROL] = c->wait_control,
        [TRAILER_ROWS] = c->rows,
        [TRAILER_CLIPPED_ARGUMENT] = c->clipped_argument,
        [TRAILER_CLIPPED_OUTPUT] = c->clipped_output,
        [TRAILER_CLIPPED_CELL] = c->clipped_cell,
    };
    uint32_t counter = 0;
    HLS_UNROLL
    for (uint32_t k = 0; k < TRAILER_COUNTERS; k++)
        counter |= n / 2 == k ? counters[k] : 0;
    return (uint16_t)(n % 2 ? counter >> 16 : counter);
}

static inline void write_trailer(hls_stream_u64 *results, const struct counters c)
{
    for (uint32_t n = 0; n < ANSWER_RUN_TRAILER_WORDS; n += DRAINS) {
        HLS_PIPELINE(1);
        int16_t words[DRAINS];
        HLS_UNROLL
        for (uint32_t k = 0; k < DRAINS; k++)
            words[k] = (int16_t)trailer_word(&c, n + k);
        hls_write(results, beat_pack(words));
    }
}

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
                             .left = s.length & MASK(LARGER(INPUT_ROWS, STATE_ROWS)),
                             .address = s.address,
                             .weight = s.weight};
}

static inline struct mac_side next_column(struct mac_side m)
{
    m.last = m.left == 2;
    m.left = (m.left - 1) & MASK(LARGER(INPUT_ROWS, STATE_ROWS));
    m.address++;
    m.weight++;
    return m;
}

/* What is not read in an iteration. The stages of some presets are counted with a zero. */
#define UNREAD (DRAIN_STEPS == 1 ? 0 : hls_any())
/* What does not change while a row is in the drain. */
#if DRAIN_STEPS == 1
#define STEADY(v, matters) (v)
#else
#define STEADY(v, matters) hls_steady(v, DRAIN_DISTANCE, matters)
#endif

/* The piece as a row in the drain needs it. */
static inline struct drain piece_of(const struct drain d, bool works)
{
    (void)works;
    return (struct drain){.groups = d.groups,
                          .phase = {.activation = STEADY(d.phase.activation, works),
                                    .result_shift = STEADY(d.phase.result_shift, works),
                                    .product_shift = STEADY(d.phase.product_shift, works),
                                    .factor = STEADY(d.phase.factor, works),
                                    .adds_second = STEADY(d.phase.adds_second, works),
                                    .destination = STEADY(d.phase.destination, works),
                                    .peephole = STEADY(d.phase.peephole, works)},
                          .cell_shift = STEADY(d.cell_shift, works),
                          .emit = STEADY(d.emit, works),
                          .releases = d.releases,
                          .hold = d.hold,
                          .gap = d.gap,
                          .place = STEADY(d.place, works),
                          .home = STEADY(d.home, works),
                          .row = STEADY(d.row, works)};
}

static inline void next_piece(struct drain_side *d, hls_stream_u64 *drains)
{
    d->piece = drain_unpack(hls_read(drains));
    d->piece.groups &= MASK(LANES / DRAINS);
#if !(FEATURES & FEATURE_TOKEN)
    d->piece.gap &= MASK(STATE_DISTANCE);
#endif
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
    d->piece.groups = (d->piece.groups - 1) & MASK(LANES / DRAINS);
    d->piece.place += moves ? DRAINS : 0;
    d->piece.row += DRAINS;
}

/* ---- the drain of one row ---- */

/* Iterations from the store of one row to the load, in a step of the row that is `distance` rows later. */
#define ROWS_APART(distance, step)                                                                 \
    (DRAIN_STEPS == 1 ? (distance) : ((distance)-1) * DRAIN_STEPS + (step) + 1)

/* What a row takes from the memories, and what becomes of it. */
struct row_in {
    int64_t sum;
    struct row_constants constants;
    int16_t first, second, carry, cell;
};

struct row_out {
    int16_t value;
    bool clipped_argument, clipped_output, clipped_cell;
};

/* A row takes DRAIN_STEPS iterations: in one of these steps each result is computed, to be kept for those that follow. */
enum row_step {
    STEP_SUM = ROW_BIAS_HIGH,
    STEP_SCALED = ROW_SHIFT,
    STEP_ARGUMENT,
    STEP_MAGNITUDE = STEP_ARGUMENT + DRAIN_DISTANCE + 1,
    STEP_ROUNDED,
    STEP_GATE,
    STEP_FACTOR = STEP_GATE + DRAIN_DISTANCE,
    STEP_TOTAL,
    STEP_VALUE,
    STEP_END = STEP_VALUE + DRAIN_DISTANCE
};

struct row_kept {
    uint16_t word, point; /* read last: of the constants, of tanh */
    int64_t sum, scaled, argument, magnitude, rounded, gate, factor, total;
    bool clipped;
};

/* A row of one iteration uses the result that it has just computed, others the one that the step has kept, a number of so
 * many bits. */
static inline int64_t cut(int64_t *kept, enum row_step step, uint8_t at, int bits, int64_t result)
{
#if DRAIN_STEPS == 1
    (void)kept, (void)step, (void)at, (void)bits;
    return result;
#else
    const int64_t before = *kept;
    *kept = at == step ? hls_wrap(result, bits) : before;
    return before;
#endif
}

/* As cut, for what is first used DRAIN_DISTANCE iterations later, up to a last step: read in any stage of the loop. */
static inline int64_t part(int64_t *kept, enum row_step step, enum row_step last, uint8_t at,
                           int bits, int64_t result)
{
    (void)last;
    const int64_t before = cut(kept, step, at, bits, result);
    return STEADY(before, (at >= step + DRAIN_DISTANCE) & (at <= last));
}

/* Whether the memories that a step needs are read. */
static inline bool at_step(uint8_t at, enum row_step step)
{
    return DRAIN_STEPS == 1 || at == step;
}

static inline struct row_out drain_row(struct row_in in, struct phase phase, int cell_shift,
                                       int lane, uint8_t at, struct row_kept *kept)
{
    const bool to_cell = phase.destination == DESTINATION_CELL;
    const bool interpolates = phase.factor == FACTOR_INTERPOLATE;
    const int shift = in.constants.shift;
    int64_t biased = in.sum + in.constants.bias;
#if FEATURES & FEATURE_PEEPHOLE
    biased += phase.peephole ? in.constants.peephole * in.cell : 0;
#endif
    const int64_t sum = cut(&kept->sum, STEP_SUM, at, SUM_BITS, biased);
    const int64_t scaled =
        cut(&kept->scaled, STEP_SCALED, at, 19,
            DRAIN_STEPS == 1 ? round_shift(sum, shift) : round_shift18(sum, shift));
    const int64_t unclipped = scaled + ((phase.adds_second & !to_cell) ? in.carry : 0);
    const bool clips = saturate16(unclipped) != unclipped;
    const int16_t argument =
        (int16_t)part(&kept->argument, STEP_ARGUMENT, STEP_GATE, at, 16, saturate16(unclipped));
    const bool clipped_argument = DRAIN_STEPS == 1 ? clips : kept->clipped;
    kept->clipped = at_step(at, STEP_ARGUMENT) ? clips : kept->clipped;
    const int magnitude =
        (int)cut(&kept->magnitude, STEP_MAGNITUDE, at, 17,
                 DRAIN_STEPS == 1 ? tanh_magnitude(argument, 2 * lane)
                                  : tanh_magnitude_of_two(argument, 2 * lane, at == STEP_MAGNITUDE,
                                                          &kept->point));
    const int rounded = (int)cut(&kept->rounded, STEP_ROUNDED, at, 18,
                                 curve(argument, magnitude, phase.activation, phase.result_shift));
    const int16_t gate = (int16_t)part(&kept->gate, STEP_GATE, STEP_VALUE, at, 16,
                                       activated(argument, rounded, phase.activation));

    int16_t chosen = phase.factor == FACTOR_FIRST ? in.first : in.second;
    chosen = phase.factor == FACTOR_CELL ? in.cell : chosen;
#if FEATURES & FEATURE_LSTM
    const int16_t tanh_cell = tanh_q12(cell_argument(in.cell, cell_shift), 0, 2 * lane + 1);
    chosen = phase.factor == FACTOR_TANH_CELL ? tanh_cell : chosen;
#else
    (void)cell_shift;
#endif
#if FEATURES & FEATURE_GRU
    chosen = interpolates ? saturate16(in.cell - gate) : chosen;
#endif
    const int16_t factor = (int16_t)cut(&kept->factor, STEP_FACTOR, at, 16, chosen);
    const int32_t product = factor * (interpolates ? in.first : gate);
    const int32_t addend = interpolates ? gate : (phase.adds_second & to_cell) ? in.second : 0;
    const int32_t total = (int32_t)cut(&kept->total, STEP_TOTAL, at, 18,
                                       scale_product(product, phase.product_shift) + addend);
    const int16_t clipped = saturate16(total);
    const bool plain = phase.factor == FACTOR_NONE;
    const bool curved =
        phase.activation == ACTIVATION_SIGMOID || phase.activation == ACTIVATION_TANH;
    return (struct row_out){.value = plain ? gate : clipped,
                            .clipped_argument = curved & clipped_argument,
                            .clipped_output = !curved & clipped_argument,
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
    struct row_kept row[DRAINS]; /* in the drain */
    int64_t sums[LANES] = {0}, complete[LANES];
    HLS_UNROLL
    for (int k = 0; k < DRAINS; k++)
        row[k] =
            (struct row_kept){(uint16_t)UNREAD, (uint16_t)UNREAD, UNREAD, UNREAD, UNREAD, UNREAD,
                              UNREAD,           UNREAD,           UNREAD, UNREAD, UNREAD};
    HLS_UNROLL
    for (int k = 0; k < LANES; k++)
        complete[k] = UNREAD;
    bool stopped = false, running;
    bool guarded = false; /* a vector that may be read next waits for its drain to begin */
    uint8_t gap = 0;      /* iterations until the state may be read */
    hls_clock_start();

    do {
        HLS_PIPELINE(1);
        HLS_DISTANCE(state, DRAIN_STEPS == 1 ? STATE_DISTANCE : DRAIN_DISTANCE + 1);
        HLS_DISTANCE(gated, DRAIN_STEPS == 1 ? STATE_DISTANCE : DRAIN_DISTANCE + 1);
        HLS_DISTANCE(cell, ROWS_APART(CELL_DISTANCE, STEP_FACTOR));
        HLS_DISTANCE(first, ROWS_APART(FACTOR_DISTANCE, STEP_FACTOR));
        HLS_DISTANCE(second, ROWS_APART(FACTOR_DISTANCE, STEP_ARGUMENT));
        HLS_DISTANCE(carry, ROWS_APART(CARRY_DISTANCE, STEP_ARGUMENT));

        /* what both sides do in this iteration */
        const bool holds = DRAIN_STEPS == 1 && drain.piece.hold != 0;
        const uint8_t step = drain.step & MASK(DRAIN_STEPS - 1);
        const bool works = drain.busy & !holds & (step <= STEP_VALUE);
        const bool drains_row = works & at_step(step, STEP_VALUE);
        const bool row_done = drain.busy & !holds & at_step(step, STEP_END);
        const bool piece_done = row_done & drain.last;
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
        int16_t arrived = UNREAD;
        if (go & from_data)
            arrived = (int16_t)hls_read(data);
        const int16_t kept = inputs[mac.address & (INPUT_ROWS - 1)];
        if (go & from_data)
            inputs[mac.address & (INPUT_ROWS - 1)] = arrived;
        int16_t element = from_data ? arrived : kept;
        HLS_UNROLL
        for (uint32_t k = 0; k < DRAINS; k++) {
            int16_t fed_back = UNREAD, reset = UNREAD;
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
        const struct drain piece = piece_of(drain.piece, works);
        const struct phase phase = piece.phase;
        const uint32_t place = BANK(piece.place, STATE_ROWS);
        const uint32_t cell_place = place + (piece.home >> 1) * (STATE_ROWS / DRAINS);
        const uint32_t state_place = place + piece.home * (STATE_ROWS / DRAINS);
        const bool to_cell = phase.destination == DESTINATION_CELL;
        const bool interpolates = phase.factor == FACTOR_INTERPOLATE;
        const bool chooses = works & at_step(step, STEP_FACTOR);
        const bool multiplies = works & at_step(step, STEP_TOTAL);
        const bool reads_first =
            (chooses & (phase.factor == FACTOR_FIRST)) | (multiplies & interpolates);
        const bool reads_carry =
            works & at_step(step, STEP_ARGUMENT) & phase.adds_second & !to_cell;
        const bool reads_second = (chooses & (phase.factor == FACTOR_SECOND)) |
                                  (multiplies & phase.adds_second & to_cell) |
                                  (DRAIN_STEPS > 1 && reads_carry);
        const bool reads_cell = chooses & (interpolates | (phase.factor == FACTOR_CELL) |
                                           (phase.factor == FACTOR_TANH_CELL) | phase.peephole);
        const bool to_largest = phase.destination == DESTINATION_LARGEST;
        int16_t values[DRAINS];
        uint32_t clipped_argument = 0, clipped_output = 0, clipped_cell = 0;
        HLS_UNROLL
        for (uint32_t k = 0; k < DRAINS; k++) {
            struct row_in in = {.sum = complete[k],
                                .constants = load_row(piece.row, k, step, &row[k].word),
                                .first = UNREAD,
                                .second = UNREAD,
                                .carry = UNREAD,
                                .cell = UNREAD};
            if (reads_first)
                in.first = first[place][k];
            if (reads_second)
                in.second = second[place][k];
            if (DRAIN_STEPS == 1 && reads_carry)
                in.carry = carry[place][k];
            if (DRAIN_STEPS > 1)
                in.carry = in.second;
            if (reads_cell)
                in.cell = cell[cell_place][k];
            const struct row_out out =
                drain_row(in, phase, piece.cell_shift, (int)k, step, &row[k]);
            values[k] = out.value;
            clipped_argument += drains_row & out.clipped_argument;
            clipped_output += drains_row & out.clipped_output;
            clipped_cell += drains_row & out.clipped_cell;
        }
#if FEATURES & FEATURE_COUNTERS
        count.clipped_argument = (count.clipped_argument + clipped_argument) & RUN_ROWS_MASK;
#endif
        count.clipped_output = (count.clipped_output + clipped_output) & RUN_ROWS_MASK;
        count.clipped_cell = (count.clipped_cell + clipped_cell) & RUN_ROWS_MASK;
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
        int64_t accumulated[LANES];
        HLS_UNROLL
        for (int k = 0; k < LANES; k++) {
            const int32_t product = weights[column & (WEIGHT_WORDS - 1)][k] * multiplier;
            accumulated[k] = hls_wrap(sums[k] + product, LANE_BITS);
            sums[k] = block_done ? 0 : go ? accumulated[k] : sums[k];
        }
        HLS_UNROLL
        for (int k = 0; k < LANES; k++) {
            const int64_t shifted = k + DRAINS < LANES ? complete[k + DRAINS] : 0;
            complete[k] = block_done ? accumulated[k] : drains_row ? shifted : complete[k];
        }

        /* advance both sides */
#if FEATURES & FEATURE_COUNTERS
        count.columns += go;
        count.rows += drains_row;
        count.wait_input += wait_input;
        count.wait_state += wait_state & !wait_input;
        count.wait_drain += wait_drain & !wait_input & !wait_state;
        count.wait_control += !mac.busy & !stopped;
#endif
        const bool begins = DRAIN_STEPS == 1 ? drains_row & drain.begins : piece_done;
        const uint8_t waited = gap != 0 ? gap - 1 : 0;
        const uint8_t wanted = (begins & (piece.gap != 0)) ? piece.gap - 1 : 0;
        gap = wanted > waited ? wanted : waited;
#if !(FEATURES & FEATURE_TOKEN)
        gap &= MASK(STATE_DISTANCE);
#endif
        guarded = block_done ? mac.guard : guarded & !(begins & piece.releases);
        drain.waiting = block_done | (drain.waiting & !block_drained);
        drain.piece.hold = (drain.busy & holds) ? piece.hold - 1 : piece.hold;
        drain.step = (row_done | !drain.busy) ? 0 : step + 1;
        if (row_done)
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

    count.cycles = hls_clock();
    write_trailer(results, count);
}

HLS_PROCESS void datapath(hls_stream_u64 *operations, hls_stream_u16 *data,
                          hls_stream_u64 *segments, hls_stream_u64 *drains, hls_stream_u64 *results)
{
    while (hls_more(operations)) {
        struct operation o = operation_unpack(hls_read(operations));
        const bool both = o.kind == OPERATION_STATE_WRITE || o.kind == OPERATION_STATE_READ ||
                          o.kind == OPERATION_STATE_CLEAR;
        if (o.kind == OPERATION_RUN)
            run(data, segments, drains, results);
        bool cells = false;
        while (o.kind != OPERATION_RUN) {
            move(data, results, o, cells);
            if (!both | cells)
                break;
            o.address = cells_of(o.address);
            cells = true;
        }
    }
}
