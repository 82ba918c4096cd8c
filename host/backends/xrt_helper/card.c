#include "card.h"

#include "xrt/registers.h"

#include <string.h>
#include <time.h>

#define STOP_TRIES 2000
#define STOP_PAUSE_NS 1000000

static bool fail(struct card *card, const char *failure)
{
    card->failure = failure;
    return false;
}

static bool read_register(struct card *card, uint32_t offset, uint32_t *value)
{
    return xrtKernelReadRegister(card->kernel, offset, value) == 0 ||
           fail(card, "a register of the card cannot be read");
}

static bool write_register(struct card *card, uint32_t offset, uint32_t value)
{
    return xrtKernelWriteRegister(card->kernel, offset, value) == 0 ||
           fail(card, "a register of the card cannot be written");
}

/* Waits until no session runs. */
static bool wait_idle(struct card *card)
{
    for (int n = 0; n < STOP_TRIES; n++) {
        uint32_t control;
        if (!read_register(card, XRT_AP_CTRL, &control))
            return false;
        if (control & XRT_AP_IDLE)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = STOP_PAUSE_NS}, NULL);
    }
    return fail(card, "the kernel does not end its session");
}

/* ---- opening ---- */

static bool make_ring(struct card *card, struct ring *ring, int argument)
{
    const int group = xrtKernelArgGroupId(card->kernel, argument);
    ring->buffer = group < 0 ? NULL : xrtBOAlloc(card->device, CARD_RING_BYTES, 0, (unsigned)group);
    if (!ring->buffer)
        return fail(card, "no memory on the card for the rings");
    ring->words = xrtBOMap(ring->buffer);
    return ring->words || fail(card, "the rings cannot be mapped");
}

bool card_load(struct card *card, const char *bdf, const char *xclbin)
{
    card->device = *bdf ? xrtDeviceOpenByBDF(bdf) : xrtDeviceOpen(0);
    if (!card->device)
        return fail(card, "XRT finds no such card");
    return xrtDeviceLoadXclbinFile(card->device, xclbin) == 0 ||
           fail(card, "XRT refuses the xclbin");
}

static bool open_kernel(struct card *card)
{
    xuid_t uuid;
    uint32_t identity;
    if (xrtDeviceGetXclbinUUID(card->device, uuid))
        return fail(card, "XRT has lost the xclbin");
    card->kernel = xrtPLKernelOpenExclusive(card->device, uuid, XRT_KERNEL_NAME);
    if (!card->kernel)
        return fail(card, "the kernel cannot be opened; another process may hold it");
    if (!read_register(card, XRT_OFFSET_IDENTITY, &identity))
        return false;
    return identity == XRT_IDENTITY || fail(card, "what answers on the card is not Eddy's kernel");
}

static bool write_address(struct card *card, uint32_t offset, const struct ring *ring)
{
    const uint64_t address = xrtBOAddress(ring->buffer);
    return write_register(card, offset, (uint32_t)address) &&
           write_register(card, offset + 4, (uint32_t)(address >> 32));
}

/* Started by its registers, and not as a run: XRT's scheduler would poll it as long as the session lasts. A session that a lost
 * process left behind is ended first. */
static bool start_session(struct card *card)
{
    uint32_t control;
    if (!read_register(card, XRT_AP_CTRL, &control))
        return false;
    if (!(control & XRT_AP_IDLE) &&
        (!write_register(card, XRT_OFFSET_CONTROL, XRT_ABORT) || !wait_idle(card)))
        return false;
    return write_address(card, XRT_OFFSET_COMMANDS, &card->commands) &&
           write_address(card, XRT_OFFSET_RESULTS, &card->results) &&
           write_register(card, XRT_OFFSET_RING_BYTES, CARD_RING_BYTES) &&
           write_register(card, XRT_OFFSET_COMMAND_TAIL, 0) &&
           write_register(card, XRT_OFFSET_RESULT_HEAD, 0) &&
           write_register(card, XRT_OFFSET_CONTROL, XRT_RESET) &&
           (card->started = write_register(card, XRT_AP_CTRL, XRT_AP_START));
}

