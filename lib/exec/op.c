/*
 * op -- see op.h: making trees of operators and pulling through them.
 */
#include "exec/op.h"

#include <assert.h>

#include "exec/task.h"

static const struct op_class *
op_class_of(const struct node *n)
{
	static const struct op_class *const table[NODE_KINDS] = {
		[NODE_SCAN] = &op_scan, [NODE_RANGE] = &op_range,
		[NODE_VALUES] = &op_values, [NODE_FILTER] = &op_filter,
		[NODE_PROJECT] = &op_project, [NODE_GENERATE] = &op_generate,
		[NODE_AGGREGATE] = &op_aggregate, [NODE_SORT] = &op_sort,
		[NODE_TOPN] = &op_topn, [NODE_LIMIT] = &op_limit,
		[NODE_UNION] = &op_union, [NODE_PIPE] = &op_pipe,
		[NODE_TEE] = &op_tee, [NODE_ASSERT] = &op_assert,
		[NODE_EXPAND] = &op_expand, [NODE_CACHE] = &op_kept,
		[NODE_WRITE] = &op_write,
		[NODE_COLLECT] = &op_collect, [NODE_EXCHANGE] = &op_exchange,
		[NODE_READ] = &op_read, [NODE_JOIN] = &op_join,
	};

	if (n->kind == NODE_READ && n->u.read.part == PART_RANGE)
		return &op_merge;
	if (n->kind == NODE_JOIN && n->u.join.how == JOIN_MERGE)
		return &op_join_merge;
	return table[n->kind];
}

/* Which kid of a union the partition belongs to, and its part there. */
static int
union_kid(const struct task *t, const struct node *n, int *part)
{
	for (int i = 0; i < n->nkid; i++) {
		int np = task_node_parts(t, n->kid[i]);

		if (*part < np)
			return i;
		*part -= np;
	}
	return -1;
}

static int open_op(struct op **out, struct task *t, const struct node *n,
    const struct node *above, int part, struct err *e);

static int
open_kids(struct op *op, struct task *t, int part, struct err *e)
{
	const struct node *n = op->node;
	int first = 0, last = n->nkid;

	op->kid = NEW_N(&t->arena, struct op *, n->nkid + 1);
	if (n->kind == NODE_UNION) {
		first = union_kid(t, n, &part);
		if (first < 0)
			return err_set(e, ERR_BUG, "no partition %d in union",
			    op->part);
		last = first + 1;
	}
	for (int i = first; i < last; i++)
		TRY(open_op(&op->kid[i - first], t, n->kid[i], n, part, e));
	return 0;
}

static int
open_op(struct op **out, struct task *t, const struct node *n,
    const struct node *above, int part, struct err *e)
{
	const struct op_class *c = op_class_of(n);
	struct op *op;
	int r;

	*out = NULL;
	if (c == NULL)
		return err_set(e, ERR_BUG, "a %s node cannot be run",
		    node_name(n));
	op = arena_alloc(&t->arena, c->size);
	op->class = c;
	op->node = n;
	op->above = above;
	op->task = t;
	op->part = part;
	pool_init(&op->pool, &t->pool, c->name, 0);
	*out = op;
	TRY(open_kids(op, t, part, e));
	r = c->open ? c->open(op, e) : 0;
	if (r < 0 && n->span.len)
		err_place(e, n->span);
	return r;
}

int
op_open(struct op **out, struct task *t, const struct node *n, int part,
    struct err *e)
{
	return open_op(out, t, n, NULL, part, e);
}

int
op_next(struct op *op, struct batch *b, struct err *e)
{
	int r;

	do {
		if (task_cancelled(op->task))
			return err_set(e, ERR_TEMP, "cancelled");
		r = op->class->next(op, b, e);
	} while (r > 0 && b->n == 0);
	if (r > 0) {
		op->nrow_out += b->n;
#ifdef __SANITIZE_ADDRESS__
		batch_check(b, NULL);
#endif
		assert(b->n <= b->nrow && b->nrow <= BATCH_ROWS);
	}
	return r;
}

void
op_close(struct op *op)
{
	if (op == NULL)
		return;
	if (op->class->close)
		op->class->close(op);
	for (int i = 0; op->kid && op->kid[i]; i++)
		op_close(op->kid[i]);
	op->kid = NULL;
	pool_release(&op->pool);
}
