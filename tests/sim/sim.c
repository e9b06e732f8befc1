/*
 * sim -- jobs on a simulated cluster, one for each seed.
 *
 * usage: sim [--seeds N] [--from K] [--trace] [--scale EXECS,TASKS] [SEED]
 *
 * Even seeds have trouble for ever (safety: nothing wrong may happen), odd
 * ones only for a while (liveness: the job must end, and may fail only for a
 * reason).  The first seed that shows a fault is printed and the exit status
 * is 1; "sim --trace SEED" shows it event by event.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/arena.h"
#include "sim_world.h"

#define TICK_MS 100

static void
make_job(struct world *w, struct wjob *j, int parts)
{
	struct sched_stage v[STAGES] = { 0 };
	int read[STAGES] = { 0 };

	for (int i = 0; i < j->nstage; i++) {
		struct wstage *g = &j->stage[i];

		for (int k = 0; k < i; k++)
			if (chance(w, k == i - 1 ? 80 : 30))
				g->in[g->nin++] = k;
		for (int k = 0; k < g->nin; k++)
			read[g->in[k]]++;
		g->npart = w->big ? parts : chance(w, 3) ? 0 :
		    1 + (int)draw(w, (uint32_t)parts);
		g->task = xcalloc((size_t)g->npart + 1, sizeof *g->task);
		for (int p = 0; p < g->npart; p++)
			g->task[p].idle_since = -1;
		g->task_us = 1000 + draw(w, chance(w, 50) ? 10000 : 300000);
		v[i].nin = g->nin;
		v[i].in = g->in;
		v[i].barrier = i > 0 && chance(w, 10);
	}
	for (int i = 0; i < j->nstage; i++) {
		j->stage[i].nout = read[i];
		j->stage[i].commits = !read[i] && chance(w, 70);
		v[i].commits = j->stage[i].commits;
	}
	j->pool = (int)draw(w, 3);
	j->number = sched_add(w->s, v, j->nstage, j->pool);
}

static void
make_conf(struct world *w)
{
	struct sched_conf *c = &w->conf;

	c->max_failures = 4;
	c->max_stage_attempts = 4;
	c->ahead = chance(w, 50) ? (int)draw(w, 65) : 0;
	c->ahead_ms = 1 + (int)draw(w, 100);
	if (chance(w, 10))
		c->max_stage_opens = 2 + (int)draw(w, 6);
	if (chance(w, 5))
		c->max_attempts = 6 + (int)draw(w, 10);
	if (!w->live_mode && chance(w, 20))
		c->stall_ms = 5000 + draw(w, 60000);
	c->locality_wait_ms = (int)draw(w, 300);
	c->fair = chance(w, 50);
	c->speculation = chance(w, 50);
	c->spec_interval_ms = 100;
	c->spec_min_ms = 10 + (int)draw(w, 100);
	c->spec_multiplier = 150;
	c->spec_quantile = 50 + (int)draw(w, 45);
	if (chance(w, 30)) {
		c->exclude_exec = 2 + (int)draw(w, 3);
		c->exclude_host = (int)draw(w, 3);
		c->exclude_ms = 1000 + draw(w, 20000);
		c->exclude_wait_ms = draw(w, 10000);
	}
	w->delay_ms = chance(w, 50) ? 2 : 200;
	w->stays = chance(w, 50);
	w->moody = chance(w, 10);
	w->moody_stage = (int)draw(w, 3);
	w->moody_part = (int)draw(w, 4);
	w->p_fail = chance(w, 50) ? (int)draw(w, 8) : 0;
	w->p_dup = (int)draw(w, 15);
	w->p_fault = 100 + (int)draw(w, 4000);
}

static void
join(struct world *w, int host)
{
	int x, alive = 0;

	for (x = 0; x < w->nexec; x++)
		alive += w->exec[x].alive;
	if (alive >= 3 * w->nhost + 3)
		return;
	x = exec_start(w, host, w->stays ? w->host_place[host] :
	    place_new(w, host));
	if (x < 0)
		return;
	w->exec[x].bad = w->now < w->end && chance(w, 5);
	w->exec[x].slow = chance(w, 10) ? 2 + (int)draw(w, 9) : 1;
}

static void
begin(struct world *w)
{
	w->rng = mix(w->seed, 7);
	w->live_mode = w->seed & 1;
	w->end = w->live_mode ? 5000 + draw(w, 20000) : 200000;
	make_conf(w);
	w->s = sched_new(&w->conf);
	for (int i = 0; i < 2; i++)
		sched_pool(w->s, 1 + (int)draw(w, 3), (int)draw(w, 6));
	w->nhost = 1 + (int)draw(w, HOSTS);
	for (int i = 0; i < w->nhost; i++)
		w->host_place[i] = place_new(w, i);
	w->njob = chance(w, 25) ? 1 + (int)draw(w, JOBS) : 1;
	for (int i = 0; i < w->njob; i++) {
		w->job[i].nstage = 1 + (int)draw(w, STAGES);
		make_job(w, &w->job[i], chance(w, 10) ? 100 : 12);
	}
	for (int i = (int)draw(w, 3); i < w->nhost; i++)
		join(w, i);
	for (int i = 0; i < w->njob; i++) {
		if (i > 0 && chance(w, 50))     /* or it begins later */
			happen_later(w, draw(w, 3000), W_TO_DRIVER)->event =
			    (struct sched_event){ .kind = EV_START, .job = i,
			    .exec = -1 };
		else
			tell(w, &(struct sched_event){ .kind = EV_START,
			    .job = i });
	}
	for (int i = 0; i < 2; i++)
		join(w, (int)draw(w, (uint32_t)w->nhost));
	happen_later(w, TICK_MS, W_TICK);
	happen_later(w, draw(w, (uint32_t)w->p_fault), W_FAULT);
}

