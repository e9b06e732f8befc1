/*
 * agg_list -- aggregates that keep their values: collect_list, collect_set
 * and listagg; see agg_list.h for the states.
 *
 * listagg with an order keeps structs of the keys and the value (the binder
 * makes them) and sorts them at the end; its directions are a constant: a
 * letter a key, 'a' or 'd' with nulls first or last as in ORDER BY, capital
 * when they lie at the other end.
 */
#include "expr/agg_list.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "column/wire.h"

int
list_plan(struct agg *g, struct arena *a, struct err *e)
{
	(void)e;
	g->size = 32;
	g->ncol = 1;
	g->col[0] = type_array(a, g->arg_type[0]);
	return 0;
}

static size_t
width(const struct type *t)
{
	return type_is_nested(t) ? sizeof(struct datum) :
	    (size_t)type_width(t);
}

/* Copies of nested values and long strings belong to the table's heap. */
static void
keep(const struct agg *g, char *to, const struct column *c, int64_t at)
{
	size_t w = width(c->type), held = g->heap->arena->size;

	if (type_is_nested(c->type)) {
		struct datum d = datum_get(c, at, g->heap->arena);

		memcpy(to, &d, sizeof d);
		g->heap->grown += (int64_t)(g->heap->arena->size - held);
		return;
	}
	memcpy(to, (const char *)c->data + (size_t)at * w, w);
	if (type_is_bytes(c->type)) {
		struct sview *s = (struct sview *)(void *)to;

		if (s->len > SVIEW_INLINE) {
			char *p = agg_heap_alloc(g->heap, s->len);

			memcpy(p, s->ptr, s->len);
			s->ptr = p;
		}
	}
}

static void
push(const struct agg *g, struct list *l, const struct column *c, int64_t at)
{
	size_t w = width(c->type);

	if (l->n == l->cap) {
		int64_t cap = l->cap ? 2 * l->cap : 4;
		char *v = agg_heap_alloc(g->heap, (size_t)cap * w);

		if (l->n)
			memcpy(v, l->v, (size_t)l->n * w);
		l->v = v;
		l->cap = cap;
	}
	keep(g, l->v + (size_t)l->n++ * w, c, at);
}

int
list_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	(void)e;
	for (int i = 0; i < n; i++)
		if (!agg_null(&arg[0], i))
			push(g, state[i], &arg[0], col_at(&arg[0], i));
	return 0;
}

int
list_merge(const struct agg *g, void *const *state,
    const struct column *col, int n, struct err *e)
{
	(void)e;
	for (int i = 0; i < n; i++) {
		struct lview l;

		if (agg_null(&col[0], i))
			continue;
		l = ((const struct lview *)col[0].data)[col_at(&col[0], i)];
		for (uint32_t k = 0; k < l.len; k++)
			push(g, state[i], &col[0].kid[0], l.off + k);
	}
	return 0;
}

/* Appends value i of the list. */
static void
add_value(struct builder *b, const struct agg *g, const struct list *l,
    int64_t i, struct arena *a)
{
	struct column c = { .type = g->arg_type[0], .data = l->v };

	if (!type_is_nested(c.type)) {
		builder_value(b, &c, i);
		return;
	}
	datum_column((const struct datum *)(const void *)l->v + i, &c, a);
	builder_value(b, &c, 0);
	arena_reset(a);
}

void
values_open(struct values *v, const struct agg *g, const struct list *l)
{
	struct arena a = { 0 };

	memset(v, 0, sizeof *v);
	v->col = (struct column){ .type = g->arg_type[0], .data = l->v };
	if (!type_is_nested(g->arg_type[0]))
		return;
	builder_init(&v->b, g->arg_type[0]);
	for (int64_t i = 0; i < l->n; i++)
		add_value(&v->b, g, l, i, &a);
	builder_column(&v->b, 0, l->n, &v->col, &v->a);
	arena_release(&a);
}

void
values_close(struct values *v)
{
	if (v->b.type)
		builder_release(&v->b);
	arena_release(&v->a);
}

