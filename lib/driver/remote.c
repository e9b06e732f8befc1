/*
 * remote -- see remote.h.
 *
 * An executor is told of a stage before its first launch, and of the places
 * of the map outputs that the stage reads when they have changed since it was
 * told last (generations).  Of map outputs the driver keeps places, attempts
 * and the sums of the partitions' sizes.
 */
#include "driver/remote.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "driver/adapt.h"
#include "driver/executors.h"
#include "driver/job.h"
#include "driver/remote_job.h"
#include "driver/remote_kept.h"
#include "exec/stage_run.h"
#include "net/msg.h"
#include "net/proto.h"
#include "plan/spans.h"

#define KEPT_TRIES 4            /* of an action that loses kept rows */

struct rstage {                 /* a stage, as executors are told of it */
	int nmap;
	int *place, *attempt;           /* of each map output */
	bool *sized;                    /* its sizes are counted */
	int generation;                 /* of places */
	struct remote_kept *kept;       /* its rows are there already */
	struct exchange_size *size;     /* of each map, when it will be kept */
	struct text frame;              /* its STAGE message */
};

struct told {                   /* what an executor knows of this job */
	bool job;
	bool *stage;
	int *generation;                /* of the stage's maps; 0: nothing */
};

struct rows {                   /* collected rows that came in pieces */
	int exec, stage, part, attempt, fd;
	int64_t bytes;
	struct rows *next;
};

struct remote {
	struct action *job;
	struct app *app;
	struct cluster *cluster;
	struct runner *runner;
	struct remote_job files;
	struct rstage *stage;
	struct rows *rows;
	struct arena turn;              /* of a frame */
	bool kept_lost;                 /* why it failed: it may be run again */
	const struct done_msg *done;    /* whose end is being told */
	bool done_sent;
};

static struct rstage *
begin_stage(struct remote *m, int stage)
{
	struct rstage *g = &m->stage[stage];
	const struct stage_run *run = &m->job->env.run[stage];
	const struct kept *k = kept_of_stage(run->stage);
	struct stage_msg msg = { .job = m->job->number, .stage = stage,
	    .kept = k ? k->number : 0,
	    .npart = run->npart, .nlo = run->lo ? run->npart + 1 : 0,
	    .lo = run->lo };

	g->nmap = run->npart;
	g->place = xmalloc(sizeof *g->place * ((size_t)g->nmap + 1));
	g->attempt = xcalloc((size_t)g->nmap + 1, sizeof *g->attempt);
	g->sized = xcalloc((size_t)g->nmap + 1, sizeof *g->sized);
	for (int i = 0; i < g->nmap; i++)
		g->place[i] = -1;
	g->generation = 1;
	if (k && g->kept == NULL)
		g->size = xcalloc((size_t)g->nmap + 1, sizeof *g->size);
	stage_msg_print(&g->frame, &msg);
	return g;
}

/* Kept rows are taken as they are: a launch of such a task ends at once. */
static int
take_kept(struct remote *m, int stage, struct err *e)
{
	struct stage_run *run = &m->job->env.run[stage];
	struct rstage *g = &m->stage[stage];
	struct exchange_conf x;
	struct exchange_size *part;

	run->npart = g->kept->nmap;
	stage_run_exchange(&m->job->env, stage, &x);
	TRY(exchange_new(&run->exchange, &x, e));
	begin_stage(m, stage);
	part = xcalloc((size_t)x.npart + 1, sizeof *part);
	for (int i = 0; i < g->nmap; i++) {
		part[i] = g->kept->size[i];
		g->place[i] = g->kept->place[i];
		g->attempt[i] = g->kept->attempt[i];
		g->sized[i] = true;
	}
	exchange_tell(run->exchange, part);
	free(part);
	return 0;
}

/* Stages whose rows are there, and those that only they read: nothing is to
 * be run for them. */
static void
find_kept(struct remote *m)
{
	const struct stages *s = m->job->stages;
	struct stage_run *run = m->job->env.run;

	remote_kept_sweep(m->cluster);
	for (int i = 0; i < s->n; i++) {
		const struct kept *k = kept_of_stage(&s->stage[i]);

		m->stage[i].kept = k ? remote_kept_find(m->cluster, k) : NULL;
		run[i].done = i < s->n - 1;
	}
	for (int i = s->n - 1; i >= 0; i--)
		for (int in = 0; !run[i].done && m->stage[i].kept == NULL &&
		    in < s->stage[i].nin; in++)
			run[s->stage[i].in[in] - 1].done = false;
}

