/*
 * sink -- see sink.h.
 */
#include "io/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/hash.h"

struct sink {
	int fd;
	char *path;
	int64_t bytes;
	struct hash_stream *hash;
	ZSTD_CStream *zst;
	char *buf;                      /* of compressed bytes */
	size_t cap;
};

static int
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

int
sink_open(struct sink **out, const char *path, struct err *e)
{
	static const char *const other[] = { ".gz", ".xz", ".bz2", ".lz4" };
	struct sink *s;
	int fd;

	*out = NULL;
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		if (ends_with(path, other[i]))
			return err_user(e, EXIT_UNAVAILABLE, "writing %s files "
			    "is not supported yet: use zstd", other[i]);
	fd = fail_here("sink.open") < 0 ? -1 : open(path,
	    O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
	if (fd < 0) {
		err_sys(e, "could not create \"%s\"", path);
		e->code = e->kind == ERR_USER ? EXIT_CANTCREATE : EXIT_IO;
		return e->kind;
	}
	s = xcalloc(1, sizeof *s);
	s->fd = fd;
	s->path = strdup(path);
	s->hash = hash_stream_new();
	if (ends_with(path, ".zst")) {
		s->zst = ZSTD_createCStream();
		s->cap = ZSTD_CStreamOutSize();
		s->buf = xmalloc(s->cap);
		ZSTD_initCStream(s->zst, 1);
	}
	*out = s;
	return 0;
}

static int
put(struct sink *s, const char *p, size_t n, struct err *e)
{
	hash_stream_add(s->hash, p, n);
	s->bytes += (int64_t)n;
	while (n > 0) {
		ssize_t r = fail_here("sink.write") < 0 ? -1 :
		    write(s->fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "could not write \"%s\"", s->path);
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static int
compress(struct sink *s, const char *p, size_t n, ZSTD_EndDirective end,
    struct err *e)
{
	ZSTD_inBuffer in = { p, n, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { s->buf, s->cap, 0 };

		left = ZSTD_compressStream2(s->zst, &out, &in, end);
		if (ZSTD_isError(left))
			return err_set(e, ERR_BUG, "zstd: %s",
			    ZSTD_getErrorName(left));
		TRY(put(s, s->buf, out.pos, e));
	} while (end == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return 0;
}

int
sink_write(struct sink *s, const char *p, size_t n, struct err *e)
{
	return s->zst ? compress(s, p, n, ZSTD_e_continue, e) :
	    put(s, p, n, e);
}

static void
sink_free(struct sink *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->zst)
		ZSTD_freeCStream(s->zst);
	hash_stream_free(s->hash);
	free(s->buf);
	free(s->path);
	free(s);
}

int
sink_close(struct sink *s, struct sink_figures *out, struct err *e)
{
	int r = s->zst ? compress(s, NULL, 0, ZSTD_e_end, e) : 0, fd = s->fd;

	if (r >= 0 && (fail_here("sink.fsync") < 0 || fsync(fd) < 0))
		r = err_sys(e, "could not make \"%s\" durable", s->path);
	s->fd = -1;
	if (close(fd) < 0 && r >= 0)
		r = err_sys(e, "could not close \"%s\"", s->path);
	*out = (struct sink_figures){ s->bytes, hash_stream_sum(s->hash) };
	sink_free(s);
	return r;
}

void
sink_abort(struct sink *s)
{
	sink_free(s);
}
