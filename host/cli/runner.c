#include "cli.h"

#include <stdlib.h>
#include <string.h>

#define FLOAT_URI "float:"

static int open_float(struct eddy_context *context, const char *uri, const char *file,
                      struct runner *r)
{
    if (strcmp(uri, FLOAT_URI) != 0)
        return refuse("device URI: no option '%s'; float: has none", uri + strlen(FLOAT_URI));
    int error = eddy_model_read_onnx(context, file, &r->model);
    if (error)
        return error;
    r->inputs = eddy_model_inputs(r->model);
    r->outputs = eddy_model_outputs(r->model);
    r->causal = eddy_model_is_causal(r->model);
    r->state = malloc((eddy_model_state_elems(r->model) + 1) * sizeof *r->state);
    return r->state ? runner_reset(r) : refuse("out of memory");
}

static int open_device(struct eddy_context *context, const char *uri, const char *file,
                       struct runner *r)
{
    struct eddy_program_info info;
    int error = eddy_program_read(context, file, &r->program);
    if (error)
        return error;
    eddy_program_get_info(r->program, &info);
    r->inputs = info.inputs;
    r->outputs = info.outputs;
    r->causal = info.causal;
    return session_open(context, uri, r->program, &r->session);
}

int runner_open(struct eddy_context *context, const char *uri, const char *file,
                struct runner *runner)
{
    *runner = (struct runner){.context = context};
    const bool is_float = strncmp(uri, FLOAT_URI, strlen(FLOAT_URI)) == 0;
    const int error = (is_float ? open_float : open_device)(context, uri, file, runner);
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
    *runner = (struct runner){0};
}

int runner_reset(struct runner *runner)
{
    if (!runner->model)
        return eddy_stream_reset(runner->session.stream);
    eddy_model_initial_state(runner->model, runner->state);
    return EDDY_OK;
}

int runner_step(struct runner *runner, size_t n_steps, const float *x, float *y)
{
    size_t n_out;
    return runner->model ? runner_sequence(runner, n_steps, x, y, &n_out)
                         : eddy_stream_step(runner->session.stream, n_steps, x, y);
}

int runner_sequence(struct runner *runner, size_t n_steps, const float *x, float *y,
                    size_t *n_out_steps)
{
    return runner->model ? eddy_model_run_sequence(runner->context, runner->model, runner->state,
                                                   n_steps, x, y, n_out_steps, NULL, NULL)
                         : eddy_stream_sequence(runner->session.stream, n_steps, x, y, n_out_steps);
}
