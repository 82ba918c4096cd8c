/* control.c -- the front of the device: takes request packets apart, holds the program, and tells the
 * datapath what to do, in the order in which it must happen. Sequential code: it runs ahead of the datapath, one
 * block of rows in a few cycles, while the lanes work on the columns.
 */
#include "descriptor.h"
#include "packet.h"

struct request {
    uint8_t opcode, stream, flags, pass, streams;
    uint16_t sequence, argument;
    uint32_t length;
};

struct ports {
    hls_stream_u16 *commands;
    hls_stream_u64 *operations;
    hls_stream_u16 *data;
    hls_stream_u64 *segments, *drains;
};

/* Two programs: the one that runs, and room for the next one to be checked in. */
static uint16_t group_words[2 * GROUPS * GROUP_WORDS];

/* What a run needs to know of a pass: words of a table, one for each pass. */
#define PASS_WORDS 8
#define PASS_FIRST_GROUP 0
#define PASS_GROUPS 1
#define PASS_INPUTS 2   /* words of x_t */
#define PASS_ANSWERED 3 /* words answered each step */
#define PASS_STATE_PLACE 4
#define PASS_STATE_UNITS 5
#define PASS_FEEDBACK_PLACE 6
static uint16_t pass_words[2 * PASSES * PASS_WORDS];

static uint16_t window[PACKET_HEADER_WORDS] HLS_REGISTERS; /* the latest words of commands */
static uint8_t window_words;                               /* how many count, up to a header's */
static bool lost;                                          /* skipping words after a bad header */
static uint8_t bank[STREAMS * PASSES]; /* which half of the state holds h_{t-1} of a pass */
static uint16_t errors;

/* The program that runs. */
static uint16_t program_groups; /* 0: none is loaded */
static uint8_t program_passes;
static uint8_t program_half; /* of group_words and pass_words */

/* The pass that a request is about. */
struct pass {
    uint16_t first_group, groups, inputs, answered, state_place, state_units, feedback_place;
};

static inline struct pass read_pass(uint8_t number)
{
    const uint32_t at = ((program_half ? PASSES : 0) + (number & (PASSES - 1))) * PASS_WORDS;
    return (struct pass){.first_group = pass_words[at + PASS_FIRST_GROUP],
                         .groups = pass_words[at + PASS_GROUPS],
                         .inputs = pass_words[at + PASS_INPUTS],
                         .answered = pass_words[at + PASS_ANSWERED],
                         .state_place = pass_words[at + PASS_STATE_PLACE],
                         .state_units = pass_words[at + PASS_STATE_UNITS],
                         .feedback_place = pass_words[at + PASS_FEEDBACK_PLACE]};
}

static inline void operate(struct ports p, uint8_t kind, uint32_t address, uint32_t count)
{
    hls_write(p.operations, operation_pack((struct operation){kind, address, count}));
}

/* ---- answers ---- */

static inline void answer(struct ports p, struct request r, uint8_t status, uint32_t length)
{
    uint16_t word[PACKET_HEADER_WORDS];
    word[0] = (uint16_t)(ANSWER_MAGIC << 8 | r.opcode);
    word[1] = (uint16_t)(r.stream << 8 | r.flags);
    word[2] = r.sequence;
    word[3] = status;
    word[4] = (uint16_t)(r.streams << 8 | r.pass);
    word[5] = (uint16_t)length;
    word[6] = (uint16_t)(length >> 16);
    word[7] = 0;
    word[7] = (uint16_t)~packet_sum(word);
    operate(p, OPERATION_COPY, 0, PACKET_HEADER_WORDS);
    HLS_UNROLL
    for (int k = 0; k < PACKET_HEADER_WORDS; k++)
        hls_write(p.data, word[k]);
}

static inline void skip(struct ports p, uint32_t words)
{
    for (uint32_t n = words; n != 0; n--) {
        HLS_PIPELINE(1);
        (void)hls_read(p.commands);
    }
}

/* Hands `count` words of the payload to the datapath. */
static inline void forward(struct ports p, uint32_t count)
{
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        hls_write(p.data, hls_read(p.commands));
    }
}

