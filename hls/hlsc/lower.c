/* lower.c -- LLVM instructions to nodes, within one region. */
#include "lower.h"

#include <string.h>
#include <unistd.h>

#include <llvm-c/DebugInfo.h>

/* The file as the user named it: debug information splits long paths at the working directory. */
static const char *file_of(struct program *p, LLVMValueRef inst)
{
    unsigned length = 0, directory_length = 0;
    const char *file = LLVMGetDebugLocFilename(inst, &length);
    const char *directory = LLVMGetDebugLocDirectory(inst, &directory_length);
    if (!file || length == 0)
        return p->options->source;
    file = arena_printf(p->arena, "%.*s", (int)length, file);
    char here_now[4096];
    const char *cwd = getcwd(here_now, sizeof here_now);
    bool here = !directory || (cwd && strlen(cwd) == directory_length &&
                               strncmp(cwd, directory, directory_length) == 0);
    if (*file == '/' || here)
        return file;
    return arena_printf(p->arena, "%.*s/%s", (int)directory_length, directory, file);
}

struct loc loc_of(struct program *p, LLVMValueRef inst)
{
    struct loc loc = {0};
    const bool instruction = LLVMIsAInstruction(inst) && LLVMInstructionGetDebugLoc(inst);
    if (!instruction && !LLVMIsAGlobalVariable(inst) && !LLVMIsAFunction(inst))
        return loc;
    loc.line = LLVMGetDebugLocLine(inst);
    loc.column = instruction ? LLVMGetDebugLocColumn(inst) : 0;
    loc.column += loc.column == 0;
    if (loc.line)
        loc.file = file_of(p, inst);
    return loc;
}

unsigned width_of(LLVMValueRef v)
{
    LLVMTypeRef type = LLVMTypeOf(v);
    return LLVMGetTypeKind(type) == LLVMIntegerTypeKind ? LLVMGetIntTypeWidth(type) : 0;
}

unsigned kept_width_of(struct program *p, LLVMValueRef v)
{
    return LLVMIsAPHINode(v) && width_of(v) > 1 && value_is_truth(p, v) ? 1 : width_of(v);
}

static bool fits_in_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static unsigned count_digits(const char *text)
{
    return (unsigned)strspn(text, "0123456789");
}

static size_t without_number(const char *name, size_t length)
{
    while (length > 0 && name[length - 1] >= '0' && name[length - 1] <= '9')
        length--;
    return length;
}

/* Of a value: what is before the dot is the source's name of a variable ("i.014", "sums.i.sroa.7.1"), or else clang's own, with a
 * number if it has several ("conv20", "conv20.i"). */
static size_t value_length(const char *name)
{
    const size_t length = strcspn(name, ".");
    const bool is_own = name[length] == 0 || name[length + 1] == 'i';
    return is_own ? without_number(name, length) : length;
}

/* Of a block, without the number and what inlining adds: "for.body23.i325" is for.body. */
static size_t block_length(const char *name, size_t length)
{
    for (size_t shorter = without_number(name, length);; shorter = without_number(name, length)) {
        const bool is_inlined = shorter > 2 && strncmp(name + shorter - 2, ".i", 2) == 0;
        if (!is_inlined)
            return shorter;
        length = shorter - 2;
    }
}

/* The name of an instruction or block without what the compiler hung on it: "part.0.i325" is part, "sums.i.sroa.7.1" is
 * sums_7. Other names keep all of their parts. */
const char *hint_of(struct program *p, LLVMValueRef v)
{
    size_t length;
    const char *name = LLVMGetValueName2(v, &length), *field = NULL;
    if (LLVMIsAInstruction(v)) {
        name += strspn(name, ".");
        field = strstr(name, ".sroa.");
        length = value_length(name);
    } else if (LLVMValueIsBasicBlock(v)) {
        length = block_length(name, length);
    }
    if (length == 0 || count_digits(name) > 0)
        return NULL;
    char *out = arena_printf(p->arena, "%.*s", (int)length, name);
    for (char *c = out; *c; c++)
        if (!fits_in_name(*c))
            *c = '_';
    if (field)
        out = arena_printf(p->arena, "%s_%.*s", out, (int)count_digits(field + 6), field + 6);
    return out;
}

