/*
 * blockfile -- see blockfile.h.
 */
#include "store/blockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/hash.h"
#include "io/zst.h"

struct blockfile {
	int fd;
	int64_t size;
	char *buf;
	size_t cap;
};

int
blockfile_new(struct blockfile **out, const char *dir, struct err *e)
{
	int fd = fail_here("spill.open") < 0 ? -1 :
	    open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	*out = NULL;
	if (fd < 0)
		return err_sys(e, "could not make a spill file in \"%s\"", dir);
	*out = xcalloc(1, sizeof **out);
	(*out)->fd = fd;
	return 0;
}

static int
write_all(int fd, const char *p, size_t n, int64_t at)
{
	while (n > 0) {
		ssize_t r = fail_here("spill.write") < 0 ? -1 :
		    pwrite(fd, p, n, at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		p += r;
		at += r;
		n -= (size_t)r;
	}
	return 0;
}

int
blockfile_put(struct blockfile *f, const char *p, size_t n,
    struct block *out, struct err *e)
{
	size_t bound = zst_bound(n), stored;

	if (n > UINT32_MAX)
		return err_set(e, ERR_BUG, "a block of %zu bytes", n);
	if (f->cap < bound) {
		f->buf = xrealloc(f->buf, bound);
		f->cap = bound;
	}
	stored = zst_pack(f->buf, f->cap, p, n);
	if (stored) {
		p = f->buf;
	} else {
		stored = n;
	}
	*out = (struct block){ f->size, (uint32_t)n, (uint32_t)stored,
	    hash_sum(p, stored) };
	if (out->stored == 0 && n)
		return err_set(e, ERR_BUG, "an empty block");
	if (write_all(f->fd, p, stored, f->size) < 0)
		return err_sys(e, "could not write a spill file");
	f->size += (int64_t)stored;
	return 0;
}

static int
lost(struct err *e)
{
	return err_set(e, ERR_LOST, "a spilled block is damaged");
}

int
blockfile_get(const struct blockfile *f, const struct block *b,
    struct arena *a, const char **p, struct err *e)
{
	char *in = arena_raw(a, b->stored + 16), *out;
	size_t have = 0;

	while (have < b->stored) {
		ssize_t r = fail_here("spill.read") < 0 ? -1 : pread(f->fd,
		    in + have, b->stored - have, b->at + (int64_t)have);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "could not read a spill file");
		if (r == 0)
			return lost(e);
		have += (size_t)r;
	}
	if (hash_sum(in, b->stored) != b->sum)
		return lost(e);
	*p = in;
	if (b->stored == b->raw)
		return 0;
	out = arena_raw(a, b->raw + 16);
	*p = out;
	return zst_unpack(out, b->raw, in, b->stored) ? 0 : lost(e);
}

int64_t
blockfile_size(const struct blockfile *f)
{
	return f->size;
}

void
blockfile_close(struct blockfile *f)
{
	if (f == NULL)
		return;
	close(f->fd);
	free(f->buf);
	free(f);
}
