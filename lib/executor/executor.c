/*
 * executor -- see executor.h.
 *
 *	HELLO both ways, SETUP, READY; then for each action
 *	JOB, STAGE…, PLACE…, MAPS…, LAUNCH… -> DONE, FAILED…; JOB_END
 * (several may run at once)
 *
 * RESET ends the application: all of it is forgotten, IDLE is the last word
 * on this connection, and what comes next over the same stream is the HELLO
 * of another driver.
 *
 * Silence: the driver sends PING when it has nothing else to say.  The time
 * of the last frame is looked at by a timer of this loop; when the lease is
 * over the process ends at once, so that nobody writes after the driver has
 * given its work to another one.
 */
#include "executor/executor.h"

#include <dirent.h>
#include <malloc.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "exec/crew.h"
#include "base/pool.h"
#include "executor/exec_job.h"
#include "executor/far_files.h"
#include "executor/held_jobs.h"
#include "executor/made_maps.h"
#include "executor/serve.h"
#include "io/groups.h"
#include "io/scratch.h"
#include "net/address.h"
#include "net/assignment.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/msg.h"
#include "net/proto.h"
#include "net/tls.h"
#include "store/block_cache.h"

#define TICK_MS 500
#define PACE_MS 1               /* between looks at many ends of tasks */
#define CALL_MS 10000           /* until the driver answers */
#define END_S 10                /* seconds to clean up */
#define SPARE_MS 15000          /* idle, longer than was said */

struct executor {
	struct arena arena;             /* of the application */
	struct arena turn;              /* of a frame */
	struct loop *loop;
	struct conn *driver;
	struct watch *watch;
	struct timer timer, pace;
	int64_t woken_us;
	struct outbox out;
	struct setup_msg setup;
	struct assignment given;        /* by a worker; app NULL: none */
	struct watch *parent;           /* its end of our descriptor 0 */
	struct exec_host host;
	struct serve serve;
	struct held_jobs jobs;
	struct pool memory;             /* of all jobs and kept rows */
	struct pool working;            /* of all jobs, below */
	struct block_cache *kept;
	int64_t heard_ms, idle_ms;      /* idle_ms: without a driver */
	struct watch *knock;            /* idle: for the next driver */
	bool resetting;                 /* IDLE is on its way */
	int64_t peak_kb;                /* of memory, as the driver knows */
	bool ended, failed;
	struct err error;
};

static struct wake *rung;               /* by the handler of signals */
static volatile sig_atomic_t told_to_end;

static void
fail(struct executor *x, const struct err *e)
{
	if (!x->failed)
		x->error = *e;
	x->failed = x->ended = true;
}

/* Does the worker serve our map outputs, so that they outlive us? */
static bool
outlived(const struct assignment *given)
{
	return given->app && given->maps && given->shuffle &&
	    *given->shuffle;
}

static void
send_ready(struct executor *x)
{
	char host[256] = "";
	struct ready_msg m = { .pid = (int)getpid(),
	    .number = x->setup.number, .cores = x->setup.cores,
	    .host = host };
	struct text t = { 0 };

	gethostname(host, sizeof host - 1);
	if (x->given.app) {
		m.number = x->given.number;
		m.host = x->given.host;
	}
	serve_tell(&x->serve, &m);
	if (outlived(&x->given)) {
		m.stays = true;
		m.address = x->given.shuffle;
		m.dir = x->given.maps;
	}
	serve_told(&x->serve, &m);
	ready_msg_print(&t, &m);
	conn_send(x->driver, FRAME_READY, t.p, t.n);
	text_release(&t);
}

/* What the driver left open is what the machine has. */
static void
choose_size(struct setup_msg *m, const struct assignment *given)
{
	if (given->app) {
		m->cores = given->cores;
		m->memory = given->memory_mb << 20;
		m->scratch = given->scratch;
		m->serve &= !outlived(given);
	}
	if (m->cores == 0) {
		long n = sysconf(_SC_NPROCESSORS_ONLN);

		m->cores = n < 1 ? 1 : n > 1024 ? 1024 : (int)n;
	}
	if (m->memory == 0)
		m->memory = (int64_t)sysconf(_SC_PHYS_PAGES) *
		    sysconf(_SC_PAGESIZE) / 4 * 3;
}

