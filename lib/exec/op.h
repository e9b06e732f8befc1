/*
 * op -- a running operator: plan node (read-only) + state (ours).
 *
 * A task owns one tree of ops, runs it on one thread and pulls batches from
 * the root.  A batch got from op_next stays valid until the next call on
 * the same op.  To add an operator: see README.
 */
#ifndef EXEC_OP_H
#define EXEC_OP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/pool.h"
#include "column/batch.h"
#include "plan/node.h"

struct op;
struct task;

struct op_class {
	const char *name;       /* as sp-plan prints it */
	size_t      size;       /* of the struct that begins with struct op */
	int       (*open)(struct op *, struct err *);   /* kids are open */
	int       (*next)(struct op *, struct batch *, struct err *);
	void      (*close)(struct op *);        /* or NULL; also after a
	                                         * failed open */
};

struct op {
	const struct op_class *class;
	const struct node     *node;
	const struct node     *above;   /* that reads it, or NULL */
	struct task           *task;    /* arena, pool, spill dir, cancel flag */
	struct op            **kid;     /* node->nkid of them */
	int                    part;    /* partition of this op's stage part */
	struct pool            pool;    /* below the task's */
	int64_t                nrow_out;
};

/* Makes the op and its kids for a partition and opens them, kids first. A
 * union opens only the kid that the partition belongs to. */
int op_open(struct op **out, struct task *t, const struct node *n, int part,
    struct err *e);

/* Fills *b: 1, end: 0, failure: < 0 with the operator's name in *e.  Looks
 * at the task's cancel flag.  Never returns an empty batch. */
int op_next(struct op *op, struct batch *b, struct err *e);

/* Closes the tree; NULL is fine. */
void op_close(struct op *op);

extern const struct op_class op_scan, op_range, op_values, op_filter,
    op_project, op_generate, op_aggregate, op_join, op_sort, op_topn, op_limit,
    op_union, op_pipe, op_tee, op_assert, op_expand, op_write, op_collect,
    op_exchange, op_read, op_kept, op_merge, op_join_merge;

#endif
