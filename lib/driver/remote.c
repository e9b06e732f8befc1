/*
 * remote -- see remote.h.
 *
 * An executor is told of a stage before its first launch, and of the places
 * of the map outputs that the stage reads when they have changed since it was
 * told last (generations).  Of map outputs the driver keeps places, attempts
 * and the sums of the partitions' sizes; of kept relations also which rows
 * each has.
 */
#include "driver/remote.h"

#include <stdlib.h>
#include <string.h>

#include "driver/adapt.h"
#include "driver/executors.h"
#include "driver/job.h"
#include "driver/places.h"
#include "driver/relay.h"
#include "driver/remote_state.h"
#include "exec/stage_run.h"
#include "net/msg.h"
#include "net/proto.h"

#define KEPT_TRIES 4            /* of an action that loses kept rows */

static struct rstage *
begin_stage(struct remote *m, int stage)
{
	struct rstage *g = &m->stage[stage];
	const struct stage_run *run = &m->job->env.run[stage];
	const struct kept *k = kept_of_stage(run->stage);
	struct stage_msg msg = { .job = m->job->number, .stage = stage,
	    .kept = k ? k->number : 0,
	    .npart = run->npart, .nlo = run->lo ? run->npart + 1 : 0,
	    .lo = run->lo, .ncut = run->ncut, .cut = run->cut };

	g->nmap = run->npart;
	g->place = xmalloc(sizeof *g->place * ((size_t)g->nmap + 1));
	g->attempt = xcalloc((size_t)g->nmap + 1, sizeof *g->attempt);
	g->sized = xcalloc((size_t)g->nmap + 1, sizeof *g->sized);
	for (int i = 0; i < g->nmap; i++)
		g->place[i] = -1;
	g->generation = 1;
	g->size = k ? xcalloc((size_t)g->nmap + 1, sizeof *g->size) : NULL;
	g->rowset = k ? xcalloc((size_t)g->nmap + 1, sizeof *g->rowset) : NULL;
	g->gone = k ? xcalloc((size_t)g->nmap + 1, sizeof *g->gone) : NULL;
	stage_msg_print(&g->frame, &msg);
	return g;
}

/* Kept rows are taken as they are; the tasks of those that are lost read what
 * they read when they were made. */
static int
take_kept(struct remote *m, int stage, struct err *e)
{
	struct stage_run *run = &m->job->env.run[stage];
	struct rstage *g = &m->stage[stage];
	const struct remote_kept *k = g->kept;
	struct exchange_conf x;
	struct exchange_size *part;

	run->npart = k->nmap;
	if (k->lo)
		run->lo = memcpy(xmalloc(sizeof *run->lo *
		    ((size_t)k->nmap + 1)), k->lo, sizeof *run->lo *
		    ((size_t)k->nmap + 1));
	stage_run_exchange(&m->job->env, stage, &x);
	TRY(exchange_new(&run->exchange, &x, e));
	begin_stage(m, stage);
	part = xcalloc((size_t)x.npart + 1, sizeof *part);
	for (int i = 0; i < g->nmap; i++) {
		part[i] = g->size[i] = k->size[i];
		g->rowset[i] = k->map[i].rowset;
		g->place[i] = k->map[i].place;
		g->attempt[i] = k->map[i].attempt;
		g->sized[i] = true;
	}
	exchange_tell(run->exchange, -1, part);
	free(part);
	return 0;
}

/* Some of it must be made: does the plan have as many tasks as it had? */
static bool
same_tasks(const struct stage *s, const struct remote_kept *k)
{
	for (int i = 0; i < k->nmap; i++)
		if (k->map[i].place < 0)
			return !k->split && (s->npart <= 0 ||
			    s->npart == k->nmap);
	return true;
}

/* Stages whose rows are there. */
static int
find_kept(struct remote *m, struct err *e)
{
	const struct stages *s = m->job->stages;

	remote_kept_sweep(m->cluster);
	for (int i = 0; i < s->n; i++) {
		const struct kept *k = kept_of_stage(&s->stage[i]);
		struct rstage *g = &m->stage[i];

		g->kept = k ? remote_kept_find(m->cluster, k) : NULL;
		m->job->env.run[i].done = false;
		if (g->kept && !same_tasks(&s->stage[i], g->kept)) {
			remote_kept_forget(m->cluster, k);
			g->kept = NULL;
		}
		if (g->kept)
			TRY(take_kept(m, i, e));
	}
	return 0;
}

