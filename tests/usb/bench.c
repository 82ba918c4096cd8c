/* bench.c -- what goes over the bus, in its own time: the library on the RTL of a board, behind the virtual host controller. The
 * time that the host takes is left out; what it costs in CPU is measured by bench.sh. Prints JSON. */
#include "backends/carrier.h"
#include "lib/device.h"
#include "model/program.h"
#include "model/table.h"
#include "sim/usb/usbdev.h"
#include "usb/usb_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENGINE_KHZ 24000
#define BITS_PER_S 12e6
/* 64 bytes, 19 times a frame: USB 2.0, table 5-10. */
#define LIMIT_BYTES 1216
#define UNITS 32
#define BULK_STEPS 1000
#define BULK_WORDS (BULK_STEPS * UNITS)
#define DEMO_STEPS 2048
#define SINGLE_STEPS 400
#define IN_URBS 8
#define IN_BYTES 4096

/* ---- the bus as the carrier of a device ---- */

struct link {
    struct carrier base;
    struct usbdev *dev;
    bool listens; /* IN transfers are in flight all the time; else only with nothing to send */
    struct in {
        struct usbdev_urb urb;
        uint8_t data[IN_BYTES];
        bool done;
    } in[IN_URBS];
    unsigned next_in; /* the oldest in flight */
    uint8_t *received;
    size_t room, n_received;
};

static void in_done(struct usbdev_urb *urb)
{
    ((struct in *)urb->user)->done = true;
}

static void out_done(struct usbdev_urb *urb)
{
    *(bool *)urb->user = true;
}

static void start_in(struct link *link, struct in *in)
{
    in->urb = (struct usbdev_urb){.endpoint = EDDY_USB_ENDPOINT_IN,
                                  .data = in->data,
                                  .length_bytes = sizeof in->data,
                                  .done = in_done,
                                  .user = in};
    in->done = false;
    usbdev_submit(link->dev, &in->urb);
}

/* A round of the bus; what has arrived is kept, and asked for again. */
static void run_bus(struct link *link)
{
    usbdev_run(link->dev);
    for (struct in *in; (in = &link->in[link->next_in])->done; start_in(link, in)) {
        size_t n = in->urb.actual_bytes;
        if (n > link->room - link->n_received)
            n = link->room - link->n_received;
        if (n)
            memcpy(link->received + link->n_received, in->data, n);
        link->n_received += n;
        link->next_in = (link->next_in + 1) % IN_URBS;
    }
}

static void listen(struct link *link)
{
    for (unsigned i = 0; i < IN_URBS; i++)
        start_in(link, &link->in[i]);
    link->next_in = 0;
}

static void hang_up(struct link *link)
{
    for (unsigned i = 0; i < IN_URBS; i++) {
        usbdev_cancel(link->dev, &link->in[i].urb, 0);
        link->in[i].done = false;
    }
}

/* The words of a packet are bytes in the same order on this machine, as on the bus. */
static int transfer(struct carrier *carrier, const uint16_t *send, size_t send_words, size_t *sent,
                    uint16_t *receive, size_t receive_words, size_t *received)
{
    struct link *link = (struct link *)carrier;
    bool done = false;
    struct usbdev_urb urb = {.endpoint = EDDY_USB_ENDPOINT_OUT,
                             .data = (uint8_t *)send,
                             .length_bytes = 2 * send_words,
                             .done = out_done,
                             .user = &done};
    link->received = (uint8_t *)receive;
    link->room = 2 * receive_words;
    link->n_received = 0;
    if (link->listens)
        listen(link);
    usbdev_submit(link->dev, &urb);
    while (!done)
        run_bus(link);
    if (!link->listens)
        listen(link);
    while (link->n_received / 2 < packet_answer_words(receive, link->n_received / 2, receive_words))
        run_bus(link);
    hang_up(link);
    *sent = send_words;
    *received = link->n_received / 2;
    return EDDY_OK;
}

static void stay_open(struct carrier *carrier)
{
    (void)carrier;
}

/* ---- what is measured ---- */

struct bench {
    struct eddy_context *context;
    struct eddy_device *device;
    struct link link;
    struct usbdev dev;
    uint16_t *packet, *answer;
};

static void fail(const struct bench *b, const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, eddy_last_error(b->context));
    exit(EXIT_FAILURE);
}

