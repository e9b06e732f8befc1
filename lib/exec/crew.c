/*
 * crew -- see crew.h.
 *
 * The queue is an array of ranges with a first one; a range that is used up
 * is stepped over, the array begins anew whenever it is empty.
 */
#include "exec/crew.h"

#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"

struct range {
	const struct crew_job *job;
	int stage, part, n, attempt;
};

struct seat {                   /* of a thread */
	struct crew *crew;
	struct range now;               /* what it runs, if busy */
	bool busy;
	_Atomic int stop;               /* it is not needed any more */
};

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t wake, ended;     /* ended: an attempt, and somebody
	                                 * waits for it */
	int waiting;                    /* in crew_leave */
	struct range *queue;
	int first, end, cap;
	bool stop;
	pthread_t *thread;
	struct seat *seat;
	int nthread;
};

static int64_t
thread_cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* *cpu: the thread's time until now. */
static void
run_one(struct seat *seat, int64_t *cpu)
{
	const struct range *r = &seat->now;
	const struct crew_job *j = r->job;
	int64_t before = *cpu, begin = clock_mono_us();
	struct attempt a;
	struct task t;

	a.stage = r->stage;
	a.part = r->part;
	a.attempt = r->attempt;
	a.task = &t;
	a.more = r->n > 1;
	a.err.kind = 0;                 /* the rest of it is 2 KB */
	a.err.code = 0;
	a.err.span = (struct span){ 0, 0, 0 };
	a.err.text[0] = a.err.hint[0] = '\0';
	task_init(&t, j->env, &j->env->run[r->stage], r->part, r->attempt);
	t.stop = &seat->stop;
	a.code = task_run(&t, &a.err);
	if (a.code >= 0)
		a.code = j->commit(j->arg, &t, &a.err);
	*cpu = thread_cpu_us();         /* between two tasks is nothing */
	a.cpu_us = *cpu - before;
	a.ran_us = clock_mono_us() - begin;
	j->done(j->arg, &a);
	task_release(&t);
}

/* Takes one part from the front of the queue, out->n tells how many were there
 * in a row; false when it is empty. */
static bool
take(struct crew *c, struct range *out)
{
	struct range *q;

	while (c->first < c->end && c->queue[c->first].n == 0)
		c->first++;
	if (c->first == c->end) {
		c->first = c->end = 0;
		return false;
	}
	q = &c->queue[c->first];
	*out = (struct range){ q->job, q->stage, q->part++, q->n,
	    q->attempt };
	q->n--;
	return true;
}

static void *
worker(void *arg)
{
	struct seat *seat = arg;
	struct crew *c = seat->crew;
	int64_t cpu = thread_cpu_us();

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		if (!take(c, &seat->now)) {
			pthread_cond_wait(&c->wake, &c->lock);
			continue;
		}
		seat->busy = true;
		atomic_store(&seat->stop, 0);
		pthread_mutex_unlock(&c->lock);
		run_one(seat, &cpu);
		pthread_mutex_lock(&c->lock);
		seat->busy = false;
		if (c->waiting)
			pthread_cond_broadcast(&c->ended);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

int
crew_new(struct crew **out, int threads, struct err *e)
{
	struct crew *c = xcalloc(1, sizeof *c);

	c->thread = xcalloc((size_t)threads + 1, sizeof *c->thread);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	pthread_cond_init(&c->ended, NULL);
	c->seat = xcalloc((size_t)threads + 1, sizeof *c->seat);
	for (int i = 0; i < threads; i++)
		c->seat[i].crew = c;
	while (c->nthread < threads && pthread_create(
	    &c->thread[c->nthread], NULL, worker, &c->seat[c->nthread]) == 0)
		c->nthread++;
	if (c->nthread == 0) {
		crew_free(c);
		return err_set(e, ERR_TEMP, "could not start a thread");
	}
	*out = c;
	return 0;
}

int
crew_threads(const struct crew *c)
{
	return c->nthread;
}

/* Room for one more range at the end. */
static struct range *
more(struct crew *c)
{
	if (c->end == c->cap && c->first > c->cap / 2) {
		memmove(c->queue, c->queue + c->first,
		    sizeof *c->queue * (size_t)(c->end - c->first));
		c->end -= c->first;
		c->first = 0;
	}
	if (c->end == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 64;
		c->queue = xrealloc(c->queue, (size_t)c->cap *
		    sizeof *c->queue);
	}
	return &c->queue[c->end++];
}

void
crew_add(struct crew *c, const struct crew_job *j, int stage, int part,
    int n, int attempt)
{
	pthread_mutex_lock(&c->lock);
	*more(c) = (struct range){ j, stage, part, n, attempt };
	if (n > 1)
		pthread_cond_broadcast(&c->wake);
	else
		pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
}

void
crew_revoke(struct crew *c, const struct crew_job *j, int stage,
    int part, int n,
    void (*gone)(void *arg, int stage, int part, int attempt), void *arg)
{
	pthread_mutex_lock(&c->lock);
	for (int i = c->first; i < c->end; i++) {
		struct range q = c->queue[i];
		int from = q.part > part ? q.part : part;
		int to = q.part + q.n < part + n ? q.part + q.n : part + n;

		if (q.job != j || q.stage != stage || from >= to)
			continue;
		c->queue[i].n = from - q.part;
		if (q.part + q.n > to) {        /* what is behind stays */
			int before = c->first;

			*more(c) = (struct range){ j, stage, to,
			    q.part + q.n - to, q.attempt };
			i -= before - c->first; /* the array may have moved */
		}
		for (int p = from; p < to; p++)
			gone(arg, stage, p, q.attempt);
	}
	pthread_mutex_unlock(&c->lock);
}

void
crew_cancel(struct crew *c, const struct crew_job *j, int stage, int part,
    int attempt)
{
	pthread_mutex_lock(&c->lock);
	for (int i = 0; i < c->nthread; i++) {
		struct seat *s = &c->seat[i];

		if (s->busy && s->now.job == j && s->now.stage == stage &&
		    s->now.part == part && s->now.attempt == attempt)
			atomic_store(&s->stop, 1);
	}
	pthread_mutex_unlock(&c->lock);
}

/* Under the lock. */
static int
clear(struct crew *c, const struct crew_job *j)
{
	int busy = 0;

	for (int i = c->first; i < c->end; i++)
		if (c->queue[i].job == j)
			c->queue[i].n = 0;
	for (int i = 0; i < c->nthread; i++)
		busy += c->seat[i].busy && c->seat[i].now.job == j;
	return busy;
}

int
crew_clear(struct crew *c, const struct crew_job *j)
{
	int busy;

	pthread_mutex_lock(&c->lock);
	busy = clear(c, j);
	pthread_mutex_unlock(&c->lock);
	return busy;
}

void
crew_leave(struct crew *c, const struct crew_job *j)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->waiting++;
	while (clear(c, j) > 0)
		pthread_cond_wait(&c->ended, &c->lock);
	c->waiting--;
	pthread_mutex_unlock(&c->lock);
}

void
crew_free(struct crew *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	c->first = c->end = 0;
	pthread_cond_broadcast(&c->wake);
	pthread_mutex_unlock(&c->lock);
	for (int i = 0; i < c->nthread; i++)
		pthread_join(c->thread[i], NULL);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->wake);
	pthread_cond_destroy(&c->ended);
	free(c->thread);
	free(c->seat);
	free(c->queue);
	free(c);
}
