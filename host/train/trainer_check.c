/* trainer_check.c -- what a training refuses to begin with. */
#include "lib/context.h"
#include "optimise.h"
#include "trainer.h"

/* The next recurrent layer of [*i, end), or NULL. */
static const struct eddy_layer_shape *next_recurrent(const struct eddy_stack *stack, size_t *i,
                                                     size_t end)
{
    while (*i < end)
        if (eddy_cell_is_recurrent(stack->layers[(*i)++].cell))
            return &stack->layers[*i - 1];
    return NULL;
}

/* Why the decoder cannot go on where the encoder ends, or NULL. */
static const char *pair_fault(const struct eddy_stack *stack)
{
    size_t e = 0, d = stack->n_encoder;
    const struct eddy_layer_shape *from, *to;
    for (size_t i = d; i < stack->n_layers; i++)
        if (stack->layers[i].direction != EDDY_DIRECTION_FORWARD || stack->layers[i].last_only)
            return "the layers of the decoder are forward, and none is last_only";
    do {
        from = next_recurrent(stack, &e, stack->n_encoder);
        to = next_recurrent(stack, &d, stack->n_layers);
        if (!from != !to)
            return "encoder and decoder need as many recurrent layers";
        if (from && (from->cell != to->cell || from->n_out != to->n_out))
            return "the recurrent layers of encoder and decoder must be alike, one by one, in cell "
                   "and units";
        if (from && from->direction == EDDY_DIRECTION_BIDIRECTIONAL)
            return "the layers of the encoder are forward or reverse, not bidirectional";
    } while (from);
    return NULL;
}

int eddy_trainer_check(const struct eddy_trainer *trainer)
{
    struct eddy_context *const context = trainer->context;
    const struct eddy_dataset *const dataset = trainer->dataset;
    const struct eddy_stack *const stack = &trainer->stack;
    const struct eddy_train_options *const options = trainer->options;
    const char *const fault = eddy_train_options_fault(options);
    if (fault)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "training: %s", fault);
    if (stack->n_layers == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "the model needs at least one layer");
    if ((options->loss == EDDY_LOSS_CROSS_ENTROPY) != eddy_task_is_class(dataset->task))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the tasks \"class\" and \"next_token\" go with the loss "
                         "\"cross_entropy\", the other tasks with \"mse\"");
    if ((stack->n_encoder > 0) != (dataset->task == EDDY_TASK_TRANSLATE) ||
        stack->n_encoder >= stack->n_layers)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "the task \"translate\", and no other, needs an encoder and a decoder");
    const char *const unpaired = stack->n_encoder > 0 ? pair_fault(stack) : NULL;
    if (unpaired)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT, "%s", unpaired);
    const bool embeds = stack->layers[0].cell == EDDY_CELL_EMBEDDING;
    const bool decoder_embeds = stack->layers[stack->n_encoder].cell == EDDY_CELL_EMBEDDING;
    if (embeds != eddy_dataset_reads_tokens(dataset) || decoder_embeds != (dataset->n_tokens > 0))
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "an embedding reads tokens, and tokens need one as the first layer");
    const struct eddy_layer_shape *const last = &stack->layers[stack->n_layers - 1];
    const size_t n_out =
        last->direction == EDDY_DIRECTION_BIDIRECTIONAL ? 2 * last->n_out : last->n_out;
    if (n_out != dataset->n_outputs)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "the last layer has %zu units, the data needs %zu (%s)", n_out,
                         dataset->n_outputs,
                         dataset->labels ? "one for each class" : "one for each target");
    return EDDY_OK;
}

static int check_lengths(const struct eddy_trainer *trainer)
{
    struct eddy_context *const context = trainer->context;
    const struct eddy_sampler *const s = &trainer->sampler;
    const size_t count = trainer->dataset->train.count, warmup = trainer->options->warmup_steps;
    if (s->steps == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "training: steps must be at least 1: the data is one long recording");
    if (s->longest > s->steps)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "a sequence of the data has %zu steps, those of the training have %zu: "
                         "raise steps, or set it to 0 for the longest",
                         s->longest, s->steps);
    if (s->n_sequences > 0 && s->shortest <= warmup)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "a sequence of the data has %zu steps, and warmup_steps is %zu: lower it",
                         s->shortest, warmup);
    if (trainer->options->validate_every && trainer->dataset->validation.count == 0)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "validate_every needs a validation part of the data: set validation");
    if (s->n_sequences == 0 && s->steps > count)
        return eddy_fail(context, EDDY_ERROR_SHAPE,
                         "a sequence has %zu steps, the training part %zu samples: lower steps, or "
                         "bring more data",
                         s->steps, count);
    return EDDY_OK;
}

static int check_carry(const struct eddy_trainer *trainer)
{
    const struct eddy_train_options *const o = trainer->options;
    const size_t count = trainer->dataset->train.count;
    bool forward = true;
    for (size_t i = 0; i < trainer->stack.n_layers; i++)
        forward &= trainer->stack.layers[i].direction == EDDY_DIRECTION_FORWARD;
    if (!o->carry)
        return EDDY_OK;
    if (trainer->sampler.n_sequences || !forward)
        return eddy_fail(trainer->context, EDDY_ERROR_ARGUMENT,
                         "carry goes with one long recording and forward layers");
    if (count / o->batch < trainer->sampler.steps)
        return eddy_fail(
            trainer->context, EDDY_ERROR_SHAPE,
            "with carry each of the %zu sequences of a batch has a stretch of its own: "
            "of %zu samples that is less than %zu steps; lower batch or steps",
            o->batch, count, trainer->sampler.steps);
    return EDDY_OK;
}

int eddy_trainer_check_data(const struct eddy_trainer *trainer)
{
    const int error = check_lengths(trainer);
    return error ? error : check_carry(trainer);
}