static int
by_value(const void *a, const void *b, void *arg)
{
	const struct column *c = arg;

	return col_compare(c, *(const uint32_t *)a, c, *(const uint32_t *)b);
}

static uint32_t *
numbers(int64_t n)
{
	uint32_t *v = xmalloc(sizeof *v * (size_t)(n + 1));

	for (int64_t i = 0; i < n; i++)
		v[i] = (uint32_t)i;
	return v;
}

uint32_t *
values_ordered(const struct column *c, int64_t n)
{
	uint32_t *v = numbers(n);
	struct column copy = *c;

	if (n)
		qsort_r(v, (size_t)n, sizeof *v, by_value, &copy);
	return v;
}

int
list_give(struct builder *b, int n, struct column *out, struct arena *heap,
    struct err *e)
{
	const struct type *t = out->type;
	struct arena a = { 0 };
	struct text raw = { 0 };
	struct column col;
	struct batch all;
	int64_t r;

	builder_column(b, 0, n, &col, &a);
	all = (struct batch){ &col, 1, n, n, NULL };
	wire_put(&raw, &all);
	builder_release(b);
	arena_release(&a);
	r = wire_get(arena_memdup(heap, raw.p, raw.n), raw.n, &t, 1, heap,
	    &all, e);
	text_release(&raw);
	if (r < 0)
		return (int)r;
	*out = all.col[0];
	return 0;
}

int
list_save(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	struct arena a = { 0 };
	struct builder b;

	builder_init(&b, out->type);
	for (int i = 0; i < n; i++) {
		const struct list *l = state[i];

		for (int64_t k = 0; k < l->n; k++)
			add_value(&b.kid[0], g, l, k, &a);
		builder_list(&b);
	}
	arena_release(&a);
	return list_give(&b, n, out, heap, e);
}

static int
list_bind(struct agg_bind *b, struct err *e)
{
	(void)e;
	b->type = type_array(b->env->arena, b->arg[0]->type);
	return 0;
}

static int
set_bind(struct agg_bind *b, struct err *e)
{
	if (!type_is_ordered(b->arg[0]->type))
		return agg_refuse(b, 0, "collect_set", e);
	return list_bind(b, e);
}

static int
set_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	struct builder b;

	builder_init(&b, out->type);
	for (int i = 0; i < n; i++) {
		const struct list *l = state[i];
		struct values v;
		uint32_t *order;

		values_open(&v, g, l);
		order = values_ordered(&v.col, l->n);
		for (int64_t k = 0; k < l->n; k++)
			if (k == 0 || col_compare(&v.col, order[k], &v.col,
			    order[k - 1]) != 0)
				builder_value(&b.kid[0], &v.col, order[k]);
		builder_list(&b);
		free(order);
		values_close(&v);
	}
	return list_give(&b, n, out, heap, e);
}

/* listagg(x[, separator]) and, hidden, with structs of keys and value and
 * the directions of the keys. */
static int
listagg_bind(struct agg_bind *b, struct err *e)
{
	bool ordered = b->narg == 3;
	const struct type *t = b->arg[0]->type;

	if (ordered && t->kind != TYPE_STRUCT)
		return agg_refuse(b, 0, "listagg", e);
	if (ordered)
		t = t->field[t->nfield - 1].type;
	else if (!type_is_bytes(t))
		TRY(agg_cast(b, 0, TYPE(STR), e));
	b->type = t->kind == TYPE_BIN ? t : TYPE(STR);
	for (int i = 1; i < b->narg; i++) {
		struct datum d;

		if (i == 1 && b->arg[i]->type->kind != TYPE_BIN)
			TRY(agg_cast(b, i, TYPE(STR), e));
		if (!expr_is_const(b->arg[i]))
			return err_at(e, b->arg[i]->span, "the separator of "
			    "listagg must be a constant");
		TRY(expr_eval_const(b->env, b->arg[i], &d, e));
		b->arg[i] = expr_lit(b->env->arena, d);
	}
	return 0;
}

struct directions {
	const struct column *c;
	const char *p;
};