static int
plan(struct runner *r, int stage, int *npart, struct err *e)
{
	struct remote *m = r->backend;

	if (m->stage[stage].kept && !r->job->env.run[stage].done) {
		TRY(take_kept(m, stage, e));
	} else {
		TRY(adapt_stage(&r->job->env, stage, r->job->conf, e));
		begin_stage(m, stage);
	}
	*npart = r->job->env.run[stage].npart;
	return 0;
}

static struct told *
told_of(struct remote *m, struct cluster_exec *x)
{
	struct told *t = x->job;
	int n = m->job->stages->n;

	if (t)
		return t;
	x->job = t = xcalloc(1, sizeof *t);
	t->stage = xcalloc((size_t)n + 1, sizeof *t->stage);
	t->generation = xcalloc((size_t)n + 1, sizeof *t->generation);
	return t;
}

static void
forget_told(struct cluster_exec *x)
{
	struct told *t = x->job;

	if (t == NULL)
		return;
	free(t->stage);
	free(t->generation);
	free(t);
	x->job = NULL;
}

static void
tell_stage(struct remote *m, struct cluster_exec *x, int stage)
{
	struct told *t = told_of(m, x);
	struct text *f = &m->stage[stage].frame;

	if (!t->job)
		cluster_send(x, FRAME_JOB, m->files.frame.p, m->files.frame.n);
	t->job = true;
	if (!t->stage[stage])
		cluster_send(x, FRAME_STAGE, f->p, f->n);
	t->stage[stage] = true;
}

/* The places of the maps of a stage that is read next. */
static void
tell_maps(struct remote *m, struct cluster_exec *x, int stage)
{
	struct told *t = told_of(m, x);
	struct rstage *g = &m->stage[stage];
	struct maps_msg msg = { m->job->number, stage, g->nmap, g->place,
	    g->attempt };
	struct text body = { 0 };

	tell_stage(m, x, stage);
	if (t->generation[stage] == g->generation)
		return;
	t->generation[stage] = g->generation;
	cluster_tell_places(x);
	maps_msg_print(&body, &msg);
	cluster_send(x, FRAME_MAPS, body.p, body.n);
	text_release(&body);
}

static void
launch_tasks(struct remote *m, const struct sched_order *o)
{
	struct cluster_exec *x = cluster_exec(m->cluster, o->exec);
	const struct stage *s = &m->job->stages->stage[o->stage];
	struct launch_msg msg = { m->job->number, o->stage, o->part, o->n,
	    o->attempt };
	struct text t = { 0 };

	tell_stage(m, x, o->stage);
	for (int i = 0; i < s->nin; i++)
		tell_maps(m, x, s->in[i] - 1);
	launch_msg_print(&t, &msg);
	cluster_send(x, FRAME_LAUNCH, t.p, t.n);
	text_release(&t);
}

static int
end_kept(struct remote *m, const struct sched_order *o, int part)
{
	struct rstage *g = &m->stage[o->stage];
	struct ended x = { .stage = o->stage, .part = part,
	    .attempt = o->attempt, .exec = o->exec, .place = g->place[part],
	    .lost_stage = -1, .lost_part = -1, .lost_place = -1 };
	struct err e;

	if (x.place >= 0)
		return runner_ended(m->runner, &x);
	/* What it was made of was not run this time. */
	remote_kept_forget(m->cluster, g->kept->kept);
	m->kept_lost = true;
	err_set(&e, ERR_TEMP, "rows that were kept have been lost");
	runner_fail(m->runner, &e, ERR_TEMP);
	return 0;
}

static void
launch(struct runner *r, const struct sched_order *o)
{
	struct remote *m = r->backend;

	if (m->stage[o->stage].kept) {
		for (int p = o->part; p < o->part + o->n && !r->failed; p++)
			end_kept(m, o, p);
		return;
	}
	launch_tasks(m, o);
}

