/* main.c -- ecg: how well the next sample of an electrocardiogram is predicted, and what it costs
 * on the device.
 *
 *   ecg SPEC.json DATA MODEL.onnx IMAGE16.eddy IMAGE8.eddy CLOCK_NS PLOT.csv
 *
 * The test part of the data goes through sim: and cpu: one sample at a time, as a monitor would
 * deliver it.
 */
#include "train/baseline.h"
#include "train/spec.h"

#include <eddy/eddy.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define AUTOREGRESSION_ORDER 32
#define SAMPLES_PER_SECOND 360

/* A device with one stream on it. */
struct monitor {
    struct eddy_device *device;
    struct eddy_stream *stream;
};

static int monitor_open(struct eddy_context *context, const char *scheme,
                        const struct eddy_program *program, struct monitor *monitor)
{
    char uri[64];
    struct eddy_program_info info;
    eddy_program_get_info(program, &info);
    snprintf(uri, sizeof uri, "%s:preset=%s", scheme, info.preset);
    int error = eddy_device_open(context, uri, &monitor->device);
    if (!error)
        error = eddy_device_load(monitor->device, program);
    if (!error)
        error = eddy_stream_open(monitor->device, &monitor->stream);
    return error;
}

static void monitor_close(struct monitor *monitor)
{
    eddy_stream_close(monitor->stream);
    eddy_device_close(monitor->device);
}

/* What came of an image. */
struct outcome {
    size_t mismatches; /* predictions of sim: that differ from cpu: */
    double rmse;
    struct eddy_counters counters;
};

/* Streams samples (n), predicted (n): out, predicted[t] is the guess at samples[t + 1]. */
static int stream(struct eddy_context *context, const char *image, size_t n, const float *samples,
                  float *predicted, struct outcome *outcome)
{
    struct eddy_program *program = NULL;
    struct monitor sim = {0}, cpu = {0};
    double square = 0;
    *outcome = (struct outcome){0};
    int error = eddy_program_read(context, image, &program);
    if (!error)
        error = monitor_open(context, "sim", program, &sim);
    if (!error)
        error = monitor_open(context, "cpu", program, &cpu);
    for (size_t t = 0; t < n && !error; t++) {
        float expected = 0;
        error = eddy_stream_step(sim.stream, 1, &samples[t], &predicted[t]);
        if (!error)
            error = eddy_stream_step(cpu.stream, 1, &samples[t], &expected);
        outcome->mismatches += predicted[t] != expected;
        if (t + 1 < n)
            square += pow(predicted[t] - samples[t + 1], 2);
    }
    outcome->rmse = sqrt(square / (double)(n - 1));
    if (!error)
        eddy_stream_get_counters(sim.stream, &outcome->counters);
    monitor_close(&sim);
    monitor_close(&cpu);
    eddy_program_free(program);
    return error;
}

static void print_row(const char *name, double rmse)
{
    printf("  %-34s %.5f\n", name, rmse);
}

static void print_outcome(const char *name, const struct outcome *o, double float_rmse)
{
    printf("  %-34s %.5f  %+.2f %% of float; ", name, o->rmse, 100 * (o->rmse / float_rmse - 1));
    if (o->mismatches)
        printf("%zu samples DIFFER from cpu:\n", o->mismatches);
    else
        printf("equal to cpu: bit for bit\n");
}

/* Seconds, sample, prediction of it, prediction by linear extrapolation. */
static bool write_plot(const char *path, size_t n, const float *samples, const float *predicted)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    for (size_t t = 2; t < n; t++)
        fprintf(file, "%.6f,%.4f,%.5f,%.4f\n", (double)t / SAMPLES_PER_SECOND, samples[t],
                predicted[t - 1], 2 * samples[t - 1] - samples[t - 2]);
    return fclose(file) == 0;
}

