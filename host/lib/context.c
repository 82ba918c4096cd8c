#include "context.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define EDDY_VERSION "0.1.0"

const char *eddy_version(void)
{
    return EDDY_VERSION;
}

const char *eddy_strerror(int error)
{
    switch (error) {
    case EDDY_OK: return "success";
    case EDDY_ERROR_ARGUMENT: return "invalid argument";
    case EDDY_ERROR_MEMORY: return "out of memory";
    case EDDY_ERROR_IO: return "input/output error";
    case EDDY_ERROR_FORMAT: return "malformed file";
    case EDDY_ERROR_UNSUPPORTED: return "not supported";
    case EDDY_ERROR_CAPACITY: return "does not fit the device";
    case EDDY_ERROR_SHAPE: return "wrong shape";
    case EDDY_ERROR_RANGE: return "number out of range";
    case EDDY_ERROR_DEVICE: return "device unavailable";
    case EDDY_ERROR_PROTOCOL: return "device protocol error";
    default: return "unknown error";
    }
}

int eddy_context_open(struct eddy_context **context)
{
    *context = calloc(1, sizeof **context);
    return *context ? EDDY_OK : EDDY_ERROR_MEMORY;
}

void eddy_context_close(struct eddy_context *context)
{
    free(context);
}

const char *eddy_last_error(const struct eddy_context *context)
{
    return context->last_error;
}

int eddy_fail(struct eddy_context *context, int error, const char *format, ...)
{
    if (!context)
        return error;
    va_list args;
    va_start(args, format);
    vsnprintf(context->last_error, sizeof context->last_error, format, args);
    va_end(args);
    return error;
}
