/*
 * sim_faults -- crashes, cuts, pauses beyond the lease, lost hosts and
 * services, rotten blocks, places that nobody reaches, slow and draining
 * executors.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "sim_world.h"

#define LEASE_MS 20000

int
place_new(struct world *w, int host)
{
	if (w->nplace == w->place_cap) {
		size_t n;

		w->place_cap = w->place_cap ? 2 * w->place_cap : 64;
		n = (size_t)w->place_cap;
		w->place_alive = xrealloc(w->place_alive, n);
		w->place_reported = xrealloc(w->place_reported, n);
		w->place_walled = xrealloc(w->place_walled, n);
		w->place_host = xrealloc(w->place_host, n * sizeof(int));
		w->place_doubt = xrealloc(w->place_doubt, n * sizeof(int));
	}
	w->place_alive[w->nplace] = true;
	w->place_reported[w->nplace] = false;
	w->place_walled[w->nplace] = false;
	w->place_host[w->nplace] = host;
	w->place_doubt[w->nplace] = 0;
	return w->nplace++;
}

void
place_die(struct world *w, int place)
{
	w->place_alive[place] = false;
}

static void
notice_later(struct world *w, int exec, int64_t ms, int why)
{
	struct happen *h = happen_later(w, w->now + ms, W_NOTICE);

	h->a = exec;
	h->b = why;
}

static void
join_later(struct world *w, int host)
{
	struct happen *h = happen_later(w, w->now + 1 + draw(w, 5000), W_JOIN);

	h->a = host;
}

static void
cut_later(struct world *w, int exec, int64_t ms)
{
	happen_later(w, w->now + ms, W_CUT)->a = exec;
}

static void
crash(struct world *w, int exec)
{
	exec_die(w, exec);
	notice_later(w, exec, 1 + draw(w, 500), chance(w, 50) ? ERR_TEMP : 0);
	join_later(w, w->exec[exec].host);
}

static void
cut(struct world *w, int exec)
{
	uint32_t way = draw(w, 3);      /* one way or both */

	w->exec[exec].deaf = way != 1;
	w->exec[exec].mute = way != 2;
	notice_later(w, exec, 1 + draw(w, 1000), 0);
	cut_later(w, exec, draw(w, 15000));
	join_later(w, w->exec[exec].host);
}

/* Stopped, perhaps past its lease: then it comes back as a zombie. */
static void
halt(struct world *w, int exec)
{
	int64_t ms = 1 + draw(w, chance(w, 50) ? 1000 : 2 * LEASE_MS);

	w->exec[exec].paused_until = w->now + ms;
	if (ms < LEASE_MS)
		return;
	notice_later(w, exec, LEASE_MS, ERR_LOST);
	cut_later(w, exec, ms + draw(w, 3000));
	join_later(w, w->exec[exec].host);
}

static void
tell_host_lost(struct world *w, int host)
{
	for (int i = 0; i < w->nexec; i++)
		if (w->exec[i].host == host && w->exec[i].known)
			driver_notice(w, i, 1);
	for (int i = 0; i < w->nplace; i++)
		if (w->place_host[i] == host)
			w->place_reported[i] = true;
	for (int k = 0; k < w->njob; k++)
		w->job[k].losses++;
	tell(w, &(struct sched_event){ .kind = EV_HOST_LOST, .exec = -1,
	    .host = host });
}

/* A host with its disk.  The driver hears of it at once, or learns of its
 * executors one by one and of its service by failed fetches. */
static void
lose_host(struct world *w, int host)
{
	for (int i = 0; i < w->nexec; i++) {
		if (w->exec[i].host != host || !w->exec[i].alive)
			continue;
		exec_die(w, i);
		join_later(w, host);
		notice_later(w, i, 1 + draw(w, LEASE_MS), ERR_LOST);
	}
	for (int i = 0; i < w->nplace; i++)
		if (w->place_host[i] == host)
			place_die(w, i);
	if (chance(w, 50))
		tell_host_lost(w, host);
	if (w->stays)
		w->host_place[host] = place_new(w, host);
}

/* The shuffle service of a host dies with its files; a new one starts. */
static void
lose_service(struct world *w, int host)
{
	int old = w->host_place[host];

	if (!w->stays)
		return;
	place_die(w, old);
	w->host_place[host] = place_new(w, host);
	if (chance(w, 50)) {
		w->place_reported[old] = true;
		for (int k = 0; k < w->njob; k++)
			w->job[k].losses++;
		tell(w, &(struct sched_event){ .kind = EV_PLACE_LOST,
		    .place = old });
	}
	for (int i = 0; i < w->nexec; i++) {
		struct wexec *x = &w->exec[i];

		if (!x->known || !x->alive || x->host != host || x->drained)
			continue;
		x->place = w->host_place[host];
		tell(w, &(struct sched_event){ .kind = EV_EXEC_UP, .exec = i,
		    .slots = x->slots, .host = host, .place = x->place,
		    .place_stays = 1 });
	}
}

static void
rot(struct world *w)
{
	struct wjob *j = &w->job[draw(w, (uint32_t)w->njob)];
	struct wstage *g = &j->stage[draw(w, (uint32_t)j->nstage)];
	struct stask *t;

	if (!g->planned || g->npart == 0)
		return;
	t = &g->task[draw(w, (uint32_t)g->npart)];
	if (t->nver)
		t->ver[draw(w, (uint32_t)t->nver)].there = false;
}

static void
drain(struct world *w, int exec)
{
	struct wexec *x = &w->exec[exec];

	if (!x->known)
		return;
	x->drained = true;
	tell(w, &(struct sched_event){ .kind = EV_EXEC_DRAIN, .exec = exec });
	cut_later(w, exec, 1000 + draw(w, 5000));
	join_later(w, x->host);
}

void
fault(struct world *w)
{
	int exec = (int)draw(w, (uint32_t)w->nexec);
	int host = (int)draw(w, (uint32_t)w->nhost);
	struct wexec *x = &w->exec[exec];
	uint32_t luck = draw(w, 100);

	w->nfaults++;
	if (!x->alive || x->deaf || x->mute || x->drained)
		luck = 50 + luck / 2;   /* it has trouble enough */
	if (luck < 15)
		crash(w, exec);
	else if (luck < 22)
		cut(w, exec);
	else if (luck < 35)
		halt(w, exec);
	else if (luck < 45)
		drain(w, exec);
	else if (luck < 50)
		x->slow = 1 + (int)draw(w, 10);
	else if (luck < 57)
		lose_host(w, host);
	else if (luck < 70)
		lose_service(w, host);
	else if (luck < 87)
		rot(w);
	else if (luck < 92)
		w->place_walled[x->place] = !w->place_walled[x->place];
	else
		join_later(w, host);
}
