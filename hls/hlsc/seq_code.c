/* seq_code.c -- the instructions: put one after the other, given their addresses. */
#include <string.h>

#include "seq.h"

struct seq_slot *seq_new_slot(struct seq_program *s, const char *name, unsigned words)
{
    struct seq_slot *slot = arena_alloc(s->p->arena, sizeof *slot);
    slot->name = name ? name : "t";
    slot->words = words;
    VEC_PUSH(s->p->arena, &s->slots, slot);
    return slot;
}

struct seq_label *seq_new_label(struct seq_program *s)
{
    return arena_alloc(s->p->arena, sizeof(struct seq_label));
}

static void put(struct seq_program *s, struct seq_instruction i)
{
    i.line = s->line;
    VEC_PUSH(s->p->arena, &s->code, i);
}

void seq_put_label(struct seq_program *s, struct seq_label *label)
{
    put(s, (struct seq_instruction){.op = SEQ_LABEL, .label = label});
    s->in_a = s->in_x = NULL;
}

void seq_jump(struct seq_program *s, enum seq_op op, struct seq_label *to)
{
    put(s, (struct seq_instruction){.op = op, .label = to});
}

void seq_number(struct seq_program *s, enum seq_op op, unsigned number)
{
    put(s, (struct seq_instruction){.op = op, .mode = SEQ_IMMEDIATE, .number = number & 0xffff});
    s->in_a = NULL;
}

void seq_memory(struct seq_program *s, enum seq_op op, struct seq_slot *slot)
{
    if (op == SEQ_LD && s->in_a == slot)
        return;
    put(s, (struct seq_instruction){.op = op, .slot = slot});
    if (s->in_x == slot && op == SEQ_ST)
        s->in_x = NULL;
    s->in_a = op == SEQ_LD || op == SEQ_ST ? slot : NULL;
}

void seq_element(struct seq_program *s, enum seq_op op, struct seq_slot *array, unsigned offset)
{
    put(s, (struct seq_instruction){.op = op, .slot = array, .offset = offset});
    if (op != SEQ_ST)
        s->in_a = NULL;
}

void seq_indexed(struct seq_program *s, enum seq_op op, struct seq_slot *array, unsigned offset)
{
    put(s,
        (struct seq_instruction){.op = op, .mode = SEQ_INDEXED, .slot = array, .offset = offset});
    if (op != SEQ_STX)
        s->in_a = NULL;
}

void seq_do(struct seq_program *s, enum seq_action action, unsigned number)
{
    const bool shifts = action == SEQ_SHL || action == SEQ_SHR || action == SEQ_SAR;
    if (action == SEQ_INDEX) {
        if (s->in_a && s->in_x == s->in_a)
            return;
        s->in_x = s->in_a;
    } else {
        s->in_a = NULL;
    }
    if (!shifts || number != 0)
        put(s, (struct seq_instruction){.op = SEQ_DO, .action = action, .number = number});
}

static bool same_port(const struct seq_port *a, const struct seq_port *b)
{
    return a->kind == b->kind && a->stream == b->stream && a->scalar == b->scalar &&
           a->word == b->word && a->takes == b->takes;
}

void seq_port(struct seq_program *s, enum seq_action action, struct seq_port port)
{
    unsigned number = 0;
    while (number < s->ports.n && !same_port(&s->ports.at[number], &port))
        number++;
    if (number == s->ports.n)
        VEC_PUSH(s->p->arena, &s->ports, port);
    const struct seq_slot *held = s->in_a;
    seq_do(s, action, number);
    if (action == SEQ_OUT)
        s->in_a = held;
}

/* ---- addresses ---- */

/* Arrays first, each at a multiple of its size: an index has its low bits to itself. */
static void place_slots(struct seq_program *s)
{
    unsigned next = 0;
    for (unsigned size = 1u << 20; size > 0; size >>= 1)
        for (unsigned i = 0; i < s->slots.n; i++) {
            struct seq_slot *slot = s->slots.at[i];
            if (slot->words != size || !slot->is_read)
                continue;
            slot->address = next;
            next += size;
        }
    s->memory_words = next > 2 ? next : 2;
}

void seq_number_labels(struct seq_program *s)
{
    for (unsigned i = 0; i < s->code.n; i++)
        if (s->code.at[i].op == SEQ_LABEL)
            s->code.at[i].label->address = i;
}

static unsigned place_labels(struct seq_program *s)
{
    unsigned address = 0;
    for (unsigned i = 0; i < s->code.n; i++)
        if (s->code.at[i].op == SEQ_LABEL)
            s->code.at[i].label->address = address;
        else
            address++;
    return address;
}

/* ---- numbers ---- */

static bool is_large(const struct seq_program *s, const struct seq_instruction *c)
{
    return c->op <= SEQ_SBC && c->mode == SEQ_IMMEDIATE && c->number >> s->operand_bits != 0;
}

