/*
 * datafile -- see datafile.h.
 *
 * Of a far file the last block that was fetched is kept, 1 MiB, made at the
 * first read that is smaller than that; larger reads go to where they are
 * wanted without a copy.  A block begins where the read did, so a reader that
 * goes forward in small steps makes one round trip a MiB.
 */
#include "io/datafile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

struct datafile {
	char   *path;
	int     fd;             /* -1: far */
	int     id;
	char   *block;          /* of a far file, or NULL */
	int64_t block_at;       /* offset of block[0] */
	size_t  nblock;
};

static const struct far_source *far_source;

void
datafile_provider(const struct far_source *source)
{
	far_source = source;
}

/* Cuts "far:ID:NAME"; false when it is not of this form. */
static bool
far_parse(const char *path, int *id, const char **name)
{
	char *end;
	long n;

	if (far_source == NULL || strncmp(path, "far:", 4) != 0 ||
	    path[4] < '0' || path[4] > '9')
		return false;
	n = strtol(path + 4, &end, 10);
	if (n > INT_MAX || (*end != ':' && *end != '\0'))
		return false;
	*id = (int)n;
	*name = *end ? end + 1 : path;
	return true;
}

bool
datafile_is_far(const char *path)
{
	const char *name;
	int id;

	return far_parse(path, &id, &name);
}

const char *
datafile_name(const char *path)
{
	const char *name;
	int id;

	return far_parse(path, &id, &name) ? name : path;
}

int
datafile_open(struct datafile **out, const char *path, struct err *e)
{
	struct datafile *f = xcalloc(1, sizeof *f);
	const char *name;

	*out = NULL;
	f->fd = -1;
	if (!far_parse(path, &f->id, &name)) {
		f->fd = open(path, O_RDONLY | O_CLOEXEC);
		if (f->fd < 0) {
			err_sys(e, "could not open \"%s\"", path);
			free(f);
			return e->kind;
		}
	}
	f->path = xmalloc(strlen(path) + 1);
	memcpy(f->path, path, strlen(path) + 1);
	*out = f;
	return 0;
}

/* From the block, which a small read fetches when it is elsewhere. */
static int64_t
far_read(struct datafile *f, char *to, size_t n, int64_t at, struct err *e)
{
	int64_t r, in;

	in = at - f->block_at;
	if (in < 0 || in >= (int64_t)f->nblock) {
		if (n >= DATAFILE_AHEAD)
			return far_source->read(far_source->arg, f->id, at,
			    to, n, e);
		if (f->block == NULL)
			f->block = xmalloc(DATAFILE_AHEAD);
		f->nblock = 0;
		r = far_source->read(far_source->arg, f->id, at, f->block,
		    DATAFILE_AHEAD, e);
		if (r <= 0)
			return r;
		f->block_at = at;
		f->nblock = (size_t)r;
		in = 0;
	}
	if (n > f->nblock - (size_t)in)
		n = f->nblock - (size_t)in;
	memcpy(to, f->block + in, n);
	return (int64_t)n;
}

int64_t
datafile_pread(struct datafile *f, char *to, size_t n, int64_t at,
    struct err *e)
{
	ssize_t r;

	if (f->fd < 0)
		return n ? far_read(f, to, n, at, e) : 0;
	do {
		r = pread(f->fd, to, n, at);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, "could not read \"%s\"", f->path);
	return r;
}

int
datafile_fd(const struct datafile *f)
{
	return f->fd;
}

void
datafile_close(struct datafile *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f->block);
	free(f->path);
	free(f);
}