const char *callee_name(LLVMValueRef call)
{
    size_t length;
    LLVMValueRef f = LLVMGetCalledValue(call);
    return LLVMIsAFunction(f) ? LLVMGetValueName2(f, &length) : "";
}

bool is_call_of(LLVMValueRef v, const char *prefix)
{
    return LLVMIsACallInst(v) && strncmp(callee_name(v), prefix, strlen(prefix)) == 0;
}

struct variable *variable_for(struct program *p, LLVMValueRef inst)
{
    struct variable *v = map_get(&p->variable_of, inst);
    if (!v) {
        v = ir_new_variable(p, kept_width_of(p, inst), hint_of(p, inst));
        v->source = inst;
        v->home = map_get(&p->region_of, LLVMGetInstructionParent(inst));
        map_put(p->arena, &p->variable_of, inst, v);
    }
    return v;
}

/* What hls_any leaves open, wherever it was called and in whatever width it is used. */
static bool is_any(LLVMValueRef v)
{
    while (LLVMIsATruncInst(v) || LLVMIsAZExtInst(v) || LLVMIsASExtInst(v))
        v = LLVMGetOperand(v, 0);
    return LLVMIsACallInst(v) && strcmp(callee_name(v), "__hls_any") == 0;
}

static _Noreturn void refuse_value(const struct lowering *l, LLVMValueRef v)
{
    const struct loc own = loc_of(l->p, v), at = l->at ? loc_of(l->p, l->at) : own,
                     loc = own.line  ? own
                           : at.line ? at
                                     : loc_of(l->p, l->p->top);
    const bool is_address = LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMPointerTypeKind ||
                            (LLVMIsAConstantExpr(v) && LLVMGetConstOpcode(v) == LLVMPtrToInt);
    if (is_address)
        diag_fail(l->p->diag, loc, "compute with indices, and compare pointers into one array",
                  "an address is used as a number");
    diag_fail(l->p->diag, loc, "use integers", "a value that is not an integer");
}

struct node *lower_value(struct lowering *l, LLVMValueRef v)
{
    struct program *p = l->p;
    struct node *n = map_get(&l->r->value, v);
    if (n)
        return n;
    struct loc loc = loc_of(p, v);
    if (LLVMIsAConstantInt(v)) {
        if (width_of(v) > 64)
            diag_fail(p->diag, loc, "use integers up to 64 bits", "integer of %u bits",
                      width_of(v));
        n = ir_const(p, l->r, LLVMConstIntGetZExtValue(v), width_of(v));
    } else if (LLVMIsUndef(v) || LLVMIsPoison(v)) {
        n = ir_const(p, l->r, 0, width_of(v));
    } else if (LLVMIsAArgument(v)) {
        for (unsigned i = 0; i < p->scalars.n; i++)
            if (p->scalars.at[i] == v) {
                n = ir_new(p, OP_PARAM, width_of(v));
                n->name = n->hint = hint_of(p, v);
            }
        if (!n)
            diag_fail(p->diag, loc, NULL, "a stream is used as a value");
    } else if (is_any(v)) {
        n = ir_any(p, l->r, width_of(v));
    } else if (LLVMIsAInstruction(v) && width_of(v) > 0) {
        n = ir_resize(p, l->r, ir_variable(p, l->r, variable_for(p, v)), width_of(v), false);
    } else {
        refuse_value(l, v);
    }
    map_put(p->arena, &l->r->value, v, n);
    return n;
}

/* ---- memory and registers ---- */

struct node *lower_read_cell(struct lowering *l, struct variable *cell)
{
    struct node *n = map_get(&l->cell, cell);
    if (!n) {
        n = ir_variable(l->p, l->r, cell);
        map_put(l->p->arena, &l->cell, cell, n);
    }
    return n;
}

