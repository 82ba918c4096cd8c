#include "backends/preset.h"
#include "cli.h"

#include <stdio.h>
#include <string.h>

int session_open(struct eddy_context *context, const char *uri, const struct eddy_program *program,
                 struct session *session)
{
    char full[512];
    struct eddy_program_info info;
    *session = (struct session){0};
    eddy_program_get_info(program, &info);
    const size_t length = strlen(uri);
    if (length && strchr(uri, ':') && !strstr(uri, "preset=") && length + 64 < sizeof full) {
        snprintf(full, sizeof full, "%s%spreset=%s", uri, uri[length - 1] == ':' ? "" : ",",
                 info.preset);
        uri = full;
    }
    int error = eddy_device_open(context, uri, &session->device);
    if (!error)
        error = eddy_device_load(session->device, program);
    if (!error)
        error = eddy_stream_open(session->device, &session->stream);
    if (error)
        session_close(session);
    return error;
}

void session_close(struct session *session)
{
    eddy_stream_close(session->stream);
    eddy_device_close(session->device);
    *session = (struct session){0};
}

int model_read(struct eddy_context *context, const char *file, const char *decoder,
               struct eddy_model **model)
{
    struct eddy_model *halves[2] = {NULL, NULL};
    if (!decoder)
        return eddy_model_read_onnx(context, file, model);
    int error = eddy_model_read_onnx(context, file, &halves[0]);
    if (!error)
        error = eddy_model_read_onnx(context, decoder, &halves[1]);
    if (!error)
        error = eddy_model_join(context, halves[0], halves[1], model);
    eddy_model_free(halves[0]);
    eddy_model_free(halves[1]);
    return error;
}

int preset_choose(const struct options *options, const char **preset)
{
    *preset = options->preset;
    if (!options->weight_bits)
        return EDDY_OK;
    for (size_t i = 0; i < eddy_preset_count(); i++) {
        *preset = eddy_preset_at(i)->name;
        if (eddy_preset_at(i)->weight_bits == options->weight_bits)
            return EDDY_OK;
    }
    return refuse(
        "no preset has %zu-bit weights; use --weight-bits 8 or 16: weights that learnt with fewer "
        "(eddy train --weight-bits) keep them there",
        options->weight_bits);
}
