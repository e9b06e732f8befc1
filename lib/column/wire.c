/*
 * wire -- see wire.h.
 *
 *	batch  = u32 rows, column …
 *	column = u8 0 no nulls | 1 bitmap | 2 all null, [bitmap], values
 *	values = 4 or 8 bytes wide: u8 kept, the first value without its kept
 *	         low bytes, kept low bytes per row: 0, 1, 2, (4,) or all
 *	         other fixed width: rows * width bytes
 *	         string:      u32 length per row, then the bytes
 *	         list:        u32 length per row, u32 child rows, child columns
 *	         struct:      child columns of the same number of rows
 */
#include "column/wire.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

enum { NO_NULLS, BITMAP, ALL_NULL };

static void
put_u32(struct text *to, uint32_t v)
{
	text_add(to, &v, 4);
}

static void put_column(struct text *to, const struct column *c,
    const int32_t *row, int n);

/* Writes which rows are there; returns false when none is. */
static bool
put_valid(struct text *to, const struct column *c, const int32_t *row, int n)
{
	size_t bytes = BITS_BYTES(n);
	int present = 0;
	uint64_t *w;

	if (c->valid == NULL)
		present = n;
	for (int i = 0; c->valid && i < n; i++)
		present += !col_null(c, row ? row[i] : i);
	text_addc(to, present == n ? NO_NULLS : present ? BITMAP : ALL_NULL);
	if (present == n || present == 0)
		return present || n == 0;
	w = xcalloc(1, bytes);
	for (int i = 0; i < n; i++)
		if (!col_null(c, row ? row[i] : i))
			bit_set(w, i);
	text_add(to, w, bytes);
	free(w);
	return true;
}

static void
put_strings(struct text *to, const struct column *c, const int32_t *row,
    int n)
{
	const struct sview *v = c->data;
	size_t sum = 0;
	char *p = text_room(to, 4 * (size_t)n);

	for (int i = 0; i < n; i++) {
		int32_t at = row ? row[i] : i;
		uint32_t len = col_null(c, at) ? 0 : v[col_at(c, at)].len;

		memcpy(p + 4 * (size_t)i, &len, 4);
		sum += len;
	}
	to->n += 4 * (size_t)n;
	p = text_room(to, sum);
	for (int i = 0; i < n; i++) {
		int32_t at = row ? row[i] : i;
		const struct sview *s = &v[col_at(c, at)];

		if (col_null(c, at))
			continue;
		memcpy(p, sview_ptr(s), s->len);
		p += s->len;
	}
	to->n += sum;
}

static void
put_lists(struct text *to, const struct column *c, const int32_t *row, int n)
{
	const struct lview *v = c->data;
	int32_t *kid = NULL;
	size_t total = 0, k = 0;

	for (int i = 0; i < n; i++) {
		int32_t at = row ? row[i] : i;
		uint32_t len = col_null(c, at) ? 0 : v[col_at(c, at)].len;

		put_u32(to, len);
		total += len;
	}
	put_u32(to, (uint32_t)total);
	kid = xmalloc((total + 1) * sizeof *kid);
	for (int i = 0; i < n; i++) {
		int32_t at = row ? row[i] : i;
		const struct lview *l = &v[col_at(c, at)];

		for (uint32_t e = 0; !col_null(c, at) && e < l->len; e++)
			kid[k++] = (int32_t)(l->off + e);
	}
	for (int f = 0; f < c->type->nfield; f++)
		put_column(to, &c->kid[f], kid, (int)total);
	free(kid);
}

/* What differs from the first value: its bits in any row.  Keys and counts
 * mostly differ in few low bytes, and all that reads and writes blocks costs
 * less then than these looks do. */
