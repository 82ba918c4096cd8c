/* seq_code.c -- the instructions: put one after the other, shortened, given their addresses. */
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
    put(s, (struct seq_instruction){
               .op = op, .mode = SEQ_INDEXED, .slot = array, .offset = offset});
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

/* ---- what is left of it ---- */

bool seq_jumps(const struct seq_instruction *i)
{
    return i->op >= SEQ_JMP && i->op <= SEQ_JNC;
}

/* What leads nowhere else: jumps to the next place, and what stands behind a jump without a label. */
static bool drop_jumps(struct seq_program *s)
{
    seq_code left = {0};
    bool reached = true;
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        bool to_next = false;
        for (unsigned k = i + 1; seq_jumps(c) && k < s->code.n && s->code.at[k].op == SEQ_LABEL; k++)
            to_next |= s->code.at[k].label == c->label;
        if (c->op == SEQ_LABEL)
            reached = true;
        if (reached && !to_next)
            VEC_PUSH(s->p->arena, &left, *c);
        if (c->op == SEQ_JMP)
            reached = false;
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

static enum seq_op opposite_jump(enum seq_op op)
{
    return op == SEQ_JZ ? SEQ_JNZ : op == SEQ_JNZ ? SEQ_JZ : op == SEQ_JC ? SEQ_JNC : SEQ_JC;
}

/* A jump over a jump is one, the other way. */
static bool turn_jumps(struct seq_program *s)
{
    bool turned = false;
    for (unsigned i = 0; i + 2 < s->code.n; i++) {
        struct seq_instruction *c = &s->code.at[i];
        const struct seq_instruction *over = c + 1, *past = c + 2;
        if (c->op >= SEQ_JZ && c->op <= SEQ_JNC && over->op == SEQ_JMP && past->op == SEQ_LABEL &&
            past->label == c->label) {
            struct seq_instruction both = *c;
            both.op = opposite_jump(c->op);
            both.label = over->label;
            c[0] = both;
            c[1] = *past;
            turned = true;
        }
    }
    return turned;
}

/* A jump to a jump goes where that one does. */
static bool thread_jumps(struct seq_program *s)
{
    bool threaded = false;
    for (unsigned i = 0; i + 1 < s->code.n; i++) {
        unsigned k = i;
        while (k < s->code.n && s->code.at[k].op == SEQ_LABEL)
            k++;
        if (k > i && k < s->code.n && s->code.at[k].op == SEQ_JMP)
            s->code.at[i].label->leads_to = s->code.at[k].label;
    }
    for (unsigned i = 0; i < s->code.n; i++) {
        struct seq_instruction *c = &s->code.at[i];
        struct seq_label *to = c->label ? c->label->leads_to : NULL;
        if (seq_jumps(c) && to && to != c->label && to->leads_to != c->label) {
            c->label = to;
            threaded = true;
        }
    }
    for (unsigned i = 0; i < s->code.n; i++)
        if (s->code.at[i].label)
            s->code.at[i].label->leads_to = NULL;
    return threaded;
}

/* Labels that nothing jumps to, and stores that nothing reads. */
static bool drop_unused(struct seq_program *s)
{
    for (unsigned i = 0; i < s->slots.n; i++)
        s->slots.at[i]->is_read = false;
    for (unsigned i = 0; i < s->code.n; i++)
        if (s->code.at[i].op == SEQ_LABEL)
            s->code.at[i].label->is_used = false;
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        if (c->slot && c->op != SEQ_ST && c->op != SEQ_STX)
            c->slot->is_read = true;
        if (seq_jumps(c))
            c->label->is_used = true;
    }
    seq_code left = {0};
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        const bool dead = (c->op == SEQ_ST || c->op == SEQ_STX) ? !c->slot->is_read
                          : c->op == SEQ_LABEL                 ? !c->label->is_used
                                                               : false;
        if (!dead)
            VEC_PUSH(s->p->arena, &left, *c);
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

static bool needs_a(const struct seq_instruction *c)
{
    return !(c->op == SEQ_LD || c->op == SEQ_JMP ||
             (c->op == SEQ_DO && (c->action == SEQ_CARRY || c->action == SEQ_IN)));
}

/* Loads that the next instruction overwrites. */
static bool drop_loads(struct seq_program *s)
{
    seq_code left = {0};
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        const bool dead = c->op == SEQ_LD && i + 1 < s->code.n &&
                          s->code.at[i + 1].op != SEQ_LABEL && s->code.at[i + 1].op != SEQ_JMP &&
                          !needs_a(&s->code.at[i + 1]);
        if (!dead)
            VEC_PUSH(s->p->arena, &left, *c);
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

static unsigned jumps_to(const struct seq_program *s, const struct seq_label *label)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->code.n; i++)
        n += seq_jumps(&s->code.at[i]) && s->code.at[i].label == label;
    return n;
}

/* Whether instruction i has this form. */
static bool is_form(const struct seq_program *s, unsigned i, enum seq_op op)
{
    return i < s->code.n && s->code.at[i].op == op;
}

