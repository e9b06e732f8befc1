/*
 * key_sort -- see key_sort.h.
 *
 * Rows that differ late, like strings with long common beginnings, need many
 * levels; past LEVELS_MAX groups within groups the rest is a merge sort that
 * compares whole rows, so that the stack stays small.
 */
#include "exec/key_sort.h"

#include <stdlib.h>

#include "base/arena.h"

#define FEW 24          /* entries that are sorted by insertion */
#define FEW_ROWS 6      /* the same when rows must be compared */
#define LEVELS_MAX 200
#define SPARE_BITS 6    /* looked at beyond those that n numbers need */

struct sorting {
	const struct row_order *order;
	const struct column *key;
};

static void
insertion(struct key_entry *v, int64_t n)
{
	for (int64_t i = 1; i < n; i++) {
		struct key_entry x = v[i];
		int64_t j = i;

		for (; j > 0 && v[j - 1].prefix > x.prefix; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

/* The bits in which the prefixes differ; 0 also when they are in order. */
static uint64_t
differing(const struct key_entry *v, int64_t n)
{
	uint64_t bits = 0;
	bool ordered = true;

	for (int64_t i = 1; i < n; i++) {
		bits |= v[i].prefix ^ v[i - 1].prefix;
		ordered &= v[i].prefix >= v[i - 1].prefix;
	}
	return ordered ? 0 : bits;
}

/* One stable pass by eight bits; false when they are the same everywhere. */
static bool
pass(const struct key_entry *v, struct key_entry *to, int64_t n,
    uint32_t *count, int shift)
{
	uint32_t sum = 0;

	if (count[v[0].prefix >> shift & 255] == (uint32_t)n)
		return false;
	for (int k = 0; k < 256; k++) {
		uint32_t c = count[k];

		count[k] = sum;
		sum += c;
	}
	for (int64_t i = 0; i < n; i++)
		to[count[v[i].prefix >> shift & 255]++] = v[i];
	return true;
}

/* By bits [low, low + 8 * npass). */
static struct key_entry *
passes(struct key_entry *v, struct key_entry *tmp, int64_t n, int low,
    int npass)
{
	uint32_t count[8][256];

	memset(count, 0, sizeof *count * (size_t)npass);
	for (int64_t i = 0; i < n; i++)
		for (int p = 0; p < npass; p++)
			count[p][v[i].prefix >> (low + 8 * p) & 255]++;
	for (int p = 0; p < npass; p++)
		if (pass(v, tmp, n, count[p], low + 8 * p)) {
			struct key_entry *swap = v;

			v = tmp;
			tmp = swap;
		}
	return v;
}

static struct key_entry *by_prefix(struct key_entry *v,
    struct key_entry *tmp, int64_t n);

/* Sorts groups that are equal above the bit low. */
static void
finish_groups(struct key_entry *v, struct key_entry *tmp, int64_t n, int low)
{
	for (int64_t i = 0, j; i < n; i = j) {
		uint64_t top = v[i].prefix >> low;

		for (j = i + 1; j < n && v[j].prefix >> low == top; j++)
			;
		if (j - i <= FEW)
			insertion(v + i, j - i);
		else if (by_prefix(v + i, tmp + i, j - i) != v + i)
			memcpy(v + i, tmp + i, sizeof *v * (size_t)(j - i));
	}
}

static struct key_entry *
by_prefix(struct key_entry *v, struct key_entry *tmp, int64_t n)
{
	int want = 64 - __builtin_clzll((uint64_t)n | 1) + SPARE_BITS;
	int high, low, npass = (want + 7) / 8;
	struct key_entry *s;
	uint64_t bits;

	if (n <= FEW) {
		insertion(v, n);
		return v;
	}
	bits = differing(v, n);
	if (bits == 0)
		return v;
	high = 64 - __builtin_clzll(bits);
	if (8 * npass > high)
		npass = (high + 7) / 8;
	low = high > 8 * npass ? high - 8 * npass : 0;
	s = passes(v, tmp, n, low, npass);
	if (low > 0)
		finish_groups(s, s == v ? tmp : v, n, low);
	return s;
}

static int
compare(const struct sorting *s, uint32_t a, uint32_t b)
{
	return row_compare(s->order, s->key, a, s->key, b);
}

/* Whole rows: insertion, merge sort.  Stable. */
static void
by_rows(const struct sorting *s, struct key_entry *v, struct key_entry *tmp,
    int64_t n)
{
	int64_t half = n / 2, i = 0, j = half, k = 0;

	if (n <= FEW_ROWS) {
		for (int64_t a = 1; a < n; a++) {
			struct key_entry x = v[a];
			int64_t b = a;

			for (; b > 0 && compare(s, v[b - 1].row, x.row) > 0;
			    b--)
				v[b] = v[b - 1];
			v[b] = x;
		}
		return;
	}
	by_rows(s, v, tmp, half);
	by_rows(s, v + half, tmp, n - half);
	if (compare(s, v[half - 1].row, v[half].row) <= 0)
		return;
	while (i < half && j < n)
		tmp[k++] = compare(s, v[i].row, v[j].row) <= 0 ? v[i++] :
		    v[j++];
	while (i < half)
		tmp[k++] = v[i++];
	memcpy(v, tmp, (size_t)k * sizeof *v);
}

/* Lengths of the strings that the level is about. */
static void
lengths(const struct column *c, const struct key_entry *v, int64_t n,
    uint32_t *least, uint32_t *most)
{
	const struct sview *s = c->data;

	*least = UINT32_MAX;
	*most = 0;
	if (!type_is_bytes(c->type) || col_null(c, v[0].row))
		return;
	for (int64_t i = 0; i < n; i++) {
		uint32_t len = s[col_at(c, v[i].row)].len;

		*least = len < *least ? len : *least;
		*most = len > *most ? len : *most;
	}
}

static void refine(const struct sorting *s, struct key_entry *v,
    struct key_entry *tmp, int64_t n, struct row_level l, int nested);

/* Refines the groups of equal prefixes of sorted v, which keeps them. */
static void
refine_groups(const struct sorting *s, struct key_entry *v,
    struct key_entry *tmp, int64_t n, struct row_level l, int nested)
{
	for (int64_t i = 0, j; i < n; i = j) {
		uint64_t prefix = v[i].prefix;

		for (j = i + 1; j < n && v[j].prefix == prefix; j++)
			;
		if (j - i == 1)
			continue;
		refine(s, v + i, tmp + i, j - i, l, nested);
		for (int64_t k = i; k < j; k++)
			v[k].prefix = prefix;
	}
}

/* Entries that are equal up to level l are put in order by what follows. */
static void
refine(const struct sorting *s, struct key_entry *v, struct key_entry *tmp,
    int64_t n, struct row_level l, int nested)
{
	for (;;) {
		uint32_t least, most;
		int r;

		lengths(&s->key[l.key], v, n, &least, &most);
		r = row_level_next(s->order, s->key, &l, v[0].row, least,
		    most);
		if (r == 0)
			return;
		if (r < 0 || n <= FEW_ROWS || nested > LEVELS_MAX) {
			by_rows(s, v, tmp, n);
			return;
		}
		for (int64_t i = 0; i < n; i++)
			v[i].prefix = row_prefix_at(s->order, s->key, l,
			    v[i].row);
		if (by_prefix(v, tmp, n) != v)
			memcpy(v, tmp, sizeof *v * (size_t)n);
		if (v[0].prefix != v[n - 1].prefix)
			break;
	}
	refine_groups(s, v, tmp, n, l, nested + 1);
}

struct key_entry *
key_sort(const struct row_order *o, const struct column *key,
    struct key_entry *v, struct key_entry *tmp, int64_t n)
{
	struct sorting s = { o, key };
	struct row_level first = { 0, 0 };
	struct key_entry *r;

	if (n == 0)
		return v;
	r = by_prefix(v, tmp, n);
	refine_groups(&s, r, r == v ? tmp : v, n, first, 0);
	return r;
}
