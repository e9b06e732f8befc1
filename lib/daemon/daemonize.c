/*
 * daemonize -- see daemonize.h.
 *
 * Two pipes lead from the daemon to the process that started it.  One takes
 * the ready line and is closed then; a daemon that fails writes its struct
 * err to the other one, of which it is the only writer.
 */
#include "daemon/daemonize.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "io/tree.h"
#include "net/key.h"

enum { LOOK_MS = 5, FD_MAX = 1024 };

static int
open_in(const char *dir, const char *name, int flags)
{
	struct text t = { 0 };
	int fd;

	text_addf(&t, "%s/%s", dir, name);
	fd = open(t.p, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	text_release(&t);
	return fd;
}

static void
nap(void)
{
	poll(NULL, 0, LOOK_MS);
}

/* Reads PID and the ready line; 0 when that is not complete. */
static int
daemon_read(int fd, pid_t *pid, struct text *line)
{
	char s[1024], *end;
	ssize_t n = pread(fd, s, sizeof s - 1, 0);
	long number;

	s[n > 0 ? n : 0] = '\0';
	number = strtol(s, &end, 10);
	*pid = number > 1 ? (pid_t)number : 0;
	if (!*pid || *end != '\n' || !strchr(end + 1, '\n'))
		return 0;
	if (line) {
		text_clear(line);
		text_add(line, end + 1, (size_t)(strchr(end + 1, '\n') - end));
		text_str(line);
	}
	return 1;
}

/* Makes the directory and opens its file; returns whether the lock is ours
 * (1), or somebody else's (0) who is ready. */
static int
claim(struct detached *d, const struct detach_conf *c, struct err *e)
{
	int64_t end = clock_mono_ms() + DETACH_READY_MS;
	struct text t = { 0 };
	int r;

	text_addf(&t, "%s/x", c->dir);
	r = tree_make_parents(t.p, e);
	text_release(&t);
	if (r < 0)
		return r;
	d->dir = realpath(c->dir, NULL);
	if (!d->dir || chmod(d->dir, 0700) < 0)
		return err_sys(e, "could not use \"%s\"", c->dir);
	d->lock = open_in(d->dir, "daemon", O_RDWR | O_CREAT);
	if (d->lock < 0)
		return err_sys(e, "could not open \"%s/daemon\"", d->dir);
	do {
		if (flock(d->lock, LOCK_EX | LOCK_NB) == 0)
			return ftruncate(d->lock, 0) == 0 ? 1 :
			    err_sys(e, "could not empty \"%s/daemon\"",
			    d->dir);
		if (errno != EWOULDBLOCK)
			return err_sys(e, "could not lock \"%s\"", d->dir);
		if (daemon_read(d->lock, &d->pid, &d->line))
			return 0;
		nap();
	} while (clock_mono_ms() < end);
	return err_set(e, ERR_TEMP, "another %s starts in \"%s\" and does not "
	    "get ready", c->command, d->dir);
}

/* The key from stdin. */
static int
take_key(unsigned char key[KEY_BYTES], struct err *e)
{
	char hex[KEY_HEX + 8];
	size_t n = 0;
	ssize_t r;

	while (n < sizeof hex &&
	    (r = read(STDIN_FILENO, hex + n, sizeof hex - n)) != 0) {
		if (r < 0 && errno != EINTR)
			return err_sys(e, "could not read the key");
		n += r > 0 ? (size_t)r : 0;
	}
	r = key_parse(key, hex, n);
	explicit_bzero(hex, sizeof hex);
	return r == 0 ? 0 : err_user(e, EXIT_CONFIG, "what came on standard "
	    "input is no key: it is one line of %d hexadecimal digits",
	    KEY_HEX);
}

static int
put_key(struct detached *d, const unsigned char key[KEY_BYTES],
    struct err *e)
{
	struct text t = { 0 };

	text_addf(&t, "%s/key", d->dir);
	d->key_file = t.p;
	unlink(t.p);
	return key_write(key, t.p, e);
}

/* What is left open of the caller would keep its pipes open. */
static void
close_others(const struct detached *d)
{
	for (int fd = 3; fd < FD_MAX; fd++)
		if (fd != d->lock && fd != d->report && fd != d->ready_fd)
			close(fd);
}

static void
become_daemon(struct detached *d)
{
	struct text t = { 0 }, old = { 0 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), log;

	text_addf(&t, "%s/daemon.log", d->dir);
	text_addf(&old, "%s/daemon.log.old", d->dir);
	rename(t.p, old.p);
	log = open_in(d->dir, "daemon.log", O_WRONLY | O_CREAT | O_APPEND);
	setsid();
	signal(SIGHUP, SIG_IGN);
	dup2(null, STDIN_FILENO);
	dup2(log >= 0 ? log : null, STDOUT_FILENO);
	dup2(log >= 0 ? log : null, STDERR_FILENO);
	close_others(d);
	if (chdir("/") < 0)
		fprintf(stderr, "cannot go to /\n");
	text_release(&t);
	text_release(&old);
	text_clear(&d->line);
	text_addf(&d->line, "%ld\n", (long)getpid());
	if (ftruncate(d->lock, 0) < 0 ||
	    pwrite(d->lock, d->line.p, d->line.n, 0) < 0)
		fprintf(stderr, "cannot write %s/daemon\n", d->dir);
}

/* The ready line, or 0 for the end of the pipe, or -1: the time is up. */
static int
hear(struct detached *d, int from)
{
	int64_t end = clock_mono_ms() + DETACH_READY_MS;
	struct pollfd p = { from, POLLIN, 0 };

	while (clock_mono_ms() < end) {
		char c[256];
		ssize_t n;

		if (poll(&p, 1, 100) <= 0)
			continue;
		n = read(from, c, sizeof c);
		if (n <= 0)
			return 0;
		text_add(&d->line, c, (size_t)n);
		if (memchr(c, '\n', (size_t)n))
			return 1;
	}
	return -1;
}

/* In the starting process: how did it go? */
static int
await(struct detached *d, const struct detach_conf *c, int ready, int report,
    struct err *e)
{
	int heard = hear(d, ready), status;
	struct text all = { 0 };
	struct err why;

	if (heard > 0) {
		text_addf(&all, "%ld\n%s", (long)d->pid, text_str(&d->line));
		if (pwrite(d->lock, all.p, all.n, 0) < 0)
			heard = err_sys(e, "could not write \"%s/daemon\"",
			    d->dir);
		text_release(&all);
		return heard < 0 ? heard : 0;
	}
	if (heard < 0)
		kill(d->pid, SIGTERM);
	for (int i = 0; waitpid(d->pid, &status, WNOHANG) == 0; i++) {
		if (i == DETACH_TERM_MS / LOOK_MS)
			kill(d->pid, SIGKILL);
		nap();
	}
	if (heard == 0 && read(report, &why, sizeof why) == sizeof why) {
		*e = why;
		return e->kind;
	}
	err_set(e, ERR_TEMP, heard < 0 ? "%s is not ready after %d s" :
	    "%s ended before it was ready", c->command, DETACH_READY_MS / 1000);
	e->code = EXIT_TEMP;
	return err_hint(e, "see %s/daemon.log", d->dir);
}

int
detach_start(struct detached *d, const struct detach_conf *c, struct err *e)
{
	unsigned char key[KEY_BYTES] = { 0 };
	int ready[2], report[2], r;

	*d = (struct detached){ .ready_fd = -1, .lock = -1, .report = -1 };
	if (c->key == DETACH_KEY_STDIN)
		TRY(take_key(key, e));
	r = claim(d, c, e);
	if (r > 0 && c->key == DETACH_KEY_STDIN && put_key(d, key, e) < 0)
		r = e->kind;
	key_forget(key);
	if (r <= 0) {
		d->already = r == 0;
		return r;
	}
	if (pipe2(ready, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
		return err_sys(e, "could not make a pipe");
	d->ready_fd = ready[1];
	d->report = report[1];
	d->pid = fork();
	if (d->pid < 0)
		return err_sys(e, "could not start a process");
	if (d->pid == 0) {
		become_daemon(d);
		return 1;
	}
	close(ready[1]);
	close(report[1]);
	r = await(d, c, ready[0], report[0], e);
	close(ready[0]);
	close(report[0]);
	return r;
}

void
detach_fail(const struct detached *d, const struct err *e)
{
	signal(SIGPIPE, SIG_IGN);
	if (write(d->report, e, sizeof *e) < 0)
		return;         /* it was ready long ago: the log has it */
}

void
detach_release(struct detached *d)
{
	free(d->dir);
	free(d->key_file);
	text_release(&d->line);
}

/* Sends it, and waits for the lock. */
static int
end_by(int lock, pid_t pid, int number, int ms)
{
	int64_t end = clock_mono_ms() + ms;

	if (kill(pid, number) < 0 && errno != ESRCH)
		return 0;
	do {
		if (flock(lock, LOCK_EX | LOCK_NB) == 0)
			return ftruncate(lock, 0) == 0;
		nap();
	} while (clock_mono_ms() < end);
	return 0;
}

int
detach_stop(const char *dir, struct err *e)
{
	int lock = open_in(dir, "daemon", O_RDWR), r = 1;
	pid_t pid = 0;

	if (lock < 0)
		return errno == ENOENT ? 0 :
		    err_sys(e, "could not open \"%s/daemon\"", dir);
	if (flock(lock, LOCK_EX | LOCK_NB) == 0)
		r = 0;
	else if (errno != EWOULDBLOCK)
		r = err_sys(e, "could not lock \"%s\"", dir);
	/* Right after its start the number is not there yet. */
	for (int i = 0; r == 1 && i < 200 && !pid; i++) {
		daemon_read(lock, &pid, NULL);
		if (!pid)
			nap();
	}
	if (r == 1 && (!pid || (!end_by(lock, pid, SIGTERM, DETACH_TERM_MS) &&
	    !end_by(lock, pid, SIGKILL, DETACH_TERM_MS))))
		r = err_set(e, ERR_TEMP, "process %ld of \"%s\" does not end",
		    (long)pid, dir);
	close(lock);
	return r;
}

void
detach_remove(const char *dir)
{
	int lock = open_in(dir, "daemon", O_RDWR);

	if (lock < 0)
		return;
	if (flock(lock, LOCK_EX | LOCK_NB) == 0)
		tree_remove(dir);
	close(lock);
}

void
detach_dir(struct text *t, const char *name)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CACHE_HOME");
	char host[256] = "localhost";

	gethostname(host, sizeof host - 1);
	if (xdg && *xdg == '/')
		text_adds(t, xdg);
	else
		text_addf(t, "%s/.cache", home ? home : "");
	text_addf(t, "/sp/cluster/%s/", host);
	for (; *name; name++)
		text_addc(t, (*name >= '0' && *name <= '9') ||
		    (*name >= 'a' && *name <= 'z') ||
		    (*name >= 'A' && *name <= 'Z') || strchr("-_.", *name) ?
		    *name : '-');
	text_str(t);
}
