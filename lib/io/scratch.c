/*
 * scratch -- see scratch.h.
 */
#include "io/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/tree.h"

/* The lock goes last: what is cut short can be taken up. */
static void
empty_directory(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	char path[4096];

	if (d == NULL)
		return;
	while ((x = readdir(d)) != NULL)
		if (strcmp(x->d_name, ".") != 0 &&
		    strcmp(x->d_name, "..") != 0 &&
		    strcmp(x->d_name, "lock") != 0 &&
		    unlinkat(dirfd(d), x->d_name, 0) < 0 &&
		    (size_t)snprintf(path, sizeof path, "%s/%s", dir,
		    x->d_name) < sizeof path)
			tree_remove(path);
	unlinkat(dirfd(d), "lock", 0);
	closedir(d);
}

void
scratch_remove(const char *dir)
{
	if (dir == NULL)
		return;
	empty_directory(dir);
	rmdir(dir);
}

/* errno is ENOENT when there is none, or when somebody who had it just before
 * has removed it. */
static int
lock_file(const char *dir, int flags)
{
	int d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, why;
	struct stat st;

	if (d < 0)
		return -1;
	fd = openat(d, "lock", flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	why = errno;
	close(d);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		if (fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		why = ENOENT;
	} else if (fd >= 0) {
		why = EBUSY;
	}
	if (fd >= 0)
		close(fd);
	errno = why;
	return -1;
}

/* Removes what runs of this user left that died; a directory without a lock
 * was made just now, or by one that died before it had a lock. */
static void
sweep(const char *parent, const char *prefix)
{
	DIR *d = opendir(parent);
	struct dirent *x;

	if (d == NULL)
		return;
	while ((x = readdir(d)) != NULL) {
		char path[4096];
		struct stat st;
		int fd;

		if (strncmp(x->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if ((size_t)snprintf(path, sizeof path, "%s/%s", parent,
		    x->d_name) >= sizeof path)
			continue;
		if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) ||
		    st.st_uid != getuid())
			continue;
		fd = lock_file(path, 0);
		if (fd < 0) {
			if (errno == ENOENT)
				rmdir(path);
			continue;
		}
		scratch_remove(path);
		close(fd);
	}
	closedir(d);
}

static int
make_in(struct arena *a, const char *parent, const char **out)
{
	char *prefix = arena_printf(a, "sp-%u-", (unsigned)getuid());

	sweep(parent, prefix);
	for (int i = 0; i < 100; i++) {
		char *dir = arena_printf(a, "%s/%sXXXXXX", parent, prefix);

		if (mkdtemp(dir) == NULL)
			return -1;
		/* Held until the process ends, however it ends. */
		if (lock_file(dir, O_CREAT) >= 0) {
			*out = dir;
			return 0;
		}
		/* Another run that sweeps was faster: it removes it. */
		if (errno != ENOENT && errno != EBUSY) {
			rmdir(dir);
			return -1;
		}
	}
	errno = EBUSY;
	return -1;
}

int
scratch_make(struct arena *a, const char *dirs, const char **out,
    struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	char *list, *save = NULL;

	if (*dirs == '\0')
		dirs = tmp && *tmp ? tmp : "/tmp";
	list = arena_strdup(a, dirs);
	for (char *p = strtok_r(list, ",", &save); p;
	    p = strtok_r(NULL, ",", &save))
		if (make_in(a, p, out) == 0)
			return 0;
	err_sys(e, "could not make a scratch directory in \"%s\"", dirs);
	e->code = EXIT_CANTCREATE;
	return err_hint(e, "name another one with --tmpdir or "
	    "SPARK_LOCAL_DIRS");
}
