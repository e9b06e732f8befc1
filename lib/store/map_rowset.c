/*
 * map_rowset -- the hash of a set of rows, see map_file.h.
 *
 * A row's hash is the sum of its values, each times an odd number of its
 * column, then mixed: one multiplication a value, which the compiler turns
 * into vectors.  Strings are hashed by themselves first.  The sum over rows
 * forgets their order.  It tells chance differences from none; it is no
 * defence against somebody who looks for two sets with one hash.
 */
#include "store/map_file.h"

#include <string.h>

#include "base/hash.h"
#include "column/batch.h"

enum { PIECE = 1024 };          /* rows at a time: their sums stay in cache */

#define NULL_VALUE 0x6e756c6c00000001u

struct piece {
	const struct column *c;
	const int32_t *row;             /* NULL: rows from, from + 1, ... */
	int from, n;
	uint64_t times;                 /* of the column, odd */
	uint64_t *sum;
};

static int
row_at(const struct piece *p, int i)
{
	return p->row ? p->row[i] : p->from + i;
}

#define ADD(W, T)                                                       \
static void                                                             \
add##W(const struct piece *p)                                           \
{                                                                       \
	const T *v = p->c->data;                                        \
									\
	if (p->row == NULL) {                                           \
		v += p->from;                                           \
		for (int i = 0; i < p->n; i++)                          \
			p->sum[i] += (uint64_t)v[i] * p->times;         \
		return;                                                 \
	}                                                               \
	for (int i = 0; i < p->n; i++)                                  \
		p->sum[i] += (uint64_t)v[p->row[i]] * p->times;         \
}

ADD(1, uint8_t)
ADD(2, uint16_t)
ADD(4, uint32_t)
ADD(8, uint64_t)

static void
add16(const struct piece *p)
{
	const char *v = p->c->data;
	uint64_t w[2];

	for (int i = 0; i < p->n; i++) {
		memcpy(w, v + 16 * (size_t)row_at(p, i), 16);
		p->sum[i] += (w[0] + hash_u64(w[1])) * p->times;
	}
}

static uint64_t
string_hash(const struct sview *v)
{
	uint64_t w[2];

	if (v->len > SVIEW_INLINE)
		return hash_sum(v->ptr, v->len) + v->len;
	memcpy(w, v, 16);
	return (w[0] ^ (w[1] * 0x9e3779b97f4a7c15u)) + (w[1] >> 32);
}

static void
add_strings(const struct piece *p)
{
	const struct sview *v = p->c->data;

	for (int i = 0; i < p->n; i++)
		p->sum[i] += string_hash(&v[row_at(p, i)]) * p->times;
}

static void
add_nested(const struct piece *p)
{
	uint64_t h[PIECE];
	int32_t at[PIECE];

	for (int i = 0; i < p->n; i++)
		at[i] = row_at(p, i);
	col_hash(p->c, at, p->n, COL_HASH_FIRST, h);
	for (int i = 0; i < p->n; i++)
		p->sum[i] += h[i] * p->times;
}

/* Columns with nulls: the values under them are not looked at. */
static void
add_present(const struct piece *p)
{
	uint64_t one;

	for (int i = 0; i < p->n; i++) {
		int32_t at = row_at(p, i);
		struct piece q = *p;

		one = 0;
		q.row = &at;
		q.n = 1;
		q.sum = &one;
		if (p->c->data == NULL || col_null(p->c, at))
			one = NULL_VALUE * p->times;
		else if (type_is_bytes(p->c->type))
			add_strings(&q);
		else
			switch (type_width(p->c->type)) {
			case 1:  add1(&q); break;
			case 2:  add2(&q); break;
			case 4:  add4(&q); break;
			case 8:  add8(&q); break;
			case 16: add16(&q); break;
			}
		p->sum[i] += one;
	}
}

static void
add_column(const struct piece *p)
{
	if (type_is_nested(p->c->type))
		add_nested(p);
	else if (p->c->data == NULL || p->c->valid)
		add_present(p);
	else if (type_is_bytes(p->c->type))
		add_strings(p);
	else
		switch (type_width(p->c->type)) {
		case 1:  add1(p); break;
		case 2:  add2(p); break;
		case 4:  add4(p); break;
		case 8:  add8(p); break;
		case 16: add16(p); break;
		}
}

/* One value for all rows. */
static void
add_constant(const struct piece *p)
{
	static const int32_t zero;
	struct piece q = *p;
	uint64_t one = 0;

	q.row = &zero;
	q.n = 1;
	q.sum = &one;
	add_column(&q);
	for (int i = 0; i < p->n; i++)
		p->sum[i] += one;
}

/* One multiplication, whose halves are folded. */
static inline uint64_t
fold(uint64_t x)
{
	__extension__ unsigned __int128 m =
	    (unsigned __int128)x * 0x9e3779b97f4a7c15u;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

uint64_t
map_rowset(const struct batch *b, int part)
{
	uint64_t sum[PIECE], all = 0, salt = hash_u64((uint64_t)part + 1);

	for (int from = 0; from < b->n; from += PIECE) {
		int n = b->n - from < PIECE ? b->n - from : PIECE;

		memset(sum, 0, sizeof sum);
		for (int i = 0; i < b->ncol; i++) {
			struct piece p = { &b->col[i], b->pick ? b->pick + from :
			    NULL, from, n, hash_u64((uint64_t)i + 77) | 1, sum };

			if (b->col[i].flags & COL_CONST)
				add_constant(&p);
			else
				add_column(&p);
		}
		for (int i = 0; i < n; i++)
			all += fold(sum[i] ^ salt);
	}
	return all;
}
