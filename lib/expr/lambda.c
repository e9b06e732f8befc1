/*
 * lambda -- see lambda.h: types of parameters, making calls, running bodies.
 */
#include "expr/lambda.h"

#include <strings.h>

#include "base/text.h"
#include "column/wire.h"
#include "expr/block.h"
#include "expr/coerce.h"
#include "expr/func_bind.h"

/* What the parameters are: element, index, both elements, entry, sum … */
enum takes { ELEMENT, PAIR, ENTRY, MERGE, FINISH, COMPARE };

static const struct { const char *fn; int at; enum takes takes; } forms[] = {
	{ "transform", 1, ELEMENT }, { "filter", 1, ELEMENT },
	{ "exists", 1, ELEMENT }, { "forall", 1, ELEMENT },
	{ "aggregate", 2, MERGE }, { "aggregate", 3, FINISH },
	{ "reduce", 2, MERGE }, { "reduce", 3, FINISH },
	{ "zip_with", 2, PAIR }, { "map_filter", 1, ENTRY },
	{ "array_sort_by", 1, COMPARE }, { "transform_keys", 1, ENTRY }, { "transform_values", 1, ENTRY },
};

static int
form_of(const char *fn, int at)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcasecmp(forms[i].fn, fn) == 0 && forms[i].at == at)
			return (int)forms[i].takes;
	return -1;
}

bool
lambda_taken(const char *fn, int at)
{
	return form_of(fn, at) >= 0;
}

static int
not_a_list(const struct expr_env *env, const char *fn, const struct expr *x,
    const char *wants, struct span span, struct err *e)
{
	return err_at(e, x->span.len ? x->span : span, "%s() wants %s, not %s",
	    fn, wants, type_name(env->arena, x->type));
}

int
lambda_types(const struct expr_env *env, const char *fn,
    struct expr *const *arg, int at, const struct lambda *before,
    struct lambda *l, struct span span, struct err *e)
{
	static const int least[] = { 1, 2, 2, 2, 1, 2 };
	static const int most[] = { 2, 2, 2, 2, 1, 2 };
	int takes = form_of(fn, at), one = takes == ELEMENT &&
	    (strcasecmp(fn, "exists") == 0 || strcasecmp(fn, "forall") == 0);
	const struct type *t = arg[0]->type;

	if (takes < 0)
		return err_at(e, span, "%s() takes no lambda here", fn);
	if (l->nparam < least[takes] || l->nparam > (one ? 1 : most[takes]))
		return err_at(e, span, "a lambda with %d parameters is not "
		    "what %s() wants", l->nparam, fn);
	if (takes == ENTRY && t->kind != TYPE_MAP)
		return not_a_list(env, fn, arg[0], "a map", span, e);
	if (takes != ENTRY && t->kind != TYPE_ARRAY)
		return not_a_list(env, fn, arg[0], "an array", span, e);
	if (takes == PAIR && arg[1]->type->kind != TYPE_ARRAY)
		return not_a_list(env, fn, arg[1], "an array", span, e);
	l->param[0].type = t->field[0].type;
	switch (takes) {
	case ELEMENT:
		l->param[1].type = TYPE(I32);
		break;
	case PAIR:
		l->param[1].type = arg[1]->type->field[0].type;
		break;
	case ENTRY:
		l->param[1].type = t->field[1].type;
		break;
	case MERGE:
		l->param[0].type = arg[1]->type;
		l->param[1].type = t->field[0].type;
		break;
	case COMPARE:
		l->param[1].type = t->field[0].type;
		break;
	case FINISH:
		l->param[0].type = before[0].body->type;
		break;
	}
	return 0;
}

/* The body as a value of type t, if Spark takes it for one. */
static int
body_as(const struct expr_env *env, const char *fn, struct lambda *l,
    const struct type *t, struct span span, struct err *e)
{
	const struct type *both = coerce_tightest(env->arena, l->body->type, t);

	if (both == NULL || !type_equal(both, t))
		return err_at(e, l->body->span.len ? l->body->span : span,
		    "the lambda of %s() must give %s, not %s", fn,
		    type_name(env->arena, t),
		    type_name(env->arena, l->body->type));
	return cast_implicit(env, l->body, t, &l->body, e);
}

static int
result_type(const struct expr_env *env, const char *fn, struct expr *const *arg,
    struct lambda *l, int n, struct span span, const struct type **out,
    struct err *e)
{
	const struct type *t = arg[0]->type, *body = l[0].body->type;
	struct arena *a = env->arena;

