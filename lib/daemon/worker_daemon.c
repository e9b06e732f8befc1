/*
 * worker_daemon -- see worker_daemon.h.
 */
#include "daemon/worker_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/beside.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/version.h"
#include "cluster/worker.h"
#include "daemon/cluster_msg.h"
#include "daemon/dial.h"
#include "daemon/driver_msg.h"
#include "daemon/remote_node.h"
#include "daemon/signals.h"
#include "daemon/worker_dirs.h"
#include "daemon/worker_drivers.h"
#include "daemon/worker_groups.h"
#include "daemon/worker_procs.h"
#include "daemon/worker_shuffle.h"
#include "net/assignment.h"
#include "net/hostfile.h"
#include "net/key.h"
#include "net/proto.h"

enum { TICK_MS = 200, SHUFFLE_WAIT_MS = 2000, OOM_SCORE = 300 };

/* A running executor. */
#define USED_MS ((int64_t)24 * 3600 * 1000)

struct child {
	struct child *next;
	struct exec_name name;
	pid_t pid;
	int64_t memory_mb, overhead_mb;
	int in;                 /* our end of its descriptor 0; -1: closed */
};

struct daemon {
	const struct worker_daemon_conf *conf;
	struct loop *loop;
	struct dial dial;
	struct worker *worker;
	struct worker_hello hello;
	struct worker_dirs dirs;
	struct worker_groups groups;
	struct shuffle_service *shuffle;
	struct worker_drivers *drivers;
	struct signals signals;
	struct timer tick;
	int64_t used_ms;        /* of the last say_used */
	struct deferred flush;
	struct orders out, now;         /* coming; being carried out */
	struct child *child;
	unsigned char key[KEY_BYTES];
	char executor[4096];            /* the program, or the relay */
	struct text node;               /* for the relay: where to */
	struct text body, line;
	int ready_told, waits_told, stop;
	struct err why;
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

static void
happens(struct daemon *d, struct worker_event *ev)
{
	ev->now_ms = clock_mono_ms();
	loop_defer(d->loop, &d->flush);
	worker_event(d->worker, ev, &d->out);
}

/* ---- executors ------------------------------------------------------- */

static struct child *
find_child(struct daemon *d, const struct exec_name *name)
{
	struct child *c = d->child;

	while (c && (c->name.num != name->num ||
	    strcmp(c->name.app, name->app) != 0))
		c = c->next;
	return c;
}

static void
gone(struct daemon *d, const struct exec_name *name, int status,
    const char *why)
{
	struct worker_event ev = { .kind = WORKER_EXEC_GONE, .exec = *name,
		.n = status, .text = why };

	say(d, "executor %s.%d %s", name->app, name->num, why);
	happens(d, &ev);
}

/* Writes the frame that says what the executor is for. */
static int
assign(struct daemon *d, const struct order *o, int fd, const char *scratch,
    const char *maps, struct err *e)
{
	const char *address = shuffle_service_address(d->shuffle);
	struct assignment a = { .app = o->exec.app, .number = o->exec.num,
		.driver = o->app->driver,
		.scratch = d->conf->node ? "" : scratch,
		.maps = address ? maps : NULL, .maps_number = 1,
		.shuffle = address, .host = d->hello.host, .cores = o->cores,
		.memory_mb = o->memory_mb };
	struct text t = { 0 };
	char head[FRAME_HEAD] = { 0 };
	ssize_t want, r;

	memcpy(a.key, o->app->key, sizeof a.key);
	text_add(&t, head, sizeof head);
	assignment_print(&t, &a);
	frame_head_put(t.p, FRAME_ASSIGNMENT, t.n - sizeof head);
	want = (ssize_t)t.n;
	r = write(fd, t.p, t.n);        /* far less than a pipe takes */
	explicit_bzero(t.p, t.n);
	explicit_bzero(a.key, sizeof a.key);
	text_release(&t);
	return r == want ? 0 : err_sys(e, "could not speak to the executor");
}

/* What an executor has beside its budget: Spark's rule. */
static int64_t
overhead_of(const struct order *o)
{
	int64_t mb = o->memory_mb / 10;

	if (o->app->overhead_mb)
		return o->app->overhead_mb;
	return mb > 384 ? mb : 384;
}

/* The last resort where there are no groups: for each process.  A sanitizer
 * needs terabytes of addresses. */
static int64_t
data_max(const struct child *c, int cores)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
	(void)c;
	(void)cores;
	return 0;
#else
	return (2 * (c->memory_mb + c->overhead_mb) + 1024 + 64 * cores) << 20;
#endif
}

