/*
 * worker_dirs -- see worker_dirs.h.
 *
 * A process is an orphan of ours only if its pid, its start time and the
 * boot of the machine are those that were written down: a number that was
 * given to another process since is left alone.
 */
#include "daemon/worker_dirs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "transfer/node_id.h"

static int
remove_one(const char *path, const struct stat *st, int kind,
    struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	remove(path);
	return 0;
}

static void
remove_tree(const char *path)
{
	nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

static int
make_dir(const char *path, struct err *e)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "could not make \"%s\"", path);
	return 0;
}

/* DIR/part/app[/more]; the text is the caller's to release. */
__attribute__((format(printf, 2, 3))) static struct text
path_in(const struct worker_dirs *d, const char *fmt, ...)
{
	struct text t = { 0 };
	va_list ap;

	text_addf(&t, "%s/", d->path);
	va_start(ap, fmt);
	text_addv(&t, fmt, ap);
	va_end(ap);
	return t;
}

static int
make_in(const struct worker_dirs *d, const char *part, struct err *e)
{
	struct text t = path_in(d, "%s", part);
	int r = make_dir(t.p, e);

	text_release(&t);
	return r;
}

/* ---- orphans --------------------------------------------------------- */

static void
read_small(const char *path, char *to, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t r = fd < 0 ? -1 : read(fd, to, n - 1);

	to[r > 0 ? r : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

/* Field 22 of /proc/PID/stat: clock ticks from boot to its start; 0 when
 * there is no such process. */
static unsigned long long
start_time(pid_t pid)
{
	char path[64], stat[1024], *p;
	unsigned long long t = 0;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	read_small(path, stat, sizeof stat);
	p = strrchr(stat, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (p)
		t = strtoull(p + 1, NULL, 10);
	return t;
}

/* Kills the process that a file in run/ names; returns 1 if there was one. */
static int
kill_orphan(const char *path)
{
	char line[256], boot[BOOT_ID_MAX], was[64];
	unsigned long long started;
	int pid;

	read_small(path, line, sizeof line);
	boot_id(boot);
	if (sscanf(line, "%d %llu %63s", &pid, &started, was) != 3 ||
	    pid <= 1 || strcmp(boot, was) != 0 || start_time(pid) != started)
		return 0;
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	for (int i = 0; i < 200 && start_time(pid) == started; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	return 1;
}

static void
end_orphans(struct worker_dirs *d)
{
	struct text run = path_in(d, "run");
	DIR *dir = opendir(run.p);
	struct dirent *f;

	while (dir && (f = readdir(dir))) {
		struct text one = path_in(d, "run/%s", f->d_name);

		if (f->d_name[0] != '.') {
			d->norphan += kill_orphan(one.p);
			unlink(one.p);
		}
		text_release(&one);
	}
	if (dir)
		closedir(dir);
	text_release(&run);
}

/* ---- opening --------------------------------------------------------- */

static int
take_lock(struct worker_dirs *d, const char *path, struct err *e)
{
	struct text t = { 0 };
	struct stat st;
	int fd;

	TRY(make_dir(path, e));
	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_mode & 022))
		return err_user(e, EXIT_PERM, "\"%s\" must be a directory "
		    "that only its owner, you, can write to", path);
	text_addf(&t, "%s/lock", path);
	fd = open(t.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	text_release(&t);
	if (fd < 0)
		return err_sys(e, "could not open \"%s/lock\"", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return err_user(e, EXIT_UNAVAILABLE,
		    "another worker works in \"%s\"", path);
	}
	d->lock = fd;
	d->path = realpath(path, NULL);
	return d->path ? 0 : err_sys(e, "could not find "
	    "\"%s\"", path);
}

static int
take_usual(struct worker_dirs *d, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	struct text t = { 0 };
	int r = -1;

	for (int i = 1; i <= WORKERS_PER_DIR; i++) {
		text_clear(&t);
		text_addf(&t, "%s/sp-worker-%u", tmp && *tmp ? tmp : "/tmp",
		    (unsigned)geteuid());
		if (i > 1)
			text_addf(&t, ".%d", i);
		r = take_lock(d, t.p, e);
		if (r == 0 || e->code != EXIT_UNAVAILABLE)
			break;
	}
	text_release(&t);
	return r;
}

int
worker_dirs_open(struct worker_dirs *d, const char *dir, struct err *e)
{
	struct text app;
	int r = dir ? take_lock(d, dir, e) : take_usual(d, e);

	if (r < 0)
		return r;
	TRY(make_in(d, "run", e));
	end_orphans(d);
	app = path_in(d, "app");
	remove_tree(app.p);
	text_release(&app);
	TRY(make_in(d, "app", e));
	return make_in(d, "log", e);
}

void
worker_dirs_close(struct worker_dirs *d)
{
	struct text app;

	if (!d->path)
		return;
	app = path_in(d, "app");
	remove_tree(app.p);
	text_release(&app);
	free(d->path);
	close(d->lock);
	d->path = NULL;
}

/* ---- executors ------------------------------------------------------- */

int
worker_dirs_add(struct worker_dirs *d, const struct exec_name *name,
    struct text *scratch, struct text *maps, struct err *e)
{
	struct text app = path_in(d, "app/%s", name->app);
	struct text log = path_in(d, "log/%s", name->app);
	int r, fd = -1;

	text_addf(scratch, "%s/%d", app.p, name->num);
	text_addf(maps, "%s/maps", app.p);
	r = make_dir(app.p, e);
	r = r < 0 ? r : make_dir(scratch->p, e);
	r = r < 0 ? r : make_dir(maps->p, e);
	r = r < 0 ? r : make_dir(log.p, e);
	text_addf(&log, "/%d", name->num);
	if (r == 0) {
		fd = open(log.p, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		    0600);
		if (fd < 0)
			err_sys(e, "could not open \"%s\"", log.p);
	}
	text_release(&app);
	text_release(&log);
	return fd < 0 ? e->kind : fd;
}

void
worker_dirs_began(struct worker_dirs *d, const struct exec_name *name,
    pid_t pid)
{
	struct text run = path_in(d, "run/%s.%d", name->app, name->num);
	int fd = open(run.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char boot[BOOT_ID_MAX];

	boot_id(boot);
	if (fd >= 0) {
		dprintf(fd, "%d %llu %s\n", (int)pid, start_time(pid), boot);
		close(fd);
	}
	text_release(&run);
}

void
worker_dirs_ended(struct worker_dirs *d, const struct exec_name *name)
{
	struct text run = path_in(d, "run/%s.%d", name->app, name->num);
	struct text dir = path_in(d, "app/%s/%d", name->app, name->num);

	unlink(run.p);
	remove_tree(dir.p);
	text_release(&run);
	text_release(&dir);
}

void
worker_dirs_tail(struct worker_dirs *d, const struct exec_name *name,
    char *to, size_t n)
{
	struct text log = path_in(d, "log/%s/%d", name->app, name->num);
	int fd = open(log.p, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t r = 0;

	to[0] = '\0';
	if (fd >= 0 && fstat(fd, &st) == 0) {
		off_t from = st.st_size > (off_t)n - 1 ?
		    st.st_size - ((off_t)n - 1) : 0;

		r = pread(fd, to, n - 1, from);
	}
	if (fd >= 0)
		close(fd);
	text_release(&log);
	while (r > 0 && (to[r - 1] == '\n' || to[r - 1] == ' '))
		r--;
	to[r > 0 ? r : 0] = '\0';
	for (char *p = to; *p; p++)
		if (*p == '\n')
			*p = '|';
		else if ((unsigned char)*p < ' ')
			*p = ' ';
}

/* Removes the oldest directories of logs but the newest LOG_APPS. */
static void
trim_logs(struct worker_dirs *d)
{
	struct text log = path_in(d, "log");
	struct dirent **list;
	int n = scandir(log.p, &list, NULL, versionsort);

	for (int i = 0; i < n; i++) {
		struct text one = path_in(d, "log/%s", list[i]->d_name);

		if (list[i]->d_name[0] != '.' && i < n - LOG_APPS)
			remove_tree(one.p);
		text_release(&one);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	text_release(&log);
}

void
worker_dirs_forget(struct worker_dirs *d, const char *app)
{
	struct text dir = path_in(d, "app/%s", app);

	remove_tree(dir.p);
	text_release(&dir);
	trim_logs(d);
}
