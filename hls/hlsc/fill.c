/* fill.c -- the initial values of local arrays. What clang says as memset and memcpy of bytes becomes stores of elements: one by
 * one where the optimiser would make a single wider word of it, by a loop where the array outlives optimisation. */
#include <string.h>

#include <llvm-c/DebugInfo.h>
#include <llvm-c/Target.h>

#include "lower.h"

struct fill {
    LLVMValueRef call;
    LLVMTypeRef row; /* an integer, or a struct of them */
    uint64_t rows;
    bool copies; /* else every byte has one value */
    uint64_t byte;
};

static LLVMTypeRef type_of(LLVMValueRef pointer)
{
    LLVMValueRef array = lower_array_of(pointer);
    return LLVMIsAAllocaInst(array)       ? LLVMGetAllocatedType(array)
           : LLVMIsAGlobalVariable(array) ? LLVMGlobalGetValueType(array)
                                          : NULL;
}

static bool is_array(LLVMValueRef pointer)
{
    LLVMTypeRef type = type_of(pointer);
    return type && LLVMGetTypeKind(type) == LLVMArrayTypeKind;
}

/* What the last index or member of an address has for type. */
static LLVMTypeRef type_at(LLVMValueRef gep)
{
    LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
    for (unsigned k = 2; k < (unsigned)LLVMGetNumOperands(gep); k++)
        type = LLVMGetTypeKind(type) == LLVMStructTypeKind
                   ? LLVMStructGetTypeAtIndex(
                         type, (unsigned)LLVMConstIntGetZExtValue(LLVMGetOperand(gep, k)))
                   : LLVMGetElementType(type);
    return type;
}

static unsigned fields_of(LLVMTypeRef row)
{
    return LLVMGetTypeKind(row) == LLVMStructTypeKind ? LLVMCountStructElementTypes(row) : 1;
}

static LLVMTypeRef field_of(LLVMTypeRef row, unsigned k)
{
    return LLVMGetTypeKind(row) == LLVMStructTypeKind ? LLVMStructGetTypeAtIndex(row, k) : row;
}

static bool has_integers_only(LLVMTypeRef row)
{
    bool only = true;
    for (unsigned k = 0; k < fields_of(row); k++)
        only &= LLVMGetTypeKind(field_of(row, k)) == LLVMIntegerTypeKind;
    return only;
}

/* The elements of the object, or, if these have parts, what the address is of. */
static LLVMTypeRef row_of(LLVMValueRef pointer)
{
    LLVMTypeRef element = lower_element_of(type_of(pointer));
    const bool is_part = lower_is_gep(pointer) && (!element || !has_integers_only(element));
    return is_part ? lower_element_of(type_at(pointer)) : element;
}

/* Do the pointers point into different arrays? */
static bool are_apart(LLVMValueRef a, LLVMValueRef b)
{
    return type_of(a) && type_of(b) && lower_array_of(a) != lower_array_of(b);
}

/* Is it a fill of whole rows, of constant length? */
static bool read_fill(struct program *p, LLVMValueRef v, struct fill *f)
{
    if (!LLVMIsACallInst(v))
        return false;
    const char *name = callee_name(v);
    const bool moves = strncmp(name, "llvm.memmove", 12) == 0 &&
                       are_apart(LLVMGetOperand(v, 0), LLVMGetOperand(v, 1));
    *f = (struct fill){.call = v, .copies = moves || strncmp(name, "llvm.memcpy", 11) == 0};
    if (!f->copies && strncmp(name, "llvm.memset", 11) != 0)
        return false;
    const LLVMValueRef value = LLVMGetOperand(v, 1), bytes = LLVMGetOperand(v, 2);
    f->row = row_of(LLVMGetOperand(v, 0));
    if (!f->row || !has_integers_only(f->row) || !LLVMIsAConstantInt(bytes) ||
        (!f->copies && !LLVMIsAConstantInt(value)))
        return false;
    const uint64_t size = LLVMABISizeOfType(LLVMGetModuleDataLayout(p->module), f->row);
    f->byte = f->copies ? 0 : LLVMConstIntGetZExtValue(value);
    f->rows = LLVMConstIntGetZExtValue(bytes) / size;
    return f->rows > 0 && LLVMConstIntGetZExtValue(bytes) % size == 0;
}

static LLVMValueRef place_in(LLVMBuilderRef b, const struct fill *f, LLVMValueRef array,
                             LLVMValueRef row, unsigned k)
{
    LLVMTypeRef word = LLVMTypeOf(row);
    LLVMValueRef index[2] = {row, LLVMConstInt(word, k, false)};
    const unsigned n = LLVMGetTypeKind(f->row) == LLVMStructTypeKind ? 2 : 1;
    return LLVMBuildInBoundsGEP2(b, f->row, array, index, n, "");
}

