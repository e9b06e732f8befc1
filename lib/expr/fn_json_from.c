/*
 * fn_json_from -- from_json(text, schema): JSON becomes nested values.
 *
 * Each row is read into a tree of values in the batch's heap; then the trees
 * of all rows become columns.  As Spark's default mode does: a field that is
 * missing or of another kind is null, text that is not JSON makes a struct
 * of nulls (other types: null).
 */
#include "expr/fn_json.h"

#include "base/text.h"
#include "base/zone.h"
#include "column/value.h"

struct reader {
	struct json j;
	struct arena *heap;
	const struct zone *zone;
	struct text text;
};

static bool read_value(struct reader *r, const struct type *t,
    struct datum *d);

/* Sets the number or text s as a value of a plain type; leaves null when it
 * is none. */
static void
set_plain(struct reader *r, struct datum *d, const char *s, size_t n,
    enum json_kind kind)
{
	const struct type *t = d->type;
	bool text = kind == JSON_STRING;
	int32_t day;
	float f;

	switch (t->kind) {
	case TYPE_I8: case TYPE_I16: case TYPE_I32: case TYPE_I64: {
		int bits = 8 * type_width(t);

		d->null = text || !value_get_i64(s, n, &d->i) ||
		    (bits < 64 && (d->i >> (bits - 1)) != (d->i >> 63));
		break;
	}
	case TYPE_F64:
		d->null = !value_get_f64(s, n, &d->f);
		break;
	case TYPE_F32:
		d->null = !value_get_f32(s, n, &f);
		d->f = f;
		break;
	case TYPE_DEC64: case TYPE_DEC128: {
		i128 v;

		d->null = !value_get_dec(s, n, t->precision, t->scale, &v);
		if (t->kind == TYPE_DEC64)
			d->i = (int64_t)v;
		else
			d->d = v;
		break;
	}
	case TYPE_DATE:
		d->null = !text || !value_get_date(s, n, &day);
		d->i = d->null ? 0 : day;
		break;
	case TYPE_TS:
		d->null = !text || !value_get_ts(s, n, r->zone, &d->i);
		break;
	case TYPE_TSNTZ:
		d->null = !text || !value_get_tsntz(s, n, &d->i);
		break;
	default:
		d->null = true;
	}
}

/* A value whose type is not nested. */
static bool
read_plain(struct reader *r, struct datum *d)
{
	enum json_kind kind = json_peek(&r->j);
	const char *p;
	size_t n;

	text_clear(&r->text);
	if (kind == JSON_STRING) {
		if (!json_scan_string(&r->j, &r->text))
			return false;
		p = text_str(&r->text);
		n = r->text.n;
	} else if (type_is_bytes(d->type) && kind != JSON_NULL) {
		if (!json_copy(&r->j, &r->text))
			return false;
		p = text_str(&r->text);
		n = r->text.n;
	} else if (!json_scan_skip(&r->j, &p, &n)) {
		return false;
	}
	if (kind == JSON_NULL)
		return true;
	if (type_is_bytes(d->type)) {
		d->null = false;
		d->s.p = arena_memdup(r->heap, p, n);
		d->s.n = n;
	} else if (d->type->kind == TYPE_BOOL) {
		d->null = kind != JSON_TRUE && kind != JSON_FALSE;
		d->b = kind == JSON_TRUE;
	} else if (kind == JSON_STRING || kind == JSON_NUMBER) {
		set_plain(r, d, p, n, kind);
	}
	return true;
}

static bool
read_array(struct reader *r, struct datum *d)
{
	const struct type *elem = d->type->field[0].type;
	struct datum *v = NULL;
	int n = 0, cap = 0, got;

	if (!json_enter(&r->j))
		return false;
	while ((got = json_step(&r->j, JSON_ARRAY)) > 0) {
		ARENA_GROW(r->heap, v, n, cap);
		if (!read_value(r, elem, &v[n++]))
			return false;
	}
	d->null = false;
	d->list.v = v;
	d->list.n = n;
	return got == 0;
}