static void
end(struct world *w)
{
	for (int k = 0; k < w->njob; k++) {
		for (int i = 0; i < w->job[k].nstage; i++) {
			struct wstage *g = &w->job[k].stage[i];

			for (int p = 0; p < g->npart; p++) {
				struct stask *t = &g->task[p];

				for (int v = 0; v < t->nver; v++)
					free(t->ver[v].seen);
				free(t->ver);
				free(t->att);
			}
			free(g->task);
		}
	}
	for (int x = 0; x < w->nexec; x++) {
		for (int i = 0; i < w->exec[x].nrun; i++)
			free(w->exec[x].run[i].seen);
		free(w->exec[x].run);
	}
	sched_free(w->s);
	free(w->exec);
	free(w->heap);
	free(w->place_alive);
	free(w->place_reported);
	free(w->place_walled);
	free(w->place_host);
	free(w->place_doubt);
}

/* Likes: random hosts and executors for some tasks. */
static void
tell_parts(struct world *w, struct sched_event *ev)
{
	int at[128 + 1], who[2 * 128], n = 0;
	struct sched_pref pref = { at, who };

	if (ev->part > 128 || chance(w, 60)) {
		tell(w, ev);
		return;
	}
	for (int p = 0; p < ev->part; p++) {
		at[p] = n;
		if (chance(w, 50))
			who[n++] = SCHED_AT_HOST((int)draw(w, HOSTS));
		if (chance(w, 30))
			who[n++] = SCHED_AT_EXEC((int)draw(w, 10));
	}
	at[ev->part] = n;
	ev->pref = &pref;
	tell(w, ev);
	ev->pref = NULL;
}

static void
tick(struct world *w)
{
	tell(w, &(struct sched_event){ .kind = EV_TICK });
	if (!w->big && w->now % 500 == 0) {
		check_awake(w);
		check_counts(w);
	}
	happen_later(w, w->now + TICK_MS, W_TICK);
	if (!w->live_mode && draw(w, 20000) == 0 && !w->big) {
		struct sched_event ev = { .kind = EV_CANCEL,
		    .job = (int)draw(w, (uint32_t)w->njob) };

		w->job[ev.job].cancelled = true;
		tell(w, &ev);
	}
}

static void
next_fault(struct world *w)
{
	if (w->now < w->end) {
		fault(w);
		happen_later(w, w->now + 1 + draw(w, (uint32_t)w->p_fault),
		    W_FAULT);
		return;
	}
	memset(w->place_walled, 0, (size_t)w->nplace);
	join(w, 0);             /* from here on all is well */
	join(w, w->nhost - 1);
}

static void
act(struct world *w, struct happen *h)
{
	switch (h->what) {
	case W_TO_EXEC:
		exec_message(w, h->a, &h->order);
		break;
	case W_TO_DRIVER:
		if (h->event.kind == EV_STAGE_PARTS)
			tell_parts(w, &h->event);
		else
			from_exec(w, &h->event);
		break;
	case W_TASK_END:
		exec_task_end(w, h->a, h->event.rowset);
		break;
	case W_FAULT:
		next_fault(w);
		break;
	case W_TICK:
		tick(w);
		break;
	case W_JOIN:
		join(w, h->a);
		break;
	case W_NOTICE:
		driver_notice(w, h->a, h->b);
		break;
	case W_CUT:
		if (w->exec[h->a].alive) {
			exec_die(w, h->a);
			driver_notice(w, h->a, 0);
		}
		break;
	}
}

/* Some jobs are forgotten when they have ended. */
static void
drop_ended(struct world *w)
{
	for (int i = 0; i < w->njob; i++) {
		struct wjob *j = &w->job[i];

		if (!j->dropped && (j->finished || j->failed) &&
		    draw(w, 50) == 0) {
			j->dropped = true;
			driver_drop(w, i);
		}
	}
}

