/*
 * build_table -- the directory of a build: linking rows, finding partners.
 *
 * Probing goes through a whole batch step by step, so that many cache misses
 * are under way at once: hashes, then slots (most rows without a partner end
 * here, at the slot's filter), then the rows behind them, then, for the few
 * that met another key first, the next rows of their chains.
 */
#include "exec/build.h"

#include <stdlib.h>

#include "base/bigmem.h"
#include "base/hash.h"

#define MORE            ((uint64_t)1 << 63)
#define SLOT_ROW(s)     ((s) & 0xffffffffu)
#define TAG(h)          ((uint64_t)1 << (32 + ((h) >> 32 & 31) % 31))
#define DENSE_FACTOR    3       /* entries a row, at most, of a dense array */
#define AHEAD           32      /* rows whose slots are fetched together */
#define CACHED          (1 << 14)       /* slots that need no prefetch */

static uint64_t
slot_of(const struct build *b, uint64_t h)
{
	return (uint64_t)(uint32_t)h * b->nslot >> 32;
}

static uint64_t
row_value(const struct build *b, const char *row)
{
	uint64_t v = 0;

	row += b->key_at;
	if (b->key_width == 8)
		memcpy(&v, row, 8);
	else if (b->key_width == 4)
		memcpy(&v, row, 4);
	else
		memcpy(&v, row, (size_t)b->key_width);
	return v;
}

static uint64_t
row_hash(const struct build *b, const char *row)
{
	uint64_t h;

	if (b->simple)
		return hash_u64(row_value(b, row));
	memcpy(&h, row + b->hash_at, 8);
	return h;
}

void
build_view(struct build *b)
{
	for (int c = 0; c < b->ncol + b->nkey; c++)
		if (b->side[c].type)
			builder_column(&b->side[c], 0, b->side[c].n,
			    &b->side_view[c], &b->arena);
}

void
build_begin_link(struct build *b)
{
	const struct key_range *r = &b->range;
	uint64_t span = (uint64_t)r->max - (uint64_t)r->min;

	build_view(b);
	if (b->nkey == 0)
		return;
	b->form = BUILD_SLOTS;
	if (b->whole_numbers && r->any && r->min <= r->max &&
	    span <= (uint64_t)b->n * DENSE_FACTOR + 1024)
		b->form = r->run ? BUILD_IDENTITY : BUILD_DENSE;
	if (b->form == BUILD_IDENTITY)
		return;
	b->next = bigmem_alloc(((size_t)b->n + 1) * sizeof *b->next);
	if (b->form == BUILD_DENSE) {
		b->nslot = span + 1;
		b->dense = bigmem_alloc(b->nslot * sizeof *b->dense);
		return;
	}
	b->nslot = (uint64_t)b->n + (uint64_t)b->n / 4 + 16;
	b->slot = bigmem_alloc(b->nslot * sizeof *b->slot);
}

/* Is there a row with this key in the chain?  Equal hashes will do for keys
 * that are not simple: the answer is only a hint. */
static bool
in_chain(const struct build *b, uint64_t row, const char *new)
{
	uint64_t v = b->simple ? row_value(b, new) : row_hash(b, new);

	for (; row; row = b->next[row - 1]) {
		const char *p = build_row(b, (int64_t)row - 1);

		if ((b->simple ? row_value(b, p) : row_hash(b, p)) == v)
			return true;
	}
	return false;
}

static void
set_repeated(struct build *b)
{
	atomic_store_explicit(&b->repeated, true, memory_order_relaxed);
}

static bool
is_repeated(const struct build *b)
{
	return atomic_load_explicit(&((struct build *)(uintptr_t)b)->repeated,
	    memory_order_relaxed);
}

/* Puts rows at the heads of their chains: row[i] with hash or index h[i]. */
static void
insert(struct build *b, const uint64_t *h, const int64_t *row, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t *s = &b->slot[slot_of(b, h[i])], old = *s;
		uint64_t tag = TAG(h[i]);

		if (old & tag && !is_repeated(b) &&
		    in_chain(b, SLOT_ROW(old), build_row(b, row[i])))
			set_repeated(b);
		if (old) {
			b->next[row[i]] = (uint32_t)SLOT_ROW(old);
			tag |= MORE | (old & ~(uint64_t)0xffffffffu);
		}
		*s = tag | (uint64_t)(row[i] + 1);
	}
}

static void
insert_dense(struct build *b, const uint64_t *at, const int64_t *row, int n)
{
	for (int i = 0; i < n; i++) {
		uint32_t *s = &b->dense[at[i]];

		if (*s) {
			b->next[row[i]] = *s;
			set_repeated(b);
		}
		*s = (uint32_t)row[i] + 1;
	}
}

void
build_link(struct build *b, int region, int n)
{
	uint64_t lo, hi, at[AHEAD];
	int64_t row[AHEAD];
	bool dense = b->form == BUILD_DENSE;
	int m = 0;

	if (b->nkey == 0 || b->form == BUILD_IDENTITY)
		return;
	lo = b->nslot * (uint64_t)region / (uint64_t)n;
	hi = b->nslot * (uint64_t)(region + 1) / (uint64_t)n;
	/* Backwards, so that chains are in row order. */
	for (int64_t r = b->n - 1; r >= 0; r--) {
		const char *p = build_row(b, r);
		uint64_t h, s;

		if (b->no_key && bit_get(b->no_key, r))
			continue;
		h = dense ? (uint64_t)build_whole(b, row_value(b, p)) -
		    (uint64_t)b->range.min : row_hash(b, p);
		s = dense ? h : slot_of(b, h);
		if (s < lo || s >= hi)
			continue;
		if (dense)
			__builtin_prefetch(&b->dense[s], 1);
		else
			__builtin_prefetch(&b->slot[s], 1);
		at[m] = h;
		row[m++] = r;
		if (m == AHEAD) {
			(dense ? insert_dense : insert)(b, at, row, m);
			m = 0;
		}
	}
	(dense ? insert_dense : insert)(b, at, row, m);
}

