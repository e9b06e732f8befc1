/*
 * master_daemon -- see master_daemon.h.
 *
 * Events of one turn of the loop share one fsync: their orders are carried
 * out at its end, after the journal lines reached the disk.
 */
#include "daemon/master_daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "daemon/cluster_msg.h"
#include "daemon/driver_msg.h"
#include "daemon/master_drivers.h"
#include "daemon/master_peers.h"
#include "daemon/signals.h"
#include "daemon/state_file.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/key.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/proto.h"

enum { TICK_MS = 500, LOCK_MS = 200, JOURNAL_MAX = 4 << 20 };

struct guest {
	struct guest *next;
	struct daemon *daemon;
	struct conn *conn;
	int link;
	char peer[300];
};

struct daemon {
	const struct master_daemon_conf *conf;
	struct loop *loop;
	struct listener *listener;
	struct master *master;
	struct master_drivers *drivers;
	struct master_peers *peers;
	int active;             /* or a standby */
	int fresh;              /* standby: the journal is of no use */
	struct timer lock;      /* is tried again then */
	struct state_file file;
	unsigned char key[KEY_BYTES];
	struct guest *guest;
	int next_link;
	struct timer tick;
	struct deferred flush;
	struct orders out;
	struct text journal, body, line;
	struct signals signals;
	int stop;
	struct err why;         /* a disk that failed */
};

__attribute__((format(printf, 2, 3))) static void
say(struct daemon *d, const char *fmt, ...)
{
	va_list ap;

	if (!d->conf->log)
		return;
	text_clear(&d->line);
	va_start(ap, fmt);
	text_addv(&d->line, fmt, ap);
	va_end(ap);
	d->conf->log(text_str(&d->line));
}

/* ---- guests ---------------------------------------------------------- */

static struct guest *
guest_of(struct daemon *d, int link)
{
	struct guest *g = d->guest;

	while (g && g->link != link)
		g = g->next;
	return g;
}

static void
guest_leaves(struct guest *g)
{
	struct guest **at = &g->daemon->guest;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	master_drivers_gone(g->daemon->drivers, g->link);
	conn_close(g->conn);
	free(g);
}

/* ---- orders ---------------------------------------------------------- */

static void
print_brief(struct text *to, const struct order *o)
{
	brief_print(to, o->n, 0, o->text);
}

static void
print_exec_name(struct text *to, const struct order *o)
{
	exec_name_print(to, &o->exec);
}

static void
print_lost(struct text *to, const struct order *o)
{
	brief_print(to, o->exec.num, o->n, o->text);
}

static void
print_driver(struct text *to, const struct order *o)
{
	text_add(to, o->driver->body, o->driver->nbody);
}

static void
print_taken(struct text *to, const struct order *o)
{
	driver_report_print(to, &(struct driver_report){ .id = o->text,
	    .where = "" });
}

/* Which frame carries an order, and how its body is written. */
static const struct {
	int frame;
	void (*print)(struct text *to, const struct order *o);
} frames[] = {
	[ORDER_WELCOME] = { FRAME_WORKER_WELCOME, print_brief },
	[ORDER_GRANT] = { FRAME_WORKER_GRANT, print_brief },
	[ORDER_START] = { FRAME_WORKER_START, start_print },
	[ORDER_STOP] = { FRAME_WORKER_STOP, print_exec_name },
	[ORDER_FORGET_APP] = { FRAME_WORKER_FORGET, print_exec_name },
	[ORDER_APP_WELCOME] = { FRAME_APP_WELCOME, print_brief },
	[ORDER_APP_GRANT] = { FRAME_APP_GRANT, print_brief },
	[ORDER_EXEC_UP] = { FRAME_APP_EXEC_UP, exec_up_print },
	[ORDER_EXEC_LOST] = { FRAME_APP_EXEC_LOST, print_lost },
	[ORDER_EXEC_REVOKED] = { FRAME_APP_REVOKED, print_lost },
	[ORDER_NOTE] = { FRAME_APP_NOTE, print_brief },
	[ORDER_DRIVER_START] = { FRAME_DRIVER_START, print_driver },
	[ORDER_DRIVER_TAKEN] = { FRAME_ANSWER, print_taken },
};

