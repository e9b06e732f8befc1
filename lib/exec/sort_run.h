/*
 * sort_run -- rows collected, put in order, given back.
 *
 * Holds columns and key columns of many rows; sort_run_sort makes the order:
 * LSD radix sort over the 64-bit prefixes (passes over bytes that do not
 * differ are skipped), then runs of equal prefixes by full comparison.
 * Stable.
 */
#ifndef EXEC_SORT_RUN_H
#define EXEC_SORT_RUN_H

#include "base/arena.h"
#include "column/batch.h"
#include "column/builder.h"
#include "exec/row_order.h"

struct sort_run {
	struct row_order order;
	int ncol, nkey;
	struct builder *col;            /* ncol columns, then nkey keys */
	int64_t n;
	uint32_t *row;                  /* the order, after sorting */
	uint64_t *prefix;
	struct column *whole;           /* views of col, while sorted */
	struct arena arena;
	int64_t at;                     /* next row to give */
};

void sort_run_init(struct sort_run *r, const struct row_order *order,
    const struct type *const *type, int ncol);
void sort_run_release(struct sort_run *r);
void sort_run_clear(struct sort_run *r);

/* Adds the picked rows of b, whose keys are key[0..nkey), dense. */
void sort_run_add(struct sort_run *r, const struct batch *b,
    const struct column *key);

void sort_run_sort(struct sort_run *r);

/* Gives the next rows in order: columns and keys; 0 at the end.  Memory from
 * the arena. */
int sort_run_next(struct sort_run *r, struct batch *b, struct column *key,
    struct column *col, struct arena *a);

int64_t sort_run_bytes(const struct sort_run *r);

#endif
