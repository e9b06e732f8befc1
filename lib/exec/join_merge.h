/*
 * join_merge -- the state of the sort-merge join.
 */
#ifndef EXEC_JOIN_MERGE_H
#define EXEC_JOIN_MERGE_H

#include "column/builder.h"
#include "exec/join_out.h"
#include "exec/row_order.h"
#include "exec/task.h"
#include "store/spill.h"

struct merge_side {
	struct op *kid;
	struct program *prog;
	struct batch b;
	struct column *key;             /* of the picked rows of b */
	uint64_t prefix[BATCH_ROWS];
	int at;                         /* right: next row to look at */
	bool ended;
};

/* Right rows of one key, the last one that was met. */
struct merge_group {
	bool active;
	int left;                       /* left row of that key, or -1: the */
	struct builder *key;            /* key is here */
	struct column *view;            /* over key */
	struct arena arena;
	int64_t from, to;               /* in the window, or */
	struct spill *spill;            /* in a file, when large */
	int64_t nspill;
	uint64_t *seen;                 /* of the file's rows (full) */
};

struct join_merge {
	struct op op;
	struct join_out out;
	struct row_order order;
	struct merge_side l, r;
	enum { MERGE_LEFT, MERGE_FILL, MERGE_PAIRS, MERGE_SPILLED,
	    MERGE_SHIFT, MERGE_END, MERGE_DRAIN, MERGE_LONELY,
	    MERGE_OVER } state, after;
	bool started, keep_rows;
	struct builder *window;         /* right rows of some groups */
	struct column *whole;           /* views of it */
	int64_t nwindow, charged;
	uint64_t *seen;                 /* window rows with a partner (full) */
	struct merge_group group;
	int done, filled;               /* left rows [done, filled) have */
	int64_t from[BATCH_ROWS], to[BATCH_ROWS];       /* their partners */
	int pair_row;                   /* where the pairs stopped */
	int64_t pair_at;
	struct batch chunk;             /* of a spilled group, from this row */
	int64_t chunk_base;             /* of it on; -1: none was read */
	int group_end;                  /* left rows [done, group_end) are of
	                                 * the spilled group */
	struct builder *over;           /* right rows without a partner */
	int64_t nover;
	int64_t over_at;
	struct arena views;
	int32_t dense[BATCH_ROWS], lrow[BATCH_ROWS], rrow[BATCH_ROWS];
	int32_t keep[BATCH_ROWS];
};

/* Rows of the window and of groups (join_window.c). */
void join_window_open(struct join_merge *m);
void join_window_close(struct join_merge *m);

/* Appends right rows [at, to) of the batch to the group that is being read;
 * it goes to a file when there is no room. */
int  join_window_add(struct join_merge *m, int to, struct err *e);

/* Right row at of the batch has no partner (kept in full joins). */
void join_window_over(struct join_merge *m);

/* Drops all but the last group; what nobody saw goes to over. */
void join_window_shift(struct join_merge *m);

/* Views of the window's columns in whole[]. */
void join_window_view(struct join_merge *m);

#endif
