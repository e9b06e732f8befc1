/*
 * column -- see column.h: allocation, gathering, hashing, comparison.
 */
#include "column/column.h"

#include <math.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/simd.h"

void
col_alloc(struct column *c, struct arena *a, const struct type *t, int64_t n,
    enum col_valid with_valid)
{
	memset(c, 0, sizeof *c);
	c->type = t;
	if (with_valid)
		c->valid = arena_alloc(a, BITS_BYTES(n) + 8);
	c->data = arena_alloc(a, (size_t)type_width(t) * (size_t)n + 16);
	if (!type_is_nested(t))
		return;
	c->kid = NEW_N(a, struct column, t->nfield + 1);
	for (int i = 0; i < t->nfield; i++)
		col_alloc(&c->kid[i], a, t->field[i].type,
		    t->kind == TYPE_STRUCT ? n : 0, with_valid);
	if (t->kind == TYPE_STRUCT)
		c->nkid = (int32_t)n;
}

#define GATHER(NAME, T)                                                 \
static void                                                             \
NAME(void *restrict po, const void *pi, const int32_t *pick, int n)     \
{                                                                       \
	const T *in = pi;                                               \
	T *restrict out = po;                                           \
									\
	for (int i = 0; i < n; i++)                                     \
		out[i] = in[pick[i]];                                   \
}

struct wide { uint64_t a, b; };

GATHER(gather1, uint8_t)
GATHER(gather2, uint16_t)
GATHER(gather4, uint32_t)
GATHER(gather8, uint64_t)
GATHER(gather16, struct wide)

static void
gather_data(void *to, const void *from, const int32_t *pick, int n, int width)
{
	switch (width) {
	case 1:  gather1(to, from, pick, n); break;
	case 2:  gather2(to, from, pick, n); break;
	case 4:  gather4(to, from, pick, n); break;
	case 8:  gather8(to, from, pick, n); break;
	case 16: gather16(to, from, pick, n); break;
	}
}

#define SPREAD(NAME, T)                                                 \
static void                                                             \
NAME(void *po, const void *pi, int n)                                   \
{                                                                       \
	T v = *(const T *)pi, *out = po;                                \
									\
	for (int i = 0; i < n; i++)                                     \
		out[i] = v;                                             \
}

SPREAD(spread1, uint8_t)
SPREAD(spread2, uint16_t)
SPREAD(spread4, uint32_t)
SPREAD(spread8, uint64_t)
SPREAD(spread16, struct wide)

static void
spread_data(void *to, const void *from, int n, int width)
{
	switch (width) {
	case 1:  spread1(to, from, n); break;
	case 2:  spread2(to, from, n); break;
	case 4:  spread4(to, from, n); break;
	case 8:  spread8(to, from, n); break;
	case 16: spread16(to, from, n); break;
	}
}

static uint64_t *
gather_valid(const uint64_t *valid, const int32_t *pick, int n,
    struct arena *a)
{
	uint64_t *out = arena_raw(a, BITS_BYTES(n) + 8);

	for (int w = 0; w * 64 < n; w++) {
		int m = n - w * 64 < 64 ? n - w * 64 : 64;
		uint64_t bits = 0;

		for (int i = 0; i < m; i++)
			bits |= (uint64_t)bit_get(valid, pick[w * 64 + i]) << i;
		out[w] = bits;
	}
	return out;
}

static void
spread_const(struct column *to, const struct column *c, int n,
    struct arena *a)
{
	int width = type_width(c->type);

	if (col_null(c, 0)) {
		col_alloc(to, a, c->type, n, COL_WITH_VALID);
		return;
	}
	to->valid = NULL;
	to->flags &= ~(uint32_t)COL_CONST;
	if (width) {
		to->data = arena_raw(a, (size_t)width * (size_t)n + 16);
		spread_data(to->data, c->data, n, width);
	}
	if (c->type->kind == TYPE_STRUCT) {
		int32_t *zero = arena_alloc(a, sizeof *zero * (size_t)(n + 1));

		to->kid = NEW_N(a, struct column, c->type->nfield + 1);
		for (int i = 0; i < c->type->nfield; i++)
			col_gather(&to->kid[i], &c->kid[i], zero, n, a);
		to->nkid = n;
	}
}

