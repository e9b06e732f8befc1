/*
 * sort_run -- see sort_run.h.
 */
#include "exec/sort_run.h"

#include <stdlib.h>

void
sort_run_init(struct sort_run *r, const struct row_order *order,
    const struct type *const *type, int ncol)
{
	memset(r, 0, sizeof *r);
	r->order = *order;
	r->ncol = ncol;
	r->nkey = order->n;
	r->col = xcalloc((size_t)(ncol + order->n) + 1, sizeof *r->col);
	for (int i = 0; i < ncol; i++)
		builder_init(&r->col[i], type[i]);
	for (int i = 0; i < order->n; i++)
		builder_init(&r->col[ncol + i], order->key[i].x->type);
}

static void
forget_order(struct sort_run *r)
{
	free(r->row);
	free(r->prefix);
	r->row = NULL;
	r->prefix = NULL;
	arena_release(&r->arena);
	r->at = 0;
}

void
sort_run_release(struct sort_run *r)
{
	for (int i = 0; r->col && i < r->ncol + r->nkey; i++)
		builder_release(&r->col[i]);
	free(r->col);
	forget_order(r);
	memset(r, 0, sizeof *r);
}

void
sort_run_clear(struct sort_run *r)
{
	for (int i = 0; i < r->ncol + r->nkey; i++) {
		const struct type *t = r->col[i].type;

		builder_release(&r->col[i]);
		builder_init(&r->col[i], t);
	}
	r->n = 0;
	forget_order(r);
}

void
sort_run_add(struct sort_run *r, const struct batch *b,
    const struct column *key)
{
	for (int i = 0; i < r->ncol; i++)
		builder_rows(&r->col[i], &b->col[i], b->pick, b->n);
	for (int i = 0; i < r->nkey; i++)
		builder_rows(&r->col[r->ncol + i], &key[i], NULL, b->n);
	r->n += b->n;
}

struct entry {
	uint64_t prefix;
	uint32_t row;
};

static void
count_digits(const struct entry *v, int64_t n, uint32_t hist[8][256])
{
	memset(hist, 0, sizeof(uint32_t) * 8 * 256);
	for (int64_t i = 0; i < n; i++)
		for (int d = 0; d < 8; d++)
			hist[d][v[i].prefix >> (8 * d) & 255]++;
}

/* Returns which of the two arrays holds the result. */
static struct entry *
radix_sort(struct entry *v, struct entry *tmp, int64_t n)
{
	uint32_t (*hist)[256] = xmalloc(sizeof(uint32_t) * 8 * 256);

	count_digits(v, n, hist);
	for (int d = 0; d < 8; d++) {
		uint32_t *h = hist[d], sum = 0;
		struct entry *swap;

		if (h[v[0].prefix >> (8 * d) & 255] == (uint32_t)n)
			continue;
		for (int k = 0; k < 256; k++) {
			uint32_t c = h[k];

			h[k] = sum;
			sum += c;
		}
		for (int64_t i = 0; i < n; i++)
			tmp[h[v[i].prefix >> (8 * d) & 255]++] = v[i];
		swap = v;
		v = tmp;
		tmp = swap;
	}
	free(hist);
	return v;
}

static int
compare(const struct sort_run *r, uint32_t a, uint32_t b)
{
	const struct column *key = r->whole + r->ncol;
	int c = row_compare(&r->order, key, a, key, b);

	return c ? c : a < b ? -1 : a > b;
}

/* Merge sort of a run of equal prefixes; stable by row number anyway. */
static void
sort_ties(const struct sort_run *r, struct entry *v, struct entry *tmp,
    int64_t n)
{
	int64_t half = n / 2, i = 0, j = half, k = 0;

	if (n < 12) {
		for (int64_t a = 1; a < n; a++) {
			struct entry x = v[a];
			int64_t b = a;

			for (; b > 0 && compare(r, v[b - 1].row, x.row) > 0; b--)
				v[b] = v[b - 1];
			v[b] = x;
		}
		return;
	}
	sort_ties(r, v, tmp, half);
	sort_ties(r, v + half, tmp, n - half);
	while (i < half && j < n)
		tmp[k++] = compare(r, v[i].row, v[j].row) <= 0 ? v[i++] :
		    v[j++];
	while (i < half)
		tmp[k++] = v[i++];
	memcpy(v, tmp, (size_t)k * sizeof *v);
}

/* Do equal prefixes mean equal keys?  One short fixed-width key. */
static bool
prefix_is_all(const struct sort_run *r)
{
	int w = type_width(r->order.key[0].x->type);

	return r->nkey == 1 && w <= 4 && w > 0 &&
	    !type_is_float(r->order.key[0].x->type);
}

static void
make_prefixes(struct sort_run *r, struct entry *v)
{
	struct arena a = { 0 };
	uint64_t out[1024];

	for (int64_t from = 0; from < r->n; from += 1024) {
		int n = r->n - from < 1024 ? (int)(r->n - from) : 1024;
		struct column key;

		builder_column(&r->col[r->ncol], from, n, &key, &a);
		row_prefix(&r->order, &key, n, out);
		for (int i = 0; i < n; i++)
			v[from + i] = (struct entry){ out[i],
			    (uint32_t)(from + i) };
	}
	arena_release(&a);
}

void
sort_run_sort(struct sort_run *r)
{
	size_t size = ((size_t)r->n + 1) * sizeof(struct entry);
	struct entry *v = xmalloc(size), *tmp = xmalloc(size), *s;

	r->at = 0;
	r->whole = NEW_N(&r->arena, struct column, r->ncol + r->nkey + 1);
	for (int i = 0; i < r->ncol + r->nkey; i++)
		builder_column(&r->col[i], 0, r->n, &r->whole[i], &r->arena);
	make_prefixes(r, v);
	s = r->n ? radix_sort(v, tmp, r->n) : v;
	for (int64_t i = 0, j; i < r->n && !prefix_is_all(r); i = j) {
		for (j = i + 1; j < r->n && s[j].prefix == s[i].prefix; j++)
			;
		if (j - i > 1)
			sort_ties(r, s + i, (s == v ? tmp : v), j - i);
	}
	r->row = xmalloc(((size_t)r->n + 1) * sizeof *r->row);
	r->prefix = NULL;
	for (int64_t i = 0; i < r->n; i++)
		r->row[i] = s[i].row;
	free(v);
	free(tmp);
}

int
sort_run_next(struct sort_run *r, struct batch *b, struct column *key,
    struct column *col, struct arena *a)
{
	int64_t left = r->n - r->at;
	int n = left < BATCH_ROWS ? (int)left : BATCH_ROWS;
	const int32_t *pick = (const int32_t *)r->row + r->at;

	if (n == 0)
		return 0;
	for (int i = 0; i < r->ncol; i++) {
		col_gather(&col[i], &r->whole[i], pick, n, a);
	}
	for (int i = 0; key && i < r->nkey; i++)
		col_gather(&key[i], &r->whole[r->ncol + i], pick, n, a);
	*b = (struct batch){ .col = col, .ncol = r->ncol, .nrow = n, .n = n };
	r->at += n;
	return 1;
}

int64_t
sort_run_bytes(const struct sort_run *r)
{
	int64_t n = r->n * (int64_t)(2 * sizeof(struct entry));

	for (int i = 0; i < r->ncol + r->nkey; i++)
		n += builder_held(&r->col[i]);
	return n;
}