struct mark {
    uint64_t bits, bytes_out, bytes_in;
};

static struct mark mark(const struct bench *b)
{
    return (struct mark){b->dev.bus.bits, b->dev.bytes_out, b->dev.bytes_in};
}

static double frames_since(const struct bench *b, struct mark begin)
{
    return (double)(b->dev.bus.bits - begin.bits) / BUS_FRAME_BITS;
}

static double bytes_since(const struct bench *b, struct mark begin)
{
    return (double)(b->dev.bytes_out - begin.bytes_out + b->dev.bytes_in - begin.bytes_in);
}

/* Bytes both ways, of those that a frame can carry. */
static double share_since(const struct bench *b, struct mark begin)
{
    return bytes_since(b, begin) / frames_since(b, begin) / LIMIT_BYTES;
}

static void load(struct bench *b, size_t inputs, size_t n_layers,
                 const struct eddy_layer_shape *shapes, struct eddy_program **program)
{
    struct eddy_model *model;
    float rows[8 * UNITS];
    uint64_t random = 1;
    if (eddy_model_create(b->context, inputs, n_layers, shapes, &model))
        fail(b, "model");
    for (size_t l = 0; l < n_layers; l++) {
        struct eddy_layer *layer = &model->layers[l];
        for (size_t i = 0; i < layer->n_hidden * layer->n_in; i++)
            layer->w[i] = (float)(int32_t)bus_random(&random) * 0x1p-33f;
        for (size_t i = 0; layer->r && i < layer->n_hidden * layer->n_hidden; i++)
            layer->r[i] = (float)(int32_t)bus_random(&random) * 0x1p-34f;
    }
    for (size_t i = 0; i < 8 * inputs; i++)
        rows[i] = (float)(int32_t)bus_random(&random) * 0x1p-31f;
    const struct eddy_table data = {8, inputs, rows};
    const struct eddy_compile_options options = {.struct_size = sizeof options,
                                                 .calibration = &data};
    if (eddy_program_compile(b->context, model, &options, program) ||
        eddy_device_load(b->device, *program))
        fail(b, "load");
    eddy_model_free(model);
}

/* The share that one request and its answer have of the frames that they take, the last one counted whole. */
static double bulk(struct bench *b, struct request_header header, size_t answer_words, bool listens)
{
    uint64_t random = 2;
    b->link.listens = listens;
    for (size_t i = 0; i < header.length_words; i++)
        b->packet[PACKET_HEADER_WORDS + i] = (uint16_t)bus_random(&random);
    usbdev_next_frame(&b->dev);
    const struct mark begin = mark(b);
    if (device_request(b->device, header, b->packet, b->answer, answer_words))
        fail(b, "bulk");
    b->link.listens = true;
    usbdev_next_frame(&b->dev);
    return share_since(b, begin);
}

static void measure_bulk(struct bench *b)
{
    const struct eddy_layer_shape dense = {
        .cell = EDDY_CELL_DENSE, .activation = EDDY_ACTIVATION_TANH, .n_out = UNITS};
    struct eddy_program *program;
    load(b, UNITS, 1, &dense, &program);
    const struct request_header weights = {.opcode = PACKET_WEIGHTS, .length_words = BULK_WORDS};
    struct request_header run = {
        .opcode = PACKET_RUN, .argument = BULK_STEPS, .length_words = BULK_WORDS};
    printf("\"both\": %.4f, ", bulk(b, run, BULK_WORDS + ANSWER_RUN_TRAILER_WORDS, true));
    run.flags = PACKET_FLAG_FEEDBACK;
    run.length_words = UNITS;
    printf("\"in\": %.4f, ", bulk(b, run, BULK_WORDS + ANSWER_RUN_TRAILER_WORDS, true));
    printf("\"out\": %.4f, ", bulk(b, weights, 0, false));
    printf("\"out_polled\": %.4f, ", bulk(b, weights, 0, true));
    const unsigned patience = b->dev.patience_rounds;
    b->dev.patience_rounds = 0;
    printf("\"out_polled_always\": %.4f, ", bulk(b, weights, 0, true));
    b->dev.patience_rounds = patience;
    eddy_program_free(program);
}

