/*
 * remote_heard -- what executors say about an action: ends of attempts, rows,
 * pieces of files, questions for files.
 *
 * A message that breaks the rules costs its sender the connection; trouble
 * of this machine (a full disk) fails the action.
 */
#include "driver/remote_state.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "driver/job.h"
#include "driver/places.h"
#include "net/msg.h"
#include "net/proto.h"
#include "plan/kept.h"
#include "plan/spans.h"

static struct stage_figures
figures_of(const struct figures *f)
{
	return (struct stage_figures){ .rows_in = f->rows_in,
	    .bytes_in = f->bytes_in, .rows_out = f->rows_out,
	    .bytes_out = f->bytes_out, .spilled = f->spilled,
	    .cpu_us = f->cpu_us, .fetched_local = f->fetched_local,
	    .fetched_remote = f->fetched_remote };
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
	return msg_wrong(e, "%s of a task that was never asked for", what);
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
	/* What a job that has ended still had to say is not this one's. */
	if (d.job != m->job->number)
		return 0;
	if (!known(m, d.stage, d.part))
		return unknown("rows", e);
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
		exchange_tell(x, d->part, d->size);
	if (g->size && d->part < d->npart) {
		g->size[d->part] = d->size[d->part];
		g->rowset[d->part] = d->rowset;
	}
	if (!g->sized[d->part])
		g->bytes += d->map_bytes;
	g->sized[d->part] = true;
}

