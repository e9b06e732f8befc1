/*
 * fn_string_split -- split(str, regex[, limit]): the start of word counts.
 *
 * A separator without special characters never meets a regular expression:
 * one byte is looked for with vector compares, 64 bytes of text at a time,
 * longer ones by byte search.  The parts are views into the input: no byte
 * of a part longer than 12 is copied, shorter ones are put into their view
 * without a call.  For a single byte the list gets room for the most parts
 * there can be, which is given back; the other kinds grow it.
 *
 * As in Spark: limit > 0 bounds the number of parts, else all of them come,
 * trailing empty ones too; an empty pattern cuts into characters; an empty
 * match at the very start makes no part.
 */
#include "expr/fn_string.h"

#include "base/utf8.h"
#include "expr/needle.h"
#include "expr/regex.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

__extension__ typedef unsigned __int128 u128;

enum { GUESS_MAX = 1 << 18 };   /* bytes of input, 16 times that of views */

enum split_kind { SPLIT_BYTE, SPLIT_BYTES, SPLIT_CHARS, SPLIT_REGEX };

struct split {
	enum split_kind kind;
	struct bytes lit;
	struct regex *re;
};

/* Masks that keep the first n of 12 bytes. */
static const struct { uint64_t low; uint32_t high; } keep[SVIEW_INLINE + 1] = {
	{ 0x0, 0x0 }, { 0xff, 0x0 }, { 0xffff, 0x0 }, { 0xffffff, 0x0 },
	{ 0xffffffff, 0x0 }, { 0xffffffffff, 0x0 }, { 0xffffffffffff, 0x0 },
	{ 0xffffffffffffff, 0x0 }, { 0xffffffffffffffff, 0x0 },
	{ 0xffffffffffffffff, 0xff }, { 0xffffffffffffffff, 0xffff },
	{ 0xffffffffffffffff, 0xffffff }, { 0xffffffffffffffff, 0xffffffff },
};

/* sview_of for a part of a string.  The 12 bytes before limit can be read:
 * so twelve bytes are taken at once, moved into place and cut by a mask. */
static inline void
view_put(struct sview *v, const char *p, size_t len, const char *limit)
{
	uint32_t n = (uint32_t)len, high;
	uint64_t low;

	if (len > SVIEW_INLINE) {
		memcpy(v, &n, 4);
		memcpy(v->head, p, 4);
		v->ptr = p;
		return;
	}
	if (limit - p >= SVIEW_INLINE) {
		memcpy(&low, p, 8);
		memcpy(&high, p + 8, 4);
	} else {
		size_t bits = 8 * (SVIEW_INLINE - (size_t)(limit - p));
		u128 both;

		memcpy(&low, limit - 12, 8);
		memcpy(&high, limit - 4, 4);
		both = ((u128)high << 64 | low) >> bits;
		low = (uint64_t)both;
		high = (uint32_t)(both >> 64);
	}
	low &= keep[len].low;
	high &= keep[len].high;
	memcpy(v, &n, 4);
	memcpy((char *)v + 4, &low, 8);
	memcpy((char *)v + 12, &high, 4);
}

#ifdef __SSE2__
static inline uint64_t
hits16(const char *s, __m128i all)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, all));
}

/* Bit j: s[j] == c, for j < 64. */
static inline uint64_t
hits64(const char *s, char c)
{
	__m128i all = _mm_set1_epi8(c);

	return hits16(s, all) | hits16(s + 16, all) << 16 |
	    hits16(s + 32, all) << 32 | hits16(s + 48, all) << 48;
}

/* The same for j < len < 64. */
static inline uint64_t
hits_short(const char *s, size_t len, char c)
{
	__m128i all = _mm_set1_epi8(c);
	uint64_t m = 0;
	size_t j = 0;

	for (; j + 16 <= len; j += 16)
		m |= hits16(s + j, all) << j;
	if (j < len && len >= 16)
		return m | hits16(s + len - 16, all) >> (16 - (len - j)) << j;
	for (; j < len; j++)
		m |= (uint64_t)(s[j] == c) << j;
	return m;
}
#else
static inline uint64_t
hits_short(const char *s, size_t len, char c)
{
	uint64_t m = 0;

	for (size_t j = 0; j < len; j++)
		m |= (uint64_t)(s[j] == c) << j;
	return m;
}