static void put_row(LLVMBuilderRef b, const struct fill *f, LLVMValueRef to, LLVMValueRef from,
                    LLVMValueRef row)
{
    for (unsigned k = 0; k < fields_of(f->row); k++) {
        LLVMTypeRef type = field_of(f->row, k);
        LLVMValueRef value = f->copies ? LLVMBuildLoad2(b, type, place_in(b, f, from, row, k), "")
                                       : LLVMConstInt(type, f->byte * 0x0101010101010101, false);
        LLVMBuildStore(b, value, place_in(b, f, to, row, k));
    }
}

/* void fill(to, from): a loop over the rows, to be inlined. */
static LLVMValueRef make_loop(struct program *p, LLVMBuilderRef b, const struct fill *f)
{
    LLVMTypeRef word = LLVMInt32TypeInContext(p->context);
    LLVMTypeRef pointer = LLVMPointerTypeInContext(p->context, 0), both[2] = {pointer, pointer};
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(p->context), both, 2, false);
    LLVMValueRef fill = LLVMAddFunction(p->module, "__hlsc_fill", type);
    LLVMSetLinkage(fill, LLVMInternalLinkage);
    front_add_attribute(p, fill, LLVMAttributeFunctionIndex, "alwaysinline", 0);
    LLVMBasicBlockRef entry = LLVMAppendBasicBlockInContext(p->context, fill, "entry"),
                      body = LLVMAppendBasicBlockInContext(p->context, fill, "fill"),
                      end = LLVMAppendBasicBlockInContext(p->context, fill, "filled");
    LLVMPositionBuilderAtEnd(b, entry);
    LLVMBuildBr(b, body);
    LLVMPositionBuilderAtEnd(b, body);
    LLVMValueRef row = LLVMBuildPhi(b, word, "row");
    put_row(b, f, LLVMGetParam(fill, 0), LLVMGetParam(fill, 1), row);
    LLVMValueRef next = LLVMBuildAdd(b, row, LLVMConstInt(word, 1, false), "next");
    LLVMValueRef more = LLVMBuildICmp(b, LLVMIntULT, next, LLVMConstInt(word, f->rows, false), "");
    LLVMBuildCondBr(b, more, body, end);
    LLVMAddIncoming(row, (LLVMValueRef[]){LLVMConstInt(word, 0, false), next},
                    (LLVMBasicBlockRef[]){entry, body}, 2);
    LLVMPositionBuilderAtEnd(b, end);
    LLVMBuildRetVoid(b);
    return fill;
}

static void replace(struct program *p, const struct fill *f, bool by_loop)
{
    LLVMTypeRef word = LLVMInt32TypeInContext(p->context);
    LLVMBuilderRef b = LLVMCreateBuilderInContext(p->context);
    LLVMValueRef to = LLVMGetOperand(f->call, 0),
                 from = f->copies ? LLVMGetOperand(f->call, 1) : to;
    LLVMValueRef fill = by_loop ? make_loop(p, b, f) : NULL, both[2] = {to, from};
    LLVMPositionBuilderBefore(b, f->call);
    LLVMSetCurrentDebugLocation2(b, LLVMInstructionGetDebugLoc(f->call));
    if (by_loop)
        LLVMBuildCall2(b, LLVMGlobalGetValueType(fill), fill, both, 2, "");
    for (uint64_t i = 0; i < f->rows && !by_loop; i++)
        put_row(b, f, to, from, LLVMConstInt(word, i, false));
    LLVMInstructionEraseFromParent(f->call);
    LLVMDisposeBuilder(b);
}

/* What a pointer points to may be, until its function is inlined. */
static bool may_be_static(LLVMValueRef pointer)
{
    LLVMValueRef array = lower_array_of(pointer);
    return !LLVMIsAAllocaInst(array) &&
           !(LLVMIsAGlobalVariable(array) && LLVMIsGlobalConstant(array));
}

/* Would the optimiser make a word of it, of many elements or fields? Structs that are only variables are safe from that. */
static bool becomes_word(const struct fill *f)
{
    LLVMValueRef to = LLVMGetOperand(f->call, 0), from = LLVMGetOperand(f->call, 1);
    const bool structs = f->copies && LLVMGetTypeKind(f->row) == LLVMStructTypeKind;
    return LLVMConstIntGetZExtValue(LLVMGetOperand(f->call, 2)) <= 8 &&
           (is_array(to) ||
            (structs && (may_be_static(to) || is_array(from) || may_be_static(from))));
}

bool fill_expand(struct program *p, bool by_loop)
{
    VEC(struct fill) fills = {0};
    for (LLVMValueRef f = LLVMGetFirstFunction(p->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
                struct fill x;
                if (read_fill(p, i, &x) && (by_loop || becomes_word(&x)))
                    VEC_PUSH(p->arena, &fills, x);
            }
    for (unsigned k = 0; k < fills.n; k++)
        replace(p, &fills.at[k], by_loop);
    return fills.n > 0;
}
