/*
 * local -- see local.h.
 *
 * The caller's thread is the driver.  The crew's threads run and commit
 * tasks and leave their ends in a list; nothing else is shared but the
 * exchanges and the outputs, which have locks of their own.
 */
#include "driver/local.h"

#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "driver/adapt.h"
#include "driver/conf.h"
#include "exec/crew.h"

#define QUEUE_AHEAD 64          /* tasks handed out beyond the threads */

struct local {
	struct action *job;
	struct crew *crew;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct ended *ended;
	int n, cap;
};

static int
commit(void *arg, struct task *t, struct err *e)
{
	(void)arg;
	return task_commit(t, e);
}

static struct ended
ended_of(const struct attempt *a)
{
	const struct task *t = a->task;
	struct ended x = { .stage = a->stage, .part = a->part,
	    .attempt = a->attempt, .code = a->code, .place = -1,
	    .lost_stage = -1, .lost_part = -1, .lost_place = -1,
	    .figures = { .rows_in = t->rows_in, .bytes_in = t->bytes_in,
	    .rows_out = t->rows_out, .bytes_out = t->bytes_out,
	    .spilled = t->spilled, .cpu_us = a->cpu_us },
	    .ran_us = a->ran_us };

	if (a->code < 0)
		x.err = a->err;
	if (t->collected) {
		x.has_rows = true;
		x.collected = *t->collected;
	}
	return x;
}

static void
done(void *arg, struct attempt *a)
{
	struct local *l = arg;

	pthread_mutex_lock(&l->lock);
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->ended = xrealloc(l->ended, (size_t)l->cap *
		    sizeof *l->ended);
	}
	l->ended[l->n++] = ended_of(a);
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->lock);
}

static int
plan(struct runner *r, int stage, int *npart, const struct sched_pref **pref,
    struct err *e)
{
	(void)pref;
	TRY(adapt_stage(&r->job->env, stage, r->job->conf, e));
	*npart = r->job->env.run[stage].npart;
	return 0;
}

static void
launch(struct runner *r, const struct sched_order *o)
{
	struct local *l = r->backend;

	crew_add(l->crew, o->stage, o->part, o->n, o->attempt);
}

struct revoked {
	int stage, part, attempt;
	struct revoked *next;
};

static void
note_revoked(void *arg, int stage, int part, int attempt)
{
	struct revoked **list = arg, *x = xmalloc(sizeof *x);

	*x = (struct revoked){ stage, part, attempt, *list };
	*list = x;
}

static void
take_back(struct runner *r, const struct sched_order *o)
{
	struct local *l = r->backend;
	struct revoked *list = NULL;

	crew_revoke(l->crew, o->stage, o->part, o->n, note_revoked, &list);
	while (list) {
		struct revoked *x = list;
		struct sched_event ev = { .kind = EV_REVOKED,
		    .stage = x->stage, .part = x->part,
		    .attempt = x->attempt };

		list = x->next;
		free(x);
		runner_tell(r, &ev);
	}
}

static void
stage_done(struct runner *r, int stage)
{
	adapt_stage_done(&r->job->env, stage);
}

static int
await(struct runner *r, int ms, struct err *e)
{
	struct local *l = r->backend;
	struct ended *v;
	int n;

	(void)e;
	pthread_mutex_lock(&l->lock);
	if (l->n == 0)
		thread_wait(&l->wake, &l->lock, ms);
	v = l->ended;
	n = l->n;
	l->ended = NULL;
	l->n = l->cap = 0;
	pthread_mutex_unlock(&l->lock);
	for (int i = 0; i < n; i++)
		runner_ended(r, &v[i]);
	free(v);
	return 0;
}

static const struct runner_ops ops = {
	.plan = plan, .launch = launch, .revoke = take_back,
	.stage_done = stage_done, .wait = await,
};

static void
free_ended(struct local *l)
{
	for (int i = 0; i < l->n; i++)
		if (l->ended[i].has_rows) {
			text_release(&l->ended[i].collected.text);
			if (l->ended[i].collected.fd >= 0)
				close(l->ended[i].collected.fd);
		}
	free(l->ended);
}

int
local_run(struct action *j, struct err *e)
{
	struct local l = { .job = j };
	struct crew_conf crew = { .env = &j->env, .threads = j->env.threads,
	    .commit = commit, .done = done, .arg = &l };
	struct runner r = { .ops = &ops, .backend = &l };
	struct sched_event up = { .kind = EV_EXEC_UP, .place_stays = 1 };
	int code;

	/* Freed memory is used again soon: fresh pages cost more than they
	 * are worth. */
	mallopt(M_MMAP_THRESHOLD, 1 << 28);
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	pthread_mutex_init(&l.lock, NULL);
	pthread_cond_init(&l.wake, NULL);
	adapt_open(&j->env, j->stages);
	runner_open(&r, j, runner_sched(j->conf, QUEUE_AHEAD), false);
	code = crew_new(&l.crew, &crew, e);
	if (code >= 0) {
		up.slots = j->env.threads = crew_threads(l.crew);
		runner_tell(&r, &up);
		code = runner_run(&r, e);
	}
	crew_free(l.crew);
	free_ended(&l);
	runner_close(&r);
	adapt_close(&j->env);
	sched_free(r.sched);
	return code;
}