static void add_effect(struct lowering *l, struct node *n, LLVMValueRef inst)
{
    n->loc = loc_of(l->p, inst);
    n->order = l->order++;
    VEC_PUSH(l->p->arena, &l->r->effects, n);
}

static struct variable *promoted_cell(struct lowering *l, struct place at, LLVMValueRef inst)
{
    if (at.row->op != OP_CONST || at.row->value >= at.memory->rows)
        diag_fail(l->p->diag, loc_of(l->p, inst), "index the array with the selected number",
                  "an index into '%s' is chosen by a pointer", at.memory->name);
    return at.memory->bank[at.bank].cell[at.row->value];
}

static struct node *load_bank(struct lowering *l, struct place at, LLVMValueRef inst,
                              struct node *predicate)
{
    if (map_get(&l->promoted, at.memory))
        return lower_read_cell(l, promoted_cell(l, at, inst));
    if (at.memory->kind == MEMORY_ROM && at.row->op == OP_CONST) {
        const uint64_t *initial = at.memory->bank[at.bank].initial;
        return ir_const(l->p, l->r, initial ? initial[at.row->value] : 0, width_of(inst));
    }
    struct node *n = ir_new(l->p, OP_LOAD, width_of(inst));
    n->memory = at.memory;
    n->bank = at.bank;
    n->arg[0] = at.row;
    n->nargs = 1;
    n->predicate = predicate;
    n->hint = hint_of(l->p, inst);
    add_effect(l, n, inst);
    return n;
}

/* Of the banks from the given one on, whose numbers differ in the `bits` lowest bits: all are read, and the lane chooses. */
static struct node *load_lane(struct lowering *l, struct place at, LLVMValueRef inst,
                              struct node *predicate, unsigned bits)
{
    if (bits == 0)
        return load_bank(l, at, inst, predicate);
    struct place upper = at;
    upper.bank += 1u << (bits - 1);
    struct node *low = load_lane(l, at, inst, predicate, bits - 1);
    if (upper.bank >= at.memory->nbanks)
        return low;
    struct node *shift = ir_const(l->p, l->r, bits - 1, at.lane->width);
    struct node *bit = ir_resize(
        l->p, l->r, ir_make(l->p, l->r, OP_LSHR, at.lane->width, at.lane, shift, NULL), 1, false);
    return ir_make(l->p, l->r, OP_SELECT, low->width, bit,
                   load_lane(l, upper, inst, predicate, bits - 1), low);
}

static struct node *lower_load(struct lowering *l, LLVMValueRef inst, struct node *predicate)
{
    struct place at = lower_place(l, LLVMGetOperand(inst, 0), inst, width_of(inst));
    return load_lane(l, at, inst, predicate, at.lane ? bit_length(at.memory->nbanks - 1) : 0);
}

static void lower_store(struct lowering *l, LLVMValueRef inst, struct node *predicate)
{
    LLVMValueRef data = LLVMGetOperand(inst, 0);
    struct place at = lower_place(l, LLVMGetOperand(inst, 1), inst, width_of(data));
    struct node *value = lower_value(l, data);
    if (map_get(&l->promoted, at.memory)) {
        struct variable *cell = promoted_cell(l, at, inst);
        struct node *old = lower_read_cell(l, cell);
        map_put(l->p->arena, &l->cell, cell,
                ir_make(l->p, l->r, OP_SELECT, cell->width, predicate, value, old));
        map_put(l->p->arena, &l->written, cell, cell);
        return;
    }
    struct node *n = ir_new(l->p, OP_STORE, 0);
    n->memory = at.memory;
    n->bank = at.bank;
    n->arg[0] = at.row;
    n->arg[1] = value;
    n->arg[2] = predicate;
    n->arg[3] = at.lane;
    n->nargs = at.lane ? 4 : 3;
    add_effect(l, n, inst);
}

/* ---- calls ---- */

