/*
 * runner_say -- see runner_say.h.
 */
#include "driver/runner_say.h"

#include <stdio.h>
#include <string.h>

#include "driver/events.h"
#include "driver/progress.h"

static const char *
name_of(struct runner *r, int exec)
{
	const char *name = r->ops->name && exec >= 0 ?
	    r->ops->name(r, exec) : NULL;

	return name ? name : "";
}

/* " on executor 1 (host, process 2)", or "" */
static void
add_where(struct text *t, struct runner *r, int exec)
{
	const char *name = name_of(r, exec);

	if (*name)
		text_addf(t, " on executor %s", name);
}

/* "task 5", "tasks 5-7" */
static void
add_parts(struct text *t, const char *what, int part, int n)
{
	text_addf(t, n > 1 ? "%ss %d-%d" : "%s %d", what, part, part + n - 1);
}

static void
tell(struct text *t)
{
	progress_say("%s", text_str(t));
	text_release(t);
}

/* What was decided about the partitions that the stage reads. */
static struct stage_layout
layout_of(const struct stage_run *run)
{
	struct stage_layout l = { .tasks = run->npart, .split = run->nskew,
	    .split_into = run->ncut };
	int whole = run->npart - run->ncut;     /* tasks of whole partitions */

	if (run->lo && run->npart > 0)
		l.from = run->lo[run->npart] - run->nskew;
	if (l.from == whole)
		l.from = 0;
	return l;
}

/* ", coalesced 200 -> 14, 2 skewed split into 9" */
static void
add_layout(struct text *t, const struct stage_layout *l)
{
	if (l->from)
		text_addf(t, ", coalesced %d -> %d", l->from, l->tasks -
		    l->split_into);
	if (l->split)
		text_addf(t, ", %d skewed split into %d", l->split,
		    l->split_into);
}

void
runner_say_stage(struct runner *r, int stage, int npart)
{
	const struct stage_run *run = &r->job->env.run[stage];
	struct stage_layout l = layout_of(run);
	struct text t = { 0 };

	if (npart == 0)
		return;
	events_stage_start(r->job->events, r->job->reported, stage, &l);
	/* Here a stage begins when the one before is done. */
	if (!r->job->verbose || r->ops->name == NULL)
		return;
	text_addf(&t, "job %d stage %d of %d (%s) begins: %d task%s",
	    r->job->number, stage + 1, r->job->stages->n, node_name(run->stage->root), npart,
	    npart == 1 ? "" : "s");
	add_layout(&t, &l);
	tell(&t);
}

void
runner_say_done(struct runner *r, int stage)
{
	const struct stage_figures *f = &r->job->figures[stage];
	struct stage_layout l = layout_of(&r->job->env.run[stage]);
	struct text t = { 0 };

	if (r->job->env.run[stage].npart == 0)
		return;
	events_stage_end(r->job->events, r->job->reported, stage);
	/* Loops may run thousands of small actions here. */
	if (!r->job->verbose || (r->ops->name == NULL &&
	    r->job->stages->n == 1))
		return;
	text_addf(&t, "job %d stage %d of %d (%s) done: %d task%s",
	    r->job->number, stage + 1, r->job->stages->n,
	    node_name(r->job->env.run[stage].stage->root),
	    f->tasks - f->failed, f->tasks - f->failed == 1 ? "" : "s");
	add_layout(&t, &l);
	text_addf(&t, ", %.3f s", (double)(f->end_us - f->start_us) / 1e6);
	if (f->failed)
		text_addf(&t, ", %d failed", f->failed);
	if (f->bytes_in) {
		text_adds(&t, ", read ");
		text_add_size(&t, (double)f->bytes_in);
	}
	if (f->fetched_local + f->fetched_remote) {
		text_adds(&t, ", fetched ");
		text_add_size(&t, (double)f->fetched_local);
		text_adds(&t, " here, ");
		text_add_size(&t, (double)f->fetched_remote);
		text_adds(&t, " from others");
	}
	if (f->bytes_out) {
		text_adds(&t, ", wrote ");
		text_add_size(&t, (double)f->bytes_out);
	}
	if (f->spilled) {
		text_adds(&t, ", spilled ");
		text_add_size(&t, (double)f->spilled);
	}
	tell(&t);
}

/* Why an attempt after the first begins. */
static enum event_again
again_why(struct runner *r, const struct sched_order *o)
{
	int copies;

	if (r->ended_once[o->stage] && r->ended_once[o->stage][o->part])
		return AGAIN_RERUN;
	copies = sched_count(r->sched, r->number).copies;
	if (copies <= r->copies)
		return AGAIN_RETRY;
	r->copies += o->n;
	return AGAIN_COPY;
}

void
runner_say_again(struct runner *r, const struct sched_order *o)
{
	static const char *const words[AGAIN_KINDS] = {
		[AGAIN_RETRY] = "again",
		[AGAIN_COPY] = "a second time, as it is slow",
		[AGAIN_RERUN] = "again, for its lost output",
	};
	enum event_again why = again_why(r, o);
	struct text t = { 0 };

	events_again(r->job->events, r->job->reported, why, o);
	if (!r->job->verbose)
		return;
	text_addf(&t, "job %d stage %d: ", r->job->number, o->stage + 1);
	add_parts(&t, "task", o->part, o->n);
	text_addf(&t, " %s run %s, attempt %d", o->n > 1 ? "are" : "is",
	    words[why], o->attempt + 1);
	add_where(&t, r, o->exec);
	tell(&t);
}

void
runner_say_lost(struct runner *r, const struct sched_order *o)
{
	struct text t = { 0 };

	if (!r->job->verbose)
		return;
	text_addf(&t, "job %d stage %d: output of ", r->job->number,
	    o->stage + 1);
	add_parts(&t, "task", o->part, o->n);
	text_adds(&t, " is lost");
	tell(&t);
}

void
runner_say_failed(struct runner *r, const struct ended *x)
{
	struct text t = { 0 };

	text_addf(&t, "task %d.%d attempt %d failed", x->stage + 1, x->part,
	    x->attempt + 1);
	add_where(&t, r, x->exec);
	text_addf(&t, ": %s", x->err.text);
	if (x->err.hint[0])
		text_addf(&t, " (%s)", x->err.hint);
	for (size_t i = 0; i < t.n; i++)
		if (t.p[i] == '\n')
			t.p[i] = ' ';
	tell(&t);
}

void
runner_say_where(struct runner *r, struct err *e)
{
	const char *name = name_of(r, r->at.exec);
	char hint[sizeof e->hint];

	if (*name == '\0')
		return;
	snprintf(hint, sizeof hint, "%s", e->hint);
	err_hint(e, "task %d of stage %d, attempt %d, on executor %s%s%s",
	    r->at.part, r->at.stage + 1, r->at.attempt + 1, name,
	    *hint ? "; " : "", hint);
}
