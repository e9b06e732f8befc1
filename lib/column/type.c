/*
 * type -- see type.h.
 */
#include "column/type.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"
#include "base/text.h"
#include "column/column.h"
#include "column/schema.h"

#define K(KIND) [TYPE_##KIND] = { .kind = TYPE_##KIND }
const struct type type_plain[TYPE_KINDS] = {
	K(NULL), K(BOOL), K(I8), K(I16), K(I32), K(I64), K(F32), K(F64),
	K(STR), K(BIN), K(DATE), K(TS), K(TSNTZ), K(YMI), K(DTI),
};
#undef K

static const uint8_t widths[TYPE_KINDS] = {
	[TYPE_NULL] = 1, [TYPE_BOOL] = 1, [TYPE_I8] = 1, [TYPE_I16] = 2,
	[TYPE_I32] = 4, [TYPE_I64] = 8, [TYPE_F32] = 4, [TYPE_F64] = 8,
	[TYPE_DEC64] = 8, [TYPE_DEC128] = 16, [TYPE_STR] = 16,
	[TYPE_BIN] = 16, [TYPE_DATE] = 4, [TYPE_TS] = 8, [TYPE_TSNTZ] = 8,
	[TYPE_YMI] = 4, [TYPE_DTI] = 8, [TYPE_ARRAY] = 8, [TYPE_MAP] = 8,
	[TYPE_STRUCT] = 0,
};

int
type_width(const struct type *t)
{
	return widths[t->kind];
}

const struct type *
type_decimal(struct arena *a, int precision, int scale)
{
	struct type *t = NEW(a, struct type);

	t->kind = precision <= 18 ? TYPE_DEC64 : TYPE_DEC128;
	t->precision = (uint8_t)precision;
	t->scale = (uint8_t)scale;
	return t;
}

static const struct type *
nested(struct arena *a, enum type_kind kind, const struct type_field *f,
    int n)
{
	struct type *t = NEW(a, struct type);

	t->kind = kind;
	t->nfield = n;
	t->field = f;
	return t;
}

const struct type *
type_array(struct arena *a, const struct type *elem)
{
	struct type_field *f = NEW(a, struct type_field);

	*f = (struct type_field){ "element", elem, true };
	return nested(a, TYPE_ARRAY, f, 1);
}

const struct type *
type_map(struct arena *a, const struct type *key, const struct type *value)
{
	struct type_field *f = NEW_N(a, struct type_field, 2);

	f[0] = (struct type_field){ "key", key, false };
	f[1] = (struct type_field){ "value", value, true };
	return nested(a, TYPE_MAP, f, 2);
}

const struct type *
type_struct(struct arena *a, const struct type_field *f, int nfield)
{
	return nested(a, TYPE_STRUCT, f, nfield);
}

const struct type *
type_copy(struct arena *a, const struct type *t)
{
	struct type_field *f;
	struct type *c;

	if (t->nfield == 0 && !type_is_decimal(t) && !type_is_nested(t))
		return &type_plain[t->kind];
	c = arena_alloc(a, sizeof *c);
	*c = *t;
	f = NEW_N(a, struct type_field, t->nfield + 1);
	for (int i = 0; i < t->nfield; i++) {
		f[i] = t->field[i];
		f[i].name = arena_strdup(a, t->field[i].name);
		f[i].type = type_copy(a, t->field[i].type);
	}
	c->field = f;
	return c;
}

bool
type_equal(const struct type *a, const struct type *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->precision != b->precision ||
	    a->scale != b->scale || a->nfield != b->nfield)
		return false;
	for (int i = 0; i < a->nfield; i++)
		if ((a->kind == TYPE_STRUCT &&
		    strcasecmp(a->field[i].name, b->field[i].name) != 0) ||
		    !type_equal(a->field[i].type, b->field[i].type))
			return false;
	return true;
}

bool
type_is_ordered(const struct type *t)
{
	if (t->kind == TYPE_MAP)
		return false;
	for (int i = 0; i < t->nfield; i++)
		if (!type_is_ordered(t->field[i].type))
			return false;
	return true;
}

static const char *const names[TYPE_KINDS] = {
	[TYPE_NULL] = "void", [TYPE_BOOL] = "boolean", [TYPE_I8] = "tinyint",
	[TYPE_I16] = "smallint", [TYPE_I32] = "int", [TYPE_I64] = "bigint",
	[TYPE_F32] = "float", [TYPE_F64] = "double", [TYPE_STR] = "string",
	[TYPE_BIN] = "binary", [TYPE_DATE] = "date", [TYPE_TS] = "timestamp",
	[TYPE_TSNTZ] = "timestamp_ntz",
	[TYPE_YMI] = "interval year to month",
	[TYPE_DTI] = "interval day to second",
	[TYPE_ARRAY] = "array", [TYPE_MAP] = "map", [TYPE_STRUCT] = "struct",
};

void
type_print(struct text *to, const struct type *t)
{
	if (type_is_decimal(t)) {
		text_addf(to, "decimal(%d,%d)", t->precision, t->scale);
		return;
	}
	text_adds(to, names[t->kind]);
	if (!type_is_nested(t))
		return;
	text_addc(to, '<');
	for (int i = 0; i < t->nfield; i++) {
		if (i)
			text_addc(to, ',');
		if (t->kind == TYPE_STRUCT) {
			name_print(to, t->field[i].name);
			text_addc(to, ':');
		}
		type_print(to, t->field[i].type);
	}
	text_addc(to, '>');
}

const char *
type_name(struct arena *a, const struct type *t)
{
	struct text s = { 0 };
	const char *r;

	type_print(&s, t);
	r = arena_strdup(a, text_str(&s));
	text_release(&s);
	return r;
}
