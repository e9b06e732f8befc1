/*
 * head -- see head.h.
 */
#include "format/head.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "io/standard.h"
#include "io/stream.h"

int
head_read(const char *path, size_t n, struct text *to, bool *whole,
    struct err *e)
{
	struct stream *s;
	int64_t r = 1;

	if (strcmp(path, "-") == 0) {
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
	stream_close(s);
	*whole = r == 0;
	return r < 0 ? (int)r : 0;
}

bool
head_is_plain(const char *path)
{
	unsigned char m[6] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, m, sizeof m);
	close(fd);
	return n < 2 || !stream_is_packed(m, (size_t)n);
}