	*out = t;
	if (strcmp(fn, "filter") == 0 || strcmp(fn, "map_filter") == 0)
		return body_as(env, fn, &l[0], TYPE(BOOL), span, e);
	if (strcmp(fn, "array_sort_by") == 0)
		return body_as(env, fn, &l[0], TYPE(I32), span, e);
	if (strcmp(fn, "exists") == 0 || strcmp(fn, "forall") == 0) {
		*out = TYPE(BOOL);
		return body_as(env, fn, &l[0], TYPE(BOOL), span, e);
	}
	if (strcmp(fn, "aggregate") == 0 || strcmp(fn, "reduce") == 0) {
		*out = n > 1 ? l[1].body->type : arg[1]->type;
		return body_as(env, fn, &l[0], arg[1]->type, span, e);
	}
	if (strcmp(fn, "transform_values") == 0) {
		*out = type_map(a, t->field[0].type, body);
	} else if (strcmp(fn, "transform_keys") == 0) {
		if (!type_is_ordered(body))
			return err_at(e, span, "keys of maps cannot be %s",
			    type_name(a, body));
		*out = type_map(a, body, t->field[1].type);
	} else {
		*out = type_array(a, body);
	}
	return 0;
}

struct captures {
	struct arena *arena;
	const struct lambda *l;
	int nlambda;
	struct expr **x;
	int n, cap;
};

static void
capture(struct expr *x, void *arg)
{
	struct captures *c = arg;

	if (x->kind != EXPR_COL)
		return;
	for (int i = 0; i < c->nlambda; i++)
		for (int p = 0; p < c->l[i].nparam; p++)
			if (c->l[i].param[p].id == x->u.col.id)
				return;
	for (int i = 0; i < c->n; i++)
		if (c->x[i]->u.col.id == x->u.col.id)
			return;
	ARENA_GROW(c->arena, c->x, c->n, c->cap);
	c->x[c->n++] = x;
}

int
lambda_call(const struct expr_env *env, const char *name,
    struct expr *const *arg, int narg, const struct lambda *l, int nlambda,
    struct span span, struct expr **out, struct err *e)
{
	const struct func *fn = func_find(name);
	struct arena *a = env->arena;
	struct lambda_call *s = NEW(a, struct lambda_call);
	struct captures c = { .arena = a, .l = s->lambda,
	    .nlambda = nlambda };
	struct expr *x = NEW(a, struct expr);
	bool fails = strcmp(fn->name, "transform_keys") == 0 ||
	    strcmp(fn->name, "array_sort_by") == 0, nondet = false;

	s->narg = narg;
	s->nlambda = nlambda;
	memcpy(s->lambda, l, sizeof *l * (size_t)nlambda);
	TRY(result_type(env, fn->name, arg, s->lambda, nlambda, span,
	    &x->type, e));
	for (int i = 0; i < nlambda; i++) {
		expr_walk(s->lambda[i].body, capture, &c);
		fails |= expr_can_fail(s->lambda[i].body);
		nondet |= !expr_is_deterministic(s->lambda[i].body);
	}
	s->ncapture = c.n;
	s->capture = NEW_N(a, struct field, c.n + 1);
	x->kind = EXPR_CALL;
	x->span = span;
	x->nullable = true;
	x->u.call.fn = fn;
	x->u.call.narg = narg + c.n;
	x->u.call.arg = NEW_N(a, struct expr *, narg + c.n + 1);
	memcpy(x->u.call.arg, arg, (size_t)narg * sizeof *arg);
	for (int i = 0; i < c.n; i++) {
		x->u.call.arg[narg + i] = c.x[i];
		s->capture[i] = (struct field){ c.x[i]->u.col.name,
		    c.x[i]->type, c.x[i]->nullable, c.x[i]->u.col.id };
	}
	x->u.call.state = s;
	x->u.call.kernel = fn->kernel;
	x->u.call.flags = (fn->flags & ~(unsigned)FN_FAILS) |
	    (fails ? FN_FAILS : 0) | (nondet ? FN_NONDET : 0);
	*out = x;
	return 0;
}

