/*
 * program_build -- from expression trees to blocks of steps.
 *
 * Equal subexpressions share a register, also between a branch and what the
 * block above it has computed by then.  A branch of CASE, AND … gets a block
 * of its own when it can fail or is dear; else it is computed for all rows
 * in the same block, which is faster than picking rows.
 */
#include <string.h>

#include "column/datum.h"
#include "expr/block.h"

static int compile(struct block *b, const struct expr *x, struct err *e);

static int
reg_new(struct block *b, const struct expr *x)
{
	struct reg *r;

	ARENA_GROW(b->prog->arena, b->reg, b->nreg, b->reg_cap);
	r = &b->reg[b->nreg];
	memset(r, 0, sizeof *r);
	r->x = x;
	return b->nreg++;
}

static int
reg_find(const struct block *b, const struct expr *x)
{
	for (int i = 0; i < b->nreg; i++)
		if (b->reg[i].x && expr_same(b->reg[i].x, x))
			return i;       /* rand() of one seed is one value */
	return -1;
}

/* A register for register (or batch column) from of the block above. */
static int
import(struct block *b, int from, const struct expr *x)
{
	struct arena *a = b->prog->arena;
	int cap = b->import_cap, r = reg_new(b, x);

	ARENA_GROW(a, b->import, b->nimport, cap);
	ARENA_GROW(a, b->import_reg, b->nimport, b->import_cap);
	b->import[b->nimport] = from;
	b->import_reg[b->nimport++] = r;
	return r;
}

/* The register that already holds x here or in a block above; -1: none. */
static int
known(struct block *b, const struct expr *x)
{
	int r = reg_find(b, x);

	if (r >= 0 || b->up == NULL)
		return r;
	r = known(b->up, x);
	return r < 0 ? -1 : import(b, r, x);
}

static int
compile_lit(struct block *b, const struct expr *x)
{
	int r = reg_new(b, x);
	struct reg *g = &b->reg[r];

	datum_column(&x->u.lit, &g->col, b->prog->arena);
	g->fixed = true;
	return r;
}

static int
compile_col(struct block *b, const struct expr *x, struct err *e)
{
	int i;

	if (b->up) {
		i = compile(b->up, x, e);
		return i < 0 ? i : import(b, i, x);
	}
	i = schema_find(b->prog->in, x->u.col.id);
	if (i < 0)
		return err_set(e, ERR_BUG, "column %d (%s) is not in the "
		    "input", x->u.col.id, x->u.col.name ? x->u.col.name : "");
	return import(b, i, x);
}

static struct block *
block_empty(struct program *p, struct block *up)
{
	struct block *b = NEW(p->arena, struct block);

	b->prog = p;
	b->up = up;
	return b;
}

/* Is x so cheap that computing it for rows that do not need it costs less
 * than picking rows?  Fixed-width operators are. */
static bool
is_cheap(const struct expr *x, int depth)
{
	if (x->kind != EXPR_CALL)
		return !type_is_nested(x->type);
	if (depth > 4 || type_is_nested(x->type) || type_is_bytes(x->type) ||
	    !(x->u.call.flags & FN_OPERATOR) || x->u.call.narg > 8)
		return false;
	for (int i = 0; i < x->u.call.narg; i++)
		if (!is_cheap(x->u.call.arg[i], depth + 1))
			return false;
	return true;
}

static bool
contains(const struct expr *x, const struct expr *part)
{
	if (expr_same(x, part))
		return true;
	for (int i = 0; x->kind == EXPR_CALL && i < x->u.call.narg; i++)
		if (contains(x->u.call.arg[i], part))
			return true;
	return false;
}

bool
block_shares(const struct expr *x, const struct expr *y)
{
	if (y->kind != EXPR_CALL)
		return false;
	if (!is_cheap(y, 0) && contains(x, y))
		return true;
	for (int i = 0; i < y->u.call.narg; i++)
		if (block_shares(x, y->u.call.arg[i]))
			return true;
	return false;
}

/* A way of control flow: in this block if safe, else in its own. */
static int
compile_way(struct block *b, const struct expr *x, bool always,
    struct branch *way, struct err *e)
{
	struct block *k;
	int r;

	way->reg = -1;
	if (always || (!expr_can_fail(x) && is_cheap(x, 0))) {
		way->reg = compile(b, x, e);
		return way->reg < 0 ? way->reg : 0;
	}
	k = block_empty(b->prog, b);
	r = compile(k, x, e);
	if (r < 0)
		return r;
	k->result = NEW(b->prog->arena, int);
	k->result[0] = r;
	k->nresult = 1;
	way->block = k;
	return 0;
}