static bool
read_map(struct reader *r, struct datum *d)
{
	struct datum *v = NULL;
	int n = 0, cap = 0, got;

	if (!json_enter(&r->j))
		return false;
	while ((got = json_step(&r->j, JSON_OBJECT)) > 0) {
		struct datum key = { .type = d->type->field[0].type };

		if (!json_scan_key(&r->j, &r->text))
			return false;
		key.s.n = r->text.n;
		key.s.p = arena_memdup(r->heap, text_str(&r->text), key.s.n);
		ARENA_GROW(r->heap, v, n, cap);
		v[n++] = key;
		ARENA_GROW(r->heap, v, n, cap);
		if (!read_value(r, d->type->field[1].type, &v[n++]))
			return false;
	}
	d->null = false;
	d->list.v = v;
	d->list.n = n;
	return got == 0;
}

static void
struct_of_nulls(struct reader *r, struct datum *d)
{
	const struct type *t = d->type;

	d->null = false;
	d->list.n = t->nfield;
	d->list.v = NEW_N(r->heap, struct datum, t->nfield);
	for (int f = 0; f < t->nfield; f++)
		d->list.v[f] = (struct datum){ .type = t->field[f].type,
		    .null = true };
}

static bool
read_struct(struct reader *r, struct datum *d)
{
	const struct type *t = d->type;
	int got;

	struct_of_nulls(r, d);
	if (!json_enter(&r->j))
		return false;
	while ((got = json_step(&r->j, JSON_OBJECT)) > 0) {
		int f = 0;

		if (!json_scan_key(&r->j, &r->text))
			return false;
		while (f < t->nfield &&
		    strcmp(t->field[f].name, text_str(&r->text)) != 0)
			f++;
		if (f == t->nfield) {
			if (!json_scan_skip(&r->j, NULL, NULL))
				return false;
		} else if (!read_value(r, t->field[f].type, &d->list.v[f])) {
			return false;
		}
	}
	return got == 0;
}

/* Reads any value as type t; false: the text is not JSON. */
static bool
read_value(struct reader *r, const struct type *t, struct datum *d)
{
	enum json_kind kind = json_peek(&r->j);

	*d = (struct datum){ .type = t, .null = true };
	if (!type_is_nested(t))
		return read_plain(r, d);
	if (t->kind == TYPE_ARRAY && kind == JSON_ARRAY)
		return read_array(r, d);
	if (t->kind == TYPE_MAP && kind == JSON_OBJECT)
		return read_map(r, d);
	if (t->kind == TYPE_STRUCT && kind == JSON_OBJECT)
		return read_struct(r, d);
	return json_scan_skip(&r->j, NULL, NULL);
}

static struct datum *
read_row(struct reader *r, struct bytes s, const struct type *t)
{
	struct datum *d = NEW(r->heap, struct datum);
	bool fine;

	json_begin(&r->j, s.p, s.n);
	*d = (struct datum){ .type = t, .null = true };
	if (json_done(&r->j))
		return d;               /* nothing there: null */
	fine = read_value(r, t, d) && json_done(&r->j);
	if (t->kind == TYPE_STRUCT && (!fine || d->null))
		struct_of_nulls(r, d);
	else if (!fine)
		d->null = true;
	return d;
}

static int
k_from_json(struct kernel_call *k, struct err *e)
{
	struct reader r = { .heap = k->heap, .zone = k->zone };
	struct datum **v = NEW_N(k->heap, struct datum *, k->n);
	const struct type *t = k->call->type;
	struct datum none = { .type = t, .null = true };

	(void)e;
	for (int i = 0; i < k->n; i++)
		v[i] = col_null(&k->arg[0], i) ? &none
		    : read_row(&r, row_bytes(k, 0, i), t);
	datums_column(k->out, t, v, k->n, k->heap);
	text_release(&r.text);
	return 0;
}

/* The type that a schema text names: "a int, b string" or a type. */
static int
schema_type(struct func_bind *b, const struct datum *d, const struct type **t,
    struct err *e)
{
	struct arena *a = b->env->arena;
	struct type_field *f;
	struct schema *s;
	struct err other;

	if (type_parse(a, d->s.p, d->s.n, t, &other) == 0)
		return 0;
	if (schema_parse(a, d->s.p, d->s.n, &s, e) < 0)
		return err_place(e, b->arg[1]->span);
	f = NEW_N(a, struct type_field, s->ncol);
	for (int i = 0; i < s->ncol; i++)
		f[i] = (struct type_field){ .name = s->col[i].name,
		    .type = s->col[i].type, .nullable = true };
	*t = type_struct(a, f, s->ncol);
	return 0;
}

