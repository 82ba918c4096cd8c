#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLOAT_URI "float:"

static size_t units_of_layers(const struct eddy_model *model)
{
    size_t units = 0;
    for (size_t l = 0; l < model->n_layers; l++)
        units += model->layers[l].n_out;
    return units;
}

static int open_float(const char *uri, const char *file, const char *decoder, struct runner *r)
{
    if (strcmp(uri, FLOAT_URI) != 0)
        return refuse("device URI: no option '%s'; float: has none", uri + strlen(FLOAT_URI));
    const int error = model_read(r->context, file, decoder, &r->model);
    if (error)
        return error;
    r->inputs = eddy_model_inputs(r->model);
    r->translates = decoder != NULL;
    r->outputs = r->translates || r->flags & RUN_LARGEST ? 1
                 : r->flags & RUN_ALL_LAYERS             ? units_of_layers(r->model)
                                                         : eddy_model_outputs(r->model);
    r->tokens = eddy_model_tokens(r->model);
    r->causal = eddy_model_is_causal(r->model);
    r->state = malloc((eddy_model_state_elems(r->model) + 1) * sizeof *r->state);
    return r->state ? runner_reset(r) : refuse("out of memory");
}

static int open_device(const char *uri, const char *file, const char *decoder, struct runner *r)
{
    struct eddy_program_info info;
    if (decoder)
        return refuse("--decoder is for float:; a device needs an image compiled with it");
    const int error = eddy_program_read(r->context, file, &r->program);
    if (error)
        return error;
    eddy_program_get_info(r->program, &info);
    r->inputs = info.inputs;
    r->outputs = r->flags & RUN_ALL_LAYERS ? info.answers : info.outputs;
    r->tokens = info.tokens;
    r->causal = info.causal;
    r->translates = info.decoder_tokens;
    if (r->flags & RUN_ALL_LAYERS && !info.all_layers)
        return refuse("%s answers its last layer only; compile it with --all-layers", file);
    return session_open(r->context, uri, r->program, &r->session);
}

int runner_open(struct eddy_context *context, const char *uri, const char *file,
                const char *decoder, unsigned flags, struct runner *runner)
{
    *runner = (struct runner){.context = context, .flags = flags};
    const bool is_float = strncmp(uri, FLOAT_URI, strlen(FLOAT_URI)) == 0;
    int error = (is_float ? open_float : open_device)(uri, file, decoder, runner);
    if (!error && flags & RUN_ALL_LAYERS && !runner->causal)
        error = refuse("--all-layers: the layers of a model that needs whole sequences do not "
                       "answer the same steps; use eddy check");
    if (error)
        runner_close(runner);
    return error;
}

void runner_close(struct runner *runner)
{
    session_close(&runner->session);
    eddy_program_free(runner->program);
    eddy_model_free(runner->model);
    free(runner->state);
    free(runner->fed_back);
    *runner = (struct runner){0};
}

int runner_reset(struct runner *runner)
{
    if (!runner->model)
        return eddy_stream_reset(runner->session.stream);
    eddy_model_initial_state(runner->model, runner->state);
    return EDDY_OK;
}

/* ---- every layer ---- */

/* The outputs of layers, which come one layer after the other, side by side in rows of `width`. */
struct layers {
    const struct eddy_program *program; /* of fixed point */
    float *y;
    size_t width, layer, n_out, offset, step;
};

static float *next_place(struct layers *p, size_t layer, size_t n_out)
{
    if (layer != p->layer) {
        p->offset += p->n_out;
        p->step = 0;
    }
    p->layer = layer;
    p->n_out = n_out;
    return p->y + p->step++ * p->width + p->offset;
}

static void place_float(void *user, size_t layer, size_t n_out, const float *y)
{
    memcpy(next_place(user, layer, n_out), y, n_out * sizeof *y);
}

static void place_fixed(void *user, size_t layer, size_t n_steps, size_t n_out, const int16_t *y)
{
    struct layers *p = user;
    struct eddy_program_info info;
    struct eddy_layer_format format;
    eddy_program_get_info(p->program, &info);
    eddy_program_get_format(p->program, layer, &format);
    const int bits = info.largest && layer + 1 == info.layers ? 0 : format.out_fraction_bits;
    for (size_t t = 0; t < n_steps; t++, y += n_out) {
        float *to = next_place(p, layer, n_out);
        for (size_t i = 0; i < n_out; i++)
            to[i] = ldexpf(y[i], -bits);
    }
}

