/*
 * send -- the exchange at the end of a stage: rows to their partitions.
 *
 * Placement never depends on arrival order: by hash of the keys, or (round
 * robin) by hash of the task's number and the row's number in it, so that a
 * task that runs again makes the same blocks.  Range exchanges keep one
 * sorted run a task, with the prefixes of its rows as one more column;
 * readers cut it (exec/merge.c).
 */
#include "exec/op.h"
#include "exec/task.h"

#include "base/hash.h"
#include "exec/sort.h"

struct send {
	struct op op;
	struct program *keys;           /* hash: the key columns */
	struct column *key;
	struct column *col;             /* range: with the prefixes */
	int64_t row;
	uint64_t hash[BATCH_ROWS];
	uint32_t part[BATCH_ROWS];
};

static int
send_open(struct op *op, struct err *e)
{
	struct send *s = (struct send *)op;
	struct program_env env = task_program_env(op->task);
	const struct node *n = op->node;
	struct expr **x;

	TRY(exchange_writer(&op->task->writer, op->task->run->sink ?
	    op->task->run->sink : op->task->run->exchange, op->task->part, e));
	if (n->u.exchange.part == PART_RANGE)
		s->col = NEW_N(&op->task->arena, struct column,
		    n->out->ncol + 1);
	if (n->u.exchange.part != PART_HASH)
		return 0;
	x = NEW_N(&op->task->arena, struct expr *, n->u.exchange.nkey + 1);
	for (int i = 0; i < n->u.exchange.nkey; i++)
		x[i] = n->u.exchange.key[i].x;
	s->key = NEW_N(&op->task->arena, struct column, n->u.exchange.nkey + 1);
	return program_new(&s->keys, &op->task->arena, n->kid[0]->out, x,
	    n->u.exchange.nkey, &env, e);
}

static int
place_by_hash(struct send *s, const struct batch *b, struct err *e)
{
	const struct node *n = s->op.node;
	uint32_t np = (uint32_t)n->u.exchange.n;

	TRY(program_run(s->keys, b, s->key, e));
	for (int i = 0; i < n->u.exchange.nkey; i++)
		col_hash(&s->key[i], NULL, b->n,
		    i ? COL_HASH_COMBINE : COL_HASH_FIRST, s->hash);
	for (int i = 0; i < b->n; i++)
		s->part[i] = hash_part(s->hash[i], np);
	return 0;
}

static void
place_by_number(struct send *s, const struct batch *b)
{
	uint64_t base = hash_u64((uint64_t)s->op.task->part + 1);
	uint32_t np = (uint32_t)s->op.node->u.exchange.n;

	for (int i = 0; i < b->n; i++)
		s->part[i] = hash_part(hash_u64(base + (uint64_t)s->row++), np);
}

/* Coalesce: neighbouring tasks share a partition, order is kept. */
static void
place_in_order(struct send *s, int n)
{
	const struct task *t = s->op.task;
	int64_t np = s->op.node->u.exchange.n, nmap = t->run->npart;

	for (int i = 0; i < n; i++)
		s->part[i] = (uint32_t)(t->part * np / (nmap > np ? nmap : np));
}

/* Kept relations of several processes: each task has its partition. */
static void
place_own(struct send *s, int n)
{
	for (int i = 0; i < n; i++)
		s->part[i] = (uint32_t)s->op.task->part;
}

/* The rows of a sort with their prefixes. */
static void
add_prefixes(struct send *s, struct batch *b)
{
	const struct node *n = s->op.node;

	memcpy(s->col, b->col, sizeof *s->col * (size_t)n->out->ncol);
	s->col[n->out->ncol] = (struct column){ .type = TYPE(I64),
	    .data = (void *)(uintptr_t)sort_prefixes(s->op.kid[0]) };
	b->col = s->col;
	b->ncol = n->out->ncol + 1;
}

static int
send_next(struct op *op, struct batch *b, struct err *e)
{
	struct send *s = (struct send *)op;
	enum part_kind part = op->node->u.exchange.part;
	int r;

	while ((r = op_next(op->kid[0], b, e)) > 0) {
		const uint32_t *to = s->part;

		if (part == PART_CACHE && op->task->env->spread)
			place_own(s, b->n);
		else if (op->node->u.exchange.n == 1 || part == PART_RANGE)
			to = NULL;
		else if (part == PART_ANY)
			place_in_order(s, b->n);
		else if (part == PART_HASH)
			TRY(place_by_hash(s, b, e));
		else
			place_by_number(s, b);
		if (part == PART_RANGE)
			add_prefixes(s, b);
		TRY(xwriter_put(op->task->writer, b, to, e));
		op->task->rows_out += b->n;
	}
	return r;
}

static void
send_close(struct op *op)
{
	struct send *s = (struct send *)op;

	if (s->keys)
		program_release(s->keys);
}

const struct op_class op_exchange = {
	.name = "exchange", .size = sizeof(struct send),
	.open = send_open, .next = send_next, .close = send_close,
};
