/*
 * events -- see events.h.
 */
#include "driver/events.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/version.h"
#include "driver/job.h"
#include "driver/progress.h"
#include "event/event_log.h"
#include "event/run_figures.h"

struct events {
	struct event_log *log;          /* or NULL */
	struct run_figures figures;
	int64_t wall_us, mono_us;       /* when it began */
	int64_t ends;                   /* of tasks, so far */
	struct event *sum;              /* ends that are summed up: one a stage
	                                 * and executor */
	int nsum, sum_cap, last;
};

static void
warn(const struct err *e)
{
	progress_say("sp-submit: warning: %s", e->text);
}

/* Spark writes URLs there. */
static const char *
log_path(struct app *a)
{
	const char *dir = conf_get(&a->conf, "spark.eventLog.dir");

	if (a->event_log)
		return a->event_log;
	if (!conf_bool(&a->conf, "spark.eventLog.enabled"))
		return NULL;
	if (strncmp(dir, "file://", 7) == 0)
		dir += 7;
	else if (strncmp(dir, "file:", 5) == 0)
		dir += 5;
	return arena_printf(&a->arena, "%s/app-%" PRId64 "-%d.jsonl", dir,
	    clock_wall_us(), (int)getpid());
}

void
events_open(struct app *a)
{
	const char *path = log_path(a);
	struct event ev = { .kind = EVENT_APP_START, .version = SP_VERSION };
	struct events *v;
	struct err e;

	if (path == NULL && a->report == NULL)
		return;
	v = a->events = xcalloc(1, sizeof *v);
	v->wall_us = clock_wall_us();
	v->mono_us = clock_mono_us();
	if (path && event_log_open(&v->log, path, &e) < 0)
		warn(&e);
	ev.name = conf_get(&a->conf, "spark.app.name");
	ev.master = a->master ? a->master : "local[*]";
	events_emit(v, &ev);
}

void
events_emit(struct events *v, struct event *ev)
{
	struct err e;

	if (v == NULL)
		return;
	ev->at = v->wall_us + clock_mono_us() - v->mono_us;
	run_figures_add(&v->figures, ev);
	if (v->log == NULL)
		return;
	event_log_add(v->log, ev);
	if (event_log_trouble(v->log, &e))
		warn(&e);
}

void
events_job_start(struct events *v, int job, const struct stages *s)
{
	struct event ev = { .kind = EVENT_JOB_START, .job = job };

	if (v == NULL)
		return;
	events_emit(v, &ev);
	ev.kind = EVENT_STAGE;
	for (int i = 0; i < s->n; i++) {
		ev.stage = i + 1;
		ev.root = node_name(s->stage[i].root);
		events_emit(v, &ev);
	}
}

/* What was summed up of a job's stage, -1: of all its stages. */
static void
flush(struct events *v, int job, int stage)
{
	int kept = 0;

	for (int i = 0; i < v->nsum; i++) {
		if (v->sum[i].job != job ||
		    (stage >= 0 && v->sum[i].stage != stage + 1))
			v->sum[kept++] = v->sum[i];
		else
			events_emit(v, &v->sum[i]);
	}
	v->nsum = kept;
	v->last = 0;
}

void
events_job_end(struct events *v, int job, const struct stages *s,
    const struct stage_figures *f, const struct pool *pool,
    const struct err *failed)
{
	struct event ev = { .kind = EVENT_JOB_END };

	if (v == NULL)
		return;
	flush(v, job, -1);
	for (int i = 0; i < s->n; i++)
		if (f[i].start_us && !f[i].done)
			events_stage_end(v, job, i);
	ev.job = job;
	ev.failed = failed != NULL;
	ev.why = failed ? failed->text : NULL;
	ev.peak_pool = atomic_load(&((struct pool *)(uintptr_t)pool)->peak);
	events_emit(v, &ev);
}