static void
say_order(struct daemon *d, const struct order *o, const struct guest *g)
{
	if (o->kind == ORDER_GRANT || o->kind == ORDER_APP_GRANT)
		return;
	if (*o->exec.app)
		say(d, "%s %s.%d -> %s%s%s", order_name(o->kind), o->exec.app,
		    o->exec.num, g->peer, o->text ? ": " : "",
		    o->text ? o->text : "");
	else
		say(d, "%s -> %s%s%s", order_name(o->kind), g->peer,
		    o->text ? ": " : "", o->text ? o->text : "");
}

static void
carry_out(struct daemon *d, const struct order *o)
{
	struct guest *g = guest_of(d, o->link);

	if (!g)
		return;
	say_order(d, o, g);
	if (o->kind == ORDER_DRIVER_START)
		master_drivers_sent(d->drivers, o->driver->id, g->link);
	if (o->kind == ORDER_DROP) {
		guest_leaves(g);
	} else if (o->kind == ORDER_REFUSE) {
		struct err e = { 0 };

		err_user(&e, (int)o->n, "%s", o->text);
		conn_refuse(g->conn, &e);
	} else {
		text_clear(&d->body);
		frames[o->kind].print(&d->body, o);
		conn_send(g->conn, frames[o->kind].frame,
		    text_str(&d->body), d->body.n);
	}
}

static void
flush(void *arg)
{
	struct daemon *d = arg;

	if (state_file_append(&d->file, &d->journal, &d->why) < 0) {
		d->stop = 1;
		return;
	}
	for (int i = 0; i < d->out.n; i++)
		carry_out(d, &d->out.v[i]);
	orders_clear(&d->out);
	if (d->file.size < JOURNAL_MAX)
		return;
	master_dump(d->master, &d->journal);
	if (2 * d->journal.n < d->file.size &&
	    state_file_replace(&d->file, &d->journal, &d->why) < 0)
		d->stop = 1;
	text_clear(&d->journal);
}

static int
happens(struct daemon *d, struct master_event *ev, struct err *e)
{
	int r;

	ev->now_ms = clock_mono_ms();
	ev->wall_ms = clock_wall_us() / 1000;
	loop_defer(d->loop, &d->flush);
	r = master_event(d->master, ev, &d->out, &d->journal, e);
	master_peers_epoch(d->peers, master_epoch(d->master));
	return r;
}

/* ---- frames ---------------------------------------------------------- */

/* What a brief frame of each type means to the machine. */
static const int brief_events[FRAME_TYPES] = {
	[FRAME_WORKER_RENEW] = MASTER_WORKER_RENEW,
	[FRAME_WORKER_LEAVE] = MASTER_WORKER_LEAVE,
	[FRAME_APP_RENEW] = MASTER_APP_RENEW,
	[FRAME_APP_RELEASE] = MASTER_APP_RELEASE,
	[FRAME_APP_END] = MASTER_APP_END,
	[FRAME_APP_WANT] = MASTER_APP_WANT,
};

static int
brief_frame(struct daemon *d, struct guest *g, int type, const char *p,
    size_t n, struct arena *a, struct err *e)
{
	struct master_event ev = { .link = g->link };
	struct app_hello want = { 0 };
	struct brief b;

	TRY(brief_parse(p, n, &b, a, e));
	ev.kind = (enum master_event_kind)brief_events[type];
	ev.n = b.n;
	ev.text = b.text;
	if (type == FRAME_APP_WANT) {
		if (b.n < 0 || b.n > 1 << 30 || b.more < 0 || b.more > 1 << 30)
			return err_user(e, EXIT_PROTOCOL, "out of range");
		want.cores_max = (int)b.n;
		want.instances = (int)b.more;
		ev.app = &want;
	}
	if (type == FRAME_APP_END) {
		ev.n = b.n >= 0 && b.n < 256 ? b.n : EXIT_JOB;
		say(d, "application of %s ends with %d", g->peer, (int)ev.n);
	}
	happens(d, &ev, e);
	return 0;
}

static int
answer(struct daemon *d, struct guest *g, const char *p, size_t n,
    struct arena *a, struct err *e)
{
	struct master_event ev = { .link = -1 };
	struct ask q;
	struct text *t = &d->body;

