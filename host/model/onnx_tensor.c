/* onnx_tensor.c -- ONNX tensors as arrays of double. */
#include "onnx_import.h"

#include "lib/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ELEMS ((size_t)1 << 32)

static size_t elem_bytes(int32_t type)
{
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32: return 4;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT64: return 8;
    default: return 0;
    }
}

static size_t typed_elems(const Onnx__TensorProto *tensor)
{
    switch (tensor->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT: return tensor->n_float_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32: return tensor->n_int32_data;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE: return tensor->n_double_data;
    default: return tensor->n_int64_data;
    }
}

static double raw_element(const Onnx__TensorProto *tensor, size_t i)
{
    const size_t n_bytes = elem_bytes(tensor->data_type);
    const uint8_t *at = tensor->raw_data.data + i * n_bytes;
    uint64_t bits = 0;
    for (size_t byte = n_bytes; byte-- > 0;)
        bits = bits << 8 | at[byte];
    const uint32_t word = (uint32_t)bits;
    float single;
    double value;
    switch (tensor->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        memcpy(&single, &word, sizeof single);
        return (double)single;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE: memcpy(&value, &bits, sizeof value); return value;
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32: return (double)(int32_t)word;
    default: return (double)(int64_t)bits;
    }
}

static double typed_element(const Onnx__TensorProto *tensor, size_t i)
{
    switch (tensor->data_type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT: return (double)tensor->float_data[i];
    case ONNX__TENSOR_PROTO__DATA_TYPE__INT32: return (double)tensor->int32_data[i];
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE: return tensor->double_data[i];
    default: return (double)tensor->int64_data[i];
    }
}

/* Type, place of the data and shape; n_elems as the shape says. */
static int check_tensor(struct onnx_import *import, const Onnx__TensorProto *tensor,
                        struct onnx_constant *constant)
{
    struct eddy_context *context = import->context;
    const char *path = import->path, *name = onnx_text(tensor->name);
    if ((tensor->has_data_location &&
         tensor->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) ||
        tensor->n_external_data || tensor->segment)
        return eddy_fail(context, EDDY_ERROR_UNSUPPORTED,
                         "%s: tensor '%.80s': its data is in another file; save the model with its "
                         "weights inside",
                         path, name);
    if (elem_bytes(tensor->data_type) == 0)
        return eddy_fail(context, EDDY_ERROR_UNSUPPORTED,
                         "%s: tensor '%.80s': elements of ONNX type %d cannot be read; export in "
                         "float32",
                         path, name, (int)tensor->data_type);
    if (tensor->n_dims > ONNX_MAX_RANK)
        return eddy_fail(context, EDDY_ERROR_UNSUPPORTED,
                         "%s: tensor '%.80s' has %zu dimensions, at most %d are understood", path,
                         name, tensor->n_dims, ONNX_MAX_RANK);
    constant->rank = tensor->n_dims;
    constant->n_elems = 1;
    for (size_t i = 0; i < tensor->n_dims; i++) {
        const int64_t length = tensor->dims[i];
        if (length < 0 || (length == 0 && tensor->n_dims > 1) ||
            (length && constant->n_elems > MAX_ELEMS / (size_t)length))
            return eddy_fail(
                context, EDDY_ERROR_FORMAT,
                "%s: tensor '%.80s' has a dimension of length %lld; the file is damaged", path,
                name, (long long)length);
        constant->dims[i] = length;
        constant->n_elems *= (size_t)length;
    }
    return EDDY_OK;
}

int onnx_decode_tensor(struct onnx_import *import, const Onnx__TensorProto *tensor,
                       struct onnx_constant *constant)
{
    const char *path = import->path, *name = onnx_text(tensor->name);
    *constant = (struct onnx_constant){0};
    const int error = check_tensor(import, tensor, constant);
    if (error)
        return error;
    const bool raw = tensor->has_raw_data && tensor->raw_data.len > 0;
    const size_t n = constant->n_elems, width = elem_bytes(tensor->data_type);
    const size_t found = raw ? tensor->raw_data.len / width : typed_elems(tensor);
    if (found != n || (raw && tensor->raw_data.len % width) || (raw && typed_elems(tensor)))
        return eddy_fail(import->context, EDDY_ERROR_FORMAT,
                         "%s: tensor '%.80s' has %zu elements by its shape but %zu in the file; "
                         "export it again",
                         path, name, n, found);
    double *values = calloc(n + 1, sizeof *values);
    if (!values)
        return eddy_fail(import->context, EDDY_ERROR_MEMORY, "%s: out of memory for tensor '%.80s'",
                         path, name);
    for (size_t i = 0; i < n; i++) {
        values[i] = raw ? raw_element(tensor, i) : typed_element(tensor, i);
        if (!isfinite((float)values[i])) {
            const double value = values[i];
            free(values);
            return eddy_fail(import->context, EDDY_ERROR_RANGE,
                             "%s: tensor '%.80s'[%zu] is %g, not a finite float32; train or export "
                             "it again",
                             path, name, i, value);
        }
    }
    constant->values = values;
    constant->integer = tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32 ||
                        tensor->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
    return EDDY_OK;
}
