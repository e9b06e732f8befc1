/*
 * exec_job -- see exec_job.h.
 *
 * A task's end is encoded in its own thread and goes through the outbox like
 * everything else of it, so the driver gets an attempt's files and rows
 * before it hears that the attempt is done.
 */
#include "executor/exec_job.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/zone.h"
#include "exec/crew.h"
#include "exec/stage_run.h"
#include "executor/far_files.h"
#include "executor/job_catalog.h"
#include "executor/made_maps.h"
#include "executor/relayed.h"
#include "executor/send_files.h"
#include "executor/serve.h"
#include "format/format.h"
#include "io/groups.h"
#include "net/msg.h"
#include "net/proto.h"
#include "plan/kept.h"
#include "plan/spans.h"
#include "sql/bind.h"
#include "sql/plan_read.h"
#include "store/block_cache.h"
#include "store/commit.h"
#include "store/map_file.h"
#include "transfer/fetch.h"

struct exec_job {
	struct arena arena;
	struct exec_host *host;
	const struct job_msg *msg;
	struct exec_env env;
	struct stages *stages;
	struct job_catalog catalog;
	struct crew_job crew;
	struct far_job far;
	struct output **output;         /* by number */
	bool *away;                     /* its files go to the driver */
	int noutput;
	int64_t rows_told, bytes_told;
	bool *only_cache;               /* by stage: no files are made */
	int *kept;                      /* by stage: number of its rows, or 0 */
	bool needs;                     /* need_kept was called */
	struct span *span;              /* plan_spans */
	int nspan;
	struct relayed **relayed;       /* by stage: of broadcasts, or NULL */
};

static struct done_output *
outputs_of(struct exec_job *j, struct task *t)
{
	struct done_output *v = NEW_N(&t->arena, struct done_output,
	    t->ncommit + 1);

	for (int i = 0; i < t->ncommit; i++) {
		int number = 0;

		while (j->output[number] != t->commit[i].output)
			number++;
		v[i] = (struct done_output){ number, t->commit[i].nfile,
		    t->commit[i].file };
	}
	return v;
}

/* Files of outputs that are staged elsewhere leave for the driver. */
static int
send_outputs(struct exec_job *j, struct task *t, struct err *e)
{
	struct done_output *v = outputs_of(j, t);

	for (int i = 0; i < t->ncommit; i++) {
		struct send_file s = { .out = j->host->out,
		    .cancel = &j->env.cancel, .output = t->commit[i].output,
		    .msg = { .job = j->msg->job, .output = v[i].number,
		    .part = t->part, .attempt = t->attempt } };

		if (!j->away[v[i].number])
			continue;
		for (int k = 0; k < v[i].nfile; k++)
			TRY(send_file(&s, v[i].file[k].name, e));
	}
	return 0;
}

/* So do records that could not be read. */
static int
send_bad_rows(struct exec_job *j, struct task *t, struct err *e)
{
	struct send_file s = { .out = j->host->out, .cancel = &j->env.cancel,
	    .msg = { .job = j->msg->job, .part = t->part,
	    .attempt = t->attempt } };
	char prefix[TASK_BAD_SIZE];

	task_bad_prefix(t, prefix);
	return send_bad(&s, j->env.scratch, prefix, t->run->stage->id - 1, e);
}

static int
commit(void *arg, struct task *t, struct err *e)
{
	struct exec_job *j = arg;
	struct xwriter *w = t->writer;
	int stage;

	TRY(send_outputs(j, t, e));
	if (t->bad)
		TRY(send_bad_rows(j, t, e));
	if (w == NULL)
		return 0;
	t->writer = NULL;
	TRY(xwriter_publish(w, t->attempt, &t->arena, &t->facts, e));
	stage = (int)(t->run - j->env.run);
	made_maps_add(j->host->made, j->host->maps, j->kept[stage] ? 0 :
	    j->msg->job, j->kept[stage] ? j->kept[stage] : stage + 1, t->part,
	    t->attempt);
	return 0;
}

