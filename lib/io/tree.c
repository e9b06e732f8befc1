/*
 * tree -- see tree.h.
 */
#include "io/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "io/fd.h"

int
tree_make_parents(const char *path, struct err *e)
{
	char *p = strdup(path);
	int r = 0;

	for (char *s = p + 1; *s && r >= 0; s++) {
		if (*s != '/')
			continue;
		*s = '\0';
		if (mkdir(p, 0777) < 0 && errno != EEXIST)
			r = err_sys(e, "could not make directory \"%s\"", p);
		*s = '/';
	}
	free(p);
	return r;
}

static void
remove_at(int dir, const char *name, int depth)
{
	struct dirent *x;
	DIR *d;
	int fd;

	if (unlinkat(dir, name, 0) == 0 || (errno != EISDIR && errno != EPERM))
		return;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || depth > 100)
		return;
	d = fdopendir(fd);
	while (d && (x = readdir(d)) != NULL)
		if (strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0)
			remove_at(fd, x->d_name, depth + 1);
	if (d)
		closedir(d);
	unlinkat(dir, name, AT_REMOVEDIR);
}

void
tree_remove(const char *path)
{
	remove_at(AT_FDCWD, path, 0);
}

int
tree_write_file(const char *path, const char *p, size_t n, struct err *e)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
	int r = 0;

	if (fd < 0)
		return err_sys(e, "could not create \"%s\"", path);
	if (fd_write(fd, p, n, "tree.write") < 0 || fail_here("tree.fsync") < 0 ||
	    fsync(fd) < 0)
		r = err_sys(e, "could not write \"%s\"", path);
	if (close(fd) < 0 && r >= 0)
		r = err_sys(e, "could not close \"%s\"", path);
	return r;
}

char *
tree_read_file(struct arena *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *p = NULL;
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && st.st_size < 64 << 20) {
		p = arena_bytes(a, (size_t)st.st_size + 1);
		while (n > 0 && have < (size_t)st.st_size) {
			n = read(fd, p + have, (size_t)st.st_size - have);
			have += n > 0 ? (size_t)n : 0;
		}
		p[have] = '\0';
	}
	close(fd);
	return n < 0 ? NULL : p;
}

int
tree_append(int fd, const char *path, struct err *e)
{
	int in = open(path, O_RDONLY | O_CLOEXEC);
	char *buf;
	ssize_t n;
	int r = 0;

	if (in < 0)
		return err_sys(e, "could not open \"%s\"", path);
	/* In the kernel where it can be; by hand where not. */
	while ((n = copy_file_range(in, NULL, fd, NULL, (size_t)1 << 30, 0)) > 0)
		;
	if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
	    errno == EOPNOTSUPP)) {
		buf = xmalloc((size_t)1 << 20);
		while ((n = read(in, buf, (size_t)1 << 20)) > 0)
			if (fd_write(fd, buf, (size_t)n, "tree.write") < 0)
				break;
		free(buf);
	}
	if (n != 0)
		r = err_sys(e, "could not append \"%s\"", path);
	close(in);
	return r;
}

int
tree_sync_directory(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", path);
	if (fail_here("tree.sync") < 0 || (fsync(fd) < 0 && errno != EINVAL))
		r = err_sys(e, "could not make \"%s\" durable", path);
	close(fd);
	return r;
}

static int
sync_below(int dir, const char *name, int depth)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC), keep, r = 0;
	struct dirent *x;
	DIR *d;

	if (fd < 0 && errno == ENOTDIR)
		return 0;
	if (fd < 0 || depth > 100)
		return -1;
	keep = dup(fd);
	d = fdopendir(fd);
	while (d && r == 0 && (x = readdir(d)) != NULL)
		if ((x->d_type == DT_DIR || x->d_type == DT_UNKNOWN) &&
		    strcmp(x->d_name, ".") != 0 &&
		    strcmp(x->d_name, "..") != 0)
			r = sync_below(keep, x->d_name, depth + 1);
	if (r == 0 && (d == NULL || keep < 0 || fail_here("tree.sync") < 0 ||
	    (fsync(keep) < 0 && errno != EINVAL)))
		r = -1;
	if (d)
		closedir(d);
	else
		close(fd);
	if (keep >= 0)
		close(keep);
	return r;
}

int
tree_sync_directories(const char *path, struct err *e)
{
	if (sync_below(AT_FDCWD, path, 0) == 0)
		return 0;
	return err_sys(e, "could not make \"%s\" durable", path);
}

int
tree_rename_new(const char *from, const char *to, struct err *e)
{
	struct stat st;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS) {
		if (lstat(to, &st) < 0 && rename(from, to) == 0)
			return 0;
		errno = EEXIST;
	}
	if (errno == EEXIST)
		return err_user(e, EXIT_CANTCREATE,
		    "the output \"%s\" exists already", to);
	return err_sys(e, "could not rename to \"%s\"", to);
}

int
tree_exchange(struct arena *a, const char *from, const char *to,
    struct err *e)
{
	char *old;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno == ENOENT)
		return tree_rename_new(from, to, e);
	if (errno != EINVAL && errno != ENOSYS)
		return err_sys(e, "could not exchange \"%s\"", to);
	old = arena_printf(a, "%s.old", from);
	if ((rename(to, old) < 0 && errno != ENOENT) || rename(from, to) < 0)
		return err_sys(e, "could not exchange \"%s\"", to);
	if (rename(old, from) < 0 && errno != ENOENT)
		return err_sys(e, "could not keep \"%s\"", old);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
tree_list(struct arena *a, const char *dir, const char *prefix, char ***name)
{
	DIR *d = opendir(dir);
	struct dirent *x;
	int n = 0, cap = 0;

	*name = NULL;
	if (d == NULL)
		return 0;
	while ((x = readdir(d)) != NULL) {
		if (strncmp(x->d_name, prefix, strlen(prefix)) != 0 ||
		    strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		ARENA_GROW(a, *name, n, cap);
		(*name)[n++] = arena_strdup(a, x->d_name);
	}
	closedir(d);
	if (n)
		qsort(*name, (size_t)n, sizeof **name, by_name);
	return n;
}

int
tree_move_into(struct arena *a, const char *from, const char *to,
    const char *last, struct err *e)
{
	char **name;
	int n = tree_list(a, from, "", &name);

	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < n; i++) {
			char *src = arena_printf(a, "%s/%s", from, name[i]);
			char *dst = arena_printf(a, "%s/%s", to, name[i]);
			struct stat st;

			if ((strncmp(name[i], last, strlen(last)) == 0) != pass ||
			    lstat(src, &st) < 0)
				continue;
			if (S_ISDIR(st.st_mode)) {
				if (mkdir(dst, 0777) < 0 && errno != EEXIST)
					return err_sys(e, "could not make "
					    "\"%s\"", dst);
				TRY(tree_move_into(a, src, dst, last, e));
				continue;
			}
			if (fail_here("commit.append") < 0 ||
			    rename(src, dst) < 0)
				return err_sys(e, "could not move \"%s\"",
				    dst);
		}
	return tree_sync_directory(to, e);
}
