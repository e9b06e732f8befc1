/*
 * skew -- partitions of a join that are much larger than the others are read
 * by several tasks.
 *
 * Each of them reads some of the maps of the large side, cut by their real
 * sizes, and the whole partition of every other side.  That is right for a
 * side whose rows the join looks at one by one: either side of an inner
 * join, the left one of left, semi and anti joins (right joins were turned
 * round), no side of a full join; and if nothing between the join and the
 * end of the stage needs the rows of a partition together, as a whole
 * aggregate does.  One side of a partition is cut, the largest that may be.
 *
 * What is decided holds for all attempts: a task that runs again reads the
 * same rows.
 */
#ifndef DRIVER_SKEW_H
#define DRIVER_SKEW_H

#include "exec/task.h"

struct conf;

enum { SKEW_INPUTS = 16 };

/* An exchange that a stage reads partition by partition. */
struct skew_input {
	const struct node *read;
	struct exchange *x;
	bool may_cut;
	int64_t large;                  /* more bytes than this are skewed */
	int64_t fair;                   /* of those that are not, on average */
};

struct skew {
	struct skew_input in[SKEW_INPUTS];
	int nin;
	int64_t target;                 /* bytes for a task, at least */
	int cap;                        /* of run->cut */
};

/* After in[] has its reads and exchanges: which may be cut, and what large
 * means.  False: nothing is to be cut. */
bool skew_open(struct skew *s, const struct stage_run *run,
    const struct conf *conf);

/* When partition p is skewed: adds the cuts of its tasks, the first of which
 * has number task, and returns how many there are (2 or more); else 0. */
int  skew_cut(struct skew *s, struct stage_run *run, int p, int task);

#endif
