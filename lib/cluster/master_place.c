/*
 * master_place -- see master_place.h.
 *
 * Shares are weighted max-min: the capacity is dealt out by weight, who wants
 * less than his part gives the rest back to be dealt again.  A place is taken
 * back only from an application that holds more than its fair share, for one
 * that holds no more than its own even with it; or, for one that has nothing
 * at all, from one that keeps another executor.  So two applications never
 * take the same place from each other in turn.
 *
 * Cost: a round is O(placements * (applications + workers)).
 */
#include "cluster/master_place.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "cluster/master.h"

#define EPS 1e-6

static int
cores_limit(const struct app *a, const struct master_conf *c)
{
	int max = a->hello.cores_max ? a->hello.cores_max : c->default_cores;

	return max ? max : INT_MAX;
}

int
app_wants(const struct app *a, const struct master_conf *c)
{
	int size = a->hello.cores ? a->hello.cores : 1;

	return a->state == APP_LIVE && a->link >= 0 && !a->nexpect &&
	    a->cores_used <= cores_limit(a, c) - size &&
	    (!a->hello.instances || a->nexec < a->hello.instances);
}

int
app_size_on(const struct app *a, const struct worker *w, int64_t *memory_mb)
{
	int cores = a->hello.cores ? a->hello.cores : (w->hello.cores + 1) / 2;

	*memory_mb = a->hello.memory_mb;
	if (cores < 1 || cores > w->hello.cores ||
	    *memory_mb > w->hello.memory_mb)
		return 0;
	if (!*memory_mb)
		*memory_mb = w->hello.memory_mb * cores / w->hello.cores;
	return cores;
}

static int
usable(const struct worker *w)
{
	return w->state == WORKER_ALIVE && !w->draining;
}

static int
avoids(const struct app *a, const struct worker *w, int64_t now_ms)
{
	for (int i = 0; i < AVOID_MAX; i++)
		if (a->avoid[i].until_ms > now_ms &&
		    strcmp(a->avoid[i].worker, w->hello.id) == 0)
			return 1;
	return 0;
}

/* ---- shares ---------------------------------------------------------- */

/* Cores that the application would take if it were alone. */
static double
demand(const struct app *a, const struct master_conf *c, int capacity)
{
	double want = cores_limit(a, c);

	if (a->hello.instances && a->hello.cores &&
	    (double)a->hello.instances * a->hello.cores < want)
		want = (double)a->hello.instances * a->hello.cores;
	return want < capacity ? want : capacity;
}

static void
deal_shares(struct state *s, const struct master_conf *c)
{
	int capacity = 0, more = 1;
	double left, weight;

	for (struct worker *w = s->worker; w; w = w->next)
		capacity += usable(w) ? worker_exec_cores(w) : 0;
	for (struct app *a = s->app; a; a = a->next)
		a->share = a->state == APP_LIVE ? -1 : 0;
	while (more) {
		left = capacity;
		weight = 0;
		more = 0;
		for (struct app *a = s->app; a; a = a->next) {
			left -= a->share > 0 ? a->share : 0;
			weight += a->share < 0 ? a->hello.weight : 0;
		}
		for (struct app *a = s->app; a; a = a->next)
			if (a->share < 0 && demand(a, c, capacity) <=
			    left * a->hello.weight / weight + EPS) {
				a->share = demand(a, c, capacity);
				more = 1;
			}
	}
	for (struct app *a = s->app; a; a = a->next)
		if (a->share < 0)
			a->share = left * a->hello.weight / weight;
}

static void
count_held(struct state *s)
{
	for (struct app *a = s->app; a; a = a->next) {
		a->held = a->cores_used;
		for (struct exec *x = a->exec; x; x = x->app_next)
			a->held -= x->revoking && !x->ending ? x->cores : 0;
	}
}

