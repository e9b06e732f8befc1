/*
 * detach -- see detach.h.
 *
 * The lock belongs to the open file (flock), not to a process: the old
 * process takes it, the new one inherits it, so there is no moment at which
 * the record looks as if its driver had died.  Commands and executors do not
 * get the descriptor.
 */
#include "driver/detach.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

/* The folder of records, with all above it. */
static int
state_dir(struct arena *a, const char **out, struct err *e)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char *dir;

	if (state && *state == '/')
		dir = arena_printf(a, "%s/sp", state);
	else if (home && *home == '/')
		dir = arena_printf(a, "%s/.local/state/sp", home);
	else
		return err_user(e, EXIT_CANTCREATE, "there is no folder for "
		    "records: neither XDG_STATE_HOME nor HOME is set");
	for (char *p = dir + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(dir, 0700);
			*p = '/';
		}
	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		err_sys(e, "could not make \"%s\"", dir);
		e->code = EXIT_CANTCREATE;
		return e->kind;
	}
	*out = dir;
	return 0;
}

/* Is its driver gone, and the record old? */
static int
is_stale(const char *record)
{
	int fd = open(record, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = 0;
	struct stat st;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		r = st.st_mtime < time(NULL) - DETACH_KEEP_DAYS * 86400L &&
		    flock(fd, LOCK_SH | LOCK_NB) == 0;
	close(fd);
	return r;
}

/* Removes what old jobs left. */
static void
sweep(const char *dir)
{
	static const char *const kinds[] = { "out", "log", "job" };
	struct arena a = { 0 };
	DIR *d = opendir(dir);
	struct dirent *f;

	while (d && (f = readdir(d))) {
		const char *dot = strrchr(f->d_name, '.'), *stem;

		if (strncmp(f->d_name, "job-", 4) != 0 || dot == NULL ||
		    strcmp(dot, ".job") != 0)
			continue;
		stem = arena_printf(&a, "%s/%.*s", dir,
		    (int)(dot - f->d_name), f->d_name);
		if (!is_stale(arena_printf(&a, "%s.job", stem)))
			continue;
		for (int i = 0; i < 3; i++)
			unlink(arena_printf(&a, "%s.%s", stem, kinds[i]));
	}
	if (d)
		closedir(d);
	arena_release(&a);
}

static int
open_record(struct detach *d, struct err *e)
{
	const char *dir;
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	TRY(state_dir(&d->arena, &dir, e));
	sweep(dir);
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm);
	d->id = arena_printf(&d->arena, "job-%s-%d", stamp, (int)getpid());
	d->record = arena_printf(&d->arena, "%s/%s.job", dir, d->id);
	d->out = arena_printf(&d->arena, "%s/%s.out", dir, d->id);
	d->log = arena_printf(&d->arena, "%s/%s.log", dir, d->id);
	d->fd = open(d->record, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC |
	    O_APPEND, 0600);
	if (d->fd < 0 || flock(d->fd, LOCK_EX | LOCK_NB) < 0) {
		err_sys(e, "could not make \"%s\"", d->record);
		e->code = EXIT_CANTCREATE;
		return e->kind;
	}
	return 0;
}

static int
to_file(const char *name, struct err *e)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC | O_APPEND, 0600);

	return fd >= 0 ? fd : err_sys(e, "could not make \"%s\"", name);
}

static void
settle(int out, int log)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null >= 0 && isatty(0))
		dup2(null, 0);
	dup2(out, 1);
	dup2(log, 2);
	close(null);
}

int
detach_begin(struct detach *d, struct err *e)
{
	int out, log;
	pid_t pid;

	TRY(open_record(d, e));
	TRY(out = to_file(d->out, e));
	TRY(log = to_file(d->log, e));
	pid = fork();
	if (pid < 0)
		err_sys(e, "could not go on in another process");
	if (pid == 0)
		settle(out, log);
	close(out);
	close(log);
	if (pid == 0)
		return 0;
	if (pid < 0 || dprintf(d->fd, "pid %d\n", (int)pid) < 0) {
		if (pid > 0) {
			err_sys(e, "could not write \"%s\"", d->record);
			kill(pid, SIGTERM);
		}
		return e->kind;
	}
	close(d->fd);
	return 1;
}

static void
remove_empty(const char *name)
{
	struct stat st;

	if (stat(name, &st) == 0 && st.st_size == 0)
		unlink(name);
}

void
detach_end(struct detach *d, int code)
{
	fflush(stderr);
	remove_empty(d->out);
	remove_empty(d->log);
	dprintf(d->fd, "exit %d\n", code);
	fsync(d->fd);
	close(d->fd);
	arena_release(&d->arena);
}

static int
find_record(struct arena *a, const char *id, struct err *e)
{
	const char *dir;
	int fd = -1;

	if (*id && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
	    strlen(id)) {
		TRY(state_dir(a, &dir, e));
		fd = open(arena_printf(a, "%s/%s.job", dir, id),
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	}
	if (fd >= 0)
		return fd;
	err_user(e, EXIT_TEMP, "nothing is known of a job '%s'", id);
	return err_hint(e, "sp-submit --detach prints the id of its job");
}

/* Reads process and exit status; -1 is what is not there. */
static void
read_record(int fd, int *pid, int *code)
{
	char text[128];
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	char *line;

	*pid = *code = -1;
	text[n > 0 ? n : 0] = '\0';
	/* Only whole lines count. */
	for (line = text; strchr(line, '\n'); line = strchr(line, '\n') + 1) {
		if (strncmp(line, "pid ", 4) == 0)
			*pid = (int)strtol(line + 4, NULL, 10);
		if (strncmp(line, "exit ", 5) == 0)
			*code = (int)strtol(line + 5, NULL, 10);
	}
}

static int
is_held(int fd, enum detach_wait wait)
{
	int r;

	do {
		r = flock(fd, LOCK_SH | (wait == DETACH_NOW ? LOCK_NB : 0));
	} while (r < 0 && errno == EINTR);
	if (r == 0)
		flock(fd, LOCK_UN);
	return r < 0;
}

int
detach_status(const char *id, enum detach_wait wait, int *code, struct err *e)
{
	struct arena a = { 0 };
	int fd = find_record(&a, id, e), pid, held;

	arena_release(&a);
	if (fd < 0)
		return fd;
	held = is_held(fd, wait);
	read_record(fd, &pid, code);
	close(fd);
	if (*code >= 0 && *code <= 255)
		return DETACH_DONE;
	return held ? DETACH_RUNNING : DETACH_DIED;
}

int
detach_kill(const char *id, struct err *e)
{
	struct arena a = { 0 };
	int fd = find_record(&a, id, e), pid, code, who = -1, r = -1;

	arena_release(&a);
	if (fd < 0)
		return fd;
	read_record(fd, &pid, &code);
	if (pid > 0)
		who = (int)syscall(SYS_pidfd_open, pid, 0);
	/* The lock is held after the process was opened: it is that one. */
	if (who >= 0 && is_held(fd, DETACH_NOW))
		r = (int)syscall(SYS_pidfd_send_signal, who, SIGTERM, NULL, 0);
	close(fd);
	if (who >= 0)
		close(who);
	return r == 0 ? 0 : err_user(e, EXIT_JOB, "job '%s' has ended already",
	    id);
}
