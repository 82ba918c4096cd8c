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

enum { ARRAYS = 4 };

static const char magic[8] = "eddyckp2";

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
    const size_t array_bytes = c->params_elems * sizeof(float);
    struct header header = {
        .run = c->run, .batch = c->batch, .params_elems = c->params_elems, .random = c->random};
    uint8_t *const bytes = malloc(sizeof header + ARRAYS * array_bytes);
    if (!bytes)
        return eddy_fail(context, EDDY_ERROR_MEMORY, "%s: out of memory", path);
    uint8_t *const arrays = bytes + sizeof header;
    memcpy(header.magic, magic, sizeof magic);
    memcpy(arrays, c->weights, array_bytes);
    memcpy(arrays + array_bytes, c->first_moment, array_bytes);
    memcpy(arrays + 2 * array_bytes, c->second_moment, array_bytes);
    memcpy(arrays + 3 * array_bytes, c->best, array_bytes);
    header.fingerprint = fingerprint_file(header, arrays, ARRAYS * array_bytes);
    memcpy(bytes, &header, sizeof header);
    const int error = file_write(context, path, bytes, sizeof header + ARRAYS * array_bytes);
    free(bytes);
    return error;
}

static int check(struct eddy_context *context, const char *path, const uint8_t *bytes,
                 size_t size_bytes, const struct eddy_checkpoint *c, struct header *header)
{
    const size_t array_bytes = c->params_elems * sizeof(float);
    if (size_bytes < sizeof *header || memcmp(bytes, magic, sizeof magic) != 0)
        return eddy_fail(context, EDDY_ERROR_FORMAT, "%s: not a checkpoint of a training", path);
    memcpy(header, bytes, sizeof *header);
    if (fingerprint_file(*header, bytes + sizeof *header, size_bytes - sizeof *header) !=
        header->fingerprint)
        return eddy_fail(context, EDDY_ERROR_FORMAT,
                         "%s: the checkpoint is damaged: remove it and begin anew", path);
    if (header->run != c->run || size_bytes != sizeof *header + ARRAYS * array_bytes)
        return eddy_fail(context, EDDY_ERROR_ARGUMENT,
                         "%s: the checkpoint is of a training with other data, layers or options: "
                         "give those, or begin anew with another file",
                         path);
    return EDDY_OK;
}

int eddy_checkpoint_read(struct eddy_context *context, const char *path, struct eddy_checkpoint *c)
{
    const size_t array_bytes = c->params_elems * sizeof(float);
    struct header header = {0};
    uint8_t *bytes = NULL;
    size_t size_bytes;
    int error = file_read(context, path, &bytes, &size_bytes);
    if (!error)
        error = check(context, path, bytes, size_bytes, c, &header);
    if (!error) {
        const uint8_t *const arrays = bytes + sizeof header;
        c->batch = header.batch;
        c->random = header.random;
        c->best_score = header.best_score;
        c->validations = header.validations;
        c->last_better = header.last_better;
        memcpy(c->weights, arrays, array_bytes);
        memcpy(c->first_moment, arrays + array_bytes, array_bytes);
        memcpy(c->second_moment, arrays + 2 * array_bytes, array_bytes);
        memcpy(c->best, arrays + 3 * array_bytes, array_bytes);
    }
    free(bytes);
    return error;
}
