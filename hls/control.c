/* control.c -- the front of the device: takes request packets apart, looks programs through, and says step by step and
 * stream by stream what shall run. Sequential code: it runs ahead of the datapath, while the lanes work on the columns.
 */
#include "descriptor.h"
#include "packet.h"

struct request {
    uint8_t opcode, stream, flags, pass, streams;
    uint16_t argument;
    uint32_t length;
};

struct ports {
    hls_stream_u16 *commands;
    hls_stream_u64 *operations;
    hls_stream_u16 *data;
    hls_stream_u64 *descriptors;
};

static uint64_t passes[PASSES];                      /* of the program: their descriptors, */
static uint16_t pass_at[PASSES], pass_state[PASSES]; /* what follows them, and their first units */
static uint8_t program_passes;                       /* 0: none is loaded */
static uint8_t bank[STREAMS * PASSES]; /* which half of the state holds h_{t-1} of a pass */
static uint16_t errors;

static uint16_t window[PACKET_HEADER_WORDS]; /* the latest words of commands, as a ring */
static uint8_t window_at, window_words;      /* its oldest word; how many count, up to a header's */
static uint16_t window_sum;
static bool lost; /* skipping words after a bad header */

static inline void operate(struct ports p, uint8_t kind, uint32_t address, uint32_t count)
{
    hls_write(p.operations, operation_pack((struct operation){kind, address, count}));
}

/* Takes `count` words of commands, and hands them to the datapath if it shall have them. */
static inline void take(struct ports p, uint32_t count, bool forward)
{
    for (uint32_t n = count; n != 0; n--) {
        HLS_PIPELINE(1);
        const uint16_t word = hls_read(p.commands);
        if (forward)
            hls_write(p.data, word);
    }
}

/* ---- answers ---- */

/* A word of the latest header. */
static inline uint16_t window_word(uint8_t n)
{
    return window[(window_at + n) & (PACKET_HEADER_WORDS - 1)];
}

static inline void answer(struct ports p, uint8_t status, uint32_t length)
{
    uint16_t sum = 0;
    operate(p, OPERATION_COPY, 0, PACKET_HEADER_WORDS);
    for (uint8_t n = 0; n < PACKET_HEADER_WORDS; n++) {
        uint16_t word = window_word(n);
        word = n == 0 ? (uint16_t)(ANSWER_MAGIC << 8 | (word & 0xff)) : word;
        word = n == 3 ? status : word;
        word = n == 5 ? (uint16_t)length : word;
        word = n == 6 ? (uint16_t)(length >> 16) : word;
        word = n == 7 ? (uint16_t)~sum : word;
        sum = (uint16_t)(sum + word);
        hls_write(p.data, word);
    }
}

static inline uint16_t id_word(uint8_t n)
{
    switch (n) {
    case ID_MAGIC: return ID_MAGIC_VALUE;
    case ID_VERSION: return PACKET_VERSION;
    case ID_PRESET: return EDDY_PRESET;
    case ID_LANES: return LANES;
    case ID_WEIGHT_BITS: return WEIGHT_BITS;
    case ID_WEIGHT_WORDS: return WEIGHT_WORDS & 0xffff;
    case ID_ROWS: return ROWS;
    case ID_STATE_ROWS: return STATE_ROWS;
    case ID_INPUT_ROWS: return INPUT_ROWS;
    case ID_STREAMS: return STREAMS;
    case ID_DESCRIPTORS: return DESCRIPTORS;
    case ID_PASSES: return PASSES;
    case ID_DRAINS: return DRAINS;
    case ID_FEATURES: return FEATURES;
    case ID_LOADED_PASSES: return program_passes;
    default: return errors;
    }
}

static inline void identify(struct ports p)
{
    operate(p, OPERATION_COPY, 0, ID_WORDS);
    HLS_UNROLL
    for (uint8_t n = 0; n < ID_WORDS; n++)
        hls_write(p.data, id_word(n));
}

