/*
 * program -- running blocks of steps over batches.
 *
 * Each step is one call of a kernel for all rows.  Strict kernels find the
 * validity of their result computed (the AND of the arguments' bitmaps); a
 * null constant among the arguments makes the whole result null without a
 * call.  A step whose arguments are all constant runs on one row, and only
 * once when they are literals.  Registers keep their memory from batch to
 * batch; what kernels allocate besides (string bytes, kids) lives in a heap
 * that is emptied at the next run.
 */
#include "expr/program.h"

#include <string.h>

#include "column/datum.h"
#include "expr/block.h"

void
reg_room(struct block *b, struct reg *r, const struct type *t, int n)
{
	struct arena *a = b->prog->arena;

	if (t->kind == TYPE_STRUCT) {
		col_alloc(&r->col, r->fixed ? a : b->prog->heap, t, n,
		    COL_NO_VALID);
		if (r->valid == NULL || r->cap < n) {
			r->cap = n > BATCH_ROWS ? n : BATCH_ROWS;
			r->valid = arena_raw(a, BITS_BYTES(r->cap));
		}
		return;
	}
	if (r->data == NULL || r->cap < n) {
		r->cap = n <= ROWS_FEW ? ROWS_FEW :
		    n > BATCH_ROWS ? n : BATCH_ROWS;
		r->data = arena_raw(a, (size_t)r->cap * (size_t)type_width(t));
		r->valid = arena_raw(a, BITS_BYTES(r->cap));
	}
	r->col = (struct column){ .type = t, .data = r->data };
}

#define GATHER(T)                                                       \
	do {                                                            \
		const T *from = c->data;                                \
		T *to = r->data;                                        \
		for (int i = 0; i < n; i++)                             \
			to[i] = from[pick[i]];                          \
	} while (0)

struct word16 { uint64_t w[2]; };

/* Register r becomes the picked rows of c. */
static void
reg_gather(struct block *b, struct reg *r, const struct column *c,
    const int32_t *pick, int n)
{
	if (type_is_nested(c->type)) {
		col_gather(&r->col, c, pick, n, b->prog->heap);
		return;
	}
	reg_room(b, r, c->type, n);
	switch (type_width(c->type)) {
	case 1:
		GATHER(uint8_t);
		break;
	case 2:
		GATHER(uint16_t);
		break;
	case 4:
		GATHER(uint32_t);
		break;
	case 8:
		GATHER(uint64_t);
		break;
	default:
		GATHER(struct word16);
		break;
	}
	r->col.flags = c->flags & COL_STABLE;
	if (c->valid == NULL)
		return;
	memset(r->valid, 0, BITS_BYTES(n));
	for (int i = 0; i < n; i++)
		r->valid[i >> 6] |=
		    (uint64_t)bit_get(c->valid, pick[i]) << (i & 63);
	r->col.valid = r->valid;
}

void
block_load(struct block *b, const struct column *col, const int32_t *pick,
    int n)
{
	for (int i = 0; i < b->nimport; i++) {
		struct reg *r = &b->reg[b->import_reg[i]];
		const struct column *c = b->up ?
		    &b->up->reg[b->import[i]].col : &col[b->import[i]];

		if (pick && !(c->flags & COL_CONST))
			reg_gather(b, r, c, pick, n);
		else
			r->col = *c;
		r->flat_run = 0;
	}
}

/* The constant in a register as n equal rows. */
static const struct column *
reg_flat(struct block *b, struct reg *r, int n)
{
	struct program *p = b->prog;

	if ((r->flat_run == -1 || r->flat_run == p->run) && r->flat_n >= n)
		return &r->flat;
	if (r->fixed) {
		n = n > BATCH_ROWS ? n : BATCH_ROWS;
		col_gather(&r->flat, &r->col, NULL, n, p->arena);
		r->flat_run = -1;
	} else {
		col_gather(&r->flat, &r->col, NULL, n, p->heap);
		r->flat_run = p->run;
	}
	r->flat_n = n;
	return &r->flat;
}

/* Validity of a strict result: 1 when all rows are null because of a
 * constant, else 0 with out->valid set. */
static int
strict_valid(const struct step *s, struct reg *out, int n)
{
	size_t words = BITS_WORDS(n);

	for (int i = 0; i < s->narg; i++) {
		const struct column *c = &s->argv[i];

		if (c->valid == NULL)
			continue;
		if (c->flags & COL_CONST) {
			if (!bit_get(c->valid, 0))
				return 1;
		} else if (out->col.valid == NULL) {
			out->col.valid = out->valid;
			memcpy(out->valid, c->valid, words * 8);
		} else {
			for (size_t w = 0; w < words; w++)
				out->valid[w] &= c->valid[w];
		}
	}
	return 0;
}

