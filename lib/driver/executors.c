/*
 * executors -- see executors.h.
 *
 * Every executor has a connection on the loop.  One that closes, is silent
 * for SILENT_MS or breaks the rules is lost; its slot is started again, at
 * most RESTARTS times in all.  Executors end by themselves LEASE_MS after
 * they heard last from the driver, which is before the driver gives them up.
 */
#include "driver/executors.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/zone.h"
#include "driver/events.h"
#include "driver/exec_errors.h"
#include "driver/exec_log.h"
#include "driver/job.h"
#include "driver/keeper.h"
#include "driver/leases.h"
#include "driver/places.h"
#include "driver/progress.h"
#include "driver/remote_kept.h"
#include "driver/setup.h"
#include "driver/warm.h"
#include "executor/task_msg.h"
#include "net/conn.h"
#include "net/handover.h"
#include "net/loop.h"
#include "net/msg.h"
#include "net/proto.h"

#define SILENT_MS 20000
#define WORD_MS 300             /* for the master to say why one has ended */
#define PING_MS 2000
#define STARTING_MS 60000       /* until READY */
#define END_MS 5000             /* for children to clean up */
#define RESTARTS 10             /* of executors, in all */
#define AHEAD 1024              /* short tasks that wait at an executor, at most */

struct cluster {
	struct app *app;
	struct arena arena;
	struct loop *loop;
	struct sched *sched;
	struct launch_plan plan;
	struct leases *leases;          /* or NULL: the plan's slots */
	struct cluster_exec **exec;
	int nexec, exec_cap;
	struct place_table places;
	struct kept_table kept;
	const struct cluster_ops *ops;
	void *arg;
	unsigned char key[APP_KEY_BYTES];
	const char *id;
	uint64_t warm;                  /* name of what --keep keeps, or 0 */
	int restarts;
	int unstarted;                  /* slots from here on wait for their
	                                 * turn (plan.at_once) */
	struct err last;                /* why the last one was lost */
	bool leaving, closing;
	struct setup_msg setup;         /* what all executors are told */
	struct keeper keeper;
};

bool
cluster_wanted(const char *master)
{
	return master && (leases_wanted(master) ||
	    launcher_find(master) != NULL);
}

struct sched *
cluster_sched(struct cluster *c)
{
	return c->sched;
}

int
cluster_count(const struct cluster *c)
{
	return c->nexec;
}

struct cluster_exec *
cluster_exec(struct cluster *c, int number)
{
	return c->exec[number];
}

bool
cluster_is_far(const struct cluster *c)
{
	return c->leases || c->plan.serve;
}

struct kept_table *
cluster_kept(struct cluster *c)
{
	return &c->kept;
}

struct place_table *
cluster_places(struct cluster *c)
{
	return &c->places;
}

int
cluster_kept_place(struct cluster_exec *x, const char *address)
{
	return places_add_kept(&x->cluster->places, &x->cluster->arena, x,
	    address);
}

void
cluster_listen(struct cluster *c, const struct cluster_ops *ops, void *arg)
{
	c->ops = ops;
	c->arg = arg;
}

void
cluster_send(struct cluster_exec *x, int type, const char *body, size_t n)
{
	if (x->conn)
		conn_send(x->conn, type, body ? body : "", n);
}

static int start_slot(struct cluster *c, int slot, struct err *e);

static void
replace(struct cluster *c, int slot)
{
	struct err e;

	if (c->closing || slot < 0 || c->restarts >= RESTARTS)
		return;
	c->restarts++;
	if (start_slot(c, slot, &e) < 0)
		c->last = e;
	else if (c->app->verbose)
		progress_say("executor %s is started in its place (%d of %d)",
		    c->exec[c->nexec - 1]->name, c->restarts, RESTARTS);
}

static void
tell_lost(struct cluster_exec *x)
{
	struct cluster *c = x->cluster;
	struct event ev = { .kind = EVENT_EXEC_LOST, .executor = x->number,
	    .why = c->last.text };

	events_emit(c->app->events, &ev);
	if (c->app->verbose)
		progress_say("%s; it was there for %.1f s, %s", c->last.text,
		    (double)(clock_mono_ms() - x->started_ms) / 1e3,
		    x->slot < 0 ? "sp-master may give another one" :
		    c->restarts < RESTARTS ? "another one may be started" :
		    "no more are started in place of lost ones");
}

