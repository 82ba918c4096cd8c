/* front.c -- from C to optimised LLVM IR: clang as a child process, annotations and markers, then optimise.c. */
#include <errno.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Support.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir.h"
#include "lower.h"

extern char **environ;

typedef VEC(const char *) argument_vec;

/* The bitcode goes to standard output. */
static argument_vec clang_arguments(struct program *p)
{
    static const char *const fixed[] = {"clang-19",
                                        "--target=i386-unknown-none",
                                        "-ffreestanding",
                                        "-nostdlibinc",
                                        "-std=gnu11",
                                        "-O1",
                                        "-Xclang",
                                        "-disable-llvm-passes",
                                        "-fno-discard-value-names",
                                        "-fno-unroll-loops",
                                        "-Wunknown-pragmas",
                                        "-D__HLSC__",
                                        "-g",
                                        "-emit-llvm",
                                        "-c",
                                        "-o",
                                        "-"};
    const struct options *o = p->options;
    argument_vec argv = {0};
    for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++)
        VEC_PUSH(p->arena, &argv, fixed[i]);
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

static int spawn_clang(struct program *p, int output, int unused, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, output);
    posix_spawn_file_actions_addclose(&actions, unused);
    int status = posix_spawnp(pid, "clang-19", &actions, NULL, (char *const *)clang_arguments(p).at,
                              environ);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

static LLVMMemoryBufferRef run_clang(struct program *p)
{
    const struct loc nowhere = {0};
    int ends[2], status;
    pid_t pid;
    if (pipe(ends) != 0)
        diag_fail(p->diag, nowhere, NULL, "no pipe to clang-19: %s", strerror(errno));
    status = spawn_clang(p, ends[1], ends[0], &pid);
    close(ends[1]);
    if (status != 0) {
        close(ends[0]);
        diag_fail(p->diag, nowhere, "install clang-19", "cannot run clang-19: %s",
                  strerror(status));
    }
    char *bitcode = NULL;
    size_t size;
    FILE *memory = open_memstream(&bitcode, &size), *from = fdopen(ends[0], "r");
    for (int c; memory && from && (c = getc_unlocked(from)) != EOF;)
        putc_unlocked(c, memory);
    if (from)
        fclose(from);
    if (memory)
        fclose(memory);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            diag_fail(p->diag, nowhere, NULL, "lost clang-19: %s", strerror(errno));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !bitcode) {
        free(bitcode);
        diag_fail(p->diag, nowhere, NULL, "clang-19 rejects the source");
    }
    LLVMMemoryBufferRef buffer =
        LLVMCreateMemoryBufferWithMemoryRangeCopy(bitcode, size, p->options->source);
    free(bitcode);
    return buffer;
}

void front_add_attribute(struct program *p, LLVMValueRef function, int at, const char *name,
                         uint64_t value)
{
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)at,
                            LLVMCreateEnumAttribute(p->context, kind, value));
}

/* Markers touch no memory that the program can name: arrays and statics are optimised around them.
 */
static void prepare_functions(struct program *p)
{
    const uint64_t none = 0, inaccessible_read_write = 3 << 2;
    for (LLVMValueRef f = LLVMGetFirstFunction(p->module); f; f = LLVMGetNextFunction(f)) {
        if (LLVMIsDeclaration(f)) {
            size_t length;
            const char *name = LLVMGetValueName2(f, &length);
            if (strncmp(name, "__hls_", 6) != 0)
                continue;
            bool pure = strcmp(name, "__hls_any") == 0 || strcmp(name, "__hls_steady") == 0;
            front_add_attribute(p, f, LLVMAttributeFunctionIndex, "memory",
                                pure ? none : inaccessible_read_write);
            front_add_attribute(p, f, LLVMAttributeFunctionIndex, "nounwind", 0);
            front_add_attribute(p, f, LLVMAttributeFunctionIndex, "willreturn", 0);
            for (unsigned i = 0; i < LLVMCountParams(f); i++)
                if (LLVMGetTypeKind(LLVMTypeOf(LLVMGetParam(f, i))) == LLVMPointerTypeKind) {
                    front_add_attribute(p, f, (int)i + 1, "nocapture", 0);
                    front_add_attribute(p, f, (int)i + 1, "readnone", 0);
                }
        } else if (f == p->top) {
            for (unsigned i = 0; i < LLVMCountParams(f); i++) /* parameters never overlap */
                if (LLVMGetTypeKind(LLVMTypeOf(LLVMGetParam(f, i))) == LLVMPointerTypeKind)
                    front_add_attribute(p, f, (int)i + 1, "noalias", 0);
        } else {
            front_add_attribute(p, f, LLVMAttributeFunctionIndex, "alwaysinline", 0);
            LLVMSetLinkage(f, LLVMInternalLinkage);
        }
    }
}

