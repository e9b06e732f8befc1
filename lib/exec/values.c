/*
 * values -- rows of constants from the job's text, one partition.
 */
#include "exec/op.h"
#include "exec/task.h"

#include "column/builder.h"

struct values {
	struct op op;
	struct builder *col;
	struct column *view;
	int at;
};

/* Evaluates every cell with a program over no columns at all. */
static int
fill_row(struct values *v, struct expr **row, struct err *e)
{
	const struct node *n = v->op.node;
	struct program_env env = task_program_env(v->op.task);
	struct schema none = { 0, NULL };
	struct batch one = { .nrow = 1, .n = 1 };
	struct program *p;
	int r;

	TRY(program_new(&p, &v->op.task->arena, &none, row, n->out->ncol, &env,
	    e));
	r = program_run(p, &one, v->view, e);
	for (int c = 0; r >= 0 && c < n->out->ncol; c++)
		builder_value(&v->col[c], &v->view[c], 0);
	program_release(p);
	return r;
}

static int
values_open(struct op *op, struct err *e)
{
	struct values *v = (struct values *)op;
	const struct node *n = op->node;
	int ncol = n->out->ncol;

	v->col = NEW_N(&op->task->arena, struct builder, ncol + 1);
	v->view = NEW_N(&op->task->arena, struct column, ncol + 1);
	for (int c = 0; c < ncol; c++)
		builder_init(&v->col[c], n->out->col[c].type);
	for (int i = 0; i < n->u.values.nrow; i++)
		TRY(fill_row(v, n->u.values.row[i], e));
	return 0;
}

static int
values_next(struct op *op, struct batch *b, struct err *e)
{
	struct values *v = (struct values *)op;
	int left = op->node->u.values.nrow - v->at, ncol = op->node->out->ncol;
	int n = left < BATCH_ROWS ? left : BATCH_ROWS;

	(void)e;
	if (n == 0)
		return 0;
	for (int c = 0; c < ncol; c++)
		builder_column(&v->col[c], v->at, n, &v->view[c],
		    &op->task->arena);
	*b = (struct batch){ .col = v->view, .ncol = ncol, .nrow = n, .n = n };
	v->at += n;
	return 1;
}

static void
values_close(struct op *op)
{
	struct values *v = (struct values *)op;

	for (int c = 0; v->col && c < op->node->out->ncol; c++)
		builder_release(&v->col[c]);
}

const struct op_class op_values = {
	.name = "values", .size = sizeof(struct values),
	.open = values_open, .next = values_next, .close = values_close,
};
