/*
 * local -- see local.h.
 *
 * The caller's thread is the driver: it turns the ends of tasks into events
 * for lib/sched and its orders into work for the queue.  N threads take
 * tasks from the queue, run and commit them, and report.  Nothing else is
 * shared but the exchanges and the outputs, which have locks of their own.
 */
#include "driver/local.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "driver/adapt.h"
#include "driver/conf.h"

#define TICK_MS 100
#define QUEUE_AHEAD 64          /* tasks handed out beyond the threads */

struct work {                   /* parts [part, part + n) of a stage */
	int stage, part, n, attempt;
};

struct result {
	int stage, part, attempt;
	int code;
	struct err err;
	struct collected collected;
	bool has_rows;
	int64_t rows_in, bytes_in, rows_out, bytes_out, spilled, cpu_us, ran_us;
};

struct pending {                /* rows that wait for earlier partitions */
	struct collected c;
	bool there;
};

struct run {
	struct local_job *job;
	struct sched *sched;
	pthread_mutex_t lock;
	pthread_cond_t wake_worker, wake_driver;
	struct work *queue;
	int nqueue, first, queue_cap;
	struct result *result;
	int nresult, result_cap;
	bool stop;
	int nrunning;
	struct pending *wait;           /* of the collect stage */
	int nwait, next_out;
	struct err error;               /* of the last failed attempt */
	int error_code;
	bool ended, failed;
};

static int64_t
thread_cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
run_one(struct run *r, int stage, int part, int attempt, struct result *out)
{
	struct exec_env *env = &r->job->env;
	int64_t cpu = thread_cpu_us(), begin = clock_mono_us();
	struct task t;

	memset(out, 0, sizeof *out);
	task_init(&t, env, &env->run[stage], part, attempt);
	out->stage = stage;
	out->part = part;
	out->attempt = attempt;
	out->code = task_run(&t, &out->err);
	if (out->code >= 0)
		out->code = task_commit(&t, &out->err);
	if (t.collected) {
		out->has_rows = true;
		out->collected = *t.collected;
	}
	out->rows_in = t.rows_in;
	out->bytes_in = t.bytes_in;
	out->rows_out = t.rows_out;
	out->bytes_out = t.bytes_out;
	out->spilled = t.spilled;
	task_release(&t);
	out->cpu_us = thread_cpu_us() - cpu;
	out->ran_us = clock_mono_us() - begin + 1;
}

/* Takes one part from the front of the queue; false when it is empty. */
static bool
take(struct run *r, struct work *w)
{
	struct work *q;

	if (r->first == r->nqueue)
		return false;
	q = &r->queue[r->first];
	*w = (struct work){ q->stage, q->part++, 1, q->attempt };
	if (--q->n == 0)
		r->first++;
	if (r->first == r->nqueue)
		r->first = r->nqueue = 0;
	return true;
}

static void
report(struct run *r, const struct result *res)
{
	if (r->nresult == r->result_cap) {
		r->result_cap = r->result_cap ? 2 * r->result_cap : 64;
		r->result = xrealloc(r->result,
		    (size_t)r->result_cap * sizeof *r->result);
	}
	r->result[r->nresult++] = *res;
	pthread_cond_signal(&r->wake_driver);
}

