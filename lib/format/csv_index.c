/*
 * csv_index -- where the fields of CSV records end.
 *
 * Bit masks of separators, line ends and quotes are made 64 bytes at a time
 * (format/bytemask.h); the exclusive-or prefix of the quotes tells what is
 * inside of them.  Then the positions of the one bits are written out, eight
 * at a time without branches.
 *
 * A quote opens a field only right after a separator or a line end (or after
 * a closing quote: a doubled one); others, as in 5" nail, are plain bytes.
 * Words in which one of those occurs are looked at quote by quote.
 *
 * Measured: 3.5 GB/s a core without quotes, 2.5 GB/s with them.
 */
#include "format/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define CHUNK 32        /* words a call of the kernel */

enum { CSV_FLATTEN_PLAIN, CSV_FLATTEN_POPCNT };

void
csv_index_init(struct csv_index *x, const struct csv_dialect *d)
{
	memset(x, 0, sizeof *x);
	x->d = d;
	x->masks = bytemask_best();
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi"))
		x->level = CSV_FLATTEN_POPCNT;
#endif
}

void
csv_index_release(struct csv_index *x)
{
	free(x->end);
	x->end = NULL;
	x->cap = 0;
}

static void
end_room(struct csv_index *x, size_t n)
{
	if (x->cap - x->nend >= n)
		return;
	x->cap = x->cap ? 2 * x->cap : 1 << 16;
	while (x->cap - x->nend < n)
		x->cap *= 2;
	x->end = xrealloc(x->end, x->cap * sizeof *x->end);
}

/* Quote by quote: which of them open or close.  Returns the inside mask;
 * structure has the separators and line ends, before: one precedes bit 0. */
static uint64_t
sort_quotes(uint64_t quotes, uint64_t structure, bool before,
    struct csv_quotes *s)
{
	uint64_t toggles = 0, inside;
	bool in = s->inside != 0;
	int closed = s->closed ? -1 : -2;

	for (; quotes; quotes &= quotes - 1) {
		int i = __builtin_ctzll(quotes);
		bool after = i == 0 ? before : structure >> (i - 1) & 1;

		if (in)
			closed = i;
		else if (!after && closed != i - 1)
			continue;
		toggles |= (uint64_t)1 << i;
		in = !in;
	}
	inside = prefix_xor(toggles) ^ s->inside;
	s->inside = in ? ~(uint64_t)0 : 0;
	s->closed = closed == 63 && !in;
	return inside;
}

/* The inside mask of a word that has quotes or begins inside of some. */
static inline uint64_t
inside_mask(const struct bytemask *m, uint64_t structure, bool before,
    struct csv_quotes *s)
{
	uint64_t q = m->m[3], inside = m->inside ^ s->inside;
	uint64_t ok = (structure | q) << 1 | (before | s->closed);

	if (__builtin_expect((q & inside & ~ok) != 0, 0))
		return sort_quotes(q, structure, before, s);
	s->inside = (uint64_t)((int64_t)inside >> 63);
	s->closed = (q & ~inside) >> 63;
	return inside;
}

/* Line ends: \n, and \r that no \n follows. */
static inline uint64_t
line_ends(const struct bytemask *m, const char *next)
{
	uint64_t lf = m->m[1], cr = m->m[2];

	if (__builtin_expect(cr != 0, 0))
		lf |= cr & ~(lf >> 1 | (uint64_t)(*next == '\n') << 63);
	return lf;
}

/* Where the walk over words stands. */
struct place {
	size_t start;           /* of the row begun */
	size_t first;           /* its first field's number */
};

static void
row_add(struct csv_index *x, struct place *at, const char *p, size_t pos,
    size_t rank)
{
	size_t len = pos - at->start;

	if (len > 1 || (len == 1 && p[at->start] != '\r')) {
		x->start[x->nrow] = (uint32_t)at->start;
		x->first[x->nrow] = (uint32_t)at->first;
		x->last[x->nrow++] = (uint32_t)rank;
	}
	at->first = rank + 1;
	at->start = pos + 1;
}

/* Writes out the bits of all (ends) and of lines (among them). */
static inline __attribute__((always_inline)) void
flatten(struct csv_index *x, struct place *at, const char *p, size_t base,
    uint64_t all, uint64_t lines)
{
	const uint64_t top = (uint64_t)1 << 63;
	uint32_t *to = x->end + x->nend, b = (uint32_t)base;
	int n = __builtin_popcountll(all);
	uint64_t rest = all;

	for (int k = 0; k < n; k += 8)
		for (int i = 0; i < 8; i++) {
			to[k + i] = b + (uint32_t)__builtin_ctzll(rest | top);
			rest &= rest - 1;
		}
	for (; lines; lines &= lines - 1) {
		int i = __builtin_ctzll(lines);
		uint64_t below = ((uint64_t)1 << i) - 1;

		row_add(x, at, p, base + (size_t)i, x->nend +
		    (size_t)__builtin_popcountll(all & below));
	}
	x->nend += (size_t)n;
}

