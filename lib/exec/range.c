/*
 * range -- whole numbers start, start + step, … below end; one column.
 *
 * Partitions are cut by row numbers (plan/stage.h).  Ascending by step.
 */
#include "exec/op.h"
#include "exec/task.h"

struct range {
	struct op op;
	int64_t at, end;                /* row numbers of this partition */
	struct column col;
	int64_t *value;                 /* of a batch */
};

static int
range_open(struct op *op, struct err *e)
{
	struct range *r = (struct range *)op;

	int64_t n;

	(void)e;
	range_part(op->node, op->part, &r->at, &r->end);
	n = r->end - r->at < BATCH_ROWS ? r->end - r->at : BATCH_ROWS;
	r->value = arena_raw(&op->task->arena, sizeof *r->value * (size_t)(n +
	    1));
	r->col = (struct column){ .type = TYPE(I64), .data = r->value };
	return 0;
}

static int
range_next(struct op *op, struct batch *b, struct err *e)
{
	struct range *r = (struct range *)op;
	int64_t left = r->end - r->at, step = op->node->u.range.step;
	int n = left < BATCH_ROWS ? (int)left : BATCH_ROWS;
	/* Unsigned: the sequence may come close to the ends of int64. */
	uint64_t first = (uint64_t)op->node->u.range.start +
	    (uint64_t)r->at * (uint64_t)step;

	(void)e;
	if (n <= 0)
		return 0;
	for (int i = 0; i < n; i++)
		r->value[i] = (int64_t)(first + (uint64_t)i * (uint64_t)step);
	r->at += n;
	*b = (struct batch){ .col = &r->col, .ncol = op->node->out->ncol,
	    .nrow = n, .n = n };
	atomic_fetch_add_explicit(&op->task->env->rows_read, n,
	    memory_order_relaxed);
	op->task->rows_in += n;
	return 1;
}

const struct op_class op_range = {
	.name = "range", .size = sizeof(struct range),
	.open = range_open, .next = range_next,
};