/* By name: optimisation replaces arrays, and may put others at the address of one that is gone. */
struct annotation *annotation_of(const struct program *p, LLVMValueRef array)
{
    size_t length;
    const char *name = LLVMGetValueName2(array, &length);
    for (unsigned i = 0; i < p->annotations.n; i++)
        if (strcmp(p->annotations.at[i]->array, name) == 0)
            return p->annotations.at[i];
    return NULL;
}

/* Reads and removes the annotations; as uses of the arrays they would be in the way of
 * optimisation. */
static void take_annotations(struct program *p)
{
    LLVMValueRef table = LLVMGetNamedGlobal(p->module, "llvm.global.annotations");
    if (!table)
        return;
    LLVMValueRef entries = LLVMGetInitializer(table);
    for (unsigned i = 0; i < LLVMGetArrayLength2(LLVMTypeOf(entries)); i++) {
        LLVMValueRef entry = LLVMGetAggregateElement(entries, i);
        LLVMValueRef target = LLVMGetAggregateElement(entry, 0);
        size_t length;
        const char *text =
            LLVMGetAsString(LLVMGetInitializer(LLVMGetAggregateElement(entry, 1)), &length);
        struct annotation *a = annotation_of(p, target);
        if (!a) {
            a = arena_alloc(p->arena, sizeof *a);
            a->array = LLVMGetValueName2(target, &length);
            a->array = arena_printf(p->arena, "%s", a->array);
            VEC_PUSH(p->arena, &p->annotations, a);
        }
        if (strncmp(text, "hls.partition=", 14) == 0)
            a->partition = (unsigned)atoi(text + 14);
        a->registers |= strcmp(text, "hls.registers") == 0;
        a->single_port |= strcmp(text, "hls.single_port") == 0;
        a->loc.file = p->options->source;
        a->loc.line = (unsigned)LLVMConstIntGetZExtValue(LLVMGetAggregateElement(entry, 3));
        a->loc.column = 1;
        if (strcmp(text, "hls.partition=0") == 0)
            diag_fail(p->diag, a->loc, "count dimensions from 1, the outermost",
                      "there is no dimension 0 to be partitioned");
    }
    LLVMDeleteGlobal(table);
}

/* The start of the line of `text` in which `part` stands first, or NULL. */
static const char *line_with(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    while (at && at > text && at[-1] != '\n')
        at--;
    return at;
}

/* Where the module's text says that the type of the metadata entry at `type` is used: directly, or through const, arrays
 * and the like. 0 if it does not say. */
static unsigned line_of_use(struct program *p, const char *text, const char *type)
{
    for (int hops = 0; type && hops < 5; hops++) {
        const char *use = arena_printf(p->arena, "ype: %.*s", (int)strcspn(type, " "), type);
        type = line_with(text, use);
        const char *line = type ? strstr(type, "line: ") : NULL;
        if (line && line < type + strcspn(type, "\n"))
            return (unsigned)atoi(line + 6);
    }
    return 0;
}

