/* seq_shift.c -- shifts over several words, and extension by the sign. */
#include "seq.h"

/* Whether some of the 16 bits may be set. */
static bool may_be_set(const struct seq_program *s, const struct node *n, unsigned w, unsigned mask)
{
    return w < SEQ_WORDS && (~seq_zero(s, n) >> 16 * w & mask) != 0;
}

/* A = word w of n, extended by its sign. */
static void load_extended(struct seq_program *s, const struct node *n, unsigned w)
{
    const unsigned top = seq_words(n) - 1, spare = (16 - n->width % 16) % 16;
    seq_word(s, SEQ_LD, n, w < top ? w : top);
    if (w < top)
        return;
    seq_do(s, SEQ_SHL, spare);
    seq_do(s, SEQ_SAR, w == top ? spare : 15);
}

void seq_extend(struct seq_program *s, const struct node *n)
{
    for (unsigned w = 0; w < SEQ_WORDS; w++)
        if (seq_has_word(s, n, w)) {
            if (seq_is_positive(s, n->arg[0]))
                seq_word(s, SEQ_LD, n->arg[0], w);
            else
                load_extended(s, n->arg[0], w);
            seq_store(s, n, w);
        }
}

/* ---- by a number of places ---- */

static void load_for(struct seq_program *s, const struct node *n, unsigned w, bool extends)
{
    if (extends)
        load_extended(s, n, w);
    else
        seq_word(s, SEQ_LD, n, w);
}

/* A = (word `low` of a >> right) | (word `low` + 1 << 16 - right), as far as they can be other than zero and are needed.
 * `low` is -1 for the lowest word of a shift to the left. */
static void joined(struct seq_program *s, const struct node *a, int low, unsigned right,
                   bool extends, unsigned needed)
{
    const unsigned left = 16 - right, lows = needed << right & 0xffff, highs = needed >> left;
    const bool from_low = low >= 0 && lows && (extends || may_be_set(s, a, (unsigned)low, lows));
    const bool from_high =
        right != 0 && highs && (extends || may_be_set(s, a, (unsigned)(low + 1), highs));
    struct seq_slot *part = from_low && from_high ? seq_new_slot(s, "part", 1) : NULL;
    if (from_low) {
        load_for(s, a, (unsigned)low, extends);
        seq_do(s, SEQ_SHR, right);
    }
    if (part)
        seq_memory(s, SEQ_ST, part);
    if (from_high) {
        load_for(s, a, (unsigned)(low + 1), extends);
        seq_do(s, SEQ_SHL, left);
    }
    if (part)
        seq_memory(s, SEQ_OR, part);
    if (!from_low && !from_high)
        seq_number(s, SEQ_LD, 0);
}

static void shift_by_number(struct seq_program *s, const struct node *n)
{
    const unsigned k = (unsigned)n->arg[1]->value;
    const bool extends = n->op == OP_ASHR && !seq_is_positive(s, n->arg[0]);
    for (unsigned w = 0; w < SEQ_WORDS; w++) {
        if (!seq_has_word(s, n, w))
            continue;
        const int places = n->op == OP_SHL ? 16 * (int)w - (int)k : 16 * (int)w + (int)k;
        const int low = places >= 0 ? places / 16 : -((15 - places) / 16);
        joined(s, n->arg[0], low, (unsigned)(places - 16 * low), extends,
               (unsigned)(seq_needed(s, n) >> 16 * w & 0xffff));
        seq_store(s, n, w);
    }
}

/* ---- by a variable ---- */

/* One word takes in what leaves its neighbour. */
static void shift_word(struct seq_program *s, struct seq_slot *word, struct seq_slot *neighbour,
                       enum seq_action action, unsigned places)
{
    seq_memory(s, SEQ_LD, word);
    seq_do(s, action, places);
    if (neighbour) {
        seq_memory(s, SEQ_ST, word);
        seq_memory(s, SEQ_LD, neighbour);
        seq_do(s, action == SEQ_SHL ? SEQ_SHR : SEQ_SHL, 16 - places);
        seq_memory(s, SEQ_OR, word);
    }
    seq_memory(s, SEQ_ST, word);
}

void seq_shift_slots(struct seq_program *s, struct seq_slot **slot, unsigned words,
                     enum seq_action action, unsigned places)
{
    for (unsigned i = 0; i < words; i++) {
        const unsigned w = action == SEQ_SHL ? words - 1 - i : i;
        const bool is_last = action == SEQ_SHL ? w == 0 : w + 1 == words;
        struct seq_slot *neighbour = is_last ? NULL : slot[action == SEQ_SHL ? w - 1 : w + 1];
        shift_word(s, slot[w], neighbour, is_last || action == SEQ_SHL ? action : SEQ_SHR, places);
    }
}

/* By whole words; those that become free are filled with A. */
static void move_slots(struct seq_program *s, struct seq_slot **slot, unsigned words,
                       enum seq_action action, unsigned by)
{
    struct seq_slot *fill = seq_new_slot(s, "fill", 1);
    seq_memory(s, SEQ_ST, fill);
    for (unsigned i = 0; i < words; i++) {
        const unsigned to = action == SEQ_SHL ? words - 1 - i : i;
        const bool is_there = action == SEQ_SHL ? to >= by : to + by < words;
        seq_memory(s, SEQ_LD, is_there ? slot[action == SEQ_SHL ? to - by : to + by] : fill);
        seq_memory(s, SEQ_ST, slot[to]);
    }
}

static void load_fill(struct seq_program *s, const struct seq_slot *top, enum seq_action action)
{
    seq_number(s, SEQ_LD, 0);
    if (action == SEQ_SAR) {
        seq_memory(s, SEQ_LD, (struct seq_slot *)top);
        seq_do(s, SEQ_SAR, 15);
    }
}

/* Bit by bit of the amount. */
static void shift_by_variable(struct seq_program *s, const struct node *n)
{
    const unsigned words = seq_words(n);
    const enum seq_action action = n->op == OP_SHL ? SEQ_SHL : n->op == OP_LSHR ? SEQ_SHR : SEQ_SAR;
    struct seq_slot *slot[SEQ_WORDS];
    for (unsigned w = 0; w < words; w++) {
        slot[w] = seq_new_slot(s, "shifted", 1);
        load_for(s, n->arg[0], w, action == SEQ_SAR);
        seq_memory(s, SEQ_ST, slot[w]);
    }
    for (unsigned k = 0; 1u << k < n->width; k++) {
        if (!may_be_set(s, n->arg[1], 0, 1u << k))
            continue;
        struct seq_label *past = seq_new_label(s);
        seq_word(s, SEQ_LD, n->arg[1], 0);
        seq_number(s, SEQ_AND, 1u << k);
        seq_jump(s, SEQ_JZ, past);
        if (k < 4) {
            seq_shift_slots(s, slot, words, action, 1u << k);
        } else {
            load_fill(s, slot[words - 1], action);
            move_slots(s, slot, words, action, 1u << (k - 4));
        }
        seq_put_label(s, past);
    }
    seq_store_slots(s, n, slot, words);
}

void seq_shift(struct seq_program *s, const struct node *n)
{
    if (n->arg[1]->op == OP_CONST && n->arg[1]->value < n->width)
        shift_by_number(s, n);
    else
        shift_by_variable(s, n);
}
