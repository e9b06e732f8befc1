/*
 * places -- see places.h.
 */
#include "driver/places.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "driver/executors.h"
#include "executor/task_msg.h"
#include "net/proto.h"

struct place {
	const struct cluster_exec *exec;        /* whose it is */
	bool kept;                      /* its memory: nobody else's files */
	struct text frame;              /* its PLACE message */
};

static int
number_of(struct place_table *t, struct arena *a, const char *host)
{
	for (int i = 0; i < t->nhost; i++)
		if (strcmp(t->host[i], host) == 0)
			return i;
	ARENA_GROW(a, t->host, t->nhost, t->host_cap);
	t->host[t->nhost] = arena_strdup(a, host);
	return t->nhost++;
}

static int
add(struct place_table *t, struct arena *a, const struct cluster_exec *x,
    struct place_msg *m)
{
	m->place = t->nplace;
	ARENA_GROW(a, t->place, t->nplace, t->place_cap);
	t->place[t->nplace] = (struct place){ x, *m->dir == '\0', { 0 } };
	place_msg_print(&t->place[t->nplace].frame, m);
	return t->nplace++;
}

void
places_add(struct place_table *t, struct arena *a, struct cluster_exec *x)
{
	struct place_msg m = { 0, x->address, x->node, x->dir };

	x->place = add(t, a, x, &m);
	x->host = number_of(t, a, x->node);
}

int
places_add_kept(struct place_table *t, struct arena *a,
    struct cluster_exec *x, const char *address)
{
	struct place_msg m = { 0, address, "", "" };

	if (x->kept_place < 0)
		x->kept_place = add(t, a, x, &m);
	return x->kept_place;
}

static const struct cluster_exec *
exec_of(const struct place_table *t, int place)
{
	return place < 0 || place >= t->nplace ? NULL : t->place[place].exec;
}

bool
place_there(const struct place_table *t, int place)
{
	const struct cluster_exec *x = exec_of(t, place);

	return x && (x->state == REMOTE_READY || (x->place_stays &&
	    !t->place[place].kept && !x->host_lost));
}

int
place_exec(const struct place_table *t, int place)
{
	const struct cluster_exec *x = exec_of(t, place);

	return x && x->state == REMOTE_READY ? x->number : -1;
}

static bool
equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool
place_same(const struct place_table *t, int a, int b)
{
	const struct cluster_exec *x = exec_of(t, a), *y = exec_of(t, b);

	if (x && y && (t->place[a].kept || t->place[b].kept))
		return a == b;
	return x && y && equal(x->node, y->node) &&
	    equal(x->address, y->address) && equal(x->dir, y->dir);
}

void
places_tell(struct place_table *t, struct cluster_exec *x)
{
	for (; x->places_told < t->nplace; x->places_told++) {
		const struct text *f = &t->place[x->places_told].frame;

		cluster_send(x, FRAME_PLACE, f->p, f->n);
	}
}

void
places_release(struct place_table *t)
{
	for (int i = 0; i < t->nplace; i++)
		text_release(&t->place[i].frame);
}