static inline uint64_t
hits64(const char *s, char c)
{
	return hits_short(s, 64, c);
}
#endif

/* Lines of a text lie one behind the other, a byte or two apart: then what
 * row i is followed by can be read, too.  Returns where that ends. */
static const char *
readable(const struct kernel_call *k, int i, struct bytes s)
{
	const struct sview *next;

	if (s.n < SVIEW_INLINE)         /* inside of a view */
		return s.p + SVIEW_INLINE;
	if (s.n == SVIEW_INLINE || i + 1 >= k->n || !kernel_wants(k, i + 1))
		return s.p + s.n;
	next = kernel_str(k, 0, i + 1);
	if (next->len <= SVIEW_INLINE || next->ptr < s.p + s.n ||
	    next->ptr > s.p + s.n + 2)
		return s.p + s.n;
	return next->ptr + next->len;
}

static struct sview *
split_byte(struct sview *to, struct bytes s, const char *limit, char c)
{
	const char *end = s.p + s.n, *start = s.p;

	for (size_t at = 0; at < s.n; at += 64) {
		size_t left = s.n - at;
		uint64_t m = left >= 64 ? hits64(s.p + at, c)
		    : at ? hits64(end - 64, c) >> (64 - left)
		    : hits_short(s.p, left, c);

		for (; m; m &= m - 1) {
			const char *hit = s.p + at + __builtin_ctzll(m);

			view_put(to++, start, (size_t)(hit - start), limit);
			start = hit + 1;
		}
	}
	view_put(to++, start, (size_t)(end - start), limit);
	return to;
}

/* At most how many parts; counted when the guess would waste memory. */
static int64_t
byte_bound(const struct kernel_call *k, char c)
{
	int64_t bytes = 0, n = 0;

	ROWS(k, i)
		bytes += kernel_str(k, 0, i)->len + 1;
	if (bytes <= GUESS_MAX)
		return bytes;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		n++;
		for (size_t j = 0; j < s.n; j++)
			n += s.p[j] == c;
	}
	return n;
}

/* A single byte without limit. */
static int
byte_rows(struct kernel_call *k, char c, struct err *e)
{
	struct lview *o = k->out->data;
	int64_t n = byte_bound(k, c);
	struct sview *first, *to;
	struct bytes s;

	if (n > INT32_MAX)
		return err_user(e, EXIT_DATA, "split makes %lld parts of one "
		    "batch; at most %d are allowed", (long long)n, INT32_MAX);
	first = to = row_list(k, n);
	for (int i = 0; i < k->n; i++) {
		o[i] = (struct lview){ 0, 0 };
		if (!kernel_wants(k, i))
			continue;
		o[i].off = (uint32_t)(to - first);
		s = row_bytes(k, 0, i);
		to = split_byte(to, s, readable(k, i, s), c);
		o[i].len = (uint32_t)(to - first) - o[i].off;
	}
	k->out->nkid = (int32_t)(to - first);
	if (k->heap->at == (char *)(first + n))
		k->heap->at = (char *)to;
	return 0;
}

/* A list that grows. */
struct parts {
	struct arena *heap;
	struct sview *v;
	int64_t n, cap;
};

static void
part_add(struct parts *t, const char *p, const char *end)
{
	ARENA_GROW(t->heap, t->v, t->n, t->cap);
	t->v[t->n++] = sview_of(p, (size_t)(end - p));
}

static void
split_bytes(struct parts *t, struct bytes s, struct bytes d, int64_t limit)
{
	const char *end = s.p + s.n, *hit;

	for (; limit != 1; limit--) {
		hit = needle_find(s.p, (size_t)(end - s.p), d.p, d.n);
		if (hit == NULL)
			break;
		part_add(t, s.p, hit);
		s.p = hit + d.n;
	}
	part_add(t, s.p, end);
}

static void
split_chars(struct parts *t, struct bytes s, int64_t limit)
{
	const char *end = s.p + s.n;

	for (; limit != 1 && s.p < end; limit--) {
		int len = utf8_check(s.p, (size_t)(end - s.p));

		len = len ? len : 1;
		if (s.p + len == end)
			break;
		part_add(t, s.p, s.p + len);
		s.p += len;
	}
	part_add(t, s.p, end);
}

static int
split_regex(struct parts *t, struct bytes s, struct matcher *m, int64_t limit,
    struct err *e)
{
	size_t from = 0, start = 0;
	int r = 0;