/* a * b by shift and add: multipliers belong to the lanes. */
static uint32_t product(uint16_t a, uint16_t b)
{
    uint32_t sum = 0, shifted = a;
    for (int n = 0; n < 16; n++) {
        sum += b & 1 ? shifted : 0;
        shifted <<= 1;
        b >>= 1;
    }
    return sum;
}

/* ---- requests ---- */

static inline void identify(struct ports p)
{
    operate(p, OPERATION_COPY, 0, ID_WORDS);
    hls_write(p.data, ID_MAGIC_VALUE);
    hls_write(p.data, PACKET_VERSION);
    hls_write(p.data, EDDY_PRESET);
    hls_write(p.data, LANES);
    hls_write(p.data, WEIGHT_BITS);
    hls_write(p.data, WEIGHT_WORDS);
    hls_write(p.data, ROWS);
    hls_write(p.data, STATE_ROWS);
    hls_write(p.data, INPUT_ROWS);
    hls_write(p.data, STREAMS);
    hls_write(p.data, GROUPS);
    hls_write(p.data, PASSES);
    hls_write(p.data, DRAINS);
    hls_write(p.data, FEATURES);
    hls_write(p.data, program_groups);
    hls_write(p.data, errors);
}

/* ---- programs ---- */

/* Units in rows: a group of DRAINS rows leaves the drain at a time. */
static inline uint16_t padded(uint16_t units)
{
    return (uint16_t)((units + DRAINS - 1u) & ~(DRAINS - 1u));
}

struct group {
    uint16_t flags, units, x_length, x_place, h_length, h_place, place, row, weight;
    uint16_t state_place, state_units, feedback_place;
    uint8_t phases;
    bool known; /* every phase is one that the drain has */
};

static inline bool phase_known(uint16_t word)
{
    const struct phase phase = phase_unpack(word);
    bool known = phase.factor < FACTORS && phase.destination < DESTINATIONS;
#if !(FEATURES & FEATURE_PEEPHOLE)
    known &= !phase.peephole;
#endif
#if !(FEATURES & FEATURE_LSTM)
    known &= phase.factor != FACTOR_TANH_CELL;
#endif
#if !(FEATURES & FEATURE_GRU)
    known &= phase.factor != FACTOR_INTERPOLATE;
#endif
#if !(FEATURES & FEATURE_TOKEN)
    known &= phase.destination != DESTINATION_LARGEST;
#endif
    return known;
}

/* Once its pass is noted, a group keeps the rows of all its phases in this word. */
#define GROUP_ALL_ROWS GROUP_STATE_PLACE

/* Takes the words of a group from the payload to the table. */
static inline struct group take_group(struct ports p, uint32_t at)
{
    struct group g = {.known = true};
    bool ended = false;
    for (uint32_t n = 0; n < GROUP_WORDS; n++) {
        const uint16_t word = hls_read(p.commands);
        group_words[at + n] = word;
        if (n >= GROUP_PHASES && n < GROUP_PHASES + MAX_PHASES) {
            ended |= word == NO_PHASE;
            g.known &= ended || phase_known(word);
            g.phases += !ended;
        }
        g.flags = n == GROUP_FLAGS ? word : g.flags;
        g.units = n == GROUP_UNITS ? word : g.units;
        g.x_length = n == GROUP_X_LENGTH ? word : g.x_length;
        g.x_place = n == GROUP_X_PLACE ? word : g.x_place;
        g.h_length = n == GROUP_H_LENGTH ? word : g.h_length;
        g.h_place = n == GROUP_H_PLACE ? word : g.h_place;
        g.place = n == GROUP_PLACE ? word : g.place;
        g.row = n == GROUP_ROW ? word : g.row;
        g.weight = n == GROUP_WEIGHT ? word : g.weight;
        g.state_place = n == GROUP_STATE_PLACE ? word : g.state_place;
        g.state_units = n == GROUP_STATE_UNITS ? word : g.state_units;
        g.feedback_place = n == GROUP_FEEDBACK_PLACE ? word : g.feedback_place;
    }
    return g;
}

static inline bool vector_fits(uint16_t place, uint16_t length)
{
    return length <= STATE_ROWS && place <= STATE_ROWS - length;
}

