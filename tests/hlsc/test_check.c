/* test_check.c -- the checker of schedules against broken schedules: every node of every kernel is
 * moved by a few cycles, and intervals are shortened. Scheduler and checker share no code, and must
 * agree on each case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "check.h"
#include "schedule.h"
#include "share.h"
#include "tech.h"

struct session {
    struct arena arena;
    struct diag diag;
    struct options options;
    struct program p;
};

static void open_at(struct session *s, const char *top, double clock_ns)
{
    *s = (struct session){.options = {.family = "ice40", .top = top, .quiet = true}};
    s->options.source = arena_printf(&s->arena, "tests/hlsc/kernels/%s.c", top);
    VEC_PUSH(&s->arena, &s->options.includes, "hls");
    s->p = (struct program){.arena = &s->arena, .diag = &s->diag, .options = &s->options};
    s->p.tech = tech_find("ice40");
    s->options.clock_ns = clock_ns;
    s->p.context = LLVMContextCreate();
    if (setjmp(s->diag.escape))
        fail_msg("%s does not compile", top);
    compile_to_schedule(&s->p);
}

static void open_kernel(struct session *s, const char *top)
{
    open_at(s, top, 40); /* enough for the recurrences of them all */
}

static void close_kernel(struct session *s)
{
    LLVMDisposeModule(s->p.module);
    LLVMContextDispose(s->p.context);
    arena_free(&s->arena);
}

static bool may_move(const struct region *r, const struct node *n)
{
    return !ir_is_steady(n) && !(r->is_loop && (n->op == OP_READ || n->op == OP_EMPTY));
}

static void move_all(const char *top, double clock_ns, unsigned *moved, unsigned *caught)
{
    struct session s;
    open_at(&s, top, clock_ns);
    for (unsigned i = 0; i < s.p.regions.n; i++) {
        struct region *r = s.p.regions.at[i];
        assert_null(check_region(&s.p, r));
        for (unsigned k = 0; k < r->nodes.n; k++)
            for (int by = -3; by <= 3; by++) {
                struct node *n = r->nodes.at[k];
                if (by == 0 || !may_move(r, n) || n->cycle + by < 0)
                    continue;
                n->cycle += by;
                const bool legal = schedule_is_legal(&s.p, r);
                const char *reason = check_region(&s.p, r);
                if (legal != (reason == NULL))
                    fail_msg("%s: %s %%%u moved by %d: scheduler says %s, checker %s", top,
                             op_names[n->op], n->id, by, legal ? "legal" : "illegal",
                             reason ? reason : "nothing");
                *moved += 1;
                *caught += reason != NULL;
                n->cycle -= by;
            }
        schedule_is_legal(&s.p, r); /* arrivals as before */
    }
    close_kernel(&s);
}

static void moved_nodes(void **state)
{
    (void)state;
    static const char *const kernels[] = {"histogram", "scan",    "fir",   "rnn",
                                          "states",    "streams", "math64"};
    unsigned moved = 0, caught = 0;
    for (unsigned i = 0; i < sizeof kernels / sizeof *kernels; i++)
        move_all(kernels[i], 40, &moved, &caught);
    move_all("isqrt", 22, &moved, &caught); /* conditions that are kept for a way out */
    print_message("%u moves, %u of them illegal\n", moved, caught);
    assert_true(caught > 1000);
}

static struct region *loop_at(struct session *s, int ii)
{
    for (unsigned i = 0; i < s->p.regions.n; i++)
        if (s->p.regions.at[i]->is_loop && s->p.regions.at[i]->ii == ii)
            return s->p.regions.at[i];
    fail_msg("no loop with interval %d", ii);
    return NULL;
}

static void shorter_interval(void **state)
{
    (void)state;
    struct session s;
    open_kernel(&s, "histogram");
    struct region *r = loop_at(&s, 2);
    r->ii = 1; /* the load would come before the store of the iteration before */
    assert_non_null(check_region(&s.p, r));
    close_kernel(&s);
    open_kernel(&s, "scan");
    r = loop_at(&s, 4);
    r->ii = 2;
    assert_non_null(check_region(&s.p, r));
    close_kernel(&s);
}

static void withdrawn_promise(void **state)
{
    (void)state;
    struct session s;
    open_kernel(&s, "kept");
    struct region *r = loop_at(&s, 1);
    while (r->promises.n == 0)
        r = s.p.regions.at[r->id + 1];
    assert_null(check_region(&s.p, r));
    assert_true(r->promises.at[0].required > 1);
    r->promises.at[0].distance = r->promises.at[0].required - 1;
    assert_non_null(check_region(&s.p, r));
    close_kernel(&s);
}

static void late_read(void **state)
{
    (void)state;
    struct session s;
    open_kernel(&s, "fir");
    struct region *r = loop_at(&s, 1);
    for (unsigned i = 0; i < r->effects.n; i++)
        if (r->effects.at[i]->op == OP_READ)
            r->effects.at[i]->cycle = 1;
    assert_non_null(check_region(&s.p, r));
    close_kernel(&s);
}

/* Conditions that were kept from a cycle before are taken as they come. */
static void late_ways_out(void **state)
{
    (void)state;
    struct session s;
    unsigned kept = 0;
    open_at(&s, "isqrt", 22);
    for (unsigned i = 0; i < s.p.regions.n; i++) {
        struct region *r = s.p.regions.at[i];
        if (r->is_loop || r->edges.n < 2)
            continue;
        struct node *condition = r->edges.at[0].condition;
        if (ir_is_steady(condition) || condition->cycle == r->depth)
            continue;
        kept++;
        condition->cycle = r->depth;
        assert_non_null(check_region(&s.p, r));
    }
    assert_true(kept > 0);
    close_kernel(&s);
}

/* Two variables at a time are given one register that share_registers has kept apart. */
static void shared_registers(void **state)
{
    (void)state;
    static const char *const kernels[] = {"states", "streams", "search", "run_length", "aes_round"};
    unsigned shared = 0, forced = 0, caught = 0;
    for (unsigned t = 0; t < sizeof kernels / sizeof *kernels; t++) {
        struct session s;
        open_kernel(&s, kernels[t]);
        share_registers(&s.p);
        assert_null(check_registers(&s.p));
        for (unsigned i = 0; i < s.p.variables.n; i++) {
            struct variable *b = s.p.variables.at[i];
            shared += b->shares != NULL;
            for (unsigned k = 0; k < i && !b->shares; k++) {
                b->shares = s.p.variables.at[k]->shares ? NULL : s.p.variables.at[k];
                forced += b->shares != NULL;
                caught += b->shares && check_registers(&s.p);
                b->shares = NULL;
            }
        }
        close_kernel(&s);
    }
    print_message("%u variables share, %u of %u other pairs are refused\n", shared, caught, forced);
    assert_true(shared > 10);
    assert_true(caught > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moved_nodes),       cmocka_unit_test(shorter_interval),
        cmocka_unit_test(withdrawn_promise), cmocka_unit_test(late_read),
        cmocka_unit_test(late_ways_out),     cmocka_unit_test(shared_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