	while (limit != 1 && (r = matcher_find(m, s.p, s.n, from, e)) > 0) {
		from = matcher_next(m, s.p, s.n);
		if (m->at[1] == 0)
			continue;
		part_add(t, s.p + start, s.p + m->at[0]);
		start = m->at[1];
		limit--;
	}
	if (r < 0)
		return r;
	part_add(t, s.p + start, s.p + s.n);
	return 0;
}

/* How to split by pattern p. */
static int
split_plan(struct split *x, struct arena *a, struct bytes p,
    enum regex_use use, struct err *e)
{
	char *lit = arena_bytes(a, p.n + 1);
	int64_t n = regex_literal(p.p, p.n, lit);

	memset(x, 0, sizeof *x);
	if (n < 0) {
		x->kind = SPLIT_REGEX;
		return regex_new(&x->re, a, p.p, p.n, use, e);
	}
	x->lit = (struct bytes){ lit, (size_t)n };
	x->kind = n == 0 ? SPLIT_CHARS : n == 1 ? SPLIT_BYTE : SPLIT_BYTES;
	return 0;
}

static int
split_row(const struct split *x, struct parts *t, struct matcher *m,
    struct bytes s, int64_t limit, struct err *e)
{
	switch (x->kind) {
	case SPLIT_REGEX:
		return split_regex(t, s, m, limit, e);
	case SPLIT_CHARS:
		split_chars(t, s, limit);
		return 0;
	case SPLIT_BYTE:
	case SPLIT_BYTES:
		split_bytes(t, s, x->lit, limit);
		return 0;
	}
	return 0;
}

/* Any pattern, any limit; patterns that differ from row to row too. */
static int
split_rows(struct kernel_call *k, const struct split *fixed, struct err *e)
{
	struct parts t = { k->heap, NULL, 0, 0 };
	struct lview *o = k->out->data;
	struct matcher m = { 0 };
	struct split x;
	struct sview old = { 0 };
	bool ready = false;
	int r = 0;

	if (fixed) {
		x = *fixed;
		if (x.re)
			matcher_init(&m, x.re, k->heap);
	}
	for (int i = 0; i < k->n && r == 0; i++) {
		int64_t limit = 0;

		o[i] = (struct lview){ (uint32_t)t.n, 0 };
		if (!kernel_wants(k, i))
			continue;
		if (k->narg > 2)
			limit = row_i32(k, 2, i);
		if (!fixed && (!ready ||
		    !sview_equal(&old, kernel_str(k, 1, i)))) {
			matcher_release(&m);
			old = *kernel_str(k, 1, i);
			r = split_plan(&x, k->heap, row_bytes(k, 1, i),
			    REGEX_ONCE, e);
			if (r < 0)
				break;
			ready = true;
			if (x.re)
				matcher_init(&m, x.re, k->heap);
		}
		r = split_row(&x, &t, &m, row_bytes(k, 0, i),
		    limit < 0 ? 0 : limit, e);
		o[i].len = (uint32_t)t.n - o[i].off;
	}
	matcher_release(&m);
	row_list(k, 0);
	k->out->kid->data = t.v ? (void *)t.v : k->out->kid->data;
	k->out->nkid = (int32_t)t.n;
	return r;
}

static int
k_split(struct kernel_call *k, struct err *e)
{
	const struct split *x = k->state;
	int r;

	if (x && x->kind == SPLIT_BYTE && k->narg < 3)
		r = byte_rows(k, x->lit.p[0], e);
	else
		r = split_rows(k, x, e);
	if (r == 0)
		k->out->kid->flags = k->arg[0].flags & COL_STABLE;
	return r;
}

int
bind_split(struct func_bind *b, struct err *e)
{
	struct split *x;
	struct datum d;
	int r;

	TRY(bind_sig(b, "ssi", 'a', e));
	b->kernel = k_split;
	r = bind_value(b, 1, &d, e);
	if (r <= 0 || d.null)
		return r < 0 ? r : 0;
	x = NEW(b->env->arena, struct split);
	if (split_plan(x, b->env->arena, (struct bytes){ d.s.p, d.s.n },
	    REGEX_KEEP, e) < 0)
		return err_place(e, b->arg[1]->span);
	b->state = x;
	return 0;
}