bool card_start(struct card *card)
{
    return open_kernel(card) && make_ring(card, &card->commands, XRT_ID_COMMANDS) &&
           make_ring(card, &card->results, XRT_ID_RESULTS) && start_session(card);
}

bool card_end(struct card *card)
{
    const bool started = card->started;
    card->started = false;
    return !started || (write_register(card, XRT_OFFSET_CONTROL, XRT_ABORT) && wait_idle(card));
}

void card_close(struct card *card)
{
    card_end(card);
    if (card->commands.buffer)
        xrtBOFree(card->commands.buffer);
    if (card->results.buffer)
        xrtBOFree(card->results.buffer);
    if (card->kernel)
        xrtKernelClose(card->kernel);
    if (card->device)
        xrtDeviceClose(card->device);
}

/* ---- moving words ---- */

/* Copies between a ring's buffer and the card: n words from a position, in one piece or two. */
static bool sync_ring(struct card *card, const struct ring *ring, enum xclBOSyncDirection direction,
                      uint32_t position, uint32_t n_words)
{
    while (n_words) {
        const uint32_t at = position % CARD_RING_WORDS;
        const uint32_t piece = n_words < CARD_RING_WORDS - at ? n_words : CARD_RING_WORDS - at;
        if (xrtBOSync(ring->buffer, direction, (size_t)piece * 2, (size_t)at * 2))
            return fail(card, "XRT cannot copy to or from the card");
        position += piece;
        n_words -= piece;
    }
    return true;
}

bool card_send(struct card *card, const uint16_t *words, uint32_t n_words, uint32_t *sent)
{
    struct ring *ring = &card->commands;
    *sent = 0;
    if (ring->tail - ring->head + n_words > CARD_RING_WORDS &&
        !read_register(card, XRT_OFFSET_COMMAND_HEAD, &ring->head))
        return false;
    const uint32_t room = CARD_RING_WORDS - (ring->tail - ring->head);
    const uint32_t n = n_words < room ? n_words : room;
    for (uint32_t i = 0; i < n; i++)
        ring->words[(ring->tail + i) % CARD_RING_WORDS] = words[i];
    if (n == 0)
        return true;
    if (!sync_ring(card, ring, XCL_BO_SYNC_BO_TO_DEVICE, ring->tail, n) ||
        !write_register(card, XRT_OFFSET_COMMAND_TAIL, ring->tail + n))
        return false;
    ring->tail += n;
    *sent = n;
    return true;
}

/* Fetches what the card has written since. */
static bool fetch(struct card *card)
{
    struct ring *ring = &card->results;
    uint32_t tail;
    if (!read_register(card, XRT_OFFSET_RESULT_TAIL, &tail) ||
        !sync_ring(card, ring, XCL_BO_SYNC_BO_FROM_DEVICE, ring->tail, tail - ring->tail))
        return false;
    ring->tail = tail;
    return true;
}

bool card_receive(struct card *card, uint16_t *words, uint32_t n_words, uint32_t *received)
{
    struct ring *ring = &card->results;
    *received = 0;
    if (n_words == 0 || (ring->tail - ring->head < n_words && !fetch(card)))
        return n_words == 0;
    const uint32_t held = ring->tail - ring->head;
    const uint32_t n = held < n_words ? held : n_words;
    for (uint32_t i = 0; i < n; i++)
        words[i] = ring->words[(ring->head + i) % CARD_RING_WORDS];
    ring->head += n;
    *received = n;
    /* The card is told of free room rarely: it has half a ring more. */
    if (ring->head - card->result_head < CARD_RING_WORDS / 2)
        return true;
    card->result_head = ring->head;
    return write_register(card, XRT_OFFSET_RESULT_HEAD, ring->head);
}

bool card_healthy(struct card *card)
{
    uint32_t status, control;
    if (!read_register(card, XRT_OFFSET_STATUS, &status) ||
        !read_register(card, XRT_AP_CTRL, &control))
        return false;
    if (status & XRT_STATUS_READ_ERROR)
        return fail(card, "the memory of the card answered a read with an error");
    if (status & XRT_STATUS_WRITE_ERROR)
        return fail(card, "the memory of the card answered a write with an error");
    return !(control & XRT_AP_IDLE) || fail(card, "the kernel ended its session");
}