/* Whether the memories hold all that the group names. */
static inline bool group_fits(struct group g, uint16_t inputs)
{
    const bool is_data = g.flags & GROUP_FLAG_DATA, is_token = g.flags & GROUP_FLAG_TOKEN;
    const uint16_t units = padded(g.units);
    const uint32_t rows = product(units, g.phases);
    const uint32_t blocks = (rows + LANES - 1) / LANES;
    const uint32_t columns = g.x_length + (uint32_t)g.h_length;
    bool fits = g.known & (g.phases != 0) & (g.units != 0) & (g.units <= STATE_ROWS);
    fits &= is_token  ? is_data & (g.x_length != 0) & ((FEATURES & FEATURE_TOKEN) != 0)
            : is_data ? g.x_length == inputs
                      : vector_fits(g.x_place, g.x_length);
    fits &= vector_fits(g.h_place, g.h_length) & vector_fits(g.place, units);
    fits &= columns != 0 && columns < 4096;
    fits &= (g.place | g.x_place | g.h_place) % DRAINS == 0;
    fits &= g.row % DRAINS == 0 && rows <= ROWS && g.row <= ROWS - rows;
    if (!fits)
        return false;
    const uint32_t weights = product((uint16_t)columns, (uint16_t)blocks);
    return weights <= WEIGHT_WORDS && g.weight <= WEIGHT_WORDS - weights;
}

static inline bool pass_fits(struct group g)
{
    const uint16_t inputs = g.flags & GROUP_FLAG_TOKEN ? 1 : g.x_length;
    return (g.flags & GROUP_FLAG_DATA) != 0 && inputs != 0 && inputs <= INPUT_ROWS &&
           vector_fits(g.state_place, g.state_units) && g.state_units % DRAINS == 0 &&
           g.state_place % DRAINS == 0 && vector_fits(g.feedback_place, inputs) &&
           g.feedback_place % DRAINS == 0;
}

/* Reads a program into the idle half of the tables, checks it against the memories, and makes it the one
 * that runs. Returns a PACKET_STATUS. */
static inline uint8_t load_program(struct ports p, struct request r)
{
    const uint32_t base = program_half ? 0 : GROUPS;
    const uint32_t pass_base = program_half ? 0 : PASSES * PASS_WORDS;
    uint32_t pass_at = pass_base;
    uint16_t inputs = 0, answered = 0, in_pass = 0;
    uint8_t passes = 0;
    bool good = true;
    for (uint32_t n = 0; n < r.argument; n++) {
        const struct group g = take_group(p, (base + n) * GROUP_WORDS);
        if (g.flags & GROUP_FLAG_FIRST) {
            good &= passes < PASSES && pass_fits(g);
            if (good) {
                pass_at = pass_base + passes * PASS_WORDS;
                passes++;
                inputs = g.flags & GROUP_FLAG_TOKEN ? 1 : g.x_length;
                answered = in_pass = 0;
                pass_words[pass_at + PASS_FIRST_GROUP] = (uint16_t)n;
                pass_words[pass_at + PASS_INPUTS] = inputs;
                pass_words[pass_at + PASS_STATE_PLACE] = g.state_place;
                pass_words[pass_at + PASS_STATE_UNITS] = g.state_units;
                pass_words[pass_at + PASS_FEEDBACK_PLACE] = g.feedback_place;
            }
        }
        good = good && passes != 0 && group_fits(g, inputs);
        if (good) {
            const uint16_t last =
                group_words[(base + n) * GROUP_WORDS + GROUP_PHASES + g.phases - 1];
            const bool largest = phase_unpack(last).destination == DESTINATION_LARGEST;
            if (g.flags & GROUP_FLAG_EMIT)
                answered += largest ? DRAINS : padded(g.units);
            in_pass++;
            group_words[(base + n) * GROUP_WORDS + GROUP_ALL_ROWS] =
                (uint16_t)product(padded(g.units), g.phases);
            pass_words[pass_at + PASS_GROUPS] = in_pass;
            pass_words[pass_at + PASS_ANSWERED] = answered;
        }
    }
    if (!good)
        return PACKET_STATUS_RANGE;
    program_groups = r.argument;
    program_passes = passes;
    program_half = !program_half;
    return PACKET_STATUS_OK;
}

