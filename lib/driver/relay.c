/*
 * relay -- see relay.h.
 */
#include "driver/relay.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum state { ASKER_WAITS, ASKER_FETCHES, ASKER_HAS };

/* An executor that has asked for a stage: it waits, fetches or has a copy. */
struct asker {
	int stage;
	struct relay_who who;
	enum state state;
	int from;                       /* place that it fetches from, or -1 */
	int64_t since_ms;
};

struct relay {
	struct asker *v;
	int n, cap;
};

struct relay *
relay_new(void)
{
	return xcalloc(1, sizeof(struct relay));
}

void
relay_free(struct relay *r)
{
	if (r)
		free(r->v);
	free(r);
}

static struct asker *
find(struct relay *r, int stage, int exec)
{
	for (int i = 0; i < r->n; i++)
		if (r->v[i].stage == stage && r->v[i].who.exec == exec)
			return &r->v[i];
	return NULL;
}

/* The others stay in their order: who came first is served first. */
static void
drop(struct relay *r, struct asker *a)
{
	if (a == NULL)
		return;
	r->n--;
	memmove(a, a + 1, (size_t)(&r->v[r->n] - a) * sizeof *a);
}

void
relay_ask(struct relay *r, int stage, const struct relay_who *who, int failed,
    int64_t now_ms)
{
	for (int i = r->n; failed >= 0 && i-- > 0;)
		if (r->v[i].stage == stage && r->v[i].state == ASKER_HAS &&
		    r->v[i].who.place == failed)
			drop(r, &r->v[i]);
	drop(r, find(r, stage, who->exec));
	if (r->n == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 16;
		r->v = xrealloc(r->v, (size_t)r->cap * sizeof *r->v);
	}
	r->v[r->n++] = (struct asker){ stage, *who, ASKER_WAITS, -1, now_ms };
}

void
relay_end(struct relay *r, int stage, int exec, bool made)
{
	struct asker *a = find(r, stage, exec);

	if (a == NULL || a->state != ASKER_FETCHES)
		return;
	if (made)
		a->state = ASKER_HAS;
	else
		drop(r, a);
}

void
relay_gone(struct relay *r, int exec)
{
	for (int i = r->n; i-- > 0;)
		if (r->v[i].who.exec == exec)
			drop(r, &r->v[i]);
}

void
relay_moved(struct relay *r, int stage)
{
	for (int i = r->n; i-- > 0;)
		if (r->v[i].stage == stage && r->v[i].state == ASKER_HAS)
			drop(r, &r->v[i]);
}

static int
readers(const struct relay *r, int stage, int place)
{
	int n = 0;

	for (int i = 0; i < r->n; i++)
		n += r->v[i].stage == stage &&
		    r->v[i].state == ASKER_FETCHES && r->v[i].from == place;
	return n;
}

/* The place that serves the fewest; rather a copy than the maps. */
static int
quietest(const struct relay *r, int stage, int *serves)
{
	int best = -1;

	*serves = readers(r, stage, -1);
	for (int i = 0; i < r->n; i++) {
		const struct asker *c = &r->v[i];
		int n;

		if (c->stage != stage || c->state != ASKER_HAS)
			continue;
		n = readers(r, stage, c->who.place);
		if (n < *serves || (n == *serves && best < 0)) {
			*serves = n;
			best = c->who.place;
		}
	}
	return best;
}

/* Of the node of a: one that has a copy, or else one that makes it. */
static const struct asker *
neighbour(const struct relay *r, const struct asker *a, int64_t now_ms)
{
	const struct asker *found = NULL;

	for (int i = 0; i < r->n; i++) {
		const struct asker *b = &r->v[i];

		if (b->stage != a->stage || b->who.node != a->who.node)
			continue;
		if (b->state == ASKER_HAS)
			return b;
		if (b->state == ASKER_FETCHES &&
		    now_ms - b->since_ms < RELAY_NODE_MS)
			found = b;
	}
	return found;
}

bool
relay_next(struct relay *r, int64_t now_ms, struct relay_answer *out)
{
	for (int i = 0; i < r->n; i++) {
		struct asker *a = &r->v[i];
		const struct asker *near;
		int serves;

		if (a->state != ASKER_WAITS)
			continue;
		near = neighbour(r, a, now_ms);
		*out = (struct relay_answer){ a->stage, a->who.exec,
		    near ? near->who.place : -1 };
		if (near && near->state == ASKER_HAS) {
			drop(r, a);
			return true;
		}
		if (near)
			continue;
		out->place = quietest(r, a->stage, &serves);
		if (serves >= RELAY_READERS &&
		    now_ms - a->since_ms < RELAY_BUSY_MS)
			continue;
		a->state = ASKER_FETCHES;
		a->from = out->place;
		a->since_ms = now_ms;
		return true;
	}
	return false;
}