static const struct sched_standing *
standing(struct runner *r, int stage, int *npart)
{
	const struct rstage *g = &((struct remote *)r->backend)->stage[stage];

	if (g->kept == NULL)
		return NULL;
	*npart = g->kept->nmap;
	return g->kept->map;
}

/* The kept relation that the stage reads partition by partition, or NULL. */
static const struct rstage *
kept_input(const struct remote *m, const struct node *n)
{
	const struct rstage *g = NULL;

	if (n->kind == NODE_READ && n->u.read.part == PART_CACHE &&
	    n->u.read.nstage == 1)
		g = &m->stage[n->u.read.stage[0] - 1];
	if (n->kind == NODE_UNION)
		return NULL;
	for (int i = 0; i < n->nkid && g == NULL; i++)
		g = kept_input(m, n->kid[i]);
	return g;
}

/* Tasks that read kept partitions like to run where these are. */
static const struct sched_pref *
prefer(struct remote *m, int stage, int npart)
{
	const struct rstage *g = kept_input(m,
	    m->job->stages->stage[stage].root);
	struct rstage *to = &m->stage[stage];

	if (g == NULL || g->nmap != npart || npart == 0)
		return NULL;
	to->pref_at = xcalloc((size_t)npart + 1, sizeof *to->pref_at);
	to->pref_who = xcalloc((size_t)npart, sizeof *to->pref_who);
	to->pref = (struct sched_pref){ to->pref_at, to->pref_who };
	for (int p = 0, n = 0; p < npart; p++) {
		int exec = place_exec(cluster_places(m->cluster), g->place[p]);

		if (exec >= 0)
			to->pref_who[n++] = SCHED_AT_EXEC(exec);
		to->pref_at[p + 1] = n;
	}
	return &to->pref;
}

static int
plan(struct runner *r, int stage, int *npart, const struct sched_pref **pref,
    struct err *e)
{
	struct remote *m = r->backend;

	TRY(adapt_stage(&r->job->env, stage, r->job->conf, e));
	begin_stage(m, stage);
	*npart = r->job->env.run[stage].npart;
	*pref = prefer(m, stage, *npart);
	return 0;
}

/* What the executor was told of this job, or NULL. */
static struct told *
told_find(const struct remote *m, const struct cluster_exec *x)
{
	return x->number < m->ntold ? m->told[x->number] : NULL;
}

static struct told *
told_of(struct remote *m, const struct cluster_exec *x)
{
	struct told *t = told_find(m, x);
	int n = m->job->stages->n;

	if (t)
		return t;
	while (m->ntold <= x->number) {
		m->told = xrealloc(m->told, (size_t)(m->ntold + 1) *
		    sizeof *m->told);
		m->told[m->ntold++] = NULL;
	}
	m->told[x->number] = t = xcalloc(1, sizeof *t);
	t->stage = xcalloc((size_t)n + 1, sizeof *t->stage);
	t->generation = xcalloc((size_t)n + 1, sizeof *t->generation);
	return t;
}

static void
forget_told(struct remote *m, const struct cluster_exec *x)
{
	struct told *t = told_find(m, x);

	if (t == NULL)
		return;
	free(t->stage);
	free(t->generation);
	free(t);
	m->told[x->number] = NULL;
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
	    g->attempt, remote_relay_wanted(m, stage) };
	struct text body = { 0 };

	tell_stage(m, x, stage);
	if (t->generation[stage] == g->generation)
		return;
	t->generation[stage] = g->generation;
	places_tell(cluster_places(m->cluster), x);
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

void
remote_kept_broken(struct remote *m, int stage)
{
	const struct kept *k = kept_of_stage(&m->job->stages->stage[stage]);
	struct err e;

	remote_kept_forget(m->cluster, k);
	m->kept_lost = true;
	err_set(&e, ERR_TEMP, "rows that were kept cannot be made again as "
	    "they were");
	runner_fail(m->runner, &e, ERR_TEMP);
}