static void
send_order(struct runner *r, const struct sched_order *o, int type, int n)
{
	struct remote *m = r->backend;
	struct launch_msg msg = { m->job->number, o->stage, o->part, n,
	    o->attempt };
	struct text t = { 0 };

	launch_msg_print(&t, &msg);
	cluster_send(cluster_exec(m->cluster, o->exec), type, t.p, t.n);
	text_release(&t);
}

static void
take_back(struct runner *r, const struct sched_order *o)
{
	send_order(r, o, FRAME_REVOKE, o->n);
}

static void
cancel(struct runner *r, const struct sched_order *o)
{
	send_order(r, o, FRAME_CANCEL, 1);
}

static void
lost_maps(struct runner *r, const struct sched_order *o)
{
	struct remote *m = r->backend;
	struct rstage *g = &m->stage[o->stage];

	for (int i = o->part; i < o->part + o->n && i < g->nmap; i++)
		g->place[i] = -1;
	g->generation++;
}

/* Only the attempt whose end is told right now is ever committed: the
 * scheduler asks for it at once. */
static int
commit(struct runner *r, const struct sched_order *o, struct err *e)
{
	struct remote *m = r->backend;
	const struct done_msg *d = m->done;

	if (d == NULL || d->stage != o->stage || d->part != o->part ||
	    d->attempt != o->attempt)
		return err_set(e, ERR_TEMP, "the attempt's files are not known");
	return remote_job_commit(&m->files, m->app, d->part, d->attempt,
	    d->output, d->noutput, true, e);
}

static void
stage_forget(struct runner *r, int stage)
{
	struct remote *m = r->backend;
	struct text t = { 0 };

	msg_i64(&t, m->job->number);
	msg_i64(&t, stage);
	for (int i = 0; i < cluster_count(m->cluster); i++) {
		struct cluster_exec *x = cluster_exec(m->cluster, i);

		if (x->state == REMOTE_READY && x->job)
			cluster_send(x, FRAME_FORGET, t.p, t.n);
	}
	text_release(&t);
}

static int
await(struct runner *r, int ms, struct err *e)
{
	struct remote *m = r->backend;

	return cluster_turn(m->cluster, ms, e);
}

static const struct runner_ops ops = {
	.plan = plan, .launch = launch, .revoke = take_back,
	.cancel = cancel, .commit = commit, .lost = lost_maps,
	.stage_forget = stage_forget, .wait = await,
};

static struct stage_figures
figures_of(const struct figures *f)
{
	return (struct stage_figures){ .rows_in = f->rows_in,
	    .bytes_in = f->bytes_in, .rows_out = f->rows_out,
	    .bytes_out = f->bytes_out, .spilled = f->spilled,
	    .cpu_us = f->cpu_us };
}

/* Takes rows that came before out of the list: their file, or -1. */
static int
take_rows(struct remote *m, const struct cluster_exec *x,
    const struct done_msg *d, int64_t *bytes)
{
	for (struct rows **at = &m->rows; *at; at = &(*at)->next) {
		struct rows *r = *at;
		int fd = r->fd;

		if (r->exec != x->number || r->stage != d->stage ||
		    r->part != d->part || r->attempt != d->attempt)
			continue;
		*bytes = r->bytes;
		*at = r->next;
		free(r);
		return fd;
	}
	return -1;
}

static struct rows *
rows_for(struct remote *m, const struct cluster_exec *x,
    const struct rows_msg *d, struct err *e)
{
	struct rows *r;

	for (r = m->rows; r; r = r->next)
		if (r->exec == x->number && r->stage == d->stage &&
		    r->part == d->part && r->attempt == d->attempt)
			return r;
	r = xcalloc(1, sizeof *r);
	*r = (struct rows){ x->number, d->stage, d->part, d->attempt,
	    open(m->app->scratch, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), 0,
	    m->rows };
	if (r->fd < 0) {
		err_sys(e, "could not keep results in \"%s\"",
		    m->app->scratch);
		free(r);
		return NULL;
	}
	m->rows = r;
	return r;
}

static int
on_rows(struct remote *m, struct cluster_exec *x, const char *body, size_t n,
    struct err *e)
{
	struct rows_msg d;
	struct rows *r;
	size_t done = 0;