void
events_stage_start(struct events *v, int job, int stage,
    const struct stage_layout *l)
{
	struct event ev = { .kind = EVENT_STAGE_START, .stage = stage + 1,
	    .tasks = l->tasks, .parts = l->from, .split = l->split,
	    .split_into = l->split_into };

	if (v == NULL)
		return;
	ev.job = job;
	events_emit(v, &ev);
}

void
events_stage_end(struct events *v, int job, int stage)
{
	struct event ev = { .kind = EVENT_STAGE_END, .stage = stage + 1 };

	if (v == NULL)
		return;
	flush(v, job, stage);
	ev.job = job;
	events_emit(v, &ev);
}

void
events_again(struct events *v, int job, enum event_again why,
    const struct sched_order *o)
{
	struct event ev = { .kind = EVENT_AGAIN, .stage = o->stage + 1,
	    .part = o->part, .tasks = o->n, .attempt = o->attempt,
	    .executor = o->exec, .why = event_again_name(why) };

	if (v == NULL)
		return;
	ev.job = job;
	events_emit(v, &ev);
}

static void
add_up(struct events *v, const struct event *ev)
{
	struct event *s = NULL;
	int i = v->last;

	for (int n = 0; n < v->nsum && s == NULL; n++, i = (i + 1) % v->nsum)
		if (v->sum[i].job == ev->job &&
		    v->sum[i].stage == ev->stage &&
		    v->sum[i].executor == ev->executor) {
			s = &v->sum[i];
			v->last = i;
		}
	if (s == NULL) {
		if (v->nsum == v->sum_cap) {
			v->sum_cap = v->sum_cap ? 2 * v->sum_cap : 16;
			v->sum = xrealloc(v->sum, (size_t)v->sum_cap *
			    sizeof *v->sum);
		}
		v->last = v->nsum;
		s = &v->sum[v->nsum++];
		*s = *ev;
		s->part = s->attempt = -1;
		s->why = NULL;
		return;
	}
	s->tasks += ev->tasks;
	s->failed += ev->failed;
	s->rows_in += ev->rows_in;
	s->bytes_in += ev->bytes_in;
	s->rows_out += ev->rows_out;
	s->bytes_out += ev->bytes_out;
	s->spilled += ev->spilled;
	s->cpu_us += ev->cpu_us;
	s->fetched_local += ev->fetched_local;
	s->fetched_remote += ev->fetched_remote;
}

void
events_task(struct events *v, int job, const struct ended *x)
{
	const struct stage_figures *f = &x->figures;
	struct event ev = { .kind = EVENT_TASK_END, .stage = x->stage + 1,
	    .part = x->part, .attempt = x->attempt, .executor = x->exec,
	    .tasks = 1, .failed = x->code < 0, .rows_in = f->rows_in,
	    .bytes_in = f->bytes_in, .rows_out = f->rows_out,
	    .bytes_out = f->bytes_out, .spilled = f->spilled,
	    .cpu_us = f->cpu_us, .fetched_local = f->fetched_local,
	    .fetched_remote = f->fetched_remote,
	    .why = x->code < 0 ? x->err.text : NULL };

	if (v == NULL)
		return;
	ev.job = job;
	if (v->ends++ < EVENT_TASKS)
		events_emit(v, &ev);
	else
		add_up(v, &ev);
}

void
events_end(struct app *a, int exit_code)
{
	struct events *v = a->events;
	struct event ev = { .kind = EVENT_APP_END, .exit = exit_code,
	    .rows_out = a->rows_out };
	struct rusage u;
	struct err e;

	if (v == NULL)
		return;
	getrusage(RUSAGE_SELF, &u);
	ev.peak_rss_kb = u.ru_maxrss;
	events_emit(v, &ev);
	if (event_log_close(v->log, &e) < 0)
		warn(&e);
	v->log = NULL;
}

void
events_release(struct app *a)
{
	struct err ignored;

	if (a->events == NULL)
		return;
	event_log_close(a->events->log, &ignored);
	run_figures_release(&a->events->figures);
	free(a->events->sum);
	free(a->events);
	a->events = NULL;
}

const struct run_figures *
events_figures(const struct events *v)
{
	return &v->figures;
}
