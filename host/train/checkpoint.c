#include "checkpoint.h"

#include "lib/context.h"
#include "lib/file.h"

#include <stdlib.h>
#include <string.h>

/* In the byte order of the machine, as the weights: a checkpoint goes on where it was made. */
struct header {
    char magic[8];
    uint64_t run, batch, params_elems;
    struct eddy_random random;
    double best_score;
    uint64_t validations, last_better;
    uint64_t fingerprint; /* of all of the file, this being 0 */
};

/* What follows the header. */
enum { ARRAYS = 6 };
struct array {
    void *values;
    size_t n_bytes;
};

static const char magic[8] = "eddyckp3";

static size_t list_arrays(const struct eddy_checkpoint *c, struct array arrays[ARRAYS])
{
    const size_t params_bytes = c->params_elems * sizeof(float);
    size_t n_bytes = 0;
    arrays[0] = (struct array){c->weights, params_bytes};
    arrays[1] = (struct array){c->first_moment, params_bytes};
    arrays[2] = (struct array){c->second_moment, params_bytes};
    arrays[3] = (struct array){c->best, params_bytes};
    arrays[4] = (struct array){c->states, c->states_elems * sizeof *c->states};
    arrays[5] = (struct array){c->formats, c->n_formats * sizeof *c->formats};
    for (size_t i = 0; i < ARRAYS; i++)
        n_bytes += arrays[i].n_bytes;
    return n_bytes;
}

uint64_t eddy_fingerprint(uint64_t before, const void *bytes, size_t n_bytes)
{
    const uint8_t *const byte = bytes;
    for (size_t i = 0; i < n_bytes; i++)
        before = (before ^ byte[i]) * UINT64_C(0x100000001b3);
    return before;
}

static uint64_t fingerprint_file(struct header header, const void *arrays, size_t n_bytes)
{
    header.fingerprint = 0;
    return eddy_fingerprint(eddy_fingerprint(EDDY_FINGERPRINT_EMPTY, &header, sizeof header),
                            arrays, n_bytes);
}

int eddy_checkpoint_write(struct eddy_context *context, const char *path,
                          const struct eddy_checkpoint *c)
{
    struct array arrays[ARRAYS];
    const size_t n_bytes = list_arrays(c, arrays);
    struct header header = {.run = c->run,
                            .batch = c->batch,
                            .params_elems = c->params_elems,
                            .random = c->random,
                            .best_score = c->best_score,
                            .validations = c->validations,
                            .last_better = c->last_better};
    uint8_t *const bytes = malloc(sizeof header + n_bytes);
    if (!bytes)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", path);
    memcpy(header.magic, magic, sizeof magic);
    uint8_t *to = bytes + sizeof header;
    for (size_t i = 0; i < ARRAYS; to += arrays[i++].n_bytes)
        if (arrays[i].n_bytes)
            memcpy(to, arrays[i].values, arrays[i].n_bytes);
    header.fingerprint = fingerprint_file(header, bytes + sizeof header, n_bytes);
    memcpy(bytes, &header, sizeof header);
    const int error = file_write(context, path, bytes, sizeof header + n_bytes);
    free(bytes);
    return error;
}

static int check(struct eddy_context *context, const char *path, const uint8_t *bytes,
                 size_t size_bytes, uint64_t run, size_t n_bytes, struct header *header)
{
    if (size_bytes < sizeof *header || memcmp(bytes, magic, sizeof magic) != 0)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: not a checkpoint of a training", path);
    memcpy(header, bytes, sizeof *header);
    if (fingerprint_file(*header, bytes + sizeof *header, size_bytes - sizeof *header) !=
        header->fingerprint)
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s: the checkpoint is damaged: remove it and begin anew", path);
    if (header->run != run || size_bytes != sizeof *header + n_bytes)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "%s: the checkpoint is of a training with other data, layers or options: "
                         "give those, or begin anew with another file",
                         path);
    return EDDY_OK;
}

int eddy_checkpoint_read(struct eddy_context *context, const char *path, struct eddy_checkpoint *c)
{
    struct array arrays[ARRAYS];
    const size_t n_bytes = list_arrays(c, arrays);
    struct header header = {0};
    uint8_t *bytes = NULL;
    size_t size_bytes;
    int error = file_read(context, path, &bytes, &size_bytes);
    if (!error)
        error = check(context, path, bytes, size_bytes, c->run, n_bytes, &header);
    if (!error) {
        const uint8_t *from = bytes + sizeof header;
        c->batch = header.batch;
        c->random = header.random;
        c->best_score = header.best_score;
        c->validations = header.validations;
        c->last_better = header.last_better;
        for (size_t i = 0; i < ARRAYS; from += arrays[i++].n_bytes)
            if (arrays[i].n_bytes)
                memcpy(arrays[i].values, from, arrays[i].n_bytes);
    }
    free(bytes);
    return error;
}