	TRY(rows_msg_parse(body, n, &d, e));
	r = rows_for(m, x, &d, e);
	if (r == NULL)
		return e->kind;
	while (done < d.n) {
		ssize_t k = pwrite(r->fd, d.p + done, d.n - done, r->bytes);

		if (k < 0)
			return err_sys(e, "could not keep results in \"%s\"",
			    m->app->scratch);
		done += (size_t)k;
		r->bytes += k;
	}
	return 0;
}

static void
count_sizes(struct remote *m, const struct done_msg *d)
{
	struct rstage *g = &m->stage[d->stage];
	struct exchange *x = m->job->env.run[d->stage].exchange;

	if (x && !g->sized[d->part] && d->npart == exchange_npart(x))
		exchange_tell(x, d->size);
	if (g->size && d->part < d->npart)
		g->size[d->part] = d->size[d->part];
	g->sized[d->part] = true;
}

static bool
known(const struct remote *m, int stage, int part)
{
	return stage < m->job->stages->n && m->stage[stage].place &&
	    part < m->stage[stage].nmap;
}

static int
unknown(const char *what, struct err *e)
{
	err_set(e, ERR_BUG, "%s of a task that was never asked for", what);
	e->code = EXIT_PROTOCOL;
	return e->kind;
}

static void
fill_rows(struct remote *m, const struct cluster_exec *x,
    const struct done_msg *d, struct ended *end)
{
	int64_t bytes = 0;

	end->has_rows = d->has_rows;
	if (!d->has_rows)
		return;
	end->collected.rows = d->rows;
	end->collected.fd = d->streamed ? take_rows(m, x, d, &bytes) : -1;
	end->collected.bytes = bytes;
	text_add(&end->collected.text, d->text, d->ntext);
}

static int
on_done(struct remote *m, struct cluster_exec *x, const char *body, size_t n,
    struct err *e)
{
	struct done_msg d;
	struct ended end = { .exec = x->number, .place = -1,
	    .lost_stage = -1, .lost_part = -1, .lost_place = -1 };
	int before;

	TRY(done_msg_parse(&m->turn, body, n, &d, e));
	if (d.job != m->job->number)
		return 0;
	if (!known(m, d.stage, d.part))
		return unknown("the end", e);
	end.stage = d.stage;
	end.part = d.part;
	end.attempt = d.attempt;
	end.figures = figures_of(&d.figures);
	end.rowset = d.rowset;
	if (d.has_map)
		end.place = x->place;
	fill_rows(m, x, &d, &end);
	/* The place must be there when the scheduler starts the readers. */
	before = m->stage[d.stage].place[d.part];
	if (d.has_map && before < 0) {
		count_sizes(m, &d);
		m->stage[d.stage].place[d.part] = x->place;
		m->stage[d.stage].attempt[d.part] = d.attempt;
		m->stage[d.stage].generation++;
	}
	m->done = &d;
	if (!runner_ended(m->runner, &end) && d.has_map && before < 0)
		m->stage[d.stage].place[d.part] = -1;
	m->done = NULL;
	return 0;
}

/* Where in the job text the error is. */
static struct span
place_of(const struct remote *m, const struct failed_msg *f)
{
	struct span *v, found = { 0, 0, 0 };
	int n = plan_spans(m->job->stages, &v);

	if (n == f->nspan && f->span >= 0 && f->span < n)
		found = v[f->span];
	free(v);
	return found;
}

static int
on_failed(struct remote *m, struct cluster_exec *x, const char *body,
    size_t n, struct err *e)
{
	struct failed_msg f;
	struct ended end = { .exec = x->number, .place = -1 };

	TRY(failed_msg_parse(body, n, &f, e));
	if (f.job != m->job->number)
		return 0;
	if (!known(m, f.stage, f.part))
		return unknown("the failure", e);
	end.stage = f.stage;
	end.part = f.part;
	end.attempt = f.attempt;
	end.code = f.err.kind;
	end.err = f.err;
	end.err.span = place_of(m, &f);
	end.figures = figures_of(&f.figures);
	end.lost_stage = f.lost_stage;
	end.lost_part = f.lost_map;
	end.lost_place = f.lost_place;
	if (m->job->verbose)
		fprintf(stderr, "executor %s: ", x->name);
	runner_ended(m->runner, &end);
	return 0;
}