/* A choice that may leave a word as it is: jump L1; ld a; jmp L2; L1: ld d; L2: st d -- if nothing wants it in A. */
static bool drop_kept(struct seq_program *s)
{
    seq_code left = {0};
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        VEC_PUSH(s->p->arena, &left, *c);
        const bool form = is_form(s, i, SEQ_LD) && is_form(s, i + 1, SEQ_JMP) &&
                          is_form(s, i + 2, SEQ_LABEL) && is_form(s, i + 3, SEQ_LD) &&
                          is_form(s, i + 4, SEQ_LABEL) && is_form(s, i + 5, SEQ_ST) &&
                          is_form(s, i + 6, SEQ_LD);
        if (!form || c[1].label != c[4].label || c[3].mode != SEQ_MEMORY || c[3].slot != c[5].slot ||
            c[5].slot->memory || jumps_to(s, c[4].label) != 1)
            continue;
        VEC_PUSH(s->p->arena, &left, c[5]);
        VEC_PUSH(s->p->arena, &left, c[2]);
        i += 5;
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

/* What A is known to hold: a number, and words of memory. */
struct known {
    bool is_number;
    unsigned number;
    struct seq_slot *slot[8];
    unsigned n;
};

static bool is_known(const struct known *a, const struct seq_instruction *c)
{
    if (c->mode == SEQ_IMMEDIATE)
        return a->is_number && a->number == c->number;
    for (unsigned i = 0; c->mode == SEQ_MEMORY && !c->slot->memory && i < a->n; i++)
        if (a->slot[i] == c->slot)
            return true;
    return false;
}

static void forget_slot(struct known *a, const struct seq_slot *slot)
{
    for (unsigned i = 0; i < a->n; i++)
        if (a->slot[i] == slot)
            a->slot[i--] = a->slot[--a->n];
}

static void learn(struct known *a, const struct seq_instruction *c)
{
    const bool keeps = c->op == SEQ_ST || c->op == SEQ_STX || seq_jumps(c) ||
                       (c->op == SEQ_DO && (c->action == SEQ_INDEX || c->action == SEQ_OUT));
    if (!keeps)
        *a = (struct known){0};
    if (c->op == SEQ_LD && c->mode == SEQ_IMMEDIATE) {
        a->is_number = true;
        a->number = c->number;
    }
    const bool has = (c->op == SEQ_ST || (c->op == SEQ_LD && c->mode == SEQ_MEMORY)) && !c->slot->memory;
    if (has)
        forget_slot(a, c->slot);
    if (has && a->n < 8)
        a->slot[a->n++] = c->slot;
}

/* Loads of what A holds, and stores of what is there. */
static bool drop_known(struct seq_program *s)
{
    seq_code left = {0};
    struct known a = {0};
    for (unsigned i = 0; i < s->code.n; i++) {
        const struct seq_instruction *c = &s->code.at[i];
        if ((c->op == SEQ_LD || c->op == SEQ_ST) && is_known(&a, c))
            continue;
        learn(&a, c);
        VEC_PUSH(s->p->arena, &left, *c);
    }
    const bool less = left.n < s->code.n;
    s->code = left;
    return less;
}

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
    static const enum seq_op opposite[] = {[SEQ_ADD] = SEQ_SUB,
                                           [SEQ_SUB] = SEQ_ADD,
                                           [SEQ_ADC] = SEQ_SBC,
                                           [SEQ_SBC] = SEQ_ADC};
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
    VEC_PUSH(s->p->arena, &s->pool,
             seq_new_slot(s, arena_printf(s->p->arena, "h%04x", number), 1));
    return s->pool.at[s->pool.n - 1];
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
    for (unsigned i = 0; i < s->pool.n; i++) {
        seq_number(s, SEQ_LD, s->pool_value.at[i] >> 8);
        seq_do(s, SEQ_SHL, 8);
        if (s->pool_value.at[i] & 0xff)
            seq_number(s, SEQ_OR, s->pool_value.at[i] & 0xff);
        seq_memory(s, SEQ_ST, s->pool.at[i]);
    }
    for (unsigned i = 0; i < rest.n; i++)
        VEC_PUSH(s->p->arena, &s->code, rest.at[i]);
}

static unsigned largest(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static void shorten(struct seq_program *s)
{
    while (thread_jumps(s) | drop_jumps(s) | turn_jumps(s) | drop_kept(s) | drop_unused(s) | drop_known(s) | drop_loads(s))
        ;
}

void seq_settle(struct seq_program *s)
{
    shorten(s);
    seq_join_copies(s);
    shorten(s);
    for (unsigned turn = 0; turn < 2; turn++) {
        place_slots(s);
        const unsigned instructions = place_labels(s);
        s->p->instructions = instructions;
        s->p->memory_words = s->memory_words;
        s->operand_bits = largest(largest(8, bit_length(s->memory_words - 1)),
                                  largest(bit_length(instructions - 1),
                                          s->ports.n ? bit_length(s->ports.n - 1) + 3 : 0));
        if (turn == 0)
            pool_numbers(s);
        drop_unused(s);
    }
}
