/*
 * fn_json_schema -- schema_of_json(text): the type of a JSON text, as a
 * schema that from_json takes.
 *
 * Whole numbers are BIGINT, those beyond 64 bits DECIMAL, others DOUBLE;
 * elements of an array get a common type; null alone is STRING; fields come
 * in the order of their names, as in Spark.
 */
#include "expr/fn_json.h"

#include <stdlib.h>

#include "base/text.h"
#include "column/value.h"

struct seen {
	struct json j;
	struct arena *a;
	struct text text;
};

static const struct type *seen_value(struct seen *s);

static const struct type *merge(struct arena *a, const struct type *x,
    const struct type *y);

static int
by_name(const void *x, const void *y)
{
	const struct type_field *a = x, *b = y;

	return strcmp(a->name, b->name);
}

/* All fields of both structs, which are sorted. */
static const struct type *
merge_structs(struct arena *a, const struct type *x, const struct type *y)
{
	struct type_field *f = NEW_N(a, struct type_field,
	    x->nfield + y->nfield);
	int i = 0, j = 0, n = 0;

	while (i < x->nfield || j < y->nfield) {
		int r = i == x->nfield ? 1 : j == y->nfield ? -1
		    : by_name(&x->field[i], &y->field[j]);

		f[n] = r <= 0 ? x->field[i++] : y->field[j];
		if (r == 0)
			f[n].type = merge(a, f[n].type, y->field[j].type);
		j += r >= 0;
		n++;
	}
	return type_struct(a, f, n);
}

static const struct type *
merge(struct arena *a, const struct type *x, const struct type *y)
{
	if (x->kind == TYPE_NULL || type_equal(x, y))
		return y;
	if (y->kind == TYPE_NULL)
		return x;
	if (x->kind == TYPE_STRUCT && y->kind == TYPE_STRUCT)
		return merge_structs(a, x, y);
	if (x->kind == TYPE_ARRAY && y->kind == TYPE_ARRAY)
		return type_array(a, merge(a, x->field[0].type,
		    y->field[0].type));
	if (type_is_numeric(x) && type_is_numeric(y)) {
		if (x->kind == TYPE_F64 || y->kind == TYPE_F64)
			return TYPE(F64);
		return type_decimal(a, 38, 0);
	}
	return TYPE(STR);
}

static const struct type *
seen_number(struct seen *s)
{
	const char *p;
	size_t n;
	int64_t v;

	if (!json_scan_skip(&s->j, &p, &n))
		return NULL;
	if (value_get_i64(p, n, &v))
		return TYPE(I64);
	if (memchr(p, '.', n) || memchr(p, 'e', n) || memchr(p, 'E', n) ||
	    n > 38)
		return TYPE(F64);
	return type_decimal(s->a, (int)n - (*p == '-'), 0);
}

static const struct type *
seen_array(struct seen *s)
{
	const struct type *t = TYPE(NULL), *one;
	int r;

	if (!json_enter(&s->j))
		return NULL;
	while ((r = json_step(&s->j, JSON_ARRAY)) > 0) {
		one = seen_value(s);
		if (one == NULL)
			return NULL;
		t = merge(s->a, t, one);
	}
	return r < 0 ? NULL : type_array(s->a, t);
}

static const struct type *
seen_object(struct seen *s)
{
	struct type_field *f = NULL;
	int n = 0, cap = 0, r;

	if (!json_enter(&s->j))
		return NULL;
	while ((r = json_step(&s->j, JSON_OBJECT)) > 0) {
		struct type_field one = { .nullable = true };

		if (!json_scan_key(&s->j, &s->text))
			return NULL;
		one.name = arena_strdup(s->a, text_str(&s->text));
		one.type = seen_value(s);
		if (one.type == NULL)
			return NULL;
		ARENA_GROW(s->a, f, n, cap);
		f[n++] = one;
	}
	if (n)
		qsort(f, (size_t)n, sizeof *f, by_name);
	return r < 0 ? NULL : type_struct(s->a, f, n);
}

/* Type of the value at the cursor; NULL: not JSON. */
static const struct type *
seen_value(struct seen *s)
{
	enum json_kind kind = json_peek(&s->j);

	switch (kind) {
	case JSON_NUMBER: return seen_number(s);
	case JSON_ARRAY: return seen_array(s);
	case JSON_OBJECT: return seen_object(s);
	default: break;
	}
	if (!json_scan_skip(&s->j, NULL, NULL))
		return NULL;
	return kind == JSON_NULL ? TYPE(NULL) : kind == JSON_STRING
	    ? TYPE(STR) : TYPE(BOOL);
}

static bool
plain_name(const char *s)
{
	if (!(*s == '_' || ((*s | 0x20) >= 'a' && (*s | 0x20) <= 'z')))
		return false;
	for (; *s; s++)
		if (!(*s == '_' || (*s >= '0' && *s <= '9') ||
		    ((*s | 0x20) >= 'a' && (*s | 0x20) <= 'z')))
			return false;
	return true;
}

/* In Spark's spelling: STRUCT<a: BIGINT, b: ARRAY<STRING>>. */
static void
schema_put(struct text *to, const struct type *t)
{
	if (t->kind == TYPE_ARRAY) {
		text_adds(to, "ARRAY<");
		schema_put(to, t->field[0].type);
		text_addc(to, '>');
	} else if (t->kind == TYPE_STRUCT) {
		text_adds(to, "STRUCT<");
		for (int i = 0; i < t->nfield; i++) {
			const char *name = t->field[i].name;

			text_addf(to, plain_name(name) ? "%s%s: " : "%s`%s`: ",
			    i ? ", " : "", name);
			schema_put(to, t->field[i].type);
		}
		text_addc(to, '>');
	} else if (type_is_decimal(t)) {
		text_addf(to, "DECIMAL(%d,%d)", t->precision, t->scale);
	} else {
		text_adds(to, t->kind == TYPE_I64 ? "BIGINT"
		    : t->kind == TYPE_F64 ? "DOUBLE"
		    : t->kind == TYPE_BOOL ? "BOOLEAN" : "STRING");
	}
}

int
bind_schema_of_json(struct func_bind *b, struct err *e)
{
	struct seen s = { .a = b->env->arena };
	const struct type *t;
	struct text out = { 0 };
	struct datum d;

	TRY(bind_cast(b, 0, TYPE(STR), e));
	TRY(bind_must_const(b, 0, "the text", &d, e));
	json_begin(&s.j, d.s.p, d.s.n);
	t = seen_value(&s);
	text_release(&s.text);
	if (t == NULL || !json_done(&s.j)) {
		err_at(e, b->arg[0]->span, "'%.*s' is not JSON",
		    (int)(d.s.n < 60 ? d.s.n : 60), d.s.p);
		return ERR_USER;
	}
	schema_put(&out, t);
	b->instead = expr_str(b->env->arena, text_str(&out));
	text_release(&out);
	return 0;
}
