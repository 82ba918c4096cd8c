/* passes.c -- the line of passes from the source to a schedule. */
#include <string.h>

#include "ir.h"

static void dump_if(const struct program *p, const char *pass)
{
    if (p->options->dump && strcmp(p->options->dump, pass) == 0)
        dump_program(p, pass, stdout);
}

void compile_to_schedule(struct program *p)
{
    front_compile(p);
    memory_collect(p);
    lower_program(p);
    live_mark(p);
    dump_if(p, "lower");
    width_analyse(p);
    dump_if(p, "width");
    schedule_program(p);
    dump_if(p, "schedule");
}
