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

int
head_read(const char *path, size_t n, struct text *to, bool *whole,
    struct err *e)
{
	ssize_t r = 1;
	int fd, code;

	if (strcmp(path, "-") == 0) {
		code = standard_peek(n, to, e);
		*whole = code == 1;
		return code;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", path);
	while (to->n < n && r > 0) {
		r = read(fd, text_room(to, n - to->n), n - to->n);
		if (r > 0)
			to->n += (size_t)r;
	}
	code = r < 0 ? err_sys(e, "could not read \"%s\"", path) : 0;
	*whole = r == 0;
	close(fd);
	return code;
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
	if (n < 2)
		return true;
	return !((m[0] == 0x1f && m[1] == 0x8b) ||
	    memcmp(m, "\x28\xb5\x2f\xfd", 4) == 0 ||
	    memcmp(m, "\xfd" "7zXZ", 5) == 0 || memcmp(m, "BZh", 3) == 0 ||
	    memcmp(m, "\x04\x22\x4d\x18", 4) == 0);
}
