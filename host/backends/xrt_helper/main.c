/* main.c -- eddy-xrt XCLBIN BDF SILENCE_MS: a card under XRT, for the library (helper.h). BDF is empty for the first
 * card. Runs in a session and a working directory of its own. */
#include "card.h"
#include "helper.h"
#include "xclbin_check.h"

#include <errno.h>
#include <eddy/eddy.h>
#include <experimental/xrt_ini.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Polls without a pause before the first pause, and between two looks at the health of the card. */
#define BUSY_POLLS 2000
#define HEALTH_POLLS 32
#define POLL_PAUSE_NS 100000
/* XRT's emulation keeps one buffer for its calls and loses it when that grows: the first call, which carries the
 * settings, is made the largest. */
#define PACKET_BYTES 65536
#define PAD_BYTES (PACKET_BYTES + 4096)

static pthread_mutex_t socket_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t closing;

/* ---- the socket ---- */

static bool read_all(void *bytes, size_t n_bytes)
{
    for (char *at = bytes; n_bytes;) {
        const ssize_t n = recv(HELPER_SOCKET, at, n_bytes, 0);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        at += n > 0 ? n : 0;
        n_bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool write_all(const void *bytes, size_t n_bytes)
{
    for (const char *at = bytes; n_bytes;) {
        const ssize_t n = send(HELPER_SOCKET, at, n_bytes, MSG_NOSIGNAL);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        at += n > 0 ? n : 0;
        n_bytes -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool answer(const struct helper_answer *answer, const void *payload, size_t n_bytes)
{
    pthread_mutex_lock(&socket_lock);
    const bool good = write_all(answer, sizeof *answer) && write_all(payload, n_bytes);
    pthread_mutex_unlock(&socket_lock);
    return good;
}

/* Tells the library, then ends without XRT's destructors, which may wait for ever. */
static _Noreturn void give_up(int error, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    answer(&(struct helper_answer){.error = error, .received = (uint32_t)strlen(text)}, text,
           strlen(text));
    _exit(EXIT_FAILURE);
}

/* ---- before XRT starts ---- */

static int find_xrt(struct dl_phdr_info *info, size_t size, void *folder)
{
    (void)size;
    const char *slash = strrchr(info->dlpi_name, '/');
    if (!slash || strncmp(slash + 1, "libxrt_coreutil", 15) != 0)
        return 0;
    snprintf(folder, 256, "%.*s", (int)(slash - info->dlpi_name), info->dlpi_name);
    return 1;
}

/* XRT aborts when XILINX_XRT does not lead to its emulation library; without it, a folder of our own does. */
static void find_emulation(void)
{
    static const char library[] = "libxrt_hwemu.so.2";
    const char *given = getenv("XILINX_XRT");
    char folder[256] = "", path[512], root[256];
    if (given) {
        snprintf(path, sizeof path, "%s/lib/%s", given, library);
        if (access(path, R_OK))
            give_up(EDDY_ERROR_DEVICE, "XILINX_XRT=%s holds no lib/%s; unset it or correct it",
                    given, library);
        return;
    }
    dl_iterate_phdr(find_xrt, folder);
    snprintf(path, sizeof path, "%s/%s", folder, library);
    if (access(path, R_OK) || mkdir("lib", 0700) || symlink(path, "lib/libxrt_hwemu.so.2") ||
        !getcwd(root, sizeof root))
        give_up(EDDY_ERROR_DEVICE, "XRT's %s is not in %s; 'make deps' installs it", library,
                folder);
    setenv("XILINX_XRT", root, 1);
}

static void prepare_emulation(void)
{
    static char pad[PAD_BYTES + 1];
    char root[256];
    find_emulation();
    setenv("XCL_EMULATION_MODE", "hw_emu", 1);
    setenv("USER", "eddy", 0);
    if (getcwd(root, sizeof root))
        setenv("SDACCEL_EM_RUN_DIR", root, 1);
    memset(pad, 'x', PAD_BYTES);
    if (xrtIniStringSet("Emulation.system_dpa", "false") ||
        xrtIniStringSet("Emulation.keep_run_dir", "false") ||
        xrtIniUintSet("Emulation.packet_size", PACKET_BYTES) || xrtIniStringSet("Debug.pad", pad))
        give_up(EDDY_ERROR_DEVICE, "XRT does not take its settings");
}

/* In emulation the card is a child of this process; XRT waits for ever for one that has died. */
static void *watch_card(void *unused)
{
    siginfo_t info;
    (void)unused;
    while (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) && errno == EINTR)
        ;
    if (info.si_pid && !closing)
        give_up(EDDY_ERROR_DEVICE, "the simulated card has died (%s %d)",
                info.si_code == CLD_EXITED ? "status" : "signal", info.si_status);
    return NULL;
}

/* ---- serving ---- */

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* Moves words until all wanted are there (all are sent when none is wanted), or nothing moves for silence_ms. */
static bool transfer(struct card *card, const uint16_t *send, uint32_t send_words,
                     uint16_t *receive, uint32_t want_words, double silence_ms,
                     struct helper_answer *a)
{
    double moved_ms = now_ms();
    uint32_t commands_head = card->commands.head;
    for (unsigned idle = 0; now_ms() - moved_ms < silence_ms; idle++) {
        uint32_t sent = 0, received = 0;
        if ((a->sent < send_words &&
             !card_send(card, send + a->sent, send_words - a->sent, &sent)) ||
            !card_receive(card, receive + a->received, want_words - a->received, &received))
            return false;
        a->sent += sent;
        a->received += received;
        if (a->received == want_words && (want_words || a->sent == send_words))
            return true;
        if (sent || received || card->commands.head != commands_head) {
            idle = 0;
            commands_head = card->commands.head;
            moved_ms = now_ms();
        } else if (idle % HEALTH_POLLS == HEALTH_POLLS - 1 && !card_healthy(card)) {
            return false;
        }
        if (idle > BUSY_POLLS)
            nanosleep(&(struct timespec){.tv_nsec = POLL_PAUSE_NS}, NULL);
    }
    return card_healthy(card);
}

static void serve(struct card *card, double silence_ms)
{
    static uint16_t send[HELPER_MAX_WORDS], receive[HELPER_MAX_WORDS];
    struct helper_request request;
    while (read_all(&request, sizeof request) && request.send_words <= HELPER_MAX_WORDS &&
           request.want_words <= HELPER_MAX_WORDS &&
           read_all(send, request.send_words * sizeof *send)) {
        struct helper_answer a = {0};
        if (!transfer(card, send, request.send_words, receive, request.want_words, silence_ms, &a))
            give_up(EDDY_ERROR_DEVICE, "%s", card->failure);
        if (!answer(&a, receive, a.received * sizeof *receive))
            return;
    }
}

int main(int argc, char **argv)
{
    struct xclbin xclbin = {0};
    struct card card = {0};
    pthread_t watch;
    if (argc != 4)
        return 2;
    const char *wrong = xclbin_check(argv[1], &xclbin);
    if (wrong)
        give_up(EDDY_ERROR_FORMAT, "%s: %s", argv[1], wrong);
    if (xclbin.emulated)
        prepare_emulation();
    /* XRT writes to a card that has died; the watch on it says so better than the signal. */
    signal(SIGPIPE, SIG_IGN);
    if (!card_load(&card, argv[2], argv[1]))
        give_up(EDDY_ERROR_DEVICE, "%s", card.failure);
    if (xclbin.emulated && pthread_create(&watch, NULL, watch_card, NULL))
        give_up(EDDY_ERROR_MEMORY, "out of memory");
    if (!card_start(&card))
        give_up(EDDY_ERROR_DEVICE, "%s", card.failure);
    if (answer(&(struct helper_answer){0}, NULL, 0))
        serve(&card, strtod(argv[3], NULL));
    closing = 1;
    card_close(&card);
    _exit(EXIT_SUCCESS);
}