static int
by_keys(const void *a, const void *b, void *arg)
{
	const struct directions *d = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	for (int f = 0; d->p[f]; f++) {
		const struct column *c = &d->c->kid[f];
		bool nx = col_null(c, x), ny = col_null(c, y);
		bool first = d->p[f] == 'a' || d->p[f] == 'D';
		int r;

		if (nx && ny)
			continue;
		if (nx || ny)
			return nx == first ? -1 : 1;
		r = col_compare(c, x, c, y);
		if (r)
			return (d->p[f] | 32) == 'a' ? r : -r;
	}
	return (x > y) - (x < y);
}

static void
append(struct text *t, const struct column *c, int64_t i,
    const struct datum *sep)
{
	const struct sview *s = (const struct sview *)c->data + i;

	if (sep && !sep->null)
		text_add(t, sep->s.p, sep->s.n);
	text_add(t, sview_ptr(s), s->len);
}

static void
listagg_one(const struct agg *g, const struct list *l, struct text *t)
{
	struct expr *const *arg = g->call->u.agg.arg;
	int narg = g->call->u.agg.narg;
	const struct datum *sep = narg > 1 ? &arg[1]->u.lit : NULL;
	const struct column *c;
	bool some = false;
	uint32_t *order;
	struct values v;

	values_open(&v, g, l);
	order = numbers(l->n);
	c = &v.col;
	if (narg == 3) {
		struct directions d = { c, arg[2]->u.lit.s.p };

		qsort_r(order, (size_t)l->n, sizeof *order, by_keys, &d);
		c = &c->kid[c->type->nfield - 1];
	}
	for (int64_t i = 0; i < l->n; i++) {
		if (col_null(c, order[i]))
			continue;
		append(t, c, order[i], some ? sep : NULL);
		some = true;
	}
	free(order);
	values_close(&v);
}

static int
listagg_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	struct text t = { 0 };

	(void)e;
	for (int i = 0; i < n; i++) {
		const struct list *l = state[i];
		char *p;

		if (l->n == 0) {
			agg_out_null(out, i, n, heap);
			continue;
		}
		text_clear(&t);
		listagg_one(g, l, &t);
		p = arena_memdup(heap, t.n ? t.p : "", t.n);
		((struct sview *)out->data)[i] = sview_of(p, t.n);
	}
	text_release(&t);
	return 0;
}

#define LIST(NAME, MIN, MAX, FLAGS, BIND, FINAL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX,                         \
	  .flags = AGG_ORDERED | (FLAGS), .bind = BIND,                 \
	  .plan = list_plan, .update = list_update, .merge = list_merge, \
	  .save = list_save, .final = FINAL, .usage = USAGE,            \
	  .help = HELP, .example = EXAMPLE }

const struct aggfn aggfn_list[] = {
	LIST("collect_list", 1, 1, 0, list_bind, list_save,
	    "collect_list(expr)", "An array of the values that are not null.",
	    "select size(collect_list(x)) from values (1), (1) as t(x) = 2"),
	LIST("array_agg", 1, 1, 0, list_bind, list_save, "array_agg(expr)",
	    "The same as collect_list.", NULL),
	LIST("collect_set", 1, 1, 0, set_bind, set_final, "collect_set(expr)",
	    "An array of the different values.",
	    "select size(collect_set(x)) from values (1), (1) as t(x) = 1"),
	LIST("listagg", 1, 2, 0, listagg_bind, listagg_final,
	    "listagg(expr[, separator])",
	    "The values as one string; within group (order by …) sorts them.",
	    "select listagg(x, '-') from values (1), (2) as t(x) = '1-2'"),
	LIST("string_agg", 1, 2, 0, listagg_bind, listagg_final,
	    "string_agg(expr[, separator])", "The same as listagg.", NULL),
	LIST("listagg_ordered", 3, 3, AGG_HIDDEN, listagg_bind,
	    listagg_final, "listagg_ordered(struct, separator, directions)",
	    "listagg with an order.", NULL),
	{ 0 }
};
