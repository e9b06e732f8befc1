/*
 * lines_input -- see lines_input.h.
 *
 * Of a regular file a thread claims a range of bytes and reads it in chunks
 * that stay in its cache until their lines are scattered: skips to the first
 * line that begins there, and reads on behind the end until the last one is
 * whole.  So a line of many stretches is read by one thread and looked
 * through by others, and nothing is ever searched backwards.
 *
 * Of a pipe, and of files that are no longer than a stretch, a thread reads
 * all of it while the others wait, and leaves what follows the last line.
 */
#include "store/lines_input.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"

#define CHUNK ((size_t)256 << 10)       /* a quarter of a second-level cache */
#define PIECE ((size_t)64 << 10)        /* read to complete a line */

struct lines_input {
	int fd;
	size_t size, line_max;
	int64_t begin, end;             /* of a file; end < 0: read(2) it */

	pthread_mutex_t lock;           /* of the rest */
	uint64_t next;                  /* range of a stretch's bytes */
	uint64_t claimed;               /* stretches; of a pipe without gaps */
	int64_t at;                     /* place of carry[0] */
	char *carry;                    /* read, but of later stretches */
	size_t ncarry, carry_cap;
	int eof;
};

struct lines_input *
lines_input_new(int fd, size_t size, size_t line_max)
{
	struct lines_input *in = xcalloc(1, sizeof *in);
	struct stat st;
	off_t at = lseek(fd, 0, SEEK_CUR);

	in->fd = fd;
	in->size = size;
	in->line_max = line_max;
	in->end = -1;
	pthread_mutex_init(&in->lock, NULL);
	if (at >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size - at > (off_t)size) {
		in->begin = at;
		in->end = st.st_size;
		/* Leave it as if it had been read. */
		lseek(fd, st.st_size, SEEK_SET);
	}
	return in;
}

void
lines_input_free(struct lines_input *in)
{
	if (in == NULL)
		return;
	pthread_mutex_destroy(&in->lock);
	free(in->carry);
	free(in);
}

void
stretch_release(struct stretch *s)
{
	free(s->buf);
	*s = (struct stretch){ 0 };
}

int
line_too_long(int64_t at, size_t most, struct err *e)
{
	err_user(e, EXIT_DATA, "the line at byte %lld of the input is longer "
	    "than %zu bytes", (long long)at, most);
	return err_hint(e, "see --max-record");
}

static void
room(char **p, size_t *cap, size_t used, size_t want)
{
	char *to;

	want += LINES_SLACK;
	if (want <= *cap)
		return;
	to = xmalloc(want);
	if (used)
		memcpy(to, *p, used);
	free(*p);
	*p = to;
	*cap = want;
}

/* Up to n bytes behind those of s; 0 at the end of the input. */
static int64_t
read_more(struct lines_input *in, struct stretch *s, size_t n, struct err *e)
{
	ssize_t r;

	if (s->n + n + LINES_SLACK > s->cap)
		room(&s->buf, &s->cap, s->n, s->n + n + s->n / 2);
	do {
		if (fail_here("shuffle.input") < 0)
			r = -1;
		else if (in->end < 0)
			r = read(in->fd, s->buf + s->n, n);
		else
			r = pread(in->fd, s->buf + s->n, n, s->from);
	} while (r < 0 && errno == EINTR);
	if (r < 0)
		return err_sys(e, "could not read the input");
	s->n += (size_t)r;
	s->from += r;
	return r;
}

/* The newline that ends the line of the byte at from, reading on. */
static int
complete_line(struct lines_input *in, struct stretch *s, size_t from,
    size_t *n, struct err *e)
{
	size_t begin, seen = from;
	char *q = memrchr(s->buf, '\n', from);

	begin = q ? (size_t)(q + 1 - s->buf) : 0;
	for (;;) {
		size_t want = in->end < 0 && in->eof ? 0 : PIECE;
		int64_t r;

		q = memchr(s->buf + seen, '\n', s->n - seen);
		if (q) {
			*n = (size_t)(q + 1 - s->buf);
			return 0;
		}
		seen = s->n;
		if (s->n - begin > in->line_max)
			return line_too_long(s->at + (int64_t)begin,
			    in->line_max, e);
		if (in->end >= 0 && in->end - s->from < (int64_t)want)
			want = (size_t)(in->end - s->from);
		r = want ? read_more(in, s, want, e) : 0;
		if (r < 0)
			return (int)r;
		if (r > 0)
			continue;
		if (in->end < 0)
			in->eof = 1;
		s->buf[s->n++] = '\n';
		*n = s->n;
		return 0;
	}
}

