/*
 * head -- see head.h.
 */
#include "format/head.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "io/standard.h"
#include "io/stream.h"

static pthread_once_t stdin_once = PTHREAD_ONCE_INIT;
static bool stdin_plain;

static void
look_at_stdin(void)
{
	struct text head = { 0 };
	struct err ignored;

	standard_peek(6, &head, &ignored);
	stdin_plain = !stream_is_packed((const unsigned char *)text_str(&head),
	    head.n);
	text_release(&head);
}

/* Its first bytes are there only once. */
static bool
stdin_is_plain(void)
{
	pthread_once(&stdin_once, look_at_stdin);
	return stdin_plain;
}

int
head_read(const char *path, size_t n, struct text *to, bool *whole,
    struct err *e)
{
	struct stream *s;
	size_t from = to->n;
	int64_t r = 1;

	if (strcmp(path, "-") == 0 && stdin_is_plain()) {
		r = standard_peek(n, to, e);
		*whole = r == 1;
		return (int)r;
	}
	TRY(stream_open(&s, path, e));
	while (to->n < n && r > 0) {
		r = stream_read(s, text_room(to, n - to->n), n - to->n, e);
		if (r > 0)
			to->n += (size_t)r;
	}
	*whole = r == 0;
	if (r < 0)
		stream_close(s);
	else
		stream_keep(s, to->p + from, to->n - from);
	return r < 0 ? (int)r : 0;
}

/* A pipe must not be looked at: the bytes would be gone. */
bool
head_is_plain(const char *path)
{
	unsigned char m[6] = { 0 };
	struct stat st;
	ssize_t n;
	int fd;

	if (strcmp(path, "-") == 0)
		return stdin_is_plain();
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, m, sizeof m);
	close(fd);
	return n < 2 || !stream_is_packed(m, (size_t)n);
}