/* In a task's thread. */
static void
tell_gone(void *arg, const struct block_key *k)
{
	struct executor *x = arg;
	struct gone_msg m = { k->number, k->map, k->attempt };
	struct text t = { 0 };

	gone_msg_print(&t, &m);
	outbox_put(&x->out, FRAME_KEPT_GONE, &t);
	text_release(&t);
}

/* Memory of tasks and of rows that are kept from job to job. */
static void
open_memory(struct executor *x, const char *maps)
{
	int64_t all = x->setup.memory;
	struct block_cache_conf conf = { .root = &x->memory,
	    .limit = all / 1000 * x->setup.kept_limit + 1, /* 0: no limit */
	    .floor = all / 1000 * x->setup.kept_floor, .dir = maps,
	    .gone = tell_gone, .arg = x };

	pool_init(&x->memory, NULL, "memory", all);
	pool_init(&x->working, &x->memory, "all jobs", all);
	x->kept = block_cache_new(&conf);
}

static int
on_setup(struct executor *x, const char *body, size_t n, struct err *e)
{
	const char *scratch, *maps;

	if (x->setup.app)
		return err_set(e, ERR_BUG, "a second setup");
	TRY(setup_msg_parse(&x->arena, body, n, &x->setup, e));
	choose_size(&x->setup, &x->given);
	/* The driver's directories may not be here. */
	if (scratch_make(&x->arena, x->setup.scratch, &scratch, e) < 0)
		TRY(scratch_make(&x->arena, "", &scratch, e));
	maps = outlived(&x->given) ? x->given.maps : scratch;
	open_memory(x, maps);
	TRY(serve_open(&x->serve, &x->setup, x->given.host, maps, x->kept,
	    e));
	x->host = (struct exec_host){ .setup = &x->setup,
	    .scratch = scratch, .out = &x->out,
	    .maps = maps, .made = made_maps_new(), .serve = &x->serve, .memory = &x->working,
	    .kept = x->kept };
	far_files_install(&x->out);
	send_ready(x);
	return 0;
}

/* All at once.  Nobody empties the outbox meanwhile. */
static void
close_jobs(struct executor *x)
{
	outbox_deaf(&x->out);
	far_files_stop(NULL);
	held_jobs_close(&x->jobs, &x->host);
	crew_free(x->host.crew);
	x->host.crew = NULL;
	outbox_hear(&x->out);
}

static void
tell_job_failed(struct executor *x, int job, const struct err *why)
{
	struct failed_msg m = { .job = job, .span = -1, .lost_stage = -1,
	    .lost_place = -1, .lost_map = -1, .err = *why };
	struct text t = { 0 };

	failed_msg_print(&t, &m);
	conn_send(x->driver, FRAME_JOB_FAILED, t.p, t.n);
	text_release(&t);
}

static int
on_job(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct err why = { 0 };
	int number, r;

	if (x->setup.app == NULL)
		return err_set(e, ERR_BUG, "a job before the setup");
	TRY(r = held_jobs_open(&x->jobs, &x->host, body, n, &number, &why,
	    e));
	if (r == 0)
		tell_job_failed(x, number, &why);
	return 0;
}

static int
on_stage(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct exec_job *j;
	struct stage_msg m;

	TRY(stage_msg_parse(&x->turn, body, n, &m, e));
	j = held_jobs_find(&x->jobs, m.job);
	return j ? exec_job_stage(j, &m, e) : 0;
}

static int
on_place(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct place_msg m;

	TRY(place_msg_parse(&x->turn, body, n, &m, e));
	if (x->setup.app == NULL)
		return msg_wrong(e, "a place before the setup");
	serve_place(&x->serve, &m);
	return 0;
}

static int
on_maps(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct exec_job *j;
	struct maps_msg m;

	TRY(maps_msg_parse(&x->turn, body, n, &m, e));
	j = held_jobs_find(&x->jobs, m.job);
	return j ? exec_job_maps(j, &m, e) : 0;
}

static int
on_relay_go(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct exec_job *j;
	struct relay_msg m;

	TRY(relay_msg_parse(body, n, &m, e));
	j = held_jobs_find(&x->jobs, m.job);
	return j ? exec_job_relay_go(j, &m, e) : 0;
}

