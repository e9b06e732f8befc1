/*
 * assert -- fail the job when a row does not satisfy a condition.
 *
 * Rows are passed on unchanged.  NULL counts as not true.
 */
#include "exec/op.h"
#include "exec/task.h"

struct assertion {
	struct op op;
	struct program *pred;
	int32_t pick[BATCH_ROWS];
};

static int
assert_open(struct op *op, struct err *e)
{
	struct assertion *s = (struct assertion *)op;
	struct program_env env = task_program_env(op->task);

	return program_new(&s->pred, &op->task->arena, op->node->kid[0]->out,
	    &op->node->u.check.cond, 1, &env, e);
}

static int
assert_next(struct op *op, struct batch *b, struct err *e)
{
	struct assertion *s = (struct assertion *)op;
	const char *message = op->node->u.check.message;
	int r = op_next(op->kid[0], b, e);

	if (r <= 0)
		return r;
	r = program_pick(s->pred, b, s->pick, e);
	if (r < 0)
		return r;
	if (r < b->n)
		return err_at(e, op->node->span, "assertion failed%s%s",
		    message ? ": " : "", message ? message : "");
	return 1;
}

static void
assert_close(struct op *op)
{
	struct assertion *s = (struct assertion *)op;

	if (s->pred)
		program_release(s->pred);
}

const struct op_class op_assert = {
	.name = "assert", .size = sizeof(struct assertion),
	.open = assert_open, .next = assert_next, .close = assert_close,
};
