/* front.c -- from C to optimised LLVM IR: clang.c, annotations and markers, then optimise.c. */
#include <errno.h>
#include <llvm-c/IRReader.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"
#include "lower.h"

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
    if (LLVMParseIRInContext(p->context, clang_compile(p), &p->module, &message))
        diag_fail(p->diag, nowhere, NULL, "%s", message);
    LLVMContextSetDiagnosticHandler(p->context, forget_diagnostic, NULL);
    narrow_sizes(p);
    p->top = LLVMGetNamedFunction(p->module, p->options->top);
    if (!p->top || LLVMIsDeclaration(p->top))
        diag_fail(p->diag, nowhere, "give the name of a function with --top", "no function '%s'",
                  p->options->top);
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