void
col_gather(struct column *to, const struct column *from, const int32_t *pick,
    int n, struct arena *a)
{
	struct column c = *from;        /* to may be from */
	int width = type_width(c.type);

	*to = c;
	if (c.flags & COL_CONST) {
		spread_const(to, &c, n, a);
		return;
	}
	if (pick == NULL)
		return;
	if (width) {
		to->data = arena_raw(a, (size_t)width * (size_t)n + 16);
		gather_data(to->data, c.data, pick, n, width);
	}
	if (c.valid)
		to->valid = gather_valid(c.valid, pick, n, a);
	if (c.type->kind != TYPE_STRUCT)
		return;
	to->kid = NEW_N(a, struct column, c.type->nfield + 1);
	for (int i = 0; i < c.type->nfield; i++)
		col_gather(&to->kid[i], &c.kid[i], pick, n, a);
	to->nkid = n;
}

static int
cmp_f64(double x, double y)
{
	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return (x > y) - (x < y);
}

static int
cmp_list(const struct column *a, int64_t i, const struct column *b, int64_t j)
{
	struct lview x = ((const struct lview *)a->data)[i];
	struct lview y = ((const struct lview *)b->data)[j];

	for (uint32_t k = 0; k < x.len && k < y.len; k++)
		for (int f = 0; f < a->type->nfield; f++) {
			int r = col_compare(&a->kid[f], x.off + k, &b->kid[f],
			    y.off + k);

			if (r)
				return r;
		}
	return (x.len > y.len) - (x.len < y.len);
}

static int
cmp_struct(const struct column *a, int64_t i, const struct column *b,
    int64_t j)
{
	for (int f = 0; f < a->type->nfield; f++) {
		int r = col_compare(&a->kid[f], i, &b->kid[f], j);

		if (r)
			return r;
	}
	return 0;
}

#define CMP(T) (((const T *)a->data)[i] > ((const T *)b->data)[j]) -    \
	(((const T *)a->data)[i] < ((const T *)b->data)[j])

int
col_compare(const struct column *a, int64_t i, const struct column *b,
    int64_t j)
{
	bool na = col_null(a, i), nb = col_null(b, j);

	if (na || nb)
		return nb - na;
	i = col_at(a, i);
	j = col_at(b, j);
	switch (a->type->kind) {
	case TYPE_NULL:   return 0;
	case TYPE_BOOL:   return CMP(uint8_t);
	case TYPE_I8:     return CMP(int8_t);
	case TYPE_I16:    return CMP(int16_t);
	case TYPE_I32: case TYPE_DATE: case TYPE_YMI:
			  return CMP(int32_t);
	case TYPE_I64: case TYPE_DEC64: case TYPE_TS: case TYPE_TSNTZ:
	case TYPE_DTI:    return CMP(int64_t);
	case TYPE_DEC128: return CMP(i128);
	case TYPE_F32:    return cmp_f64((double)((const float *)a->data)[i],
			      (double)((const float *)b->data)[j]);
	case TYPE_F64:    return cmp_f64(((const double *)a->data)[i],
			      ((const double *)b->data)[j]);
	case TYPE_STR: case TYPE_BIN:
			  return sview_cmp((const struct sview *)a->data + i,
			      (const struct sview *)b->data + j);
	case TYPE_ARRAY: case TYPE_MAP:
			  return cmp_list(a, i, b, j);
	case TYPE_STRUCT: return cmp_struct(a, i, b, j);
	case TYPE_KINDS:  break;
	}
	return 0;
}

#define NULL_HASH 0x9ae16a3b2f90404fu

static inline uint64_t
f64_key(double v)
{
	uint64_t u;

	if (v == 0)
		v = 0;
	if (isnan(v))
		return 0x7ff8000000000000u;
	memcpy(&u, &v, 8);
	return u;
}

static inline uint64_t
sview_hash(const struct sview *v)
{
	uint64_t a, b;

	if (v->len > SVIEW_INLINE)
		return hash_sum(v->ptr, v->len);
	memcpy(&a, v, 8);
	memcpy(&b, v->rest, 8);
	return hash_u64(a * 0x9e3779b97f4a7c15u ^ b);
}

#define HASH(NAME, T, EXPR)                                             \
SIMD_CLONES static void                                                 \
NAME(const void *p, const int32_t *pick, int n, uint64_t *h)            \
{                                                                       \
	const T *v = p;                                                 \
									\
	for (int i = 0; i < n; i++) {                                   \
		int at = pick ? pick[i] : i;                            \
		h[i] = EXPR;                                            \
	}                                                               \
}

HASH(hash1, uint8_t, hash_u64(v[at]))
HASH(hash2, uint16_t, hash_u64(v[at]))
HASH(hash4, uint32_t, hash_u64(v[at]))
HASH(hash8, uint64_t, hash_u64(v[at]))
HASH(hash16, struct wide, hash_combine(hash_u64(v[at].a), v[at].b))
HASH(hash_f32, float, hash_u64(f64_key((double)v[at])))
HASH(hash_f64, double, hash_u64(f64_key(v[at])))
HASH(hash_str_picked, struct sview, sview_hash(&v[at]))