/* In the thread that ran it. */
static struct figures
figures_of(const struct attempt *a)
{
	const struct task *t = a->task;
	struct fetch_figures fetched = fetch_tally();

	return (struct figures){ t->rows_in, t->bytes_in, t->rows_out,
	    t->bytes_out + (t->facts.npart ? t->facts.bytes : 0), t->spilled,
	    a->cpu_us, a->ran_us, fetched.local_bytes,
	    fetched.remote_bytes };
}

/* Rows that did not fit into memory, ahead of the message about the end. */
static int
send_rows(struct exec_job *j, const struct attempt *a, struct err *e)
{
	struct rows_msg m = { .job = j->msg->job, .stage = a->stage,
	    .part = a->part, .attempt = a->attempt };
	int fd = a->task->collected->fd;
	char *buf = xmalloc((size_t)1 << 20);
	struct text t = { 0 };
	int64_t at = 0;
	ssize_t n;
	int r = 0;

	while ((n = pread(fd, buf, (size_t)1 << 20, at)) > 0) {
		m.p = buf;
		m.n = (size_t)n;
		text_clear(&t);
		rows_msg_print(&t, &m);
		if (!outbox_put_data(j->host->out, FRAME_RESULT, &t)) {
			r = err_set(e, ERR_TEMP, "the job has ended");
			break;
		}
		at += n;
	}
	if (n < 0)
		r = err_sys(e, "could not read results back");
	free(buf);
	text_release(&t);
	return r;
}

static void
tell_failed(struct exec_job *j, const struct attempt *a)
{
	const struct lost *lost = &a->task->lost;
	struct failed_msg m = { .job = j->msg->job, .stage = a->stage,
	    .part = a->part, .attempt = a->attempt, .err = a->err,
	    .lost_stage = lost->stage - 1,
	    .lost_place = serve_place_there(j->host->serve, lost->place),
	    .lost_map = lost->map, .figures = figures_of(a) };
	struct text t = { 0 };

	m.err.kind = a->code;
	m.span = a->err.span.len ? plan_span_find(j->span, j->nspan,
	    a->err.span) : -1;
	m.nspan = j->nspan;
	failed_msg_print(&t, &m);
	outbox_put(j->host->out, FRAME_FAILED, &t);
	text_release(&t);
}

static void
tell_done(struct exec_job *j, const struct attempt *a)
{
	struct task *task = a->task;
	const struct map_facts *f = &task->facts;
	const struct collected *c = task->collected;
	struct done_msg m = { .job = j->msg->job, .stage = a->stage,
	    .part = a->part, .attempt = a->attempt,
	    .figures = figures_of(a), .noutput = task->ncommit,
	    .output = outputs_of(j, task) };
	struct text t = { 0 };

	if (f->npart) {
		m.has_map = true;
		m.map_rows = f->rows;
		m.map_bytes = f->bytes;
		m.rowset = f->rowset;
		m.npart = f->npart;
		m.size = f->part;
		if (j->only_cache[a->stage])
			m.address = j->host->serve->kept_address;
	}
	if (c) {
		m.has_rows = true;
		m.rows = c->rows;
		m.streamed = c->fd >= 0;
		m.text = c->text.p ? c->text.p : "";
		m.ntext = c->text.n;
	}
	done_msg_print(&t, &m);
	(a->more ? outbox_put_soon : outbox_put)(j->host->out, FRAME_DONE, &t);
	text_release(&t);
}

static void
done(void *arg, struct attempt *a)
{
	struct exec_job *j = arg;
	struct collected *c = a->task->collected;
	char prefix[TASK_BAD_SIZE];

	if (a->task->bad) {
		task_bad_prefix(a->task, prefix);
		send_bad_drop(j->env.scratch, prefix);
	}
	if (a->code >= 0 && c && c->fd >= 0)
		a->code = send_rows(j, a, &a->err);
	if (a->code >= 0)
		tell_done(j, a);
	else
		tell_failed(j, a);
	if (c) {
		text_release(&c->text);
		if (c->fd >= 0)
			close(c->fd);
	}
}

