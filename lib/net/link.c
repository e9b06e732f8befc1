/*
 * link -- see link.h.
 */
#include "net/link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fail.h"

static void
unblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void
link_init(struct link *l, int in, int out, struct tls *tls)
{
	int type;
	socklen_t n = sizeof type;

	*l = (struct link){ in, out,
	    getsockopt(out, SOL_SOCKET, SO_TYPE, &type, &n) == 0, tls };
	unblock(in);
	unblock(out);
}

void
link_close(struct link *l)
{
	tls_free(l->tls);
	if (l->in >= 0)
		close(l->in);
	if (l->out >= 0 && l->out != l->in)
		close(l->out);
	*l = (struct link){ -1, -1, false, NULL };
}

static int64_t
tls_result(struct link *l, int64_t r, struct err *e)
{
	if (r == TLS_FAILED)
		err_set(e, ERR_TEMP, "the encrypted connection broke: %s",
		    tls_why(l->tls));
	return r;
}

int
link_handshake(struct link *l, struct err *e)
{
	int r = l->tls ? tls_handshake(l->tls) : 1;

	if (r == TLS_FAILED)
		err_user(e, EXIT_PERM, "%s", tls_why(l->tls));
	return r;
}

int64_t
link_read(struct link *l, void *to, size_t n, struct err *e)
{
	ssize_t r = fail_here("net.read");

	if (r == 0 && l->tls)
		return tls_result(l, tls_read(l->tls, to, n), e);
	if (r == 0)
		do {
			r = read(l->in, to, n);
		} while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return LINK_AGAIN_IN;
	err_sys(e, "the connection broke");
	return LINK_FAILED;
}

int64_t
link_write(struct link *l, const void *p, size_t n, struct err *e)
{
	ssize_t r = fail_here("net.write");

	if (r == 0 && l->tls)
		return tls_result(l, tls_write(l->tls, p, n), e);
	if (r == 0)
		do {
			r = l->socket ? send(l->out, p, n, MSG_NOSIGNAL) :
			    write(l->out, p, n);
		} while (r < 0 && errno == EINTR);
	if (r >= 0)
		return r;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		return LINK_AGAIN_OUT;
	err_sys(e, "the connection broke");
	return LINK_FAILED;
}