static int
on_launch(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct exec_job *j;
	struct launch_msg m;

	TRY(launch_msg_parse(body, n, &m, e));
	j = held_jobs_find(&x->jobs, m.job);
	return j ? exec_job_launch(j, &m, e) : 0;
}

static int
on_revoke(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct exec_job *j;
	struct launch_msg m;

	TRY(launch_msg_parse(body, n, &m, e));
	j = held_jobs_find(&x->jobs, m.job);
	if (j)
		exec_job_revoke(j, &m);
	return 0;
}

static int
on_cancel(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct exec_job *j;
	struct launch_msg m;

	TRY(launch_msg_parse(body, n, &m, e));
	j = held_jobs_find(&x->jobs, m.job);
	if (j)
		exec_job_cancel(j, &m);
	return 0;
}

static int
on_job_end(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct msg in;
	int job;

	(void)e;
	msg_init(&in, body, n);
	job = msg_get_int(&in, 0, INT32_MAX);
	held_jobs_end(&x->jobs, job);
	if (held_jobs_reap(&x->jobs, &x->host))
		timer_set(x->loop, &x->pace, PACE_MS);
	return 0;
}

static int
on_forget(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct msg in;
	int job, stage;

	msg_init(&in, body, n);
	job = msg_get_int(&in, 0, INT32_MAX);
	stage = msg_get_int(&in, 0, INT32_MAX - 1);
	if (!msg_ended(&in))
		return msg_damaged("forget", e);
	if (x->setup.app)
		exec_host_forget(&x->host, job, stage);
	return 0;
}

static int
on_file_data(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct file_data_msg m;

	(void)x;
	TRY(file_data_msg_parse(body, n, &m, e));
	far_files_answer(&m);
	return 0;
}

static int
on_ping(struct executor *x, const char *body, size_t n, struct err *e)
{
	(void)e;
	conn_send(x->driver, FRAME_PONG, body, n);
	return 0;
}

/* All that is the application's goes. */
static void
forget_all(struct executor *x)
{
	groups_kill();
	close_jobs(x);
	serve_close(&x->serve);
	block_cache_free(x->kept);
	x->kept = NULL;
	scratch_remove(x->host.scratch);
	outbox_clear(&x->out);
	memset(&x->serve, 0, sizeof x->serve);
	made_maps_free(x->host.made);
	x->host = (struct exec_host){ 0 };
	x->setup = (struct setup_msg){ 0 };
	arena_reset(&x->arena);
}

static int
on_reset(struct executor *x, const char *body, size_t n, struct err *e)
{
	struct msg in;

	msg_init(&in, body, n);
	x->idle_ms = (int64_t)msg_get_u64(&in);
	if (!msg_ended(&in) || x->idle_ms < 0 || x->given.app)
		return msg_wrong(e, "a RESET that is not understood");
	if (x->setup.app)
		forget_all(x);
	conn_send(x->driver, FRAME_IDLE, "", 0);
	x->resetting = true;
	x->peak_kb = 0;                 /* for the next driver */
	return 0;
}

static int
on_nothing(struct executor *x, const char *body, size_t n, struct err *e)
{
	(void)x;
	(void)body;
	(void)n;
	(void)e;
	return 0;
}

static int (*const handler[FRAME_TYPES])(struct executor *, const char *,
    size_t, struct err *) = {
	[FRAME_HELLO] = on_nothing,
	[FRAME_PING] = on_ping,
	[FRAME_PONG] = on_nothing,
	[FRAME_SETUP] = on_setup,
	[FRAME_JOB] = on_job,
	[FRAME_STAGE] = on_stage,
	[FRAME_PLACE] = on_place,
	[FRAME_MAPS] = on_maps,
	[FRAME_RELAY_GO] = on_relay_go,
	[FRAME_LAUNCH] = on_launch,
	[FRAME_REVOKE] = on_revoke,
	[FRAME_CANCEL] = on_cancel,
	[FRAME_JOB_END] = on_job_end,
	[FRAME_FORGET] = on_forget,
	[FRAME_FILE_DATA] = on_file_data,
	[FRAME_RESET] = on_reset,
};

