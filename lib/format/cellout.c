/*
 * cellout -- see cellout.h.
 */
#include "format/cellout.h"

#include "column/value.h"
#include "column/timepat.h"

#define FIXED(name, T, room, put)                                       \
static void                                                             \
name(struct text *to, const struct column *c, int64_t i,                \
    const struct zone *z)                                               \
{                                                                       \
	const T *v = c->data;                                           \
									\
	(void)z;                                                        \
	to->n += (size_t)put(text_room(to, room), v[i]);                \
}

FIXED(put_i8, int8_t, 24, value_put_i64)
FIXED(put_i16, int16_t, 24, value_put_i64)
FIXED(put_i32, int32_t, 24, value_put_i64)
FIXED(put_i64, int64_t, 24, value_put_i64)
FIXED(put_f32, float, 40, value_put_f32)
FIXED(put_f64, double, 40, value_put_f64)
FIXED(put_date, int32_t, 24, value_put_date)

static void
put_ts(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	const int64_t *v = c->data;

	to->n += (size_t)value_put_ts(text_room(to, 48), v[i], z);
}

static void
put_dec64(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	const int64_t *v = c->data;

	(void)z;
	to->n += (size_t)value_put_dec(text_room(to, 56), v[i],
	    c->type->scale);
}

static void
put_str(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	const struct sview *v = (const struct sview *)c->data + i;

	(void)z;
	text_add(to, sview_ptr(v), v->len);
}

cell_put *
cell_putter(const struct type *t)
{
	static cell_put *const by_kind[TYPE_KINDS] = {
		[TYPE_I8] = put_i8, [TYPE_I16] = put_i16,
		[TYPE_I32] = put_i32, [TYPE_I64] = put_i64,
		[TYPE_F32] = put_f32, [TYPE_F64] = put_f64,
		[TYPE_DEC64] = put_dec64, [TYPE_STR] = put_str,
		[TYPE_DATE] = put_date, [TYPE_TS] = put_ts,
	};

	return by_kind[t->kind] ? by_kind[t->kind] : value_print;
}

void
cell_time(const struct timepat *pattern, struct text *to,
    const struct column *c, int64_t i, const struct zone *z)
{
	if (c->type->kind == TYPE_DATE)
		timepat_print(pattern, to, (int64_t)((int32_t *)c->data)[i] *
		    86400000000, NULL);
	else
		timepat_print(pattern, to, ((int64_t *)c->data)[i],
		    c->type->kind == TYPE_TS ? z : NULL);
}

size_t
cell_scan(const struct cellset *set, const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && !set->in[(uint8_t)p[i]])
		i++;
	return i;
}
