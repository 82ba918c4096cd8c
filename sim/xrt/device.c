/* device.c -- the process that XRT starts in hardware emulation: serves its calls with the simulated card.
 *
 * EDDY_XRT_CARD in the environment sets how the memory behaves, for tests: "seed=7,latency=40-80,pause=30,bad=0x1000-0x2000". */
#include "card.h"
#include "message.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_TRIES 1000
#define CONNECT_PAUSE_NS 10000000
#define CHUNK_CYCLES 128

static uint32_t n_calls, n_polls;

static int connect_to(const char *name)
{
    const char *user = getenv("USER"), *id = getenv("EMULATION_SOCKETID");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int length = user ? snprintf(address.sun_path, sizeof address.sun_path, "/tmp/%s/%s%s",
                                       user, name, id ? id : "xcl_sock")
                            : snprintf(address.sun_path, sizeof address.sun_path, "/tmp/%s%s", name,
                                       id ? id : "xcl_sock");
    if (length < 0 || (size_t)length >= sizeof address.sun_path)
        return -1;
    for (int n = 0; n < CONNECT_TRIES; n++) {
        const int s = socket(AF_UNIX, SOCK_STREAM, 0);
        if (s < 0 || connect(s, (const struct sockaddr *)&address, sizeof address) == 0)
            return s;
        close(s);
        nanosleep(&(struct timespec){.tv_nsec = CONNECT_PAUSE_NS}, NULL);
    }
    return -1;
}

static bool read_options(struct card_options *options)
{
    const char *text = getenv("EDDY_XRT_CARD");
    char copy[256], *save;
    if (!text)
        return true;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        char *value = strchr(item, '=');
        if (!value)
            return false;
        *value++ = '\0';
        char *end;
        const uint64_t first = strtoull(value, &end, 0);
        const uint64_t second = *end == '-' ? strtoull(end + 1, &end, 0) : first;
        if (*end)
            return false;
        if (strcmp(item, "seed") == 0) {
            options->seed = first;
        } else if (strcmp(item, "latency") == 0 && first <= second) {
            options->latency_min = (unsigned)first;
            options->latency_max = (unsigned)second;
        } else if (strcmp(item, "pause") == 0 && first < 100) {
            options->pause_percent = (unsigned)first;
        } else if (strcmp(item, "bad") == 0) {
            options->bad_from = first;
            options->bad_to = second;
        } else {
            return false;
        }
    }
    return true;
}

static bool inside(uint64_t address, uint64_t n_bytes)
{
    return address <= CARD_MEMORY_BYTES && n_bytes <= CARD_MEMORY_BYTES - address;
}

static void to_device(struct card *card, const struct call *call, struct reply *reply)
{
    const uint64_t address = call->fields[3].value + call->fields[6].value;
    const struct field *data = &call->fields[4];
    const bool good = data->bytes && inside(address, data->n_bytes);
    if (good)
        memcpy(card_memory(card) + address, data->bytes, data->n_bytes);
    reply_number(reply, 1, good ? data->n_bytes : 0);
}

static void to_host(struct card *card, const struct call *call, struct reply *reply)
{
    const uint64_t address = call->fields[4].value + call->fields[6].value;
    const uint64_t n_bytes = inside(address, call->fields[5].value) ? call->fields[5].value : 0;
    reply_number(reply, 1, n_bytes);
    reply_bytes(reply, 2, card_memory(card) + (n_bytes ? address : 0), n_bytes);
}

static void write_register(struct card *card, const struct call *call, struct reply *reply)
{
    const struct field *data = &call->fields[4];
    uint32_t value;
    bool good = data->bytes && data->n_bytes >= sizeof value;
    if (good) {
        memcpy(&value, data->bytes, sizeof value);
        good = card_write(card, (uint32_t)call->fields[2].value, value);
    }
    reply_number(reply, 1, good);
}

static void read_register(struct card *card, const struct call *call, struct reply *reply)
{
    const uint64_t address = call->fields[2].value;
    uint32_t value = address == CARD_CALLS ? n_calls : n_polls;
    const bool good = address == CARD_CALLS || address == CARD_POLLS ||
                      card_read(card, (uint32_t)address, &value);
    reply_number(reply, 1, good);
    reply_bytes(reply, 2, &value, sizeof value);
}

/* Serves one call. False: the session is over. */
static bool serve(int socket, struct card *card, struct call *call, struct reply *reply)
{
    if (!call_read(socket, call))
        return false;
    reply_begin(reply);
    n_polls += call->number == CALL_READ;
    n_calls += call->number >= CALL_TO_DEVICE && call->number < CALL_READ;
    switch (call->number) {
    case CALL_TO_DEVICE: to_device(card, call, reply); break;
    case CALL_TO_HOST: to_host(card, call, reply); break;
    case CALL_WRITE: write_register(card, call, reply); break;
    case CALL_READ: read_register(card, call, reply); break;
    case CALL_DEBUG: break;
    default: reply_number(reply, 1, 1); break;
    }
    return reply_send(socket, reply) && call->number != CALL_CLOSE;
}

/* False: the kernel broke the protocol of its bus. */
static bool run(int socket, struct card *card)
{
    struct call call = {0};
    struct reply reply = {0};
    bool moving = false, open = true;
    while (open) {
        struct pollfd event = {.fd = socket, .events = POLLIN};
        if (poll(&event, 1, moving ? 0 : -1) > 0) {
            open = serve(socket, card, &call, &reply);
            moving = true;
        } else {
            moving = card_run(card, CHUNK_CYCLES);
        }
        if (card_broken(card)) {
            fprintf(stderr, "the kernel broke the AXI protocol: %08x\n", card_broken(card));
            open = false;
        }
    }
    call_free(&call);
    reply_free(&reply);
    return !card_broken(card);
}

int main(void)
{
    /* The call that closes the second connection of XRT, which carries what a device sends of its own. */
    static const uint8_t farewell[14] = {0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x15, CALL_CLOSE};
    struct card_options options = CARD_OPTIONS_DEFAULT;
    if (!read_options(&options)) {
        fprintf(stderr, "EDDY_XRT_CARD is not understood\n");
        return EXIT_FAILURE;
    }
    const int calls = connect_to(""), notices = connect_to("D2X_unix_sock_");
    struct card *card = card_open(&options);
    if (calls < 0 || notices < 0 || !card) {
        fprintf(stderr, "cannot connect to XRT\n");
        return EXIT_FAILURE;
    }
    const bool good = run(calls, card);
    if (send(notices, farewell, sizeof farewell, MSG_NOSIGNAL) < 0)
        perror("the farewell");
    card_close(card);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