#define NARROW(W, T)                                                    \
static void                                                             \
put##W(struct text *to, const T *v, int n)                              \
{                                                                       \
	T diff = 0, first = n ? v[0] : 0;                               \
	unsigned char kept;                                             \
	char *p;                                                        \
									\
	for (int i = 0; i < n; i++)                                     \
		diff |= v[i] ^ first;                                   \
	kept = diff == 0 ? 0 : diff <= UINT8_MAX ? 1 :                  \
	    diff <= UINT16_MAX ? 2 : diff <= UINT32_MAX ? 4 : 8;        \
	if (kept < W)                                                   \
		first &= (T)~(((T)1 << 8 * kept) - 1);                  \
	p = text_room(to, 1 + W + (size_t)n * kept);                    \
	*p++ = (char)kept;                                              \
	memcpy(p, &first, W);                                           \
	p += W;                                                         \
	for (int i = 0; kept == 1 && i < n; i++)                        \
		p[i] = (char)v[i];                                      \
	for (int i = 0; kept == 2 && i < n; i++) {                      \
		uint16_t low = (uint16_t)v[i];                          \
									\
		memcpy(p + 2 * (size_t)i, &low, 2);                     \
	}                                                               \
	for (int i = 0; kept == 4 && kept < W && i < n; i++) {          \
		uint32_t low = (uint32_t)v[i];                          \
									\
		memcpy(p + 4 * (size_t)i, &low, 4);                     \
	}                                                               \
	if (kept == W)                                                  \
		memcpy(p, v, (size_t)n * W);                            \
	to->n += 1 + W + (size_t)n * kept;                              \
}                                                                       \
									\
static void                                                             \
get##W(T *v, const char *p, int kept, T first, uint32_t n)              \
{                                                                       \
	for (uint32_t i = 0; kept == 0 && i < n; i++)                   \
		v[i] = first;                                           \
	for (uint32_t i = 0; kept == 1 && i < n; i++)                   \
		v[i] = first | (unsigned char)p[i];                     \
	for (uint32_t i = 0; kept == 2 && i < n; i++) {                 \
		uint16_t low;                                           \
									\
		memcpy(&low, p + 2 * (size_t)i, 2);                     \
		v[i] = first | low;                                     \
	}                                                               \
	for (uint32_t i = 0; kept == 4 && kept < W && i < n; i++) {     \
		uint32_t low;                                           \
									\
		memcpy(&low, p + 4 * (size_t)i, 4);                     \
		v[i] = first | low;                                     \
	}                                                               \
	if (kept == W)                                                  \
		memcpy(v, p, (size_t)n * W);                            \
}

NARROW(4, uint32_t)
NARROW(8, uint64_t)

static void
put_narrow(struct text *to, const struct column *c, const int32_t *row, int n)
{
	int w = type_width(c->type);
	char *copy = NULL;
	const char *v = c->data;

	if (row || c->flags & COL_CONST) {
		v = copy = xmalloc((size_t)w * (size_t)n + 1);
		for (int i = 0; i < n; i++)
			memcpy(copy + (size_t)w * (size_t)i,
			    (const char *)c->data + (size_t)w *
			    (size_t)col_at(c, row ? row[i] : i), (size_t)w);
	}
	if (w == 4)
		put4(to, (const uint32_t *)(const void *)v, n);
	else
		put8(to, (const uint64_t *)(const void *)v, n);
	free(copy);
}

static void
put_fixed(struct text *to, const struct column *c, const int32_t *row, int n)
{
	size_t w = (size_t)type_width(c->type);
	char *p = text_room(to, w * (size_t)n);
	const char *from = c->data;

	if (row == NULL && !(c->flags & COL_CONST))
		memcpy(p, from, w * (size_t)n);
	else
		for (int i = 0; i < n; i++)
			memcpy(p + w * (size_t)i, from + w *
			    (size_t)col_at(c, row ? row[i] : i), w);
	to->n += w * (size_t)n;
}