/* A variable of type long has another size here than on the machines where the source runs natively. */
static void refuse_long(struct program *p)
{
    static const char *const names[] = {"!DIBasicType(name: \"long\"",
                                        "!DIBasicType(name: \"unsigned long\""};
    char *text = LLVMPrintModuleToString(p->module);
    struct loc loc = {.file = p->options->source, .column = 1};
    bool found = false;
    for (unsigned i = 0; i < 2 && !found; i++) {
        const char *type = line_with(text, names[i]);
        found = type != NULL;
        loc.line = line_of_use(p, text, type);
    }
    LLVMDisposeMessage(text);
    if (found)
        diag_fail(p->diag, loc, "use the types of stdint.h",
                  "'long' has 32 bits here, and may have 64 elsewhere");
}

static bool has_attribute(LLVMValueRef function, LLVMAttributeIndex at, const char *name)
{
    return LLVMGetEnumAttributeAtIndex(function, at,
                                       LLVMGetEnumAttributeKindForName(name, strlen(name)));
}

/* Structs as arguments and results of the top function are pointers by now, which look like arrays, or members with names that
 * C does not know. */
static void refuse_structs(struct program *p)
{
    for (unsigned i = 1; i <= LLVMCountParams(p->top); i++) {
        size_t length;
        const char *name = LLVMGetValueName2(LLVMGetParam(p->top, i - 1), &length);
        if (has_attribute(p->top, i, "sret"))
            diag_fail(p->diag, loc_of(p, p->top), "return an integer, or results through streams",
                      "'%s' returns a struct", p->options->top);
        if (has_attribute(p->top, i, "byval") || length == 0 || memchr(name, '.', length))
            diag_fail(p->diag, loc_of(p, p->top), "pass its members one by one",
                      "a parameter of '%s' is a struct", p->options->top);
    }
}

static void refuse_undefined(struct program *p)
{
    for (LLVMValueRef g = LLVMGetFirstGlobal(p->module); g; g = LLVMGetNextGlobal(g)) {
        size_t length;
        const char *name = LLVMGetValueName2(g, &length);
        LLVMUseRef use = LLVMGetFirstUse(g);
        if (!LLVMIsDeclaration(g) || !use || strncmp(name, "llvm.", 5) == 0)
            continue;
        LLVMValueRef user = LLVMGetUser(use);
        const struct loc loc = LLVMIsAInstruction(user) ? loc_of(p, user) : loc_of(p, p->top);
        diag_fail(p->diag, loc, "define it in this source, or make it an array parameter",
                  "'%s' is not defined", name);
    }
}

static void forget_diagnostic(LLVMDiagnosticInfoRef info, void *context)
{
    (void)info;
    (void)context; /* a missed unrolling shows up later, as a loop where none may be */
}

void front_compile(struct program *p)
{
    const struct loc nowhere = {0};
    errno = 0;
    char *message = NULL;
    FILE *source = fopen(p->options->source, "r"); /* clang's own words would name its options */
    bool readable = source && fgetc(source) != EOF;
    const char *why = errno ? strerror(errno) : "it is empty";
    if (source)
        fclose(source);
    if (!readable)
        diag_fail(p->diag, nowhere, NULL, "cannot read the source: %s", why);
    if (LLVMParseIRInContext(p->context, run_clang(p), &p->module, &message))
        diag_fail(p->diag, nowhere, NULL, "%s", message);
    LLVMContextSetDiagnosticHandler(p->context, forget_diagnostic, NULL);
    p->top = LLVMGetNamedFunction(p->module, p->options->top);
    if (!p->top || LLVMIsDeclaration(p->top))
        diag_fail(p->diag, nowhere, "give the name of a function with --top", "no function '%s'",
                  p->options->top);
    refuse_long(p);
    refuse_structs(p);
    marker_note(p);
    take_annotations(p);
    prepare_functions(p);
    optimise(p);
    refuse_undefined(p);
    optimise_part(p);
    unroll_warn(p);
    marker_drop(p);
    flatten_loops(p);
    optimise_part(p);
    if (p->options->dump && strcmp(p->options->dump, "llvm") == 0) {
        char *text = LLVMPrintModuleToString(p->module);
        puts(text);
        LLVMDisposeMessage(text);
    }
}
