/*
 * sink -- see sink.h.
 */
#include "io/sink.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/hash.h"
#include "io/archive_module.h"
#include "io/fd.h"

struct sink {
	int fd;
	char *path;
	int64_t bytes;
	bool passing;
	struct hash_stream *hash;
	ZSTD_CStream *zst;
	const struct archive_module *module;
	void *packer;                   /* its, or NULL */
	struct err *err;                /* of the put in a packer's call */
	char *buf;                      /* of compressed bytes */
	size_t cap;
};

static const struct { const char *codec, *suffix, *filter; } codecs[] = {
	{ "none", "", NULL }, { "uncompressed", "", NULL },
	{ "zstd", ".zst", NULL }, { "zst", ".zst", NULL },
	{ "gzip", ".gz", "gzip" }, { "gz", ".gz", "gzip" },
	{ "xz", ".xz", "xz" }, { "bzip2", ".bz2", "bzip2" },
	{ "bz2", ".bz2", "bzip2" }, { "lz4", ".lz4", "lz4" },
};

const char *
sink_suffix(const char *codec)
{
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
		if (strcasecmp(codecs[i].codec, codec) == 0)
			return codecs[i].suffix;
	return NULL;
}

/* The suffix of a compression that a name ends with, "" when none. */
const char *
sink_suffix_of(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
		size_t k = strlen(codecs[i].suffix);

		if (k && n > k && strcasecmp(path + n - k,
		    codecs[i].suffix) == 0)
			return codecs[i].suffix;
	}
	return "";
}

static int
put(struct sink *s, const char *p, size_t n, struct err *e)
{
	hash_stream_add(s->hash, p, n);
	s->bytes += (int64_t)n;
	if (fd_write(s->fd, p, n, "sink.write") < 0)
		return err_sys(e, "could not write \"%s\"", s->path);
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

static int
put_packed(void *arg, const void *p, size_t n)
{
	struct sink *s = arg;

	return put(s, p, n, s->err) < 0 ? -1 : 0;
}

/* A failing put has said why; else the packer's message counts. */
static int
packer_failed(struct sink *s, const char *why, struct err *e)
{
	return e->kind ? e->kind : err_set(e, ERR_TEMP,
	    "could not compress \"%s\": %s", s->path, why);
}

static int
open_codec(struct sink *s, const char *suffix, struct err *e)
{
	char why[256] = "";

	if (strcmp(suffix, ".zst") == 0) {
		s->zst = ZSTD_createCStream();
		s->cap = ZSTD_CStreamOutSize();
		s->buf = xmalloc(s->cap);
		ZSTD_initCStream(s->zst, 1);
		return 0;
	}
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
		if (!codecs[i].filter || strcmp(codecs[i].suffix, suffix) != 0)
			continue;
		TRY(module_archive(&s->module, e));
		s->err = e;
		s->packer = s->module->pack_open(codecs[i].filter, put_packed,
		    s, why, sizeof why);
		return s->packer ? 0 : packer_failed(s, why, e);
	}
	return 0;
}

int
sink_open(struct sink **out, const char *path, struct err *e)
{
	struct sink *s;
	int fd, r;

	*out = NULL;
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
	r = open_codec(s, sink_suffix_of(path), e);
	if (r < 0) {
		sink_abort(s);
		return r;
	}
	*out = s;
	return 0;
}

static int
pack(struct sink *s, const char *p, size_t n, struct err *e)
{
	char why[256] = "";

	e->kind = 0;
	s->err = e;
	return s->module->pack(s->packer, p, n, why, sizeof why) < 0 ?
	    packer_failed(s, why, e) : 0;
}

static int
pack_end(struct sink *s, struct err *e)
{
	char why[256] = "";

	e->kind = 0;
	s->err = e;
	return s->module->pack_end(s->packer, why, sizeof why) < 0 ?
	    packer_failed(s, why, e) : 0;
}

int
sink_write(struct sink *s, const char *p, size_t n, struct err *e)
{
	return s->zst ? compress(s, p, n, ZSTD_e_continue, e) :
	    s->packer ? pack(s, p, n, e) : put(s, p, n, e);
}

void
sink_passing(struct sink *s)
{
	s->passing = true;
}

static void
sink_free(struct sink *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->zst)
		ZSTD_freeCStream(s->zst);
	if (s->packer)
		s->module->pack_free(s->packer);
	hash_stream_free(s->hash);
	free(s->buf);
	free(s->path);
	free(s);
}

int
sink_close(struct sink *s, struct sink_figures *out, struct err *e)
{
	int r = s->zst ? compress(s, NULL, 0, ZSTD_e_end, e) :
	    s->packer ? pack_end(s, e) : 0, fd = s->fd;

	if (r >= 0 && !s->passing && (fail_here("sink.fsync") < 0 || fsync(fd) < 0))
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