static void
launch(struct runner *r, const struct sched_order *o)
{
	struct remote *m = r->backend;
	struct rstage *g = &m->stage[o->stage];

	if (g->kept && !g->fits && (g->kept->split ||
	    !adapt_fits(&m->job->env, o->stage))) {
		remote_kept_broken(m, o->stage);
		return;
	}
	g->fits = true;
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
	relay_moved(m->relay, o->stage);
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
	m->committed++;
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

		if (x->state == REMOTE_READY && told_find(m, x))
			cluster_send(x, FRAME_FORGET, t.p, t.n);
	}
	text_release(&t);
}

static const char *
name_of(struct runner *r, int exec)
{
	struct remote *m = r->backend;

	return exec < cluster_count(m->cluster) ?
	    cluster_exec(m->cluster, exec)->name : NULL;
}

static const struct runner_ops ops = {
	.standing = standing, .plan = plan, .launch = launch, .revoke = take_back,
	.cancel = cancel, .commit = commit, .lost = lost_maps,
	.stage_forget = stage_forget, .name = name_of,
};

static void
on_up(void *arg, struct cluster_exec *x)
{
	struct sched_event ev = { .kind = EV_EXEC_UP, .exec = x->number,
	    .slots = x->slots, .host = x->host, .place = x->place,
	    .place_stays = x->place_stays };

	x->announced = true;
	backend_tell(arg, &ev);
}

static void
on_lost(void *arg, struct cluster_exec *x, const char *why)
{
	struct backend *p = arg;
	struct sched_event ev = { .kind = x->host_lost ? EV_HOST_LOST :
	    EV_EXEC_LOST, .exec = x->number, .host = x->host,
	    .why = ERR_TEMP };

	for (int i = 0; i < p->n; i++) {
		struct runner *r = p->v[i];

		remote_drop_rows(r->backend, x->number);
		forget_told(r->backend, x);
		relay_gone(((struct remote *)r->backend)->relay, x->number);
		if (r->error.kind)
			continue;
		err_set(&r->error, ERR_TEMP, "%s", why);
		r->error.code = EXIT_UNAVAILABLE;
		r->error_code = ERR_TEMP;
	}
	x->announced = false;
	if (x->kept_place >= 0)
		backend_tell(p, &(struct sched_event){
		    .kind = EV_PLACE_LOST, .place = x->kept_place });
	backend_tell(p, &ev);
}

/* What came and went between the actions. */
static void
announce(struct backend *p, struct cluster *c)
{
	for (int i = 0; i < cluster_count(c); i++) {
		struct cluster_exec *x = cluster_exec(c, i);

		if (x->state == REMOTE_READY && !x->announced)
			on_up(p, x);
		if (x->state == REMOTE_LOST && x->announced)
			on_lost(p, x, "an executor was lost");
	}
}

static void
on_drain(void *arg, struct cluster_exec *x)
{
	struct sched_event ev = { .kind = EV_EXEC_DRAIN, .exec = x->number };

	backend_tell(arg, &ev);
}

static const struct cluster_ops cluster_ops = { on_up, on_lost, on_drain,
    remote_heard };

static void
end_job(struct remote *m)
{
	struct text t = { 0 };

	msg_i64(&t, m->job->number);
	for (int i = 0; i < cluster_count(m->cluster); i++) {
		struct cluster_exec *x = cluster_exec(m->cluster, i);

		if (x->state == REMOTE_READY && told_find(m, x))
			cluster_send(x, FRAME_JOB_END, t.p, t.n);
		forget_told(m, x);
	}
	text_release(&t);
}

static void
keep_stage(struct remote *m, int stage)
{
	struct rstage *g = &m->stage[stage];
	const struct stage_run *run = &m->job->env.run[stage];
	struct remote_kept made = { .nmap = g->nmap, .size = g->size,
	    .kept = kept_of_stage(run->stage),
	    .split = g->kept ? g->kept->split : run->ncut > 0 };

	made.map = xcalloc((size_t)g->nmap + 1, sizeof *made.map);
	for (int p = 0; p < g->nmap; p++)
		made.map[p] = (struct sched_standing){ g->gone[p] ==
		    g->attempt[p] + 1 ? -1 : g->place[p],
		    g->attempt[p], g->rowset[p] };
	if (run->lo)
		made.lo = memcpy(xmalloc(sizeof *run->lo *
		    ((size_t)g->nmap + 1)), run->lo, sizeof *run->lo *
		    ((size_t)g->nmap + 1));
	g->size = NULL;
	remote_kept_made(m->cluster, &made);
}