static enum lazy_kind
lazy_kind_of(const struct expr *x)
{
	static const struct { const char *name; enum lazy_kind kind; } v[] = {
		{ "and", LAZY_AND }, { "or", LAZY_OR }, { "case", LAZY_CASE },
		{ "if", LAZY_CASE }, { "coalesce", LAZY_COALESCE },
		{ "nvl", LAZY_COALESCE }, { "ifnull", LAZY_COALESCE },
	};

	if (!(x->u.call.flags & FN_LAZY))
		return LAZY_NONE;
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
		if (strcmp(v[i].name, x->u.call.fn->name) == 0)
			return v[i].kind;
	return LAZY_NONE;
}

static struct step *
step_new(struct block *b, const struct expr *x, int narg)
{
	struct arena *a = b->prog->arena;
	struct step *s;

	ARENA_GROW(a, b->step, b->nstep, b->step_cap);
	s = &b->step[b->nstep++];
	memset(s, 0, sizeof *s);
	s->x = x;
	s->type = x->u.call.flags & FN_GENERATOR ?
	    type_array(a, x->type) : x->type;
	s->narg = narg;
	s->arg = NEW_N(a, int, narg + 1);
	s->argv = NEW_N(a, struct column, narg + 1);
	return s;
}

static struct lazy *
lazy_new(struct program *p, enum lazy_kind kind, const struct expr *x)
{
	struct lazy *z = NEW(p->arena, struct lazy);

	z->kind = kind;
	z->n = x->u.call.narg;
	z->way = NEW_N(p->arena, struct branch, z->n);
	z->eager = true;
	if (type_is_nested(x->type)) {
		z->from = NEW_N(p->arena, struct column, z->n);
		z->builder = NEW(p->arena, struct builder);
		builder_init(z->builder, x->type);
		ARENA_GROW(p->arena, p->builder, p->nbuilder, p->builder_cap);
		p->builder[p->nbuilder++] = z->builder;
	}
	return z;
}

static int
compile_lazy(struct block *b, const struct expr *x, enum lazy_kind kind,
    struct err *e)
{
	struct lazy *z = lazy_new(b->prog, kind, x);
	struct step *s;
	int r;

	for (int i = 0; i < z->n; i++) {
		TRY(compile_way(b, x->u.call.arg[i], i == 0, &z->way[i], e));
		z->eager &= z->way[i].reg >= 0;
	}
	r = reg_new(b, x);
	s = step_new(b, x, 0);
	s->lazy = z;
	s->out = r;
	return r;
}

static int
compile_call(struct block *b, const struct expr *x, struct err *e)
{
	enum lazy_kind kind = lazy_kind_of(x);
	int narg = x->u.call.narg, arg[8], *v = arg, r;
	struct step *s;
	bool fixed = !(x->u.call.flags & FN_NONDET);

	if (kind != LAZY_NONE) {
		bool cheap = narg == 2 && x->type->kind == TYPE_BOOL &&
		    !expr_can_fail(x->u.call.arg[1]) &&
		    is_cheap(x->u.call.arg[1], 0);

		if (!cheap || kind > LAZY_OR)
			return compile_lazy(b, x, kind, e);
	}
	if (narg > 8)
		v = NEW_N(b->prog->arena, int, narg);
	for (int i = 0; i < narg; i++) {
		v[i] = compile(b, x->u.call.arg[i], e);
		if (v[i] < 0)
			return v[i];
		fixed = fixed && b->reg[v[i]].fixed;
	}
	r = reg_new(b, x);
	s = step_new(b, x, narg);
	if (narg)
		memcpy(s->arg, v, (size_t)narg * sizeof *v);
	s->out = r;
	s->fixed = b->reg[r].fixed = fixed;
	return r;
}

/* Returns the register that holds x, or < 0. */
static int
compile(struct block *b, const struct expr *x, struct err *e)
{
	/* Literals are made anew in each block: there they stay fixed. */
	int r = x->kind == EXPR_LIT ? reg_find(b, x) : known(b, x);

	if (r >= 0)
		return r;
	switch (x->kind) {
	case EXPR_LIT:
		return compile_lit(b, x);
	case EXPR_COL:
		return compile_col(b, x, e);
	case EXPR_CALL:
		if (x->u.call.kernel == NULL)
			return err_set(e, ERR_BUG, "%s has no kernel",
			    x->u.call.fn->name);
		return compile_call(b, x, e);
	default:
		return err_set(e, ERR_BUG, "an aggregate in a program");
	}
}

int
block_new(struct program *p, struct expr *const *x, int n,
    struct block **out, struct err *e)
{
	struct block *b = block_empty(p, NULL);

	b->nresult = n;
	b->result = NEW_N(p->arena, int, n + 1);
	for (int i = 0; i < n; i++) {
		b->result[i] = compile(b, x[i], e);
		if (b->result[i] < 0)
			return b->result[i];
	}
	*out = b;
	return 0;
}
