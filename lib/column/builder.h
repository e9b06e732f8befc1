/*
 * builder -- a column that grows row by row or range by range, and owns its
 * memory: what readers fill and what keepers keep.
 *
 * Appending copies string bytes into the builder's heap (unless the source
 * column is COL_STABLE) and nested children into child builders.
 */
#ifndef COLUMN_BUILDER_H
#define COLUMN_BUILDER_H

#include "base/arena.h"
#include "column/column.h"

struct builder {
	const struct type *type;
	int64_t   n, cap;       /* rows used and allocated */
	int64_t   nnull;
	uint64_t *valid;        /* always there while cap > 0 */
	char     *data;
	struct arena heap;      /* string bytes */
	int       copied;       /* are there any? 0: all are stable or short */
	struct builder *kid;    /* type->nfield of them, or NULL */
};

void builder_init(struct builder *b, const struct type *t);
void builder_release(struct builder *b);
void builder_clear(struct builder *b);          /* keeps the memory */

/* Room for n more rows. */
void builder_reserve(struct builder *b, int64_t n);

/* Appends a null; the value of row i of c; rows pick[0..n) (NULL: 0..n). */
void builder_null(struct builder *b);
void builder_value(struct builder *b, const struct column *c, int64_t i);
void builder_rows(struct builder *b, const struct column *c,
    const int32_t *pick, int n);

/* Appends a string or binary value, bytes copied. */
void builder_bytes(struct builder *b, const char *p, size_t n);

/* Appends a fixed-width value of type_width() bytes. */
void builder_fixed(struct builder *b, const void *value);

/* Appends a list of the rows added to the kid(s) since the last list; or a
 * struct row after one row was added to each kid. */
void builder_list(struct builder *b);
void builder_struct(struct builder *b);

/* Bytes of memory held, for pools. */
int64_t builder_held(const struct builder *b);

/* A column over rows [from, from + n), from a multiple of 64, valid until
 * the builder changes; kids (memory for nested columns) come from the arena.
 * It is COL_STABLE when all that was appended was. */
void builder_column(const struct builder *b, int64_t from, int64_t n,
    struct column *out, struct arena *a);

#endif
