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

struct local_job {              /* an action */
	struct runner runner;
	struct local *local;
	struct crew_job crew;
};

struct local_end {              /* of an attempt */
	struct local_job *job;
	struct ended x;
};

struct local {
	struct crew *crew;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct local_end *ended;
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
	/* Rows of ours that the disk has spoiled: nobody else has them, and
	 * the user's data are not at fault. */
	if (a->code == ERR_LOST && x.err.code == EXIT_DATA)
		x.err.code = EXIT_IO;
	if (t->collected) {
		x.has_rows = true;
		x.collected = *t->collected;
	}
	return x;
}

static void
done(void *arg, struct attempt *a)
{
	struct local_job *j = arg;
	struct local *l = j->local;

	pthread_mutex_lock(&l->lock);
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->ended = xrealloc(l->ended, (size_t)l->cap *
		    sizeof *l->ended);
	}
	l->ended[l->n++] = (struct local_end){ j, ended_of(a) };
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
	struct local_job *j = r->backend;

	crew_add(j->local->crew, &j->crew, o->stage, o->part, o->n, o->attempt);
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
	struct local_job *j = r->backend;
	struct revoked *list = NULL;

	crew_revoke(j->local->crew, &j->crew, o->stage, o->part, o->n,
	    note_revoked, &list);
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

static const struct runner_ops ops = {
	.plan = plan, .launch = launch, .revoke = take_back,
	.stage_done = stage_done,
};

static int
await(struct backend *p, int ms, struct err *e)
{
	struct local *l = p->own;
	struct local_end *v;
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
		runner_ended(&v[i].job->runner, &v[i].x);
	free(v);
	return 0;
}

static int
begin(struct backend *p, struct action *j, struct runner **out, struct err *e)
{
	struct local *l = p->own;
	struct local_job *x = xcalloc(1, sizeof *x);

	(void)e;
	x->local = l;
	x->runner = (struct runner){ .ops = &ops, .backend = x };
	x->crew = (struct crew_job){ &j->env, commit, done, x };
	j->env.threads = crew_threads(l->crew);
	adapt_open(&j->env, j->stages);
	runner_open(&x->runner, p, j, false);
	*out = &x->runner;
	runner_start(&x->runner);
	return 0;
}

/* Ends that nobody has heard of are dropped. */
static void
forget_ends(struct local *l, const struct local_job *j)
{
	int kept = 0;

	pthread_mutex_lock(&l->lock);
	for (int i = 0; i < l->n; i++)
		if (l->ended[i].job == j)
			runner_drop(&l->ended[i].x);
		else
			l->ended[kept++] = l->ended[i];
	l->n = kept;
	pthread_mutex_unlock(&l->lock);
}

static int
end(struct backend *p, struct runner *r, int code)
{
	struct local_job *j = r->backend;
	struct action *job = r->job;

	(void)p;
	(void)code;
	crew_leave(j->local->crew, &j->crew);
	forget_ends(j->local, j);
	runner_close(r);
	adapt_close(&job->env);
	free(j);
	return 0;
}

static void
local_close(struct backend *p)
{
	struct local *l = p->own;

	crew_free(l->crew);
	free(l->ended);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->wake);
	free(l);
	backend_release(p);
	sched_free(p->sched);
}

int
local_open(struct backend *p, const struct conf *conf, int threads,
    struct err *e)
{
	struct local *l = xcalloc(1, sizeof *l);
	struct sched_event up = { .kind = EV_EXEC_UP, .place_stays = 1 };

	/* Freed memory is used again soon: fresh pages cost more than they
	 * are worth. */
	mallopt(M_MMAP_THRESHOLD, 1 << 28);
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->wake, NULL);
	*p = (struct backend){ .own = l, .begin = begin, .end = end,
	    .wait = await, .close = local_close,
	    .sched = runner_sched(conf, QUEUE_AHEAD) };
	if (crew_new(&l->crew, threads, e) < 0) {
		local_close(p);
		return e->kind;
	}
	up.slots = crew_threads(l->crew);
	backend_tell(p, &up);
	return 0;
}
