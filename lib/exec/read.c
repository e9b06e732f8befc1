/*
 * read -- the rows that other stages sent to this partition.
 *
 * Maps are read in map order, so the result does not depend on which task
 * was first.  A task may read a range of partitions (coalesced), or one of
 * which it shares the maps with other tasks (skewed); readers of a broadcast
 * read all of it, those of a relation that is kept the map with their number.
 * A checkpoint that an earlier job made is read the same way.
 */
#include "exec/op.h"
#include "exec/task.h"

struct read_op {
	struct op op;
	struct xreader *reader;
	int stage;                      /* next one of node->u.read.stage */
};

/* A partition of which the task has some of the maps. */
static int
open_maps(struct read_op *r, struct stage_run *from, int part,
    const struct map_cut *cut, struct err *e)
{
	TRY(task_require_maps(r->op.task, cut->stage, part, cut, e));
	TRY(exchange_reader(&r->reader, from->exchange, -1, part, part + 1,
	    &r->op.pool, e));
	xreader_maps(r->reader, cut->from, cut->to);
	return 0;
}

static int
open_next_stage(struct read_op *r, struct err *e)
{
	const struct node *n = r->op.node;
	struct stage_run *from = task_stage(r->op.task,
	    n->u.read.stage[r->stage++]);
	const struct map_cut *cut = task_cut(r->op.task);
	const int *lo = r->op.task->run->lo;
	int first = r->op.part, last = first + 1;

	if (n->u.read.part == PART_CACHE && !r->op.task->env->spread)
		return exchange_reader(&r->reader, from->exchange, first, 0, 1,
		    &r->op.pool, e);
	if (n->u.read.part == PART_BROADCAST) {
		first = 0;
		last = exchange_npart(from->exchange);
	} else if (lo && n->u.read.part != PART_CACHE) {
		first = lo[r->op.part];
		last = cut ? first + 1 : lo[r->op.part + 1];
		if (cut && cut->stage == from->stage->id)
			return open_maps(r, from, first, cut, e);
	}
	TRY(task_require(r->op.task, from->stage->id, first, last, e));
	return exchange_reader(&r->reader, from->exchange, -1, first, last,
	    &r->op.pool, e);
}

static int
read_next(struct op *op, struct batch *b, struct err *e)
{
	struct read_op *r = (struct read_op *)op;

	for (;;) {
		int got;

		if (r->reader == NULL) {
			if (r->stage == op->node->u.read.nstage)
				return 0;
			TRY(open_next_stage(r, e));
		}
		got = xreader_next(r->reader, b, e);
		if (got > 0)
			op->task->rows_in += b->n;
		if (got != 0)
			return got;
		xreader_close(r->reader);
		r->reader = NULL;
	}
}

static void
read_close(struct op *op)
{
	struct read_op *r = (struct read_op *)op;

	if (r->reader)
		xreader_close(r->reader);
}

static int
kept_open(struct op *op, struct err *e)
{
	struct read_op *r = (struct read_op *)op;
	const struct exec_env *env = op->task->env;
	int number = op->node->u.cache.kept->number;

	if (number > env->nkept || env->kept[number - 1] == NULL)
		return err_set(e, ERR_BUG, "checkpoint %d is not there",
		    number);
	return exchange_reader(&r->reader, env->kept[number - 1], op->part, 0,
	    1, &op->pool, e);
}

static int
kept_next(struct op *op, struct batch *b, struct err *e)
{
	int got = xreader_next(((struct read_op *)op)->reader, b, e);

	if (got > 0)
		op->task->rows_in += b->n;
	return got;
}

const struct op_class op_kept = {
	.name = "checkpoint", .size = sizeof(struct read_op),
	.open = kept_open, .next = kept_next, .close = read_close,
};

const struct op_class op_read = {
	.name = "read", .size = sizeof(struct read_op),
	.next = read_next, .close = read_close,
};