int
bind_from_json(struct func_bind *b, struct err *e)
{
	const struct type *t;
	struct datum d;

	TRY(bind_cast(b, 0, TYPE(STR), e));
	TRY(bind_cast(b, 1, TYPE(STR), e));
	TRY(bind_must_const(b, 1, "the schema", &d, e));
	TRY(schema_type(b, &d, &t, e));
	if (!type_is_nested(t) ||
	    (t->kind == TYPE_MAP && t->field[0].type->kind != TYPE_STR)) {
		err_at(e, b->arg[1]->span, "from_json makes structs, arrays "
		    "and maps with string keys, not %s",
		    type_name(b->env->arena, t));
		return err_hint(e, "from_json(x, 'id bigint, name string')");
	}
	b->type = t;
	b->kernel = k_from_json;
	return 0;
}

/* Stores a plain value. */
static void
put_plain(struct column *c, const struct type *t, int64_t i,
    const struct datum *d)
{
	switch (t->kind) {
	case TYPE_BOOL: ((uint8_t *)c->data)[i] = d->b; break;
	case TYPE_F32: ((float *)c->data)[i] = (float)d->f; break;
	case TYPE_F64: ((double *)c->data)[i] = d->f; break;
	case TYPE_DEC128: ((i128 *)c->data)[i] = d->d; break;
	case TYPE_STR: case TYPE_BIN:
		((struct sview *)c->data)[i] = sview_of(d->s.p, d->s.n);
		break;
	default:
		switch (type_width(t)) {
		case 1: ((int8_t *)c->data)[i] = (int8_t)d->i; break;
		case 2: ((int16_t *)c->data)[i] = (int16_t)d->i; break;
		case 4: ((int32_t *)c->data)[i] = (int32_t)d->i; break;
		case 8: ((int64_t *)c->data)[i] = d->i; break;
		}
	}
}

/* Lists: counts the children, gathers pointers to them, and recurses. */
static void
put_lists(struct column *out, const struct type *t, struct datum *const *v,
    int64_t n, struct arena *a)
{
	struct lview *o = out->data;
	int step = t->kind == TYPE_MAP ? 2 : 1;
	struct datum **kid;
	int64_t total = 0, m = 0;

	for (int64_t i = 0; i < n; i++)
		total += v[i]->null ? 0 : v[i]->list.n / step;
	kid = NEW_N(a, struct datum *, total + 1);
	out->kid = NEW_N(a, struct column, step);
	out->nkid = (int32_t)total;
	for (int f = 0; f < step; f++) {
		m = 0;
		for (int64_t i = 0; i < n; i++) {
			o[i] = (struct lview){ (uint32_t)m, 0 };
			for (int j = f; !v[i]->null && j < v[i]->list.n;
			    j += step)
				kid[m++] = &v[i]->list.v[j];
			o[i].len = (uint32_t)m - o[i].off;
		}
		datums_column(&out->kid[f], t->field[f].type, kid, total, a);
	}
}

void
datums_column(struct column *out, const struct type *t,
    struct datum *const *v, int64_t n, struct arena *a)
{
	struct datum **kid, *none;

	col_alloc(out, a, t, n, COL_WITH_VALID);
	for (int64_t i = 0; i < n; i++)
		if (!v[i]->null)
			bit_set(out->valid, i);
	if (t->kind == TYPE_ARRAY || t->kind == TYPE_MAP) {
		put_lists(out, t, v, n, a);
		return;
	}
	if (t->kind != TYPE_STRUCT) {
		for (int64_t i = 0; i < n; i++)
			if (!v[i]->null)
				put_plain(out, t, i, v[i]);
		return;
	}
	kid = NEW_N(a, struct datum *, n + 1);
	for (int f = 0; f < t->nfield; f++) {
		none = NEW(a, struct datum);
		none->type = t->field[f].type;
		none->null = true;
		for (int64_t i = 0; i < n; i++)
			kid[i] = v[i]->null ? none : &v[i]->list.v[f];
		datums_column(&out->kid[f], t->field[f].type, kid, n, a);
	}
	out->nkid = (int32_t)n;
}