/* ---- a run: steps of groups of blocks of rows ---- */

/* A step of one stream. */
struct step {
    uint32_t old_state, new_state; /* addresses of h_{t-1} and h_t of the stream */
    uint8_t home;                  /* of h_t */
    bool settled;                  /* h_{t-1} waits for no drain: its columns go before x_t */
    bool fed_back;                 /* x is what the step before put out */
    uint32_t feedback;             /* its address */
    bool emit, last;
};

/* The state may be read from its first element on when it is old enough. The units before the last piece left the drain
 * at least unit / DRAINS iterations before it; reading goes on one unit an iteration, not faster than the drain. */
static inline uint8_t gap_after(uint16_t unit)
{
    const uint16_t before = unit / DRAINS;
    return before < STATE_DISTANCE ? (uint8_t)(STATE_DISTANCE - before) : 0;
}

/* How long ago the drain began the latest phase that wrote to a memory: iterations, at least, up to MAX_AGE. A unit's number
 * is as old, for the reader goes through the units no faster than the writer. */
#define MAX_AGE 31
static struct {
    uint8_t factor, carry, cell;
} ages;

static inline uint8_t older(uint8_t age, uint8_t iterations)
{
    const uint8_t sum = (uint8_t)(age + iterations);
    return sum < MAX_AGE ? sum : MAX_AGE;
}

static inline uint8_t still_to_wait(bool reads, uint8_t age, uint8_t distance, uint8_t wait)
{
    const bool waits = reads & (age + wait < distance);
    return waits ? (uint8_t)(distance - age) : wait;
}

/* The drain goes through `groups` of a phase, from its first unit on if it `begins`. Returns the iterations that it
 * waits before, so that what it reads is old enough. */
static inline uint8_t pass_phase(struct phase phase, bool begins, uint8_t groups)
{
    const bool interpolates = phase.factor == FACTOR_INTERPOLATE;
    const bool to_cell = phase.destination == DESTINATION_CELL;
    const bool reads_factor = (phase.factor == FACTOR_FIRST) | (phase.factor == FACTOR_SECOND) |
                              interpolates | (phase.adds_second & to_cell);
    const bool reads_carry = phase.adds_second & !to_cell;
    const bool reads_cell = (phase.factor == FACTOR_CELL) | (phase.factor == FACTOR_TANH_CELL) |
                            interpolates | phase.peephole;
    uint8_t hold = still_to_wait(begins & reads_factor, ages.factor, FACTOR_DISTANCE, 0);
    hold = still_to_wait(begins & reads_carry, ages.carry, CARRY_DISTANCE, hold);
    hold = still_to_wait(begins & reads_cell, ages.cell, CELL_DISTANCE, hold);
    const bool to_second = begins & (phase.destination == DESTINATION_SECOND);
    const bool to_factor = to_second | (begins & (phase.destination == DESTINATION_FIRST));
    const bool writes_cell = begins & (to_cell | (phase.destination == DESTINATION_STATE_CELL));
    const uint8_t iterations = (uint8_t)(hold + groups);
    ages.factor = to_factor ? groups : older(ages.factor, iterations);
    ages.carry = to_second ? groups : older(ages.carry, iterations);
    ages.cell = writes_cell ? groups : older(ages.cell, iterations);
    return hold;
}

/* Where a group is in its block: rows are phase by phase, unit by unit. */
struct walk {
    uint16_t rows_left; /* of the group, this one included */
    uint16_t unit, row;
    uint32_t phase_at;
};

