/*
 * row_order -- see row_order.h.
 */
#include "exec/row_order.h"

#include <math.h>

static uint64_t
from_f64(double v)
{
	uint64_t u;

	if (isnan(v))
		return ~(uint64_t)0;
	if (v == 0)
		v = 0;
	memcpy(&u, &v, 8);
	return u >> 63 ? ~u : u | (uint64_t)1 << 63;
}

static uint64_t
from_string(const struct sview *v)
{
	uint64_t u = 0;

	memcpy(&u, sview_ptr(v), v->len < 8 ? v->len : 8);
	return __builtin_bswap64(u);
}

/* Bytes of long strings lie anywhere: they are asked for ahead of time. */
#define AHEAD 16

static void
strings(const struct column *c, int n, uint64_t *out)
{
	const struct sview *v = c->data;

	for (int i = 0; i < n; i++) {
		int64_t at = col_at(c, i);

		if (i + AHEAD < n && !(c->flags & COL_CONST) &&
		    v[i + AHEAD].len > SVIEW_INLINE)
			__builtin_prefetch(v[i + AHEAD].ptr);
		out[i] = col_null(c, i) ? 0 : from_string(&v[at]);
	}
}

#define SIGN ((uint64_t)1 << 63)
#define LOOP(T, EXPR) do {                                              \
	const T *v = c->data;                                           \
	for (int i = 0; i < n; i++) {                                   \
		T x = v[col_at(c, i)];                                  \
		out[i] = EXPR;                                          \
	}                                                               \
} while (0)

static void
values(const struct column *c, int n, uint64_t *out)
{
	switch (c->type->kind) {
	case TYPE_BOOL: LOOP(uint8_t, (uint64_t)x << 56); break;
	case TYPE_I8:  LOOP(int8_t, ((uint64_t)x << 32 ^ SIGN)); break;
	case TYPE_I16: LOOP(int16_t, ((uint64_t)x << 32 ^ SIGN)); break;
	case TYPE_I32: case TYPE_DATE: case TYPE_YMI:
		LOOP(int32_t, ((uint64_t)x << 32 ^ SIGN));
		break;
	case TYPE_I64: case TYPE_DEC64: case TYPE_TS: case TYPE_TSNTZ:
	case TYPE_DTI:
		LOOP(int64_t, ((uint64_t)x ^ SIGN));
		break;
	case TYPE_DEC128:
		LOOP(i128, ((uint64_t)(x >> 64) ^ SIGN));
		break;
	case TYPE_F32: LOOP(float, from_f64((double)x)); break;
	case TYPE_F64: LOOP(double, from_f64(x)); break;
	case TYPE_STR: case TYPE_BIN: strings(c, n, out); break;
	default:
		memset(out, 0, sizeof *out * (size_t)n);
	}
}

void
row_prefix(const struct row_order *o, const struct column *key, int n,
    uint64_t *out)
{
	const struct sort_key *k = &o->key[0];
	uint64_t there = k->nulls_last ? 0 : SIGN;

	values(key, n, out);
	for (int i = 0; i < n; i++)
		out[i] = ((k->desc ? ~out[i] : out[i]) >> 1) | there;
	for (int i = 0; key->valid && i < n; i++)
		if (col_null(key, i))
			out[i] = there ^ SIGN;
}

static uint64_t
string_at(const struct sview *v, int depth)
{
	size_t from = (size_t)depth * 7, left;
	uint64_t u = 0;

	if (depth == ROW_LENGTH)
		return (uint64_t)v->len << 1;
	if (v->len <= from)
		return 0;
	left = v->len - from;
	memcpy(&u, sview_ptr(v) + from, left < 8 ? left : 8);
	return __builtin_bswap64(u);
}

uint64_t
row_prefix_at(const struct row_order *o, const struct column *key,
    struct row_level l, int64_t i)
{
	const struct sort_key *k = &o->key[l.key];
	const struct column *c = &key[l.key];
	uint64_t there = k->nulls_last ? 0 : SIGN, u;
	int64_t at = col_at(c, i);

	if (col_null(c, i))
		return there ^ SIGN;
	if (type_is_bytes(c->type)) {
		u = string_at((const struct sview *)c->data + at, l.depth);
	} else {
		struct column one = *c;

		one.data = (char *)c->data + at * type_width(c->type);
		one.flags |= COL_CONST;
		values(&one, 1, &u);
		if (l.depth)
			u <<= 63;
	}
	return ((k->desc ? ~u : u) >> 1) | there;
}

/* Has the prefix of depth 0 all of the value? */
static int
covered(const struct type *t)
{
	switch (t->kind) {
	case TYPE_BOOL: case TYPE_I8: case TYPE_I16: case TYPE_I32:
	case TYPE_DATE: case TYPE_YMI: case TYPE_F32: case TYPE_NULL:
		return 1;
	case TYPE_I64: case TYPE_DEC64: case TYPE_TS: case TYPE_TSNTZ:
	case TYPE_DTI: case TYPE_F64: case TYPE_STR: case TYPE_BIN:
		return 0;
	default:
		return -1;
	}
}

int
row_level_next(const struct row_order *o, const struct column *key,
    struct row_level *l, int64_t any, uint32_t least, uint32_t most)
{
	const struct column *c = &key[l->key];
	int all = covered(c->type);

	if (col_null(c, any))
		all = 1;
	if (all < 0)
		return -1;
	if (all == 0 && type_is_bytes(c->type) && l->depth >= 0) {
		if (most > ((uint32_t)l->depth + 1) * 7)
			return l->depth++, 1;
		if (least < most)
			return l->depth = ROW_LENGTH, 1;
	} else if (all == 0 && !type_is_bytes(c->type) && l->depth == 0) {
		return l->depth = 1;
	}
	if (l->key + 1 == o->n)
		return 0;
	*l = (struct row_level){ l->key + 1, 0 };
	return 1;
}

int
row_compare(const struct row_order *o, const struct column *a, int64_t i,
    const struct column *b, int64_t j)
{
	for (int k = 0; k < o->n; k++) {
		const struct sort_key *s = &o->key[k];
		bool na = col_null(&a[k], i), nb = col_null(&b[k], j);
		int r;

		if (na || nb) {
			if (na && nb)
				continue;
			return na == s->nulls_last ? 1 : -1;
		}
		r = col_compare(&a[k], i, &b[k], j);
		if (r)
			return s->desc ? -r : r;
	}
	return 0;
}
