#include "device.h"

#include "context.h"

#include <stdlib.h>
#include <string.h>

static const struct backend *const backends[] = {&eddy_backend_cpu, &eddy_backend_sim,
                                                 &eddy_backend_usb, &eddy_backend_xrt};

/* ---- URIs ---- */

static int parse_stall(struct eddy_context *context, const char *value, enum sim_stall *stall)
{
    static const char *const names[] = {
        [SIM_STALL_NONE] = "none",   [SIM_STALL_CYCLIC] = "cyclic", [SIM_STALL_RANDOM] = "random",
        [SIM_STALL_BURST] = "burst", [SIM_STALL_LATE] = "late",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(value, names[i]) == 0) {
            *stall = (enum sim_stall)i;
            return EDDY_OK;
        }
    }
    return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                     "device URI: stall=%s is not one of none, cyclic, random, burst, late", value);
}

static int parse_seconds(struct eddy_context *context, const char *key, const char *value,
                         unsigned *ms)
{
    char *end;
    const double seconds = strtod(value, &end);
    if (*end || !*value || !(seconds >= 0 && seconds <= 3600))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "device URI: %s=%s is not a number of seconds up to 3600", key, value);
    *ms = (unsigned)(seconds * 1000);
    return EDDY_OK;
}

static int parse_option(struct eddy_context *context, const char *key, const char *value,
                        struct carrier_options *options)
{
    if (strcmp(key, "preset") == 0) {
        options->preset = eddy_preset_find(value);
        return options->preset
                   ? EDDY_OK
                   : eddy_fail(context, EDDY_ERROR_ARGUMENT,
                               "device URI: no preset '%s'; eddy devices lists them", value);
    }
    if (strcmp(key, "stall") == 0)
        return parse_stall(context, value, &options->stall);
    if (strcmp(key, "seed") == 0) {
        char *end;
        options->seed = strtoull(value, &end, 0);
        return *end || !*value ? eddy_fail(context, EDDY_ERROR_ARGUMENT,
                                           "device URI: seed=%s is not a number", value)
                               : EDDY_OK;
    }
    if (strcmp(key, "timeout") == 0)
        return parse_seconds(context, key, value, &options->timeout_ms);
    if (strcmp(key, "wait") == 0)
        return parse_seconds(context, key, value, &options->wait_ms);
    if (strcmp(key, "hash") == 0 && strcmp(value, "any") == 0) {
        options->any_hash = true;
        return EDDY_OK;
    }
    const struct {
        const char *key;
        char *text;
        size_t size;
    } texts[] = {{"serial", options->serial, sizeof options->serial},
                 {"trace", options->trace_path, sizeof options->trace_path},
                 {"xclbin", options->xclbin, sizeof options->xclbin},
                 {"bdf", options->bdf, sizeof options->bdf}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(key, texts[i].key) != 0)
            continue;
        if (strlen(value) >= texts[i].size)
            return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                             "device URI: the value of %s is longer than %zu characters", key,
                             texts[i].size - 1);
        strcpy(texts[i].text, value);
        return EDDY_OK;
    }
    return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                     "device URI: no option '%s'; there are preset, stall, seed, trace, serial, "
                     "timeout, wait, xclbin, bdf and hash=any",
                     key);
}

/* Splits "scheme:key=value,key=value". */
static int parse_uri(struct eddy_context *context, const char *uri, const struct backend **backend,
                     struct carrier_options *options)
{
    char text[512];
    if (strlen(uri) >= sizeof text)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "device URI: longer than %zu characters",
                         sizeof text - 1);
    strcpy(text, uri);
    char *rest = strchr(text, ':');
    *backend = NULL;
    for (size_t i = 0; rest && i < sizeof backends / sizeof *backends; i++)
        if (strlen(backends[i]->scheme) == (size_t)(rest - text) &&
            strncmp(text, backends[i]->scheme, (size_t)(rest - text)) == 0)
            *backend = backends[i];
    if (!*backend)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "no device '%s'; use cpu:, sim:, usb: or xrt:, eddy devices lists them",
                         uri);
    *options =
        (struct carrier_options){.preset = eddy_preset_at(0), .timeout_ms = CARRIER_TIMEOUT_MS};
    char *save;
    for (char *key = strtok_r(rest + 1, ",", &save); key; key = strtok_r(NULL, ",", &save)) {
        char *value = strchr(key, '=');
        if (value)
            *value++ = '\0';
        const int error = parse_option(context, key, value ? value : "", options);
        if (error)
            return error;
    }
    return EDDY_OK;
}

/* ---- exchange ---- */

/* Words on their way to the device and from it. */
struct exchange {
    const uint16_t *send;
    size_t send_words;
    uint16_t *receive;
    size_t receive_words;
    size_t received;
    bool silent; /* the device went no further */
};

/* Moves words until receive is full and send is empty, or the device falls silent; with `answer`, until receive holds an answer
 * that is shorter because the device refuses. */
static int pump(struct eddy_device *device, struct exchange *e, bool answer)
{
    size_t wanted = e->receive_words;
    e->received = 0;
    e->silent = false;
    while (!e->silent && (e->received < wanted || e->send_words)) {
        size_t sent, received;
        const int error = device->carrier->ops->transfer(device->carrier, e->send, e->send_words,
                                                         &sent, e->receive + e->received,
                                                         wanted - e->received, &received);
        if (error)
            return error;
        e->send += sent;
        e->send_words -= sent;
        e->received += received;
        e->silent = sent == 0 && received == 0;
        if (answer)
            wanted = packet_answer_words(e->receive, e->received, wanted);
    }
    return EDDY_OK;
}

