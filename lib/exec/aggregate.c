/*
 * aggregate -- groups and their states.
 *
 * Keys and arguments are evaluated into dense columns, groups are looked up
 * in a group_table, each aggregate's update is called once a batch.  Order of
 * output: that in which groups came.  Without keys there is one state.
 *
 * Partial: when the table has PARTIAL_BYTES it is emitted and cleared; when
 * it does not reduce (more than GIVE_UP of the rows are new groups) rows are
 * passed on as states of their own.
 *
 * Complete, final and merge: when the pool is full the table is frozen: rows
 * of known groups still go in, the others go to SPILLS spill files by the
 * next bits of their hash.  After the table has been emitted each file is
 * aggregated the same way, one level deeper.
 */
#include "exec/aggregate.h"

#include <stdlib.h>

#include "base/hash.h"

#define PARTIAL_BYTES ((int64_t)24 << 20)
#define PARTIAL_LOOK 100000     /* rows after which reduction is judged */
#define GIVE_UP 0.6
#define FORCED_GROUPS 100       /* SP_FORCE=spill freezes at */

static int
count_args(const struct node *n, struct aggregate *g, struct err *e)
{
	bool states = n->u.agg.mode == AGG_FINAL || n->u.agg.mode == AGG_MERGE;
	struct arena *a = &g->op.task->arena;

	g->nagg = n->u.agg.nagg;
	g->align = 8;
	g->agg = NEW_N(a, struct agg, g->nagg + 1);
	g->arg_at = NEW_N(a, int, g->nagg + 1);
	g->filter_at = NEW_N(a, int, g->nagg + 1);
	g->state_at = NEW_N(a, int, g->nagg + 1);
	g->nin = n->u.agg.nkey;
	for (int i = 0; i < g->nagg; i++) {
		const struct expr *x = n->u.agg.agg[i];

		TRY(agg_open(&g->agg[i], x, a, e));
		g->agg[i].heap = &g->heap;
		g->agg[i].zone = g->op.task->env->zone;
		g->arg_at[i] = g->nin;
		g->filter_at[i] = -1;
		g->nin += states ? g->agg[i].ncol : x->u.agg.narg;
		if (!states && x->u.agg.filter)
			g->filter_at[i] = g->nin++;
		if (g->agg[i].align > 8 && g->state_size % 16)
			g->state_size += 8;
		g->align = g->agg[i].align > 8 ? 16 : g->align;
		g->state_at[i] = g->state_size;
		g->state_size += g->agg[i].size;
		g->distinct |= !states && x->u.agg.distinct;
	}
	return 0;
}

/* One program for keys, arguments and filters; their types. */
static int
make_program(struct aggregate *g, struct err *e)
{
	const struct node *n = g->op.node;
	struct program_env env = task_program_env(g->op.task);
	struct arena *a = &g->op.task->arena;
	bool states = n->u.agg.mode == AGG_FINAL || n->u.agg.mode == AGG_MERGE;
	struct expr **x = NEW_N(a, struct expr *, g->nin + 1);
	int at = 0;

	for (int i = 0; i < n->u.agg.nkey; i++)
		x[at++] = n->u.agg.key[i];
	for (int i = 0; i < g->nagg; i++) {
		const struct expr *call = n->u.agg.agg[i];

		for (int k = 0; states && k < g->agg[i].ncol; k++, at++)
			x[at] = expr_col(a, &n->kid[0]->out->col[at]);
		for (int k = 0; !states && k < call->u.agg.narg; k++)
			x[at++] = call->u.agg.arg[k];
		if (g->filter_at[i] >= 0)
			x[at++] = call->u.agg.filter;
	}
	g->in = NEW_N(a, struct column, g->nin + 1);
	g->in_type = NEW_N(a, const struct type *, g->nin + 1);
	for (int i = 0; i < g->nin; i++)
		g->in_type[i] = x[i]->type;
	return program_new(&g->prog, a, n->kid[0]->out, x, g->nin, &env, e);
}

static int
aggregate_open(struct op *op, struct err *e)
{
	struct aggregate *g = (struct aggregate *)op;
	const struct node *n = op->node;
	struct arena *a = &op->task->arena;

	g->heap.arena = &g->state_heap;
	TRY(count_args(n, g, e));
	TRY(make_program(g, e));
	group_table_init(&g->table, a, g->in_type, n->u.agg.nkey,
	    g->state_size, g->align);
	g->nkey = n->u.agg.nkey;
	g->distinct_set = NEW_N(a, struct distinct_set, g->nagg + 1);
	g->row = arena_raw(a, sizeof *g->row * (BATCH_ROWS + 1));
	g->state = arena_raw(a, sizeof *g->state * (BATCH_ROWS + 1));
	g->hash = arena_raw(a, sizeof *g->hash * (BATCH_ROWS + 1));
	g->pick = arena_raw(a, sizeof *g->pick * (BATCH_ROWS + 1));
	g->out = NEW_N(a, struct column, n->out->ncol + 1);
	g->partial = n->u.agg.mode == AGG_PARTIAL;
	if (g->nkey == 0) {     /* the one group is always there */
		uint64_t h = 0;

		group_table_find(&g->table, NULL, &h, 1, GROUP_ADD, g->row);
	}
	return 0;
}

