/*
 * filter -- narrow each batch to the rows where a predicate is true.
 *
 * Values stay where they are, only the pick list changes.  NULL is not
 * true.  Keeps order.  Memory: one pick list; cannot spill.
 */
#include "exec/op.h"
#include "exec/task.h"

struct filter {
	struct op       op;             /* first: op_class.size bytes of it */
	struct program *pred;
	int32_t        *pick;           /* BATCH_ROWS */
};

static int
filter_open(struct op *op, struct err *e)
{
	struct filter *f = (struct filter *)op;
	struct program_env env = task_program_env(op->task);

	f->pick = arena_raw(&op->task->arena, sizeof *f->pick * BATCH_ROWS);
	return program_new(&f->pred, &op->task->arena, op->node->kid[0]->out,
	    &op->node->u.filter.cond, 1, &env, e);
}

static int
filter_next(struct op *op, struct batch *b, struct err *e)
{
	struct filter *f = (struct filter *)op;
	int r;

	while ((r = op_next(op->kid[0], b, e)) > 0) {
		r = program_pick(f->pred, b, f->pick, e);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		if (r < b->n)
			batch_pick(b, f->pick, r);
		return 1;
	}
	return r;
}

static void
filter_close(struct op *op)
{
	struct filter *f = (struct filter *)op;

	if (f->pred)
		program_release(f->pred);
}

const struct op_class op_filter = {
	.name = "filter", .size = sizeof(struct filter),
	.open = filter_open, .next = filter_next, .close = filter_close,
};
