/*
 * datum -- see datum.h.
 */
#include "column/datum.h"

#include <math.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/utf8.h"
#include "column/builder.h"
#include "column/value.h"

static void
put_scalar(const struct datum *d, void *to)
{
	switch (type_width(d->type)) {
	case 1: *(int8_t *)to = d->type->kind == TYPE_BOOL ? d->b :
		    (int8_t)d->i; return;
	case 2: *(int16_t *)to = (int16_t)d->i; return;
	case 4:
		if (d->type->kind == TYPE_F32)
			*(float *)to = (float)d->f;
		else
			*(int32_t *)to = (int32_t)d->i;
		return;
	case 8:
		if (d->type->kind == TYPE_F64)
			*(double *)to = d->f;
		else
			*(int64_t *)to = d->i;
		return;
	case 16:
		if (d->type->kind == TYPE_DEC128)
			*(i128 *)to = d->d;
		else
			*(struct sview *)to = sview_of(d->s.p, d->s.n);
		return;
	}
}

static void
append(struct builder *b, const struct datum *d)
{
	char buf[16] __attribute__((aligned(16)));
	int nf = d->type->nfield;

	if (d->null) {
		builder_null(b);
		return;
	}
	switch (d->type->kind) {
	case TYPE_STR: case TYPE_BIN:
		builder_bytes(b, d->s.p, d->s.n);
		return;
	case TYPE_ARRAY: case TYPE_MAP:
		for (int i = 0; i < d->list.n; i++)
			append(&b->kid[i % nf], &d->list.v[i]);
		builder_list(b);
		return;
	case TYPE_STRUCT:
		for (int i = 0; i < nf; i++)
			append(&b->kid[i], &d->list.v[i]);
		builder_struct(b);
		return;
	default:
		put_scalar(d, buf);
		builder_fixed(b, buf);
	}
}

/* Copies a builder's column into an arena: one row, any depth. */
static void
own_column(struct column *c, int64_t n, struct arena *a)
{
	size_t w = (size_t)type_width(c->type) * (size_t)n;
	void *data = arena_alloc(a, w + 16);

	if (w)
		memcpy(data, c->data, w);
	c->data = data;
	if (c->valid)
		c->valid = (uint64_t *)memcpy(arena_alloc(a, BITS_BYTES(n) + 8),
		    c->valid, BITS_BYTES(n));
	if (type_is_bytes(c->type))
		for (int64_t i = 0; i < n; i++) {
			struct sview *v = (struct sview *)c->data + i;

			if (!col_null(c, i) && v->len > SVIEW_INLINE)
				v->ptr = arena_memdup(a, v->ptr, v->len);
		}
	for (int i = 0; c->kid && i < c->type->nfield; i++)
		own_column(&c->kid[i], c->nkid, a);
}

void
datum_column(const struct datum *d, struct column *c, struct arena *a)
{
	struct builder b;

	if (d->null || !type_is_nested(d->type)) {
		col_alloc(c, a, d->type, 1, d->null ? COL_WITH_VALID :
		    COL_NO_VALID);
		if (!d->null)
			put_scalar(d, c->data);
		c->flags = COL_CONST;
		return;
	}
	builder_init(&b, d->type);
	append(&b, d);
	builder_column(&b, 0, 1, c, a);
	own_column(c, 1, a);
	c->flags = COL_CONST;
	builder_release(&b);
}

static struct datum
get_list(const struct column *c, int64_t i, struct arena *a)
{
	struct datum d = { .type = c->type };
	int nf = c->type->nfield;
	struct lview v = { (uint32_t)i, 1 };

	if (c->type->kind != TYPE_STRUCT)
		v = ((const struct lview *)c->data)[i];
	d.list.n = (int)v.len * nf;
	d.list.v = NEW_N(a, struct datum, d.list.n + 1);
	for (int k = 0; k < d.list.n; k++)
		d.list.v[k] = datum_get(&c->kid[k % nf], v.off + (uint32_t)(k / nf),
		    a);
	return d;
}

struct datum
datum_get(const struct column *c, int64_t i, struct arena *a)
{
	struct datum d;
	const void *p = c->data;

	memset(&d, 0, sizeof d);
	d.type = c->type;
	d.null = col_null(c, i);
	if (d.null)
		return d;
	i = col_at(c, i);
	switch (c->type->kind) {
	case TYPE_BOOL: d.b = ((const uint8_t *)p)[i]; break;
	case TYPE_I8:   d.i = ((const int8_t *)p)[i]; break;
	case TYPE_I16:  d.i = ((const int16_t *)p)[i]; break;
	case TYPE_I32: case TYPE_DATE: case TYPE_YMI:
			d.i = ((const int32_t *)p)[i]; break;
	case TYPE_I64: case TYPE_DEC64: case TYPE_TS: case TYPE_TSNTZ:
	case TYPE_DTI:  d.i = ((const int64_t *)p)[i]; break;
	case TYPE_F32:  d.f = (double)((const float *)p)[i]; break;
	case TYPE_F64:  d.f = ((const double *)p)[i]; break;
	case TYPE_DEC128: d.d = ((const i128 *)p)[i]; break;
	case TYPE_STR: case TYPE_BIN: {
		const struct sview *v = (const struct sview *)p + i;

		d.s.n = v->len;
		d.s.p = arena_memdup(a, sview_ptr(v), v->len);
		break;
	}
	case TYPE_ARRAY: case TYPE_MAP: case TYPE_STRUCT:
		return get_list(c, i, a);
	default:
		d.null = true;
	}
	return d;
}

