/* seq_effect.c -- arrays, streams and scalars. */
#include "seq.h"

/* ---- arrays ---- */

static unsigned power_of_two(unsigned n)
{
    return n <= 1 ? 1 : 1u << bit_length(n - 1);
}

static unsigned words_of_bank(const struct memory *m, unsigned bank)
{
    return (m->bank[bank].width + 15) / 16;
}

unsigned seq_plane(const struct memory *m, unsigned bank, unsigned w)
{
    unsigned plane = w;
    for (unsigned b = 0; b < bank; b++)
        plane += words_of_bank(m, b);
    return plane * power_of_two(m->rows);
}

enum { MOST_WORDS = 1 << 14 };

struct seq_slot *seq_array_of(struct seq_program *s, const struct memory *m)
{
    struct seq_slot *array = map_get(&s->array_of, m);
    if (array)
        return array;
    const unsigned words =
        seq_plane(m, m->nbanks - 1, 0) / power_of_two(m->rows) + words_of_bank(m, m->nbanks - 1);
    if ((uint64_t)power_of_two(m->rows) * power_of_two(words) > MOST_WORDS)
        diag_fail(s->p->diag, m->loc, "leave --sequencer away",
                  "'%s' is too large for the memory of a sequencer", m->name);
    array = seq_new_slot(s, m->name, power_of_two(m->rows) * power_of_two(words));
    array->memory = m;
    map_put(s->p->arena, &s->array_of, m, array);
    return array;
}

/* X = the row, and the bank that a variable chooses. */
static void index_row(struct seq_program *s, const struct node *n)
{
    if (n->nargs > 3 && n->op == OP_STORE) {
        seq_word(s, SEQ_LD, n->arg[3], 0);
        seq_do(s, SEQ_SHL, bit_length(seq_plane(n->memory, 1, 0)) - 1);
        seq_word(s, SEQ_OR, n->arg[0], 0);
    } else {
        seq_word(s, SEQ_LD, n->arg[0], 0);
    }
    seq_do(s, SEQ_INDEX, 0);
}

static bool at_known_row(const struct node *n)
{
    return n->arg[0]->op == OP_CONST && (n->op == OP_LOAD || n->nargs <= 3);
}

static void access_word(struct seq_program *s, const struct node *n, unsigned w)
{
    struct seq_slot *array = seq_array_of(s, n->memory);
    const unsigned plane = seq_plane(n->memory, n->nargs > 3 ? 0 : n->bank, w);
    const bool stores = n->op == OP_STORE;
    if (at_known_row(n))
        seq_element(s, stores ? SEQ_ST : SEQ_LD, array,
                    plane + (unsigned)(n->arg[0]->value & (power_of_two(n->memory->rows) - 1)));
    else
        seq_indexed(s, stores ? SEQ_STX : SEQ_LD, array, plane);
}

static void load(struct seq_program *s, const struct node *n)
{
    if (!at_known_row(n))
        index_row(s, n);
    for (unsigned w = 0; w < SEQ_WORDS; w++)
        if (seq_has_word(s, n, w)) {
            access_word(s, n, w);
            seq_store(s, n, w);
        }
}

static void store(struct seq_program *s, const struct node *n)
{
    const struct bank *bank = &n->memory->bank[n->memory->partitioned ? 0 : n->bank];
    if (!at_known_row(n))
        index_row(s, n);
    for (unsigned w = 0; w < SEQ_WORDS; w++)
        if (seq_needed(s, bank) >> 16 * w & 0xffff) {
            seq_word(s, SEQ_LD, n->arg[1], w);
            access_word(s, n, w);
        }
}

/* ---- streams ---- */

static void read_stream(struct seq_program *s, const struct node *n)
{
    const unsigned words = n->stream->width / 16;
    for (unsigned w = 0; w < words; w++) {
        const bool last = w + 1 == words;
        if (!last && !seq_has_word(s, n, w))
            continue;
        seq_port(s, SEQ_IN, (struct seq_port){SEQ_PORT_STREAM, n->stream, NULL, w, last});
        if (seq_has_word(s, n, w))
            seq_store(s, n, w);
    }
}

static void write_stream(struct seq_program *s, const struct node *n)
{
    const unsigned words = n->stream->width / 16;
    for (unsigned w = 0; w < words; w++) {
        const bool last = w + 1 == words;
        seq_word(s, SEQ_LD, n->arg[0], w);
        seq_port(s, SEQ_OUT,
                 last ? (struct seq_port){SEQ_PORT_STREAM, n->stream, NULL, w, true}
                      : (struct seq_port){.kind = SEQ_PORT_HOLD});
    }
}

static void take_port(struct seq_program *s, const struct node *n, enum seq_port_kind kind)
{
    for (unsigned w = 0; w < SEQ_WORDS; w++)
        if (seq_has_word(s, n, w)) {
            seq_port(s, SEQ_IN, (struct seq_port){kind, n->stream, n->name, w, false});
            seq_store(s, n, w);
        }
}

static const struct node *condition_of(const struct node *n)
{
    return n->op == OP_READ    ? n->arg[0]
           : n->op == OP_WRITE ? n->arg[1]
           : n->op == OP_STORE ? n->arg[2]
                               : NULL;
}

void seq_effect(struct seq_program *s, const struct node *n)
{
    const struct node *condition = condition_of(n);
    struct seq_label *past = condition ? seq_new_label(s) : NULL;
    if (condition)
        seq_branch(s, condition, false, past);
    switch (n->op) {
    case OP_LOAD: load(s, n); break;
    case OP_STORE: store(s, n); break;
    case OP_READ: read_stream(s, n); break;
    case OP_WRITE: write_stream(s, n); break;
    case OP_EMPTY: take_port(s, n, SEQ_PORT_EMPTY); break;
    case OP_PARAM: take_port(s, n, SEQ_PORT_SCALAR); break;
    default:
        diag_fail(s->p->diag, n->loc, "leave --sequencer away",
                  "hls_clock() in a sequencer is not supported");
    }
    if (condition && condition->op != OP_CONST)
        seq_put_label(s, past);
}