/* The promises of the demonstration. Prints what is broken. */
static bool keeps(const struct outcome *o, const struct eddy_baselines *b, double float_rmse,
                  double tolerance, const char *name)
{
    const bool beats =
        o->rmse < b->persistence && o->rmse < b->linear && o->rmse < b->autoregression;
    const bool close = o->rmse <= float_rmse * (1 + tolerance);
    if (!beats)
        fprintf(stderr, "ecg: %s does not beat every baseline\n", name);
    if (!close)
        fprintf(stderr, "ecg: %s is more than %.0f %% worse than float\n", name, 100 * tolerance);
    if (o->mismatches)
        fprintf(stderr, "ecg: %s differs from cpu:\n", name);
    return beats && close && !o->mismatches;
}

static bool report(const struct eddy_baselines *b, const struct eddy_evaluation *reference,
                   const struct outcome *bits16, const struct outcome *bits8, double clock_ns)
{
    const double cycles = (double)bits16->counters.cycles / (double)bits16->counters.steps;
    printf("\nThe next sample of an electrocardiogram: %zu test samples at %d Hz\n\n"
           "  %-34s RMSE in mV\n",
           reference->samples, SAMPLES_PER_SECOND, "");
    print_row("persistence (the sample before)", b->persistence);
    print_row("linear extrapolation", b->linear);
    print_row("autoregression of order 32", b->autoregression);
    print_row("network in float", reference->rmse);
    print_outcome("network on sim:, 16-bit weights", bits16, reference->rmse);
    print_outcome("network on sim:, 8-bit weights", bits8, reference->rmse);
    printf(
        "\nA step costs %.0f cycles: %.1f microseconds at %.1f MHz, the clock that hlsc scheduled "
        "the\nengine for. The next sample comes after %.0f microseconds.\n",
        cycles, cycles * clock_ns / 1000, 1000 / clock_ns, 1e6 / SAMPLES_PER_SECOND);
    return keeps(bits16, b, reference->rmse, 0.01, "16-bit") &
           keeps(bits8, b, reference->rmse, 0.05, "8-bit");
}

int main(int argc, char **argv)
{
    if (argc != 8) {
        fputs("usage: ecg SPEC.json DATA MODEL.onnx IMAGE16.eddy IMAGE8.eddy CLOCK_NS PLOT.csv\n",
              stderr);
        return 2;
    }
    struct eddy_context *context;
    struct eddy_spec *spec = NULL;
    struct eddy_dataset *dataset = NULL;
    struct eddy_model *model = NULL;
    struct eddy_table table = {0};
    struct eddy_baselines baselines;
    struct eddy_evaluation reference;
    struct outcome bits16, bits8;
    float *predicted = NULL;
    bool kept = false;
    if (eddy_context_open(&context))
        return EXIT_FAILURE;
    int error = eddy_spec_read(context, argv[1], &spec);
    if (!error)
        error = eddy_spec_dataset(context, spec, argv[2], &table, &dataset);
    if (!error)
        error = eddy_model_read_onnx(context, argv[3], &model);
    if (!error)
        error = eddy_evaluate(context, model, dataset, dataset->test, &reference);
    if (!error) {
        const size_t n = dataset->n_test_rows, n_train = table.n_rows - n;
        error = eddy_baselines_measure(context, &table, n_train, AUTOREGRESSION_ORDER, &baselines);
        predicted = malloc(n * sizeof *predicted);
        if (!error && predicted)
            error = stream(context, argv[5], n, table.values + n_train, predicted, &bits8);
        if (!error && predicted)
            error = stream(context, argv[4], n, table.values + n_train, predicted, &bits16);
        if (!error && predicted)
            kept = report(&baselines, &reference, &bits16, &bits8, atof(argv[6])) &&
                   write_plot(argv[7], n, table.values + n_train, predicted);
    }
    if (error)
        fprintf(stderr, "ecg: %s\n", eddy_last_error(context));
    free(predicted);
    eddy_table_free(&table);
    eddy_model_free(model);
    eddy_dataset_free(dataset);
    eddy_spec_free(spec);
    eddy_context_close(context);
    return kept ? EXIT_SUCCESS : EXIT_FAILURE;
}