/* Free cores of a worker when all that is leaving has left. */
static int
coming_cores(const struct worker *w, int64_t *memory_mb)
{
	int cores = worker_free_cores(w);

	*memory_mb = worker_free_mb(w);
	for (const struct exec *x = w->exec; x; x = x->worker_next)
		if (x->ending || x->revoking) {
			cores += x->cores;
			*memory_mb += x->memory_mb;
		}
	for (const struct foreign *f = w->foreign; f; f = f->next) {
		cores += f->cores;
		*memory_mb += f->memory_mb;
	}
	return cores;
}

/* What a wants of w if something is taken back for it. */
static int
fair_size(const struct app *a, const struct master_conf *c,
    const struct worker *w, int64_t *memory_mb)
{
	int size = app_size_on(a, w, memory_mb);
	int room = (int)(a->share - a->held + EPS);
	int most = cores_limit(a, c) - a->cores_used;

	if (a->hello.cores || !size)
		return size;
	size = size < room ? size : room;
	size = size < most ? size : most;
	size = size > 1 ? size : 1;
	if (!a->hello.memory_mb)
		*memory_mb = w->hello.memory_mb * size / w->hello.cores;
	return size;
}

void
place_begin(struct state *s, const struct master_conf *c, int64_t now_ms)
{
	deal_shares(s, c);
	count_held(s);
	for (struct app *a = s->app; a; a = a->next)
		a->blocked = 0;
	for (struct worker *w = s->worker; w; w = w->next) {
		int64_t mb, need_mb;
		int need;

		if (!w->reserved)
			continue;
		need = fair_size(w->reserved, c, w, &need_mb);
		if (!usable(w) || !need || !app_wants(w->reserved, c) ||
		    avoids(w->reserved, w, now_ms) ||
		    coming_cores(w, &mb) < need || mb < need_mb)
			w->reserved = NULL;
	}
}

/* ---- placing --------------------------------------------------------- */

/* Who is served next: FIFO the oldest, FAIR who has least for his weight. */
static struct app *
next_app(struct state *s, const struct master_conf *c)
{
	struct app *best = NULL;

	for (struct app *a = s->app; a; a = a->next) {
		if (a->blocked || !app_wants(a, c))
			continue;
		if (!best || (!c->fifo && (double)a->held * best->hello.weight <
		    (double)best->held * a->hello.weight))
			best = a;
	}
	return best;
}

static int
execs_of(const struct app *a, const struct worker *w)
{
	int n = 0;

	for (const struct exec *x = w->exec; x; x = x->worker_next)
		n += x->app == a && !x->ending;
	return n;
}

/* Is w, with n executors of the application, a better place than best? */
static int
better(const struct master_conf *c, const struct worker *w, int n,
    const struct worker *best, int nbest)
{
	int free = worker_free_cores(w), best_free = worker_free_cores(best);

	if (c->pack)
		return n != nbest ? n > nbest : free < best_free;
	return n != nbest ? n < nbest : free > best_free;
}

/* What so many of its cores get of a worker's memory; drivers may have more
 * than their part. */
static int64_t
share_mb(const struct worker *w, int cores)
{
	int64_t mb = w->hello.memory_mb * cores / w->hello.cores;

	return w->seat && mb > worker_free_mb(w) && worker_free_mb(w) > 0 ?
	    worker_free_mb(w) : mb;
}

static int
find_place(struct state *s, const struct master_conf *c, struct app *a,
    int64_t now_ms, struct place *p)
{
	int most = cores_limit(a, c) - a->cores_used, nbest = 0;

	p->worker = NULL;
	for (struct worker *w = s->worker; w; w = w->next) {
		int64_t mb;
		int size = app_size_on(a, w, &mb), free = worker_free_cores(w);
		int n;

		if (!size || !usable(w) || avoids(a, w, now_ms) ||
		    (w->reserved && w->reserved != a))
			continue;
		if (!a->hello.cores) {
			size = size < free ? size : free;
			size = size < most ? size : most;
		}
		if (!a->hello.memory_mb)
			mb = share_mb(w, size);
		if (size < 1 || size > free || mb > worker_free_mb(w))
			continue;
		n = execs_of(a, w);
		if (p->worker && !better(c, w, n, p->worker, nbest))
			continue;
		*p = (struct place){ a, w, size, mb };
		nbest = n;
	}
	return p->worker != NULL;
}