/* The words of one chunk; stops when there are rows enough. */
static inline __attribute__((always_inline)) size_t
index_words(struct csv_index *x, struct place *at, const char *p,
    size_t from, size_t to, struct csv_quotes *s, const struct bytemask *m)
{
	for (; from < to && x->nrow < BATCH_ROWS; from += 64, m++) {
		uint64_t lines = line_ends(m, p + from + 64);
		uint64_t all = m->m[0] | lines, keep = ~(uint64_t)0;

		if (__builtin_expect(to - from < 64, 0))
			keep >>= 64 - (to - from);
		x->cr |= (m->m[2] & keep) != 0;
		x->high |= (m->high & keep) != 0;
		if (m->m[3] || s->inside) {
			char c = from ? p[from - 1] : '\n';
			bool before = from == at->start || c == '\n' ||
			    c == '\r' || c == *x->d->sep;
			uint64_t in = inside_mask(m, all, before, s);

			x->quotes = true;
			all &= ~in;
			lines &= ~in;
		} else {
			s->closed = false;
		}
		flatten(x, at, p, from, all & keep, lines & keep);
	}
	return from;
}

#if defined(__x86_64__)
__attribute__((target("popcnt,bmi"))) static size_t
index_words_popcnt(struct csv_index *x, struct place *at, const char *p,
    size_t from, size_t to, struct csv_quotes *s, const struct bytemask *m)
{
	return index_words(x, at, p, from, to, s, m);
}
#else
#define index_words_popcnt index_words_plain
#endif

static size_t
index_words_plain(struct csv_index *x, struct place *at, const char *p,
    size_t from, size_t to, struct csv_quotes *s, const struct bytemask *m)
{
	return index_words(x, at, p, from, to, s, m);
}

/* Rows beyond BATCH_ROWS wait for the next call; \r before \n goes. */
static void
index_finish(struct csv_index *x, const struct place *at, const char *p)
{
	x->next = at->start;
	if (x->nrow > BATCH_ROWS) {
		x->nrow = BATCH_ROWS;
		x->next = x->start[BATCH_ROWS];
	}
	if (!x->cr)
		return;
	for (int r = 0; r < x->nrow; r++) {
		uint32_t *end = &x->end[x->last[r]];

		if (*end > x->start[r] && p[*end] == '\n' &&
		    p[*end - 1] == '\r' &&
		    (x->last[r] == x->first[r] || end[-1] < *end - 1))
			--*end;
	}
}

void
csv_index(struct csv_index *x, const char *p, size_t from, size_t to,
    bool last)
{
	char byte[4] = { *x->d->sep, '\n', '\r',
	    x->d->quote ? x->d->quote : '\\' };
	struct csv_quotes s = { 0, false };
	struct place at = { from, 0 };
	struct bytemask m[CHUNK];

	x->nrow = 0;
	x->nend = 0;
	x->quotes = x->cr = x->high = x->open = false;
	if (!last && to > from && p[to - 1] == '\r')
		to--;                   /* half of \r\n? */
	while (from < to && x->nrow < BATCH_ROWS) {
		size_t nword = (to - from + 63) / 64;

		nword = nword < CHUNK ? nword : CHUNK;
		x->masks(p + from, nword, byte, m);
		for (size_t i = 0; x->d->quote == '\0' && i < nword; i++) {
			x->quotes |= x->d->backslash && m[i].m[3];
			m[i].m[3] = 0;
		}
		if (to - from < 64 * nword && m[nword - 1].m[3]) {
			m[nword - 1].m[3] &= ~(uint64_t)0 >>
			    (64 * nword - (to - from));
			m[nword - 1].inside = prefix_xor(m[nword - 1].m[3]);
		}
		end_room(x, 64 * nword + 64);
		from = (x->level == CSV_FLATTEN_POPCNT ? index_words_popcnt :
		    index_words_plain)(x, &at, p, from,
		    from + 64 * nword < to ? from + 64 * nword : to, &s, m);
	}
	if (last && x->nrow < BATCH_ROWS && from >= to && at.start < to) {
		x->open = s.inside != 0;
		end_room(x, 64);
		x->end[x->nend] = (uint32_t)to;
		row_add(x, &at, p, to, x->nend++);
		at.start = to;
	}
	index_finish(x, &at, p);
}

/* May a quote at p[from] open a field? */
static bool
opens_after(const struct csv_index *x, const char *p, size_t from)
{
	char c = from ? p[from - 1] : '\n';

	return c == '\n' || c == '\r' || c == *x->d->sep ||
	    (from == 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0);
}

size_t
csv_walk(const struct csv_index *x, const char *p, size_t from, size_t to,
    struct csv_quotes *s, size_t line)
{
	char byte[4] = { *x->d->sep, '\n', '\r', x->d->quote };
	struct bytemask m;

	for (; from < to; from += 64) {
		uint64_t keep = ~(uint64_t)0, lines, in = 0;

		x->masks(p + from, 1, byte, &m);
		if (x->d->quote == '\0')
			m.m[3] = 0;
		if (to - from < 64) {
			keep >>= 64 - (to - from);
			m.m[3] &= keep;
			m.inside = prefix_xor(m.m[3]);
		}
		lines = line_ends(&m, p + from + 64);
		if (m.m[3] || s->inside) {
			in = inside_mask(&m, m.m[0] | lines,
			    opens_after(x, p, from), s);
			if (to - from < 64)
				s->closed = m.m[3] & ~in &
				    (uint64_t)1 << (to - from - 1);
		} else {
			s->closed = false;
		}
		lines &= ~in & keep;
		if (line > from)
			lines = line - from < 64 ?
			    lines & ~(uint64_t)0 << (line - from) : 0;
		if (lines) {
			*s = (struct csv_quotes){ 0, false };
			return from + (size_t)__builtin_ctzll(lines) + 1;
		}
	}
	return to + 1;
}