bool
lambda_same(const struct lambda_call *a, const struct lambda_call *b)
{
	if (a == b)
		return true;
	if (a->nlambda != b->nlambda || a->ncapture != b->ncapture)
		return false;
	for (int i = 0; i < a->ncapture; i++)
		if (a->capture[i].id != b->capture[i].id)
			return false;
	for (int i = 0; i < a->nlambda; i++)
		if (a->lambda[i].nparam != b->lambda[i].nparam ||
		    !expr_same(a->lambda[i].body, b->lambda[i].body))
			return false;
	return true;
}

struct replacing {
	const struct expr *call;
	const struct lambda_call *s;
};

static struct expr *
replaced(struct expr *x, void *arg)
{
	const struct replacing *r = arg;

	if (x->kind == EXPR_COL)
		for (int i = 0; i < r->s->ncapture; i++)
			if (r->s->capture[i].id == x->u.col.id)
				return r->call->u.call.arg[r->s->narg + i];
	return x;
}

struct expr *
lambda_body(struct arena *a, const struct expr *call, int i)
{
	const struct lambda_call *s = call->u.call.state;
	struct replacing r = { call, s };

	return expr_map(a, s->lambda[i].body, replaced, &r);
}

struct lambda_program {
	struct kernel_call *k;
	const struct lambda_call *s;
	const struct lambda *l;
	struct program prog;
	struct column *col;             /* parameters, then captures */
};

int
lambda_open(struct kernel_call *k, int i, struct lambda_program **out,
    struct err *e)
{
	const struct lambda_call *s = k->state;
	const struct lambda *l = &s->lambda[i];
	struct lambda_program *p = NEW(k->heap, struct lambda_program);
	struct schema *in = schema_new(k->heap, l->nparam + s->ncapture);
	struct expr *body = l->body;
	int r;

	memcpy(in->col, l->param, (size_t)l->nparam * sizeof *in->col);
	memcpy(in->col + l->nparam, s->capture, (size_t)s->ncapture *
	    sizeof *in->col);
	p->k = k;
	p->s = s;
	p->l = l;
	p->col = NEW_N(k->heap, struct column, in->ncol + 1);
	p->prog = (struct program){ .arena = k->heap, .heap = k->heap,
	    .in = in, .env = { k->zone, k->seed, k->part } };
	*out = p;
	r = block_new(&p->prog, &body, 1, &p->prog.block, e);
	if (r < 0)
		lambda_close(p);
	return r;
}

void
lambda_close(struct lambda_program *p)
{
	for (int i = 0; i < p->prog.nbuilder; i++)
		builder_release(p->prog.builder[i]);
	p->prog.nbuilder = 0;
}

/* A copy of n rows that owns its memory in the heap. */
static int
deep_copy(struct kernel_call *k, struct column *c, int n, struct err *e)
{
	const struct type *t = c->type;
	struct batch all = { c, 1, n, n, NULL };
	struct text raw = { 0 };
	int64_t r;

	wire_put(&raw, &all);
	r = wire_get(arena_memdup(k->heap, raw.p, raw.n), raw.n, &t, 1,
	    k->heap, &all, e);
	text_release(&raw);
	if (r < 0)
		return (int)r;
	*c = all.col[0];
	return 0;
}

int
lambda_step(struct lambda_program *p, const struct column *param,
    const int32_t *row, int n, struct column *out, struct err *e)
{
	struct kernel_call *k = p->k;
	struct block *b = p->prog.block;
	struct column c;

	memcpy(p->col, param, (size_t)p->l->nparam * sizeof *param);
	for (int i = 0; i < p->s->ncapture; i++)
		col_gather(&p->col[p->l->nparam + i],
		    &k->arg[p->s->narg + i], row, n, k->heap);
	p->prog.run++;
	block_load(b, p->col, NULL, n);
	TRY(block_run(b, n, e));
	c = b->reg[b->result[0]].col;
	if (c.flags & COL_CONST)
		col_gather(&c, &c, NULL, n, k->heap);
	if (p->prog.nbuilder)
		TRY(deep_copy(k, &c, n, e));
	*out = c;
	return 0;
}

int
lambda_run(struct kernel_call *k, int i, const struct column *param,
    const int32_t *row, int n, struct column *out, struct err *e)
{
	const struct lambda_call *s = k->state;
	struct lambda_program *p;
	int r;

	if (n == 0) {
		col_alloc(out, k->heap, s->lambda[i].body->type, 0,
		    COL_NO_VALID);
		return 0;
	}
	TRY(lambda_open(k, i, &p, e));
	r = lambda_step(p, param, row, n, out, e);
	lambda_close(p);
	return r;
}
