/*
 * merge_tree -- the smallest of many sorted inputs, again and again: a
 * binary heap of cursors ordered by prefix, full comparison, input number
 * (so merging is stable and does not depend on timing).
 */
#ifndef EXEC_MERGE_TREE_H
#define EXEC_MERGE_TREE_H

#include "base/arena.h"
#include "column/batch.h"
#include "column/builder.h"
#include "exec/row_order.h"

/* One sorted input.  fill gets the next batch and its key columns (dense
 * over the batch, which has no pick): 1, 0 at the end, < 0. */
struct cursor {
	int (*fill)(struct cursor *c, struct err *e);
	int number;
	struct batch b;
	struct column *key;             /* of the rows of b */
	uint64_t prefix[BATCH_ROWS];
	int at, end;                    /* rows of b still to give */
};

struct merge_tree {
	struct row_order order;
	struct cursor **heap;
	int n;
	struct builder *out;            /* a batch being put together */
	int ncol;
	struct column *col;
	struct arena arena;
};

/* cursor[0..n) are borrowed; each is filled for the first time here. */
int  merge_tree_open(struct merge_tree *m, const struct row_order *order,
    const struct type *const *type, int ncol, struct cursor **cursor, int n,
    struct err *e);
int  merge_tree_next(struct merge_tree *m, struct batch *b, struct err *e);
void merge_tree_close(struct merge_tree *m);

#endif
