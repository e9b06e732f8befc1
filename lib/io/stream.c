/*
 * stream -- see stream.h.
 */
#include "io/stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/text.h"
#include "io/archive_module.h"
#include "io/datafile.h"
#include "io/shell.h"
#include "io/standard.h"

#define MAGIC_BYTES 6
#define RATIO_MAX 2000          /* decoded bytes a stored one: a bomb */
#define RATIO_FROM ((int64_t)64 << 20)

struct stream {
	char *path;
	struct datafile *file;          /* NULL: stdin or a command */
	int fd;                         /* of file or command, -1: none */
	bool standard, ended;
	struct shell command;           /* pid 0: none */
	ZSTD_DStream *zst;
	ZSTD_inBuffer in;
	char *buf;
	size_t cap;
	bool frame_open;                /* inside a zstd frame */
	const struct archive_module *module;
	void *archive;
	struct err *err;                /* of the module's call */
	int64_t stored, decoded;
	bool once;                      /* cannot be opened again */
	struct text head;               /* raw bytes looked at already */
	size_t head_given;
	struct text shown;              /* decoded ones, of stream_keep */
	size_t shown_given;
	struct stream *next;            /* kept */
};

static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct stream *kept;

bool
stream_is_packed(const unsigned char *p, size_t n)
{
	static const struct { const char *magic; size_t n; } known[] = {
		{ "\x28\xb5\x2f\xfd", 4 }, { "\x1f\x8b", 2 },
		{ "\xfd" "7zXZ", 5 }, { "\x04\x22\x4d\x18", 4 },
	};

	/* bzip2 begins as a text could: a level, and a block or the end. */
	if (n >= 4 && memcmp(p, "BZh", 3) == 0 && p[3] >= '1' && p[3] <= '9')
		return n < 6 || memcmp(p + 4, "1A", 2) == 0 ||
		    memcmp(p + 4, "\x17\x72", 2) == 0;
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
	    datafile_name(s->path), why, (long long)s->decoded);
}

static int64_t
read_once(struct stream *s, char *to, size_t n, struct err *e)
{
	ssize_t r;

	do {
		if (fail_here("io.read") < 0)
			r = -1;
		else if (s->standard)
			r = standard_read(to, n);
		else if (s->fd < 0)
			return datafile_pread(s->file, to, n, s->stored, e);
		else
			r = read(s->fd, to, n);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, "could not read \"%s\"",
		    datafile_name(s->path));
	return r;
}

static int64_t
read_raw(struct stream *s, char *to, size_t n, struct err *e)
{
	size_t left = s->head.n - s->head_given;
	int64_t r;

	if (left > 0) {
		n = n < left ? n : left;
		memcpy(to, s->head.p + s->head_given, n);
		s->head_given += n;
		return (int64_t)n;
	}
	r = read_once(s, to, n, e);
	if (r > 0)
		s->stored += r;
	return r;
}

static int64_t
get_packed(void *arg, char *to, size_t n)
{
	struct stream *s = arg;

	return read_raw(s, to, n, s->err);
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
	e->kind = 0;
	s->err = e;
	s->archive = s->module->open(get_packed, s, why, sizeof why);
	return s->archive ? 0 : e->kind ? e->kind : damaged(s, why, e);
}

/* Looks at the first bytes without taking them away. */
static int
look(struct stream *s, struct err *e)
{
	if (s->standard) {
		TRY(standard_peek(MAGIC_BYTES, &s->head, e));
		s->head_given = s->head.n;      /* are given again there */
		return 0;
	}
	while (s->head.n < MAGIC_BYTES) {
		int64_t r = read_once(s, text_room(&s->head, MAGIC_BYTES),
		    MAGIC_BYTES - s->head.n, e);

		if (r < 0)
			return (int)r;
		if (r == 0)
			break;
		s->head.n += (size_t)r;
		s->stored += r;
	}
	return 0;
}

static int
open_raw(struct stream *s, struct err *e)
{
	struct stat st;

	s->standard = strcmp(s->path, "-") == 0;
	s->once = true;
	if (s->standard)
		return 0;
	if (strncmp(s->path, "cmd:", 4) == 0) {
		TRY(shell_start(&s->command, s->path + 4, SHELL_READ, e));
		s->fd = s->command.fd;
		return 0;
	}
	TRY(datafile_open(&s->file, s->path, e));
	s->fd = datafile_fd(s->file);
	if (s->fd >= 0 && fstat(s->fd, &st) < 0)
		return err_sys(e, "could not open \"%s\"", s->path);
	s->once = s->fd >= 0 && !S_ISREG(st.st_mode);
	return 0;
}

static struct stream *
take_kept(const char *path)
{
	struct stream *s = NULL;

	pthread_mutex_lock(&kept_lock);
	for (struct stream **at = &kept; *at; at = &(*at)->next)
		if (strcmp((*at)->path, path) == 0) {
			s = *at;
			*at = s->next;
			break;
		}
	pthread_mutex_unlock(&kept_lock);
	return s;
}

void
stream_keep(struct stream *s, const char *p, size_t n)
{
	if (!s->once) {
		stream_close(s);
		return;
	}
	text_clear(&s->shown);
	text_add(&s->shown, p, n);
	s->shown_given = 0;
	pthread_mutex_lock(&kept_lock);
	s->next = kept;
	kept = s;
	pthread_mutex_unlock(&kept_lock);
}

void
stream_drop_kept(void)
{
	while (kept) {
		struct stream *s = kept;

		kept = s->next;
		stream_close(s);
	}
}

int
stream_open(struct stream **out, const char *path, struct err *e)
{
	struct stream *s = take_kept(path);
	int r;

	*out = s;
	if (s)
		return 0;
	s = xcalloc(1, sizeof *s);
	s->path = strdup(path);
	s->fd = -1;
	r = open_raw(s, e);
	if (r >= 0)
		r = look(s, e);
	if (r >= 0 && stream_is_packed((const unsigned char *)s->head.p,
	    s->head.n))
		r = open_packed(s, (const unsigned char *)s->head.p, e);
	if (r < 0) {
		stream_close(s);
		return r;
	}
	*out = s;
	return 0;
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
	int64_t r;

	e->kind = 0;
	s->err = e;
	r = s->module->read(s->archive, to, n, why, sizeof why);
	return r >= 0 ? r : e->kind ? e->kind : damaged(s, why, e);
}

/* A command that failed gave no whole input. */
static int
end_command(struct stream *s, struct err *e)
{
	int status = shell_end(&s->command);

	s->fd = -1;
	if (status == 0)
		return 0;
	err_set(e, ERR_TEMP, "\"%s\" ended with status %d", s->path + 4,
	    status);
	e->code = EXIT_JOB;
	return ERR_TEMP;
}

int64_t
stream_read(struct stream *s, char *to, size_t n, struct err *e)
{
	size_t left = s->shown.n - s->shown_given;
	int64_t r;

	if (left > 0) {
		n = n < left ? n : left;
		memcpy(to, s->shown.p + s->shown_given, n);
		s->shown_given += n;
		return (int64_t)n;
	}
	if (s->ended || n == 0)
		return 0;
	r = s->zst ? read_zst(s, to, n, e) : s->archive ?
	    read_module(s, to, n, e) : read_raw(s, to, n, e);
	if (r < 0)
		return r;
	s->decoded += r;
	s->ended = r == 0;
	if (r == 0 && s->command.pid)
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
	if (s->command.pid)     /* closed first: it may still be writing */
		shell_end(&s->command);
	datafile_close(s->file);
	text_release(&s->head);
	text_release(&s->shown);
	free(s->buf);
	free(s->path);
	free(s);
}