/* The drains of a block of `rows` rows: a piece for each phase that has rows in it. */
static inline struct walk drain_block(struct ports p, struct step s, uint32_t at, struct walk w,
                                      uint16_t rows)
{
    const uint16_t flags = group_words[at + GROUP_FLAGS];
    const uint16_t units = padded(group_words[at + GROUP_UNITS]);
    const uint16_t place = group_words[at + GROUP_PLACE];
    while (rows != 0) {
        const uint16_t rest = (uint16_t)(units - w.unit);
        const uint16_t n = rest < rows ? rest : rows;
        const struct phase phase = phase_unpack(group_words[w.phase_at]);
        const bool last_phase = w.rows_left == rest, ends_phase = n == rest;
        const bool largest = phase.destination == DESTINATION_LARGEST;
        const bool answers = s.emit & ((flags & GROUP_FLAG_EMIT) != 0) & last_phase;
        const uint8_t gap = largest ? (uint8_t)(STATE_DISTANCE + n / DRAINS) : gap_after(w.unit);
        const uint8_t groups = (uint8_t)(n / DRAINS);
        const bool guards = largest | ((flags & GROUP_FLAG_GUARD) != 0);
        const bool gaps = last_phase & ends_phase & guards;
        const struct drain drain = {
            .groups = groups,
            .phase = phase,
            .cell_shift = flags >> GROUP_CELL_SHIFT_BIT & 3,
            .emit = answers & (ends_phase | !largest),
            .releases = n == rows,
            .hold = pass_phase(phase, w.unit == 0, groups),
            .gap = gaps ? gap : 0,
            .place = (uint16_t)(largest ? place : place + w.unit),
            .home = s.home,
            .row = w.row,
        };
        hls_write(p.drains, drain_pack(drain));
        rows = (uint16_t)(rows - n);
        w.rows_left = (uint16_t)(w.rows_left - n);
        w.row = (uint16_t)(w.row + n);
        w.unit = ends_phase ? 0 : (uint16_t)(w.unit + n);
        w.phase_at = ends_phase ? w.phase_at + 1 : w.phase_at;
    }
    return w;
}

static inline void run_group(struct ports p, struct step s, uint32_t at, bool begins, bool ends)
{
    const uint16_t flags = group_words[at + GROUP_FLAGS];
    const uint16_t x_length = group_words[at + GROUP_X_LENGTH];
    const uint16_t x_place = group_words[at + GROUP_X_PLACE];
    const uint16_t h_length = group_words[at + GROUP_H_LENGTH];
    const uint16_t h_place = group_words[at + GROUP_H_PLACE];
    const bool token = flags & GROUP_FLAG_TOKEN, is_data = flags & GROUP_FLAG_DATA;
    const bool gated = flags & GROUP_FLAG_GATED;
    const uint16_t x_columns = token ? 1 : x_length;
    uint32_t weight = group_words[at + GROUP_WEIGHT];
    struct walk w = {.rows_left = group_words[at + GROUP_ALL_ROWS],
                     .row = group_words[at + GROUP_ROW],
                     .phase_at = at + GROUP_PHASES};
    bool arriving = begins & is_data & !s.fed_back;
    while (w.rows_left != 0) {
        const bool last_block = w.rows_left <= LANES, has_h = h_length != 0;
        const bool x_last = (arriving & s.settled) | !has_h;
        const bool guard = last_block & ((flags & GROUP_FLAG_GUARD) != 0);
        const bool stop = ends & last_block;
        const struct segment x_part = {
            .source = (!is_data | s.fed_back) ? SOURCE_STATE
                      : arriving              ? SOURCE_DATA
                                              : SOURCE_KEPT,
            .token = token,
            .ends_block = x_last,
            .guard = guard,
            .stop = stop & x_last,
            .length = x_columns,
            .address = !is_data     ? s.new_state + x_place
                       : s.fed_back ? s.feedback
                                    : 0,
            .weight = weight,
        };
        const struct segment h_part = {
            .source = gated ? SOURCE_GATED : SOURCE_STATE,
            .ends_block = !x_last,
            .guard = guard,
            .stop = stop & !x_last,
            .length = h_length,
            .address = gated ? h_place : s.old_state + h_place,
            .weight = weight + x_length,
        };
        if ((x_columns != 0) & !x_last)
            hls_write(p.segments, segment_pack(x_part));
        if (has_h)
            hls_write(p.segments, segment_pack(h_part));
        if (x_last)
            hls_write(p.segments, segment_pack(x_part));
        weight += x_length + (uint32_t)h_length;
        w = drain_block(p, s, at, w, last_block ? w.rows_left : LANES);
        if (arriving)
            forward(p, x_columns);
        arriving = false;
    }
}

