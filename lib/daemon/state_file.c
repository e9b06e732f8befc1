/*
 * state_file -- see state_file.h.  Fault points: master.append, master.sync,
 * master.rename.
 */
#include "daemon/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fail.h"
#include "base/text.h"
#include "io/fd.h"

static int
make_dirs(const char *dir)
{
	char part[4096];

	for (size_t n = 1; dir[n - 1]; n++) {
		if (dir[n] && dir[n] != '/')
			continue;
		if (n >= sizeof part) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(part, dir, n);
		part[n] = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

int
state_file_lock(struct state_file *f, struct err *e)
{
	if (flock(f->lock, LOCK_EX | LOCK_NB) == 0)
		return 1;
	return errno == EWOULDBLOCK ? 0 :
	    err_sys(e, "could not lock the state");
}

int
state_file_open(struct state_file *f, const char *dir, struct err *e)
{
	int r;

	*f = (struct state_file){ -1, -1, -1, 0 };
	if (make_dirs(dir) < 0)
		return err_sys(e, "could not make \"%s\"", dir);
	f->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir < 0)
		return err_sys(e, "could not open \"%s\"", dir);
	f->lock = openat(f->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (f->lock < 0)
		return err_sys(e, "could not open \"%s/lock\"", dir);
	r = state_file_lock(f, e);
	if (r < 0)
		return err_ctx(e, "\"%s\"", dir);
	return r ? 0 : err_user(e, EXIT_UNAVAILABLE, "another master runs "
	    "with the state in \"%s\"", dir);
}

int
state_file_read(struct state_file *f, struct text *to, struct err *e)
{
	int fd = openat(f->dir, "journal", O_RDONLY | O_CLOEXEC);
	ssize_t r;

	if (fd < 0)
		return errno == ENOENT ? 0 :
		    err_sys(e, "could not open the journal");
	while ((r = read(fd, text_room(to, 65536), 65536)) > 0)
		to->n += (size_t)r;
	if (r < 0)
		err_sys(e, "could not read the journal");
	close(fd);
	return r < 0 ? e->kind : 0;
}

static int
put(int fd, const struct text *t, struct err *e)
{
	if (fd_write(fd, t->p, t->n, "master.append") < 0)
		return err_sys(e, "could not write the journal");
	if (fail_here("master.sync") || fdatasync(fd) < 0)
		return err_sys(e, "could not bring the journal to the disk");
	return 0;
}

int
state_file_replace(struct state_file *f, const struct text *t, struct err *e)
{
	int fd = openat(f->dir, "journal.new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(e, "could not make the journal");
	if (put(fd, t, e) < 0) {
		close(fd);
		return e->kind;
	}
	if (fail_here("master.rename") ||
	    renameat(f->dir, "journal.new", f->dir, "journal") < 0 ||
	    fsync(f->dir) < 0) {
		err_sys(e, "could not replace the journal");
		close(fd);
		return e->kind;
	}
	if (f->fd >= 0)
		close(f->fd);
	f->fd = fd;
	f->size = t->n;
	return 0;
}

int
state_file_append(struct state_file *f, struct text *t, struct err *e)
{
	if (!t->n)
		return 0;
	TRY(put(f->fd, t, e));
	f->size += t->n;
	text_clear(t);
	return 0;
}

void
state_file_close(struct state_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->lock >= 0)
		close(f->lock);
	if (f->dir >= 0)
		close(f->dir);
}
