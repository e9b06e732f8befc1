/*
 * worker_groups -- see worker_groups.h.
 *
 * A group can be removed when its last process was reaped.  Those that are
 * left in it (a command that made its own process group) are children of
 * init by then: they are killed and given a moment.
 *
 * A worker that was killed leaves its groups.  The next one in the same
 * directory sweeps them; in another directory it removes those that are
 * empty and whose home nobody holds locked.
 */
#include "daemon/worker_groups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/limits.h"
#include "cluster/cluster.h"

enum { PATH = 4400, PATH_IN = PATH + 64, TRIES = 100, TRY_NS = 2000000 };
#define PREFIX "sp-worker-"
#define MAGIC_TMPFS 0x01021994u
#define MAGIC_RAMFS 0x858458f6u

static int
put(const char *dir, const char *file, const char *text)
{
	char path[PATH_IN];
	ssize_t n = (ssize_t)strlen(text);
	int fd, r;

	snprintf(path, sizeof path, "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	r = write(fd, text, (size_t)n) == n ? 0 : -1;
	close(fd);
	return r;
}

static void
kill_members(const char *dir)
{
	char path[PATH_IN];
	FILE *f;
	int pid;

	snprintf(path, sizeof path, "%s/cgroup.procs", dir);
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1)
		if (pid > 1 && pid != getpid())
			kill(pid, SIGKILL);
	if (f)
		fclose(f);
}

static void
remove_group(const char *dir)
{
	for (int i = 0; i < TRIES && rmdir(dir) < 0 && errno == EBUSY; i++) {
		kill_members(dir);
		nanosleep(&(struct timespec){ .tv_nsec = TRY_NS }, NULL);
	}
}

/* Removes home with what is below it. */
static void
sweep(const char *home)
{
	DIR *d = opendir(home);
	struct dirent *f;
	char path[PATH];

	while (d && (f = readdir(d))) {
		snprintf(path, sizeof path, "%s/%.255s", home, f->d_name);
		if (f->d_type == DT_DIR && f->d_name[0] != '.')
			remove_group(path);
	}
	if (d)
		closedir(d);
	rmdir(home);
}

/* ---- homes of others -------------------------------------------------- */