/* Charges what has been allocated since the last time; true when full. */
static bool
over_budget(struct aggregate *g)
{
	int64_t held = group_table_bytes(&g->table) +
	    (int64_t)g->state_heap.size + distinct_bytes(g);
	int64_t more = held - g->charged;

	if (g->op.task->env->force_spill && g->table.ngroup > FORCED_GROUPS)
		return true;
	if (more <= 0)
		return false;
	if (pool_try(&g->op.pool, more)) {
		g->charged = held;
		return false;
	}
	pool_force(&g->op.pool, more);
	g->charged = held;
	return true;
}

/* Narrows rows 0..n of aggregate i to those that its filter keeps; returns
 * how many, their numbers in g->pick. */
static int
filter_rows(struct aggregate *g, int i, const struct column *in, int n)
{
	const struct column *f = &in[g->filter_at[i]];
	const uint8_t *v = f->data;
	int k = 0;

	for (int r = 0; r < n; r++)
		if (g->row[r] && !col_null(f, r) && v[col_at(f, r)])
			g->pick[k++] = r;
	return k;
}

/* Rows of known groups only (frozen table). */
static int
known_rows(struct aggregate *g, int n)
{
	int k = 0;

	for (int r = 0; r < n; r++)
		if (g->row[r])
			g->pick[k++] = r;
	return k;
}

static int
update_some(struct aggregate *g, int i, const struct column *in, int k,
    struct err *e)
{
	const struct expr *x = g->op.node->u.agg.agg[i];
	struct column arg[8];
	int narg = x->u.agg.narg < 8 ? x->u.agg.narg : 8;

	if (x->u.agg.distinct)
		k = distinct_rows(g, i, in, k);
	if (k == 0)
		return 0;
	arena_reset(&g->scratch);
	for (int a = 0; a < narg; a++)
		col_gather(&arg[a], &in[g->arg_at[i] + a], g->pick, k,
		    &g->scratch);
	for (int r = 0; r < k; r++)
		g->state[r] = g->row[g->pick[r]] + g->state_at[i];
	return g->agg[i].fn->update(&g->agg[i], g->state, arg, k, e);
}

static int
update_one(struct aggregate *g, int i, const struct column *in, int n,
    int missing, struct err *e)
{
	const struct expr *x = g->op.node->u.agg.agg[i];
	const struct column *arg = &in[g->arg_at[i]];
	enum agg_mode mode = g->op.node->u.agg.mode;
	int at = g->state_at[i], k = n;
	void **state;

	if (g->filter_at[i] >= 0)
		return update_some(g, i, in, filter_rows(g, i, in, n), e);
	if (missing && (mode == AGG_COMPLETE || mode == AGG_PARTIAL))
		return update_some(g, i, in, known_rows(g, n), e);
	if (x->u.agg.distinct && mode == AGG_COMPLETE) {
		for (int r = 0; r < n; r++)
			g->pick[r] = r;
		return update_some(g, i, in, n, e);
	}
	if (g->nkey == 0 && g->agg[i].fn->update_all &&
	    (mode == AGG_COMPLETE || mode == AGG_PARTIAL))
		return g->agg[i].fn->update_all(&g->agg[i],
		    g->row[0] + at, arg, n, e);
	if (missing) {          /* merging: gather the state columns */
		struct column col[AGG_COLS_MAX];

		k = known_rows(g, n);
		arena_reset(&g->scratch);
		for (int c = 0; c < g->agg[i].ncol; c++)
			col_gather(&col[c], &arg[c], g->pick, k, &g->scratch);
		for (int r = 0; r < k; r++)
			g->state[r] = g->row[g->pick[r]] + at;
		return g->agg[i].fn->merge(&g->agg[i], g->state, col, k, e);
	}
	state = at ? g->state : (void **)g->row;
	for (int r = 0; at && r < n; r++)
		g->state[r] = g->row[r] + at;
	if (mode == AGG_FINAL || mode == AGG_MERGE)
		return g->agg[i].fn->merge(&g->agg[i], state, arg, n, e);
	return g->agg[i].fn->update(&g->agg[i], state, arg, n, e);
}

