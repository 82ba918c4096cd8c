/* spec_fields.h -- inside the training: the objects of a specification file, read by tables of their
 * keys. */
#ifndef EDDY_SPEC_FIELDS_H
#define EDDY_SPEC_FIELDS_H

#include "spec.h"

#include <jansson.h>

enum kind { KIND_TEXT, KIND_NUMBER, KIND_COUNT, KIND_BOOL, KIND_CHOICE, KIND_COLUMNS, KIND_NODE };

/* A key of an object and where its value goes. */
struct field {
    const char *key;
    enum kind kind;
    bool required;
    void *to;                   /* char *, double, size_t, bool, int, or json_t * borrowed */
    double min, max;            /* of numbers and counts */
    const char *const *choices; /* NULL-terminated: the index is stored */
};

struct reader {
    struct eddy_context *context;
    struct eddy_spec *spec;
    char where[96]; /* path of the object being read, with the final point, or "" */
};

/* Records file, key and what is wrong with it; key "" stands for the object. Returns
 * EDDY_ERROR_FORMAT. */
int spec_refuse(const struct reader *reader, const char *key, const char *what);
/* Reads an object by its fields (ended by one without key): nothing unknown, nothing required
 * missing. Returns 0, EDDY_ERROR_FORMAT or EDDY_ERROR_MEMORY. */
int spec_read_object(const struct reader *reader, json_t *object, const struct field *fields);

#endif