/* Sets c->last.  A child that could not start has said why, and its status
 * says more than the end of the connection. */
static void
why_lost(struct cluster_exec *x, enum remote_state before,
    const struct err *why, int status, const char *how)
{
	struct err *e = &x->cluster->last;
	bool unborn = before == REMOTE_STARTING && status > EXIT_USAGE &&
	    why->code != EXIT_PROTOCOL;

	if (unborn)
		err_set(e, ERR_TEMP, "executor %s could not be started%s",
		    x->name, how);
	else
		err_set(e, ERR_TEMP, "executor %s was lost: %s%s", x->name,
		    why->kind ? why->text : "its connection was closed", how);
	if (why->kind && !unborn)
		memcpy(e->hint, why->hint, sizeof e->hint);
	e->code = unborn ? status :
	    why->kind && why->code != EXIT_JOB ? why->code :
	    status > EXIT_USAGE ? status : EXIT_UNAVAILABLE;
}

static void
lose(struct cluster_exec *x, const struct err *why)
{
	struct cluster *c = x->cluster;
	enum remote_state before = x->state;
	char how[64];
	int status;

	if (x->state == REMOTE_LOST)
		return;
	x->state = REMOTE_LOST;
	if (x->conn)
		conn_close(x->conn);
	x->conn = NULL;
	status = launch_bury(&x->pid, how, sizeof how);
	exec_errors_pass(x);
	exec_errors_close(x);
	why_lost(x, before, why, status, how);
	if (!c->closing)
		tell_lost(x);
	if (before == REMOTE_READY && c->ops)
		c->ops->lost(c->arg, x, c->last.text);
	/* One that could not even start will not do so a second time, unless
	 * the trouble was temporary. */
	if (before == REMOTE_READY || status == 0 || status == EXIT_TEMP)
		replace(c, x->slot);
}

void
cluster_drop(struct cluster_exec *x, const struct err *why)
{
	lose(x, why);
}

static void
tell_ready(struct cluster_exec *x, int pid)
{
	struct app *a = x->cluster->app;
	struct event ev = { .kind = EVENT_EXEC_UP, .executor = x->number,
	    .host = x->hostname, .pid = pid, .cores = x->slots,
	    .ms = clock_mono_ms() - x->started_ms };

	events_emit(a->events, &ev);
	if (a->verbose)
		progress_say("executor %s is ready after %lld ms: %d core%s",
		    x->name, (long long)ev.ms, x->slots,
		    x->slots == 1 ? "" : "s");
}

/* How much memory it has had at most: after rows and bytes of a PROGRESS. */
static void
on_peak(struct cluster_exec *x, const char *body, size_t n)
{
	struct event ev = { .kind = EVENT_EXEC_PEAK, .executor = x->number };
	struct msg in;

	msg_init(&in, body, n);
	msg_get_u64(&in);
	msg_get_u64(&in);
	ev.peak_rss_kb = (int64_t)msg_get_u64(&in);
	if (!msg_ended(&in) || ev.peak_rss_kb <= x->peak_rss_kb)
		return;
	x->peak_rss_kb = ev.peak_rss_kb;
	events_emit(x->cluster->app->events, &ev);
}

static void
on_ready(struct cluster_exec *x, const char *body, size_t n)
{
	struct cluster *c = x->cluster;
	struct ready_msg m;
	struct err e;

	if (x->state != REMOTE_STARTING)
		return;
	if (ready_msg_parse(&c->arena, body, n, &m, &e) < 0) {
		lose(x, &e);
		return;
	}
	x->slots = m.cores;
	x->place_stays = m.stays;
	x->lease = x->slot < 0 ? m.number : -1;
	x->hostname = arena_strdup(&c->arena, m.host);
	x->node = (char *)(uintptr_t)m.node;
	x->address = (char *)(uintptr_t)m.address;
	x->dir = (char *)(uintptr_t)m.dir;
	x->name = arena_printf(&c->arena, "%d (%s, process %d)", x->number,
	    m.host, m.pid);
	places_add(&c->places, &c->arena, x);
	x->state = REMOTE_READY;
	tell_ready(x, m.pid);
	if (c->ops)
		c->ops->up(c->arg, x);
}