static void
on_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct executor *x = arg;
	struct err e = { 0 };

	(void)c;
	x->heard_ms = clock_mono_ms();
	arena_reset(&x->turn);
	if (handler[type] == NULL) {
		msg_wrong(&e, "a frame of type %d was not expected", type);
		fail(x, &e);
	} else if (handler[type](x, body, n, &e) < 0) {
		conn_refuse(x->driver, &e);
		fail(x, &e);
	}
}

static void
on_closed(void *arg, struct conn *c, const struct err *why)
{
	struct executor *x = arg;

	(void)c;
	/* A driver that has gone has said why, or nobody reads it. */
	if (why->kind && why->code == EXIT_PROTOCOL)
		fail(x, why);
	x->ended = true;
}

/* Progress since the last time: sent when there is some.  The peak is told
 * when it has grown by an eighth. */
static void
send_progress(struct executor *x, int64_t rows, int64_t bytes)
{
	struct text t = { 0 };
	struct rusage u = { 0 };

	if (x->driver == NULL || x->resetting || x->setup.app == NULL)
		return;
	getrusage(RUSAGE_SELF, &u);
	if (rows == 0 && bytes == 0 &&
	    u.ru_maxrss - x->peak_kb <= x->peak_kb / 8)
		return;
	x->peak_kb = u.ru_maxrss;
	msg_u64(&t, (uint64_t)rows);
	msg_u64(&t, (uint64_t)bytes);
	msg_u64(&t, (uint64_t)x->peak_kb);
	conn_send(x->driver, FRAME_PROGRESS, t.p, t.n);
	text_release(&t);
}

/* Thousands of ends a second do not wake us one by one. */
static void
send_waiting(struct executor *x, int often)
{
	bool ending = held_jobs_reap(&x->jobs, &x->host);

	send_progress(x, 0, 0);
	if (outbox_pace(&x->out, often) || ending)
		timer_set(x->loop, &x->pace, PACE_MS);
	if (x->driver)
		outbox_send(&x->out, x->driver);
}

static void
on_wake(void *arg, int events)
{
	struct executor *x = arg;
	int64_t now = clock_mono_us();

	(void)events;
	wake_clear(&x->out.wake);
	if (told_to_end) {
		x->ended = true;
		return;
	}
	send_waiting(x, now - x->woken_us < PACE_MS * 1000);
	x->woken_us = now;
}

static void
on_pace(void *arg)
{
	send_waiting(arg, 0);
}

static void
on_signal(int sig)
{
	(void)sig;
	told_to_end = 1;
	wake_ring(rung);
}

/* SIGTERM and SIGHUP are as if the driver went away: commands are killed, the
 * scratch directory goes. */
static void
catch_signals(struct executor *x)
{
	struct sigaction end = { .sa_handler = on_signal };

	rung = &x->out.wake;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);        /* of the driver's terminal */
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
}

/* With a driver by its lease; without one by what the last driver said, and
 * a while for the network. */
static bool
silent_too_long(const struct executor *x)
{
	int64_t silence = clock_mono_ms() - x->heard_ms;

	if (x->driver == NULL)
		return silence > x->idle_ms + SPARE_MS;
	return x->setup.lease_ms && silence > x->setup.lease_ms;
}

/* Figures for the driver's progress, and a look at the lease. */
static void
on_tick(void *arg)
{
	struct executor *x = arg;
	int64_t rows = 0, bytes = 0;

	if (silent_too_long(x)) {
		groups_kill();
		_exit(EXIT_UNAVAILABLE);       /* tidy: allowed */
	}
	if (x->driver)
		outbox_send(&x->out, x->driver);
	held_jobs_read(&x->jobs, &rows, &bytes);
	if (x->jobs.first)
		send_progress(x, rows, bytes);
	timer_set(x->loop, &x->timer, TICK_MS);
}

/* The worker that started us has gone, or wants us to end. */
static void
on_parent(void *arg, int events)
{
	struct executor *x = arg;
	char c;

	(void)events;
	if (read(0, &c, 1) <= 0)
		x->ended = true;
}