	TRY(ask_parse(p, n, &q, a, e));
	text_clear(t);
	ev.id = q.id;
	ev.n = q.kind == ASK_DRAIN;
	ev.kind = q.kind == ASK_KILL ? MASTER_KILL_APP : MASTER_DRAIN;
	if (q.kind >= ASK_KILL) {
		say(d, "%s: %s %s", g->peer, q.kind == ASK_KILL ? "kill" :
		    q.kind == ASK_DRAIN ? "drain" : "undrain", q.id);
		TRY(happens(d, &ev, e));
	} else {
		master_show(d->master, (enum master_view)q.kind,
		    q.json ? FORM_JSON : FORM_TABLE, clock_mono_ms(),
		    clock_wall_us() / 1000, t);
	}
	conn_send(g->conn, FRAME_ANSWER, text_str(t), t->n);
	return 0;
}

/* ---- drivers under workers ------------------------------------------- */

static int
driver_submit(struct daemon *d, struct guest *g, const char *p, size_t n,
    struct arena *a, struct err *e)
{
	struct driver_order o;
	struct driver_lease want;

	TRY(driver_order_parse(p, n, &o, a, e));
	o.id = master_drivers_name(d->drivers);
	text_clear(&d->body);
	driver_order_print(&d->body, &o);
	want = (struct driver_lease){ "", o.cores, o.memory_mb, d->body.p,
		d->body.n };
	snprintf(want.id, sizeof want.id, "%s", o.id);
	return happens(d, &(struct master_event){ .driver = &want,
	    .kind = MASTER_DRIVER_SUBMIT, .link = g->link }, e);
}

static int
driver_ask(struct daemon *d, struct guest *g, const char *p, size_t n,
    struct arena *a, struct err *e)
{
	struct driver_report r;
	struct driver_ask q;
	struct guest *worker;
	int link;

	TRY(driver_ask_parse(p, n, &q, a, e));
	if (!master_drivers_find(d->drivers, q.id, &r, &link))
		return err_user(e, EXIT_TEMP, "nothing is known of a driver "
		    "'%s'", q.id);
	worker = guest_of(d, link);
	if (q.kill && worker && r.state == DRIVER_RUNNING) {
		say(d, "driver %s: stopped by %s", q.id, g->peer);
		text_clear(&d->body);
		driver_ask_print(&d->body, &q);
		conn_send(worker->conn, FRAME_DRIVER_STOP, d->body.p,
		    d->body.n);
	}
	text_clear(&d->body);
	driver_report_print(&d->body, &r);
	conn_send(g->conn, FRAME_ANSWER, d->body.p, d->body.n);
	return 0;
}

static int
driver_state(struct daemon *d, struct guest *g, const char *p, size_t n,
    struct arena *a, struct err *e)
{
	struct driver_report r;

	TRY(driver_report_parse(p, n, &r, a, e));
	say(d, "driver %s %s %d", r.id, r.state == DRIVER_RUNNING ? "runs" :
	    "has ended:", r.code);
	master_drivers_heard(d->drivers, g->link, &r);
	return r.state == DRIVER_RUNNING ? 0 : happens(d,
	    &(struct master_event){ .kind = MASTER_DRIVER_GONE,
	    .link = g->link, .id = r.id }, e);
}

static int
handle(struct daemon *d, struct guest *g, int type, const char *p, size_t n,
    struct arena *a, struct err *e)
{
	struct master_event ev = { .link = g->link };
	struct worker_hello worker;
	struct exec_report report;
	struct app_hello app;