static void
send_setup(struct cluster_exec *x)
{
	struct cluster *c = x->cluster;
	struct setup_msg m = c->setup;
	struct text t = { 0 };

	m.app = c->leases ? leases_app(c->leases) : c->id;
	m.number = x->number;
	m.cores = x->slots;
	m.memory = x->slot < 0 ? 0 : c->plan.slot[x->slot].memory;
	setup_msg_print(&t, &m);
	conn_send(x->conn, FRAME_SETUP, t.p, t.n);
	text_release(&t);
}

static void
on_frame(void *arg, struct conn *conn, int type, const char *body, size_t n)
{
	struct cluster_exec *x = arg;
	struct cluster *c = x->cluster;

	(void)conn;
	x->heard_ms = clock_mono_ms();
	switch (type) {
	case FRAME_HELLO:
		if (!c->leaving)
			send_setup(x);
		break;
	case FRAME_READY:
		on_ready(x, body, n);
		break;
	case FRAME_PING:
	case FRAME_PONG:
		break;
	case FRAME_IDLE:
		x->idle = true;
		break;
	case FRAME_LOG:
		exec_log_frame(c->app, x, body, n);
		break;
	case FRAME_PROGRESS:
	case FRAME_KEPT_GONE:
		(type == FRAME_PROGRESS ? on_peak : remote_kept_gone)(x, body,
		    n);
		/* fall through */
	default:
		if (c->ops && x->state == REMOTE_READY)
			c->ops->frame(c->arg, x, type, body, n);
	}
}

/* Why a leased one ended its worker knows, and tells the master. */
static void
on_closed(void *arg, struct conn *conn, const struct err *why)
{
	struct cluster_exec *x = arg;

	if (x->lease < 0 || x->state != REMOTE_READY ||
	    why->code == EXIT_PROTOCOL) {
		lose(x, why);
		return;
	}
	x->closed_ms = clock_mono_ms();
	x->closed_why = *why;
	conn_close(conn);
	x->conn = NULL;
	if (x->cluster->ops)
		x->cluster->ops->drain(x->cluster->arg, x);
}

static const struct conn_ops conn_ops = { on_frame, on_closed };

static void
add_exec(struct cluster *c, struct cluster_exec *x)
{
	struct event ev = { .kind = EVENT_EXEC_START, .executor = c->nexec };

	events_emit(c->app->events, &ev);
	x->number = c->nexec;
	x->cluster = c;
	x->lease = x->errors = x->kept_place = -1;
	x->started_ms = x->heard_ms = clock_mono_ms();
	ARENA_GROW(&c->arena, c->exec, c->nexec, c->exec_cap);
	c->exec[c->nexec++] = x;
}

void *
cluster_guest(struct cluster *c, struct conn *conn)
{
	struct cluster_exec *x = NEW(&c->arena, struct cluster_exec);

	add_exec(c, x);
	x->slot = -1;
	x->conn = conn;
	x->name = arena_printf(&c->arena, "%d", x->number);
	send_setup(x);
	return x;
}

const struct conn_ops *
cluster_conn_ops(void)
{
	return &conn_ops;
}

static struct cluster_exec *
leased(struct cluster *c, int lease)
{
	for (int i = c->nexec; i-- > 0;)
		if (c->exec[i]->lease == lease)
			return c->exec[i];
	return NULL;
}

void
cluster_lease_lost(struct cluster *c, int lease, bool host,
    const struct err *why)
{
	struct cluster_exec *x = leased(c, lease);

	if (x == NULL)
		return;
	x->host_lost = host;
	lose(x, why);
}

void
cluster_lease_revoked(struct cluster *c, int lease)
{
	struct cluster_exec *x = leased(c, lease);

	if (x && x->state == REMOTE_READY && c->ops)
		c->ops->drain(c->arg, x);
}

