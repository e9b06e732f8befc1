/*
 * limit -- skip offset rows, then pass on at most limit rows.
 *
 * A local limit runs in each partition and only keeps it from making more
 * rows than could be wanted; the global one runs in a single partition.
 * Keeps order.  Memory: one pick list.
 */
#include "exec/op.h"

struct limit {
	struct op op;
	int64_t skip, left;             /* left -1: no limit */
	int32_t pick[BATCH_ROWS];
};

static int
limit_open(struct op *op, struct err *e)
{
	struct limit *l = (struct limit *)op;

	(void)e;
	l->skip = op->node->u.limit.offset;
	l->left = op->node->u.limit.limit;
	return 0;
}

static int
limit_next(struct op *op, struct batch *b, struct err *e)
{
	struct limit *l = (struct limit *)op;
	int r;

	if (l->left == 0)
		return 0;
	while ((r = op_next(op->kid[0], b, e)) > 0) {
		if (l->skip >= b->n) {
			l->skip -= b->n;
			continue;
		}
		if (l->skip) {
			batch_skip(b, (int)l->skip, l->pick);
			l->skip = 0;
		}
		if (l->left >= 0) {
			if (b->n > l->left)
				batch_head(b, (int)l->left);
			l->left -= b->n;
		}
		return 1;
	}
	return r;
}

const struct op_class op_limit = {
	.name = "limit", .size = sizeof(struct limit),
	.open = limit_open, .next = limit_next,
};
