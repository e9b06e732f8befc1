/*
 * fn_string_cut -- functions whose result is a part of their first argument.
 *
 * Nothing is copied: results point into the argument's bytes (short ones are
 * in the view anyway), so these cost a few instructions a row.  Positions
 * count code points; strings of ASCII and binary values count bytes.
 */
#include "expr/fn_string.h"

#include "base/utf8.h"
#include "expr/needle.h"

/* Positions [from, until) of s, which may lie outside. */
static struct bytes
cut(struct bytes s, int64_t from, int64_t until, const struct type *t)
{
	size_t a, b;

	if (from < 0)
		from = 0;
	if (until <= from || (uint64_t)from >= s.n)
		return (struct bytes){ s.p, 0 };
	if (t->kind == TYPE_BIN) {
		a = (size_t)from;
		b = (uint64_t)until < s.n ? (size_t)until : s.n;
		return (struct bytes){ s.p + a, b - a };
	}
	a = utf8_offset(s.p, s.n, (size_t)from);
	b = a;
	if ((uint64_t)(until - from) >= s.n - a)
		b = s.n;
	else
		b += utf8_offset(s.p + a, s.n - a, (size_t)(until - from));
	return (struct bytes){ s.p + a, b - a };
}

static int64_t
size_of(struct bytes s, const struct type *t)
{
	return (int64_t)(t->kind == TYPE_BIN ? s.n : utf8_count(s.p, s.n));
}

int
k_substring(struct kernel_call *k, struct err *e)
{
	const struct type *t = k->call->type;

	(void)e;
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		int64_t pos = row_i32(k, 1, i);
		int64_t len = k->narg > 2 ? row_i32(k, 2, i) : INT32_MAX;
		int64_t from = pos > 0 ? pos - 1
		    : pos < 0 ? size_of(s, t) + pos : 0;
		int64_t until = len == INT32_MAX ? INT32_MAX : from + len;

		s = cut(s, from, until, t);
		row_part(k, i, s.p, s.n);
	}
	return 0;
}

int
k_left(struct kernel_call *k, struct err *e)
{
	(void)e;
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = cut(row_bytes(k, 0, i), 0, row_i32(k, 1, i),
		    k->call->type);

		row_part(k, i, s.p, s.n);
	}
	return 0;
}

int
k_right(struct kernel_call *k, struct err *e)
{
	const struct type *t = k->call->type;

	(void)e;
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		int64_t len = row_i32(k, 1, i);

		if (len <= 0)
			s.n = 0;
		else
			s = cut(s, size_of(s, t) - len, INT32_MAX, t);
		row_part(k, i, s.p, s.n);
	}
	return 0;
}

/* The set of characters that trim takes away: ASCII as bits, the others by
 * looking through the string. */
struct trim_set {
	uint64_t ascii[2];
	struct bytes all;
	bool wide;              /* has characters beyond ASCII */
};

static void
trim_set_init(struct trim_set *t, struct bytes s)
{
	t->ascii[0] = t->ascii[1] = 0;
	t->all = s;
	t->wide = false;
	for (size_t j = 0; j < s.n; j++) {
		unsigned char c = (unsigned char)s.p[j];

		if (c < 0x80)
			bit_set(t->ascii, c);
		else
			t->wide = true;
	}
}

static bool
trim_has(const struct trim_set *t, const char *p, size_t n)
{
	if (n == 1)
		return !(p[0] & 0x80) && bit_get(t->ascii, p[0]);
	return t->wide && needle_find(t->all.p, t->all.n, p, n) != NULL;
}

static struct bytes
trim_left(const struct trim_set *t, struct bytes s)
{
	while (s.n) {
		int n = utf8_check(s.p, s.n);

		if (n == 0 || !trim_has(t, s.p, (size_t)n))
			break;
		s.p += n;
		s.n -= (size_t)n;
	}
	return s;
}

static struct bytes
trim_right(const struct trim_set *t, struct bytes s)
{
	while (s.n) {
		size_t n = 1;

		while (n < s.n && n < 4 && (s.p[s.n - n] & 0xc0) == 0x80)
			n++;
		if (!trim_has(t, s.p + s.n - n, n))
			break;
		s.n -= n;
	}
	return s;
}

