/*
 * fn_string_find -- functions that look for a string in another or compare
 * two: the answer is a number or a truth.  Positions count code points.
 */
#include "expr/fn_string.h"

#include "base/utf8.h"
#include "expr/needle.h"

int
k_contains(struct kernel_call *k, struct err *e)
{
	uint8_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i), p = row_bytes(k, 1, i);

		o[i] = needle_find(s.p, s.n, p.p, p.n) != NULL;
	}
	return 0;
}

int
k_startswith(struct kernel_call *k, struct err *e)
{
	uint8_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i), p = row_bytes(k, 1, i);

		o[i] = p.n <= s.n && memcmp(s.p, p.p, p.n) == 0;
	}
	return 0;
}

int
k_endswith(struct kernel_call *k, struct err *e)
{
	uint8_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i), p = row_bytes(k, 1, i);

		o[i] = p.n <= s.n &&
		    memcmp(s.p + s.n - p.n, p.p, p.n) == 0;
	}
	return 0;
}

/* Position from 1 of what in s, looking from position from on; 0: none. */
static int32_t
place(struct bytes what, struct bytes s, int32_t from)
{
	const char *at;
	size_t skip;

	if (from < 1)
		return 0;
	if (what.n == 0)
		return 1;
	skip = from == 1 ? 0 : utf8_offset(s.p, s.n, (size_t)from - 1);
	at = needle_find(s.p + skip, s.n - skip, what.p, what.n);
	return at ? (int32_t)utf8_count(s.p, (size_t)(at - s.p)) + 1 : 0;
}

int
k_locate(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i)
		o[i] = place(row_bytes(k, 0, i), row_bytes(k, 1, i),
		    k->narg > 2 ? row_i32(k, 2, i) : 1);
	return 0;
}

int
k_instr(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i)
		o[i] = place(row_bytes(k, 1, i), row_bytes(k, 0, i), 1);
	return 0;
}

int
k_find_in_set(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes what = row_bytes(k, 0, i), s = row_bytes(k, 1, i);
		const char *end = s.p + s.n, *comma;
		int32_t nth = 1;

		o[i] = 0;
		if (memchr(what.p, ',', what.n))
			continue;
		for (;; nth++, s.p = comma + 1) {
			comma = memchr(s.p, ',', (size_t)(end - s.p));
			s.n = (size_t)((comma ? comma : end) - s.p);
			if (s.n == what.n && memcmp(s.p, what.p, s.n) == 0) {
				o[i] = nth;
				break;
			}
			if (comma == NULL)
				break;
		}
	}
	return 0;
}

/* Code points of s; bytes that are no UTF-8 stand for themselves. */
static int
points(struct arena *a, struct bytes s, uint32_t **out)
{
	uint32_t *to = arena_raw(a, (s.n + 1) * sizeof *to);
	int m = 0;

	for (size_t j = 0; j < s.n; m++) {
		int n = utf8_decode(s.p + j, s.n - j, &to[m]);

		if (n == 0) {
			to[m] = (unsigned char)s.p[j];
			n = 1;
		}
		j += (size_t)n;
	}
	*out = to;
	return m;
}

static int
distance(struct arena *a, struct bytes x, struct bytes y)
{
	uint32_t *p, *q;
	int np = points(a, x, &p), nq = points(a, y, &q);
	int *row = arena_raw(a, (size_t)(nq + 1) * sizeof *row);

	for (int j = 0; j <= nq; j++)
		row[j] = j;
	for (int i = 1; i <= np; i++) {
		int diag = row[0];

		row[0] = i;
		for (int j = 1; j <= nq; j++) {
			int up = row[j], best = diag + (p[i - 1] != q[j - 1]);

			best = up + 1 < best ? up + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			row[j] = best;
			diag = up;
		}
	}
	return row[nq];
}

int
k_levenshtein(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;
	struct arena work;

	(void)e;
	arena_init(&work);
	ROWS(k, i) {
		o[i] = distance(&work, row_bytes(k, 0, i), row_bytes(k, 1, i));
		if (k->narg > 2 && o[i] > row_i32(k, 2, i))
			o[i] = -1;
		arena_reset(&work);
	}
	arena_release(&work);
	return 0;
}

/* American soundex as Hive and Spark do it: h and w do not separate equal
 * codes, vowels do. */
int
k_soundex(struct kernel_call *k, struct err *e)
{
	static const char code[] = "01230127022455012623017202";

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		char to[4] = { 0, '0', '0', '0' }, last;
		int m = 1;

		if (s.n == 0 || (s.p[0] & ~0x20) < 'A' ||
		    (s.p[0] & ~0x20) > 'Z') {
			row_part(k, i, s.p, s.n);
			continue;
		}
		to[0] = (char)(s.p[0] & ~0x20);
		last = code[to[0] - 'A'];
		for (size_t j = 1; j < s.n && m < 4; j++) {
			int c = s.p[j] & ~0x20;
			char now;

			if (c < 'A' || c > 'Z') {
				last = '0';
				continue;
			}
			now = code[c - 'A'];
			if (now >= '1' && now <= '6') {
				if (now != last)
					to[m++] = now;
				last = now;
			} else if (now == '0') {
				last = now;
			}
		}
		kernel_bytes(k, i, to, 4);
	}
	return 0;
}

int
k_luhn_check(struct kernel_call *k, struct err *e)
{
	uint8_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		int sum = 0;
		bool digits = s.n > 0;

		for (size_t j = 0; j < s.n && digits; j++) {
			int d = s.p[s.n - 1 - j] - '0';

			digits = d >= 0 && d <= 9;
			if (j & 1)
				d = d > 4 ? 2 * d - 9 : 2 * d;
			sum += d;
		}
		o[i] = digits && sum % 10 == 0;
	}
	return 0;
}