/* The assignment is read, the driver is called. */
static int
call_driver(struct executor *x, int in, int *fd, struct tls **tls,
    struct err *e)
{
	struct address at;

	TRY(assignment_read(in, &x->given, &x->arena, e));
	TRY(address_parse(&at, x->given.driver, 0, e));
	TRY(*fd = address_connect_wait(&at, CALL_MS, e));
	TRY(tls_client(tls, *fd, x->given.app, x->given.key, e));
	x->parent = loop_watch(x->loop, in, LOOP_IN, on_parent, x);
	return 0;
}

static const struct conn_ops ops = { on_frame, on_closed };

/* Bytes on an idle stream: the greeting of another driver, or its end. */
static void
on_knock(void *arg, int events)
{
	struct executor *x = arg;

	(void)events;
	watch_drop(x->knock);
	x->knock = NULL;
	x->heard_ms = clock_mono_ms();
	x->driver = conn_new(x->loop, 0, 1, NULL, &ops, x);
	if (x->driver)
		conn_hello(x->driver, ROLE_EXECUTOR, ROLE_DRIVER);
	else
		x->ended = true;
}

/* The driver has all that we had to say.  The stream outlives its
 * connection: this is not called when it was opened by us. */
static void
lie_idle(struct executor *x)
{
	int in = dup(0), out = dup(1);

	x->resetting = false;
	conn_close(x->driver);
	x->driver = NULL;
	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0) {
		x->ended = true;
	} else {
		x->knock = loop_watch(x->loop, 0, LOOP_IN, on_knock, x);
		x->ended |= x->knock == NULL;
	}
	close(in);
	close(out);
	malloc_trim(0);
}

static int
begin(struct executor *x, const struct executor_conf *conf, struct err *e)
{
	int in = conf->in, out = conf->out;
	struct tls *tls = NULL;

	x->loop = loop_new(e);
	if (x->loop == NULL)
		return e->kind;
	TRY(outbox_open(&x->out, e));
	if (conf->connect) {
		TRY(call_driver(x, conf->in, &in, &tls, e));
		out = in;
	}
	x->driver = conn_new(x->loop, in, out, tls, &ops, x);
	if (x->driver == NULL && errno == EPERM) {      /* epoll's word */
		err_user(e, EXIT_USAGE, "standard input or output is a file, "
		    "no connection to a driver");
		return err_hint(e, "sp-submit and sp-worker start sp-executor");
	}
	if (x->driver == NULL)
		return err_sys(e, "could not talk to the driver");
	conn_hello(x->driver, ROLE_EXECUTOR, ROLE_DRIVER);
	x->watch = loop_watch(x->loop, x->out.wake.fd, LOOP_IN, on_wake, x);
	x->timer = (struct timer){ .fire = on_tick, .arg = x };
	x->pace = (struct timer){ .fire = on_pace, .arg = x };
	timer_set(x->loop, &x->timer, TICK_MS);
	x->heard_ms = clock_mono_ms();
	return 0;
}

/* The driver is gone: running commands are killed, tasks stop at their next
 * batch. */
static void
end(struct executor *x)
{
	signal(SIGALRM, SIG_DFL);
	alarm(END_S);                   /* whatever hangs */
	outbox_shut(&x->out);
	groups_kill();
	close_jobs(x);
	serve_close(&x->serve);
	groups_end();
	scratch_remove(x->host.scratch);
	made_maps_free(x->host.made);
}

int
executor_run(const struct executor_conf *conf, struct err *e)
{
	/* Stays: a thread that hangs may look at it as long as the process
	 * lives. */
	static struct executor only;
	struct executor *x = &only;
	int r;

	/* As in local mode: freed memory is used again soon. */
	mallopt(M_MMAP_THRESHOLD, 1 << 28);
	mallopt(M_TRIM_THRESHOLD, 1 << 28);
	r = begin(x, conf, e);
	if (r >= 0)
		catch_signals(x);
	while (r >= 0 && !x->ended) {
		r = loop_once(x->loop, -1, e);
		if (x->resetting && conn_queued(x->driver) == 0)
			lie_idle(x);
	}
	if (r >= 0 && x->failed) {
		*e = x->error;
		r = x->error.kind;
	}
	end(x);
	return r < 0 ? r : 0;
}