int eddy_device_exchange(struct eddy_device *device, const uint16_t *send, size_t send_words,
                         uint16_t *receive, size_t receive_words, size_t *received)
{
    struct exchange e = {
        .send = send, .send_words = send_words, .receive = receive, .receive_words = receive_words};
    const int error = pump(device, &e, false);
    *received = e.received;
    return error;
}

static int check_answer(struct eddy_device *device, const struct request_header *request,
                        const uint16_t words[PACKET_HEADER_WORDS], size_t answer_words)
{
    struct answer_header answer;
    if (!packet_read_answer(words, &answer) || answer.sequence != request->sequence)
        return eddy_fail(device->context, EDDY_ERROR_PROTOCOL,
                         "what the device sent is not the answer to the request; "
                         "close it and open it again");
    if (answer.status != PACKET_STATUS_OK)
        return eddy_fail(device->context, EDDY_ERROR_PROTOCOL,
                         "the device refused a request (opcode %d): %s", request->opcode,
                         packet_status_text(answer.status));
    if (answer.length_words != answer_words)
        return eddy_fail(device->context, EDDY_ERROR_PROTOCOL,
                         "the device announced %u words instead of %zu", answer.length_words,
                         answer_words);
    return EDDY_OK;
}

int device_request(struct eddy_device *device, struct request_header header, uint16_t *packet,
                   uint16_t *answer, size_t answer_words)
{
    uint16_t header_alone[PACKET_HEADER_WORDS];
    header.sequence = ++device->sequence;
    packet_write_request(&header, packet);
    struct exchange e = {.send = packet,
                         .send_words = PACKET_HEADER_WORDS + header.length_words,
                         .receive = answer ? answer : header_alone,
                         .receive_words = PACKET_HEADER_WORDS + answer_words};
    const int error = pump(device, &e, true);
    if (error)
        return error;
    const int refused = e.received >= PACKET_HEADER_WORDS
                            ? check_answer(device, &header, e.receive, answer_words)
                            : EDDY_OK;
    if (e.silent && !refused)
        return eddy_fail(device->context, EDDY_ERROR_PROTOCOL,
                         "the device fell silent with %zu words unsent and %zu of %zu received; "
                         "close it and open it again",
                         e.send_words, e.received, e.receive_words);
    return refused;
}

bool device_figures(const struct eddy_device *device, size_t taken_ago, size_t given_ago,
                    struct sim_figures *figures)
{
    const struct carrier *carrier = device->carrier;
    if (carrier->ops->figures)
        carrier->ops->figures(carrier, taken_ago, given_ago, figures);
    return carrier->ops->figures != NULL;
}

/* ---- opening ---- */

static int read_id(struct eddy_device *device)
{
    uint16_t packet[PACKET_HEADER_WORDS], answer[PACKET_HEADER_WORDS + ID_WORDS];
    const uint16_t *id = answer + PACKET_HEADER_WORDS;
    const int error = device_request(device, (struct request_header){.opcode = PACKET_QUERY},
                                     packet, answer, ID_WORDS);
    if (error)
        return error;
    if (id[ID_MAGIC] != ID_MAGIC_VALUE || id[ID_VERSION] != PACKET_VERSION)
        return eddy_fail(device->context, EDDY_ERROR_PROTOCOL,
                         "the device speaks protocol version %d, this library version %d; "
                         "rebuild one of them",
                         id[ID_VERSION], PACKET_VERSION);
    const struct eddy_preset *p = device->preset;
    uint16_t expected[PRESET_SIZES];
    eddy_preset_sizes(p, expected);
    if (id[ID_PRESET] != p->number || memcmp(&id[ID_LANES], expected, sizeof expected) != 0)
        return eddy_fail(device->context, EDDY_ERROR_DEVICE,
                         "the device was not built as preset %s", p->name);
    return EDDY_OK;
}

int eddy_device_open(struct eddy_context *context, const char *uri, struct eddy_device **device)
{
    const struct backend *backend;
    struct carrier_options options;
    int error = parse_uri(context, uri, &backend, &options);
    if (error)
        return error;
    struct eddy_device *d = calloc(1, sizeof *d);
    if (!d)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    d->context = context;
    d->preset = options.preset;
    error = backend->open(context, &options, &d->carrier);
    if (!error)
        error = read_id(d);
    if (error) {
        eddy_device_close(d);
        return error;
    }
    *device = d;
    return EDDY_OK;
}

void eddy_device_close(struct eddy_device *device)
{
    if (!device)
        return;
    if (device->carrier)
        device->carrier->ops->close(device->carrier);
    free(device);
}

void eddy_device_get_info(const struct eddy_device *device, struct eddy_device_info *info)
{
    const struct eddy_preset *p = device->preset;
    *info = (struct eddy_device_info){
        .preset = p->name,
        .lanes = p->lanes,
        .weight_bits = p->weight_bits,
        .weight_words = p->weight_words,
        .rows = p->rows,
        .state_rows = p->state_rows,
        .input_rows = p->input_rows,
        .streams = p->streams,
        .descriptors = p->descriptors,
        .passes = p->passes,
    };
}