/* The stream of a slot's process: a new one, or one that was kept. */
static int
greet(struct cluster *c, int slot, pid_t pid, int fd, struct err *e)
{
	struct cluster_exec *x = NEW(&c->arena, struct cluster_exec);

	c->plan.slot[slot].starts++;
	add_exec(c, x);
	x->pid = pid;
	x->slot = slot;
	if (c->plan.apart)
		exec_errors_open(x, c->loop, c->plan.slot[slot].errors);
	x->slots = c->plan.slot[slot].cores;
	x->name = arena_printf(&c->arena, "%d%s%s", x->number,
	    c->plan.slot[slot].host ? " on " : "",
	    c->plan.slot[slot].host ? c->plan.slot[slot].host : "");
	x->conn = conn_new(c->loop, fd, fd, NULL, &conn_ops, x);
	if (x->conn == NULL) {
		char how[64];

		err_sys(e, "could not talk to an executor");
		close(fd);
		launch_bury(&x->pid, how, sizeof how);
		x->state = REMOTE_LOST;
		return e->kind;
	}
	conn_hello(x->conn, ROLE_DRIVER, ROLE_EXECUTOR);
	return 0;
}

static int
start_slot(struct cluster *c, int slot, struct err *e)
{
	pid_t pid;
	int fd;

	TRY(c->plan.how->start(&c->plan, slot, &pid, &fd, e));
	return greet(c, slot, pid, fd, e);
}

/* Executors that the last driver has left. */
static int
take_warm(struct cluster *c, struct err *e)
{
	struct handover h;
	int from, r = 0;

	c->plan.apart = true;
	c->warm = warm_name(&c->plan);
	from = c->warm ? handover_call(c->warm) : -1;
	while (from >= 0 && r >= 0 && handover_get(from, &h) > 0) {
		if (h.slot < 0 || h.slot >= c->plan.nslot ||
		    c->plan.slot[h.slot].starts) {
			close(h.stream);
			close(h.errors);
			continue;
		}
		c->plan.slot[h.slot].errors = h.errors;
		r = greet(c, h.slot, 0, h.stream, e);
	}
	if (from >= 0)
		close(from);
	return r;
}

/* Starts slots that were never started, as many as may start together. */
static int
start_more(struct cluster *c, struct err *e)
{
	int starting = 0;

	for (int i = 0; i < c->nexec; i++)
		starting += c->exec[i]->state == REMOTE_STARTING;
	for (; c->unstarted < c->plan.nslot; c->unstarted++, starting++) {
		if (c->plan.slot[c->unstarted].starts)
			continue;
		if (c->plan.at_once && starting >= c->plan.at_once)
			break;
		TRY(start_slot(c, c->unstarted, e));
	}
	return 0;
}

int
cluster_open(struct cluster **out, struct app *a, struct err *e)
{
	struct cluster *c = xcalloc(1, sizeof *c);

	c->app = a;
	c->id = arena_printf(&c->arena, "app-%lld-%d",
	    (long long)clock_wall_us(), (int)getpid());
	c->plan.how = launcher_find(a->master);
	*out = c;
	keeper_init(&c->keeper, c);
	c->loop = loop_new(e);
	if (c->loop == NULL)
		return e->kind;
	if (getentropy(c->key, sizeof c->key) < 0)
		return err_sys(e, "could not make a key");
	c->sched = runner_sched(&a->conf, AHEAD);
	if (leases_wanted(a->master)) {
		/* Those that have no worker's shuffle service beside them
		 * serve their blocks themselves. */
		setup_fill(&c->setup, c->app, &c->arena, true, c->key);
		if (a->keep && a->keep_ms > 0)
			progress_say("note: --keep has no effect with a "
			    "standing cluster: it has its cores back when "
			    "the job ends");
		return leases_open(&c->leases, c, a, c->loop, c->key, e);
	}
	TRY(c->plan.how->parse(&c->plan, &c->arena, a, a->master, e));
	setup_fill(&c->setup, c->app, &c->arena, c->plan.serve, c->key);
	if (a->keep)
		TRY(take_warm(c, e));
	return start_more(c, e);
}

/* Asks all to forget us; waits for the answers, but not long. */
static void
reset_all(struct cluster *c)
{
	int64_t until = clock_mono_ms() + WARM_ANSWER_MS;
	struct text t = { 0 };
	struct err e;
	bool waiting = true;

	c->leaving = true;
	msg_u64(&t, (uint64_t)c->app->keep_ms);
	for (int i = 0; i < c->nexec; i++)
		cluster_send(c->exec[i], FRAME_RESET, t.p, t.n);
	text_release(&t);
	while (waiting && clock_mono_ms() < until &&
	    loop_once(c->loop, 50, &e) >= 0) {
		waiting = false;
		for (int i = 0; i < c->nexec; i++)
			waiting |= c->exec[i]->conn && !c->exec[i]->idle;
	}
}

