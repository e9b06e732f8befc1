/*
 * submit -- see submit.h.
 */
#include "driver/submit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/utf8.h"
#include "driver/events.h"
#include "driver/executors.h"
#include "driver/report.h"
#include "driver/rows_out.h"
#include "io/scratch.h"
#include "io/groups.h"
#include "io/standard.h"
#include "sql/parse.h"

static struct app *signalled;

/* The first signal asks for an orderly end, the second ends at once. */
static void
on_signal(int sig)
{
	if (signalled->interrupt) {
		groups_kill();
		signal(sig, SIG_DFL);
		raise(sig);
	}
	signalled->interrupt = sig;
}

static void
catch_signals(struct app *a)
{
	struct sigaction sa = { .sa_handler = on_signal };

	signalled = a;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int
read_all(int fd, const char *name, struct text *t, struct err *e)
{
	ssize_t n;

	do {
		char *p = text_room(t, 65536);

		n = fd == 0 ? standard_read(p, 65536) : read(fd, p, 65536);
		if (n > 0)
			t->n += (size_t)n;
	} while (n > 0 && t->n <= PARSE_BYTES_MAX);
	return n < 0 ? err_sys(e, "could not read \"%s\"", name) : 0;
}

int
submit_text(struct submit *s, struct text *t, const char **name, struct err *e)
{
	int fd, r;

	if (s->text) {
		*name = "-e";
		text_adds(t, s->text);
		return 0;
	}
	*name = s->file && strcmp(s->file, "-") != 0 ? s->file : "stdin";
	if (strcmp(*name, "stdin") == 0)
		return read_all(0, *name, t, e);
	fd = open(s->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", s->file);
	r = read_all(fd, s->file, t, e);
	close(fd);
	return r;
}

/* At most one holder of a lock name on this machine: P18. */
static int
take_lock(struct submit *s, struct err *e)
{
	const char *dir = getenv("XDG_RUNTIME_DIR"), *path;
	int fd;

	if (s->lock == NULL)
		return 0;
	if (*s->lock == '\0' || strchr(s->lock, '/'))
		return err_user(e, EXIT_USAGE, "'%s' is no lock name", s->lock);
	path = arena_printf(&s->app.arena, "%s/sp-%u-%s.lock",
	    dir && *dir ? dir : "/tmp", (unsigned)getuid(), s->lock);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(e, "could not open the lock \"%s\"", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		err_set(e, ERR_TEMP, "another run holds the lock '%s'", s->lock);
		return ERR_TEMP;
	}
	return 0;
}

static int
plan(struct submit *s, struct err *e)
{
	struct text t = { 0 };
	int r = explain_script(&s->app, s->form, s->app.verbose, &t, e);

	if (r >= 0 && fwrite(t.p ? t.p : "", 1, t.n, stdout) != t.n)
		r = err_sys(e, "could not write to stdout");
	text_release(&t);
	return r;
}

static int
show_config(struct app *a)
{
	struct text t = { 0 };

	conf_show(&a->conf, &t);
	fputs(text_str(&t), stdout);
	text_release(&t);
	return 0;
}

/* Masters of Spark's that sp will not have, by the beginning of the URL. */
static const struct {
	const char *prefix, *why;
} foreign[] = {
	{ "mesos", "Mesos: the Apache Mesos project has ended" },
	{ "zk", "Mesos: the Apache Mesos project has ended" },
	{ "yarn", "YARN" },
	{ "k8s", "Kubernetes" },
};

static int
foreign_master(const char *m, struct err *e)
{
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		size_t n = strlen(foreign[i].prefix);

		if (strncmp(m, foreign[i].prefix, n) != 0 ||
		    (m[n] != '\0' && m[n] != ':' && m[n] != '-'))
			continue;
		err_user(e, EXIT_USAGE, "'%s': sp does not run on %s", m,
		    foreign[i].why);
		return err_hint(e, "use sp://HOST:7077 (see sp-master), hosts "
		    "that have sshd, ssh://HOST,HOST, or local[N]");
	}
	err_user(e, EXIT_USAGE, "'%s' is not a supported master", m);
	return err_hint(e, "there are local, local[N], local[*], local-cluster"
	    "[EXECUTORS,CORES,MEMORY], ssh://[USER@]HOST[:PORT],..., "
	    "ssh:HOSTFILE and sp://HOST:PORT");
}

static int
check_master(const struct app *a, struct err *e)
{
	const char *m = a->master ? a->master : "local[*]";
	char *end;
	long n;

	if (strcmp(m, "local") == 0 || strcmp(m, "local[*]") == 0)
		return 0;
	if (strncmp(m, "local[", 6) == 0) {
		n = strtol(m + 6, &end, 10);
		if (n >= 1 && n <= 1024 && strcmp(end, "]") == 0)
			return 0;
	}
	return cluster_wanted(m) ? 0 : foreign_master(m, e);
}

static int
run(struct submit *s, struct err *e)
{
	struct app *a = &s->app;
	struct text t = { 0 };
	const char *name;
	int r;

	if (s->report_from)
		return report_from(s->report_from, e);
	if (a->master == NULL && (name = getenv("SP_MASTER")) && *name)
		a->master = name;
	TRY(check_master(a, e));
	TRY(app_init(a, e));
	if (s->action == SUBMIT_SHOW_CONFIG)
		return show_config(a);
	TRY(take_lock(s, e));
	r = submit_text(s, &t, &name, e);
	if (r >= 0) {
		ARENA_GROW(&a->arena, a->source, a->nsource, a->source_cap);
		a->source[a->nsource++] = (struct source){
		    arena_strdup(&a->arena, name),
		    arena_memdup(&a->arena, t.p ? t.p : "", t.n), t.n };
	}
	text_release(&t);
	if (r < 0)
		return r;
	if (s->action == SUBMIT_PLAN)
		return plan(s, e);
	if (!a->dry_run)
		events_open(a);
	if (s->is_plan)
		return app_run_plan(a, a->source[0].text, a->source[0].n, e);
	return app_run_script(a, e);
}

static int
exit_code(const struct app *a, const struct err *e)
{
	if (a->interrupt)
		return 128 + a->interrupt;
	return e->code ? e->code : EXIT_JOB;
}

static void
tell(const struct submit *s, const char *command, const struct err *e)
{
	struct text t = { 0 };

	if (e->span.len && s->app.nsource) {
		complain(&t, s->app.source, s->app.nsource, e);
	} else {
		text_addf(&t, "%s: %s\n", command, e->text);
		if (e->hint[0])
			text_addf(&t, "%s: hint: %s\n", command, e->hint);
	}
	utf8_printable(t.p, t.n);
	fputs(text_str(&t), stderr);
	text_release(&t);
}

int
submit_run(struct submit *s, const char *command)
{
	struct app *a = &s->app;
	struct err e = { 0 }, later;
	int code = 0;

	catch_signals(a);
	if (run(s, &e) < 0) {
		code = exit_code(a, &e);
		if (!a->pipe_closed)
			tell(s, command, &e);
	}
	if (rows_out_flush(a, &later) < 0 && code == 0) {
		code = later.code;
		if (!a->pipe_closed)
			tell(s, command, &later);
	}
	events_end(a, code);
	if (report_write(a, &later) < 0) {
		tell(s, command, &later);
		code = code ? code : later.code;
	}
	if (a->verbose && s->action == SUBMIT_RUN && code == 0 &&
	    !s->report_from)
		report_summary(a);
	a->status = a->pipe_closed ? 128 + SIGPIPE : code;
	app_release(a);
	groups_end();
	if (a->pipe_closed) {           /* as any filter dies: P20 */
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return code;
}