static int
spawn(struct daemon *d, const struct order *o, struct child *c,
    struct err *e)
{
	char *here[] = { d->executor, (char *)"--connect", NULL };
	char *there[] = { d->executor, (char *)"--ssh", d->node.p,
	    (char *)"--connect", NULL };
	struct text scratch = { 0 }, maps = { 0 };
	struct proc_conf pc = { .argv = d->conf->node ? there : here };
	int r;

	c->memory_mb = o->memory_mb;
	c->overhead_mb = overhead_of(o);
	if (!d->conf->node) {           /* else it runs on another host */
		pc.data_max = data_max(c, o->cores);
		pc.oom_score = OOM_SCORE;
	}
	pc.log = r = worker_dirs_add(&d->dirs, &o->exec, &scratch, &maps, e);
	if (r >= 0) {
		pc.group = worker_groups_add(&d->groups, &o->exec,
		    (c->memory_mb + c->overhead_mb) << 20);
		c->in = r = proc_start(&pc, &c->pid, e);
	}
	if (r < 0)
		worker_groups_remove(&d->groups, &o->exec);
	if (r >= 0) {
		worker_dirs_began(&d->dirs, &o->exec, c->pid);
		shuffle_service_add(d->shuffle, o->exec.app, o->app->key, 1,
		    maps.p);
		if (assign(d, o, c->in, scratch.p, maps.p, e) < 0)
			proc_kill(c->pid);
		r = 0;
	}
	text_release(&scratch);
	text_release(&maps);
	return r;
}

static void
start(struct daemon *d, const struct order *o)
{
	struct worker_event up = { .kind = WORKER_EXEC_UP, .exec = o->exec };
	struct child *c = xcalloc(1, sizeof *c);
	struct err e = { 0 };

	c->in = -1;
	c->name = o->exec;
	if (spawn(d, o, c, &e) < 0) {
		free(c);
		gone(d, &o->exec, e.code, e.text);
		return;
	}
	c->next = d->child;
	d->child = c;
	say(d, "executor %s.%d started: pid %d, %d cores, %lld MB",
	    c->name.app, c->name.num, (int)c->pid, o->cores,
	    (long long)o->memory_mb);
	happens(d, &up);
}

static void
ask_end(struct child *c)
{
	if (c && c->in >= 0) {
		close(c->in);
		c->in = -1;
	}
}

/* How it ended, in words. */
static void
explain(struct daemon *d, const struct child *c, int status,
    char why[WHY_SIZE])
{
	size_t n;

	if (status == 128 + SIGKILL &&
	    worker_groups_kills(&d->groups, &c->name) > 0) {
		snprintf(why, WHY_SIZE, "ran out of memory on %s: it and its "
		    "commands may use %lld MB (spark.executor.memory) and "
		    "%lld MB (spark.executor.memoryOverhead)", d->hello.host,
		    (long long)c->memory_mb, (long long)c->overhead_mb);
		return;
	}
	proc_explain(status, why, WHY_SIZE - 2);
	n = strlen(why);
	if (status) {
		memcpy(why + n, ": ", 3);
		worker_dirs_tail(&d->dirs, &c->name, why + n + 2,
		    WHY_SIZE - n - 2);
	}
}

