/* with_board.c -- runs a command with simulated boards on its USB.
 *
 * The command sees them through its own, unmodified libusb; nothing outside of it does. With --usbredir it is QEMU that
 * sees them, for its guest. What is written to the file named by EDDY_BOARDS_CONTROL happens to the boards, a line each:
 *   unplug N | plug N | noise ONE_IN SEED | halt N ENDPOINT | engine KHZ
 */
#include "front.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A board that has said NAK for so many rounds is left alone for a while. */
#define PATIENCE_ROUNDS 2000

struct boards {
    struct board *boards[FRONT_DEVICES];
    struct usbdev devices[FRONT_DEVICES];
    struct front *front;
    unsigned n_boards, engine_khz, idle_rounds, noise_one_in;
    uint64_t noise_seed;
    const char *trace_path, *folder;
    bool show_figures;
    mode_t mode;
    char control[256], line[256]; /* the file of control, and what was read of a line */
    size_t line_bytes;
    char **command;
};

static int refuse(const char *what)
{
    fprintf(stderr, "with-board: %s: %s\n", what, strerror(errno));
    return EXIT_FAILURE;
}

/* ---- the boards ---- */

static void set_noise(struct boards *b, unsigned n)
{
    b->devices[n].bus.fault_one_in = b->noise_one_in;
    b->devices[n].bus.fault_state = b->noise_seed + n;
}

static int plug(struct boards *b, unsigned n)
{
    const struct board_options options = {
        .serial = n + 1, .engine_khz = b->engine_khz, .trace_path = n == 0 ? b->trace_path : NULL};
    b->boards[n] = board_open(&options);
    if (!b->boards[n]) {
        errno = ENOMEM;
        return -1;
    }
    errno = -usbdev_plug(&b->devices[n], b->boards[n]);
    if (errno)
        return -1;
    set_noise(b, n);
    return b->front->ops->plug(b->front, n, &b->devices[n]);
}

static void show_figures(const struct usbdev *dev, unsigned n)
{
    fprintf(stderr,
            "board %u: %llu frames, OUT %llu packets %llu bytes, IN %llu packets %llu bytes, "
            "%llu NAKs, %llu retries\n",
            n, (unsigned long long)dev->frames, (unsigned long long)dev->packets_out,
            (unsigned long long)dev->bytes_out, (unsigned long long)dev->packets_in,
            (unsigned long long)dev->bytes_in, (unsigned long long)dev->naks,
            (unsigned long long)dev->retries);
}

static void unplug(struct boards *b, unsigned n)
{
    if (b->show_figures)
        show_figures(&b->devices[n], n);
    b->front->ops->unplug(b->front, n);
    board_close(b->boards[n]);
    b->boards[n] = NULL;
}

static void halt(struct usbdev *dev, unsigned endpoint)
{
    const uint8_t setup[8] = {0x02, 3, 0, 0, (uint8_t)endpoint};
    usbdev_control(dev, setup, NULL);
}

static void obey(struct boards *b, const char *line)
{
    unsigned n = 0, value = 0;
    unsigned long long seed = 0;
    if (sscanf(line, "unplug %u", &n) == 1 && n < b->n_boards && b->boards[n])
        unplug(b, n);
    else if (sscanf(line, "plug %u", &n) == 1 && n < b->n_boards && !b->boards[n] && plug(b, n))
        refuse("plug");
    else if (sscanf(line, "halt %u %x", &n, &value) == 2 && n < b->n_boards && b->boards[n])
        halt(&b->devices[n], value);
    else if (sscanf(line, "noise %u %llu", &value, &seed) == 2) {
        b->noise_one_in = value;
        b->noise_seed = seed;
        for (n = 0; n < b->n_boards; n++)
            set_noise(b, n);
    }
}

/* Lines may come in pieces. */
static void read_control(struct boards *b, int fd)
{
    char text[256];
    const ssize_t length = read(fd, text, sizeof text);
    for (ssize_t i = 0; i < length; i++) {
        if (text[i] != '\n') {
            if (b->line_bytes + 1 < sizeof b->line)
                b->line[b->line_bytes++] = text[i];
            continue;
        }
        b->line[b->line_bytes] = '\0';
        b->line_bytes = 0;
        obey(b, b->line);
    }
}

/* One round for every board; true while any of them has something under way. */
static bool run_boards(struct boards *b)
{
    bool busy = false, further = false;
    for (unsigned n = 0; n < b->n_boards; n++) {
        if (!b->boards[n] || !usbdev_busy(&b->devices[n]))
            continue;
        busy = true;
        further |= usbdev_run(&b->devices[n]);
    }
    b->idle_rounds = further ? 0 : b->idle_rounds + 1;
    return busy;
}

/* ---- the command ---- */