/* Hashes as if all were short; says whether one is not. */
SIMD_CLONES static uint32_t
hash_short(const struct sview *v, int n, uint64_t *h)
{
	uint32_t some = 0;

	for (int i = 0; i < n; i++) {
		uint64_t half[2];

		memcpy(half, &v[i], 16);
		h[i] = hash_u64(half[0] * 0x9e3779b97f4a7c15u ^ half[1]);
		some |= v[i].len > SVIEW_INLINE;
	}
	return some;
}

static void
hash_str(const struct sview *v, const int32_t *pick, int n, uint64_t *h)
{
	if (pick) {
		hash_str_picked(v, pick, n, h);
		return;
	}
	if (!hash_short(v, n, h))
		return;
	for (int i = 0; i < n; i++)
		if (v[i].len > SVIEW_INLINE)
			h[i] = hash_sum(v[i].ptr, v[i].len);
}

static uint64_t
hash_nested(const struct column *c, int64_t i)
{
	uint64_t h = 77, x;
	int32_t at = (int32_t)i;

	if (c->type->kind == TYPE_STRUCT) {
		for (int f = 0; f < c->type->nfield; f++) {
			col_hash(&c->kid[f], &at, 1, COL_HASH_FIRST, &x);
			h = hash_combine(h, x);
		}
		return h;
	}
	for (uint32_t k = 0; k < ((const struct lview *)c->data)[i].len; k++)
		for (int f = 0; f < c->type->nfield; f++) {
			at = (int32_t)(((const struct lview *)c->data)[i].off + k);
			col_hash(&c->kid[f], &at, 1, COL_HASH_FIRST, &x);
			h = hash_combine(h, x);
		}
	return h;
}

static void
hash_values(const struct column *c, const int32_t *pick, int n, uint64_t *h)
{
	switch (c->type->kind) {
	case TYPE_F32: hash_f32(c->data, pick, n, h); return;
	case TYPE_F64: hash_f64(c->data, pick, n, h); return;
	case TYPE_STR: case TYPE_BIN:
		for (int i = 0; c->valid && i < n; i++) {
			int32_t at = pick ? pick[i] : i;

			h[i] = bit_get(c->valid, at) ? sview_hash(
			    (const struct sview *)c->data + at) : NULL_HASH;
		}
		if (!c->valid)
			hash_str(c->data, pick, n, h);
		return;
	case TYPE_ARRAY: case TYPE_MAP: case TYPE_STRUCT:
		for (int i = 0; i < n; i++)
			h[i] = col_null(c, pick ? pick[i] : i) ? NULL_HASH :
			    hash_nested(c, pick ? pick[i] : i);
		return;
	default:
		break;
	}
	switch (type_width(c->type)) {
	case 1:  hash1(c->data, pick, n, h); break;
	case 2:  hash2(c->data, pick, n, h); break;
	case 4:  hash4(c->data, pick, n, h); break;
	case 8:  hash8(c->data, pick, n, h); break;
	default: hash16(c->data, pick, n, h);
	}
}

void
col_hash(const struct column *c, const int32_t *pick, int n,
    enum col_hash how, uint64_t *h)
{
	uint64_t own[256];

	if (c->flags & COL_CONST) {
		struct column one = *c;
		uint64_t v;

		one.flags &= ~(uint32_t)COL_CONST;
		col_hash(&one, NULL, 1, COL_HASH_FIRST, &v);
		for (int i = 0; i < n; i++)
			h[i] = how == COL_HASH_FIRST ? v :
			    hash_combine(h[i], v);
		return;
	}
	if (how == COL_HASH_FIRST && pick == NULL && !c->valid) {
		hash_values(c, NULL, n, h);
		return;
	}
	for (int from = 0; from < n; from += 256) {
		int m = n - from < 256 ? n - from : 256;
		uint64_t *to = how == COL_HASH_FIRST ? h + from : own;
		struct column part = *c;
		int32_t row[256];

		for (int i = 0; i < m; i++)
			row[i] = pick ? pick[from + i] : from + i;
		hash_values(&part, row, m, to);
		for (int i = 0; c->valid && i < m; i++)
			to[i] = bit_get(c->valid, row[i]) ? to[i] : NULL_HASH;
		for (int i = 0; how == COL_HASH_COMBINE && i < m; i++)
			h[from + i] = hash_combine(h[from + i], own[i]);
	}
}