static void *
worker(void *arg)
{
	struct run *r = arg;
	struct work w;

	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		struct result res;

		if (!take(r, &w)) {
			pthread_cond_wait(&r->wake_worker, &r->lock);
			continue;
		}
		r->nrunning++;
		pthread_mutex_unlock(&r->lock);
		run_one(r, w.stage, w.part, w.attempt, &res);
		pthread_mutex_lock(&r->lock);
		r->nrunning--;
		report(r, &res);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

static void
free_collected(struct collected *c)
{
	text_release(&c->text);
	if (c->fd >= 0)
		close(c->fd);
}

static int
emit_ready(struct run *r, struct err *e)
{
	while (r->next_out < r->nwait && r->wait[r->next_out].there) {
		struct pending *p = &r->wait[r->next_out++];
		int code = r->job->emit ? r->job->emit(r->job->arg, &p->c, e) :
		    0;

		free_collected(&p->c);
		p->there = false;
		if (code < 0)
			return code;
	}
	return 0;
}

static void
keep_rows(struct run *r, struct result *res)
{
	if (res->part >= r->nwait) {
		int n = res->part + 1;

		n = n < 2 * r->nwait ? 2 * r->nwait : n;
		r->wait = xrealloc(r->wait, (size_t)n * sizeof *r->wait);
		memset(r->wait + r->nwait, 0,
		    (size_t)(n - r->nwait) * sizeof *r->wait);
		r->nwait = n;
	}
	r->wait[res->part].c = res->collected;
	r->wait[res->part].there = true;
}

static void
add_figures(struct stage_figures *f, const struct result *res)
{
	f->tasks++;
	f->failed += res->code < 0;
	f->rows_in += res->rows_in;
	f->bytes_in += res->bytes_in;
	f->rows_out += res->rows_out;
	f->bytes_out += res->bytes_out;
	f->spilled += res->spilled;
	f->cpu_us += res->cpu_us;
	f->end_us = clock_mono_us();
}

static void obey(struct run *r, struct sched_orders *o);

static void
tell(struct run *r, const struct sched_event *ev)
{
	struct sched_orders o = { NULL, 0, 0 };

	sched_event(r->sched, ev, &o);
	obey(r, &o);
	sched_orders_release(&o);
}

static void
fail_run(struct run *r, const struct err *e, int code)
{
	if (r->failed)
		return;
	r->error = *e;
	r->error_code = code;
	r->failed = r->ended = true;
	atomic_store(&r->job->env.cancel, 1);
}

/* A stage is about to start: sizes of its inputs are known now. */
static void
plan_stage(struct run *r, int stage)
{
	struct sched_event ev = { .kind = EV_STAGE_PARTS, .stage = stage,
	    .now_ms = clock_mono_ms() };
	struct err e;
	int code = adapt_stage(&r->job->env, stage, r->job->conf, &e);

	if (code < 0) {
		fail_run(r, &e, code);
		return;
	}
	ev.part = r->job->env.run[stage].npart;
	r->job->figures[stage].start_us = clock_mono_us();
	tell(r, &ev);
}

static void
enqueue(struct run *r, const struct sched_order *o)
{
	pthread_mutex_lock(&r->lock);
	if (r->nqueue == r->queue_cap) {
		r->queue_cap = r->queue_cap ? 2 * r->queue_cap : 64;
		r->queue = xrealloc(r->queue,
		    (size_t)r->queue_cap * sizeof *r->queue);
	}
	r->queue[r->nqueue++] = (struct work){ o->stage, o->part, o->n,
	    o->attempt };
	if (o->n > 1)
		pthread_cond_broadcast(&r->wake_worker);
	else
		pthread_cond_signal(&r->wake_worker);
	pthread_mutex_unlock(&r->lock);
}

static void
obey(struct run *r, struct sched_orders *o)
{
	for (int i = 0; i < o->n && !r->failed; i++) {
		struct sched_order *what = &o->v[i];

		switch (what->kind) {
		case ORDER_PLAN:
			plan_stage(r, what->stage);
			break;
		case ORDER_LAUNCH:
			enqueue(r, what);
			break;
		case ORDER_STAGE_DONE:
			r->job->figures[what->stage].end_us = clock_mono_us();
			adapt_stage_done(&r->job->env, what->stage);
			break;
		case ORDER_FINISH:
			r->ended = true;
			break;
		case ORDER_FAIL:
			if (*sched_reason(r->sched, 0))
				r->error_code = err_set(&r->error, what->why,
				    "%s", sched_reason(r->sched, 0));
			fail_run(r, &r->error, r->error_code);
			break;
		default:
			break;
		}
	}
}

static void
on_result(struct run *r, struct result *res)
{
	struct sched_event ev = { .kind = EV_TASK_DONE, .stage = res->stage,
	    .part = res->part, .attempt = res->attempt,
	    .ran_us = res->ran_us, .now_ms = clock_mono_ms() };
	struct err e;
	int code;

	add_figures(&r->job->figures[res->stage], res);
	if (res->code < 0) {
		if (res->has_rows)
			free_collected(&res->collected);
		ev.kind = EV_TASK_FAILED;
		ev.why = res->code;
		if (!r->failed) {
			r->error = res->err;
			r->error_code = res->code;
		}
		if (r->job->verbose)
			fprintf(stderr, "task %d.%d attempt %d failed: %s\n",
			    res->stage + 1, res->part, res->attempt,
			    res->err.text);
	} else if (res->has_rows) {
		keep_rows(r, res);
		code = emit_ready(r, &e);
		if (code < 0)
			fail_run(r, &e, code);
	}
	tell(r, &ev);
}

static void
take_results(struct run *r)
{
	struct result *v;
	int n;

	pthread_mutex_lock(&r->lock);
	if (r->nresult == 0) {
		struct timespec t;

		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += TICK_MS * 1000000L;
		t.tv_sec += t.tv_nsec / 1000000000;
		t.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&r->wake_driver, &r->lock, &t);
	}
	v = r->result;
	n = r->nresult;
	r->result = NULL;
	r->nresult = r->result_cap = 0;
	pthread_mutex_unlock(&r->lock);
	for (int i = 0; i < n; i++)
		on_result(r, &v[i]);
	free(v);
}

