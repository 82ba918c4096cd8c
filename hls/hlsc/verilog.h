/* verilog.h -- what the parts of the Verilog emitter share. */
#ifndef HLSC_VERILOG_H
#define HLSC_VERILOG_H

#include "ir.h"
#include "schedule.h"

/* A declared signal, and which of its bits anything reads. */
struct net {
    const char *name;
    unsigned bits;
    bool is_signed;
    uint64_t used;
};

/* A use of a port: when, where, what. Conditions exclude each other. */
struct access {
    const char *when;
    const char *any_lane; /* when, whatever the lane; NULL if that is constant */
    const char *row, *data;
    const struct node *node;
    const struct region *region;
};
typedef VEC(struct access) access_vec;

struct bank_ports {
    access_vec reads, writes;
    struct net *word; /* what the read port shows */
};
struct memory_ports {
    struct bank_ports *bank;
};
struct stream_ports {
    access_vec reads, writes;
    int margin; /* words that may follow once the FIFO says it is full */
};

/* A register takes a value. Conditions of one register exclude each other. */
struct setting {
    const struct net *to;
    const char *when, *value;
};

struct name {
    const char *text;
    struct name *next; /* of the same hash */
    unsigned suffix;   /* of the next one that would have this name */
};

struct emitter {
    struct program *p;
    struct arena *arena;
    FILE *out;
    FILE *wires;   /* declarations and combinational logic */
    FILE *clocked; /* registers beside the state machine */
    FILE *updates; /* ends of loops, before it */
    FILE *cases;   /* the state machine */
    FILE *resets;
    VEC(struct net *) nets;
    struct map net_of; /* node to its net */
    struct map
        kept_of; /* node to its delayed copies (loops), or to the one that is kept (blocks) */
    struct map variable_net;
    struct map ports_of; /* memory to memory_ports, stream to stream_ports */
    VEC(struct setting) settings;
    const char *clock_starts; /* NULL: never */
    struct map names;         /* by their hash */
    unsigned state_bits;
    const char *idle; /* the state before start, NULL if the process starts by itself */
};

const char *text(struct emitter *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool is_reserved(const char *name);
bool is_taken(const struct emitter *e, const char *name);
struct name *take_name(struct emitter *e, const char *name);
/* A name that no other signal has. */
const char *unique_name(struct emitter *e, const char *wish);
struct net *new_net(struct emitter *e, const char *name, unsigned bits, bool is_signed);
const char *declaration(struct emitter *e, const char *kind, const struct net *net);
const char *sized(struct emitter *e, unsigned bits, uint64_t value);
/* net[high:low], with what lies above the top of the net filled up by its extension. */
const char *extended_slice(struct emitter *e, struct net *net, unsigned high, unsigned low);
const char *slice(struct emitter *e, struct net *net, unsigned high, unsigned low);

/* The net that holds n in the given cycle of r. */
struct net *net_at(struct emitter *e, struct region *r, struct node *n, int cycle);
/* The net to read v from, and the register that it may share with others, of at least its bits. */
struct net *net_of_variable(struct emitter *e, struct variable *v);
struct net *register_of_variable(struct emitter *e, struct variable *v);
/* n in the given cycle as an expression of exactly `bits` bits. */
const char *operand(struct emitter *e, struct region *r, struct node *n, int cycle, unsigned bits);
/* What n computes, n->bits wide. */
const char *expression(struct emitter *e, struct region *r, struct node *n);
/* The wires of a region, in order. */
void emit_nodes(struct emitter *e, struct region *r);

/* True in cycle `cycle` of r, when an iteration (or the block) really is there. */
const char *valid_at(struct emitter *e, const struct region *r, int cycle);
void collect_ports(struct emitter *e, struct region *r);

void set_register(struct emitter *e, const struct net *to, const char *when, const char *value);
void emit_register_stores(struct emitter *e, struct region *r, struct node *n, const char *when);
void emit_loop(struct emitter *e, struct region *r);
/* The whole module, if it does nothing but hand words on. */
bool emit_wires(struct emitter *e);
void emit_block(struct emitter *e, struct region *r);
/* Enters the region at the far end of the edge: sets its registers, and returns the statements for the state. */
const char *transition(struct emitter *e, struct region *r, struct edge *edge, int cycle,
                       const char *when);
const char *state_name(struct emitter *e, const struct region *r, int cycle);

/* Also for a sequencer. */
void verilog_port_list(struct emitter *e);
unsigned verilog_scalar_width(const struct program *p, const char *name);

void declare_memories(struct emitter *e);
void emit_memories(struct emitter *e);
void emit_streams(struct emitter *e);
void emit_promise_checks(struct emitter *e);

struct memory_ports *ports_of_memory(struct emitter *e, struct memory *m);
struct stream_ports *ports_of_stream(struct emitter *e, struct stream *s);

#endif