static bool
same_key(const struct build *b, const struct column *key, int i, int64_t row,
    const char *p)
{
	for (int k = 0; k < b->nkey; k++) {
		const struct column *c = &key[k];
		const char *have = p + b->at[b->ncol + k];
		struct column stored = { .type = c->type,
		    .data = (void *)(uintptr_t)have };
		int64_t at = col_at(c, i);
		int w = type_width(c->type);

		if (type_is_nested(c->type)) {
			if (col_compare(&b->side_view[b->ncol + k], row, c, i))
				return false;
		} else if (type_is_bytes(c->type)) {
			struct sview v;

			memcpy(&v, have, sizeof v);
			if (!sview_equal((const struct sview *)c->data + at,
			    &v))
				return false;
		} else if (type_is_float(c->type)) {
			union { double d; char c[8]; } v;

			memcpy(&v, have, (size_t)w);
			stored.data = &v;
			if (col_compare(c, i, &stored, 0))
				return false;
		} else if (memcmp(have, (const char *)c->data + at * w,
		    (size_t)w)) {
			return false;
		}
	}
	return true;
}

/* Is row (from 0) a partner of probe row i? */
static inline bool
partner(const struct build *b, const struct probe_keys *p, int i, int64_t row)
{
	const char *r = build_row(b, row);
	uint64_t v;

	if (b->simple)
		return row_value(b, r) == p->value[i];
	memcpy(&v, r + b->hash_at, 8);
	return v == p->hash[i] && same_key(b, p->key, i, row, r);
}

/* Chain by chain is slow, step by step is not: active[0..n) are probe rows
 * whose first[] is not yet known to be a partner. */
static void
follow(const struct build *b, struct probe_keys *p, int n, bool more)
{
	while (n) {
		int left = 0;

		for (int k = 0; k < n; k++) {
			uint32_t i = p->active[k], row = p->first[i];

			if (partner(b, p, (int)i, (int64_t)row - 1))
				continue;
			row = more ? b->next[row - 1] : 0;
			p->first[i] = row;
			if (row == 0)
				continue;
			__builtin_prefetch(build_row(b, (int64_t)row - 1));
			p->active[left++] = i;
		}
		n = left;
	}
}

static void
probe_slots(const struct build *b, struct probe_keys *p, int n)
{
	int m = 0;

	if (b->simple)
		for (int i = 0; i < n; i++)
			p->hash[i] = hash_u64(p->value[i]);
	for (int i = 0; b->nslot > CACHED && i < n; i++)
		__builtin_prefetch(&b->slot[slot_of(b, p->hash[i])]);
	for (int i = 0; i < n; i++) {
		uint64_t h = p->hash[i], s = b->slot[slot_of(b, h)];

		p->first[i] = 0;
		if (!(s & TAG(h)))
			continue;
		p->first[i] = (uint32_t)SLOT_ROW(s);
		p->active[m++] = (uint32_t)i;
	}
	for (int k = 0; b->nslot > CACHED && k < m; k++)
		__builtin_prefetch(build_row(b,
		    (int64_t)p->first[p->active[k]] - 1));
	follow(b, p, m, true);
}

static void
probe_numbers(const struct build *b, struct probe_keys *p, int n)
{
	uint64_t min = (uint64_t)b->range.min;
	uint64_t span = (uint64_t)b->range.max - min;
	bool dense = b->form == BUILD_DENSE;

	for (int i = 0; i < n; i++)
		p->hash[i] = (uint64_t)build_whole(b, p->value[i]) - min;
	if (!dense) {
		for (int i = 0; i < n; i++)
			p->first[i] = p->hash[i] <= span ?
			    (uint32_t)p->hash[i] + 1 : 0;
		return;
	}
	for (int i = 0; span > CACHED && i < n; i++)
		if (p->hash[i] <= span)
			__builtin_prefetch(&b->dense[p->hash[i]]);
	for (int i = 0; i < n; i++)
		p->first[i] = p->hash[i] <= span ? b->dense[p->hash[i]] : 0;
}

int
build_probe(const struct build *b, struct probe_keys *p, int n, int32_t *at,
    int32_t *row)
{
	int m = 0;

	if (b->n == 0)
		return 0;
	if (b->simple)
		build_simple_values(&p->key[0], n, p->value);
	if (b->form == BUILD_SLOTS)
		probe_slots(b, p, n);
	else
		probe_numbers(b, p, n);
	for (int k = 0; k < b->nkey; k++)
		for (int i = 0; p->key[k].valid && i < n; i++)
			if (col_null(&p->key[k], i))
				p->first[i] = 0;
	for (int i = 0; i < n; i++) {
		at[m] = i;
		row[m] = (int32_t)p->first[i] - 1;
		m += p->first[i] != 0;
	}
	for (int k = 0; b->n > CACHED && k < m; k++)
		__builtin_prefetch(build_row(b, row[k]));
	return m;
}

bool
build_is_partner(const struct build *b, const struct probe_keys *p, int i,
    int64_t row)
{
	return b->form != BUILD_SLOTS || partner(b, p, i, row);
}

int64_t
build_next(const struct build *b, const struct probe_keys *p, int i,
    int64_t row)
{
	if (b->next == NULL)
		return -1;
	do {
		row = (int64_t)b->next[row] - 1;
	} while (row >= 0 && b->form == BUILD_SLOTS && !partner(b, p, i, row));
	return row;
}
