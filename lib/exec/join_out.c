/*
 * join_out -- see join_out.h.
 */
#include "exec/join_out.h"

#include "exec/task.h"

static int
cond_program(struct join_out *o, struct op *op, struct err *e)
{
	const struct node *n = op->node;
	struct program_env env = task_program_env(op->task);
	struct arena *a = &op->task->arena;
	struct schema *both = schema_new(a, o->nl + o->nr);

	memcpy(both->col, n->kid[0]->out->col,
	    sizeof *both->col * (size_t)o->nl);
	memcpy(both->col + o->nl, n->kid[1]->out->col,
	    sizeof *both->col * (size_t)o->nr);
	return program_new(&o->cond, a, both,
	    (struct expr *const *)&n->u.join.cond, 1, &env, e);
}

int
join_out_open(struct join_out *o, struct op *op, struct err *e)
{
	const struct node *n = op->node;
	const struct schema *l = n->kid[0]->out, *r = n->kid[1]->out;
	struct arena *a = &op->task->arena;

	o->kind = n->u.join.kind;
	o->nl = l->ncol;
	o->nr = r->ncol;
	o->nkey = n->u.join.nkey;
	o->pair = NEW_N(a, struct column, o->nl + o->nr + 2);
	o->ltype = NEW_N(a, const struct type *, o->nl + 1);
	o->rtype = NEW_N(a, const struct type *, o->nr + o->nkey + 1);
	for (int i = 0; i < o->nl; i++)
		o->ltype[i] = l->col[i].type;
	for (int i = 0; i < o->nr; i++)
		o->rtype[i] = r->col[i].type;
	for (int i = 0; i < o->nkey; i++)
		o->rtype[o->nr + i] = n->u.join.rkey[i]->type;
	return n->u.join.cond ? cond_program(o, op, e) : 0;
}

void
join_out_close(struct join_out *o)
{
	if (o->cond)
		program_release(o->cond);
	arena_release(&o->heap);
}

bool
join_null_key(const struct column *key, int nkey, int64_t i)
{
	for (int k = 0; k < nkey; k++)
		if (col_null(&key[k], i))
			return true;
	return false;
}

void
join_out_left(struct join_out *o, const struct batch *in,
    const int32_t *lrow, int n)
{
	for (int i = 0; i < o->nl; i++)
		col_gather(&o->pair[i], &in->col[i], lrow, n, &o->heap);
}

int
join_out_give(struct join_out *o, struct batch *b, int ncol, int n)
{
	*b = (struct batch){ o->pair, ncol, n, n, NULL };
	return 1;
}

static void
null_columns(struct join_out *o, int from, const struct type *const *type,
    int ncol, int n)
{
	for (int i = 0; i < ncol; i++)
		col_alloc(&o->pair[from + i], &o->heap, type[i], n,
		    COL_WITH_VALID);
}

void
join_out_null_left(struct join_out *o, int n)
{
	null_columns(o, 0, o->ltype, o->nl, n);
}

/* Rows without a partner, with nulls for the right side. */
static int
give_lonely(struct join_out *o, const struct batch *in, struct batch *b)
{
	int n = 0;

	for (int i = 0; i < in->n; i++)
		if (!bit_get(o->matched, i))
			o->row[n++] = batch_row(in, i);
	if (n == 0)
		return 0;
	arena_reset(&o->heap);
	join_out_left(o, in, o->row, n);
	null_columns(o, o->nl, o->rtype, o->nr, n);
	return join_out_give(o, b, o->nl + o->nr, n);
}

/* Could a null be the partner of a row that has none? */
static bool
unknown(const struct join_out *o, const struct column *key, int i)
{
	return o->nkey && o->right_any &&
	    (o->right_null || join_null_key(key, o->nkey, i));
}

/* Semi, anti: the batch narrowed. */
static int
give_picked(struct join_out *o, const struct batch *in,
    const struct column *key, struct batch *b)
{
	bool want = o->kind == JOIN_SEMI;
	int n = 0;

	for (int i = 0; i < in->n; i++)
		if (bit_get(o->matched, i) == want &&
		    (o->kind != JOIN_ANTI_NULL || !unknown(o, key, i)))
			o->row[n++] = batch_row(in, i);
	if (n == 0)
		return 0;
	*b = *in;
	batch_pick(b, o->row, n);
	return 1;
}

/* All rows and whether they have a partner. */
static int
give_marked(struct join_out *o, const struct batch *in,
    const struct column *key, struct batch *b)
{
	struct column *m = &o->pair[o->nl];
	int n = in->n;

	arena_reset(&o->heap);
	for (int i = 0; i < n; i++)
		o->row[i] = batch_row(in, i);
	join_out_left(o, in, o->row, n);
	col_alloc(m, &o->heap, TYPE(BOOL), n, COL_WITH_VALID);
	for (int i = 0; i < n; i++) {
		bool yes = bit_get(o->matched, i);

		((uint8_t *)m->data)[i] = yes;
		bit_put(m->valid, i, yes || !unknown(o, key, i));
	}
	return join_out_give(o, b, o->nl + 1, n);
}

int
join_out_end(struct join_out *o, const struct batch *in,
    const struct column *key, struct batch *b)
{
	switch (o->kind) {
	case JOIN_LEFT: case JOIN_FULL:
		return give_lonely(o, in, b);
	case JOIN_SEMI: case JOIN_ANTI: case JOIN_ANTI_NULL:
		return give_picked(o, in, key, b);
	case JOIN_MARK:
		return give_marked(o, in, key, b);
	default:
		return 0;
	}
}