static int
read_plan(struct exec_job *j, struct err *e)
{
	const struct setup_msg *setup = j->host->setup;
	const struct zone *zone = zone_utc;
	struct stages **plan;
	struct binder b = { .arena = &j->arena,
	    .catalog = &j->catalog.catalog,
	    .noutput = j->msg->first_output };
	int n;

	if (*setup->zone)
		TRY(zone_load(&j->arena, setup->zone, &zone, e));
	b.env = (struct expr_env){ .arena = &j->arena, .zone = zone,
	    .now_us = setup->now_us, .seed = setup->seed,
	    .user = setup->user };
	job_catalog_init(&j->catalog, j->msg->input, j->msg->ninput,
	    far_files_base());
	n = plan_read(&b, &j->msg->conf, j->msg->plan, j->msg->nplan, 0,
	    &plan, e);
	if (n < 0)
		return n;
	if (n != 1)
		return err_set(e, ERR_BUG, "%d plans in one job", n);
	j->stages = plan[0];
	j->only_cache = NEW_N(&j->arena, bool, j->stages->n + 1);
	j->kept = NEW_N(&j->arena, int, j->stages->n + 1);
	j->env.zone = zone;
	return 0;
}

/* A line that a command of a task wrote to stderr goes to the driver. */
static void
say(void *arg, const struct task *t, const char *line, size_t n)
{
	struct exec_job *j = arg;
	struct rows_msg m = { .job = j->msg->job, .stage = t->run->stage->id -
	    1, .part = t->part, .attempt = t->attempt, .p = line, .n = n };
	struct text body = { 0 };

	rows_msg_print(&body, &m);
	outbox_put_data(j->host->out, FRAME_LOG, &body);
	text_release(&body);
}

static void
fill_env(struct exec_job *j)
{
	const struct setup_msg *setup = j->host->setup;
	struct exec_env *env = &j->env;

	pool_init(&env->pool, j->host->memory, "executor", setup->memory);
	env->scratch = j->host->scratch;
	env->bad_job = j->msg->job;
	env->seed = setup->seed;
	env->threads = setup->cores;
	env->spread = true;
	env->max_record = setup->max_record;
	env->force_spill = setup->force_spill;
	env->chaos = setup->chaos;
	env->output = j->output;
	env->say = say;
	env->say_arg = j;
	env->stdout_format = format_find(j->msg->stdout_format);
	env->stdout_options = j->msg->stdout_options;
}

/* Where the staging directory is the driver's own, files are written there;
 * else below our scratch, and sent. */
static int
open_outputs(struct exec_job *j, struct err *e)
{
	const struct job_msg *m = j->msg;

	for (int i = 0; i < m->noutput; i++)
		if (m->output[i].number >= j->noutput)
			j->noutput = m->output[i].number + 1;
	j->output = NEW_N(&j->arena, struct output *, j->noutput + 1);
	j->away = NEW_N(&j->arena, bool, j->noutput + 1);
	for (int i = 0; i < m->noutput; i++) {
		const struct job_output *o = &m->output[i];
		const char *dir = o->staging;

		if (!send_file_is_here(o, &j->arena)) {
			j->away[o->number] = true;
			dir = arena_printf(&j->arena, "%s/out-%d-%d",
			    j->host->scratch, m->job, o->number);
		}
		TRY(output_attempts(&j->output[o->number], dir, o->extension,
		    e));
	}
	return 0;
}

static int
start_crew(struct exec_host *host, struct err *e)
{
	return host->crew ? 0 : crew_new(&host->crew, host->setup->cores, e);
}

static const struct kept *
kept_by(const struct stage *s)
{
	return s->root->kind == NODE_EXCHANGE ? s->root->u.exchange.kept :
	    NULL;
}

/* What the job reads or makes of kept rows stays somewhere until its end. */
static void
need_kept(const struct exec_job *j)
{
	for (int i = 0; i < j->stages->n; i++)
		if (kept_by(&j->stages->stage[i]))
			block_cache_need(j->host->kept,
			    kept_by(&j->stages->stage[i])->number);
}

static void
kept_done(const struct exec_job *j)
{
	for (int i = 0; j->needs && i < j->stages->n; i++)
		if (kept_by(&j->stages->stage[i]))
			block_cache_done(j->host->kept,
			    kept_by(&j->stages->stage[i])->number);
}