static void
hash_keys(struct aggregate *g, const struct column *in, int n)
{
	for (int k = 0; k < g->nkey; k++)
		col_hash(&in[k], NULL, n, k ? COL_HASH_COMBINE :
		    COL_HASH_FIRST, g->hash);
}

/* Rows without a group go to the spill file of their hash. */
static int
spill_missing(struct aggregate *g, const struct column *in, int n,
    struct err *e)
{
	struct batch b = { (struct column *)(uintptr_t)in, g->nin, n, 0,
	    g->pick };

	for (int s = 0; s < SPILLS; s++) {
		b.n = 0;
		for (int r = 0; r < n; r++)
			if (g->row[r] == NULL && (int)(g->hash[r] >>
			    (44 - 4 * g->depth) & (SPILLS - 1)) == s)
				g->pick[b.n++] = r;
		if (b.n == 0)
			continue;
		if (g->spill[s] == NULL)
			TRY(spill_new(&g->spill[s], g->op.task->env->scratch,
			    g->in_type, g->nin, e));
		TRY(spill_put(g->spill[s], &b, e));
	}
	return 0;
}

/* Adds n dense rows of evaluated columns. */
static int
add_rows(struct aggregate *g, const struct column *in, int n, struct err *e)
{
	int missing = 0;

	if (g->nkey) {
		hash_keys(g, in, n);
		missing = group_table_find(&g->table, in, g->hash, n,
		    g->frozen ? GROUP_FROZEN : GROUP_ADD, g->row);
	} else {
		for (int r = 1; r < n; r++)
			g->row[r] = g->row[0];
	}
	for (int i = 0; i < g->nagg; i++)
		TRY(update_one(g, i, in, n, missing, e));
	g->rows += n;
	if (missing)
		TRY(spill_missing(g, in, n, e));
	if (!g->frozen && over_budget(g) && !g->partial && g->nkey &&
	    g->depth < 10)
		g->frozen = true;
	return 0;
}

static int
read_kid(struct aggregate *g, int *n, struct err *e)
{
	struct batch b;
	int r = op_next(g->op.kid[0], &b, e);

	if (r <= 0)
		return r;
	TRY(program_run(g->prog, &b, g->in, e));
	*n = b.n;
	return 1;
}

/* Emits up to a batch of groups. */
static int
emit(struct aggregate *g, struct batch *b, struct err *e)
{
	const struct node *n = g->op.node;
	int64_t left = g->table.ngroup - g->emitted;
	int k = left < BATCH_ROWS ? (int)left : BATCH_ROWS, at = g->nkey;
	bool states = n->u.agg.mode == AGG_PARTIAL ||
	    n->u.agg.mode == AGG_MERGE;

	arena_reset(&g->out_heap);
	for (int r = 0; r < k; r++)
		g->row[r] = group_table_row(&g->table, g->emitted + r);
	for (int c = 0; c < g->nkey; c++) {
		col_alloc(&g->out[c], &g->out_heap, g->in_type[c], k,
		    COL_NO_VALID);
		group_table_key(&g->table, c, g->row, k, &g->out[c],
		    &g->out_heap);
	}
	for (int i = 0; i < g->nagg; i++) {
		struct agg *a = &g->agg[i];
		int ncol = states ? a->ncol : 1;

		for (int r = 0; r < k; r++)
			g->state[r] = g->row[r] + g->state_at[i];
		for (int c = 0; c < ncol; c++)
			col_alloc(&g->out[at + c], &g->out_heap,
			    states ? a->col[c] : a->type, k, COL_NO_VALID);
		TRY((states ? a->fn->save : a->fn->final)(a, g->state, k,
		    &g->out[at], &g->out_heap, e));
		at += ncol;
	}
	g->emitted += k;
	*b = (struct batch){ .col = g->out, .ncol = n->out->ncol, .nrow = k,
	    .n = k };
	return 1;
}

static void
clear_table(struct aggregate *g)
{
	group_table_clear(&g->table);
	arena_reset(&g->state_heap);
	distinct_clear(g);
	g->emitted = 0;
	g->rows = 0;
	g->frozen = false;
}

/* The states of n rows, each of its own, as columns. */
static int
lift(struct aggregate *g, int i, const struct column *in, int n,
    struct column *out, struct err *e)
{
	struct agg *a = &g->agg[i];
	char *made;