static inline uint32_t home_of(uint8_t stream, uint8_t number)
{
    return 2u * stream + bank[(stream * PASSES + number) & (STREAMS * PASSES - 1)];
}

static inline uint8_t streams_of(struct request r)
{
    return r.streams ? r.streams : 1;
}

static inline void run_step(struct ports p, struct request r, struct pass pass, uint8_t stream,
                            struct step s)
{
    const uint32_t old_home = home_of(stream, r.pass);
    s.home = (uint8_t)(old_home ^ 1);
    s.old_state = old_home * STATE_ROWS;
    s.new_state = s.home * STATE_ROWS;
    s.feedback = s.old_state + pass.feedback_place;
    uint32_t at = ((program_half ? GROUPS : 0) + pass.first_group) * GROUP_WORDS;
    for (uint16_t n = 0; n < pass.groups; n++) {
        run_group(p, s, at, n == 0, s.last && n + 1 == pass.groups);
        at += GROUP_WORDS;
    }
    bank[(stream * PASSES + r.pass) & (STREAMS * PASSES - 1)] = s.home & 1;
}

static inline void run_steps(struct ports p, struct request r, struct pass pass)
{
    const bool last_only = r.flags & PACKET_FLAG_LAST_ONLY;
    const bool feedback = r.flags & PACKET_FLAG_FEEDBACK;
    const uint8_t streams = streams_of(r);
    if (r.flags & PACKET_FLAG_RESET)
        for (uint8_t k = 0; k < streams; k++)
            operate(p, OPERATION_STATE_CLEAR,
                    home_of((uint8_t)(r.stream + k), r.pass) * STATE_ROWS + pass.state_place,
                    pass.state_units);
    operate(p, OPERATION_RUN, 0, 0);
    ages.factor = ages.carry = ages.cell = MAX_AGE;
    for (uint16_t t = 0; t < r.argument; t++) {
        const bool last_step = t + 1 == r.argument;
        for (uint8_t k = 0; k < streams; k++)
            run_step(p, r, pass, (uint8_t)(r.stream + k),
                     (struct step){.settled = t == 0 && k == 0,
                                   .fed_back = feedback && t != 0,
                                   .emit = last_step || !last_only,
                                   .last = last_step && k + 1 == streams});
    }
}

/* ---- requests: check, answer, do ---- */

static inline uint8_t check_load(struct request r, uint32_t words_per_unit, uint32_t units)
{
    if (r.length == 0 || r.length % words_per_unit != 0)
        return PACKET_STATUS_LENGTH;
    if (r.length > units * words_per_unit || r.argument + r.length / words_per_unit > units)
        return PACKET_STATUS_RANGE;
    return PACKET_STATUS_OK;
}

static inline uint8_t check_length(struct request r, uint32_t length)
{
    return r.length == length ? PACKET_STATUS_OK : PACKET_STATUS_LENGTH;
}

static inline uint8_t check_run(struct request r, struct pass pass)
{
    if (r.stream + streams_of(r) > STREAMS)
        return PACKET_STATUS_STREAM;
    if (r.argument == 0)
        return PACKET_STATUS_LENGTH;
    const uint16_t inputs = (uint16_t)product(pass.inputs, streams_of(r));
    return check_length(r, product(r.flags & PACKET_FLAG_FEEDBACK ? 1 : r.argument, inputs));
}

static inline uint8_t check(struct request r, struct pass pass)
{
    if (r.stream >= STREAMS)
        return PACKET_STATUS_STREAM;
    if (r.opcode >= PACKET_RUN && r.opcode <= PACKET_RESET && r.pass >= program_passes)
        return PACKET_STATUS_PROGRAM;
    switch (r.opcode) {
    case PACKET_PROGRAM:
        if (r.argument == 0 || r.argument > GROUPS)
            return PACKET_STATUS_RANGE;
        return check_length(r, (uint32_t)r.argument * GROUP_WORDS);
    case PACKET_WEIGHTS: return check_load(r, LANES * WEIGHT_BITS / 16, WEIGHT_WORDS);
    case PACKET_ROWS: return check_load(r, ROW_WORDS, ROWS);
    case PACKET_RUN: return check_run(r, pass);
    case PACKET_WRITE_STATE: return check_length(r, 2u * pass.state_units);
    case PACKET_QUERY:
    case PACKET_READ_STATE:
    case PACKET_RESET: return check_length(r, 0);
    default: return PACKET_STATUS_OPCODE;
    }
}