int
datum_compare(const struct datum *x, const struct datum *y)
{
	struct column cx, cy;
	struct arena a;
	int r;

	arena_init(&a);
	datum_column(x, &cx, &a);
	datum_column(y, &cy, &a);
	r = col_compare(&cx, 0, &cy, 0);
	arena_release(&a);
	return r;
}

bool
datum_equal(const struct datum *x, const struct datum *y)
{
	return type_equal(x->type, y->type) && datum_compare(x, y) == 0;
}

static void
print_value(struct text *to, const struct datum *d)
{
	struct column c;
	struct arena a;

	arena_init(&a);
	datum_column(d, &c, &a);
	value_print(to, &c, 0, NULL);
	arena_release(&a);
}

static void
print_list(struct text *to, const struct datum *d)
{
	static const char *const fn[] = { "array", "map", "named_struct" };
	bool empty = d->list.n == 0 && d->type->nfield &&
	    d->type->field[0].type->kind != TYPE_NULL;

	text_adds(to, empty ? "cast(" : "");
	text_adds(to, fn[d->type->kind - TYPE_ARRAY]);
	text_addc(to, '(');
	for (int i = 0; i < d->list.n; i++) {
		if (i)
			text_adds(to, ", ");
		if (d->type->kind == TYPE_STRUCT) {
			const char *name = d->type->field[i].name;

			text_add_quoted(to, name, strlen(name));
			text_adds(to, ", ");
		}
		datum_print(to, &d->list.v[i]);
	}
	text_addc(to, ')');
	if (empty) {
		text_adds(to, " as ");
		type_print(to, d->type);
		text_addc(to, ')');
	}
}

static void
print_hex(struct text *to, const struct datum *d)
{
	text_adds(to, "X'");
	for (size_t i = 0; i < d->s.n; i++)
		text_addf(to, "%02X", (unsigned char)d->s.p[i]);
	text_addc(to, '\'');
}

/* Digits that the literal text of a decimal counts as its precision. */
static int
natural_precision(const struct datum *d)
{
	i128 v = d->type->kind == TYPE_DEC64 ? d->i : d->d;
	int n = 0;

	for (; v; v /= 10)
		n++;
	return n < d->type->scale ? d->type->scale : n ? n : 1;
}

static void
print_decimal(struct text *to, const struct datum *d)
{
	bool cast = natural_precision(d) != d->type->precision;

	text_adds(to, cast ? "cast(" : "");
	print_value(to, d);
	text_adds(to, "BD");
	if (cast)
		text_addf(to, " as decimal(%d,%d))", d->type->precision,
		    d->type->scale);
}

static void
print_float(struct text *to, const struct datum *d)
{
	bool f32 = d->type->kind == TYPE_F32;

	if (isfinite(d->f)) {
		print_value(to, d);
		text_addc(to, f32 ? 'F' : 'D');
		return;
	}
	text_adds(to, "cast('");
	print_value(to, d);
	text_addf(to, "' as %s)", f32 ? "float" : "double");
}

static void
print_string(struct text *to, const struct datum *d)
{
	if (utf8_valid(d->s.p, d->s.n) == d->s.n) {
		text_add_quoted(to, d->s.p, d->s.n);
		return;
	}
	text_adds(to, "cast(");
	print_hex(to, d);
	text_adds(to, " as string)");
}

static void
print_typed(struct text *to, const char *type, const struct datum *d,
    const char *behind)
{
	text_addf(to, "%s '", type);
	print_value(to, d);
	text_adds(to, behind);
}

static void
print_null(struct text *to, const struct type *t)
{
	if (t->kind == TYPE_NULL) {
		text_adds(to, "null");
		return;
	}
	text_adds(to, "cast(null as ");
	type_print(to, t);
	text_addc(to, ')');
}

void
datum_print(struct text *to, const struct datum *d)
{
	static const char *const suffix[TYPE_KINDS] = {
		[TYPE_I8] = "Y", [TYPE_I16] = "S", [TYPE_I64] = "L" };

	if (d->null) {
		print_null(to, d->type);
		return;
	}
	switch (d->type->kind) {
	case TYPE_STR:    print_string(to, d); return;
	case TYPE_BIN:    print_hex(to, d); return;
	case TYPE_F32:
	case TYPE_F64:    print_float(to, d); return;
	case TYPE_DEC64:
	case TYPE_DEC128: print_decimal(to, d); return;
	case TYPE_DATE:   print_typed(to, "date", d, "'"); return;
	case TYPE_TSNTZ:  print_typed(to, "timestamp_ntz", d, "'"); return;
	case TYPE_TS:     print_typed(to, "timestamp", d, "Z'"); return;
	case TYPE_ARRAY:
	case TYPE_MAP:
	case TYPE_STRUCT: print_list(to, d); return;
	default:
		print_value(to, d);
		if (suffix[d->type->kind])
			text_adds(to, suffix[d->type->kind]);
	}
}
