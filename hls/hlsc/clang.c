/* clang.c -- clang as a child process: the source as LLVM IR, and its tokens. */
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

static void add_arguments(struct program *p, argument_vec *argv, const char *const *more)
{
    for (; *more; more++)
        VEC_PUSH(p->arena, argv, *more);
}

static argument_vec arguments_with(struct program *p, const char *const *own)
{
    static const char *const common[] = {"clang-19",
                                         "--target=i386-unknown-none",
                                         "-ffreestanding",
                                         "-nostdlibinc",
                                         "-std=gnu11",
                                         "-D__HLSC__",
                                         NULL};
    const struct options *o = p->options;
    argument_vec argv = {0};
    add_arguments(p, &argv, common);
    add_arguments(p, &argv, own);
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

/* Its standard output, or its standard error, goes to `to`. */
static int spawn(const argument_vec *argv, int end, int to, int unused, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to, end);
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

/* What it writes to that end. */
static char *run(struct program *p, const char *const *own, int end, size_t *size)
{
    const struct loc nowhere = {0};
    const argument_vec argv = arguments_with(p, own);
    int ends[2], status;
    pid_t pid;
    if (pipe(ends) != 0)
        diag_fail(p->diag, nowhere, NULL, "no pipe to clang-19: %s", strerror(errno));
    status = spawn(&argv, end, ends[1], ends[0], &pid);
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
    static const char *const own[] = {"-O1",
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
    size_t size;
    const char *bitcode = run(p, own, STDOUT_FILENO, &size);
    return LLVMCreateMemoryBufferWithMemoryRangeCopy(bitcode, size, p->options->source);
}

/* ---- what has another size on the machines where the source runs natively ---- */

/* A line of clang's -dump-tokens: kind 'spelling' [flags] Loc=<file:line:column <Spelling=file:line:column>>. The second
 * place is where a macro has it from. */
struct token {
    const char *kind, *spelling, *place; /* not terminated */
    size_t kind_length, spelling_length, place_length;
};

static const char *find(const char *from, const char *end, const char *text)
{
    const char *at = memmem(from, (size_t)(end - from), text, strlen(text));
    return at ? at + strlen(text) : NULL;
}

static bool read_token(const char *line, const char *end, struct token *t)
{
    const char *spelling = find(line, end, " '"), *place = find(line, end, "\tLoc=<");
    if (!spelling || !place || place < spelling)
        return false;
    const char *last = place, *origin = find(place, end, "<Spelling=");
    while (last > spelling && *last != '\'')
        last--;
    *t = (struct token){.kind = line,
                        .kind_length = strcspn(line, " "),
                        .spelling = spelling,
                        .spelling_length = (size_t)(last - spelling),
                        .place = origin ? origin : place};
    t->place_length = strcspn(t->place, " >");
    return true;
}

static bool is_kind_of(const struct token *t, const char *kind)
{
    return t->kind_length == strlen(kind) && strncmp(t->kind, kind, t->kind_length) == 0;
}

/* Of an integer that ends in one L, before or after a U. */
static bool is_long_constant(const struct token *t)
{
    size_t n = t->spelling_length;
    const char *s = t->spelling;
    if (!is_kind_of(t, "numeric_constant") || memchr(s, '.', n))
        return false;
    n -= n > 1 && (s[n - 1] == 'u' || s[n - 1] == 'U');
    return n > 1 && (s[n - 1] == 'l' || s[n - 1] == 'L') && s[n - 2] != s[n - 1];
}

/* Types of stdint.h that are no number of bits wide, and builtins of clang's with a long. */
static const char *const of_machine[] = {
    "int_fast16_t",
    "int_fast32_t",
    "uint_fast16_t",
    "uint_fast32_t",
    "intptr_t",
    "uintptr_t",
    "__builtin_clzl",
    "__builtin_ctzl",
    "__builtin_ffsl",
    "__builtin_labs",
    "__builtin_addcl",
    "__builtin_subcl",
    "__builtin_clrsbl",
    "__builtin_parityl",
    "__builtin_popcountl",
    "__builtin_saddl_overflow",
    "__builtin_ssubl_overflow",
    "__builtin_smull_overflow",
    "__builtin_uaddl_overflow",
    "__builtin_usubl_overflow",
    "__builtin_umull_overflow",
};

/* Other than where it is declared. */
static bool is_of_machine(const struct token *t)
{
    for (size_t i = 0; is_kind_of(t, "identifier") && i < sizeof of_machine / sizeof *of_machine;
         i++)
        if (strlen(of_machine[i]) == t->spelling_length &&
            strncmp(of_machine[i], t->spelling, t->spelling_length) == 0)
            return !find(t->place, t->place + t->place_length, "/stdint.h:");
    return false;
}

static _Noreturn void refuse_size(struct program *p, const struct token *t)
{
    struct loc loc = {.file = arena_printf(p->arena, "%.*s", (int)t->place_length, t->place)};
    char *column = strrchr(loc.file, ':');
    if (column) {
        *column = 0;
        loc.column = (unsigned)atoi(column + 1);
    }
    char *line = strrchr(loc.file, ':');
    if (line) {
        *line = 0;
        loc.line = (unsigned)atoi(line + 1);
    }
    diag_fail(
        p->diag, loc, "use the types of stdint.h, LL for constants, and builtins that end in ll",
        "'%.*s' has 32 bits here, and may have 64 elsewhere", (int)t->spelling_length, t->spelling);
}

/* The `long` of a type, until what follows makes it `long long` or `long double`. */
struct lone {
    struct token first;
    unsigned longs;
};

static bool is_of_type(const struct token *t)
{
    static const char *const kinds[] = {"long", "unsigned", "signed", "int", "const", "volatile"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (is_kind_of(t, kinds[i]))
            return true;
    return false;
}

static void follow_type(struct program *p, struct lone *lone, const struct token *t)
{
    const bool is_long = is_kind_of(t, "long");
    if (is_long && lone->longs == 0)
        lone->first = *t;
    lone->longs += is_long;
    if (is_of_type(t))
        return;
    if (lone->longs == 1 && !is_kind_of(t, "double"))
        refuse_size(p, &lone->first);
    lone->longs = 0;
}

void clang_refuse_sizes(struct program *p)
{
    static const char *const own[] = {"-w", "-Xclang", "-dump-tokens", "-fsyntax-only", NULL};
    size_t size;
    struct lone lone = {0};
    struct token t;
    const char *line = run(p, own, STDERR_FILENO, &size), *all = line + size;
    for (const char *end; line < all; line = end + 1) {
        end = line + strcspn(line, "\n");
        if (!read_token(line, end, &t))
            continue;
        follow_type(p, &lone, &t);
        if (is_long_constant(&t) || is_of_machine(&t))
            refuse_size(p, &t);
    }
}
