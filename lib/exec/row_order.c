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
	case TYPE_I8:  LOOP(int8_t, ((uint64_t)(int64_t)x ^ SIGN)); break;
	case TYPE_I16: LOOP(int16_t, ((uint64_t)(int64_t)x ^ SIGN)); break;
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
	case TYPE_STR: case TYPE_BIN:
		for (int i = 0; i < n; i++)
			out[i] = col_null(c, i) ? 0 : from_string(
			    (const struct sview *)c->data + col_at(c, i));
		break;
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
