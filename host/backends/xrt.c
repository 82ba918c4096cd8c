/* xrt.c -- xrt: a card under Xilinx XRT, as a carrier. XRT runs in a process of its own, eddy-xrt. */
#include "carrier.h"
#include "lib/context.h"
#include "lib/paths.h"
#include "xrt_helper/helper.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Loading a bitstream takes a while; the emulation sleeps for ten seconds. */
#define OPEN_TIMEOUT_MS 60000
#define CLOSE_TIMEOUT_MS 10000
/* How much longer than its own silence the helper may take to answer. */
#define ANSWER_MARGIN_MS 5000

struct xrt_carrier {
    struct carrier base;
    int socket;   /* -1: none */
    pid_t helper; /* leads a session of its own; 0: none */
    unsigned silence_ms;
    bool lost; /* what was lost stays lost */
    char folder[64];
    struct helper_answer answer;
};

/* ---- files ---- */

/* The folder of what the library was linked into: the program, or libeddy.so. */
static void own_folder(char folder[static 512])
{
    Dl_info info;
    char path[PATH_MAX] = "";
    if (dladdr((const void *)&eddy_backend_xrt, &info) && strstr(info.dli_fname, ".so"))
        snprintf(path, sizeof path, "%s", info.dli_fname);
    else if (readlink("/proc/self/exe", path, sizeof path - 1) < 0)
        *path = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    snprintf(folder, 512, "%.511s", path);
}

/* The helper: near what the library was linked into, in the build and once installed; else in PATH. */
static bool find_helper(char helper[static PATH_MAX])
{
    static const char *const places[] = {".", "../bin", ".."};
    char folder[512], place[PATH_MAX];
    own_folder(folder);
    for (size_t n = 0; n < sizeof places / sizeof *places; n++) {
        snprintf(place, sizeof place, "%s/%s/" HELPER_PROGRAM, folder, places[n]);
        if (access(place, X_OK) == 0 && realpath(place, helper))
            return true;
    }
    return program_find(HELPER_PROGRAM, place) && realpath(place, helper);
}

static int find_files(struct eddy_context *context, const struct carrier_options *options,
                      char helper[static PATH_MAX], char xclbin[static PATH_MAX])
{
    char place[PATH_MAX + 128];
    if (!find_helper(helper))
        return eddy_fail(context, EDDY_ERROR_DEVICE,
                         "xrt: " HELPER_PROGRAM " is neither beside the program nor in PATH; "
                         "'make build' makes it, 'make install' installs it");
    if (*options->xclbin)
        return realpath(options->xclbin, xclbin) ? EDDY_OK
                                                 : eddy_fail(context, EDDY_ERROR_IO, "xrt: %s: %s",
                                                             options->xclbin, strerror(errno));
    snprintf(place, sizeof place, "%.*s/../share/eddy/%s-hw_emu.xclbin",
             (int)(strrchr(helper, '/') - helper), helper, options->preset->name);
    return realpath(place, xclbin)
               ? EDDY_OK
               : eddy_fail(context, EDDY_ERROR_DEVICE,
                           "xrt: there is no %s-hw_emu.xclbin; name a bitstream of preset %s: "
                           "xrt:xclbin=FILE",
                           options->preset->name, options->preset->name);
}

/* ---- the helper ---- */