static struct stream *stream_of(struct lowering *l, LLVMValueRef call, unsigned width)
{
    struct stream *s = map_get(&l->p->stream_of, LLVMGetOperand(call, 0));
    struct loc loc = loc_of(l->p, call);
    if (!s)
        diag_fail(l->p->diag, loc, "name a stream parameter of the top function in each call",
                  "two streams, or none, may be behind this pointer");
    if (s->width && s->width != width)
        diag_fail(l->p->diag, loc, "use one type for the stream",
                  "'%s' is used with %u and %u bits", s->name, s->width, width);
    s->width = width;
    s->loc = s->loc.line ? s->loc : loc;
    return s;
}

static struct node *lower_stream_call(struct lowering *l, LLVMValueRef inst, const char *name,
                                      struct node *predicate)
{
    struct program *p = l->p;
    const char *digits = strrchr(name, 'u');
    unsigned width = digits[1] == '1' ? 16 : digits[1] == '3' ? 32 : 64;
    struct stream *s = stream_of(l, inst, width);
    bool is_write = strncmp(name, "__hls_write", 11) == 0;
    bool is_read = strncmp(name, "__hls_read", 10) == 0;
    *(is_write ? &s->is_output : &s->is_input) = true;
    if (s->is_output && s->is_input)
        diag_fail(p->diag, loc_of(p, inst), "use two streams", "'%s' is read and written", s->name);
    struct node *n = ir_new(p,
                            is_write  ? OP_WRITE
                            : is_read ? OP_READ
                                      : OP_EMPTY,
                            is_write  ? 0
                            : is_read ? width
                                      : 1);
    n->stream = s;
    n->hint = arena_printf(p->arena, is_read ? "%s_word" : "%s_empty", s->name);
    if (is_write) {
        n->arg[0] = lower_value(l, LLVMGetOperand(inst, 1));
        n->arg[1] = predicate;
        n->nargs = 2;
    } else if (is_read) {
        n->arg[0] = predicate;
        n->nargs = 1;
    }
    add_effect(l, n, inst);
    return is_write ? NULL : n;
}

static void lower_promise(struct lowering *l, LLVMValueRef inst)
{
    LLVMValueRef distance = LLVMGetOperand(inst, 1);
    struct program *p = l->p;
    if (!l->r->is_loop || !LLVMIsAConstantInt(distance))
        diag_fail(p->diag, loc_of(p, inst),
                  "put it, with a constant, into the body of a pipelined loop",
                  "HLS_DISTANCE has no effect here");
    if (LLVMConstIntGetSExtValue(distance) < 1 || LLVMConstIntGetSExtValue(distance) > 1 << 16)
        diag_fail(p->diag, loc_of(p, inst), "give a constant from 1 to 65536",
                  "HLS_DISTANCE needs a number of iterations");
    struct promise promise = {.memory = lower_memory_of(p, LLVMGetOperand(inst, 0), inst),
                              .distance = (unsigned)LLVMConstIntGetZExtValue(distance),
                              .loc = loc_of(p, inst)};
    if (promise.memory && promise.memory->kind == MEMORY_PORT)
        diag_fail(p->diag, promise.loc, "copy the array into a static one",
                  "'%s' is a parameter: a promise about it cannot be watched",
                  promise.memory->name);
    if (promise.memory)
        VEC_PUSH(p->arena, &l->r->promises, promise);
}