/* ---- programs ---- */

/* A pass in the program. */
struct place {
    struct pass pass;
    uint16_t at;    /* of its first descriptor */
    uint16_t state; /* of its first unit */
};

static inline struct place find_pass(uint8_t number)
{
    const uint8_t n = number & (PASSES - 1);
    return (struct place){pass_unpack(passes[n]), pass_at[n], pass_state[n]};
}

static inline bool phase_known(struct phase phase)
{
    bool known = (phase.factor < FACTORS) & (phase.destination < DESTINATIONS);
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

static inline bool segment_fits(struct segment s)
{
    const bool is_x = (s.source == SOURCE_DATA) | (s.source == SOURCE_KEPT);
    const bool known = !s.token | ((FEATURES & FEATURE_TOKEN) != 0);
    return known & (s.length != 0) & ((uint32_t)s.weight + s.length <= WEIGHT_WORDS) &
           (s.address + s.length <= (is_x ? INPUT_ROWS : STATE_ROWS));
}

static inline bool drain_fits(struct drain d)
{
    const uint16_t rows = (uint16_t)(d.groups * DRAINS);
    return phase_known(d.phase) & (rows <= LANES) & (d.home == 0) & (d.place + rows <= STATE_ROWS) &
           (d.row + rows <= ROWS) & ((d.place | d.row) % DRAINS == 0);
}

/* Where a program that arrives is in its grammar: passes of blocks of one or two segments, then drains. */
struct grammar {
    struct pass pass;
    bool first;        /* the first descriptor of a pass comes next */
    bool sums, drains; /* the second segment of a block, or a drain, must come next */
    bool stop;         /* of the latest segment */
    uint16_t left;     /* descriptors of the pass */
    uint16_t answered; /* words so far */
    uint16_t units;    /* of all passes */
};

static inline bool pass_follows(struct grammar *g, uint64_t w)
{
    const struct pass pass = pass_unpack(w);
    g->pass = pass;
    g->left = pass.length;
    g->first = true;
    g->stop = false;
    g->answered = 0;
    g->units = (uint16_t)(g->units + pass.units);
    return (descriptor_kind(w) == DESCRIPTOR_PASS) & (pass.length != 0) & (pass.inputs != 0) &
           (pass.inputs <= INPUT_ROWS) & ((pass.units | pass.feedback) % DRAINS == 0) &
           (g->units <= STATE_ROWS) & (pass.feedback + pass.inputs <= STATE_ROWS);
}

/* All of x_t arrives in the first segment, the last block stops, and both segments of a block say whether it is the last. */
static inline bool segment_follows(struct grammar *g, uint64_t w)
{
    const struct segment s = segment_unpack(w);
    const bool x_arrives = s.source == SOURCE_DATA;
    const bool good = (descriptor_kind(w) == DESCRIPTOR_SEGMENT) & segment_fits(s) &
                      (g->sums ? s.stop == g->stop : !g->stop) & (x_arrives == g->first) &
                      (!x_arrives | (s.length == g->pass.inputs)) &
                      (!g->first | (s.ends_block != g->pass.swaps)) & (!g->sums | s.ends_block);
    g->sums = !s.ends_block;
    g->drains = s.ends_block;
    g->stop = s.stop;
    return good;
}

static inline bool drain_follows(struct grammar *g, uint64_t w)
{
    const struct drain d = drain_unpack(w);
    const bool good = (descriptor_kind(w) == DESCRIPTOR_DRAIN) & drain_fits(d);
    const bool largest = d.phase.destination == DESTINATION_LARGEST;
    const uint16_t words = (uint16_t)(largest ? DRAINS : d.groups * DRAINS);
    g->answered = (uint16_t)(g->answered + (d.emit ? words : 0));
    g->drains = !d.releases;
    return good;
}

/* True if the descriptor follows those before. */
static inline bool descriptor_follows(struct grammar *g, uint64_t w)
{
    bool good;
    if (g->left == 0)
        return pass_follows(g, w);
    if (g->drains)
        good = drain_follows(g, w);
    else
        good = segment_follows(g, w);
    const bool whole = g->stop & !g->sums & !g->drains & (g->answered == g->pass.answered);
    g->left--;
    g->first = false;
    return good & ((g->left != 0) | whole);
}

static inline uint64_t take_descriptor(struct ports p)
{
    uint64_t w = 0;
    HLS_UNROLL
    for (int k = 0; k < DESCRIPTOR_WORDS; k++)
        w |= (uint64_t)hls_read(p.commands) << 16 * k;
    return w;
}

/* Hands a program on in place of the one that was, and looks whether it says what the datapath can do and will end.
 * Returns a PACKET_STATUS. */
static inline uint8_t load_program(struct ports p, uint16_t count)
{
    struct grammar g = {0};
    bool good = true;
    uint8_t n = 0;
    program_passes = 0;
    hls_write(p.descriptors, step_pack((struct step){.loads = true}));
    for (uint16_t at = 0; at < count; at++) {
        const uint64_t w = take_descriptor(p);
        const bool begins = g.left == 0;
        if (begins) {
            passes[n & (PASSES - 1)] = w;
            pass_at[n & (PASSES - 1)] = at + 1;
            pass_state[n & (PASSES - 1)] = g.units;
        }
        n = (uint8_t)(n + begins);
        good &= descriptor_follows(&g, w) & (n <= PASSES);
        if (good) /* what does not follow may look like a step */
            hls_write(p.descriptors, w);
    }
    if (!good | (g.left != 0))
        return PACKET_STATUS_RANGE;
    program_passes = n;
    return PACKET_STATUS_OK;
}

/* ---- a run: each step of each stream ---- */

static inline uint8_t streams_of(struct request r)
{
    return r.streams ? r.streams : 1;
}

static inline uint8_t *bank_of(uint8_t stream, uint8_t pass)
{
    return &bank[(stream * PASSES + pass) & (STREAMS * PASSES - 1)];
}

static inline uint8_t home_of(uint8_t stream, uint8_t pass)
{
    return (uint8_t)(2u * (stream & (STREAMS - 1)) + *bank_of(stream, pass));
}

static inline void run_steps(struct ports p, struct request r, struct place place)
{
    const bool last_only = r.flags & PACKET_FLAG_LAST_ONLY;
    const bool feedback = r.flags & PACKET_FLAG_FEEDBACK;
    const uint8_t streams = STREAMS > 1 ? streams_of(r) : 1;
    if (r.flags & PACKET_FLAG_RESET)
        for (uint8_t k = 0; k < streams; k++)
            operate(p, OPERATION_STATE_CLEAR,
                    (uint32_t)home_of((uint8_t)(r.stream + k), r.pass) * STATE_ROWS + place.state,
                    place.pass.units);
    operate(p, OPERATION_RUN, 0, 0);
    for (uint16_t t = 0; t < r.argument; t++) {
        const bool last_step = (uint16_t)(t + 1) == r.argument;
        for (uint8_t k = 0; k < streams; k++) {
            const uint8_t home = home_of((uint8_t)(r.stream + k), r.pass) ^ 1;
            *bank_of((uint8_t)(r.stream + k), r.pass) = home & 1;
            const bool fed_back = feedback & (t != 0);
            hls_write(p.descriptors,
                      step_pack((struct step){.at = place.at,
                                              .length = place.pass.length,
                                              .feedback = place.pass.feedback,
                                              .home = home,
                                              .swaps = place.pass.swaps & (t == 0) & (k == 0),
                                              .fed_back = fed_back,
                                              .emit = last_step | !last_only,
                                              .last = last_step & (k + 1 == streams)}));
            take(p, fed_back ? 0 : place.pass.inputs, true);
        }
    }
}

/* ---- requests: check, answer, do ---- */

/* a times b, by shift and add: multipliers belong to the lanes. */
static inline uint32_t times(uint32_t a, uint16_t b)
{
    uint32_t sum = 0;
    for (uint16_t rest = b; rest != 0; rest >>= 1) {
        sum += rest & 1 ? a : 0;
        a <<= 1;
    }
    return sum;
}

/* Words of a run that come in, or go `out`: (steps, streams, words of a step). Feedback takes x for its first step alone, and
 * a run may answer its last step alone. */
static inline uint32_t run_words(struct request r, struct pass pass, bool out)
{
    const bool once = r.flags & (out ? PACKET_FLAG_LAST_ONLY : PACKET_FLAG_FEEDBACK);
    uint32_t words = out ? pass.answered : pass.inputs;
#if STREAMS > 1
    words = times(words, streams_of(r));
#endif
    return times(words, once ? 1 : r.argument);
}

/* Weights and row constants come in whole units, columns or rows, and must not go beyond their memory. */
static inline uint8_t check_load(struct request r)
{
    const uint32_t column_words = LANES * WEIGHT_BITS / 16;
    const bool columns = r.opcode == PACKET_WEIGHTS;
    const uint32_t capacity = columns ? WEIGHT_WORDS : ROWS;
    const uint32_t units = capacity - r.argument; /* that there is room for */
    const uint32_t room = columns ? units * column_words : units * ROW_WORDS;
    const uint32_t rest = columns ? r.length % column_words : r.length % ROW_WORDS;
    return r.length == 0 || rest != 0                 ? PACKET_STATUS_LENGTH
           : r.argument > capacity || r.length > room ? PACKET_STATUS_RANGE
                                                      : PACKET_STATUS_OK;
}

/* Words of the payload that the request must have, or of its answer if `out`. */
static inline uint32_t words_of(struct request r, struct pass pass, bool out)
{
    const uint32_t states = 2u * pass.units;
    if (r.opcode == PACKET_RUN)
        return run_words(r, pass, out) + (out ? ANSWER_RUN_TRAILER_WORDS : 0);
    return out ? (r.opcode == PACKET_READ_STATE ? states
                  : r.opcode == PACKET_QUERY    ? ID_WORDS
                                                : 0)
               : (r.opcode == PACKET_WRITE_STATE ? states
                  : r.opcode == PACKET_PROGRAM   ? (uint32_t)r.argument * DESCRIPTOR_WORDS
                                                 : 0);
}

static inline uint8_t check(struct request r)
{
    const bool is_run = r.opcode == PACKET_RUN;
    const bool of_pass = r.opcode >= PACKET_RUN && r.opcode <= PACKET_RESET;
    if (r.opcode < PACKET_QUERY || r.opcode > PACKET_RESET)
        return PACKET_STATUS_OPCODE;
    if (r.stream + (is_run ? streams_of(r) : 1) > STREAMS)
        return PACKET_STATUS_STREAM;
    if (of_pass && r.pass >= program_passes)
        return PACKET_STATUS_PROGRAM;
    if (r.opcode == PACKET_WEIGHTS || r.opcode == PACKET_ROWS)
        return check_load(r);
    if (r.opcode == PACKET_PROGRAM && (r.argument == 0 || r.argument > DESCRIPTORS))
        return PACKET_STATUS_RANGE;
    return is_run && r.argument == 0 ? PACKET_STATUS_LENGTH : PACKET_STATUS_OK;
}

/* What the datapath does behind the answer to a request that is neither a query, a program nor a run. */
static inline struct operation operation_of(struct request r, struct place place)
{
    struct operation o = {OPERATION_STATE_CLEAR,
                          (uint32_t)home_of(r.stream, r.pass) * STATE_ROWS + place.state,
                          place.pass.units};
    switch (r.opcode) {
    case PACKET_WEIGHTS: o = (struct operation){OPERATION_WEIGHTS, r.argument, r.length}; break;
    case PACKET_ROWS: o = (struct operation){OPERATION_ROWS, r.argument, r.length}; break;
    case PACKET_READ_STATE: o.kind = OPERATION_STATE_READ; break;
    case PACKET_WRITE_STATE: o.kind = OPERATION_STATE_WRITE; break;
    default: break;
    }
    return o;
}

/* The work behind a good request; the datapath answers in the order in which it is told. */
static inline void perform(struct ports p, struct request r, struct place place)
{
    if (r.opcode == PACKET_RUN) {
        run_steps(p, r, place);
    } else if (r.opcode == PACKET_QUERY) {
        identify(p);
    } else if (r.opcode != PACKET_PROGRAM) {
        const struct operation o = operation_of(r, place);
        operate(p, o.kind, o.address, o.count);
    }
}

static inline void serve(struct ports p, struct request r, bool header_good)
{
    struct place place = {0};
    uint8_t status = header_good ? check(r) : PACKET_STATUS_HEADER;
    const bool loads = r.opcode == PACKET_WEIGHTS || r.opcode == PACKET_ROWS;
    bool payload_waits = header_good;
    uint32_t words = 0;
    if (status == PACKET_STATUS_OK) {
        place = find_pass(r.pass);
        for (uint8_t out = 0; out < 2; out++) { /* once more for the answer */
            words = words_of(r, place.pass, out);
            const bool wrong = !out & !loads & (words != r.length);
            if (wrong | (words >> PACKET_LENGTH_BITS != 0))
                status = PACKET_STATUS_LENGTH;
        }
    }
    if (status == PACKET_STATUS_OK && r.opcode == PACKET_PROGRAM) {
        status = load_program(p, r.argument);
        payload_waits = false;
    }
    const bool good = status == PACKET_STATUS_OK;
    answer(p, status, good ? words : 0);
    if (good) {
        perform(p, r, place);
        payload_waits &= r.opcode != PACKET_RUN;
    } else {
        errors++;
    }
    if (payload_waits)
        take(p, r.length, good);
}

/* Takes the next word of commands into the window; says whether it now is full. */
static inline bool next_word(struct ports p)
{
    const uint16_t word = hls_read(p.commands);
    const uint16_t oldest = window[window_at];
    window[window_at] = word;
    window_at = (window_at + 1) & (PACKET_HEADER_WORDS - 1);
    const bool full = window_words == PACKET_HEADER_WORDS;
    window_sum = (uint16_t)(window_sum + word - (full ? oldest : 0));
    window_words = (uint8_t)(window_words + !full);
    return window_words == PACKET_HEADER_WORDS;
}

/* The words of the window as a request. */
static inline struct request window_request(void)
{
    struct request r = {0};
    for (uint8_t n = 0; n < PACKET_HEADER_WORDS - 1; n++) {
        const uint16_t word = window_word(n);
        const uint8_t high = (uint8_t)(word >> 8), low = (uint8_t)word;
        r.opcode = n == 0 ? low : r.opcode;
        r.stream = n == 1 ? high : r.stream;
        r.flags = n == 1 ? low : r.flags;
        r.argument = n == 3 ? word : r.argument;
        r.streams = n == 4 ? high : r.streams;
        r.pass = n == 4 ? low : r.pass;
        r.length = n == 5 ? word : n == 6 ? r.length | (uint32_t)low << 16 : r.length;
    }
    return r;
}

HLS_PROCESS void control(hls_stream_u16 *commands, hls_stream_u64 *operations, hls_stream_u16 *data,
                         hls_stream_u64 *descriptors)
{
    const struct ports p = {commands, operations, data, descriptors};
    while (hls_more(commands)) {
        if (!next_word(p))
            continue;
        const bool good = window_sum == 0xffff && window_word(0) >> 8 == PACKET_MAGIC &&
                          window_word(6) >> (PACKET_LENGTH_BITS - 16) == 0;
        if (good || !lost) {
            lost = !good;
            const struct request r = window_request();
            if (good)
                window_words = window_sum = 0;
            serve(p, r, good);
        }
    }
}