static int
on_job_failed(struct remote *m, struct cluster_exec *x, const char *body,
    size_t n, struct err *e)
{
	struct failed_msg f;

	(void)x;
	TRY(failed_msg_parse(body, n, &f, e));
	if (f.job == m->job->number)
		runner_fail(m->runner, &f.err, f.err.kind ? f.err.kind :
		    ERR_BUG);
	return 0;
}

static int
on_revoked(struct remote *m, struct cluster_exec *x, const char *body,
    size_t n, struct err *e)
{
	struct launch_msg l;
	struct sched_event ev = { .kind = EV_REVOKED, .exec = x->number };

	TRY(launch_msg_parse(body, n, &l, e));
	if (l.job != m->job->number)
		return 0;
	ev.stage = l.stage;
	ev.part = l.part;
	ev.attempt = l.attempt;
	runner_tell(m->runner, &ev);
	return 0;
}

static int
on_file_read(struct remote *m, struct cluster_exec *x, const char *body,
    size_t n, struct err *e)
{
	struct file_read_msg f;
	struct text t = { 0 };

	TRY(file_read_msg_parse(body, n, &f, e));
	if (f.job != m->job->number)
		return 0;
	remote_job_read(&m->files, &f, &t);
	cluster_send(x, FRAME_FILE_DATA, t.p, t.n);
	text_release(&t);
	return 0;
}

/* A disk that is full fails the job, not the executor. */
static int
on_out_data(struct remote *m, struct cluster_exec *x, const char *body,
    size_t n, struct err *e)
{
	struct out_data_msg o;
	struct err why;
	int r;

	(void)x;
	TRY(out_data_msg_parse(&m->turn, body, n, &o, e));
	if (o.job != m->job->number)
		return 0;
	r = remote_job_write(&m->files, m->app, &o, &why);
	if (r < 0 && why.code == EXIT_PROTOCOL) {
		*e = why;
		return r;
	}
	if (r < 0)
		runner_fail(m->runner, &why, r);
	return 0;
}

static int
on_progress(struct remote *m, struct cluster_exec *x, const char *body,
    size_t n, struct err *e)
{
	struct msg in;
	int64_t rows, bytes;

	(void)x;
	(void)e;
	msg_init(&in, body, n);
	rows = (int64_t)msg_get_u64(&in);
	bytes = (int64_t)msg_get_u64(&in);
	atomic_fetch_add(&m->job->env.rows_read, rows);
	atomic_fetch_add(&m->job->env.bytes_read, bytes);
	return 0;
}

static int (*const handler[FRAME_TYPES])(struct remote *,
    struct cluster_exec *, const char *, size_t, struct err *) = {
	[FRAME_DONE] = on_done,
	[FRAME_FAILED] = on_failed,
	[FRAME_JOB_FAILED] = on_job_failed,
	[FRAME_REVOKED] = on_revoked,
	[FRAME_RESULT] = on_rows,
	[FRAME_FILE_READ] = on_file_read,
	[FRAME_OUT_DATA] = on_out_data,
	[FRAME_PROGRESS] = on_progress,
};

static void
on_frame(void *arg, struct cluster_exec *x, int type, const char *body,
    size_t n)
{
	struct remote *m = arg;
	struct err e;

	arena_reset(&m->turn);
	if (handler[type] == NULL || m->runner->failed)
		return;
	if (handler[type](m, x, body, n, &e) >= 0)
		return;
	if (e.code == EXIT_PROTOCOL)
		cluster_drop(x, &e);
	else
		runner_fail(m->runner, &e, e.kind);
}

static void
on_up(void *arg, struct cluster_exec *x)
{
	struct remote *m = arg;
	struct sched_event ev = { .kind = EV_EXEC_UP, .exec = x->number,
	    .slots = x->slots, .host = x->host, .place = x->place,
	    .place_stays = x->place_stays };

	x->announced = true;
	runner_tell(m->runner, &ev);
}

static void
drop_rows(struct remote *m, int exec)
{
	for (struct rows **at = &m->rows; *at;) {
		struct rows *r = *at;

		if (exec >= 0 && r->exec != exec) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		close(r->fd);
		free(r);
	}
}