/* The register of a loop's state as it is, whatever the stage: through widths, masks and bounds. */
static struct node *steady_value(struct lowering *l, LLVMValueRef inst, struct node *n,
                                 struct node *predicate)
{
    struct program *p = l->p;
    switch (n->op) {
    case OP_CONST:
    case OP_VAR:
    case OP_PARAM: return n;
    case OP_ZEXT:
    case OP_SEXT:
    case OP_TRUNC:
        return ir_make(p, l->r, n->op, n->width, steady_value(l, inst, n->arg[0], predicate), NULL,
                       NULL);
    case OP_AND:
        return ir_and(p, l->r, steady_value(l, inst, n->arg[0], predicate),
                      steady_value(l, inst, n->arg[1], predicate));
    case OP_PHI: break;
    default:
        diag_fail(p->diag, loc_of(p, inst), "name a variable that the loop hands on",
                  "hls_steady of something else than a variable of the loop");
    }
    LLVMValueRef distance = LLVMGetOperand(inst, 1);
    if (!LLVMIsAConstantInt(distance))
        diag_fail(p->diag, loc_of(p, inst), "give a constant",
                  "hls_steady needs a number of iterations");
    struct steady promise = {
        .phi = n,
        .condition = ir_and(p, l->r, predicate, lower_value(l, LLVMGetOperand(inst, 2))),
        .distance = (unsigned)LLVMConstIntGetZExtValue(distance),
        .loc = loc_of(p, inst)};
    VEC_PUSH(p->arena, &l->r->steadies, promise);
    return ir_variable(p, l->r, n->variable);
}

static struct node *lower_call(struct lowering *l, LLVMValueRef inst, struct node *predicate)
{
    struct program *p = l->p;
    const char *name = callee_name(inst);
    struct loc loc = loc_of(p, inst);
    if (strncmp(name, "__hls_read", 10) == 0 || strncmp(name, "__hls_write", 11) == 0 ||
        strncmp(name, "__hls_empty", 11) == 0)
        return lower_stream_call(l, inst, name, predicate);
    if (strcmp(name, "__hls_any") == 0)
        return ir_any(p, l->r, 64);
    if (strcmp(name, "__hls_steady") == 0) {
        struct node *v = lower_value(l, LLVMGetOperand(inst, 0));
        return l->r->is_loop ? steady_value(l, inst, v, predicate) : v;
    }
    if (strcmp(name, "__hls_clock") == 0) {
        struct node *n = ir_new(p, OP_CLOCK, 32);
        add_effect(l, n, inst);
        return n;
    }
    if (p->options->sequencer &&
        (strcmp(name, "__hls_distance") == 0 || strcmp(name, "__hls_flatten") == 0 ||
         strcmp(name, "__hls_pipeline") == 0))
        return NULL;
    if (strcmp(name, "__hls_clock_start") == 0) {
        if (l->r->is_loop)
            diag_fail(p->diag, loc, "start it before the loop",
                      "a pipelined loop cannot start the clock");
        add_effect(l, ir_new(p, OP_START, 0), inst);
        return NULL;
    }
    if (strcmp(name, "__hls_distance") == 0) {
        lower_promise(l, inst);
        return NULL;
    }
    if (strncmp(name, "__hls_bound", 11) == 0) {
        struct node *a = lower_value(l, LLVMGetOperand(inst, 0));
        struct node *n = ir_new(p, OP_BOUND, a->width);
        n->value = LLVMConstIntGetZExtValue(LLVMGetOperand(inst, 1));
        n->arg[0] = a;
        n->nargs = 1;
        return a->op == OP_CONST ? a : n;
    }
    if (strcmp(name, "__hls_auto") == 0 || strcmp(name, "__hls_smallest") == 0 ||
        strcmp(name, "__hls_iterations") == 0)
        return NULL;
    if (strcmp(name, "__hls_flatten") == 0) {
        if (!l->r->is_loop)
            diag_fail(p->diag, loc, "put it first into the body of the outermost loop of the nest",
                      "HLS_FLATTEN is not in a loop");
        return NULL;
    }
    if (strcmp(name, "__hls_pipeline") == 0) {
        if (!l->r->is_loop)
            diag_fail(p->diag, loc, "put it first into the body of a loop",
                      "HLS_PIPELINE is not in a loop");
        return NULL;
    }
    if (strncmp(name, "llvm.dbg", 8) == 0 || strncmp(name, "llvm.lifetime", 13) == 0 ||
        strncmp(name, "llvm.assume", 11) == 0 ||
        strncmp(name, "llvm.experimental.noalias", 25) == 0)
        return NULL;
    if (strncmp(name, "llvm.mem", 8) == 0)
        diag_fail(
            p->diag, loc, "copy or clear the elements in a loop",
            "bytes are copied or cleared that are not known to be whole elements of one type");
    if (strncmp(name, "llvm.stack", 10) == 0)
        diag_fail(p->diag, loc, "give the array a constant size", "an array of variable size");
    if (strncmp(name, "llvm.var.annotation", 19) == 0)
        diag_fail(p->diag, loc, "declare the array static",
                  "HLS_PARTITION, HLS_REGISTERS and HLS_SINGLE_PORT are for static arrays");
    if (strncmp(name, "llvm.", 5) == 0) /* of a struct, the parts are lowered */
        return is_kind(LLVMTypeOf(inst), LLVMStructTypeKind) ? NULL
                                                             : lower_intrinsic(l, inst, name);
    if (LLVMIsAInlineAsm(LLVMGetCalledValue(inst)))
        diag_fail(p->diag, loc, "write it in C", "assembly is not supported");
    if (!LLVMIsAFunction(LLVMGetCalledValue(inst)))
        diag_fail(p->diag, loc, "choose with a switch, and call functions by name",
                  "a function is called through a pointer");
    if (LLVMIsFunctionVarArg(LLVMGlobalGetValueType(LLVMGetCalledValue(inst))))
        diag_fail(p->diag, loc, "give the function a fixed number of parameters",
                  "'%s' takes a variable number of arguments", name);
    if (LLVMGetCalledValue(inst) == p->top || !LLVMIsDeclaration(LLVMGetCalledValue(inst)))
        diag_fail(p->diag, loc, "write a loop, with an array as the stack", "'%s' is recursive",
                  name);
    diag_fail(p->diag, loc, "define the function in this source", "'%s' is not defined", name);
}

