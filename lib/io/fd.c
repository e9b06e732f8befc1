/*
 * fd -- see fd.h.
 */
#include "io/fd.h"

#include <errno.h>
#include <unistd.h>

#include "base/fail.h"

static int
fails(const char *point)
{
	return point && fail_here(point) < 0;
}

int
fd_write_pieces(int fd, struct iovec *piece, int n, int64_t at,
    const char *point)
{
	while (n > 0) {
		ssize_t r = fails(point) ? -1 : at < 0 ?
		    writev(fd, piece, n) : pwritev(fd, piece, n, at);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		at += at < 0 ? 0 : r;
		for (; n > 0 && (size_t)r >= piece->iov_len; piece++, n--)
			r -= (ssize_t)piece->iov_len;
		if (n > 0) {
			piece->iov_base = (char *)piece->iov_base + r;
			piece->iov_len -= (size_t)r;
		}
	}
	return 0;
}

int
fd_write(int fd, const char *p, size_t n, const char *point)
{
	return fd_write_at(fd, p, n, -1, point);
}

int
fd_write_at(int fd, const char *p, size_t n, int64_t at, const char *point)
{
	struct iovec all = { (char *)(uintptr_t)p, n };

	return fd_write_pieces(fd, &all, n > 0, at, point);
}

ssize_t
fd_read_at(int fd, char *to, size_t n, int64_t at, const char *point)
{
	size_t have = 0;

	while (have < n) {
		ssize_t r = fails(point) ? -1 :
		    pread(fd, to + have, n - have, at + (int64_t)have);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		have += (size_t)r;
	}
	return (ssize_t)have;
}