	switch (type) {
	case FRAME_WORKER_REGISTER:
		TRY(worker_hello_parse(p, n, &worker, a, e));
		say(d, "worker %s on %s registers from %s: %d cores, %lld MB, "
		    "%d executors", worker.id, worker.host, g->peer,
		    worker.cores, (long long)worker.memory_mb, worker.nexec);
		ev.kind = MASTER_WORKER_REGISTER;
		ev.worker = &worker;
		break;
	case FRAME_WORKER_REPORT:
		TRY(exec_report_parse(p, n, &report, e));
		say(d, "executor %s.%d is %s (%d) %s", report.name.app,
		    report.name.num, exec_state_name(report.state),
		    report.status, report.why);
		ev.kind = MASTER_WORKER_REPORT;
		ev.report = &report;
		break;
	case FRAME_APP_REGISTER:
		TRY(app_hello_parse(p, n, &app, a, e));
		say(d, "application \"%s\" %s registers from %s", app.name,
		    app.id, g->peer);
		ev.kind = MASTER_APP_REGISTER;
		ev.app = &app;
		break;
	case FRAME_ASK:
		return answer(d, g, p, n, a, e);
	case FRAME_DRIVER_SUBMIT:
		return driver_submit(d, g, p, n, a, e);
	case FRAME_DRIVER_ASK:
		return driver_ask(d, g, p, n, a, e);
	case FRAME_DRIVER_STATE:
		return driver_state(d, g, p, n, a, e);
	case FRAME_PING:
		conn_send(g->conn, FRAME_PONG, p, n);
		return 0;
	default:
		if (type <= 0 || type >= FRAME_TYPES || !brief_events[type])
			return 0;
		return brief_frame(d, g, type, p, n, a, e);
	}
	happens(d, &ev, e);
	return 0;
}

/* ---- one of several -------------------------------------------------- */

/* What a standby says to those that want something of it. */
static void
say_standby(struct daemon *d, struct guest *g, int is_json)
{
	struct text t = { 0 }, at = { 0 };

	master_peers_active(d->peers, &at);
	if (is_json)
		text_addf(&t, "{\"state\":\"standby\",\"active\":\"%s\"}\n",
		    text_str(&at));
	else
		text_addf(&t, "standby%s%s\n", at.n ? "; active is " : "",
		    text_str(&at));
	text_clear(&d->body);
	brief_print(&d->body, master_epoch(d->master), 0, t.p);
	conn_send(g->conn, FRAME_STANDBY, d->body.p, d->body.n);
	text_release(&t);
	text_release(&at);
}

/* Everything but questions of other masters; returns 1 if that was it. */
static int
handle_standby(struct daemon *d, struct guest *g, int type, const char *p,
    size_t n, struct arena *a)
{
	struct ask q = { .json = 0 };
	struct err e;

	if (type == FRAME_MASTER_STATE) {
		text_clear(&d->body);
		master_peers_print(d->peers, &d->body);
		conn_send(g->conn, type, d->body.p, d->body.n);
		return 1;
	}
	if (d->active || type == FRAME_PING)
		return 0;
	if (type == FRAME_ASK && ask_parse(p, n, &q, a, &e) < 0)
		return 0;
	say_standby(d, g, q.json);
	return 1;
}

static void
take_over(struct daemon *d)
{
	int64_t epoch = master_epoch(d->master) + 1;
	struct text t = { 0 };

	if (d->fresh) {
		master_free(d->master);
		d->master = master_new(&d->conf->master);
	}
	if (master_peers_word(d->peers)->epoch > epoch)
		epoch = master_peers_word(d->peers)->epoch;
	master_start(d->master, epoch, clock_mono_ms(), &t);
	master_peers_epoch(d->peers, epoch);
	d->active = 1;
	d->fresh = 0;
	say(d, "active, epoch %lld", (long long)epoch);
	if (state_file_replace(&d->file, &t, &d->why) < 0)
		d->stop = 1;
	text_release(&t);
}

/* Another one is active: what was known here is not true for long. */
static void
give_way(struct daemon *d)
{
	struct text t = { 0 };

	loop_undefer(d->loop, &d->flush);
	orders_clear(&d->out);
	text_clear(&d->journal);
	for (struct guest *g = d->guest, *next; g; g = next) {
		next = g->next;
		if (conn_role(g->conn) & (ROLE_WORKER | ROLE_DRIVER))
			guest_leaves(g);
	}
	if (d->active)
		say(d, "another master is active: a standby from now on");
	d->active = 0;
	d->fresh = 1;
	master_free(d->master);
	d->master = master_new(&d->conf->master);
	master_drivers_free(d->drivers);
	d->drivers = master_drivers_new();
	master_start(d->master, master_peers_word(d->peers)->epoch,
	    clock_mono_ms(), &t);
	if (state_file_replace(&d->file, &t, &d->why) < 0)
		d->stop = 1;
	text_release(&t);
}

