/*
 * expand -- each input row once per projection, for several distinct sets.
 *
 * Emits one batch a projection for every input batch; the input batch stays
 * valid meanwhile because the kid is not asked again.
 */
#include "exec/op.h"
#include "exec/task.h"

struct expand {
	struct op op;
	struct program **prog;          /* one a projection */
	struct column *col;
	struct batch in;
	int turn;                       /* next projection, nproj: need input */
};

static int
expand_open(struct op *op, struct err *e)
{
	struct expand *x = (struct expand *)op;
	struct program_env env = task_program_env(op->task);
	const struct node *n = op->node;
	int nproj = n->u.expand.nproj;

	x->prog = NEW_N(&op->task->arena, struct program *, nproj + 1);
	x->col = NEW_N(&op->task->arena, struct column, n->out->ncol + 1);
	x->turn = nproj;
	for (int i = 0; i < nproj; i++)
		TRY(program_new(&x->prog[i], &op->task->arena,
		    n->kid[0]->out, n->u.expand.x[i], n->out->ncol, &env, e));
	return 0;
}

static int
expand_next(struct op *op, struct batch *b, struct err *e)
{
	struct expand *x = (struct expand *)op;

	if (x->turn == op->node->u.expand.nproj) {
		int r = op_next(op->kid[0], &x->in, e);

		if (r <= 0)
			return r;
		x->turn = 0;
	}
	TRY(program_run(x->prog[x->turn++], &x->in, x->col, e));
	*b = (struct batch){ .col = x->col, .ncol = op->node->out->ncol,
	    .nrow = x->in.n, .n = x->in.n };
	return 1;
}

static void
expand_close(struct op *op)
{
	struct expand *x = (struct expand *)op;

	for (int i = 0; x->prog && i < op->node->u.expand.nproj; i++)
		if (x->prog[i])
			program_release(x->prog[i]);
}

const struct op_class op_expand = {
	.name = "expand", .size = sizeof(struct expand),
	.open = expand_open, .next = expand_next, .close = expand_close,
};
