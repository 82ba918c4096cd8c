#include "optimise.h"

#include "real.h"

#include <math.h>

void eddy_train_options_init(struct eddy_train_options *options)
{
    *options = (struct eddy_train_options){
        .struct_size = sizeof *options,
        .loss = EDDY_LOSS_MSE,
        .seed = 1,
        .batches = 1000,
        .batch = 64,
        .threads = 1,
        .steps = 128,
        .learning_rate = 0.003,
        .final_learning_rate = 0.00003,
        .momentum = 0.9,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .clip_norm = 1,
        .block_rows = 1, /* as the device: each row has its own */
    };
}

const char *eddy_train_options_fault(const struct eddy_train_options *o)
{
    if (o->struct_size != sizeof *o)
        return "options of another version: call eddy_train_options_init()";
    if (o->batches == 0 || o->batch == 0)
        return "batches and batch must be at least 1";
    if (o->threads == 0 || o->threads > o->batch / (o->group ? o->group->size : 1))
        return "threads must be from 1 to batch: each needs a sequence";
    if (o->steps != 0 && o->warmup_steps >= o->steps)
        return "warmup_steps must be less than steps, or no step carries a loss";
    if (!(o->learning_rate > 0 && isfinite(o->learning_rate)) ||
        !(o->final_learning_rate >= 0 && isfinite(o->final_learning_rate)))
        return "learning_rate must be above 0, final_learning_rate at least 0";
    if (!(o->dropout >= 0 && o->dropout < 1))
        return "dropout must be from 0 to below 1";
    if (o->patience != 0 && o->validate_every == 0)
        return "patience needs validate_every";
    if (o->rise_batches >= o->batches)
        return "rise_batches must be less than batches";
    if (!(o->momentum >= 0 && o->momentum < 1))
        return "momentum must be from 0 to below 1";
    if (!(o->beta1 >= 0 && o->beta1 < 1 && o->beta2 >= 0 && o->beta2 < 1 && o->epsilon > 0))
        return "beta1 and beta2 must be from 0 to below 1, epsilon above 0";
    if (!(o->weight_decay >= 0 && isfinite(o->weight_decay)) || !(o->clip_norm >= 0))
        return "weight_decay and clip_norm must be at least 0";
    if (o->weight_bits != 0 && (o->weight_bits < 2 || o->weight_bits > 16 || o->block_rows == 0))
        return "weight_bits must be 0 (float) or 2 to 16, block_rows at least 1";
    if (o->fixed_point && o->weight_bits == 0)
        return "fixed_point needs weight_bits";
    if (!(o->round_from >= 0 && o->round_from <= 1))
        return "round_from must be from 0 to 1";
    return NULL;
}

double eddy_optimise_rate(const struct eddy_train_options *o, size_t done)
{
    const double rise = (double)o->rise_batches, at = (double)done;
    if (at < rise)
        return o->learning_rate * (at + 1) / (rise + 1);
    const double part = (at - rise) / ((double)o->batches - rise);
    const double fall = o->learning_rate - o->final_learning_rate;
    switch (o->schedule) {
    case EDDY_SCHEDULE_LINEAR: return o->learning_rate - fall * part;
    case EDDY_SCHEDULE_CONSTANT: return o->learning_rate;
    default: return o->final_learning_rate + fall * 0.5 * (1 + cos(3.141592653589793 * part));
    }
}

/* In eight sums, for wide registers. */
EDDY_VECTORS static double sum_squares(size_t n, const float *v)
{
    double sums[8] = {0}, sum = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            sums[k] += (double)v[i + k] * (double)v[i + k];
    for (; i < n; i++)
        sums[0] += (double)v[i] * (double)v[i];
    for (size_t k = 0; k < 8; k++)
        sum += sums[k];
    return sum;
}

double eddy_optimise_clip(double limit, size_t n, float *gradient)
{
    const double norm = sqrt(sum_squares(n, gradient));
    if (limit > 0 && norm > limit)
        for (size_t i = 0; i < n; i++)
            gradient[i] *= (float)(limit / norm);
    return norm;
}

/* Adam (https://arxiv.org/abs/1412.6980); batch counts from 1. */
EDDY_VECTORS static void step_adam(const struct eddy_train_options *o, const float *gradient,
                                   double rate, size_t batch, struct eddy_checkpoint *state)
{
    float *const m = state->first_moment, *const v = state->second_moment;
    const float beta1 = (float)o->beta1, beta2 = (float)o->beta2;
    const double unbias2 = 1 - pow(o->beta2, (double)batch);
    const float slope = (float)(rate * sqrt(unbias2) / (1 - pow(o->beta1, (double)batch)));
    const float epsilon = (float)(o->epsilon * sqrt(unbias2));
    const float keep = (float)(1 - rate * o->weight_decay);
    for (size_t i = 0; i < state->params_elems; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * gradient[i];
        v[i] = beta2 * v[i] + (1 - beta2) * gradient[i] * gradient[i];
        state->weights[i] = keep * state->weights[i] - slope * m[i] / (sqrtf(v[i]) + epsilon);
    }
}

/* Gradient descent with momentum, whose velocity stands in the first moment. */
EDDY_VECTORS static void step_sgd(const struct eddy_train_options *o, const float *gradient,
                                  double rate, struct eddy_checkpoint *state)
{
    float *const velocity = state->first_moment;
    const float momentum = (float)o->momentum, slope = (float)rate;
    const float keep = (float)(1 - rate * o->weight_decay);
    for (size_t i = 0; i < state->params_elems; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i];
        state->weights[i] = keep * state->weights[i] - slope * velocity[i];
    }
}

void eddy_optimise_step(const struct eddy_train_options *o, const float *gradient, double rate,
                        struct eddy_checkpoint *state)
{
    state->batch++;
    if (o->optimiser == EDDY_OPTIMISER_SGD)
        step_sgd(o, gradient, rate, state);
    else
        step_adam(o, gradient, rate, state->batch, state);
}
