/*
 * runner -- see runner.h.
 */
#include "driver/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "driver/conf.h"
#include "driver/events.h"
#include "driver/runner_say.h"

#define EXCLUDE_EXEC 8          /* failures that exclude an executor */
#define EXCLUDE_HOST 2          /* such executors that exclude their host */

void
runner_fail(struct runner *r, const struct err *e, int code)
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
plan_stage(struct runner *r, int stage)
{
	struct sched_event ev = { .kind = EV_STAGE_PARTS, .stage = stage };
	struct err e;
	int code = r->ops->plan(r, stage, &ev.part, &ev.pref, &e);

	if (code < 0) {
		runner_fail(r, &e, code);
		return;
	}
	r->job->figures[stage].start_us = clock_mono_us();
	free(r->ended_once[stage]);
	r->ended_once[stage] = xcalloc((size_t)ev.part + 1, 1);
	runner_say_stage(r, stage, ev.part);
	runner_tell(r, &ev);
}

static void
set_at(struct runner *r, int stage, int part, int attempt, int exec)
{
	r->at.stage = stage;
	r->at.part = part;
	r->at.attempt = attempt;
	r->at.exec = exec;
}

static void
commit(struct runner *r, const struct sched_order *o)
{
	struct sched_event ev = { .kind = EV_COMMITTED, .stage = o->stage,
	    .part = o->part, .attempt = o->attempt, .exec = o->exec };
	struct err e = { 0 };
	int code = r->ops->commit(r, o, &e);

	if (code < 0) {
		ev.kind = EV_COMMIT_FAILED;
		ev.why = code;
		r->error = e;
		r->error_code = code;
		set_at(r, o->stage, o->part, o->attempt, o->exec);
	}
	runner_tell(r, &ev);
}

/* The job ends because the scheduler says so: in its words, or in those of
 * the attempt that failed last. */
static void
give_up(struct runner *r, const struct sched_order *o)
{
	const char *why = sched_reason(r->sched, r->number);
	struct err e = r->error;

	if (*why) {
		err_set(&e, o->why ? o->why : ERR_TEMP, "%s", why);
		if (r->error.text[0])
			err_hint(&e, "the last failure: %s", r->error.text);
	}
	runner_say_where(r, &e);
	runner_fail(r, &e, o->why ? o->why : r->error_code);
}

/* An attempt counts, or has failed; once. */
static void
count_ended(struct runner *r)
{
	const struct ended *x = r->ending;
	struct stage_figures *f;

	r->ending = NULL;
	if (x == NULL)
		return;
	f = &r->job->figures[x->stage];
	f->tasks++;
	f->failed += x->code < 0;
	f->rows_in += x->figures.rows_in;
	f->bytes_in += x->figures.bytes_in;
	f->rows_out += x->figures.rows_out;
	f->bytes_out += x->figures.bytes_out;
	f->spilled += x->figures.spilled;
	f->cpu_us += x->figures.cpu_us;
	f->fetched_local += x->figures.fetched_local;
	f->fetched_remote += x->figures.fetched_remote;
	f->end_us = clock_mono_us();
	events_task(r->job->events, r->job->reported, x);
	if (x->code >= 0)
		r->ended_once[x->stage][x->part] = 1;
}

/* Outputs that stood before the job are gone. */
static void
note_lost(struct runner *r, const struct sched_order *o)
{
	for (int p = o->part; r->ended_once[o->stage] && p < o->part + o->n;
	    p++)
		if (r->ended_once[o->stage][p] == 2)
			r->ended_once[o->stage][p] = 1;
}

/* A stage that stood begins to make what is gone: nobody planned it. */
static void
begin_standing(struct runner *r, int stage)
{
	int n = r->job->env.run[stage].npart, gone = 0;

	if (r->job->figures[stage].start_us)
		return;
	r->job->figures[stage].start_us = clock_mono_us();
	for (int p = 0; p < n; p++)
		gone += r->ended_once[stage][p] != 2;
	runner_say_stage(r, stage, gone);
}

static void
obey_one(struct runner *r, const struct sched_order *o)
{
	const struct runner_ops *ops = r->ops;

	switch (o->kind) {
	case ORDER_PLAN:
		plan_stage(r, o->stage);
		break;
	case ORDER_LAUNCH:
		begin_standing(r, o->stage);
		if (o->attempt > 0)
			runner_say_again(r, o);
		ops->launch(r, o);
		break;
	case ORDER_REVOKE:
		if (ops->revoke)
			ops->revoke(r, o);
		break;
	case ORDER_CANCEL:
		if (ops->cancel)
			ops->cancel(r, o);
		break;
	case ORDER_COMMIT:
		commit(r, o);
		break;
	case ORDER_LOST:
		runner_say_lost(r, o);
		note_lost(r, o);
		if (ops->lost)
			ops->lost(r, o);
		break;
	case ORDER_STAGE_DONE:
		if (r->ending && r->ending->stage == o->stage)
			count_ended(r);
		r->job->figures[o->stage].end_us = clock_mono_us();
		r->job->figures[o->stage].done = true;
		runner_say_done(r, o->stage);
		if (ops->stage_done)
			ops->stage_done(r, o->stage);
		break;
	case ORDER_STAGE_FORGET:
		if (ops->stage_forget)
			ops->stage_forget(r, o->stage);
		break;
	case ORDER_FINISH:
		r->ended = true;
		break;
	case ORDER_FAIL:
		give_up(r, o);
		break;
	}
}

