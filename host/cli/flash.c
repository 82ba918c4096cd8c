/* flash.c -- eddy flash: a bitstream into a board, by the tool that the board needs. */
#include "cli.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static const struct argp_option option_table[] = {OPTION_QUIET, {0}};
static const struct argp argp = {
    option_table,
    options_parse,
    "PRESET-BOARD.bit",
    "Writes a bitstream into a board.\v"
    "The file's name says for which board it is. ulx3s: by openFPGALoader, until the power goes; "
    "bitsy: by dfu-util, with the board in its boot loader (hold its button as it is plugged in). "
    "A file that is cut off, or is not the one of manifest.json beside it, is refused. "
    "Afterwards eddy devices lists the board.\n",
    NULL,
    NULL,
    NULL};

/* What a bitstream begins with, after at most PREAMBLE_BYTES of comment, and ends with. */
struct format {
    uint8_t begin[4], end[3];
    size_t after_bytes; /* of padding, behind the end */
};
#define PREAMBLE_BYTES 256
static const struct format ecp5 = {{0xff, 0xff, 0xbd, 0xb3}, {0x5e, 0x00, 0x00}, 5};
static const struct format ice40 = {{0x7e, 0xaa, 0x99, 0x7e}, {0x01, 0x06, 0x00}, 0};

struct board {
    const char *name, *package;
    const struct format *format;
    const char *command[8]; /* before the file; NULL-terminated */
};
/* The boot loader of a bitsy has a second setting, for programs of its processor. */
static const struct board boards[] = {
    {"ulx3s", "openfpgaloader", &ecp5, {"openFPGALoader", "-b", "ulx3s"}},
    {"bitsy", "dfu-util", &ice40, {"dfu-util", "-d", "1d50:6146", "-a", "0", "-R", "-D"}},
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
    char *args[10];
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

/* Whether the file is a whole bitstream for the board. */
static bool is_whole(const struct format *f, const uint8_t *bytes, size_t n_bytes)
{
    const size_t end_bytes = sizeof f->end + f->after_bytes;
    const size_t head_bytes = n_bytes < PREAMBLE_BYTES ? n_bytes : PREAMBLE_BYTES;
    return n_bytes > end_bytes && memmem(bytes, head_bytes, f->begin, sizeof f->begin) &&
           memcmp(bytes + n_bytes - end_bytes, f->end, sizeof f->end) == 0;
}

/* The hash of the file that the manifest beside it tells, in `hex`; empty if it tells none. */
static void read_manifest(const char *path, char hex[SHA256_HEX])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char manifest[PATH_MAX];
    size_t i;
    json_t *entry;
    snprintf(manifest, sizeof manifest, "%.*smanifest.json", (int)(name - path), path);
    json_t *entries = json_load_file(manifest, 0, NULL);
    hex[0] = '\0';
    json_array_foreach(entries, i, entry)
    {
        const char *file = json_string_value(json_object_get(entry, "file"));
        const char *sha256 = json_string_value(json_object_get(entry, "sha256"));
        if (file && sha256 && strcmp(file, name) == 0)
            snprintf(hex, SHA256_HEX, "%s", sha256);
    }
    json_decref(entries);
}

static int check_bytes(const struct board *board, const char *path, const uint8_t *bytes,
                       size_t n_bytes)
{
    char expected[SHA256_HEX], hex[SHA256_HEX];
    if (!is_whole(board->format, bytes, n_bytes))
        return refuse("%s: not a whole bitstream for %s", path, board->name);
    read_manifest(path, expected);
    sha256_hex(bytes, n_bytes, hex);
    if (*expected && strcmp(hex, expected) != 0)
        return refuse("%s: its SHA-256 is %s, and %s in manifest.json beside it; copy or build it "
                      "again",
                      path, hex, expected);
    return EDDY_OK;
}

static int check_file(const struct board *board, const char *path)
{
    int error = EDDY_OK;
    long length = 0;
    uint8_t *bytes = NULL;
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) || (length = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
        error = refuse("%s: %s", path, strerror(errno));
    if (!error && !(bytes = malloc((size_t)length + 1)))
        error = refuse("out of memory");
    if (!error && fread(bytes, 1, (size_t)length, file) != (size_t)length)
        error = refuse("%s: %s", path, strerror(ferror(file) ? errno : EIO));
    if (!error)
        error = check_bytes(board, path, bytes, (size_t)length);
    free(bytes);
    if (file)
        fclose(file);
    return error;
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
    if (check_file(board, options.file))
        return EXIT_FAILURE;
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