/* Fills s->argv; returns 1 when all are constants. */
static int
load_args(struct block *b, struct step *s, int n)
{
	unsigned flags = s->x->u.call.flags;
	bool all = !(flags & FN_NONDET);

	for (int i = 0; i < s->narg; i++)
		all = all && (b->reg[s->arg[i]].col.flags & COL_CONST);
	for (int i = 0; i < s->narg; i++) {
		struct reg *r = &b->reg[s->arg[i]];

		s->argv[i] = r->col;
		if ((flags & FN_CONSTS) || !(r->col.flags & COL_CONST))
			continue;
		if (all)
			s->argv[i].flags &= ~(uint32_t)COL_CONST;
		else
			s->argv[i] = *reg_flat(b, r, n);
	}
	return all;
}

static int
step_run(struct block *b, struct step *s, int n, struct err *e)
{
	struct program *p = b->prog;
	struct reg *out = &b->reg[s->out];
	const struct expr *x = s->x;
	int all = load_args(b, s, n);
	struct kernel_call k = {
		.n = all ? 1 : n, .narg = s->narg, .arg = s->argv,
		.out = &out->col, .call = x, .state = x->u.call.state,
		.heap = s->fixed ? p->arena : p->heap,
		.zone = p->env.zone, .seed = p->env.seed, .row = b->row,
		.part = p->env.part,
	};

	reg_room(b, out, s->type, k.n);
	if (!(x->u.call.flags & FN_CUSTOM) && strict_valid(s, out, k.n)) {
		col_alloc(&out->col, k.heap, s->type, 1, COL_WITH_VALID);
		out->col.flags |= COL_CONST;
	} else if (x->u.call.kernel(&k, e) < 0) {
		if (e->kind == ERR_USER)
			err_place(e, x->span);
		return e->kind;
	}
	if (all)
		out->col.flags |= COL_CONST;
	s->done = s->fixed;
	return 0;
}

int
block_run(struct block *b, int n, struct err *e)
{
	for (int i = 0; i < b->nstep; i++) {
		struct step *s = &b->step[i];

		if (s->done)
			continue;
		if (s->lazy)
			TRY(lazy_run(b, s, n, e));
		else
			TRY(step_run(b, s, n, e));
	}
	b->row += n;
	return 0;
}

static void
program_init(struct program *p, struct arena *a, const struct schema *in,
    const struct program_env *env)
{
	p->arena = a;
	p->in = in;
	p->env = *env;
	p->heap = &p->own;
	arena_init(p->heap);
}

int
program_run(struct program *p, const struct batch *b, struct column *out,
    struct err *e)
{
	struct block *k = p->block;

	arena_reset(p->heap);
	p->run++;
	if (b->n > 0) {
		block_load(k, b->col, b->pick, b->n);
		TRY(block_run(k, b->n, e));
	}
	for (int i = 0; i < k->nresult; i++) {
		struct reg *r = &k->reg[k->result[i]];

		if (b->n == 0)
			col_alloc(&out[i], p->heap, r->x->type, 0,
			    COL_NO_VALID);
		else
			out[i] = r->col;
	}
	return 0;
}

int
program_new(struct program **out, struct arena *a, const struct schema *in,
    struct expr *const *x, int n, const struct program_env *env,
    struct err *e)
{
	struct program *p = NEW(a, struct program);

	program_init(p, a, in, env);
	*out = p;
	TRY(block_new(p, x, n, &p->block, e));
	if (n == 1 && x[0]->type->kind == TYPE_BOOL)
		TRY(program_conjuncts(p, x[0], e));
	return 0;
}

void
program_release(struct program *p)
{
	for (int i = 0; i < p->nbuilder; i++)
		builder_release(p->builder[i]);
	p->nbuilder = 0;
	arena_release(p->heap);
}

int
expr_eval_const(const struct expr_env *env, const struct expr *x,
    struct datum *out, struct err *e)
{
	struct schema none = { 0 };
	struct program_env penv = { .zone = env->zone, .seed = env->seed };
	struct batch b = { .nrow = 1, .n = 1 };
	struct expr *one = (struct expr *)(uintptr_t)x;
	struct arena a = { 0 };
	struct program *p;
	struct column c;
	int r;

	if (x->kind == EXPR_LIT) {
		*out = x->u.lit;
		return 0;
	}
	r = program_new(&p, &a, &none, &one, 1, &penv, e);
	if (r >= 0)
		r = program_run(p, &b, &c, e);
	if (r >= 0) {
		*out = datum_get(&c, 0, env->arena);
		out->type = type_copy(env->arena, x->type);
	}
	program_release(p);
	arena_release(&a);
	return r;
}