static void
moved(void *arg, enum standby_move move)
{
	struct daemon *d = arg;

	if (move == STANDBY_TAKE)
		take_over(d);
	else
		give_way(d);
}

static void
got_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct guest *g = arg;
	struct daemon *d = g->daemon;
	struct arena a = { 0 };
	struct err e = { 0 };

	if (!handle_standby(d, g, type, body, n, &a) &&
	    handle(d, g, type, body, n, &a, &e) < 0) {
		say(d, "%s is refused: %s", g->peer, e.text);
		conn_refuse(c, &e);
	}
	arena_release(&a);
}

static void
got_closed(void *arg, struct conn *c, const struct err *why)
{
	struct guest *g = arg;
	struct daemon *d = g->daemon;
	struct master_event ev = { .kind = MASTER_LINK_DOWN, .link = g->link };
	struct err e;

	if (conn_role(c) != ROLE_TOOL)
		say(d, "%s of %s closed: %s", role_name(conn_role(c)), g->peer,
		    why->kind ? why->text : "at its end");
	if (d->active)
		happens(d, &ev, &e);
	guest_leaves(g);
}

static const struct conn_ops guest_ops = { got_frame, got_closed };

static void *
comes_in(void *arg, struct conn *c, const char *identity)
{
	struct daemon *d = arg;
	struct guest *g = xcalloc(1, sizeof *g);
	struct address from;
	struct text t = { 0 };

	(void)identity;
	address_remote(&from, conn_fd(c));
	address_print(&t, &from);
	snprintf(g->peer, sizeof g->peer, "%s", text_str(&t));
	text_release(&t);
	g->daemon = d;
	g->conn = c;
	g->link = ++d->next_link;
	g->next = d->guest;
	d->guest = g;
	return g;
}

static void
stays_out(void *arg, const char *address, const struct err *why)
{
	say(arg, "%s does not get in: %s", address, why->text);
}

static int
key_of(void *arg, const char *identity, unsigned char key[TLS_KEY])
{
	struct daemon *d = arg;

	if (strcmp(identity, "cluster") != 0)
		return 0;
	memcpy(key, d->key, TLS_KEY);
	return 1;
}

/* ---- life ------------------------------------------------------------ */

static void
ticks(void *arg)
{
	struct daemon *d = arg;
	struct master_event ev = { .kind = MASTER_TICK };
	struct err e;

	if (d->active)
		happens(d, &ev, &e);
	timer_set(d->loop, &d->tick, TICK_MS);
}

static void
signalled(void *arg, int number)
{
	struct daemon *d = arg;

	(void)number;
	d->stop = 1;
}

static int
is_loopback(const char *host)
{
	return strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 ||
	    strcmp(host, "localhost") == 0;
}

static int
get_key(struct daemon *d, const char *host, struct err *e)
{
	struct text path = { 0 };
	int r;

	if (d->conf->key_file)
		text_adds(&path, d->conf->key_file);
	else
		key_file(&path);
	if (access(path.p, F_OK) < 0 && errno == ENOENT && is_loopback(host)) {
		r = key_make(d->key, e);
		if (r == 0)
			r = key_write(d->key, path.p, e);
		if (r == 0)
			say(d, "made the key %s", path.p);
	} else {
		r = key_read(d->key, path.p, e);
		if (r < 0 && !is_loopback(host))
			err_ctx(e, "cannot listen on \"%s\" without a key",
			    host);
	}
	text_release(&path);
	return r;
}

static int
read_state(struct daemon *d, struct err *e)
{
	struct text t = { 0 };
	int r = state_file_read(&d->file, &t, e);

	if (r == 0)
		r = master_replay(d->master, t.p, t.n, e);
	text_release(&t);
	return r < 0 ? err_ctx(e, "state in \"%s\"", d->conf->state_dir) : 0;
}

/* The lock of a directory that masters share: who has it goes on with what
 * is in it. */
static void
try_lock(void *arg)
{
	struct daemon *d = arg;
	int r = state_file_lock(&d->file, &d->why);

	if (r == 0) {
		timer_set(d->loop, &d->lock, LOCK_MS);
		return;
	}
	if (r > 0)
		r = read_state(d, &d->why);
	if (r < 0) {
		d->stop = 1;
		return;
	}
	master_peers_epoch(d->peers, master_epoch(d->master));
	master_peers_has_lock(d->peers);
}

