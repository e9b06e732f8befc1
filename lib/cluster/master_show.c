/*
 * master_show -- what a master knows, as a table or as JSON.
 */
#include "cluster/master_int.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *
worker_state_name(const struct worker *w)
{
	if (w->draining)
		return w->exec || w->seat ? "draining" : "drained";
	switch (w->state) {
	case WORKER_ALIVE:
		return "alive";
	case WORKER_UNKNOWN:
		return "awaited";
	case WORKER_DOWN:
		return "down";
	}
	return "";
}

/* By somebody's wish: its driver by a signal, or sp-master kill. */
static int
was_killed(const struct app *a)
{
	return a->status > 128 || strncmp(a->why, "killed", 6) == 0;
}

static const char *
app_state_name(const struct app *a)
{
	if (a->state == APP_ENDED)
		return a->status == 0 ? "finished" :
		    was_killed(a) ? "killed" : "failed";
	if (a->link < 0)
		return "awaited";
	return a->nexec ? "running" : "waiting";
}

static int64_t
app_seconds(const struct app *a, int64_t wall_ms)
{
	int64_t end = a->state == APP_ENDED ? a->ended_ms : wall_ms;

	return end > a->submitted_ms ? (end - a->submitted_ms) / 1000 : 0;
}

static int
nexec_on(const struct worker *w)
{
	int n = 0;

	for (const struct exec *x = w->exec; x; x = x->worker_next)
		n++;
	return n;
}

static int
nseat_on(const struct worker *w)
{
	int n = 0;

	for (const struct seat *x = w->seat; x; x = x->next)
		n++;
	return n;
}

static void
add_mb(struct text *t, int64_t mb)
{
	text_add_size(t, (double)mb * (1 << 20));
}

/* ---- tables ---------------------------------------------------------- */

static void
table_workers(const struct master *m, int64_t now_ms, struct text *to)
{
	text_addf(to, "%-28s %-20s %-9s %9s %6s %s\n", "WORKER", "HOST",
	    "STATE", "CORES", "EXECS", "MEMORY");
	for (const struct worker *w = m->state.worker; w; w = w->next) {
		text_addf(to, "%-28s %-20s %-9s %4d/%-4d %6d ", w->hello.id,
		    w->hello.host, worker_state_name(w), w->cores_used,
		    w->hello.cores, nexec_on(w));
		add_mb(to, w->memory_used_mb);
		text_adds(to, " of ");
		add_mb(to, w->hello.memory_mb);
		text_addc(to, '\n');
	}
	(void)now_ms;
}

static void
table_apps(const struct master *m, int64_t wall_ms, struct text *to)
{
	text_addf(to, "%-20s %-8s %6s %6s %8s %-10s %s\n", "APPLICATION",
	    "STATE", "CORES", "EXECS", "SECONDS", "USER", "NAME");
	for (const struct app *a = m->state.app; a; a = a->next) {
		text_addf(to, "%-20s %-8s %6d %6d %8lld %-10s %s\n",
		    a->hello.id, app_state_name(a), a->cores_used, a->nexec,
		    (long long)app_seconds(a, wall_ms), a->hello.user,
		    a->hello.name);
		if (a->state == APP_ENDED && a->status && *a->why)
			text_addf(to, "  %s\n", a->why);
	}
}

struct totals {
	int cores, cores_used, workers, running, waiting;
	int64_t memory_mb, memory_used_mb;
};

static struct totals
count(const struct master *m)
{
	struct totals t = { 0 };

	for (const struct worker *w = m->state.worker; w; w = w->next) {
		t.workers += w->state == WORKER_ALIVE;
		t.cores += w->hello.cores;
		t.cores_used += w->cores_used;
		t.memory_mb += w->hello.memory_mb;
		t.memory_used_mb += w->memory_used_mb;
	}
	for (const struct app *a = m->state.app; a; a = a->next) {
		t.running += a->state == APP_LIVE && a->nexec;
		t.waiting += a->state == APP_LIVE && !a->nexec;
	}
	return t;
}

static void
table_status(const struct master *m, int64_t now_ms, int64_t wall_ms,
    struct text *to)
{
	struct totals t = count(m);

	text_addf(to, "workers %d of %d, cores %d of %d taken, memory ",
	    t.workers, m->state.nworker, t.cores_used, t.cores);
	add_mb(to, t.memory_used_mb);
	text_adds(to, " of ");
	add_mb(to, t.memory_mb);
	text_addf(to, ", applications %d running, %d waiting\n\n", t.running,
	    t.waiting);
	table_workers(m, now_ms, to);
	if (!m->state.app)
		return;
	text_addc(to, '\n');
	table_apps(m, wall_ms, to);
}

/* ---- JSON ------------------------------------------------------------ */

static void
json_str(struct text *to, const char *name, const char *value)
{
	text_addf(to, "\"%s\":", name);
	text_add_json(to, value, strlen(value));
	text_addc(to, ',');
}

static void
json_execs(const struct app *a, struct text *to)
{
	text_adds(to, "\"executors\":[");
	for (const struct exec *x = a->exec; x; x = x->app_next) {
		text_addf(to, "%s{\"id\":%d,\"worker\":",
		    x == a->exec ? "" : ",", x->num);
		text_add_json(to, x->worker->hello.id,
		    strlen(x->worker->hello.id));
		text_addf(to, ",\"cores\":%d,\"memory_mb\":%lld,\"state\":"
		    "\"%s\"}", x->cores, (long long)x->memory_mb,
		    x->ending ? "stopping" : x->revoking ? "revoked" :
		    exec_state_name(x->state));
	}
	text_addc(to, ']');
}

