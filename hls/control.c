/* control.c -- the front of the device: takes request packets apart, holds the program, and tells the
 * datapath what to do, in the order in which it must happen. Sequential code: it runs ahead of the datapath, one
 * block of rows in a few cycles, while the lanes work on the columns.
 */
#include "descriptor.h"
#include "packet.h"

#define STATE_STRIDE(stream, bank) ((2u * (stream) + (bank)) * STATE_ROWS)

struct request {
    uint8_t opcode, stream, flags;
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
static uint16_t layer_words[2 * LAYERS * PROGRAM_LAYER_WORDS];
static uint16_t window[PACKET_HEADER_WORDS] HLS_REGISTERS; /* the latest words of commands */
static uint8_t window_words;                               /* how many count, up to a header's */
static bool lost;                                          /* skipping words after a bad header */
static uint8_t bank[STREAMS]; /* which half of the state holds h_{t-1} */
static uint16_t errors;

/* The program that runs. */
static uint16_t program_layers;  /* 0: none is loaded */
static uint16_t program_inputs;  /* words of x_t */
static uint16_t program_outputs; /* words answered each step */
static uint16_t program_state;   /* words of state of a stream */
static uint8_t program_half;     /* of layer_words */

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
    word[4] = (uint16_t)length;
    word[5] = (uint16_t)(length >> 16);
    word[6] = 0;
    word[6] = (uint16_t)~packet_sum(word);
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

static inline uint32_t blocks_of(uint32_t rows)
{
    return (rows + LANES - 1) / LANES;
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
    hls_write(p.data, LAYERS);
    hls_write(p.data, program_layers);
    hls_write(p.data, errors);
}

/* Reads a program into the idle half of layer_words, checks it against the memories, and makes it the one
 * that runs. Returns a PACKET_STATUS. */
static inline uint8_t load_program(struct ports p, struct request r)
{
    const uint32_t base = program_half ? 0 : LAYERS * PROGRAM_LAYER_WORDS;
    uint32_t columns = 0, rows_above = 0, weight_words = 0, outputs = 0;
    uint16_t inputs = 0;
    bool good = true;
    for (uint32_t layer = 0; layer < r.argument; layer++) {
        const uint32_t at = base + layer * PROGRAM_LAYER_WORDS;
        const uint16_t flags = hls_read(p.commands), x_words = hls_read(p.commands);
        const uint16_t rows = hls_read(p.commands);
        layer_words[at + LAYER_FLAGS] = flags;
        layer_words[at + LAYER_COLUMNS] = x_words;
        layer_words[at + LAYER_ROWS] = rows;
        const bool x_fits = layer ? x_words == columns : x_words != 0 && x_words <= INPUT_ROWS;
        const bool rows_fit = rows != 0 && rows <= STATE_ROWS;
        const bool known = (flags >> LAYER_ACTIVATION_BIT & 15) <= ACTIVATION_TANH;
        good &= x_fits & rows_fit & known;
        if (good) {
            const uint16_t length = flags & LAYER_FLAG_RECURRENT ? x_words + rows : x_words;
            weight_words += product(length, (uint16_t)blocks_of(rows));
            rows_above += rows;
            outputs += flags & LAYER_FLAG_EMIT ? rows : 0;
        }
        inputs = layer ? inputs : x_words;
        columns = rows;
    }
    good &= rows_above <= STATE_ROWS && rows_above <= ROWS && weight_words <= WEIGHT_WORDS;
    if (!good)
        return PACKET_STATUS_RANGE;
    program_layers = r.argument;
    program_inputs = inputs;
    program_outputs = (uint16_t)outputs;
    program_state = (uint16_t)rows_above;
    program_half = !program_half;
    return PACKET_STATUS_OK;
}

static inline uint32_t state_address(uint8_t stream)
{
    return STATE_STRIDE(stream, bank[stream & (STREAMS - 1)]);
}

/* ---- a run: steps of layers of blocks of rows ---- */

struct step {
    uint32_t old_state, new_state; /* addresses of h_{t-1} and h_t of the stream */
    bool emit, last;
};

/* The state may be read from its first element on when its last block is old enough: that block drains in the order
 * in which it is read, so what counts is the iterations that reading the rows before it takes. */
static inline uint8_t gap_after(bool read_again, uint32_t row)
{
    return read_again && row < STATE_DISTANCE ? (uint8_t)(STATE_DISTANCE - row) : 0;
}

static void run_step(struct ports p, struct step s)
{
    uint32_t weight = 0;
    uint32_t below = 0; /* address of the layer's x in the state */
    uint32_t base = 0;  /* of its first row in the state of the stream */
    for (uint32_t layer = 0; layer < program_layers; layer++) {
        const uint32_t at =
            (program_half ? LAYERS * PROGRAM_LAYER_WORDS : 0) + layer * PROGRAM_LAYER_WORDS;
        const uint16_t flags = layer_words[at + LAYER_FLAGS];
        const uint16_t columns = layer_words[at + LAYER_COLUMNS];
        const uint16_t rows = layer_words[at + LAYER_ROWS];
        const bool recurrent = flags & LAYER_FLAG_RECURRENT;
        const bool last_layer = layer + 1 == program_layers;
        for (uint32_t row = 0; row < rows; row += LANES) {
            const bool last_block = row + LANES >= rows;
            const bool arriving = layer == 0 && row == 0;
            const bool stop = s.last && last_layer && last_block;
            const struct drain drain = {
                .rows = (uint8_t)(last_block ? rows - row : LANES),
                .activation = flags >> LAYER_ACTIVATION_BIT & 15,
                .result_shift = flags >> LAYER_RESULT_SHIFT_BIT & 7,
                .emit = s.emit && (flags & LAYER_FLAG_EMIT),
                .gap = gap_after(last_block && (recurrent || !last_layer), row),
                .address = s.new_state + base + row,
                .row = (uint16_t)(base + row),
            };
            const struct segment x_part = {
                .source = arriving ? SOURCE_DATA : (layer ? SOURCE_STATE : SOURCE_KEPT),
                .ends_block = !recurrent,
                .stop = stop && !recurrent,
                .length = columns,
                .address = layer ? s.new_state + below : 0,
                .weight = weight,
            };
            const struct segment h_part = {
                .source = SOURCE_STATE,
                .ends_block = true,
                .stop = stop,
                .length = rows,
                .address = s.old_state + base,
                .weight = weight + columns,
            };
            hls_write(p.drains, drain_pack(drain));
            hls_write(p.segments, segment_pack(x_part));
            if (recurrent)
                hls_write(p.segments, segment_pack(h_part));
            weight += columns + (recurrent ? rows : 0);
            if (arriving)
                forward(p, columns);
        }
        below = base;
        base += rows;
    }
}

static inline void run_steps(struct ports p, struct request r)
{
    const bool last_only = r.flags & PACKET_FLAG_LAST_ONLY;
    if (r.flags & PACKET_FLAG_RESET)
        operate(p, OPERATION_STATE_CLEAR, state_address(r.stream), program_state);
    operate(p, OPERATION_RUN, 0, 0);
    uint8_t old = bank[r.stream & (STREAMS - 1)];
    for (uint32_t t = 0; t < r.argument; t++) {
        const bool last = t + 1 == r.argument;
        run_step(p, (struct step){.old_state = STATE_STRIDE(r.stream, old),
                                  .new_state = STATE_STRIDE(r.stream, !old),
                                  .emit = last || !last_only,
                                  .last = last});
        old = !old;
    }
    bank[r.stream & (STREAMS - 1)] = old;
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

static inline uint8_t check(struct request r)
{
    if (r.stream >= STREAMS)
        return PACKET_STATUS_STREAM;
    if (r.opcode >= PACKET_RUN && r.opcode <= PACKET_RESET && program_layers == 0)
        return PACKET_STATUS_PROGRAM;
    switch (r.opcode) {
    case PACKET_PROGRAM:
        if (r.argument == 0 || r.argument > LAYERS)
            return PACKET_STATUS_RANGE;
        return check_length(r, r.argument * PROGRAM_LAYER_WORDS);
    case PACKET_WEIGHTS: return check_load(r, LANES * WEIGHT_BITS / 16, WEIGHT_WORDS);
    case PACKET_ROWS: return check_load(r, ROW_WORDS, ROWS);
    case PACKET_RUN:
        if (r.argument == 0)
            return PACKET_STATUS_LENGTH;
        return check_length(r, product(r.argument, program_inputs));
    case PACKET_WRITE_STATE: return check_length(r, program_state);
    case PACKET_QUERY:
    case PACKET_READ_STATE:
    case PACKET_RESET: return check_length(r, 0);
    default: return PACKET_STATUS_OPCODE;
    }
}

static inline uint32_t answer_length(struct request r)
{
    switch (r.opcode) {
    case PACKET_QUERY: return ID_WORDS;
    case PACKET_RUN:
        return product(program_outputs, r.flags & PACKET_FLAG_LAST_ONLY ? 1 : r.argument) +
               ANSWER_RUN_TRAILER_WORDS;
    case PACKET_READ_STATE: return program_state;
    default: return 0;
    }
}

/* The work behind a good request; the datapath answers in the order in which it is told. */
static inline void perform(struct ports p, struct request r)
{
    const uint32_t address = state_address(r.stream);
    switch (r.opcode) {
    case PACKET_QUERY: identify(p); break;
    case PACKET_WEIGHTS: operate(p, OPERATION_WEIGHTS, r.argument, r.length); break;
    case PACKET_ROWS: operate(p, OPERATION_ROWS, r.argument, r.length); break;
    case PACKET_READ_STATE: operate(p, OPERATION_STATE_READ, address, program_state); break;
    case PACKET_WRITE_STATE: operate(p, OPERATION_STATE_WRITE, address, r.length); break;
    case PACKET_RESET: operate(p, OPERATION_STATE_CLEAR, address, program_state); break;
    case PACKET_RUN: run_steps(p, r); break;
    default: break;
    }
    if (r.opcode != PACKET_RUN && r.opcode != PACKET_PROGRAM)
        forward(p, r.length);
}

static inline void serve(struct ports p, struct request r, bool header_good)
{
    uint8_t status = header_good ? check(r) : PACKET_STATUS_HEADER;
    bool payload_waits = header_good;
    if (status == PACKET_STATUS_OK && r.opcode == PACKET_PROGRAM) {
        status = load_program(p, r);
        payload_waits = false;
    }
    const bool good = status == PACKET_STATUS_OK;
    uint32_t length = 0;
    if (good)
        length = answer_length(r);
    answer(p, r, status, length);
    if (good) {
        perform(p, r);
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
                                   .sequence = window[2],
                                   .argument = window[3],
                                   .length = window[4] | (uint32_t)window[5] << 16},
                  good);
        }
    }
}