/* Some child has ended: whichever it was. */
static void
reap(struct daemon *d)
{
	for (struct child **at = &d->child, *c; (c = *at); ) {
		char why[WHY_SIZE];
		int status;

		if (!proc_reap(c->pid, &status)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		ask_end(c);
		explain(d, c, status, why);
		worker_groups_remove(&d->groups, &c->name);
		worker_dirs_ended(&d->dirs, &c->name);
		gone(d, &c->name, status, why);
		free(c);
	}
	shuffle_service_reap(d->shuffle);
	worker_drivers_reap(d->drivers);
}

/* ---- orders ---------------------------------------------------------- */

static void
send_brief(struct daemon *d, int type, int64_t n)
{
	brief_print(&d->body, n, 0, NULL);
	dial_send(&d->dial, type, &d->body);
}

static void
register_now(struct daemon *d, const struct worker_hello *h)
{
	const char *address = shuffle_service_address(d->shuffle);
	struct worker_hello copy = *h;

	if (address)
		snprintf(copy.address, sizeof copy.address, "%s", address);
	worker_hello_print(&d->body, &copy);
	dial_send(&d->dial, FRAME_WORKER_REGISTER, &d->body);
}

static void
start_driver(struct daemon *d, const struct driver_lease *lease)
{
	struct arena a = { 0 };
	struct driver_order o;
	struct err e;

	if (driver_order_parse(lease->body, lease->nbody, &o, &a, &e) >= 0)
		worker_drivers_start(d->drivers, &o);
	arena_release(&a);
}

static void
refuse_driver(struct daemon *d, const char *id)
{
	struct driver_report r = { .id = id, .state = DRIVER_DONE,
		.code = EXIT_TEMP, .where = "" };

	say(d, "no room for driver %s", id);
	driver_report_print(&d->body, &r);
	dial_send(&d->dial, FRAME_DRIVER_STATE, &d->body);
}

static void
carry_out(struct daemon *d, const struct order *o)
{
	struct child *c = find_child(d, &o->exec);

	switch (o->kind) {
	case ORDER_CONNECT:
		dial_start(&d->dial);
		break;
	case ORDER_HANG_UP:
		say(d, "the master does not answer: hanging up");
		dial_stop(&d->dial);
		break;
	case ORDER_REGISTER:
		register_now(d, o->worker);
		break;
	case ORDER_RENEW:
		send_brief(d, FRAME_WORKER_RENEW, o->n);
		break;
	case ORDER_LEAVE:
		send_brief(d, FRAME_WORKER_LEAVE, 0);
		dial_flush(&d->dial);
		break;
	case ORDER_REPORT:
		exec_report_print(&d->body, o->report);
		dial_send(&d->dial, FRAME_WORKER_REPORT, &d->body);
		break;
	case ORDER_SPAWN:
		start(d, o);
		break;
	case ORDER_ASK_END:
		ask_end(c);
		break;
	case ORDER_KILL:
		if (c)
			proc_kill(c->pid);
		break;
	case ORDER_FORGET_APP:
		say(d, "application %s has ended", o->exec.app);
		shuffle_service_drop(d->shuffle, o->exec.app);
		if (!d->conf->keep)
			worker_dirs_forget(&d->dirs, o->exec.app);
		break;
	case ORDER_DRIVER_SPAWN:
		start_driver(d, o->driver);
		break;
	case ORDER_DRIVER_NO_ROOM:
		refuse_driver(d, o->text);
		break;
	case ORDER_EXIT:
		d->stop = 1;
		if (o->n)
			err_user(&d->why, (int)o->n, "%s", o->text);
		break;
	default:
		break;
	}
}

static void
flush(void *arg)
{
	struct daemon *d = arg;

	while (d->out.n) {
		struct orders now = d->out;

		d->out = d->now;
		d->now = now;
		for (int i = 0; i < d->now.n; i++)
			carry_out(d, &d->now.v[i]);
		orders_clear(&d->now);
	}
}

/* ---- the master ------------------------------------------------------ */

static void
link_up(void *arg)
{
	struct daemon *d = arg;
	struct worker_event ev = { .kind = WORKER_LINK_UP };
	struct address local;

	if (!d->conf->host && d->shuffle) {
		dial_local(&d->dial, &local);
		shuffle_service_host(d->shuffle, local.host);
	}
	happens(d, &ev);
}

static void
link_down(void *arg, enum dial_end how, const struct err *why)
{
	struct daemon *d = arg;
	struct worker_event ev = { .kind = WORKER_LINK_DOWN,
		.n = how == DIAL_NOBODY, .text = why->text };

	say(d, "no master: %s", why->text);
	if (!d->ready_told && !d->waits_told && d->conf->warn) {
		text_clear(&d->line);
		text_addf(&d->line, "no master yet, trying on: %s", why->text);
		d->conf->warn(text_str(&d->line));
		d->waits_told = 1;
	}
	happens(d, &ev);
	/* A worker that once was welcome has the right key and version. */
	if (how != DIAL_REFUSED && (how != DIAL_NO_KEY || d->ready_told))
		return;
	ev.kind = WORKER_REFUSED;
	ev.n = why->code;
	happens(d, &ev);
}

static void
welcome(struct daemon *d)
{
	struct text t = { 0 };

	say(d, "registered as %s", d->hello.id);
	worker_drivers_tell(d->drivers);
	if (d->ready_told)
		return;
	d->ready_told = 1;
	text_addf(&t, "%s\n", d->hello.id);
	signals_ready(d->conf->ready_fd, t.p);
	text_release(&t);
}

static const int brief_events[FRAME_TYPES] = {
	[FRAME_WORKER_WELCOME] = WORKER_WELCOME,
	[FRAME_WORKER_GRANT] = WORKER_GRANT,
};

static const int name_events[FRAME_TYPES] = {
	[FRAME_WORKER_STOP] = WORKER_STOP,
	[FRAME_WORKER_FORGET] = WORKER_FORGET_APP,
};

static void
report_driver(void *arg, const struct driver_report *r)
{
	struct daemon *d = arg;
	struct worker_event ev = { .kind = WORKER_DRIVER_GONE, .text = r->id };

	if (r->state != DRIVER_RUNNING)
		happens(d, &ev);
	say(d, "driver %s: %s %d, started again %d times", r->id,
	    r->state == DRIVER_RUNNING ? "runs" : "has ended with", r->code,
	    r->restarts);
	driver_report_print(&d->body, r);
	dial_send(&d->dial, FRAME_DRIVER_STATE, &d->body);
}

static int
handle_driver(struct daemon *d, int type, const char *p, size_t n,
    struct arena *a, struct err *e)
{
	struct driver_lease lease = { .body = p, .nbody = n };
	struct worker_event ev = { .kind = WORKER_DRIVER_START,
		.driver = &lease };
	struct driver_order o;
	struct driver_ask q;

	if (type == FRAME_DRIVER_START) {
		TRY(driver_order_parse(p, n, &o, a, e));
		snprintf(lease.id, sizeof lease.id, "%s", o.id);
		lease.cores = o.cores;
		lease.memory_mb = o.memory_mb;
		happens(d, &ev);
	} else {
		TRY(driver_ask_parse(p, n, &q, a, e));
		worker_drivers_stop(d->drivers, q.id);
	}
	return 0;
}

static int
handle(struct daemon *d, int type, const char *p, size_t n, struct arena *a,
    struct err *e)
{
	struct worker_event ev = { 0 };
	struct app_hello app;
	struct order o;
	struct brief b;

	if (type == FRAME_DRIVER_START || type == FRAME_DRIVER_STOP)
		return handle_driver(d, type, p, n, a, e);
	if (type == FRAME_WORKER_START) {
		TRY(start_parse(p, n, &o, &app, e));
		ev.kind = WORKER_START;
		ev.exec = o.exec;
		ev.cores = o.cores;
		ev.memory_mb = o.memory_mb;
		ev.app = &app;
	} else if (type > 0 && type < FRAME_TYPES && name_events[type]) {
		TRY(exec_name_parse(p, n, &ev.exec, e));
		ev.kind = (enum worker_event_kind)name_events[type];
	} else if (type > 0 && type < FRAME_TYPES && brief_events[type]) {
		TRY(brief_parse(p, n, &b, a, e));
		ev.kind = (enum worker_event_kind)brief_events[type];
		ev.n = b.n;
	} else {
		return 0;
	}
	happens(d, &ev);
	if (type == FRAME_WORKER_WELCOME)
		welcome(d);
	return 0;
}

static void
got_frame(void *arg, int type, const char *body, size_t n)
{
	struct daemon *d = arg;
	struct arena a = { 0 };
	struct err e = { 0 };

	if (handle(d, type, body, n, &a, &e) < 0)
		say(d, "the master sends nonsense: %s", e.text);
	arena_release(&a);
}

static const struct dial_ops dial_ops = { link_up, got_frame, link_down };

/* ---- life ------------------------------------------------------------ */

/* Programs that came over SSH are swept after 30 days without use
 * (net/ssh_bundle.h): a worker that runs from such a folder says daily that
 * it does. */
static void
say_used(struct daemon *d)
{
	char path[4096];
	struct err ignored;

	if (d->used_ms && clock_mono_ms() - d->used_ms < USED_MS)
		return;
	d->used_ms = clock_mono_ms();
	if (beside_path("used", path, sizeof path, &ignored) >= 0)
		utimensat(AT_FDCWD, path, NULL, 0);     /* if it is there */
}

static void
ticks(void *arg)
{
	struct daemon *d = arg;
	struct worker_event ev = { .kind = WORKER_TICK };

	happens(d, &ev);
	worker_drivers_tick(d->drivers, clock_mono_ms());
	say_used(d);
	timer_set(d->loop, &d->tick, TICK_MS);
}

static void
signalled(void *arg, int number)
{
	struct daemon *d = arg;
	struct worker_event ev = { .kind = WORKER_QUIT };

	if (number == SIGCHLD)
		reap(d);
	else
		happens(d, &ev);
}

static int64_t
machine_mb(void)
{
	return (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) >> 20;
}

/* The system keeps something for itself. */
static int64_t
usable_mb(int64_t mb)
{
	return mb > 2048 ? mb - 1024 : mb / 2;
}

static int
machine_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return 1;
	return CPU_COUNT(&set);
}