static void
on_lost(void *arg, struct cluster_exec *x, const char *why)
{
	struct remote *m = arg;
	struct sched_event ev = { .kind = x->host_lost ? EV_HOST_LOST :
	    EV_EXEC_LOST, .exec = x->number, .host = x->host,
	    .why = ERR_TEMP };

	drop_rows(m, x->number);
	forget_told(x);
	if (m->runner->error.kind == 0) {
		err_set(&m->runner->error, ERR_TEMP, "%s", why);
		m->runner->error.code = EXIT_UNAVAILABLE;
		m->runner->error_code = ERR_TEMP;
	}
	x->announced = false;
	runner_tell(m->runner, &ev);
}

/* What came and went between the actions. */
static void
announce(struct remote *m)
{
	for (int i = 0; i < cluster_count(m->cluster); i++) {
		struct cluster_exec *x = cluster_exec(m->cluster, i);

		if (x->state == REMOTE_READY && !x->announced)
			on_up(m, x);
		if (x->state == REMOTE_LOST && x->announced)
			on_lost(m, x, "an executor was lost");
	}
}

static void
on_drain(void *arg, struct cluster_exec *x)
{
	struct remote *m = arg;
	struct sched_event ev = { .kind = EV_EXEC_DRAIN, .exec = x->number };

	runner_tell(m->runner, &ev);
}

static const struct cluster_ops cluster_ops = { on_up, on_lost, on_drain,
    on_frame };

static void
end_job(struct remote *m)
{
	struct text t = { 0 };

	msg_i64(&t, m->job->number);
	for (int i = 0; i < cluster_count(m->cluster); i++) {
		struct cluster_exec *x = cluster_exec(m->cluster, i);

		if (x->state == REMOTE_READY && x->job)
			cluster_send(x, FRAME_JOB_END, t.p, t.n);
		forget_told(x);
	}
	text_release(&t);
}

/* What the action has made to be kept. */
static void
keep(struct remote *m)
{
	for (int i = 0; i < m->job->stages->n; i++) {
		struct rstage *g = &m->stage[i];
		const struct kept *k = kept_of_stage(&m->job->stages->stage[i]);
		bool whole = k && g->size && !m->job->env.run[i].done;

		for (int p = 0; whole && p < g->nmap; p++)
			whole = g->place[p] >= 0;
		if (whole)
			remote_kept_made(m->cluster, k, g->nmap, g->place,
			    g->attempt, g->size);
	}
}

static void
release(struct remote *m)
{
	cluster_listen(m->cluster, NULL, NULL);
	drop_rows(m, -1);
	for (int i = 0; i < m->job->stages->n; i++) {
		free(m->stage[i].place);
		free(m->stage[i].attempt);
		free(m->stage[i].sized);
		free(m->stage[i].size);
		text_release(&m->stage[i].frame);
	}
	free(m->stage);
	remote_job_close(&m->files);
	arena_release(&m->turn);
}

/* One try; *done: partitions of rows that were passed on. */
static int
run_once(struct remote *m, int *done, struct err *e)
{
	struct runner r = { .ops = &ops, .backend = m, .next_out = *done };
	struct action *j = m->job;
	int code;

	m->runner = &r;
	m->stage = xcalloc((size_t)j->stages->n + 1, sizeof *m->stage);
	atomic_store(&j->env.cancel, 0);
	adapt_open(&j->env, j->stages);
	find_kept(m);
	code = remote_job_open(&m->files, m->app, j, e);
	if (code >= 0) {
		runner_open(&r, j, cluster_sched(m->cluster), true);
		cluster_listen(m->cluster, &cluster_ops, m);
		announce(m);
		code = runner_run(&r, e);
		if (code >= 0)
			keep(m);
		end_job(m);
		*done = r.next_out;
		runner_close(&r);
	}
	release(m);
	adapt_close(&j->env);
	return code;
}

int
remote_run(struct action *j, struct app *a, struct cluster *c, struct err *e)
{
	int done = 0, code, tries = 0;

	do {
		struct remote m = { .job = j, .app = a, .cluster = c };

		code = run_once(&m, &done, e);
		if (!m.kept_lost)
			break;
		j->number = ++a->njob;  /* its frames are told apart */
	} while (code < 0 && ++tries < KEPT_TRIES);
	return code;
}