static void
put_column(struct text *to, const struct column *c, const int32_t *row, int n)
{
	if (!put_valid(to, c, row, n))
		return;
	switch (c->type->kind) {
	case TYPE_STR: case TYPE_BIN:
		put_strings(to, c, row, n);
		return;
	case TYPE_ARRAY: case TYPE_MAP:
		put_lists(to, c, row, n);
		return;
	case TYPE_STRUCT: {
		int32_t *at = xmalloc(((size_t)n + 1) * sizeof *at);

		for (int i = 0; i < n; i++)
			at[i] = (int32_t)col_at(c, row ? row[i] : i);
		for (int f = 0; f < c->type->nfield; f++)
			put_column(to, &c->kid[f], at, n);
		free(at);
		return;
	}
	default:
		if (type_width(c->type) == 4 || type_width(c->type) == 8)
			put_narrow(to, c, row, n);
		else
			put_fixed(to, c, row, n);
	}
}

void
wire_put(struct text *to, const struct batch *b)
{
	put_u32(to, (uint32_t)b->n);
	for (int i = 0; i < b->ncol; i++)
		put_column(to, &b->col[i], b->pick, b->n);
}

struct get {
	const char *p, *end;
	struct arena *a;
};

static int
damaged(struct err *e)
{
	return err_set(e, ERR_LOST, "a block of rows is damaged");
}

static int
get_bytes(struct get *g, size_t n, const char **out, struct err *e)
{
	if ((size_t)(g->end - g->p) < n)
		return damaged(e);
	*out = g->p;
	g->p += n;
	return 0;
}

static int get_column(struct get *g, const struct type *t, uint32_t n,
    struct column *c, struct err *e);

static int
get_strings(struct get *g, uint32_t n, struct column *c, struct err *e)
{
	const char *lens = NULL, *bytes = NULL;
	struct sview *v;
	uint64_t sum = 0;

	TRY(get_bytes(g, (size_t)n * 4, &lens, e));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t len;

		memcpy(&len, lens + (size_t)i * 4, 4);
		sum += len;
	}
	TRY(get_bytes(g, sum, &bytes, e));
	c->data = v = arena_raw(g->a, sizeof *v * (size_t)n + 16);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t len;

		memcpy(&len, lens + (size_t)i * 4, 4);
		v[i] = sview_of(bytes, len);
		bytes += len;
	}
	return 0;
}

static int
get_lists(struct get *g, uint32_t n, struct column *c, struct err *e)
{
	const char *lens = NULL, *count = NULL;
	struct lview *v;
	uint32_t total, at = 0;

	TRY(get_bytes(g, (size_t)n * 4, &lens, e));
	TRY(get_bytes(g, 4, &count, e));
	memcpy(&total, count, 4);
	c->data = v = arena_raw(g->a, sizeof *v * (size_t)n + 16);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t len;

		memcpy(&len, lens + (size_t)i * 4, 4);
		if (len > total - at)
			return damaged(e);
		v[i] = (struct lview){ at, len };
		at += len;
	}
	if (at != total || total > INT32_MAX)
		return damaged(e);
	c->nkid = (int32_t)total;
	c->kid = NEW_N(g->a, struct column, c->type->nfield + 1);
	for (int f = 0; f < c->type->nfield; f++)
		TRY(get_column(g, c->type->field[f].type, total, &c->kid[f], e));
	return 0;
}

static int
get_struct(struct get *g, uint32_t n, struct column *c, struct err *e)
{
	c->kid = NEW_N(g->a, struct column, c->type->nfield + 1);
	c->nkid = (int32_t)n;
	for (int f = 0; f < c->type->nfield; f++)
		TRY(get_column(g, c->type->field[f].type, n, &c->kid[f], e));
	return 0;
}

static int
get_narrow(struct get *g, uint32_t n, struct column *c, struct err *e)
{
	size_t w = (size_t)type_width(c->type);
	const char *head = NULL, *p = NULL;
	unsigned char kept;

	TRY(get_bytes(g, 1 + w, &head, e));
	kept = (unsigned char)*head;
	if (kept > w || (kept & (kept - 1)) ||
	    (kept == 0 && n > (uint32_t)1 << 26))
		return damaged(e);
	TRY(get_bytes(g, (size_t)kept * n, &p, e));
	c->data = arena_raw(g->a, w * n + 16);
	if (w == 4) {
		uint32_t first;

		memcpy(&first, head + 1, 4);
		get4(c->data, p, kept, first, n);
	} else {
		uint64_t first;

		memcpy(&first, head + 1, 8);
		get8(c->data, p, kept, first, n);
	}
	return 0;
}