static void
look_around(struct run *r)
{
	struct local_job *j = r->job;
	struct sched_event tick = { .kind = EV_TICK,
	    .now_ms = clock_mono_ms() };
	struct sched_count count = sched_count(r->sched, 0);
	struct err e;

	if (j->interrupt && *j->interrupt) {
		err_set(&e, ERR_TEMP, "interrupted");
		e.code = 128 + *j->interrupt;
		fail_run(r, &e, ERR_TEMP);
	} else if (j->deadline_ms && tick.now_ms > j->deadline_ms) {
		err_user(&e, EXIT_TIMEOUT, "the time is up (--timeout)");
		fail_run(r, &e, ERR_USER);
	} else if (count.running == 0 && r->error.kind == 0) {
		tell(r, &tick);
	}
	if (j->tick)
		j->tick(j->arg, &count, &j->env);
}

static int
start(struct run *r, pthread_t *thread, struct err *e)
{
	struct sched_event up = { .kind = EV_EXEC_UP, .exec = 0,
	    .slots = r->job->env.threads };
	struct sched_event begin = { .kind = EV_START,
	    .now_ms = clock_mono_ms() };
	int n;

	for (n = 0; n < r->job->env.threads; n++)
		if (pthread_create(&thread[n], NULL, worker, r) != 0)
			break;
	if (n == 0)
		return err_set(e, ERR_TEMP, "could not start a thread");
	r->job->env.threads = n;
	tell(r, &up);
	tell(r, &begin);
	return n;
}

static void
end(struct run *r, pthread_t *thread, int n)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	r->nqueue = r->first = 0;
	pthread_cond_broadcast(&r->wake_worker);
	pthread_mutex_unlock(&r->lock);
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < r->nresult; i++)
		if (r->result[i].has_rows)
			free_collected(&r->result[i].collected);
	for (int i = 0; i < r->nwait; i++)
		if (r->wait[i].there)
			free_collected(&r->wait[i].c);
	free(r->result);
	free(r->wait);
	free(r->queue);
}

static struct sched *
make_sched(const struct local_job *j)
{
	const struct stages *s = j->stages;
	struct sched_stage *v = xcalloc((size_t)s->n + 1, sizeof *v);
	int **in = xcalloc((size_t)s->n + 1, sizeof *in);
	struct sched_conf conf = {
		.max_failures = (int)conf_int(j->conf, "spark.task.maxFailures"),
		.max_stage_attempts = (int)conf_int(j->conf,
		    "spark.stage.maxConsecutiveAttempts"),
		.ahead = QUEUE_AHEAD,
	};
	struct sched *sched;

	for (int i = 0; i < s->n; i++) {
		v[i].nin = s->stage[i].nin;
		in[i] = xmalloc(sizeof(int) * (size_t)(v[i].nin + 1));
		for (int k = 0; k < v[i].nin; k++)
			in[i][k] = s->stage[i].in[k] - 1;
		v[i].in = in[i];
	}
	sched = sched_new(&conf);
	sched_add(sched, v, s->n, 0);
	for (int i = 0; i < s->n; i++)
		free(in[i]);
	free(in);
	free(v);
	return sched;
}

int
local_run(struct local_job *j, struct err *e)
{
	pthread_t *thread = xcalloc((size_t)j->env.threads + 1,
	    sizeof *thread);
	struct run r = { .job = j };
	int n;

	/* Freed memory is used again soon: fresh pages cost more than they
	 * are worth. */
	mallopt(M_MMAP_THRESHOLD, 1 << 28);
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.wake_worker, NULL);
	pthread_cond_init(&r.wake_driver, NULL);
	r.sched = make_sched(j);
	adapt_open(&j->env, j->stages);
	n = start(&r, thread, e);
	while (n > 0 && !r.ended) {
		take_results(&r);
		look_around(&r);
	}
	end(&r, thread, n > 0 ? n : 0);
	adapt_close(&j->env);
	sched_free(r.sched);
	free(thread);
	if (n < 0)
		return n;
	if (!r.failed)
		return 0;
	*e = r.error;
	return r.error_code < 0 ? r.error_code : ERR_BUG;
}