static void
json_workers(const struct master *m, int64_t now_ms, struct text *to)
{
	text_adds(to, "\"workers\":[");
	for (const struct worker *w = m->state.worker; w; w = w->next) {
		text_addc(to, '{');
		json_str(to, "id", w->hello.id);
		json_str(to, "host", w->hello.host);
		json_str(to, "shuffle", w->hello.address);
		json_str(to, "version", w->hello.version);
		json_str(to, "state", worker_state_name(w));
		text_addf(to, "\"cores\":%d,\"cores_used\":%d,\"memory_mb\":"
		    "%lld,\"memory_used_mb\":%lld,\"executors\":%d,"
		    "\"drivers\":%d,"
		    "\"heard_ms_ago\":%lld}%s", w->hello.cores, w->cores_used,
		    (long long)w->hello.memory_mb,
		    (long long)w->memory_used_mb, nexec_on(w), nseat_on(w),
		    (long long)(now_ms - w->heard_ms), w->next ? "," : "");
	}
	text_addc(to, ']');
}

static void
json_apps(const struct master *m, int64_t wall_ms, struct text *to)
{
	text_adds(to, "\"apps\":[");
	for (const struct app *a = m->state.app; a; a = a->next) {
		text_addc(to, '{');
		json_str(to, "id", a->hello.id);
		json_str(to, "name", a->hello.name);
		json_str(to, "user", a->hello.user);
		json_str(to, "driver", a->hello.driver);
		json_str(to, "state", app_state_name(a));
		if (a->state == APP_ENDED) {
			text_addf(to, "\"status\":%d,", a->status);
			json_str(to, "why", a->why);
		}
		text_addf(to, "\"cores\":%d,\"cores_max\":%d,\"share\":%.2f,"
		    "\"weight\":%d,\"seconds\":%lld,", a->cores_used,
		    a->hello.cores_max, a->share, a->hello.weight,
		    (long long)app_seconds(a, wall_ms));
		json_execs(a, to);
		text_adds(to, a->next ? "}," : "}");
	}
	text_addc(to, ']');
}

static void
json_status(const struct master *m, enum master_view view, int64_t now_ms,
    int64_t wall_ms, struct text *to)
{
	struct totals t = count(m);

	text_addc(to, '{');
	if (view == VIEW_STATUS)
		text_addf(to, "\"epoch\":%lld,\"cores\":%d,\"cores_used\":%d,"
		    "\"memory_mb\":%lld,\"memory_used_mb\":%lld,",
		    (long long)m->state.epoch, t.cores, t.cores_used,
		    (long long)t.memory_mb, (long long)t.memory_used_mb);
	if (view != VIEW_APPS)
		json_workers(m, now_ms, to);
	if (view == VIEW_STATUS)
		text_addc(to, ',');
	if (view != VIEW_WORKERS)
		json_apps(m, wall_ms, to);
	text_adds(to, "}\n");
}

void
master_show(const struct master *m, enum master_view view,
    enum master_form form, int64_t now_ms, int64_t wall_ms, struct text *to)
{
	if (form == FORM_JSON)
		json_status(m, view, now_ms, wall_ms, to);
	else if (view == VIEW_APPS)
		table_apps(m, wall_ms, to);
	else if (view == VIEW_WORKERS)
		table_workers(m, now_ms, to);
	else
		table_status(m, now_ms, wall_ms, to);
}

/* ---- invariants ------------------------------------------------------ */

static void
check_worker(const struct worker *w)
{
	int cores = 0;
	int64_t mb = 0;

	for (const struct exec *x = w->exec; x; x = x->worker_next) {
		assert(x->worker == w && x->cores > 0);
		cores += x->cores;
		mb += x->memory_mb;
	}
	for (const struct seat *x = w->seat; x; x = x->next) {
		cores += x->cores;
		mb += x->memory_mb;
	}
	assert(cores == w->cores_used && mb == w->memory_used_mb);
	assert(cores <= w->hello.cores && mb <= w->hello.memory_mb);
	assert(!w->reserved || w->reserved->state == APP_LIVE);
	assert((w->link >= 0) == (w->state == WORKER_ALIVE));
}

static void
check_app(const struct master *m, const struct app *a)
{
	int cores = 0, n = 0;

	for (const struct exec *x = a->exec; x; x = x->app_next) {
		assert(x->app == a && x->num < a->next_exec);
		assert(a->state == APP_LIVE || x->ending);
		cores += x->ending ? 0 : x->cores;
		n += !x->ending;
	}
	assert(cores == a->cores_used && n == a->nexec);
	assert(a->nfail <= START_TRIES);
	(void)m;
}

void
master_check(const struct master *m)
{
	int nworker = 0, napp = 0;

	for (const struct worker *w = m->state.worker; w; w = w->next, nworker++)
		check_worker(w);
	for (const struct app *a = m->state.app; a; a = a->next, napp++)
		check_app(m, a);
	assert(nworker == m->state.nworker && napp == m->state.napp);
}