/* ---- arithmetic ---- */

static bool is_power_of_two(const struct node *n)
{
    return n->op == OP_CONST && n->value != 0 && (n->value & (n->value - 1)) == 0;
}

static struct node *lower_signed_division(struct lowering *l, LLVMValueRef inst, struct node *a,
                                          struct node *b, unsigned w)
{
    struct program *p = l->p;
    struct region *r = l->r;
    if (!is_power_of_two(b) || b->value >> (w - 1))
        return ir_divide(p, r, a, b, true, LLVMGetInstructionOpcode(inst) == LLVMSRem);
    unsigned k = bit_length(b->value) - 1;
    struct node *sign = ir_make(p, r, OP_ASHR, w, a, ir_const(p, r, w - 1, w), NULL);
    struct node *bias = ir_and(p, r, sign, ir_const(p, r, mask_of(k), w));
    struct node *biased = ir_make(p, r, OP_ADD, w, a, bias, NULL);
    struct node *quotient = ir_make(p, r, OP_ASHR, w, biased, ir_const(p, r, k, w), NULL);
    if (LLVMGetInstructionOpcode(inst) == LLVMSDiv)
        return quotient;
    struct node *back = ir_make(p, r, OP_SHL, w, quotient, ir_const(p, r, k, w), NULL);
    return ir_make(p, r, OP_SUB, w, a, back, NULL);
}

static struct node *lower_division(struct lowering *l, LLVMValueRef inst, struct node *a,
                                   struct node *b, unsigned w)
{
    struct program *p = l->p;
    LLVMOpcode opcode = LLVMGetInstructionOpcode(inst);
    if (opcode == LLVMSDiv || opcode == LLVMSRem)
        return lower_signed_division(l, inst, a, b, w);
    if (!is_power_of_two(b))
        return ir_divide(p, l->r, a, b, false, opcode == LLVMURem);
    if (opcode == LLVMURem)
        return ir_and(p, l->r, a, ir_const(p, l->r, b->value - 1, w));
    return ir_make(p, l->r, OP_LSHR, w, a, ir_const(p, l->r, bit_length(b->value) - 1, w), NULL);
}

