/* clang.c -- clang as a child process: the source as LLVM IR. */
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir.h"
#include "lower.h"

extern char **environ;

typedef VEC(const char *) argument_vec;

/* The target is one of 64 bits whose own ways leave the fewest traces in the IR. */
static argument_vec arguments_of(struct program *p)
{
    static const char *const fixed[] = {"clang-19",
                                        "--target=wasm64-unknown-unknown",
                                        "-ffreestanding",
                                        "-nostdlibinc",
                                        "-std=gnu11",
                                        "-D__HLSC__",
                                        "-O1",
                                        "-Xclang",
                                        "-disable-llvm-passes",
                                        "-fno-discard-value-names",
                                        "-fno-unroll-loops",
                                        "-Wunknown-pragmas",
                                        "-g",
                                        "-emit-llvm",
                                        "-c",
                                        "-o",
                                        "-",
                                        NULL};
    const struct options *o = p->options;
    argument_vec argv = {0};
    for (const char *const *a = fixed; *a; a++)
        VEC_PUSH(p->arena, &argv, *a);
    for (unsigned i = 0; i < o->includes.n; i++)
        VEC_PUSH(p->arena, &argv, arena_printf(p->arena, "-I%s", o->includes.at[i]));
    for (unsigned i = 0; i < o->includes.n; i++) /* headers of the C library, beside hls.h */
        VEC_PUSH(p->arena, &argv,
                 arena_printf(p->arena, "-idirafter%s/hlsc/include", o->includes.at[i]));
    for (unsigned i = 0; i < o->defines.n; i++)
        VEC_PUSH(p->arena, &argv, arena_printf(p->arena, "-D%s", o->defines.at[i]));
    VEC_PUSH(p->arena, &argv, "-xc");
    VEC_PUSH(p->arena, &argv, o->source);
    VEC_PUSH(p->arena, &argv, NULL);
    return argv;
}

/* Its standard output goes to `to`. */
static int spawn(const argument_vec *argv, int to, int unused, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, to);
    posix_spawn_file_actions_addclose(&actions, unused);
    int status = posix_spawnp(pid, "clang-19", &actions, NULL, (char *const *)argv->at, environ);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

static char *read_all(int from, size_t *size)
{
    char *text = NULL;
    FILE *memory = open_memstream(&text, size), *pipe = fdopen(from, "r");
    for (int c; memory && pipe && (c = getc_unlocked(pipe)) != EOF;)
        putc_unlocked(c, memory);
    if (pipe)
        fclose(pipe);
    if (memory)
        fclose(memory);
    return text;
}

/* What it writes. */
static char *run(struct program *p, size_t *size)
{
    const struct loc nowhere = {0};
    const argument_vec argv = arguments_of(p);
    int ends[2], status;
    pid_t pid;
    if (pipe(ends) != 0)
        diag_fail(p->diag, nowhere, NULL, "no pipe to clang-19: %s", strerror(errno));
    status = spawn(&argv, ends[1], ends[0], &pid);
    close(ends[1]);
    if (status != 0) {
        close(ends[0]);
        diag_fail(p->diag, nowhere, "install clang-19", "cannot run clang-19: %s",
                  strerror(status));
    }
    char *written = read_all(ends[0], size);
    char *text = arena_printf(p->arena, "%*s", (int)*size, "");
    if (written)
        memcpy(text, written, *size);
    free(written);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            diag_fail(p->diag, nowhere, NULL, "lost clang-19: %s", strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !written)
        diag_fail(p->diag, nowhere, NULL, "clang-19 rejects the source");
    return text;
}

LLVMMemoryBufferRef clang_compile(struct program *p)
{
    size_t size;
    const char *bitcode = run(p, &size);
    return LLVMCreateMemoryBufferWithMemoryRangeCopy(bitcode, size, p->options->source);
}