int
exec_job_open(struct exec_job **out, struct exec_host *host,
    const struct job_msg *m, struct err *e)
{
	struct exec_job *j = xcalloc(1, sizeof *j);
	int r;

	j->host = host;
	j->msg = m;
	j->crew = (struct crew_job){ &j->env, commit, done, j };
	r = read_plan(j, e);
	if (r >= 0)
		r = open_outputs(j, e);
	if (r >= 0) {
		fill_env(j);
		need_kept(j);
		j->needs = true;
		j->nspan = plan_spans(j->stages, &j->span);
		j->relayed = NEW_N(&j->arena, struct relayed *,
		    j->stages->n + 1);
		stage_runs_open(&j->env, j->stages);
		j->far = (struct far_job){ m->job, j->catalog.far_base,
		    j->catalog.nfar, j->catalog.far, false, NULL };
		far_files_begin(&j->far);
		r = start_crew(host, e);
	}
	if (r < 0) {
		exec_job_close(j);
		return r;
	}
	*out = j;
	return 0;
}

void
exec_host_forget(const struct exec_host *host, int job, int stage)
{
	made_maps_remove(host->made, host->maps, job, stage < 0 ? -1 :
	    stage + 1);
	if (job == 0) {                 /* the same names may come again */
		block_cache_forget(host->kept, stage + 1);
		serve_forget(host->serve, 0);
	}
}

void
exec_job_stop(struct exec_job *j)
{
	atomic_store(&j->env.cancel, 1);
	far_files_stop(&j->far);
}

bool
exec_job_busy(struct exec_job *j)
{
	return crew_clear(j->host->crew, &j->crew) > 0;
}

void
exec_job_close(struct exec_job *j)
{
	char bad[TASK_BAD_SIZE];

	if (j == NULL)
		return;
	exec_job_stop(j);
	crew_leave(j->host->crew, &j->crew);
	far_files_end(&j->far);
	if (j->env.run)
		stage_runs_close(&j->env);
	for (int i = 0; j->relayed && i < j->stages->n; i++)
		relayed_close(j->relayed[i]);
	for (int i = 0; i < j->noutput; i++) {
		if (j->output[i] && j->away[i])
			send_file_remove(output_staging(j->output[i]));
		output_close(j->output[i]);
	}
	task_bad_of_job(j->msg->job, bad);
	send_bad_drop(j->host->scratch, bad);
	serve_forget(j->host->serve, j->msg->job);
	kept_done(j);
	free(j->span);
	arena_release(&j->arena);
	free(j);
}

int
exec_job_number(const struct exec_job *j)
{
	return j->msg->job;
}

static int
wrong(const char *what, struct err *e)
{
	return msg_wrong(e, "%s: not of this job's plan", what);
}

/* Where a map output of the stage goes, by its storage level.  Others must be
 * able to have what is in memory only: else there is a file as well. */
static void
keep_by_level(struct exec_job *j, const struct stage_msg *m,
    struct exchange_conf *x)
{
	const struct kept *k = kept_by(&j->stages->stage[m->stage]);
	int level = m->kept && k ? k->level->flags : 0;
	struct err ignored;

	x->compress = j->host->setup->compress;
	x->kept = m->kept;
	x->only_cache = (level & (KEPT_MEMORY | KEPT_DISK)) == KEPT_MEMORY &&
	    !j->host->setup->force_spill &&
	    serve_kept(j->host->serve, &ignored) >= 0;
	if (level & KEPT_MEMORY && !j->host->setup->force_spill)
		x->cache = j->host->kept;
	j->only_cache[m->stage] = x->only_cache;
}

/* The source of a broadcast. */
static const struct block_source *
relay(struct exec_job *j, int stage, const struct exchange_conf *x,
    const struct block_source *source)
{
	struct relayed_conf conf = { .plain = source,
	    .serve = j->host->serve, .out = j->host->out,
	    .cancel = &j->env.cancel, .maps = j->host->maps,
	    .made = j->host->made, .job = j->msg->job, .stage = stage,
	    .npart = x->npart };

	j->relayed[stage] = relayed_new(&j->arena, &conf);
	return relayed_source(j->relayed[stage]);
}