static int
get_fixed(struct get *g, uint32_t n, struct column *c, struct err *e)
{
	size_t w = (size_t)type_width(c->type);
	const char *p = NULL;

	TRY(get_bytes(g, w * n, &p, e));
	c->data = memcpy(arena_raw(g->a, w * n + 16), p, w * n);
	return 0;
}

static int
get_column(struct get *g, const struct type *t, uint32_t n, struct column *c,
    struct err *e)
{
	const char *flag = NULL, *bits = NULL;

	memset(c, 0, sizeof *c);
	c->type = t;
	TRY(get_bytes(g, 1, &flag, e));
	if (*flag == ALL_NULL && n) {
		/* Nothing was stored for the rows: n must be believable. */
		if (n > (uint32_t)1 << 26)
			return damaged(e);
		col_alloc(c, g->a, t, n, COL_WITH_VALID);
		return 0;
	}
	if (*flag == BITMAP) {
		TRY(get_bytes(g, BITS_BYTES(n), &bits, e));
		c->valid = memcpy(arena_raw(g->a, BITS_BYTES(n) + 8), bits,
		    BITS_BYTES(n));
	} else if (*flag != NO_NULLS) {
		return damaged(e);
	}
	switch (t->kind) {
	case TYPE_STR: case TYPE_BIN:   return get_strings(g, n, c, e);
	case TYPE_ARRAY: case TYPE_MAP: return get_lists(g, n, c, e);
	case TYPE_STRUCT:               return get_struct(g, n, c, e);
	default:
		return type_width(t) == 4 || type_width(t) == 8 ?
		    get_narrow(g, n, c, e) : get_fixed(g, n, c, e);
	}
}

int64_t
wire_get(const char *p, size_t n, const struct type *const *types, int ncol,
    struct arena *a, struct batch *b, struct err *e)
{
	struct get g = { p, p + n, a };
	const char *rows = NULL;
	uint32_t nrow;

	TRY(get_bytes(&g, 4, &rows, e));
	memcpy(&nrow, rows, 4);
	if (nrow > INT32_MAX)
		return damaged(e);
	memset(b, 0, sizeof *b);
	b->col = NEW_N(a, struct column, ncol + 1);
	b->ncol = ncol;
	b->n = b->nrow = (int)nrow;
	for (int i = 0; i < ncol; i++)
		TRY(get_column(&g, types[i], nrow, &b->col[i], e));
	return g.p - p;
}

static void
slice(const struct column *c, int64_t from, int n, struct column *to,
    struct arena *a)
{
	*to = *c;
	if (c->flags & COL_CONST)
		return;
	if (c->data)
		to->data = (char *)c->data + from * type_width(c->type);
	if (c->valid && from % 64 == 0) {
		to->valid = c->valid + from / 64;
	} else if (c->valid) {
		to->valid = arena_alloc(a, BITS_BYTES(n) + 8);
		for (int i = 0; i < n; i++)
			bit_put(to->valid, i, bit_get(c->valid, from + i));
	}
	if (c->type->kind != TYPE_STRUCT)
		return;
	to->kid = NEW_N(a, struct column, c->type->nfield + 1);
	to->nkid = n;
	for (int f = 0; f < c->type->nfield; f++)
		slice(&c->kid[f], from, n, &to->kid[f], a);
}

void
wire_slice(const struct batch *big, int64_t from, int n, struct batch *to,
    struct arena *a)
{
	for (int i = 0; i < big->ncol; i++)
		slice(&big->col[i], from, n, &to->col[i], a);
	to->ncol = big->ncol;
	to->n = to->nrow = n;
	to->pick = NULL;
}
