/* passes.c -- the line of passes from the source to a schedule. */
#include <string.h>

#include "ir.h"

static void dump_if(const struct program *p, const char *pass)
{
    if (p->options->dump && strcmp(p->options->dump, pass) == 0)
        dump_program(p, pass, stdout);
}

void compile_to_widths(struct program *p)
{
    front_compile(p);
    memory_collect(p);
    lower_program(p);
    live_mark(p);
    dump_if(p, "lower");
    width_analyse(p);
    dump_if(p, "width");
}

static void run_passes(struct program *p)
{
    compile_to_widths(p);
    products_prepare(p);
    schedule_program(p);
    dump_if(p, "schedule");
}

/* Forgets all of the program but what was learnt about its loops. */
static void start_again(struct program *p)
{
    struct program fresh = {.arena = p->arena,
                            .diag = p->diag,
                            .options = p->options,
                            .tech = p->tech,
                            .context = p->context};
    memcpy(&fresh.sequential, &p->sequential, sizeof fresh.sequential);
    if (p->module)
        LLVMDisposeModule(p->module);
    *p = fresh;
}

void compile_to_schedule(struct program *p)
{
    jmp_buf outer;
    memcpy(outer, p->diag->escape, sizeof outer);
    if (setjmp(p->diag->escape)) {
        if (!p->again) {
            memcpy(p->diag->escape, outer, sizeof outer);
            longjmp(p->diag->escape, 1);
        }
        start_again(p);
    }
    run_passes(p);
    memcpy(p->diag->escape, outer, sizeof outer);
}