static int step_layers(struct runner *r, size_t n_steps, const float *x, float *y)
{
    struct layers layers = {.program = r->program, .y = y, .width = r->outputs};
    int16_t *fixed = malloc(n_steps * r->inputs * sizeof *fixed);
    if (!fixed)
        return refuse("out of memory; use a smaller --chunk");
    for (size_t t = 0; t < n_steps; t++)
        eddy_program_quantise_input(r->program, x + t * r->inputs, fixed + t * r->inputs);
    const int error =
        eddy_stream_sequence_fixed(r->session.stream, n_steps, fixed, place_fixed, &layers);
    free(fixed);
    return error;
}

/* ---- in float ---- */

static int run_float(struct runner *r, size_t n_steps, const float *x, float *y,
                     size_t *n_out_steps)
{
    const size_t n = eddy_model_outputs(r->model);
    struct layers layers = {.y = y, .width = r->outputs};
    const bool own = r->flags & (RUN_ALL_LAYERS | RUN_LARGEST);
    float *all = own ? malloc((n_steps * n + 1) * sizeof *all) : y;
    if (!all)
        return refuse("out of memory for %zu steps", n_steps);
    const int error =
        eddy_model_run_sequence(r->context, r->model, r->state, n_steps, x, all, n_out_steps,
                                r->flags & RUN_ALL_LAYERS ? place_float : NULL, &layers);
    for (size_t t = 0; !error && r->flags & RUN_LARGEST && t < *n_out_steps; t++)
        y[t] = (float)eddy_model_largest(all + t * n, n);
    if (own)
        free(all);
    return error;
}

/* Whether y can be the next x. */
static int check_feedback(const struct runner *r)
{
    const size_t n = eddy_model_outputs(r->model);
    const bool picks = r->flags & RUN_LARGEST;
    if (r->causal && (r->tokens ? picks && n <= r->tokens : !picks && n == r->inputs))
        return EDDY_OK;
    return refuse(
        "the outputs cannot be the next inputs: that takes a causal model with as many "
        "outputs as inputs, or, with --largest, an embedding with as many tokens as outputs");
}

static int generate_float(struct runner *r, size_t n_steps, const float *x, float *y)
{
    size_t n_out;
    int error = check_feedback(r);
    if (!error && !r->fed_back)
        r->fed_back = malloc(r->inputs * sizeof *r->fed_back);
    if (!error && !r->fed_back)
        return refuse("out of memory");
    if (!error && x)
        memcpy(r->fed_back, x, r->inputs * sizeof *x);
    for (size_t t = 0; t < n_steps && !error; t++, y += r->outputs) {
        error = run_float(r, 1, r->fed_back, y, &n_out);
        memcpy(r->fed_back, y, r->inputs * sizeof *y);
    }
    return error;
}

/* ---- steps ---- */

int runner_step(struct runner *runner, size_t n_steps, const float *x, float *y)
{
    size_t n_out;
    if (runner->model)
        return run_float(runner, n_steps, x, y, &n_out);
    return runner->flags & RUN_ALL_LAYERS ? step_layers(runner, n_steps, x, y)
                                          : eddy_stream_step(runner->session.stream, n_steps, x, y);
}

int runner_sequence(struct runner *runner, size_t n_steps, const float *x, float *y,
                    size_t *n_out_steps)
{
    return runner->model ? run_float(runner, n_steps, x, y, n_out_steps)
                         : eddy_stream_sequence(runner->session.stream, n_steps, x, y, n_out_steps);
}

int runner_generate(struct runner *runner, size_t n_steps, const float *x, float *y)
{
    return runner->model ? generate_float(runner, n_steps, x, y)
                         : eddy_stream_generate(runner->session.stream, n_steps, x, y);
}

int runner_translate(struct runner *runner, size_t n_source, const float *x, size_t start,
                     size_t n_steps, float *y)
{
    return runner->model
               ? eddy_model_translate(runner->context, runner->model, n_source, x, start, n_steps,
                                      y)
               : eddy_stream_translate(runner->session.stream, n_source, x, start, n_steps, y);
}