/* Returns a descriptor that holds it, or -1: somebody else does. */
static int
lock_home(const char *home)
{
	int fd = open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The kernel removes no group that has members. */
static void
remove_empty(const char *home)
{
	DIR *d = opendir(home);
	struct dirent *f;

	while (d && (f = readdir(d)))
		if (f->d_type == DT_DIR && f->d_name[0] != '.')
			unlinkat(dirfd(d), f->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
	rmdir(home);
}

/* What workers left that were killed. */
static void
sweep_left(const char *own, const char *home)
{
	DIR *d = opendir(own);
	struct dirent *f;
	char path[PATH];
	int fd;

	while (d && (f = readdir(d))) {
		if (strncmp(f->d_name, PREFIX, sizeof PREFIX - 1) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%.255s", own, f->d_name);
		fd = strcmp(path, home) == 0 ? -1 : lock_home(path);
		if (fd < 0)
			continue;
		remove_empty(path);
		close(fd);
	}
	if (d)
		closedir(d);
}

/* Makes our home and holds it.  Somebody may sweep it in between. */
static int
make_home(struct worker_groups *g)
{
	struct stat made, held;

	for (int i = 0; i < TRIES; i++) {
		if (mkdir(g->home, 0755) < 0 && errno != EEXIST)
			return -1;
		g->lock = lock_home(g->home);
		if (g->lock >= 0 && fstat(g->lock, &held) == 0 &&
		    stat(g->home, &made) == 0 && made.st_ino == held.st_ino)
			return 0;
		if (g->lock >= 0)
			close(g->lock);
		g->lock = -1;
		nanosleep(&(struct timespec){ .tv_nsec = TRY_NS }, NULL);
	}
	return -1;
}

/* ---- v2 --------------------------------------------------------------- */

static void
move_back(struct worker_groups *g)
{
	if (*g->left == '\0')
		return;
	put(g->left, "cgroup.subtree_control", "-memory");
	put(g->left, "cgroup.procs", "0");
	g->left[0] = '\0';
}

/* Groups below own shall bound memory. */
static int
delegate(struct worker_groups *g, const char *own)
{
	char path[PATH];

	if (put(own, "cgroup.subtree_control", "+memory") == 0)
		return put(g->home, "cgroup.subtree_control", "+memory");
	if (errno != EBUSY)
		return -1;
	snprintf(path, sizeof path, "%s/daemon", g->home);
	if (mkdir(path, 0755) < 0 || put(path, "cgroup.procs", "0") < 0)
		return -1;
	snprintf(g->left, sizeof g->left, "%s", own);
	if (put(own, "cgroup.subtree_control", "+memory") == 0 &&
	    put(g->home, "cgroup.subtree_control", "+memory") == 0)
		return 0;
	move_back(g);
	return -1;
}

/* ---- opening ---------------------------------------------------------- */

static int
is_in_memory(const char *dir)
{
	struct statfs s;

	return statfs(dir, &s) == 0 && ((unsigned)s.f_type == MAGIC_TMPFS ||
	    (unsigned)s.f_type == MAGIC_RAMFS);
}

static void
give_up(struct worker_groups *g, const char *why)
{
	g->version = 0;
	g->why = why;
	if (g->lock >= 0)
		close(g->lock);
	g->lock = -1;
}

void
worker_groups_open(struct worker_groups *g, const char *root,
    const char *self, const char *dir)
{
	char own[3072];
	struct stat st;
	uint64_t hash;

	memset(g, 0, sizeof *g);
	g->lock = -1;
	if (stat(dir, &st) < 0 || is_in_memory(dir)) {
		give_up(g, "its directory is in memory");
		return;
	}
	g->version = limits_find_group(root, self, own, sizeof own);
	if (g->version == 0) {
		give_up(g, "there is no memory controller");
		return;
	}
	hash = hash_combine(hash_sum(&st.st_dev, sizeof st.st_dev),
	    (uint64_t)st.st_ino);
	snprintf(g->home, sizeof g->home, "%s/" PREFIX "%016llx", own,
	    (unsigned long long)hash);
	sweep_left(own, g->home);
	sweep(g->home);
	if (make_home(g) < 0) {
		give_up(g, "it may not make groups");
		return;
	}
	if (g->version == LIMITS_V1)
		put(g->home, "memory.use_hierarchy", "1");
	if (g->version == LIMITS_V1 || delegate(g, own) == 0)
		return;
	sweep(g->home);
	give_up(g, "its own group is not delegated to it");
}

void
worker_groups_close(struct worker_groups *g)
{
	if (g->version == 0)
		return;
	move_back(g);
	sweep(g->home);
	close(g->lock);
	g->version = 0;
}

/* ---- executors -------------------------------------------------------- */

static void
path_of(const struct worker_groups *g, const struct exec_name *name,
    char to[PATH])
{
	snprintf(to, PATH, "%s/%s.%d", g->home, name->app, name->num);
}

/* No swap beyond the limit, where it is counted. */
static int
bound(const struct worker_groups *g, const char *dir, int64_t bytes)
{
	char n[32];

	snprintf(n, sizeof n, "%lld", (long long)bytes);
	if (g->version == LIMITS_V1) {
		if (put(dir, "memory.limit_in_bytes", n) < 0)
			return -1;
		put(dir, "memory.memsw.limit_in_bytes", n);
		return 0;
	}
	put(dir, "memory.swap.max", "0");
	return put(dir, "memory.max", n);
}

int
worker_groups_add(struct worker_groups *g, const struct exec_name *name,
    int64_t bytes)
{
	char dir[PATH], procs[PATH_IN];
	int fd = -1;

	if (g->version == 0)
		return 0;
	path_of(g, name, dir);
	if (mkdir(dir, 0755) == 0 && bound(g, dir, bytes) == 0) {
		snprintf(procs, sizeof procs, "%s/cgroup.procs", dir);
		fd = open(procs, O_WRONLY | O_CLOEXEC);
	}
	if (fd <= 0)
		rmdir(dir);
	return fd > 0 ? fd : 0;
}

int64_t
worker_groups_kills(const struct worker_groups *g,
    const struct exec_name *name)
{
	char dir[PATH];

	if (g->version == 0)
		return 0;
	path_of(g, name, dir);
	return limits_group_kills(dir);
}

void
worker_groups_remove(struct worker_groups *g, const struct exec_name *name)
{
	char dir[PATH];

	if (g->version == 0)
		return;
	path_of(g, name, dir);
	remove_group(dir);
}