static enum op binary_op(LLVMOpcode opcode)
{
    switch (opcode) {
    case LLVMAdd: return OP_ADD;
    case LLVMSub: return OP_SUB;
    case LLVMMul: return OP_MUL;
    case LLVMAnd: return OP_AND;
    case LLVMOr: return OP_OR;
    case LLVMXor: return OP_XOR;
    case LLVMShl: return OP_SHL;
    case LLVMLShr: return OP_LSHR;
    case LLVMAShr: return OP_ASHR;
    case LLVMZExt: return OP_ZEXT;
    case LLVMSExt: return OP_SEXT;
    case LLVMTrunc: return OP_TRUNC;
    default: return OP_COUNT;
    }
}

static enum compare compare_of(LLVMIntPredicate predicate)
{
    return (enum compare)((int)predicate - (int)LLVMIntEQ);
}

static struct node *lower_pure(struct lowering *l, LLVMValueRef inst)
{
    struct program *p = l->p;
    LLVMOpcode opcode = LLVMGetInstructionOpcode(inst);
    unsigned w = width_of(inst);
    struct node *a = lower_value(l, LLVMGetOperand(inst, 0));
    struct node *b = LLVMGetNumOperands(inst) > 1 ? lower_value(l, LLVMGetOperand(inst, 1)) : NULL;
    enum op op = binary_op(opcode);
    if (op != OP_COUNT)
        return ir_make(p, l->r, op, w, a, b, NULL);
    switch (opcode) {
    case LLVMUDiv:
    case LLVMURem:
    case LLVMSDiv:
    case LLVMSRem: return lower_division(l, inst, a, b, w);
    case LLVMFreeze: return a;
    case LLVMICmp: return ir_compare(p, l->r, compare_of(LLVMGetICmpPredicate(inst)), a, b);
    case LLVMSelect:
        return ir_make(p, l->r, OP_SELECT, w, a, b, lower_value(l, LLVMGetOperand(inst, 2)));
    default: break;
    }
    diag_fail(p->diag, loc_of(p, inst), "use integers up to 64 bits",
              "this operation is not supported");
}

static bool has_float(LLVMValueRef inst)
{
    LLVMTypeKind kind = LLVMGetTypeKind(LLVMTypeOf(inst));
    bool found =
        kind == LLVMFloatTypeKind || kind == LLVMDoubleTypeKind || kind == LLVMX86_FP80TypeKind;
    for (int i = 0; i < LLVMGetNumOperands(inst); i++) {
        kind = LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(inst, (unsigned)i)));
        found |=
            kind == LLVMFloatTypeKind || kind == LLVMDoubleTypeKind || kind == LLVMX86_FP80TypeKind;
    }
    return found;
}

void lower_instruction(struct lowering *l, LLVMValueRef inst, struct node *predicate)
{
    struct program *p = l->p;
    struct node *n = NULL;
    l->at = inst;
    if (has_float(inst))
        diag_fail(p->diag, loc_of(p, inst), "use fixed point", "floating point is not supported");
    if (width_of(inst) > 64)
        diag_fail(p->diag, loc_of(p, inst), "use integers up to 64 bits", "integer of %u bits",
                  width_of(inst));
    switch (LLVMGetInstructionOpcode(inst)) {
    case LLVMBr:
    case LLVMSwitch:
    case LLVMRet:
    case LLVMUnreachable:
    case LLVMGetElementPtr: /* followed from the accesses */
    case LLVMAlloca: return;
    case LLVMLoad: n = lower_load(l, inst, predicate); break;
    case LLVMStore: lower_store(l, inst, predicate); return;
    case LLVMCall: n = lower_call(l, inst, predicate); break;
    case LLVMExtractValue: n = lower_overflow(l, inst); break;
    default:
        if (LLVMGetTypeKind(LLVMTypeOf(inst)) == LLVMPointerTypeKind)
            return; /* an error where it is used */
        n = lower_pure(l, inst);
    }
    if (!n)
        return;
    if (!n->loc.line)
        n->loc = loc_of(p, inst);
    if (!n->hint && n->op != OP_VAR && n->op != OP_CONST)
        n->hint = hint_of(p, inst);
    map_put(p->arena, &l->r->value, inst, n);
}
