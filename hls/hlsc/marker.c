/* marker.c -- HLS_PIPELINE, promises and the like are said of the loop of the source that they stand in, and of no other. The optimiser
 * removes loops of a single turn and leaves what was said of them, which would then be of the loop around. */
#include <llvm-c/DebugInfo.h>
#include <string.h>

#include "lower.h"

/* Of a loop in the source, from its first line and column to its last. */
struct lines {
    unsigned line, column, last_line, last_column;
};

static bool is_marker(LLVMValueRef v)
{
    static const char *const names[] = {"__hls_pipeline", "__hls_flatten", "__hls_distance",
                                        "__hls_steady"};
    for (unsigned i = 0; LLVMIsACallInst(v) && i < 4; i++)
        if (strcmp(callee_name(v), names[i]) == 0)
            return true;
    return false;
}

static bool is_location(LLVMValueRef v)
{
    return v && LLVMGetMetadataKind(LLVMValueAsMetadata(v)) == LLVMDILocationMetadataKind;
}

value_vec marker_loop(struct program *p, LLVMValueRef branch)
{
    const unsigned kind = LLVMGetMDKindIDInContext(p->context, "llvm.loop", 9);
    LLVMValueRef loop = branch ? LLVMGetMetadata(branch, kind) : NULL;
    value_vec said = {.n = loop ? LLVMGetMDNodeNumOperands(loop) : 0};
    said.at = arena_alloc(p->arena, (said.n + 1) * sizeof *said.at);
    if (loop)
        LLVMGetMDNodeOperands(loop, said.at);
    return said;
}

/* The loop's lines: the second and third operands. */
static bool loop_lines(struct program *p, LLVMValueRef branch, struct lines *lines)
{
    const value_vec said = marker_loop(p, branch);
    if (said.n < 3 || !is_location(said.at[1]) || !is_location(said.at[2]))
        return false;
    LLVMMetadataRef first = LLVMValueAsMetadata(said.at[1]), last = LLVMValueAsMetadata(said.at[2]);
    *lines = (struct lines){LLVMDILocationGetLine(first), LLVMDILocationGetColumn(first),
                            LLVMDILocationGetLine(last), LLVMDILocationGetColumn(last)};
    return true;
}

static bool is_before(unsigned line, unsigned column, unsigned other_line, unsigned other_column)
{
    return line < other_line || (line == other_line && column <= other_column);
}

static bool is_within(const struct lines *r, unsigned line, unsigned column)
{
    return is_before(r->line, r->column, line, column) &&
           is_before(line, column, r->last_line, r->last_column);
}

typedef VEC(struct lines) lines_vec;

static lines_vec loops_of(struct program *p, LLVMValueRef function)
{
    lines_vec loops = {0};
    struct lines lines;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b))
        if (loop_lines(p, LLVMGetBasicBlockTerminator(b), &lines))
            VEC_PUSH(p->arena, &loops, lines);
    return loops;
}

static unsigned own_kind(struct program *p)
{
    return LLVMGetMDKindIDInContext(p->context, "hlsc.loop", 9);
}

/* Notes where the innermost loop around the marker begins, if it is in one. */
static void note_loop(struct program *p, LLVMValueRef marker, const lines_vec *loops)
{
    const struct loc loc = loc_of(p, marker);
    const struct lines *inner = NULL;
    for (unsigned i = 0; i < loops->n; i++) {
        const struct lines *r = &loops->at[i];
        if (is_within(r, loc.line, loc.column) && (!inner || is_within(inner, r->line, r->column)))
            inner = r;
    }
    if (!inner)
        return;
    LLVMTypeRef number = LLVMInt32TypeInContext(p->context);
    LLVMValueRef begin[2] = {LLVMConstInt(number, inner->line, false),
                             LLVMConstInt(number, inner->column, false)};
    LLVMSetMetadata(marker, own_kind(p), LLVMMDNodeInContext(p->context, begin, 2));
}

void marker_note(struct program *p)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(p->module); f; f = LLVMGetNextFunction(f)) {
        const lines_vec loops = loops_of(p, f);
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
                if (is_marker(i))
                    note_loop(p, i, &loops);
    }
}

/* Is the loop another one than the marker's, for all that is known of both? */
static bool is_other(struct program *p, const struct loop *loop, LLVMValueRef marker)
{
    LLVMValueRef noted = LLVMGetMetadata(marker, own_kind(p)), begin[2];
    if (!noted)
        return false;
    LLVMGetMDNodeOperands(noted, begin);
    bool is_known = !loop;
    for (unsigned i = 0; loop && i < loop->latches.n; i++) {
        struct lines r;
        if (!loop_lines(p, LLVMGetBasicBlockTerminator(loop->latches.at[i]->llvm), &r))
            continue;
        is_known = true;
        if (r.line == LLVMConstIntGetZExtValue(begin[0]) &&
            r.column == LLVMConstIntGetZExtValue(begin[1]))
            return false;
    }
    return is_known;
}

void marker_drop(struct program *p)
{
    struct cfg cfg = {0};
    cfg_build(p, &cfg);
    for (unsigned i = 0; i < cfg.blocks.n; i++) {
        const struct block *b = cfg.blocks.at[i];
        for (LLVMValueRef v = LLVMGetFirstInstruction(b->llvm), next; v; v = next) {
            next = LLVMGetNextInstruction(v);
            if (!is_marker(v) || !is_other(p, b->loop, v))
                continue;
            if (LLVMGetTypeKind(LLVMTypeOf(v)) != LLVMVoidTypeKind) /* hls_steady is its variable */
                LLVMReplaceAllUsesWith(v, LLVMGetOperand(v, 0));
            LLVMInstructionEraseFromParent(v);
        }
    }
}
