/* eddy.h -- libeddy: recurrent networks on the Eddy accelerator.
 *
 *   eddy_context -> eddy_device -> eddy_program -> eddy_stream
 *
 * Every function returns 0 or a negative enum eddy_error, with its results in out-parameters, last. The
 * detail of the latest failure, with what to do about it, is eddy_last_error(). The library never prints, exits or
 * aborts. Every *_close and *_free takes NULL. One context and all that was made from it belong to one
 * thread at a time; different contexts are independent.
 */
#ifndef EDDY_EDDY_H
#define EDDY_EDDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EDDY_API __attribute__((visibility("default")))

enum eddy_error {
    EDDY_OK = 0,
    EDDY_ERROR_ARGUMENT = -1,    /* a parameter of the call makes no sense */
    EDDY_ERROR_MEMORY = -2,      /* out of memory */
    EDDY_ERROR_IO = -3,          /* a file cannot be read or written */
    EDDY_ERROR_FORMAT = -4,      /* a file is not what it should be */
    EDDY_ERROR_UNSUPPORTED = -5, /* a model needs what Eddy or the device does not have */
    EDDY_ERROR_CAPACITY = -6,    /* a model is too large for the device */
    EDDY_ERROR_SHAPE = -7,       /* data does not have the model's shape */
    EDDY_ERROR_RANGE = -8,       /* a number is not finite, or out of range */
    EDDY_ERROR_DEVICE = -9,      /* a device cannot be found or opened, or was lost */
    EDDY_ERROR_PROTOCOL = -10,   /* the device refused a packet, or its answer makes no sense */
};

struct eddy_context;
struct eddy_device;
struct eddy_model;
struct eddy_program;
struct eddy_stream;

EDDY_API const char *eddy_strerror(int error);
EDDY_API const char *eddy_version(void);

EDDY_API int eddy_context_open(struct eddy_context **context);
EDDY_API void eddy_context_close(struct eddy_context *context);
/* The latest failure of a call on this context, one line, or "" . Valid until the next failure. */
EDDY_API const char *eddy_last_error(const struct eddy_context *context);

#ifdef __cplusplus
}
#endif
#endif