/* What the action has made to be kept.  One that failed keeps nothing new. */
static void
keep(struct remote *m, int code)
{
	for (int i = 0; i < m->job->stages->n; i++) {
		struct rstage *g = &m->stage[i];
		bool whole = code >= 0;

		if (g->size == NULL || (g->kept && g->kept->kept == NULL))
			continue;
		for (int p = 0; whole && p < g->nmap; p++)
			whole = g->sized[p];
		if (whole || g->kept)
			keep_stage(m, i);
		else
			remote_kept_unmade(m->cluster,
			    kept_of_stage(&m->job->stages->stage[i]));
	}
}

static void
release(struct remote *m)
{
	remote_drop_rows(m, -1);
	relay_free(m->relay);
	for (int i = 0; i < m->job->stages->n; i++) {
		free(m->stage[i].place);
		free(m->stage[i].attempt);
		free(m->stage[i].sized);
		free(m->stage[i].size);
		free(m->stage[i].rowset);
		free(m->stage[i].gone);
		free(m->stage[i].pref_at);
		free(m->stage[i].pref_who);
		text_release(&m->stage[i].frame);
	}
	free(m->stage);
	bad_rows_close(&m->bad);
	free(m->told);
	remote_job_close(&m->files);
	arena_release(&m->turn);
	adapt_close(&m->job->env);
	free(m);
}

struct remotes {                /* a place's own */
	struct app *app;
	struct cluster *cluster;
};

static int
begin(struct backend *p, struct action *j, struct runner **out, struct err *e)
{
	const struct remotes *all = p->own;
	struct remote *m = xcalloc(1, sizeof *m);
	int code;

	m->job = j;
	m->app = all->app;
	m->cluster = all->cluster;
	m->runner = &m->base;
	m->base = (struct runner){ .ops = &ops, .backend = m };
	m->relay = relay_new();
	m->stage = xcalloc((size_t)j->stages->n + 1, sizeof *m->stage);
	atomic_store(&j->env.cancel, 0);
	adapt_open(&j->env, j->stages);
	code = find_kept(m, e);
	if (code >= 0)
		code = remote_job_open(&m->files, m->app, j, e);
	if (code < 0) {
		release(m);
		return code;
	}
	runner_open(m->runner, p, j, true);
	*out = m->runner;
	runner_start(m->runner);
	return 0;
}

static int
end(struct backend *p, struct runner *r, int code)
{
	struct remote *m = r->backend;
	struct action *j = m->job;
	/* Rows that are out already may not be those of the next try. */
	bool again = code < 0 && m->kept_lost && r->next_out == 0 &&
	    m->committed == 0 && ++j->tries < KEPT_TRIES;

	(void)p;
	end_job(m);
	keep(m, code);
	runner_close(r);
	if (again)
		j->number = ++m->app->njob;     /* its frames are told apart */
	release(m);
	return again;
}

static int
await(struct backend *p, int ms, struct err *e)
{
	const struct remotes *all = p->own;

	for (int i = 0; i < p->n; i++)
		remote_relay_turn(p->v[i]->backend);
	return cluster_turn(all->cluster, ms, e);
}

static void
remote_close(struct backend *p)
{
	struct remotes *all = p->own;

	cluster_listen(all->cluster, NULL, NULL);
	cluster_leave(all->cluster);
	free(all);
	backend_release(p);
}

void
remote_open(struct backend *p, struct app *a, struct cluster *c)
{
	struct remotes *all = xcalloc(1, sizeof *all);

	*all = (struct remotes){ a, c };
	*p = (struct backend){ .sched = cluster_sched(c), .own = all,
	    .begin = begin, .end = end, .wait = await,
	    .close = remote_close };
	cluster_listen(c, &cluster_ops, p);
	announce(p, c);
}
