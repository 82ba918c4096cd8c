/* main.c -- eddy-xrt XCLBIN BDF SILENCE_MS: a card under XRT, for the library (helper.h). BDF is empty for the first
 * card. Runs in a session and a working directory of its own. */
#include "environment.h"
#include "exchange.h"
#include "helper.h"
#include "lib/paths.h"
#include "xclbin_check.h"

#include <errno.h>
#include <eddy/eddy.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t socket_lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t closing;

/* ---- the socket ---- */

/* The answer, or its first n_bytes. */
static bool answer(const struct helper_answer *answer, size_t n_bytes)
{
    ssize_t n;
    pthread_mutex_lock(&socket_lock);
    do
        n = send(HELPER_SOCKET, answer, n_bytes, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    pthread_mutex_unlock(&socket_lock);
    return n >= 0;
}

static bool answer_words(const struct helper_answer *a)
{
    return answer(a, offsetof(struct helper_answer, words) + a->received * sizeof *a->words);
}

/* The working directory is the library's to remove; when that has gone, it is ours. */
static void remove_own_folder(void)
{
    char folder[256];
    if (getcwd(folder, sizeof folder) && strncmp(folder, HELPER_FOLDER, strlen(HELPER_FOLDER)) == 0)
        folder_remove(folder);
}

/* Tells the library, then ends without XRT's destructors, which may wait for ever. */
static _Noreturn void give_up(int error, const char *format, ...)
{
    static struct helper_answer a;
    va_list args;
    va_start(args, format);
    a.error = error;
    const int length = vsnprintf(a.text, sizeof a.text, format, args);
    va_end(args);
    if (!answer(&a, offsetof(struct helper_answer, text) +
                        (length < (int)sizeof a.text ? (size_t)length : sizeof a.text - 1)))
        remove_own_folder();
    _exit(EXIT_FAILURE);
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

/* The next request. False: the library has closed the socket, or what it sent is no request. */
static bool next_request(struct helper_request *request)
{
    ssize_t n;
    do
        n = recv(HELPER_SOCKET, request, sizeof *request, 0);
    while (n < 0 && errno == EINTR);
    const size_t header_bytes = offsetof(struct helper_request, words);
    return n >= (ssize_t)header_bytes && request->want_words <= HELPER_MAX_WORDS &&
           (size_t)n == header_bytes + request->send_words * sizeof *request->words;
}

static void serve(struct card *card, double silence_us)
{
    static struct helper_answer a;
    static struct helper_request request;
    struct pace pace = {0};
    while (next_request(&request)) {
        struct exchange e = {.send = request.words,
                             .send_words = request.send_words,
                             .receive = a.words,
                             .want_words = request.want_words};
        if (!exchange_words(card, &pace, &e, silence_us))
            give_up(EDDY_ERROR_DEVICE, "%s", card->failure);
        a.sent = e.sent;
        a.received = e.received;
        a.silent = e.silent;
        if (!answer_words(&a))
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
    pace_prepare();
    const char *wrong = xclbin_check(argv[1], &xclbin);
    if (wrong)
        give_up(EDDY_ERROR_FORMAT, "%s: %s", argv[1], wrong);
    wrong = environment_prepare(xclbin.emulated);
    if (wrong)
        give_up(EDDY_ERROR_DEVICE, "%s", wrong);
    /* XRT writes to a card that has died; the watch on it says so better than the signal. */
    signal(SIGPIPE, SIG_IGN);
    if (!card_load(&card, argv[2], argv[1]))
        give_up(EDDY_ERROR_DEVICE, "%s", card.failure);
    if (xclbin.emulated && pthread_create(&watch, NULL, watch_card, NULL))
        give_up(EDDY_ERROR_MEMORY, "out of memory");
    if (!card_start(&card))
        give_up(EDDY_ERROR_DEVICE, "%s", card.failure);
    static const struct helper_answer ready;
    if (answer_words(&ready))
        serve(&card, strtod(argv[3], NULL) * 1e3);
    closing = 1;
    card_close(&card);
    remove_own_folder();
    _exit(EXIT_SUCCESS);
}