/* A sum with a large number is a difference with a small one, the carry the same. */
static void turn_sum(const struct seq_program *s, struct seq_instruction *c)
{
    static const enum seq_op opposite[] = {
        [SEQ_ADD] = SEQ_SUB, [SEQ_SUB] = SEQ_ADD, [SEQ_ADC] = SEQ_SBC, [SEQ_SBC] = SEQ_ADC};
    if (c->op < SEQ_ADD)
        return;
    const bool carries = c->op == SEQ_ADC || c->op == SEQ_SBC;
    const unsigned number = (carries ? ~c->number : -c->number) & 0xffff;
    if (number >> s->operand_bits)
        return;
    c->op = opposite[c->op];
    c->number = number;
}

static struct seq_slot *pooled(struct seq_program *s, unsigned number)
{
    for (unsigned i = 0; i < s->pool.n; i++)
        if (s->pool_value.at[i] == number)
            return s->pool.at[i];
    VEC_PUSH(s->p->arena, &s->pool_value, number);
    VEC_PUSH(s->p->arena, &s->pool, seq_new_slot(s, arena_printf(s->p->arena, "h%04x", number), 1));
    return s->pool.at[s->pool.n - 1];
}

/* ---- what comes first ---- */

bool seq_has_contents(const struct seq_slot *slot)
{
    bool has = false;
    for (unsigned b = 0; slot->memory && slot->is_read && b < slot->memory->nbanks; b++)
        has |= slot->memory->bank[b].initial != NULL;
    return has;
}

/* SPRAM rather than many blocks: it has no initial contents. */
static bool fits_spram(const struct seq_program *s)
{
    bool any = false;
    for (unsigned i = 0; i < s->slots.n; i++)
        any |= seq_has_contents(s->slots.at[i]);
    return !any && s->memory_words >= 1024 && strcmp(s->p->options->family, "ice40") == 0;
}

static void append(struct seq_program *s, const seq_code *code)
{
    for (unsigned i = 0; i < code->n; i++)
        VEC_PUSH(s->p->arena, &s->code, code->at[i]);
}

/* Arrays, which stand first in memory, are zero as the program begins. */
static void clear_arrays(struct seq_program *s)
{
    struct seq_slot *first = NULL, *row = seq_new_slot(s, "row", 1);
    unsigned end = 0;
    for (unsigned i = 0; i < s->slots.n; i++) {
        struct seq_slot *slot = s->slots.at[i];
        if (!slot->memory || !slot->is_read)
            continue;
        end = slot->address + slot->words > end ? slot->address + slot->words : end;
        first = slot->address == 0 ? slot : first;
    }
    if (!first)
        return;
    const seq_code rest = s->code;
    struct seq_label *again = seq_new_label(s);
    s->code = (seq_code){0};
    s->line = 0;
    seq_number(s, SEQ_LD, end);
    seq_put_label(s, again);
    seq_number(s, SEQ_SUB, 1);
    seq_memory(s, SEQ_ST, row);
    seq_do(s, SEQ_INDEX, 0);
    seq_number(s, SEQ_LD, 0);
    seq_indexed(s, SEQ_STX, first, 0);
    seq_memory(s, SEQ_LD, row);
    seq_jump(s, SEQ_JNZ, again);
    append(s, &rest);
}

static void set_pooled(struct seq_program *s, struct seq_slot *slot, unsigned number)
{
    const unsigned below = 0x10000 - number;
    if (below >> s->operand_bits == 0) {
        seq_number(s, SEQ_LD, 0);
        seq_number(s, SEQ_SUB, below);
    } else {
        seq_number(s, SEQ_LD, number >> 8);
        seq_do(s, SEQ_SHL, 8);
        if (number & 0xff)
            seq_number(s, SEQ_OR, number & 0xff);
    }
    seq_memory(s, SEQ_ST, slot);
}

/* Numbers that no operand holds stand in memory, where the program puts them first. */
static void pool_numbers(struct seq_program *s)
{
    for (unsigned i = 0; i < s->code.n; i++) {
        struct seq_instruction *c = &s->code.at[i];
        if (is_large(s, c))
            turn_sum(s, c);
        if (is_large(s, c)) {
            c->mode = SEQ_MEMORY;
            c->slot = pooled(s, c->number);
        }
    }
    const seq_code rest = s->code;
    s->code = (seq_code){0};
    s->line = 0;
    for (unsigned i = 0; i < s->pool.n; i++)
        set_pooled(s, s->pool.at[i], s->pool_value.at[i]);
    append(s, &rest);
}

static unsigned largest(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

void seq_settle(struct seq_program *s)
{
    seq_shorten(s);
    seq_join_copies(s);
    seq_shorten(s);
    seq_merge_ends(s);
    seq_shorten(s);
    for (unsigned turn = 0; turn < 2; turn++) {
        place_slots(s);
        const unsigned instructions = place_labels(s);
        s->p->instructions = instructions;
        s->p->memory_words = s->memory_words;
        s->operand_bits = largest(
            largest(8, bit_length(s->memory_words - 1)),
            largest(bit_length(instructions - 1), s->ports.n ? bit_length(s->ports.n - 1) + 3 : 0));
        if (turn == 0) {
            s->in_spram = fits_spram(s);
            if (s->in_spram)
                clear_arrays(s);
            pool_numbers(s);
        }
        seq_drop_unused(s);
    }
}
