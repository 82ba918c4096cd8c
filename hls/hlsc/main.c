/* main.c -- the command line of hlsc. */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "ir.h"
#include "output.h"
#include "seq.h"
#include "share.h"
#include "tech.h"

const char *argp_program_version = "hlsc 0.1";

enum {
    KEY_MULTIPLIERS = 254,
    KEY_PIPELINE,
    KEY_SEQUENCER,
    KEY_TOP,
    KEY_REPORT,
    KEY_CLOCK,
    KEY_UNCERTAINTY,
    KEY_FAMILY,
    KEY_DUMP
};

static const struct argp_option option_table[] = {
    {"top", KEY_TOP, "FUNCTION", 0, "the function that becomes the module", 0},
    {"output", 'o', "FILE", 0, "the Verilog file", 0},
    {"report", KEY_REPORT, "FILE", 0, "a report in JSON", 0},
    {"clock-ns", KEY_CLOCK, "NS", 0,
     "the period to schedule for (default 30 for ice40, 15 for ecp5)", 0},
    {"clock-uncertainty", KEY_UNCERTAINTY, "PERCENT", 0,
     "of the period left to routing where it costs no interval (default 8)", 0},
    {"family", KEY_FAMILY, "NAME", 0, "ice40 (default) or ecp5", 0},
    {"multipliers", KEY_MULTIPLIERS, "N", 0,
     "multiplier blocks to be had; the smallest products beyond them are made of LUTs", 0},
    {"pipeline", KEY_PIPELINE, NULL, 0,
     "pipeline and flatten loops that have no marker, where that is possible", 0},
    {"sequencer", KEY_SEQUENCER, NULL, 0,
     "a program for a small machine in place of states: slow, and small", 0},
    {"include", 'I', "DIR", 0, "as for the compiler", 0},
    {"define", 'D', "NAME=VALUE", 0, "as for the compiler", 0},
    {"dump", KEY_DUMP, "PASS", 0, "print the program after llvm, lower, width or schedule", 0},
    {"quiet", 'q', NULL, 0, "no summary", 0},
    {0}};

struct settings {
    struct options options;
    struct arena *arena;
};

static double real(const char *text)
{
    char *end;
    double v = strtod(text, &end);
    return end == text || *end || !isfinite(v) ? -1 : v;
}

static double positive(const char *text, struct argp_state *state, const char *option)
{
    double v = real(text);
    if (v <= 0)
        argp_error(state, "%s needs a positive number, not '%s'", option, text);
    return v;
}

static double percent(const char *text, struct argp_state *state, const char *option)
{
    double v = real(text);
    if (v < 0 || v > 50)
        argp_error(state, "%s needs a number from 0 to 50, not '%s'", option, text);
    return v;
}

static unsigned count(const char *text, struct argp_state *state, const char *option)
{
    char *end;
    unsigned long v = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || v > 1000000)
        argp_error(state, "%s needs a number from 0 to 1000000, not '%s'", option, text);
    return (unsigned)v;
}

static bool is_pass(const char *name)
{
    static const char *const passes[] = {"llvm", "lower", "width", "schedule"};
    for (unsigned i = 0; i < sizeof passes / sizeof *passes; i++)
        if (strcmp(passes[i], name) == 0)
            return true;
    return false;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct settings *s = state->input;
    struct options *o = &s->options;
    switch (key) {
    case KEY_TOP: o->top = arg; break;
    case 'o': o->output = arg; break;
    case KEY_REPORT: o->report = arg; break;
    case KEY_CLOCK: o->clock_ns = positive(arg, state, "--clock-ns"); break;
    case KEY_UNCERTAINTY: o->uncertainty = percent(arg, state, "--clock-uncertainty") / 100; break;
    case KEY_FAMILY: o->family = arg; break;
    case 'I': VEC_PUSH(s->arena, &o->includes, arg); break;
    case 'D': VEC_PUSH(s->arena, &o->defines, arg); break;
    case KEY_MULTIPLIERS: o->multipliers = count(arg, state, "--multipliers"); break;
    case KEY_PIPELINE: o->pipeline = true; break;
    case KEY_SEQUENCER: o->sequencer = true; break;
    case KEY_DUMP:
        o->dump = arg;
        if (!is_pass(arg))
            argp_error(state, "--dump knows llvm, lower, width and schedule, not '%s'", arg);
        break;
    case 'q': o->quiet = true; break;
    case ARGP_KEY_ARG:
        if (o->source)
            argp_error(state, "one source at a time");
        o->source = arg;
        break;
    case ARGP_KEY_END:
        if (!o->source || !o->top || !o->output)
            argp_error(state, "a source, --top and -o are needed");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* All that can refuse the program: it comes before there is anything to write. NULL: states, no sequencer. */
static struct seq_program *prepare(struct program *p)
{
    if (p->options->sequencer) {
        compile_to_widths(p);
        verilog_check_names(p);
        return seq_compile(p);
    }
    compile_to_schedule(p);
    share_registers(p);
    check_program(p);
    verilog_check_names(p);
    return NULL;
}

static void compile(struct program *p)
{
    struct seq_program *sequencer = prepare(p);
    struct arena_text *verilog = arena_open(p->arena), *json = arena_open(p->arena);
    if (sequencer)
        seq_verilog(sequencer, verilog->file);
    else
        verilog_emit(p, verilog->file);
    report_json(p, json->file);
    struct output outputs[] = {{.path = p->options->output, .content = arena_close(verilog)},
                               {.path = p->options->report, .content = arena_close(json)}};
    const char *failed = output_write(p->arena, outputs, p->options->report ? 2 : 1);
    if (failed)
        diag_fail(p->diag, (struct loc){0}, NULL, "cannot write '%s': %s", failed, strerror(errno));
    clock_warn(p);
    if (!p->options->quiet)
        report_human(p, stdout);
}

/* What would be overwritten or removed by mistake. */
static const char *clash(const struct options *o)
{
    if (output_is_same_file(o->source, o->output))
        return o->output;
    if (o->report &&
        (output_is_same_file(o->source, o->report) || strcmp(o->report, o->output) == 0))
        return o->report;
    return NULL;
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    struct settings settings = {.arena = &arena};
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error like any other */
    settings.options.family = "ice40";
    settings.options.multipliers = ~0u;
    settings.options.uncertainty = 0.08;
    const struct argp argp = {
        option_table, parse, "KERNEL.c", "hlsc -- compiles a C function to a Verilog module",
        NULL,         NULL,  NULL};
    argp_parse(&argp, argc, argv, 0, NULL, &settings);

    struct diag diag = {.source = settings.options.source};
    struct program p = {.arena = &arena, .diag = &diag, .options = &settings.options};
    p.tech = tech_find(settings.options.family);
    if (!p.tech) {
        fprintf(stderr, "hlsc: --family knows ice40 and ecp5, not '%s'\n", settings.options.family);
        return 1;
    }
    if (clash(&settings.options)) {
        fprintf(stderr, "hlsc: '%s' would be overwritten: name another file\n",
                clash(&settings.options));
        return 1;
    }
    if (settings.options.clock_ns == 0)
        settings.options.clock_ns = p.tech->clock_ns;
    p.context = LLVMContextCreate();
    int status = 0;
    if (setjmp(diag.escape) == 0) {
        compile(&p);
    } else {
        output_remove(settings.options.output); /* no stale results of an earlier run */
        output_remove(settings.options.report);
        status = 1;
    }
    if (p.module)
        LLVMDisposeModule(p.module);
    LLVMContextDispose(p.context);
    arena_free(&arena);
    return status;
}