/* Leaves what has forgotten us to the next driver. */
static void
leave_warm(struct cluster *c)
{
	struct handover *v;
	struct err e;
	int n = 0;

	if (c->warm == 0 || c->app->keep_ms <= 0 || c->app->interrupt)
		return;
	reset_all(c);
	v = xcalloc((size_t)c->nexec + 1, sizeof *v);
	for (int i = 0; i < c->nexec; i++) {
		struct cluster_exec *x = c->exec[i];

		exec_errors_pass(x);
		if (x->conn && x->idle && x->errors >= 0)
			v[n++] = (struct handover){ x->slot,
			    conn_fd(x->conn), x->errors };
	}
	if (n && warm_leave(c->warm, c->app->keep_ms, v, n, &e) >= 0)
		for (int i = 0; i < c->nexec; i++)
			if (c->exec[i]->idle)
				c->exec[i]->pid = 0;    /* not ours any more */
	free(v);
}

/* Executors end when their connection does; who does not is killed. */
static void
end_children(struct cluster *c)
{
	int64_t until = clock_mono_ms() + END_MS;
	bool left = true;

	for (int i = 0; i < c->nexec; i++) {
		if (c->exec[i]->conn)
			conn_close(c->exec[i]->conn);
		c->exec[i]->conn = NULL;
	}
	while (left && clock_mono_ms() < until) {
		left = false;
		for (int i = 0; i < c->nexec; i++) {
			struct cluster_exec *x = c->exec[i];

			if (x->pid > 0 && waitpid(x->pid, NULL, WNOHANG) != 0)
				x->pid = 0;
			left |= x->pid > 0;
		}
		if (left)
			usleep(500);
	}
	for (int i = 0; i < c->nexec; i++) {
		char how[64];

		launch_bury(&c->exec[i]->pid, how, sizeof how);
		exec_errors_pass(c->exec[i]);
		exec_errors_close(c->exec[i]);
	}
}

void
cluster_close(struct cluster *c)
{
	if (c == NULL)
		return;
	keeper_stop(&c->keeper);
	c->closing = true;
	c->ops = NULL;
	leases_close(c->leases, c->app->status);
	leave_warm(c);
	end_children(c);
	places_release(&c->places);
	kept_table_release(&c->kept);
	if (c->sched)
		sched_free(c->sched);
	if (c->loop)
		loop_free(c->loop);
	arena_release(&c->arena);
	free(c);
}

static void
look_at(struct cluster_exec *x, int64_t now)
{
	struct err e;

	if (x->closed_ms && now - x->closed_ms >= WORD_MS)
		lose(x, &x->closed_why);
	if (x->state == REMOTE_LOST || x->closed_ms)
		return;
	if (now - x->heard_ms > (x->state == REMOTE_READY ? SILENT_MS :
	    STARTING_MS)) {
		err_set(&e, ERR_TEMP, "nothing was heard of it for %lld s",
		    (long long)(now - x->heard_ms) / 1000);
		lose(x, &e);
		return;
	}
	if (now - x->pinged_ms > PING_MS) {
		x->pinged_ms = now;
		cluster_send(x, FRAME_PING, "", 0);
	}
}

struct keeper *
cluster_keeper(struct cluster *c)
{
	return &c->keeper;
}

int
cluster_turn(struct cluster *c, int timeout_ms, struct err *e)
{
	int64_t now;
	bool alive = false;

	for (int i = 0; i < c->nexec; i++)
		if (c->exec[i]->closed_ms && c->exec[i]->state != REMOTE_LOST)
			timeout_ms = timeout_ms ? WORD_MS / 6 : 0;
	TRY(loop_once(c->loop, timeout_ms, e));
	now = clock_mono_ms();
	for (int i = 0; i < c->nexec; i++)
		look_at(c->exec[i], now);
	if (c->leases)
		return leases_failed(c->leases, e);
	TRY(start_more(c, e));
	for (int i = 0; i < c->nexec; i++)
		alive |= c->exec[i]->state != REMOTE_LOST;
	if (alive)
		return 0;
	*e = c->last;
	return e->kind ? e->kind : err_set(e, ERR_TEMP, "there are no executors");
}
