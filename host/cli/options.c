#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

size_t parse_count(struct argp_state *state, const char *option, const char *arg, size_t low,
                   size_t high)
{
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(arg, &end, 10);
    if (arg[0] < '0' || arg[0] > '9' || *end || errno || value < low || value > high)
        argp_error(state, "--%s %s: give a whole number from %zu to %zu", option, arg, low, high);
    return (size_t)value;
}

double parse_real(struct argp_state *state, const char *option, const char *arg)
{
    char *end;
    const double value = strtod(arg, &end);
    if (end == arg || *end || !isfinite(value))
        argp_error(state, "--%s %s: give a number", option, arg);
    return value;
}

error_t options_parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    switch (key) {
    case 'o': o->output = arg; break;
    case 'd': o->device = arg; break;
    case 'i': o->data = arg; break;
    case 'q': o->quiet = true; break;
    case KEY_NAME: o->data_name = arg; break;
    case KEY_SCALE: o->scale = parse_real(state, "scale", arg); break;
    case KEY_OFFSET: o->offset = parse_real(state, "offset", arg); break;
    case KEY_SKIP: o->skip = parse_count(state, "skip", arg, 0, SIZE_MAX); break;
    case KEY_ROWS: o->rows = parse_count(state, "rows", arg, 1, SIZE_MAX); break;
    case KEY_PRESET: o->preset = arg; break;
    case KEY_RESET_EACH: o->reset_each = parse_count(state, "reset-each", arg, 1, SIZE_MAX); break;
    case KEY_WEIGHT_BITS: o->weight_bits = parse_count(state, "weight-bits", arg, 1, 16); break;
    case KEY_STEPS: o->steps = parse_count(state, "steps", arg, 1, 100000000); break;
    case KEY_SEED: o->seed = parse_count(state, "seed", arg, 0, SIZE_MAX); break;
    case KEY_JSON: o->json = true; break;
    case ARGP_KEY_ARG:
        if (!o->expects)
            argp_error(state, "'%s' is one too many: only options are expected", arg);
        if (o->file)
            argp_error(state, "'%s' is one too many: one %s is expected", arg, o->expects);
        o->file = arg;
        break;
    case ARGP_KEY_END:
        if (o->expects && !o->file)
            argp_error(state, "%s is missing", o->expects);
        if (o->preset && o->weight_bits)
            argp_error(state, "give --preset or --weight-bits, not both");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}