	if (a->fn->lift && g->filter_at[i] < 0)
		return a->fn->lift(a, &in[g->arg_at[i]], n, out, &g->out_heap,
		    e);
	/* Rows of the table in its layout, which is not used otherwise. */
	made = arena_alloc(&g->out_heap, (size_t)n * (size_t)a->size);
	for (int r = 0; r < n; r++)
		g->row[r] = made + (size_t)r * (size_t)a->size -
		    g->state_at[i];
	TRY(update_one(g, i, in, n, 0, e));
	for (int r = 0; r < n; r++)
		g->state[r] = made + (size_t)r * (size_t)a->size;
	for (int c = 0; c < a->ncol; c++)
		col_alloc(&out[c], &g->out_heap, a->col[c], n, COL_NO_VALID);
	return a->fn->save(a, g->state, n, out, &g->out_heap, e);
}

/* Each row its own group, without the table. */
static int
pass_on(struct aggregate *g, int n, struct batch *b, struct err *e)
{
	int at = g->nkey;

	arena_reset(&g->state_heap);
	arena_reset(&g->out_heap);
	for (int k = 0; k < g->nkey; k++)
		g->out[k] = g->in[k];
	for (int i = 0; i < g->nagg; i++) {
		TRY(lift(g, i, g->in, n, &g->out[at], e));
		at += g->agg[i].ncol;
	}
	*b = (struct batch){ .col = g->out, .ncol = at, .nrow = n, .n = n };
	return 1;
}

static int
build_partial(struct aggregate *g, struct batch *b, struct err *e)
{
	int n, r;

	while ((r = read_kid(g, &n, e)) > 0) {
		if (g->give_up)
			return pass_on(g, n, b, e);
		TRY(add_rows(g, g->in, n, e));
		if (g->nkey == 0)
			continue;
		if (g->rows >= PARTIAL_LOOK && (double)g->table.ngroup >
		    GIVE_UP * (double)g->rows)
			g->give_up = true;
		if (g->give_up || g->op.task->env->force_spill ||
		    group_table_bytes(&g->table) + (int64_t)
		    g->state_heap.size > PARTIAL_BYTES) {
			g->state_of = EMIT_MORE;
			return 0;
		}
	}
	if (r == 0)
		g->state_of = EMIT_LAST;
	return r;
}

static int
build_whole(struct aggregate *g, struct err *e)
{
	int n, r;

	while ((r = read_kid(g, &n, e)) > 0)
		TRY(add_rows(g, g->in, n, e));
	g->state_of = EMIT_LAST;
	return r;
}

/* Takes the next spilled partition as input: 0 when there is none. */
static int
next_spill(struct aggregate *g, struct err *e)
{
	struct pending_spill *p;
	struct batch b;
	int r;

	for (int s = 0; s < SPILLS; s++) {
		if (g->spill[s] == NULL)
			continue;
		g->op.task->spilled += spill_bytes(g->spill[s]);
		p = NEW(&g->op.task->arena, struct pending_spill);
		*p = (struct pending_spill){ g->spill[s], g->depth + 1,
		    g->pending };
		g->pending = p;
		g->spill[s] = NULL;
	}
	p = g->pending;
	if (p == NULL)
		return 0;
	g->pending = p->next;
	g->depth = p->depth;
	clear_table(g);
	r = spill_rewind(p->spill, e);
	while (r >= 0 && (r = spill_next(p->spill, &b, e)) > 0)
		r = add_rows(g, b.col, b.n, e);
	spill_free(p->spill);
	return r < 0 ? r : 1;
}

static int
aggregate_next(struct op *op, struct batch *b, struct err *e)
{
	struct aggregate *g = (struct aggregate *)op;
	int r;

	for (;;) {
		switch (g->state_of) {
		case BUILD:
			b->n = 0;
			r = g->partial ? build_partial(g, b, e) :
			    build_whole(g, e);
			if (r != 0)
				return r;
			break;
		case EMIT_MORE:
		case EMIT_LAST:
			if (g->emitted < g->table.ngroup)
				return emit(g, b, e);
			if (g->state_of == EMIT_MORE) {
				clear_table(g);
				g->state_of = BUILD;
				break;
			}
			r = next_spill(g, e);
			if (r <= 0)
				return r;
			break;
		}
	}
}

static void
aggregate_close(struct op *op)
{
	struct aggregate *g = (struct aggregate *)op;

	if (g->prog)
		program_release(g->prog);
	group_table_release(&g->table);
	distinct_release(g);
	for (int s = 0; s < SPILLS; s++)
		spill_free(g->spill[s]);
	for (; g->pending; g->pending = g->pending->next)
		spill_free(g->pending->spill);
	arena_release(&g->state_heap);
	arena_release(&g->out_heap);
	arena_release(&g->scratch);
}

const struct op_class op_aggregate = {
	.name = "aggregate", .size = sizeof(struct aggregate),
	.open = aggregate_open, .next = aggregate_next,
	.close = aggregate_close,
};