/* All lines of a stretch of a pipe, under the lock: 1, or 0 at the end. */
static int
read_stretch(struct lines_input *in, struct stretch *s, struct err *e)
{
	int64_t end = (int64_t)(in->next + 1) * (int64_t)in->size;
	size_t want, n;

	/* A long line went beyond whole stretches. */
	while (in->at >= end) {
		in->next++;
		end += (int64_t)in->size;
	}
	want = (size_t)(end - in->at);
	room(&s->buf, &s->cap, 0, (want > in->ncarry ? want : in->ncarry) +
	    PIECE);
	if (in->ncarry)
		memcpy(s->buf, in->carry, in->ncarry);
	s->n = in->ncarry;
	s->at = in->at;
	while (s->n < want && !in->eof) {
		int64_t r = read_more(in, s, want - s->n, e);

		if (r < 0)
			return (int)r;
		in->eof = r == 0;
	}
	if (s->n == 0)
		return 0;
	n = s->n < want ? s->n : want;
	TRY(complete_line(in, s, n - 1, &n, e));
	in->ncarry = s->n - n;
	in->at = s->at + (int64_t)n;
	room(&in->carry, &in->carry_cap, 0, in->ncarry);
	if (in->ncarry)
		memcpy(in->carry, s->buf + n, in->ncarry);
	s->n = n;
	return 1;
}

int
stretch_claim(struct lines_input *in, struct stretch *s, struct err *e)
{
	int r = 1;

	pthread_mutex_lock(&in->lock);
	s->given = s->n = 0;
	s->last = s->skip = 0;
	if (in->end < 0) {
		r = read_stretch(in, s, e);
		s->last = 1;
	} else {
		s->at = s->from = in->begin + (int64_t)(in->next * in->size);
		s->end = s->from + (int64_t)in->size;
		s->skip = in->next > 0;
		s->at -= s->skip;       /* was that a newline? */
		s->from = s->at;
		if (s->end > in->end)
			s->end = in->end;
		r = s->from + s->skip < in->end;
	}
	if (r > 0) {
		s->number = in->claimed++;
		in->next++;
	}
	pthread_mutex_unlock(&in->lock);
	return r;
}

/* The next chunk of a file behind what is left of the last one; 0 when all
 * of the stretch is there. */
static int
read_chunk(struct lines_input *in, struct stretch *s, struct err *e)
{
	int64_t left = s->end - s->from, r;

	if (left <= 0)
		return 0;
	r = read_more(in, s, left < (int64_t)CHUNK ? (size_t)left : CHUNK, e);
	if (r != 0)
		return r < 0 ? (int)r : 1;
	errno = EIO;
	return err_sys(e, "the input became shorter while it was read");
}

/* Forgets what is before the first line that begins in the stretch: 1 when
 * that was found. */
static int
skip_begin(struct stretch *s)
{
	const char *q = memchr(s->buf, '\n', s->n);

	s->given = q ? (size_t)(q + 1 - s->buf) : s->n;
	s->skip = q == NULL;
	return q != NULL;
}

static void
forget_given(struct stretch *s)
{
	s->n -= s->given;
	memmove(s->buf, s->buf + s->given, s->n);
	s->at += (int64_t)s->given;
	s->given = 0;
}

int
stretch_lines(struct lines_input *in, struct stretch *s, const char **p,
    size_t *n, struct err *e)
{
	const char *q;
	size_t to;
	int r;

	if (in->end < 0) {
		*p = s->buf;
		*n = s->n;
		s->n = 0;
		return *n > 0;
	}
	while (!s->last) {
		if (s->given)
			forget_given(s);
		TRY(r = read_chunk(in, s, e));
		s->last = r == 0 || s->from >= s->end;
		if (s->skip && !skip_begin(s))
			continue;
		if (s->last && s->given < s->n) {
			TRY(complete_line(in, s, s->n - 1, &to, e));
		} else {
			q = memrchr(s->buf + s->given, '\n', s->n - s->given);
			to = q ? (size_t)(q + 1 - s->buf) : s->given;
		}
		*p = s->buf + s->given;
		*n = to - s->given;
		s->given = to;
		if (*n > 0)
			return 1;
		if (s->n - s->given > in->line_max)
			return line_too_long(s->at + (int64_t)s->given,
			    in->line_max, e);
	}
	return 0;
}