static int open_control(struct boards *b)
{
    snprintf(b->control, sizeof b->control, "%s/boards", b->front->folder);
    unlink(b->control);
    return mkfifo(b->control, 0600) ? -1 : open(b->control, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static pid_t start_command(const struct boards *b, const sigset_t *signals, mode_t mask)
{
    const pid_t child = fork();
    if (child != 0)
        return child;
    sigprocmask(SIG_UNBLOCK, signals, NULL);
    umask(mask);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1);
    setenv("EDDY_BOARDS_CONTROL", b->control, 1);
    execvp(b->command[0], b->command);
    fprintf(stderr, "with-board: %s: %s\n", b->command[0], strerror(errno));
    _exit(127);
}

/* Serves until the command ends; returns its exit status. */
static int serve(struct boards *b, int control, int signals, pid_t child)
{
    bool busy = false;
    for (;;) {
        struct pollfd fds[] = {
            {b->front->fd, POLLIN, 0}, {control, POLLIN, 0}, {signals, POLLIN, 0}};
        const int wait_ms = !busy ? -1 : b->idle_rounds > PATIENCE_ROUNDS ? 1 : 0;
        if (poll(fds, 3, wait_ms) < 0 && errno != EINTR)
            return refuse("poll");
        if (fds[2].revents) {
            struct signalfd_siginfo info;
            int status;
            if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD)
                kill(child, (int)info.ssi_signo);
            if (waitpid(child, &status, WNOHANG) == child)
                return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
        if (fds[1].revents)
            read_control(b, control);
        if (fds[0].revents) {
            b->idle_rounds = 0;
            if (!b->front->ops->serve(b->front))
                return refuse("the front");
        }
        busy = run_boards(b);
    }
}

static int run(struct boards *b)
{
    const char *what;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    const mode_t mask = umask(022); /* whoever started this, all users may look at the bus */
    b->front = b->folder ? front_open_usbredir(b->folder, b->n_boards, &what)
                         : front_open_usbfs(b->mode, &what);
    if (!b->front) {
        refuse(what);
        if (!b->folder)
            fputs("  it takes root, and /dev/fuse: try sudo\n", stderr);
        return EXIT_FAILURE;
    }
    for (unsigned n = 0; n < b->n_boards; n++)
        if (plug(b, n))
            return refuse("the board does not enumerate");
    const int control = open_control(b);
    const int signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    const pid_t child = start_command(b, &signals, mask);
    if (control < 0 || signal_fd < 0 || child < 0)
        return refuse("start");
    const int status = serve(b, control, signal_fd, child);
    for (unsigned n = 0; n < b->n_boards; n++)
        if (b->boards[n])
            unplug(b, n);
    unlink(b->control);
    b->front->ops->close(b->front);
    return status;
}

/* ---- options ---- */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct boards *b = state->input;
    switch (key) {
    case 'n':
        b->n_boards = (unsigned)strtoul(arg, NULL, 10);
        if (b->n_boards > FRONT_DEVICES)
            argp_error(state, "--boards is at most %d", FRONT_DEVICES);
        return 0;
    case 'e': b->engine_khz = (unsigned)strtoul(arg, NULL, 10); return 0;
    case 'r': b->folder = arg; return 0;
    case 'm': b->mode = (mode_t)strtoul(arg, NULL, 8) & 0777; return 0;
    case 't': b->trace_path = arg; return 0;
    case 'f': b->show_figures = true; return 0;
    case ARGP_KEY_ARGS: b->command = state->argv + state->next; return 0;
    case ARGP_KEY_NO_ARGS: argp_usage(state); return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"boards", 'n', "N", 0, "how many boards (default 1); serial numbers 00000001, ...", 0},
        {"engine", 'e', "KHZ", 0, "the clock of the engine (default 24000)", 0},
        {"mode", 'm', "OCTAL", 0, "permissions of the device files (default 666)", 0},
        {"usbredir", 'r', "FOLDER", 0,
         "show the boards by usbredir, to QEMU, at sockets board1, ... in this folder", 0},
        {"trace", 't', "FILE", 0, "an FST waveform of the first board", 0},
        {"figures", 'f', NULL, 0, "print what went over the bus at the end", 0},
        {0}};
    static const struct argp argp = {options,
                                     parse,
                                     "COMMAND [ARGUMENT...]",
                                     "Runs a command with simulated boards on its USB.\v"
                                     "The boards are the RTL, down to D+ and D-; the command uses "
                                     "its own libusb, unmodified.",
                                     NULL,
                                     NULL,
                                     NULL};
    struct boards *boards = calloc(1, sizeof *boards);
    if (!boards)
        return EXIT_FAILURE;
    boards->n_boards = 1;
    boards->mode = 0666;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, boards);
    const int status = run(boards);
    free(boards);
    return status;
}
