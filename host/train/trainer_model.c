/* trainer_model.c -- from what is trained to models, and what they say about formats. */
#include "lib/context.h"
#include "model/program.h"
#include "trainer.h"

#include <stdlib.h>
#include <string.h>

int eddy_trainer_store(const struct eddy_trainer *trainer, size_t first, size_t end,
                       struct eddy_model **model)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const int error = eddy_model_create(trainer->context, trainer->network->layers[first].size.n_in,
                                        end - first, trainer->stack.layers + first, model);
    if (error)
        return error;
    eddy_network_store(trainer->network, first, *model);
    if (first == 0) { /* a decoder reads what is not scaled */
        memcpy((*model)->in_scale, d->in_scale, d->n_inputs * sizeof(float));
        memcpy((*model)->in_offset, d->in_offset, d->n_inputs * sizeof(float));
    }
    if (end < trainer->stack.n_layers)
        return EDDY_OK;
    memcpy((*model)->out_scale, d->out_scale, d->n_outputs * sizeof(float));
    memcpy((*model)->out_offset, d->out_offset, d->n_outputs * sizeof(float));
    (*model)->residual = d->residual;
    (*model)->softmax = trainer->options->start && trainer->options->start->softmax;
    return EDDY_OK;
}

int eddy_trainer_store_models(const struct eddy_trainer *trainer, struct eddy_model *models[2])
{
    const size_t n_encoder = trainer->stack.n_encoder;
    int error = n_encoder ? eddy_trainer_store(trainer, 0, n_encoder, &models[0]) : EDDY_OK;
    if (!error)
        error = eddy_trainer_store(trainer, n_encoder, trainer->stack.n_layers, &models[1]);
    return error;
}

/* ---- formats of the device's numbers ---- */

/* As much of the training data as tells their limits: so many sequences, or samples of a recording. */
enum { STRETCHES = 100, SAMPLES = 2000 };

/* The formats that hold what a stretch of data needs, too. */
static int widen(const struct eddy_trainer *trainer, const struct eddy_model *model,
                 struct eddy_range stretch, struct program_layer *layers)
{
    const struct eddy_dataset *const d = trainer->dataset;
    const struct eddy_table data = {stretch.count < SAMPLES ? stretch.count : SAMPLES, d->n_inputs,
                                    d->raw + stretch.first * d->n_inputs};
    const struct eddy_compile_options options = {.struct_size = sizeof options,
                                                 .calibration = &data,
                                                 .largest = model->n_encoder > 0,
                                                 .feedback = model->n_encoder > 0};
    struct eddy_cell_format *const formats = trainer->state.formats;
    const int error = program_formats(trainer->context, model, &options,
                                      trainer->options->weight_bits > 8 ? 16 : 8, layers);
    for (size_t i = 0; i < model->n_layers && !error; i++) {
        const struct program_layer *const layer = &layers[i];
        struct eddy_cell_format *const format = &formats[i];
        format->in = layer->in_fraction_bits < format->in ? layer->in_fraction_bits : format->in;
        format->out =
            layer->out_fraction_bits < format->out ? layer->out_fraction_bits : format->out;
        format->cell =
            layer->cell_fraction_bits < format->cell ? layer->cell_fraction_bits : format->cell;
    }
    return error;
}

static int observe(const struct eddy_trainer *trainer, const struct eddy_model *model)
{
    const struct eddy_dataset *const d = trainer->dataset;
    struct program_layer *const layers = calloc(model->n_layers, sizeof *layers);
    struct eddy_range s = {0};
    int error = layers ? EDDY_OK
                       : eddy_fail(trainer->context, EDDY_ERROR_MEMORY,
                                   "out of memory for the formats of the device");
    for (size_t i = 0; i < model->n_layers; i++)
        trainer->state.formats[i] = (struct eddy_cell_format){INT8_MAX, INT8_MAX, INT8_MAX};
    for (size_t n = 0; n < STRETCHES && !error; n++) {
        s = eddy_dataset_stretch(d, d->train, s.first + s.count);
        if (s.count == 0)
            break;
        error = widen(trainer, model, s, layers);
    }
    free(layers);
    return error;
}

int eddy_trainer_calibrate(struct eddy_trainer *trainer)
{
    struct eddy_model *models[2] = {NULL, NULL}, *both = NULL;
    int error = eddy_trainer_store_models(trainer, models);
    if (!error && models[0])
        error = eddy_model_join(trainer->context, models[0], models[1], &both);
    if (!error)
        error = observe(trainer, both ? both : models[1]);
    eddy_model_free(models[0]);
    eddy_model_free(models[1]);
    eddy_model_free(both);
    return error;
}
