/*
 * merge_tree -- the smallest of many sorted inputs, again and again.
 *
 * A tree of losers over the prefixes of the inputs' next rows; where they are
 * equal, full comparison, then input number (so merging is stable and does
 * not depend on timing).  First it is found out which rows come next, then
 * they are gathered column by column; strings stay where they are.
 */
#ifndef EXEC_MERGE_TREE_H
#define EXEC_MERGE_TREE_H

#include "base/arena.h"
#include "column/batch.h"
#include "column/builder.h"
#include "exec/row_order.h"

/* One sorted input.  fill gets the next batch and its key columns (dense
 * over the batch, which has no pick): 1, 0 at the end, < 0.  It also gives
 * the prefixes when it has them. */
struct cursor {
	int (*fill)(struct cursor *c, struct err *e);
	int number;
	struct batch b;
	struct column *key;             /* of the rows of b */
	uint64_t prefix[BATCH_ROWS];
	bool has_prefix;
	int at, end;                    /* rows of b still to give */
};

struct merge_node {
	uint64_t prefix;
	int input;                      /* a cursor's place, or n: none */
};

struct merge_tree {
	struct row_order order;
	struct cursor **cursor;         /* borrowed */
	int n;
	bool dry;                       /* the first one's batch is used up */
	struct merge_node *node;        /* [0]: the first; [1..n): losers */
	int32_t from[BATCH_ROWS];       /* rows of the next batch: input, row */
	int32_t row[BATCH_ROWS];
	uint64_t prefix[BATCH_ROWS];    /* of the rows given last */
	struct builder *nested;         /* of columns that are not flat */
	int bytes;                      /* first column of strings, -1: none */
	const struct type *const *type;
	int ncol;
	struct column *col;
	struct arena arena;
};

/* cursor[0..n) are borrowed; each is filled for the first time here. */
int  merge_tree_open(struct merge_tree *m, const struct row_order *order,
    const struct type *const *type, int ncol, struct cursor **cursor, int n,
    struct err *e);

/* The batch is valid until the next call; its strings are those of the
 * inputs' batches. */
int  merge_tree_next(struct merge_tree *m, struct batch *b, struct err *e);
void merge_tree_close(struct merge_tree *m);

#endif
