/*
 * batch -- up to BATCH_ROWS rows, stored column by column.
 *
 * Column data is immutable once a batch has been handed on; operators
 * narrow a batch by picking rows, never by moving values.
 */
#ifndef COLUMN_BATCH_H
#define COLUMN_BATCH_H

#include <stdint.h>

#include "column/column.h"

struct batch {
	struct column *col;     /* ncol of them; owned by the maker */
	int            ncol;
	int            nrow;    /* rows stored, <= BATCH_ROWS */
	int            n;       /* rows picked */
	const int32_t *pick;    /* n row numbers ascending; NULL: 0..n, n = nrow
	                         * or less (batch_head) */
};

/* Physical row of picked row i. */
static inline int
batch_row(const struct batch *b, int i)
{
	return b->pick ? b->pick[i] : i;
}

/* Keeps only the n rows in pick (physical row numbers, ascending), which
 * must outlive the batch's use. */
void batch_pick(struct batch *b, const int32_t *pick, int n);

/* Keeps only the first n picked rows. */
void batch_head(struct batch *b, int n);

/* Drops the first n picked rows; the pick list goes to pick[BATCH_ROWS]. */
void batch_skip(struct batch *b, int n, int32_t *pick);

/* Verifies the invariants of a batch (row numbers, list bounds, types unless
 * NULL) by assert.  Builds with the address sanitizer do so with each batch
 * that an operator hands on. */
void batch_check(const struct batch *b, const struct type *const *types);

#endif
