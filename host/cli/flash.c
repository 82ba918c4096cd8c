/* flash.c -- eddy flash: a bitstream into a board, by the tool that the board needs. */
#include "cli.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const struct argp_option option_table[] = {OPTION_QUIET, {0}};
static const struct argp argp = {
    option_table,
    options_parse,
    "PRESET-BOARD.bit",
    "Writes a bitstream into a board.\v"
    "The file's name says for which board it is. ulx3s: by openFPGALoader, until the power goes; "
    "bitsy: by dfu-util, with the board in its boot loader (hold its button as it is plugged in). "
    "Afterwards eddy devices lists the board.\n",
    NULL,
    NULL,
    NULL};

struct board {
    const char *name, *package;
    const char *command[4]; /* before the file; NULL-terminated */
};
static const struct board boards[] = {
    {"ulx3s", "openfpgaloader", {"openFPGALoader", "-b", "ulx3s"}},
    {"bitsy", "dfu-util", {"dfu-util", "-D"}},
};

/* The board that "PRESET-BOARD.bit" is for; NULL: none that is known. */
static const struct board *board_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dash = strrchr(name, '-');
    for (size_t i = 0; i < sizeof boards / sizeof *boards && dash; i++) {
        const size_t length = strlen(boards[i].name);
        if (strncmp(dash + 1, boards[i].name, length) == 0 && dash[1 + length] == '.')
            return &boards[i];
    }
    return NULL;
}

/* Runs the tool with the file; its exit code, or a negative errno when it cannot be run. */
static int run_tool(const struct board *board, const char *path)
{
    char *args[6];
    size_t n = 0;
    pid_t child;
    int status;
    for (; board->command[n]; n++)
        args[n] = (char *)(uintptr_t)board->command[n];
    args[n] = (char *)(uintptr_t)path;
    args[n + 1] = NULL;
    const int error = posix_spawnp(&child, args[0], NULL, NULL, args, environ);
    if (error)
        return -error;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(struct eddy_context *context, int argc, char **argv)
{
    struct options options = {OPTIONS_DEFAULT, .expects = "PRESET-BOARD.bit"};
    (void)context;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    const struct board *board = board_of(options.file);
    if (!board)
        return refuse("%s: the name does not end with a board (-ulx3s.bit, -bitsy.bit)",
                      options.file);
    if (access(options.file, R_OK))
        return refuse("%s: %s", options.file, strerror(errno));
    const int code = run_tool(board, options.file);
    if (code == -ENOENT)
        return refuse("%s is not installed; apt install %s", board->command[0], board->package);
    if (code < 0)
        return refuse("%s: %s", board->command[0], strerror(-code));
    if (code)
        return refuse("%s ended with %d; is the board plugged in, and may you use its USB port?",
                      board->command[0], code);
    return EDDY_OK;
}

const struct command command_flash = {"flash", "write a bitstream into a board", run, false};