/* What the node has, unless we were told: this machine, or that one. */
static int
measure(struct daemon *d, struct err *e)
{
	const struct worker_daemon_conf *c = d->conf;
	struct worker_hello *h = &d->hello;
	struct remote_node there = { 0 };
	char host[NAME_SIZE] = "localhost";

	if (c->node) {
		TRY(remote_node_ask(c->node, &there, e));
		host_print(&d->node, c->node);
		text_str(&d->node);
	} else {
		gethostname(host, sizeof host - 1);
		there.cores = machine_cores();
		there.memory_mb = machine_mb();
	}
	snprintf(h->host, sizeof h->host, "%s", c->host ? c->host :
	    c->node && there.address[0] != '-' ? there.address :
	    c->node ? c->node->name : host);
	h->cores = c->cores ? c->cores : there.cores;
	h->memory_mb = c->memory_mb ? c->memory_mb : usable_mb(there.memory_mb);
	return 0;
}

static int
describe(struct daemon *d, struct err *e)
{
	struct worker_hello *h = &d->hello;
	unsigned draw;

	if (getrandom(&draw, sizeof draw, 0) != sizeof draw)
		return err_sys(e, "could not get random bytes");
	TRY(measure(d, e));
	snprintf(h->id, sizeof h->id, "%.48s-%08x", h->host, draw);
	for (char *s = h->id; *s; s++)
		if (!strchr("-_.", *s) && !(*s >= '0' && *s <= '9') &&
		    !(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z'))
			*s = '-';
	if (h->id[0] == '.')
		h->id[0] = '-';
	snprintf(h->version, sizeof h->version, "%s", SP_VERSION);
	return 0;
}

static int
read_key(struct daemon *d, struct err *e)
{
	struct text path = { 0 };
	int r;

	if (d->conf->key_file)
		text_adds(&path, d->conf->key_file);
	else
		key_file(&path);
	r = key_read(d->key, path.p, e);
	text_release(&path);
	return r;
}

static int
find_executor(struct daemon *d, struct err *e)
{
	if (!d->conf->executor)
		TRY(beside_path(d->conf->node ? "sp-worker" : "sp-executor",
		    d->executor, sizeof d->executor, e));
	else
		snprintf(d->executor, sizeof d->executor, "%s",
		    d->conf->executor);
	if (access(d->executor, X_OK) < 0)
		return err_sys(e, "cannot run \"%s\"", d->executor);
	return 0;
}

static void
open_groups(struct daemon *d)
{
	worker_groups_open(&d->groups, "/sys/fs/cgroup", "/proc/self/cgroup",
	    d->dirs.path);
	if (d->groups.version)
		say(d, "the memory of executors is bounded by cgroups in %s",
		    d->groups.home);
	else
		say(d, "the memory of executors is not bounded by cgroups: %s",
		    d->groups.why);
}

static int
run(struct daemon *d, struct err *e)
{
	if (geteuid() == 0)
		say(d, "running as root: jobs will be root's, too");
	TRY(find_executor(d, e));
	TRY(read_key(d, e));
	TRY(describe(d, e));
	TRY(dial_init(&d->dial, d->conf->masters, e));
	d->loop = d->dial.loop = loop_new(e);
	if (!d->loop)
		return e->kind;
	TRY(signals_open(&d->signals, d->loop, signalled, d, e));
	TRY(worker_dirs_open(&d->dirs, d->conf->dir, e));
	if (d->dirs.norphan)
		say(d, "ended %d executors that were left over",
		    d->dirs.norphan);
	if (!d->conf->node)
		open_groups(d);
	if (!d->conf->node)
		d->shuffle = shuffle_service_start(d->loop, d->dirs.path,
		    d->conf->host, d->conf->log);
	d->drivers = worker_drivers_new(&(struct worker_drivers_conf){
	    .dir = d->dirs.path, .host = d->hello.host,
	    .masters = d->conf->masters, .key_file = d->conf->key_file,
	    .report = report_driver, .arg = d });
	d->worker = worker_new(&d->hello, clock_mono_ms());
	d->flush = (struct deferred){ .run = flush, .arg = d };
	d->tick = (struct timer){ .fire = ticks, .arg = d };
	say(d, "worker %s: %d cores, %lld MB, files in %s", d->hello.id,
	    d->hello.cores, (long long)d->hello.memory_mb, d->dirs.path);
	for (int64_t end = clock_mono_ms() + SHUFFLE_WAIT_MS;
	    shuffle_service_coming(d->shuffle) && clock_mono_ms() < end; )
		if (loop_once(d->loop, 20, e) < 0)
			return e->kind;
	timer_set(d->loop, &d->tick, 0);
	/* From now on it must not end but by a signal or a refusal. */
	while (!d->stop)
		if (loop_once(d->loop, -1, e) < 0)
			return e->kind;
	if (d->why.kind)
		*e = d->why;
	return d->why.kind;
}

int
worker_daemon_run(const struct worker_daemon_conf *conf, struct err *e)
{
	struct daemon d = { .conf = conf };
	int r;

	limits_raise_files();
	d.signals.fd = -1;
	d.dial.fd = -1;
	d.dial.key = d.key;
	d.dial.role = ROLE_WORKER;
	d.dial.ops = &dial_ops;
	d.dial.arg = &d;
	r = run(&d, e);
	for (struct child *c = d.child, *next; c; c = next) {
		next = c->next;
		proc_kill(c->pid);
		ask_end(c);
		free(c);
	}
	worker_groups_close(&d.groups);
	worker_drivers_free(d.drivers);
	shuffle_service_stop(d.shuffle);
	if (d.loop) {
		dial_stop(&d.dial);
		timer_drop(d.loop, &d.tick);
		loop_undefer(d.loop, &d.flush);
		signals_close(&d.signals);
		loop_free(d.loop);
	}
	worker_dirs_close(&d.dirs);
	worker_free(d.worker);
	orders_release(&d.out);
	orders_release(&d.now);
	text_release(&d.body);
	text_release(&d.line);
	text_release(&d.node);
	key_forget(d.key);
	return r;
}
