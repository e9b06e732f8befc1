/*
 * project -- compute columns from columns.
 *
 * The result has no pick: computed columns are dense over the picked rows,
 * columns that are only passed on are gathered by the program when the
 * input was narrowed.  Keeps order.  Memory: the program's registers.
 */
#include "exec/op.h"
#include "exec/task.h"

struct project {
	struct op       op;
	struct program *prog;
	struct column  *col;
};

static int
project_open(struct op *op, struct err *e)
{
	struct project *p = (struct project *)op;
	struct program_env env = task_program_env(op->task);
	const struct node *n = op->node;

	p->col = NEW_N(&op->task->arena, struct column, n->out->ncol + 1);
	return program_new(&p->prog, &op->task->arena, n->kid[0]->out,
	    n->u.project.x, n->out->ncol, &env, e);
}

static int
project_next(struct op *op, struct batch *b, struct err *e)
{
	struct project *p = (struct project *)op;
	int r = op_next(op->kid[0], b, e);

	if (r <= 0)
		return r;
	TRY(program_run(p->prog, b, p->col, e));
	b->col = p->col;
	b->ncol = op->node->out->ncol;
	b->nrow = b->n;
	b->pick = NULL;
	return 1;
}

static void
project_close(struct op *op)
{
	struct project *p = (struct project *)op;

	if (p->prog)
		program_release(p->prog);
}

const struct op_class op_project = {
	.name = "project", .size = sizeof(struct project),
	.open = project_open, .next = project_next, .close = project_close,
};
