/*
 * lines_scatter -- see lines_scatter.h.
 *
 * The loop does for each line: find its end, hash it (rowset and, when it is
 * the key, partition), find the key's column, copy.  Lines are copied 32
 * bytes at a time, beyond their end: what is behind is written next.  The
 * slots of 200 partitions are 8 KiB and stay in the first-level cache; what
 * the next line of a partition will be written to is fetched ahead of it
 * (user time -20 %), huge pages spare the TLB (-10 %).
 */
#include "store/lines_scatter.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bigmem.h"
#include "base/err.h"
#include "base/hash.h"
#include "store/lines_input.h"

#define SEGMENT_MIN ((size_t)256)

struct slot {                   /* of a partition: its open segment */
	char *at, *end;
	char *begin;
	uint32_t rows;
	int more;                       /* closed segments of this stretch */
	uint64_t rowset;
};

struct scatter {
	const struct lines_conf *conf;
	size_t first;                   /* bytes of a partition's own segment */
	char *memory;                   /* of them */
	int stretches;                  /* begun; in huge pages from the 2nd */
	struct slot *slot;
	struct segment *closed;         /* in order of closing */
	int nclosed, closed_cap;
	struct segment *list;           /* for scatter_segments */
	int list_cap;
	struct arena extra;             /* further segments */
};

/* Bytes from one own segment to the next. */
static size_t
stride(const struct scatter *s)
{
	return (BLOCK_HEAD + s->first + LINES_SLACK + 63) & ~(size_t)63;
}

static size_t
memory_size(const struct scatter *s)
{
	return (size_t)s->conf->npart * stride(s);
}

static void
slots_init(struct scatter *s)
{
	for (int i = 0; i < s->conf->npart; i++) {
		char *p = s->memory + (size_t)i * stride(s) + BLOCK_HEAD;

		s->slot[i] = (struct slot){ .begin = p, .at = p,
		    .end = p + s->first };
	}
}

struct scatter *
scatter_new(const struct lines_conf *conf, size_t stretch)
{
	struct scatter *s = xcalloc(1, sizeof *s);
	size_t np = (size_t)conf->npart, share = stretch / np;

	/* Random keys differ: more, in proportion, when lines are few. */
	share += share / 8 + (share < 4096 ? share : 4096) + SEGMENT_MIN;
	s->conf = conf;
	s->first = share < SEGMENT_MAX ? share : SEGMENT_MAX;
	s->slot = xcalloc(np, sizeof *s->slot);
	return s;
}

void
scatter_free(struct scatter *s)
{
	if (s == NULL)
		return;
	arena_release(&s->extra);
	if (s->stretches > 1)
		bigmem_free(s->memory, memory_size(s));
	else
		free(s->memory);
	free(s->slot);
	free(s->closed);
	free(s->list);
	free(s);
}

/* Few lines touch few pages: huge ones only for whose input is long. */
void
scatter_clear(struct scatter *s)
{
	if (s->stretches < 2) {
		free(s->memory);
		s->memory = s->stretches++ == 0 ? xmalloc(memory_size(s)) :
		    bigmem_alloc(memory_size(s));
	}
	slots_init(s);
	s->nclosed = 0;
	arena_reset(&s->extra);
}

static void
close_segment(struct scatter *s, uint32_t part)
{
	struct slot *t = &s->slot[part];

	if (t->at == t->begin)
		return;
	if (s->nclosed == s->closed_cap) {
		s->closed_cap = s->closed_cap ? 2 * s->closed_cap : 64;
		s->closed = xrealloc(s->closed,
		    (size_t)s->closed_cap * sizeof *s->closed);
	}
	s->closed[s->nclosed++] = (struct segment){ t->begin,
	    (size_t)(t->at - t->begin), part, t->rows };
	t->more++;
	t->rows = 0;
	t->at = t->begin;
}

/* A new open segment for a line of n bytes. */
static void
grow(struct scatter *s, uint32_t part, size_t n)
{
	struct slot *t = &s->slot[part];
	size_t size = 2 * (size_t)(t->end - t->begin);

	close_segment(s, part);
	if (size > SEGMENT_MAX)
		size = SEGMENT_MAX;
	if (size < n)
		size = n;
	t->begin = (char *)arena_raw(&s->extra, BLOCK_HEAD + size +
	    LINES_SLACK) + BLOCK_HEAD;
	t->at = t->begin;
	t->end = t->begin + size;
}

static inline void
copy_line(char *to, const char *p, size_t n)
{
	if (n > 256) {
		memcpy(to, p, n);
		return;
	}
	for (size_t i = 0; i < n; i += 32)
		memcpy(to + i, p + i, 32);
}

static uint64_t
column_hash(const char *p, size_t n, char separator, int column)
{
	const char *end = p + n, *q;

	while (column-- > 0) {
		q = memchr(p, separator, (size_t)(end - p));
		if (q == NULL)
			return hash_sum("", 0);
		p = q + 1;
	}
	q = memchr(p, separator, (size_t)(end - p));
	return hash_sum(p, (size_t)((q ? q : end) - p));
}

uint64_t
lines_hash(const struct lines_conf *c, const char *p, size_t n)
{
	uint64_t h;

	if (c->nkey == 0)
		return hash_sum(p, n);
	h = column_hash(p, n, c->separator, c->key[0]);
	for (int i = 1; i < c->nkey; i++)
		h = hash_combine(h, column_hash(p, n, c->separator,
		    c->key[i]));
	return h;
}

/* The same when the hash of the whole line is known. */
static inline uint64_t
key_hash(const struct lines_conf *c, const char *p, size_t n, uint64_t all)
{
	const char *q;

	if (c->nkey == 0)
		return all;
	if (c->nkey > 1 || c->key[0] > 0)
		return lines_hash(c, p, n);
	q = memchr(p, c->separator, n);
	return q ? hash_sum(p, (size_t)(q - p)) : all;
}

const char *
scatter_lines(struct scatter *s, const char *p, size_t size)
{
	const struct lines_conf *c = s->conf;
	const char *end = p + size;
	uint32_t np = (uint32_t)c->npart;

	while (p < end) {
		const char *q = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)(q - p);
		uint64_t all = hash_sum(p, n);
		uint32_t part = hash_part(key_hash(c, p, n, all), np);
		struct slot *t = &s->slot[part];

		if (n > c->line_max)
			return p;
		n++;
		if ((size_t)(t->end - t->at) < n)
			grow(s, part, n);
		copy_line(t->at, p, n);
		t->at += n;
		__builtin_prefetch(t->at + 64, 1);
		__builtin_prefetch(t->at + 128, 1);
		t->rows++;
		t->rowset += all;
		p = q + 1;
	}
	return NULL;
}

uint64_t
scatter_rowset(const struct scatter *s, uint32_t part)
{
	return s->slot[part].rowset;
}

int
scatter_segments(struct scatter *s, const struct segment **v)
{
	int n = 0;

	for (uint32_t i = 0; i < (uint32_t)s->conf->npart; i++)
		close_segment(s, i);
	if (s->list_cap < s->nclosed) {
		s->list_cap = s->nclosed + 64;
		s->list = xrealloc(s->list,
		    (size_t)s->list_cap * sizeof *s->list);
	}
	/* more becomes the place behind a partition's segments. */
	for (int i = 0; i < s->conf->npart; i++) {
		n += s->slot[i].more;
		s->slot[i].more = n;
	}
	for (int i = s->nclosed; i-- > 0;)
		s->list[--s->slot[s->closed[i].part].more] = s->closed[i];
	*v = s->list;
	return s->nclosed;
}