enum trim_side { TRIM_LEFT = 1, TRIM_RIGHT = 2, TRIM_BOTH = 3 };

static int
trim(struct kernel_call *k, enum trim_side side)
{
	bool each = k->narg > 1 && !(k->arg[1].flags & COL_CONST);
	struct trim_set t;
	bool ready = false;

	row_parts(k);
	if (k->narg == 1) {
		trim_set_init(&t, (struct bytes){ " ", 1 });
		ready = true;
	}
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		if (!ready || each)
			trim_set_init(&t, row_bytes(k, 1, i));
		ready = true;
		if (side & TRIM_LEFT)
			s = trim_left(&t, s);
		if (side & TRIM_RIGHT)
			s = trim_right(&t, s);
		row_part(k, i, s.p, s.n);
	}
	return 0;
}

int
k_trim(struct kernel_call *k, struct err *e)
{
	(void)e;
	return trim(k, TRIM_BOTH);
}

int
k_ltrim(struct kernel_call *k, struct err *e)
{
	(void)e;
	return trim(k, TRIM_LEFT);
}

int
k_rtrim(struct kernel_call *k, struct err *e)
{
	(void)e;
	return trim(k, TRIM_RIGHT);
}

/* The part before the count-th delimiter; from the right when negative. */
static struct bytes
before(struct bytes s, struct bytes d, int32_t count)
{
	const char *at = s.p, *end = s.p + s.n;

	if (d.n == 0 || count == 0)
		return (struct bytes){ s.p, 0 };
	if (count > 0) {
		for (; count > 0; count--, at += d.n) {
			at = needle_find(at, (size_t)(end - at), d.p, d.n);
			if (at == NULL)
				return s;
			if (count == 1)
				break;
		}
		return (struct bytes){ s.p, (size_t)(at - s.p) };
	}
	for (; count < 0; count++) {
		at = needle_rfind(s.p, (size_t)(end - s.p), d.p, d.n);
		if (at == NULL)
			return s;
		end = at;
	}
	at += d.n;
	return (struct bytes){ at, (size_t)(s.p + s.n - at) };
}

int
k_substring_index(struct kernel_call *k, struct err *e)
{
	(void)e;
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = before(row_bytes(k, 0, i),
		    row_bytes(k, 1, i), row_i32(k, 2, i));

		row_part(k, i, s.p, s.n);
	}
	return 0;
}

/* Field number nth (from 1) of s; negative counts from the end. */
static struct bytes
field(struct bytes s, struct bytes d, int32_t nth)
{
	const char *at, *end = s.p + s.n;
	int64_t n = 1;

	if (d.n == 0)
		return nth == 1 || nth == -1 ? s : (struct bytes){ s.p, 0 };
	if (nth < 0) {
		for (at = s.p; (at = needle_find(at, (size_t)(end - at), d.p,
		    d.n)) != NULL; at += d.n)
			n++;
		n += nth + 1;
		if (n < 1)
			return (struct bytes){ s.p, 0 };
		nth = (int32_t)n;
	}
	for (at = s.p; ; s.p = at + d.n) {
		at = needle_find(s.p, (size_t)(end - s.p), d.p, d.n);
		if (--nth == 0)
			break;
		if (at == NULL)
			return (struct bytes){ s.p, 0 };
	}
	return (struct bytes){ s.p, (size_t)((at ? at : end) - s.p) };
}

int
k_split_part(struct kernel_call *k, struct err *e)
{
	row_parts(k);
	ROWS(k, i) {
		int32_t nth = row_i32(k, 2, i);
		struct bytes s;

		if (nth == 0)
			return err_user(e, EXIT_DATA,
			    "split_part counts parts from 1 or, from the end, "
			    "from -1; got 0");
		s = field(row_bytes(k, 0, i), row_bytes(k, 1, i), nth);
		row_part(k, i, s.p, s.n);
	}
	return 0;
}
