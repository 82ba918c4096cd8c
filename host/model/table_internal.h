/* table_internal.h -- the formats behind table.h. */
#ifndef EDDY_TABLE_INTERNAL_H
#define EDDY_TABLE_INTERNAL_H

#include "table.h"

/* Each parses a whole file in memory; `where` names it in messages. The table is empty on failure. */
int table_parse_csv(struct eddy_context *context, const char *where, const uint8_t *bytes,
                    size_t size_bytes, struct eddy_table *table);
int table_parse_npy(struct eddy_context *context, const char *where, const uint8_t *bytes,
                    size_t size_bytes, struct eddy_table *table);
bool table_is_npy(const uint8_t *bytes, size_t size_bytes);

/* Each makes a whole file in memory that the caller frees. EDDY_ERROR_MEMORY. */
int table_format_csv(struct eddy_context *context, const struct eddy_table *table, char **bytes,
                     size_t *size_bytes);
int table_format_npy(struct eddy_context *context, const struct eddy_table *table, char **bytes,
                     size_t *size_bytes);

#endif