/* Whom an order is for; one that has failed obeys none. */
static struct runner *
runner_of(const struct backend *p, int job)
{
	for (int i = 0; i < p->n; i++)
		if (p->v[i]->number == job)
			return p->v[i]->failed ? NULL : p->v[i];
	return NULL;
}

static int
tell_one(struct backend *p, struct sched_event *ev)
{
	struct sched_orders o = { NULL, 0, 0 };
	int counted;

	ev->now_ms = clock_mono_ms();
	counted = sched_event(p->sched, ev, &o);
	for (int i = 0; i < o.n; i++) {
		struct runner *r = runner_of(p, o.v[i].job);

		if (r)
			obey_one(r, &o.v[i]);
	}
	sched_orders_release(&o);
	return counted;
}

/* What is told while orders are obeyed waits until all of them are. */
int
backend_tell(struct backend *p, struct sched_event *ev)
{
	int counted;

	if (p->telling) {
		if (p->nlater == p->later_cap) {
			p->later_cap = p->later_cap ? 2 * p->later_cap : 16;
			p->later = xrealloc(p->later, (size_t)p->later_cap *
			    sizeof *p->later);
		}
		p->later[p->nlater++] = *ev;
		return 1;
	}
	p->telling = true;
	counted = tell_one(p, ev);
	for (int i = 0; i < p->nlater; i++) {
		struct sched_event next = p->later[i];

		tell_one(p, &next);
	}
	p->nlater = 0;
	p->telling = false;
	return counted;
}

int
runner_tell(struct runner *r, struct sched_event *ev)
{
	ev->job = r->number;
	return backend_tell(r->home, ev);
}

void
backend_release(struct backend *p)
{
	free(p->later);
	free(p->v);
}

static int
emit_ready(struct runner *r, struct err *e)
{
	struct collected c;
	int there, code;

	/* More may come while these are written. */
	while ((there = waiting_take(&r->wait, r->next_out, &c, e)) > 0) {
		r->next_out++;
		code = r->job->emit ? r->job->emit(r->job->arg, &c, e) : 0;
		collected_free(&c);
		if (code < 0)
			return code;
	}
	return there;
}

/* All rows were passed on: none waits for a partition that has none. */
static int
all_emitted(const struct runner *r, struct err *e)
{
	int part = waiting_next(&r->wait, r->next_out);

	if (part < 0)
		return 0;
	return err_set(e, ERR_BUG, "the rows of partition %d have not come",
	    r->next_out);
}

void
runner_drop(struct ended *x)
{
	if (x->has_rows)
		collected_free(&x->collected);
	x->has_rows = false;
}

static void
keep_rows(struct runner *r, struct ended *x)
{
	struct err e;
	int code;

	/* Passed on by a try of the action before this one. */
	if (x->part < r->next_out) {
		runner_drop(x);
		return;
	}
	code = waiting_put(&r->wait, x->part, &x->collected, &e);
	if (code < 0)
		runner_fail(r, &e, code);
}

int
runner_ended(struct runner *r, struct ended *x)
{
	struct sched_event ev = { .kind = EV_TASK_DONE, .stage = x->stage,
	    .part = x->part, .attempt = x->attempt, .exec = x->exec,
	    .place = x->place, .rowset = x->rowset,
	    .ran_us = x->ran_us };
	const struct ended *outer = r->ending;  /* of kept rows: we are called
	                                         * while another one is told */
	struct err before;
	int code_before = r->error_code, counted;

	if (x->code < 0) {
		before = r->error;
		ev.kind = EV_TASK_FAILED;
		ev.why = x->code;
		ev.lost_stage = x->lost_stage;
		ev.lost_part = x->lost_part;
		ev.lost_place = x->lost_place;
		if (!r->failed) {
			r->error = x->err;
			r->error_code = x->code;
			set_at(r, x->stage, x->part, x->attempt, x->exec);
		}
		if (r->job->verbose)
			runner_say_failed(r, x);
	}
	r->ending = x;
	counted = runner_tell(r, &ev);
	if (counted || x->code < 0)
		count_ended(r);
	r->ending = outer;
	if (!counted && x->code < 0 && !r->failed) {
		r->error = before;
		r->error_code = code_before;
	}
	if (x->has_rows && counted && x->code >= 0)
		keep_rows(r, x);
	else
		runner_drop(x);
	return counted;
}

int
action_stopped(const struct action *j, struct err *e)
{
	if (j->interrupt && *j->interrupt) {
		err_set(e, ERR_TEMP, "interrupted");
		e->code = 128 + *j->interrupt;
		return ERR_TEMP;
	}
	if (j->deadline_ms && clock_mono_ms() > j->deadline_ms)
		return err_user(e, EXIT_TIMEOUT,
		    "the time is up (--timeout)");
	return 0;
}

