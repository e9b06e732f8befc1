/*
 * worker_drivers -- see worker_drivers.h.
 */
#include "daemon/worker_drivers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/beside.h"
#include "base/clock.h"
#include "base/err.h"
#include "daemon/driver_msg.h"
#include "daemon/worker_procs.h"
#include "io/fd.h"

enum { PAUSE_MS = 200, PAUSE_MAX_MS = 10000 };

struct run {
	struct run *next;
	struct arena arena;
	struct driver_report report;
	const char *file, *log;
	char **argv;
	int supervise, stopped;
	pid_t pid;                      /* 0: does not run */
	int64_t again_ms;               /* DRIVER_RUNNING without a process */
};

struct worker_drivers {
	struct worker_drivers_conf conf;
	struct run *run;
};

struct worker_drivers *
worker_drivers_new(const struct worker_drivers_conf *conf)
{
	struct worker_drivers *w = xcalloc(1, sizeof *w);

	w->conf = *conf;
	return w;
}

void
worker_drivers_free(struct worker_drivers *w)
{
	if (w == NULL)
		return;
	for (struct run *r = w->run, *next; r; r = next) {
		next = r->next;
		if (r->pid)
			proc_kill(r->pid);
		arena_release(&r->arena);
		free(r);
	}
	free(w);
}

static void
tell(struct worker_drivers *w, struct run *r)
{
	w->conf.report(w->conf.arg, &r->report);
}

static void
is_done(struct worker_drivers *w, struct run *r, int code)
{
	r->report.state = DRIVER_DONE;
	r->report.code = code & 255;
	unlink(r->file);
	tell(w, r);
}

static int
write_file(const char *name, const char *p, size_t n)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	int r = fd < 0 ? -1 : fd_write(fd, p, n, NULL);

	if (fd >= 0)
		close(fd);
	return r;
}

/* It has nothing to read, and its own group. */
static int
launch(struct run *r, struct err *e)
{
	struct proc_conf c = { .argv = r->argv };
	int in;

	c.log = open(r->log, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0600);
	if (c.log < 0)
		return err_sys(e, "could not open \"%s\"", r->log);
	TRY(in = proc_start(&c, &r->pid, e));
	close(in);
	return 0;
}

static int
prepare(struct worker_drivers *w, struct run *r,
    const struct driver_order *o, struct err *e)
{
	const struct worker_drivers_conf *c = &w->conf;
	struct arena *a = &r->arena;
	const char *at = strstr(c->masters, "://");
	char path[4096];
	int n = 0;

	r->argv = NEW_N(a, char *, o->narg + 8);
	TRY(beside_path("sp-submit", path, sizeof path, e));
	r->argv[n++] = arena_strdup(a, path);
	r->argv[n++] = arena_printf(a, "--master=sp://%s", at ? at + 3 :
	    c->masters);
	if (c->key_file)
		r->argv[n++] = arena_printf(a, "--conf=sp.cluster.key.file=%s",
		    c->key_file);
	for (int i = 0; i < o->narg; i++)
		r->argv[n++] = arena_strdup(a, o->arg[i]);
	r->argv[n++] = arena_strdup(a, "--");
	r->argv[n++] = (char *)(uintptr_t)r->file;
	mkdir(arena_printf(a, "%s/driver", c->dir), 0700);
	if (write_file(r->file, o->text, o->ntext) < 0)
		return err_sys(e, "could not write \"%s\"", r->file);
	return launch(r, e);
}

static struct run *
find(struct worker_drivers *w, const char *id)
{
	struct run *r = w->run;

	while (r && strcmp(r->report.id, id) != 0)
		r = r->next;
	return r;
}

/* The oldest of many that have ended is forgotten. */
static void
make_room(struct worker_drivers *w)
{
	struct run **oldest = NULL, *r;
	int n = 0;

	for (struct run **at = &w->run; *at; at = &(*at)->next)
		if ((*at)->report.state == DRIVER_DONE) {
			oldest = at;
			n++;
		}
	if (n < WORKER_DRIVERS_ENDED)
		return;
	r = *oldest;
	*oldest = r->next;
	arena_release(&r->arena);
	free(r);
}

void
worker_drivers_start(struct worker_drivers *w, const struct driver_order *o)
{
	struct run *r;
	struct err e;

	if (*o->id == '\0' || find(w, o->id))
		return;
	make_room(w);
	r = xcalloc(1, sizeof *r);
	r->report.id = arena_strdup(&r->arena, o->id);
	r->file = arena_printf(&r->arena, "%s/driver/%s.sp", w->conf.dir,
	    o->id);
	r->log = arena_printf(&r->arena, "%s/driver/%s.log", w->conf.dir,
	    o->id);
	r->report.where = arena_printf(&r->arena, "%s:%s", w->conf.host,
	    r->log);
	r->supervise = o->supervise;
	r->next = w->run;
	w->run = r;
	if (prepare(w, r, o, &e) < 0)
		is_done(w, r, e.code);
	else
		tell(w, r);
}

void
worker_drivers_stop(struct worker_drivers *w, const char *id)
{
	struct run *r = find(w, id);

	if (r == NULL || r->report.state != DRIVER_RUNNING)
		return;
	r->stopped = 1;
	if (r->pid)
		kill(r->pid, SIGTERM);
	else
		is_done(w, r, 128 + SIGTERM);
}

/* A job that is wrong will be wrong again. */
static int
may_help(int status)
{
	return status != 0 && status != EXIT_JOB && status != EXIT_USAGE &&
	    status != EXIT_DATA && status != EXIT_CONFIG;
}

void
worker_drivers_reap(struct worker_drivers *w)
{
	for (struct run *r = w->run; r; r = r->next) {
		int status, pause = PAUSE_MS << r->report.restarts;

		if (r->pid == 0 || !proc_reap(r->pid, &status))
			continue;
		r->pid = 0;
		if (!r->supervise || r->stopped || !may_help(status) ||
		    r->report.restarts == DRIVER_RESTARTS) {
			is_done(w, r, status);
			continue;
		}
		r->report.restarts++;
		r->again_ms = clock_mono_ms() + (pause < PAUSE_MAX_MS ? pause :
		    PAUSE_MAX_MS);
		tell(w, r);
	}
}

void
worker_drivers_tick(struct worker_drivers *w, int64_t now_ms)
{
	struct err e;

	for (struct run *r = w->run; r; r = r->next)
		if (r->report.state == DRIVER_RUNNING && r->pid == 0 &&
		    now_ms >= r->again_ms && launch(r, &e) < 0)
			is_done(w, r, e.code);
}

void
worker_drivers_tell(struct worker_drivers *w)
{
	for (struct run *r = w->run; r; r = r->next)
		tell(w, r);
}