static int start_helper(struct xrt_carrier *c, const char *helper, const char *xclbin,
                        const char *bdf)
{
    const int longest_message = 2 * (int)sizeof c->answer;
    int sockets[2];
    char silence[16], log[128];
    char *argv[] = {(char *)helper, (char *)xclbin, (char *)bdf, silence, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
        return errno;
    for (int n = 0; n < 2; n++)
        setsockopt(sockets[n], SOL_SOCKET, SO_SNDBUF, &longest_message, sizeof longest_message);
    snprintf(silence, sizeof silence, "%u", c->silence_ms);
    snprintf(log, sizeof log, "%s/" HELPER_LOG, c->folder);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    posix_spawn_file_actions_adddup2(&actions, sockets[1], HELPER_SOCKET);
    posix_spawn_file_actions_addclosefrom_np(&actions, HELPER_SOCKET + 1);
    posix_spawn_file_actions_addchdir_np(&actions, c->folder);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    const int error = posix_spawn(&c->helper, helper, &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(sockets[1]);
    if (error) {
        c->helper = 0;
        close(sockets[0]);
        return error;
    }
    c->socket = sockets[0];
    return 0;
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* Ends the helper with all that it started, by force when it has not ended after `patience_ms`. Returns how it ended, as waitpid
 * says; 0 when there was none. */
static int end_helper(struct xrt_carrier *c, double patience_ms)
{
    const double begin_ms = now_ms();
    int status = 0;
    if (c->socket >= 0)
        close(c->socket);
    c->socket = -1;
    if (!c->helper)
        return status;
    while (waitpid(c->helper, &status, WNOHANG) == 0) {
        if (now_ms() - begin_ms > patience_ms) {
            kill(-c->helper, SIGKILL);
            waitpid(c->helper, NULL, 0);
            break;
        }
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    kill(-c->helper, SIGKILL);
    c->helper = 0;
    return status;
}

/* ---- messages, with a deadline ---- */

enum { GOOD, LATE, GONE };

/* How long a message may take, from now on. */
static void set_timeout(const struct xrt_carrier *c, unsigned ms)
{
    const struct timeval timeout = {.tv_sec = ms / 1000, .tv_usec = (long)(ms % 1000) * 1000};
    setsockopt(c->socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(c->socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

static int outcome(ssize_t n)
{
    return n > 0 ? GOOD : n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? LATE : GONE;
}

/* A helper_request. */
static int send_request(struct xrt_carrier *c, uint32_t send_words, uint32_t want_words,
                        const uint16_t *words)
{
    uint32_t header[] = {send_words, want_words};
    struct iovec parts[2] = {{header, sizeof header}, {(void *)words, send_words * sizeof *words}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n;
    do
        n = sendmsg(c->socket, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return outcome(n);
}

/* The last line that XRT printed, for when it ended without a word to us. */
static void last_line(const struct xrt_carrier *c, char line[static 200])
{
    char path[128], text[200];
    snprintf(path, sizeof path, "%s/" HELPER_LOG, c->folder);
    snprintf(line, 200, "it said nothing");
    FILE *log = fopen(path, "r");
    while (log && fgets(text, sizeof text, log)) {
        text[strcspn(text, "\n")] = '\0';
        if (*text)
            memcpy(line, text, sizeof text);
    }
    if (log)
        fclose(log);
}

/* Records why the device is lost, and ends the helper. */
static int lose(struct xrt_carrier *c, int how, unsigned waited_ms)
{
    char line[200];
    c->lost = true;
    const int status = end_helper(c, how == LATE ? 0 : CLOSE_TIMEOUT_MS);
    if (how == LATE)
        return eddy_fail(c->base.context, EDDY_ERROR_DEVICE,
                         "xrt: no answer within %u s; close the device and open it again",
                         waited_ms / 1000);
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGABRT)
        return eddy_fail(c->base.context, EDDY_ERROR_DEVICE,
                         "xrt: XRT's process, eddy-xrt, was ended by signal %d; close the device "
                         "and open it again",
                         WTERMSIG(status));
    last_line(c, line);
    return eddy_fail(c->base.context, EDDY_ERROR_DEVICE,
                     "xrt: XRT has ended; close the device and open it again. Its last line: %s",
                     line);
}

/* Receives an answer, within timeout_ms as set before. */
static int receive_answer(struct xrt_carrier *c, unsigned timeout_ms)
{
    struct helper_answer *a = &c->answer;
    const size_t header_bytes = offsetof(struct helper_answer, words);
    ssize_t n;
    do
        n = recv(c->socket, a, sizeof *a, 0);
    while (n < 0 && errno == EINTR);
    const int how = outcome(n);
    if (how != GOOD)
        return lose(c, how, timeout_ms);
    if ((size_t)n < header_bytes ||
        (!a->error && (size_t)n != header_bytes + a->received * sizeof *a->words))
        return lose(c, GONE, timeout_ms);
    if (!a->error)
        return EDDY_OK;
    c->lost = true;
    end_helper(c, 0);
    return eddy_fail(c->base.context, a->error, "xrt: %.*s", (int)((size_t)n - header_bytes),
                     a->text);
}

static size_t at_most(size_t n, size_t limit)
{
    return n < limit ? n : limit;
}

static int transfer(struct carrier *carrier, const uint16_t *send, size_t send_words, size_t *sent,
                    uint16_t *receive, size_t receive_words, size_t *received)
{
    struct xrt_carrier *c = (struct xrt_carrier *)carrier;
    const struct helper_answer *a = &c->answer;
    const uint32_t n_send = (uint32_t)at_most(send_words, HELPER_MAX_WORDS);
    const uint32_t n_receive = (uint32_t)at_most(receive_words, HELPER_MAX_WORDS);
    const unsigned timeout_ms = c->silence_ms + ANSWER_MARGIN_MS;
    *sent = *received = 0;
    if (c->lost)
        return eddy_fail(carrier->context, EDDY_ERROR_DEVICE,
                         "xrt: the device was lost; close it and open it again");
    do {
        /* A helper that has gone may have left word of why. */
        if (send_request(c, n_send, n_receive, send) == LATE)
            return lose(c, LATE, timeout_ms);
        const int error = receive_answer(c, timeout_ms);
        if (error)
            return error;
    } while (a->sent == 0 && a->received == 0 && !a->silent);
    *sent = a->sent;
    *received = a->received;
    memcpy(receive, a->words, *received * sizeof *receive);
    return EDDY_OK;
}

static void close_xrt(struct carrier *carrier)
{
    struct xrt_carrier *c = (struct xrt_carrier *)carrier;
    end_helper(c, c->lost ? 0 : CLOSE_TIMEOUT_MS);
    if (*c->folder)
        folder_remove(c->folder);
    free(c);
}

static int open_xrt(struct eddy_context *context, const struct carrier_options *options,
                    struct carrier **carrier)
{
    static const struct carrier_ops ops = {transfer, close_xrt};
    if (options->stall != SIM_STALL_NONE || *options->trace_path)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "xrt: has no ports to stall and no signals to trace; use sim:");
    char helper[PATH_MAX], xclbin[PATH_MAX];
    int error = find_files(context, options, helper, xclbin);
    if (error)
        return error;
    struct xrt_carrier *c = calloc(1, sizeof *c);
    if (!c)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "out of memory");
    *c = (struct xrt_carrier){.base = {&ops, context},
                              .socket = -1,
                              .silence_ms = options->timeout_ms,
                              .folder = HELPER_FOLDER "XXXXXX"};
    if (!mkdtemp(c->folder)) {
        *c->folder = '\0';
        error = eddy_fail(context, EDDY_ERROR_IO, "xrt: no folder in /tmp: %s", strerror(errno));
    } else if ((errno = start_helper(c, helper, xclbin, options->bdf))) {
        error = eddy_fail(context, EDDY_ERROR_DEVICE, "xrt: %s: %s", helper, strerror(errno));
    } else {
        set_timeout(c, OPEN_TIMEOUT_MS);
        error = receive_answer(c, OPEN_TIMEOUT_MS);
        if (!error)
            set_timeout(c, c->silence_ms + ANSWER_MARGIN_MS);
    }
    if (error) {
        close_xrt(&c->base);
        return error;
    }
    *carrier = &c->base;
    return EDDY_OK;
}

const struct backend eddy_backend_xrt = {
    "xrt", "a PCIe card under Xilinx XRT, or XRT's hardware emulation", open_xrt, NULL};
