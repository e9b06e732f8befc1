/*
 * sim_world -- chance, time and the heap of what will happen.
 */
#include "sim_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15u + b + 0x2545f4914f6cdd1du;

	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint32_t
draw(struct world *w, uint32_t n)
{
	w->rng = w->rng * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((w->rng >> 33) % n);
}

bool
chance(struct world *w, int percent)
{
	return (int)draw(w, 1000) < percent * 10;
}

void
wrong(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->wrong[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->wrong, sizeof w->wrong, fmt, ap);
	va_end(ap);
}

static bool
sooner(const struct happen *a, const struct happen *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

/* The returned place is valid until the next call; at and what are set. */
struct happen *
happen_later(struct world *w, int64_t at, enum what what)
{
	struct happen h = { .at = at, .seq = w->seq++, .what = what };
	int i;

	if (w->nheap == w->heap_cap) {
		w->heap_cap = w->heap_cap ? 2 * w->heap_cap : 256;
		w->heap = xrealloc(w->heap,
		    (size_t)w->heap_cap * sizeof *w->heap);
	}
	for (i = w->nheap++; i > 0; i = (i - 1) / 2) {
		if (!sooner(&h, &w->heap[(i - 1) / 2]))
			break;
		w->heap[i] = w->heap[(i - 1) / 2];
	}
	w->heap[i] = h;
	return &w->heap[i];
}

bool
happen_next(struct world *w, struct happen *h)
{
	struct happen last;
	int i = 0;

	if (w->nheap == 0)
		return false;
	*h = w->heap[0];
	last = w->heap[--w->nheap];
	while (2 * i + 1 < w->nheap) {
		int k = 2 * i + 1;

		if (k + 1 < w->nheap &&
		    sooner(&w->heap[k + 1], &w->heap[k]))
			k++;
		if (!sooner(&w->heap[k], &last))
			break;
		w->heap[i] = w->heap[k];
		i = k;
	}
	if (w->nheap > 0)
		w->heap[i] = last;
	w->now = h->at;
	return true;
}
