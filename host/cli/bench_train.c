/* bench_train.c -- eddy bench --train: how fast a stack learns on this machine, beside what the
 * same cores reach in the multiplication of large matrices. */
#include "bench.h"
#include "train/train.h"

#include <cblas.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { SGEMM_SIZE = 2048, SGEMM_RUNS = 4, WARMUP_BATCHES = 3, MIN_BATCHES = 9, MAX_BATCHES = 2000 };
static const double MEASURE_SECONDS = 2;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The best of some runs, GFLOP/s; 0 when out of memory. */
static double measure_sgemm(size_t threads)
{
    const size_t n = SGEMM_SIZE, elems = n * n;
    const int before = openblas_get_num_threads();
    double best = 0;
    float *const a = malloc(3 * elems * sizeof *a);
    if (!a)
        return 0;
    for (size_t i = 0; i < 3 * elems; i++)
        a[i] = (float)(i % 17) - 8;
    openblas_set_num_threads((int)threads);
    for (size_t i = 0; i < SGEMM_RUNS; i++) {
        const double begin = now();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)n, (int)n, 1, a, (int)n,
                    a + elems, (int)n, 0, a + 2 * elems, (int)n);
        const double rate = 2e-9 * (double)n * (double)elems / (now() - begin);
        best = rate > best ? rate : best;
    }
    openblas_set_num_threads(before);
    free(a);
    return best;
}

struct clock {
    const struct options *options;
    double seconds[MAX_BATCHES]; /* of each batch after the warm-up */
    size_t n;
    double begin, last;
};

static int note_batch(void *arg, const struct eddy_train_progress *progress)
{
    struct clock *const clock = arg;
    const double time = now();
    if (progress->batch > WARMUP_BATCHES)
        clock->seconds[clock->n++] = time - clock->last;
    else
        clock->begin = time;
    progress_show(clock->options, "eddy bench: batch %zu", progress->batch);
    clock->last = now();
    return clock->n == MAX_BATCHES ||
           (clock->n >= MIN_BATCHES && time - clock->begin > MEASURE_SECONDS);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Noise in, other noise out. */
static int make_dataset(struct eddy_context *context, const struct bench_options *o,
                        struct eddy_dataset **dataset)
{
    struct eddy_dataset_options options;
    struct eddy_table table = {0};
    const size_t columns = o->input + o->hidden, rows = 2 * o->shared.steps + 100;
    size_t *const numbers = malloc(columns * sizeof *numbers);
    int error = numbers ? data_make(NULL, columns, 0, rows, o->shared.seed, &table)
                        : refuse("out of memory");
    for (size_t i = 0; numbers && i < columns; i++)
        numbers[i] = i;
    eddy_dataset_options_init(&options);
    options.task = EDDY_TASK_COLUMNS;
    options.input_columns = numbers;
    options.n_inputs = o->input;
    options.target_columns = numbers ? numbers + o->input : NULL;
    options.n_targets = o->hidden;
    if (!error)
        error = eddy_dataset_create(context, &table, &options, dataset);
    eddy_table_free(&table);
    free(numbers);
    return error;
}

/* Of the matrix products of a batch: three for w (forward, its gradient, that of x but in the
 * lowest layer) and three for r, two operations a product. */
static double count_operations(const struct bench_options *o)
{
    const double rows = (double)(eddy_cell_gates(o->cell->shape.cell) * o->hidden);
    const double n_r = o->cell->shape.cell == EDDY_CELL_DENSE ? 0 : (double)o->hidden;
    const double vectors = (double)(o->batch * o->shared.steps);
    double columns = 0;
    for (size_t l = 0; l < o->layers; l++)
        columns += l == 0 ? 2 * (double)o->input + 3 * n_r : 3 * (double)o->hidden + 3 * n_r;
    return 2 * vectors * rows * columns;
}

static json_t *to_json(const struct bench_options *o, size_t threads, double sgemm,
                       const struct clock *clock)
{
    const double seconds = clock->seconds[clock->n / 2];
    const double gflops = 1e-9 * count_operations(o) / seconds;
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:f, s:f, s:f, s:f, s:f}",
                     "cell", o->cell->name, "input", (json_int_t)o->input, "hidden",
                     (json_int_t)o->hidden, "layers", (json_int_t)o->layers, "steps",
                     (json_int_t)o->shared.steps, "batch", (json_int_t)o->batch, "threads",
                     (json_int_t)threads, "blas_core", openblas_get_corename(), "batches",
                     (json_int_t)clock->n, "samples_per_s", (double)o->batch / seconds,
                     "steps_per_s", (double)(o->batch * o->shared.steps) / seconds, "gflops",
                     gflops, "sgemm_gflops", sgemm, "fraction_of_sgemm", gflops / sgemm);
}

static size_t choose_threads(const struct bench_options *o)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t threads = o->threads ? o->threads : processors > 0 ? (size_t)processors : 1;
    return threads < o->batch ? threads : o->batch;
}

int bench_train(struct eddy_context *context, const struct bench_options *o)
{
    struct eddy_layer_shape shapes[BENCH_LAYERS];
    struct eddy_train_options options;
    struct eddy_dataset *dataset = NULL;
    struct eddy_model *model = NULL;
    struct clock clock = {.options = &o->shared};
    eddy_train_options_init(&options);
    options.seed = o->shared.seed;
    options.batch = o->batch;
    options.steps = o->shared.steps;
    options.threads = choose_threads(o);
    options.batches = WARMUP_BATCHES + MAX_BATCHES;
    options.progress = note_batch;
    options.progress_arg = &clock;
    bench_shapes(o, shapes);
    double sgemm = measure_sgemm(options.threads);
    int error = sgemm > 0 ? make_dataset(context, o, &dataset) : refuse("out of memory");
    if (!error)
        error = eddy_train(context, dataset, o->layers, shapes, &options, &model);
    progress_end();
    if (!error) {
        const double after = measure_sgemm(options.threads);
        sgemm = after > sgemm ? after : sgemm;
        qsort(clock.seconds, clock.n, sizeof *clock.seconds, compare);
        error = bench_print(o, to_json(o, options.threads, sgemm, &clock));
    }
    eddy_model_free(model);
    eddy_dataset_free(dataset);
    return error;
}