/* What is there before the job begins. */
static void
tell_standing(struct runner *r, int stage, struct sched_stage *to)
{
	if (r->ops->standing == NULL)
		return;
	to->standing = r->ops->standing(r, stage, &to->npart);
	if (to->standing == NULL)
		return;
	r->ended_once[stage] = xcalloc((size_t)to->npart + 1, 1);
	for (int p = 0; p < to->npart; p++)
		r->ended_once[stage][p] = to->standing[p].place < 0 ? 1 : 2;
}

static bool
has_outputs(const struct node *n)
{
	if (n->kind == NODE_WRITE || n->kind == NODE_TEE)
		return true;
	for (int i = 0; i < n->nkid; i++)
		if (has_outputs(n->kid[i]))
			return true;
	return false;
}

void
runner_open(struct runner *r, struct backend *p, struct action *job,
    bool commits)
{
	const struct stages *s = job->stages;
	struct sched_stage *v = xcalloc((size_t)s->n + 1, sizeof *v);
	int **in = xcalloc((size_t)s->n + 1, sizeof *in);

	r->job = job;
	r->ended_once = xcalloc((size_t)s->n + 1, sizeof *r->ended_once);
	for (int i = 0; i < s->n; i++) {
		tell_standing(r, i, &v[i]);
		v[i].nin = s->stage[i].nin;
		v[i].commits = commits && has_outputs(s->stage[i].root);
		in[i] = xmalloc(sizeof(int) * (size_t)(v[i].nin + 1));
		for (int k = 0; k < v[i].nin; k++)
			in[i][k] = s->stage[i].in[k] - 1;
		v[i].in = in[i];
	}
	r->at.exec = -1;
	r->home = p;
	r->sched = p->sched;
	waiting_open(&r->wait, job->env.scratch);
	r->number = sched_add(r->sched, v, s->n, job->pool);
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 4;
		p->v = xrealloc(p->v, (size_t)p->cap * sizeof *p->v);
	}
	p->v[p->n++] = r;
	for (int i = 0; i < s->n; i++)
		free(in[i]);
	free(in);
	free(v);
}

static int
hundredths(const struct conf *conf, const char *key)
{
	return (int)(strtod(conf_get(conf, key), NULL) * 100 + 0.5);
}

struct sched *
runner_sched(const struct conf *conf, int ahead)
{
	bool exclude = conf_bool(conf, "spark.excludeOnFailure.enabled");
	struct sched_conf c = {
		.max_failures = (int)conf_int(conf, "spark.task.maxFailures"),
		.max_stage_attempts = (int)conf_int(conf,
		    "spark.stage.maxConsecutiveAttempts"),
		.stall_ms = conf_ms(conf, "sp.stall.timeout"),
		.ahead = ahead,
		.fair = 1,
		.locality_wait_ms = (int)conf_ms(conf,
		    "spark.locality.wait"),
		.speculation = conf_bool(conf, "spark.speculation"),
		.spec_interval_ms = (int)conf_ms(conf,
		    "spark.speculation.interval"),
		.spec_min_ms = (int)conf_ms(conf,
		    "spark.speculation.minTaskRuntime"),
		.spec_multiplier = hundredths(conf,
		    "spark.speculation.multiplier"),
		.spec_quantile = hundredths(conf,
		    "spark.speculation.quantile"),
		.exclude_exec = exclude ? EXCLUDE_EXEC : 0,
		.exclude_host = exclude ? EXCLUDE_HOST : 0,
		.exclude_ms = conf_ms(conf, "spark.excludeOnFailure.timeout"),
	};

	return sched_new(&c);
}

void
runner_start(struct runner *r)
{
	struct sched_event begin = { .kind = EV_START };

	runner_tell(r, &begin);
}

static void
pass_on(struct runner *r)
{
	struct err e;
	int code = r->failed ? 0 : emit_ready(r, &e);

	if (code < 0)
		runner_fail(r, &e, code);
}

int
runner_turn(struct runner *r)
{
	struct err e;
	int code;

	pass_on(r);
	code = r->ended ? 0 : action_stopped(r->job, &e);
	if (code < 0)
		runner_fail(r, &e, code);
	return r->ended;
}

int
runner_result(struct runner *r, struct err *e)
{
	int code;

	pass_on(r);                     /* what came with the last event */
	if (!r->failed && (code = all_emitted(r, e)) < 0)
		return code;
	if (!r->failed)
		return 0;
	*e = r->error;
	return r->error_code < 0 ? r->error_code : ERR_BUG;
}

void
runner_close(struct runner *r)
{
	struct backend *p = r->home;
	int i = 0;

	while (p->v[i] != r)
		i++;
	memmove(p->v + i, p->v + i + 1,
	    (size_t)(--p->n - i) * sizeof *p->v);
	waiting_close(&r->wait);
	for (int k = 0; k < r->job->stages->n; k++)
		free(r->ended_once[k]);
	free(r->ended_once);
	sched_drop(r->sched, r->number);
}