/* Reads the journal, or waits for the one that writes it. */
static int
open_state(struct daemon *d, struct err *e)
{
	int r = state_file_open(&d->file, d->conf->state_dir, e);

	if (r < 0 && (e->code != EXIT_UNAVAILABLE || !d->conf->masters))
		return err_ctx(e, "state in \"%s\"", d->conf->state_dir);
	if (r == 0)
		return read_state(d, e);
	*e = (struct err){ 0 };
	say(d, "standby: another master has the state in \"%s\"",
	    d->conf->state_dir);
	d->lock = (struct timer){ .fire = try_lock, .arg = d };
	timer_set(d->loop, &d->lock, LOCK_MS);
	return 0;
}

static int
open_peers(struct daemon *d, struct err *e)
{
	struct master_peers_conf c = { .loop = d->loop, .key = d->key,
		.masters = d->conf->masters, .moved = moved, .arg = d,
		.epoch = master_epoch(d->master) };

	if (d->lock.fire)
		c.lock = MASTER_WAITS_FOR_LOCK;
	TRY(master_peers_open(&d->peers, &c, e));
	if (d->why.kind)
		*e = d->why;
	return d->why.kind;
}

static int
open_door(struct daemon *d, struct address *a, struct err *e)
{
	struct listener_conf lc = {
		.loop = d->loop, .role = ROLE_MASTER,
		.peers = ROLE_WORKER | ROLE_DRIVER | ROLE_TOOL | ROLE_MASTER,
		.key_of = key_of, .key_arg = d, .guest = comes_in,
		.ops = &guest_ops, .refused = stays_out, .arg = d };
	struct address at;

	lc.fd = address_listen(a, e);
	if (lc.fd < 0)
		return e->kind;
	address_local(&at, lc.fd);
	a->port = at.port;
	return listener_open(&d->listener, &lc, e);
}

static int
run(struct daemon *d, struct err *e)
{
	struct address a = { .port = d->conf->port };
	struct text url = { 0 };

	snprintf(a.host, sizeof a.host, "%s",
	    d->conf->host ? d->conf->host : "127.0.0.1");
	TRY(get_key(d, a.host, e));
	d->loop = loop_new(e);
	if (!d->loop)
		return e->kind;
	TRY(signals_open(&d->signals, d->loop, signalled, d, e));
	TRY(open_state(d, e));
	TRY(open_door(d, &a, e));
	d->flush = (struct deferred){ .run = flush, .arg = d };
	TRY(open_peers(d, e));
	d->tick = (struct timer){ .fire = ticks, .arg = d };
	timer_set(d->loop, &d->tick, TICK_MS);
	text_adds(&url, "sp://");
	address_print(&url, &a);
	say(d, "master at %s, state in %s", url.p, d->conf->state_dir);
	text_addc(&url, '\n');
	signals_ready(d->conf->ready_fd, url.p);
	text_release(&url);
	/* From now on it must not end but by a signal or a broken disk. */
	while (!d->stop)
		if (loop_once(d->loop, -1, e) < 0)
			return e->kind;
	if (d->why.kind)
		*e = d->why;
	return d->why.kind;
}

int
master_daemon_run(const struct master_daemon_conf *conf, struct err *e)
{
	struct daemon d = { .conf = conf,
		.file = { -1, -1, -1, 0 } };
	int r;

	d.signals.fd = -1;
	d.master = master_new(&conf->master);
	d.drivers = master_drivers_new();
	r = run(&d, e);
	while (d.guest)
		guest_leaves(d.guest);
	if (d.listener)
		listener_close(d.listener);
	if (d.loop) {
		timer_drop(d.loop, &d.tick);
		timer_drop(d.loop, &d.lock);
		master_peers_close(d.peers);
		loop_undefer(d.loop, &d.flush);
		signals_close(&d.signals);
		loop_free(d.loop);
	}
	state_file_close(&d.file);
	master_free(d.master);
	master_drivers_free(d.drivers);
	orders_release(&d.out);
	text_release(&d.journal);
	text_release(&d.body);
	text_release(&d.line);
	key_forget(d.key);
	return r;
}