static void
run(struct world *w)
{
	struct happen h;
	int late = 300;                 /* events after the end */

	while (!w->wrong[0] && happen_next(w, &h)) {
		if (over(w) && late-- == 0)
			break;
		if (w->now > w->end + (w->live_mode ? 3000000 : 0)) {
			if (w->live_mode)
				wrong(w, "the job never ends");
			break;
		}
		act(w, &h);
		drop_ended(w);
	}
}

struct tally {
	int64_t events, launches, finished, failed, faults, lost;
	int64_t other_rows;
};

static int
one(uint64_t seed, int trace, struct tally *sum)
{
	struct world *w = xcalloc(1, sizeof *w);
	int bad;

	w->exec = xcalloc(EXECS, sizeof *w->exec);
	w->seed = seed;
	w->trace = trace;
	begin(w);
	run(w);
	sum->events += w->nevent;
	sum->launches += w->nlaunch;
	sum->faults += w->nfaults;
	sum->lost += w->nlost;
	for (int i = 0; i < w->njob; i++) {
		sum->finished += w->job[i].finished;
		sum->failed += w->job[i].failed;
		sum->other_rows += strstr(w->job[i].reason, "other") != NULL;
		if (trace)
			printf("# job %d: %s %s\n", i, w->job[i].finished ?
			    "finished" : w->job[i].failed ? "failed" : "goes on",
			    w->job[i].reason);
	}
	bad = w->wrong[0] != '\0';
	if (bad)
		printf("# seed %llu, %lld ms: %s\n", (unsigned long long)seed,
		    (long long)w->now, w->wrong);
	end(w);
	free(w);
	return bad;
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Many executors and tasks, and no trouble. */
static int
scale(int nexec, int ntask)
{
	struct world *w = xcalloc(1, sizeof *w);
	double begun = seconds();
	struct rusage use;
	int bad;

	w->exec = xcalloc(EXECS, sizeof *w->exec);
	w->big = w->live_mode = true;
	w->end = 3600000;
	w->rng = w->seed = 1;
	w->delay_ms = 2;
	w->conf = (struct sched_conf){ .max_failures = 4,
	    .max_stage_attempts = 4, .ahead = 64 };
	w->s = sched_new(&w->conf);
	w->nhost = (nexec + 3) / 4 < 1024 ? (nexec + 3) / 4 : 1024;
	w->njob = 1;
	w->job[0].nstage = 2;
	make_job(w, &w->job[0], ntask / 2);
	for (int i = 0; i < nexec; i++)
		exec_start(w, i % w->nhost, place_new(w, i % w->nhost));
	tell(w, &(struct sched_event){ .kind = EV_START });
	happen_later(w, TICK_MS, W_TICK);
	run(w);
	getrusage(RUSAGE_SELF, &use);
	bad = w->wrong[0] || !w->job[0].finished;
	printf("%s 1 - %d executors, %d tasks: %.2f s, %ld MB, %lld events, "
	    "%lld s simulated %s\n", bad ? "not ok" : "ok", nexec, ntask,
	    seconds() - begun, use.ru_maxrss / 1024, (long long)w->nevent,
	    (long long)w->now / 1000, w->wrong);
	end(w);
	free(w);
	return bad;
}

int
main(int argc, char **argv)
{
	uint64_t from = 1, n = 3000;
	struct tally sum = { 0 };
	int trace = 0, bad = 0;
	double begun = seconds();

	for (int i = 1; i < argc; i++) {
		int x, t;

		if (strcmp(argv[i], "--trace") == 0) {
			trace = 1;
		} else if (i + 1 < argc && strcmp(argv[i], "--seeds") == 0) {
			n = strtoull(argv[++i], NULL, 10);
		} else if (i + 1 < argc && strcmp(argv[i], "--from") == 0) {
			from = strtoull(argv[++i], NULL, 10);
		} else if (i + 1 < argc && strcmp(argv[i], "--scale") == 0) {
			if (sscanf(argv[++i], "%d,%d", &x, &t) != 2 ||
			    x > EXECS)
				return 2;
			bad = scale(x, t);
			printf("1..1\n");
			return bad;
		} else {
			from = strtoull(argv[i], NULL, 10);
			n = 1;
		}
	}
	for (uint64_t i = from; i < from + n && !bad; i++)
		bad = one(i, trace, &sum);
	printf("# %lld events, %lld launches, %lld faults, %lld outputs lost; "
	    "jobs: %lld finished, %lld failed (%lld for other rows); %.1f s\n",
	    (long long)sum.events, (long long)sum.launches,
	    (long long)sum.faults, (long long)sum.lost,
	    (long long)sum.finished, (long long)sum.failed,
	    (long long)sum.other_rows, seconds() - begun);
	printf("%s 1 - %llu seeds from %llu keep the invariants\n1..1\n",
	    bad ? "not ok" : "ok", (unsigned long long)n,
	    (unsigned long long)from);
	return bad;
}
