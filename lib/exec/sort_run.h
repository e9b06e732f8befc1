/*
 * sort_run -- rows collected, put in order, given back.
 *
 * Holds columns of many rows, and key columns that are not among them;
 * prefixes are made while a batch is still in the cache.  sort_run_sort puts
 * (prefix, row) pairs in order (exec/key_sort.h); rows move only when they
 * are given back.  Stable.
 */
#ifndef EXEC_SORT_RUN_H
#define EXEC_SORT_RUN_H

#include "base/arena.h"
#include "column/batch.h"
#include "column/builder.h"
#include "exec/key_sort.h"
#include "exec/row_order.h"

/* What a row of a run is made of. */
struct sort_shape {
	struct row_order order;
	int ncol;                       /* columns of the rows */
	int nown;                       /* keys that are no such column */
	const struct type **type;       /* ncol, then nown of them */
	int *at;                        /* key i: its number in type[] */
};

/* Of rows of the schema; memory from the arena. */
void sort_shape_make(struct sort_shape *s, const struct row_order *order,
    const struct schema *schema, struct arena *a);

/* The key columns in order, from columns as in type[]. */
void sort_shape_keys(const struct sort_shape *s, const struct column *col,
    struct column *key);

struct sort_run {
	const struct sort_shape *shape;
	struct builder *col;            /* as in shape->type[] */
	int64_t n, cap;
	struct key_entry *entry;        /* sorted: the order */
	struct column *whole, *key;     /* views of col, while sorted */
	struct arena arena;
	int64_t at;                     /* next row to give */
};

void sort_run_init(struct sort_run *r, const struct sort_shape *shape);
void sort_run_release(struct sort_run *r);
void sort_run_clear(struct sort_run *r);

/* Adds the picked rows of b, whose keys are key[0..n), dense. */
void sort_run_add(struct sort_run *r, const struct batch *b,
    const struct column *key);

void sort_run_sort(struct sort_run *r);

/* Gives the next rows in order, columns as in shape->type[] (b->ncol counts
 * those of the rows); 0 at the end.  Memory from the arena. */
int sort_run_next(struct sort_run *r, struct batch *b, struct column *col,
    struct arena *a);

/* Prefixes of the first key of the rows that come next, BATCH_ROWS at most. */
void sort_run_prefixes(const struct sort_run *r, uint64_t *prefix);

int64_t sort_run_bytes(const struct sort_run *r);

#endif
