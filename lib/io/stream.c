/*
 * stream -- see stream.h.
 */
#include "io/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "io/module.h"
#include "io/standard.h"

#define RATIO_MAX 2000          /* decoded bytes a stored one: a bomb */
#define RATIO_FROM ((int64_t)64 << 20)

struct stream {
	char *path;
	int fd;
	bool standard, ended;
	FILE *command;
	ZSTD_DStream *zst;
	ZSTD_inBuffer in;
	char *buf;
	size_t cap;
	bool frame_open;                /* inside a zstd frame */
	const struct archive_module *module;
	void *archive;
	int64_t stored, decoded;
};

bool
stream_is_packed(const unsigned char *p, size_t n)
{
	static const struct { const char *magic; size_t n; } known[] = {
		{ "\x28\xb5\x2f\xfd", 4 }, { "\x1f\x8b", 2 },
		{ "\xfd" "7zXZ", 5 }, { "BZh", 3 }, { "\x04\x22\x4d\x18", 4 },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (n >= known[i].n && memcmp(p, known[i].magic,
		    known[i].n) == 0)
			return true;
	return false;
}

static int
damaged(struct stream *s, const char *why, struct err *e)
{
	return err_user(e, EXIT_DATA, "\"%s\": %s after %lld decoded bytes",
	    s->path, why, (long long)s->decoded);
}

static int
open_packed(struct stream *s, const unsigned char *head, struct err *e)
{
	char why[256] = "damaged";

	if (memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0) {
		s->zst = ZSTD_createDStream();
		s->cap = ZSTD_DStreamInSize();
		s->buf = xmalloc(s->cap);
		return 0;
	}
	TRY(module_archive(&s->module, e));
	s->archive = s->module->open(s->fd, why, sizeof why);
	return s->archive ? 0 : damaged(s, why, e);
}

static int
open_file(struct stream *s, struct err *e)
{
	unsigned char head[6] = { 0 };
	ssize_t n;

	s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return err_sys(e, "could not open \"%s\"", s->path);
	n = pread(s->fd, head, sizeof head, 0);
	if (n > 0 && stream_is_packed(head, (size_t)n))
		return open_packed(s, head, e);
	return 0;
}

int
stream_open(struct stream **out, const char *path, struct err *e)
{
	struct stream *s = xcalloc(1, sizeof *s);
	int r = 0;

	s->path = strdup(path);
	s->fd = -1;
	*out = NULL;
	if (strcmp(path, "-") == 0) {
		s->standard = true;
	} else if (strncmp(path, "cmd:", 4) == 0) {
		s->command = popen(path + 4, "re");
		if (s->command == NULL)
			r = err_sys(e, "could not start \"%s\"", path + 4);
		else
			s->fd = dup(fileno(s->command));
	} else {
		r = open_file(s, e);
	}
	if (r < 0) {
		stream_close(s);
		return r;
	}
	*out = s;
	return 0;
}

static int64_t
read_raw(struct stream *s, char *to, size_t n, struct err *e)
{
	ssize_t r;

	do {
		r = fail_here("io.read") < 0 ? -1 : s->standard ?
		    standard_read(to, n) : read(s->fd, to, n);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, "could not read \"%s\"", s->path);
	s->stored += r;
	return r;
}

static int64_t
read_zst(struct stream *s, char *to, size_t n, struct err *e)
{
	ZSTD_outBuffer out = { to, n, 0 };

	while (out.pos == 0) {
		size_t left;

		if (s->in.pos == s->in.size) {
			int64_t r = read_raw(s, s->buf, s->cap, e);

			if (r < 0)
				return r;
			if (r == 0)
				return s->frame_open ? damaged(s,
				    "the file is truncated", e) : 0;
			s->in = (ZSTD_inBuffer){ s->buf, (size_t)r, 0 };
		}
		left = ZSTD_decompressStream(s->zst, &out, &s->in);
		if (ZSTD_isError(left))
			return damaged(s, ZSTD_getErrorName(left), e);
		s->frame_open = left != 0;
	}
	return (int64_t)out.pos;
}

static int64_t
read_module(struct stream *s, char *to, size_t n, struct err *e)
{
	char why[256] = "damaged";
	int64_t r = s->module->read(s->archive, to, n, why, sizeof why);

	s->stored = lseek(s->fd, 0, SEEK_CUR);
	return r < 0 ? damaged(s, why, e) : r;
}

/* A command that failed gave no whole input. */
static int
end_command(struct stream *s, struct err *e)
{
	int status = pclose(s->command);

	s->command = NULL;
	if (status == 0)
		return 0;
	err_set(e, ERR_TEMP, "\"%s\" ended with status %d", s->path + 4,
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	e->code = EXIT_JOB;
	return ERR_TEMP;
}

int64_t
stream_read(struct stream *s, char *to, size_t n, struct err *e)
{
	int64_t r;

	if (s->ended || n == 0)
		return 0;
	r = s->zst ? read_zst(s, to, n, e) : s->archive ?
	    read_module(s, to, n, e) : read_raw(s, to, n, e);
	if (r < 0)
		return r;
	s->decoded += r;
	s->ended = r == 0;
	if (r == 0 && s->command)
		return end_command(s, e);
	if ((s->zst || s->archive) && s->decoded > RATIO_FROM &&
	    s->stored > 0 && s->decoded / s->stored > RATIO_MAX)
		return damaged(s, "it grows without bounds", e);
	return r;
}

void
stream_close(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->archive)
		s->module->close(s->archive);
	if (s->zst)
		ZSTD_freeDStream(s->zst);
	if (s->command)
		pclose(s->command);
	if (s->fd >= 0)
		close(s->fd);
	free(s->buf);
	free(s->path);
	free(s);
}