/* From the first bit of the token to the last of the answer's acknowledgement, beginning anywhere in a frame. */
static void measure_latency(struct bench *b, struct eddy_stream *stream)
{
    double least = 1e9, most = 0, sum = 0, busy = 0;
    uint64_t random = 3;
    const struct mark first = mark(b);
    for (int n = 0; n < SINGLE_STEPS; n++) {
        int16_t x = (int16_t)bus_random(&random), y;
        const uint64_t until = b->dev.bus.bits + bus_random(&random) % BUS_FRAME_BITS;
        listen(&b->link);
        while (b->dev.bus.bits < until)
            run_bus(&b->link);
        hang_up(&b->link);
        const struct mark begin = mark(b);
        if (eddy_stream_step_fixed(stream, 1, &x, &y))
            fail(b, "step");
        const double frames = frames_since(b, begin);
        least = frames < least ? frames : least;
        most = frames > most ? frames : most;
        sum += frames;
        busy += frames;
    }
    printf("\"latency_frames\": {\"least\": %.4f, \"mean\": %.4f, \"most\": %.4f}, ", least,
           sum / SINGLE_STEPS, most);
    printf("\"single_bytes\": %.1f, ", bytes_since(b, first) / SINGLE_STEPS);
    printf("\"single_steps_per_s\": %.0f, ", SINGLE_STEPS / (busy / 1000));
    printf("\"single_share\": %.4f, ", bytes_since(b, first) / busy / LIMIT_BYTES);
}

/* The demo's stack: the time of a step does not depend on its weights. */
static void measure_demo(struct bench *b)
{
    static const struct eddy_layer_shape shapes[] = {
        {.cell = EDDY_CELL_RNN, .activation = EDDY_ACTIVATION_TANH, .n_out = UNITS},
        {.cell = EDDY_CELL_DENSE, .activation = EDDY_ACTIVATION_NONE, .n_out = 1}};
    static int16_t x[DEMO_STEPS], y[DEMO_STEPS];
    struct eddy_program *program;
    struct eddy_stream *stream;
    struct eddy_counters counters = {0};
    uint64_t random = 4;
    for (size_t i = 0; i < DEMO_STEPS; i++)
        x[i] = (int16_t)bus_random(&random);
    load(b, 1, 2, shapes, &program);
    if (eddy_stream_open(b->device, &stream))
        fail(b, "stream");
    const struct mark begin = mark(b);
    if (eddy_stream_step_fixed(stream, DEMO_STEPS, x, y))
        fail(b, "run");
    const double frames = frames_since(b, begin);
    eddy_stream_get_counters(stream, &counters);
    const double cycles = (double)counters.cycles / DEMO_STEPS;
    printf("\"cycles\": %.1f, \"engine_steps_per_s\": %.0f, ", cycles, ENGINE_KHZ * 1e3 / cycles);
    printf("\"steps_per_s\": %.0f, \"share\": %.4f, ", DEMO_STEPS / (frames / 1000),
           share_since(b, begin));
    measure_latency(b, stream);
    eddy_stream_close(stream);
    eddy_program_free(program);
}

int main(void)
{
    static const struct carrier_ops ops = {transfer, stay_open, NULL};
    static struct bench b;
    const struct board_options options = {.engine_khz = ENGINE_KHZ};
    struct board *board = board_open(&options);
    b.packet = calloc(1 << 20, sizeof *b.packet);
    b.answer = calloc(1 << 20, sizeof *b.answer);
    if (!board || !b.packet || !b.answer || usbdev_plug(&b.dev, board) ||
        eddy_context_open(&b.context))
        return EXIT_FAILURE;
    if (eddy_device_open(b.context, "cpu:", &b.device))
        fail(&b, "open");
    struct carrier *const cpu = b.device->carrier;
    b.link = (struct link){.base = {&ops, b.context}, .dev = &b.dev, .listens = true};
    b.device->carrier = &b.link.base;
    printf("{\"engine_khz\": %d, ", ENGINE_KHZ);
    measure_bulk(&b);
    measure_demo(&b);
    printf("\"turnaround_bits\": %.1f, ", b.dev.bus.turnaround_clocks / 4.0 + 1);
    printf("\"retries\": %llu}\n", (unsigned long long)b.dev.retries);
    b.device->carrier = cpu;
    eddy_device_close(b.device);
    eddy_context_close(b.context);
    usbdev_unplug(&b.dev);
    board_close(board);
    free(b.packet);
    free(b.answer);
    return EXIT_SUCCESS;
}