/* Is it what was kept? */
static bool
same_rows(const struct remote *m, const struct done_msg *d)
{
	const struct rstage *g = &m->stage[d->stage];

	return g->kept == NULL || !g->sized[d->part] ||
	    g->rowset[d->part] == d->rowset;
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

/* Has the end what the end of such a task must have?  An exchange's sizes are
 * by partition; rows that were announced have come. */
static bool
whole(const struct remote *m, const struct done_msg *d,
    const struct ended *end)
{
	const struct stage_run *run = &m->job->env.run[d->stage];
	const struct node *root = run->stage->root;

	if (d->has_map != (root->kind == NODE_EXCHANGE) ||
	    d->has_rows != (root->kind == NODE_COLLECT))
		return false;
	if (d->has_map && run->exchange &&
	    d->npart != exchange_npart(run->exchange))
		return false;
	return !d->streamed || end->collected.fd >= 0;
}

static int
on_done(struct remote *m, struct cluster_exec *x, const char *body, size_t n,
    struct err *e)
{
	struct done_msg d;
	struct ended end = { .exec = x->number, .place = -1,
	    .lost_stage = -1, .lost_part = -1, .lost_place = -1 };
	struct err why;
	bool counts;
	int before, r;

	TRY(done_msg_parse(&m->turn, body, n, &d, e));
	if (d.job != m->job->number)
		return 0;
	if (!known(m, d.stage, d.part))
		return unknown("the end", e);
	end.stage = d.stage;
	end.part = d.part;
	end.attempt = d.attempt;
	end.figures = figures_of(&d.figures);
	end.ran_us = d.figures.ran_us;
	end.rowset = d.rowset;
	if (d.has_map)
		end.place = d.address ? cluster_kept_place(x, d.address) :
		    x->place;
	fill_rows(m, x, &d, &end);
	if (!whole(m, &d, &end)) {
		runner_drop(&end);
		return unknown("a result", e);
	}
	if (d.has_map && !same_rows(m, &d)) {
		runner_drop(&end);
		remote_kept_broken(m, d.stage);
		return 0;
	}
	/* The place must be there when the scheduler starts the readers. */
	before = m->stage[d.stage].place[d.part];
	if (d.has_map && before < 0) {
		count_sizes(m, &d);
		m->stage[d.stage].place[d.part] = end.place;
		m->stage[d.stage].attempt[d.part] = d.attempt;
		m->stage[d.stage].generation++;
	}
	m->done = &d;
	counts = runner_ended(m->runner, &end);
	if (!counts && d.has_map && before < 0)
		m->stage[d.stage].place[d.part] = -1;
	m->done = NULL;
	r = bad_rows_ended(&m->bad, d.stage, d.part, d.attempt, counts ?
	    BAD_ROWS_KEEP : BAD_ROWS_DROP, &why);
	if (r < 0)
		runner_fail(m->runner, &why, r);
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

/* Executors that share a shuffle service have places of their own there; the
 * reader names one of them.  All of a place is lost: one that maps of the
 * stage are at is meant. */
static int
lost_place(const struct remote *m, const struct failed_msg *f)
{
	const struct rstage *g;
	int same = f->lost_place;

	if (f->lost_map >= 0 || f->lost_place < 0 || f->lost_stage < 0 ||
	    f->lost_stage >= m->job->stages->n)
		return f->lost_place;
	g = &m->stage[f->lost_stage];
	for (int i = 0; g->place && i < g->nmap; i++) {
		if (g->place[i] == f->lost_place)
			return f->lost_place;
		if (place_same(cluster_places(m->cluster), g->place[i],
		    f->lost_place))
			same = g->place[i];
	}
	return same;
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
	end.ran_us = f.figures.ran_us;
	end.lost_stage = f.lost_stage;
	end.lost_part = f.lost_map;
	end.lost_place = lost_place(m, &f);
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
	r = o.output == OUT_DATA_BAD ? bad_rows_write(&m->bad, &m->files, &o,
	    &why) : remote_job_write(&m->files, m->app, &o, &why);
	if (r < 0 && why.code == EXIT_PROTOCOL) {
		*e = why;
		return r;
	}
	if (r < 0)
		runner_fail(m->runner, &why, r);
	return 0;
}

/* The output is there until the job ends.  This comes before the end of the
 * task that made it, when there was no room from the beginning. */
static void
note_gone(struct remote *m, const struct gone_msg *g)
{
	for (int i = 0; i < m->job->stages->n; i++) {
		const struct kept *k = kept_of_stage(&m->job->stages->stage[i]);
		struct rstage *s = &m->stage[i];

		if (k && k->number == g->number && s->gone && g->map < s->nmap)
			s->gone[g->map] = g->attempt + 1;
	}
}

/* For all that know the relation, those that have failed, too: they pass on
 * where its rows are.  A damaged one was refused (remote_kept_gone). */
static void
on_kept_gone(const struct backend *p, const char *body, size_t n)
{
	struct gone_msg g;
	struct err e;

	if (gone_msg_parse(body, n, &g, &e) < 0)
		return;
	for (int i = 0; i < p->n; i++)
		note_gone(p->v[i]->backend, &g);
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
	bytes = (int64_t)msg_get_u64(&in);      /* the rest: executors.c */
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
	[FRAME_RELAY_ASK] = remote_relay_ask,
	[FRAME_RELAY_END] = remote_relay_end,
};

/* Whose it is; what a job that has ended still had to say is nobody's.  Every
 * body begins with the job, but for a FILE_READ, where a u64 comes first, and
 * PROGRESS, which is of all and shown as a sum. */
static struct remote *
addressee(const struct backend *p, int type, const char *body, size_t n)
{
	struct msg in;
	int job;

	if (type == FRAME_PROGRESS)
		return p->n ? p->v[0]->backend : NULL;
	msg_init(&in, body, n);
	if (type == FRAME_FILE_READ)
		msg_get_u64(&in);
	job = msg_get_int(&in, 0, INT32_MAX);
	for (int i = 0; i < p->n; i++) {
		struct remote *m = p->v[i]->backend;

		if (m->job->number == job)
			return m;
	}
	/* A damaged one is found by who reads it. */
	return in.bad && p->n ? p->v[0]->backend : NULL;
}

void
remote_heard(void *arg, struct cluster_exec *x, int type, const char *body,
    size_t n)
{
	struct remote *m;
	struct err e;

	if (type == FRAME_KEPT_GONE)
		on_kept_gone(arg, body, n);
	if (handler[type] == NULL)
		return;
	m = addressee(arg, type, body, n);
	if (m == NULL || m->runner->failed)
		return;
	arena_reset(&m->turn);
	if (handler[type](m, x, body, n, &e) >= 0)
		return;
	if (e.code == EXIT_PROTOCOL)
		cluster_drop(x, &e);
	else
		runner_fail(m->runner, &e, e.kind);
}

void
remote_drop_rows(struct remote *m, int exec)
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