int
exec_job_stage(struct exec_job *j, const struct stage_msg *m, struct err *e)
{
	int job = m->kept ? 0 : j->msg->job;
	int stage = m->kept ? m->kept : m->stage + 1;
	const struct block_source *source;
	struct exchange_conf x;
	struct stage_run *r;

	if (m->stage >= j->stages->n)
		return wrong("stage", e);
	r = &j->env.run[m->stage];
	if (r->exchange || r->lo)       /* told before */
		return 0;
	j->kept[m->stage] = m->kept;
	r->npart = m->npart;
	if (m->nlo) {
		r->lo = xmalloc(sizeof *r->lo * (size_t)m->nlo);
		memcpy(r->lo, m->lo, sizeof *r->lo * (size_t)m->nlo);
	}
	if (m->ncut) {
		r->ncut = m->ncut;
		r->cut = xmalloc(sizeof *r->cut * (size_t)m->ncut);
		memcpy(r->cut, m->cut, sizeof *r->cut * (size_t)m->ncut);
	}
	if (!stage_run_exchange(&j->env, m->stage, &x))
		return 0;
	source = serve_source(j->host->serve, &j->arena, job, stage);
	fetch_until(source, &j->env.cancel);
	if (r->stage->root->u.exchange.part == PART_BROADCAST && !m->kept)
		source = relay(j, m->stage, &x, source);
	x.diagonal = m->kept != 0;
	TRY(exchange_mirror(&r->exchange, &x, source, e));
	x.publish = map_file_prefix(&j->arena, j->host->maps, job, stage);
	keep_by_level(j, m, &x);
	return exchange_new(&r->sink, &x, e);
}

int
exec_job_maps(struct exec_job *j, const struct maps_msg *m, struct err *e)
{
	struct stage_run *r;

	if (m->stage >= j->stages->n)
		return wrong("maps", e);
	r = &j->env.run[m->stage];
	if (r->exchange == NULL || exchange_nmap(r->exchange) != m->n)
		return wrong("maps", e);
	for (int i = 0; i < m->n; i++)
		exchange_place(r->exchange, i, serve_place_here(j->host->serve,
		    m->place[i]), m->attempt[i]);
	if (j->relayed[m->stage])
		relayed_wanted(j->relayed[m->stage], m->relay);
	return 0;
}

int
exec_job_relay_go(struct exec_job *j, const struct relay_msg *m,
    struct err *e)
{
	if (m->stage >= j->stages->n || j->relayed[m->stage] == NULL)
		return wrong("relay", e);
	relayed_go(j->relayed[m->stage], serve_place_here(j->host->serve,
	    m->place));
	return 0;
}

int
exec_job_launch(struct exec_job *j, const struct launch_msg *m,
    struct err *e)
{
	if (m->stage >= j->stages->n ||
	    m->part + m->n > j->env.run[m->stage].npart)
		return wrong("launch", e);
	crew_add(j->host->crew, &j->crew, m->stage, m->part, m->n, m->attempt);
	return 0;
}

static void
tell_revoked(void *arg, int stage, int part, int attempt)
{
	struct exec_job *j = arg;
	struct launch_msg m = { j->msg->job, stage, part, 1, attempt };
	struct text t = { 0 };

	launch_msg_print(&t, &m);
	outbox_put(j->host->out, FRAME_REVOKED, &t);
	text_release(&t);
}

void
exec_job_cancel(struct exec_job *j, const struct launch_msg *m)
{
	exec_job_revoke(j, m);
	crew_cancel(j->host->crew, &j->crew, m->stage, m->part, m->attempt);
}

void
exec_job_revoke(struct exec_job *j, const struct launch_msg *m)
{
	crew_revoke(j->host->crew, &j->crew, m->stage, m->part, m->n,
	    tell_revoked, j);
}


void
exec_job_read(struct exec_job *j, int64_t *rows, int64_t *bytes)
{
	int64_t r = atomic_load(&j->env.rows_read);
	int64_t b = atomic_load(&j->env.bytes_read);

	*rows += r - j->rows_told;
	*bytes += b - j->bytes_told;
	j->rows_told = r;
	j->bytes_told = b;
}
