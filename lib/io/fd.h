/*
 * fd -- all of some bytes, to a file descriptor or from one: calls that are
 * interrupted, or did a part only, go on.
 *
 * Each passes the fault point of base/fail.h that its caller names before
 * every call of the kernel; NULL: none.  The name is written at the call, as
 * a literal and the last argument: scripts/torture reads it there.
 */
#ifndef IO_FD_H
#define IO_FD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Returns 0, or -1 with errno: some of it may be written then. */
int fd_write(int fd, const char *p, size_t n, const char *point);

/* The same at a place in the file. */
int fd_write_at(int fd, const char *p, size_t n, int64_t at,
    const char *point);

/* The same of n pieces, which are changed; at < 0: where the file is. */
int fd_write_pieces(int fd, struct iovec *piece, int n, int64_t at,
    const char *point);

/* Returns how many bytes there are, n unless the file ends before; -1 with
 * errno. */
ssize_t fd_read_at(int fd, char *to, size_t n, int64_t at,
    const char *point);

#endif