int
place_next(struct state *s, const struct master_conf *c, int64_t now_ms,
    struct place *p)
{
	struct app *a;

	count_held(s);
	while ((a = next_app(s, c))) {
		if (!find_place(s, c, a, now_ms, p)) {
			a->blocked = 1;
			continue;
		}
		for (struct worker *w = s->worker; w; w = w->next)
			if (w->reserved == a)
				w->reserved = NULL;
		return 1;
	}
	return 0;
}

/* ---- taking back ----------------------------------------------------- */

static int
lasting_execs(const struct app *a)
{
	int n = 0;

	for (const struct exec *x = a->exec; x; x = x->app_next)
		n += !x->ending && !x->revoking;
	return n;
}

static int
may_revoke(const struct exec *x, const struct app *for_app)
{
	const struct app *v = x->app;

	if (v == for_app || x->ending || x->revoking || v->state != APP_LIVE)
		return 0;
	if (lasting_execs(v) < 2)
		return 0;
	return v->held > v->share + EPS || for_app->held == 0;
}

/* The executor on w whose application holds most for its weight. */
static struct exec *
victim_on(const struct worker *w, const struct app *for_app)
{
	struct exec *best = NULL;

	for (struct exec *x = w->exec; x; x = x->worker_next)
		if (may_revoke(x, for_app) && (!best ||
		    (double)x->app->held * best->app->hello.weight >
		    (double)best->app->held * x->app->hello.weight))
			best = x;
	return best;
}

/* Marks what has to leave w so that a fits; how many those are, or -1.
 * They stay marked only if keep is KEEP. */
enum { TRY, KEEP };

static int
make_room(struct worker *w, const struct app *a, const struct master_conf *c,
    int keep)
{
	int64_t need_mb, mb;
	int need = fair_size(a, c, w, &need_mb), n = 0;
	struct exec *marked[64], *x;

	while (need && (coming_cores(w, &mb) < need || mb < need_mb)) {
		x = n < 64 ? victim_on(w, a) : NULL;
		if (!x) {
			need = 0;
			break;
		}
		x->revoking = 1;
		x->app->held -= x->cores;
		marked[n++] = x;
	}
	for (int i = 0; i < n && (keep != KEEP || !need); i++) {
		marked[i]->revoking = 0;
		marked[i]->app->held += marked[i]->cores;
	}
	return need ? n : -1;
}

static int
has_reservation(const struct state *s, const struct app *a)
{
	for (const struct worker *w = s->worker; w; w = w->next)
		if (w->reserved == a)
			return 1;
	return 0;
}

static int
reserve_for(struct state *s, const struct master_conf *c, struct app *a,
    int64_t now_ms)
{
	struct worker *best = NULL;
	int nbest = 0;

	for (struct worker *w = s->worker; w; w = w->next) {
		int64_t mb;
		int size = fair_size(a, c, w, &mb), n;

		if (!size || !usable(w) || w->reserved || avoids(a, w, now_ms))
			continue;
		if (a->held && a->held + size > a->share + EPS)
			continue;
		n = make_room(w, a, c, TRY);
		if (n < 0 || (best && n >= nbest))
			continue;
		best = w;
		nbest = n;
	}
	if (!best)
		return 0;
	best->reserved = a;
	return make_room(best, a, c, KEEP);
}

int
place_revoke(struct state *s, const struct master_conf *c, int64_t now_ms)
{
	int n = 0;

	if (c->fifo)
		return 0;
	for (struct app *a = s->app; a; a = a->next)
		if (app_wants(a, c) && !has_reservation(s, a))
			n += reserve_for(s, c, a, now_ms);
	return n;
}