static inline uint32_t answer_length(struct request r, struct pass pass)
{
    const uint16_t answered = (uint16_t)product(pass.answered, streams_of(r));
    switch (r.opcode) {
    case PACKET_QUERY: return ID_WORDS;
    case PACKET_RUN:
        return product(answered, r.flags & PACKET_FLAG_LAST_ONLY ? 1 : r.argument) +
               ANSWER_RUN_TRAILER_WORDS;
    case PACKET_READ_STATE: return 2u * pass.state_units;
    default: return 0;
    }
}

/* The work behind a good request; the datapath answers in the order in which it is told. */
static inline void perform(struct ports p, struct request r, struct pass pass)
{
    const uint32_t address = home_of(r.stream, r.pass) * STATE_ROWS + pass.state_place;
    const uint16_t units = pass.state_units;
    switch (r.opcode) {
    case PACKET_QUERY: identify(p); break;
    case PACKET_WEIGHTS: operate(p, OPERATION_WEIGHTS, r.argument, r.length); break;
    case PACKET_ROWS: operate(p, OPERATION_ROWS, r.argument, r.length); break;
    case PACKET_READ_STATE: operate(p, OPERATION_STATE_READ, address, units); break;
    case PACKET_WRITE_STATE: operate(p, OPERATION_STATE_WRITE, address, units); break;
    case PACKET_RESET: operate(p, OPERATION_STATE_CLEAR, address, units); break;
    case PACKET_RUN: run_steps(p, r, pass); break;
    default: break;
    }
    if (r.opcode != PACKET_RUN && r.opcode != PACKET_PROGRAM)
        forward(p, r.length);
}

static inline void serve(struct ports p, struct request r, bool header_good)
{
    const struct pass pass = read_pass(r.pass);
    uint8_t status = header_good ? check(r, pass) : PACKET_STATUS_HEADER;
    bool payload_waits = header_good;
    if (status == PACKET_STATUS_OK && r.opcode == PACKET_PROGRAM) {
        status = load_program(p, r);
        payload_waits = false;
    }
    const bool good = status == PACKET_STATUS_OK;
    uint32_t length = 0;
    if (good)
        length = answer_length(r, pass);
    answer(p, r, status, length);
    if (good) {
        perform(p, r, pass);
    } else {
        errors++;
        if (payload_waits)
            skip(p, r.length);
    }
}

HLS_PROCESS void control(hls_stream_u16 *commands, hls_stream_u64 *operations, hls_stream_u16 *data,
                         hls_stream_u64 *segments, hls_stream_u64 *drains)
{
    const struct ports p = {commands, operations, data, segments, drains};
    while (hls_more(commands)) {
        HLS_UNROLL
        for (int k = 0; k + 1 < PACKET_HEADER_WORDS; k++)
            window[k] = window[k + 1];
        window[PACKET_HEADER_WORDS - 1] = hls_read(commands);
        if (window_words < PACKET_HEADER_WORDS)
            window_words++;
        const bool good =
            window_words == PACKET_HEADER_WORDS && packet_is_header(window, PACKET_MAGIC);
        if (good || (window_words == PACKET_HEADER_WORDS && !lost)) {
            window_words = good ? 0 : window_words;
            lost = !good;
            serve(p,
                  (struct request){.opcode = (uint8_t)window[0],
                                   .stream = (uint8_t)(window[1] >> 8),
                                   .flags = (uint8_t)window[1],
                                   .pass = (uint8_t)window[4],
                                   .streams = (uint8_t)(window[4] >> 8),
                                   .sequence = window[2],
                                   .argument = window[3],
                                   .length = window[5] | (uint32_t)window[6] << 16},
                  good);
        }
    }
}
