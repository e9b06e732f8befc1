/*
 * handover -- see handover.h.
 *
 * One message of a SOCK_SEQPACKET socket carries a number and two
 * descriptors (SCM_RIGHTS).  Who listens and who calls ask the kernel for
 * the other's user id (SO_PEERCRED): the name alone is no secret.
 */
#include "net/handover.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

static socklen_t
address_of(struct sockaddr_un *at, uint64_t name)
{
	memset(at, 0, sizeof *at);
	at->sun_family = AF_UNIX;
	/* Its first byte is 0: no file. */
	snprintf(at->sun_path + 1, sizeof at->sun_path - 1, "sp-keep-%u-%016llx",
	    (unsigned)geteuid(), (unsigned long long)name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(at->sun_path + 1));
}

static int
same_user(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 &&
	    who.uid == geteuid();
}

static int
endpoint(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

int
handover_listen(uint64_t name, struct err *e)
{
	struct sockaddr_un at;
	socklen_t n = address_of(&at, name);
	int fd = endpoint();

	if (fd < 0)
		return err_sys(e, "could not make a socket");
	if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 4) < 0) {
		err_sys(e, "could not listen for the next job");
		close(fd);
		return e->kind;
	}
	return fd;
}

int
handover_call(uint64_t name)
{
	struct timeval patience = { .tv_sec = HANDOVER_CALL_MS / 1000 };
	struct sockaddr_un at;
	socklen_t n = address_of(&at, name);
	int fd = endpoint();

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&at, n) == 0 && same_user(fd) &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof patience) == 0)
		return fd;
	close(fd);
	return -1;
}

union rights {
	struct cmsghdr head;
	char room[CMSG_SPACE(2 * sizeof(int))];
};

int
handover_put(int to, const struct handover *h, struct err *e)
{
	int fds[2] = { h->stream, h->errors }, slot = h->slot;
	struct iovec v = { &slot, sizeof slot };
	union rights r;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = r.room, .msg_controllen = sizeof r.room };
	struct cmsghdr *c;
	ssize_t n;

	memset(&r, 0, sizeof r);
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(c), fds, sizeof fds);
	do {
		n = sendmsg(to, &m, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? err_sys(e, "could not pass a stream on") : 0;
}

int
handover_get(int from, struct handover *h)
{
	int fds[2], slot = -1;
	struct iovec v = { &slot, sizeof slot };
	union rights r;
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1,
	    .msg_control = r.room, .msg_controllen = sizeof r.room };
	struct cmsghdr *c;
	ssize_t n;

	do {
		n = recvmsg(from, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? 0 : -1;
	c = CMSG_FIRSTHDR(&m);
	if (c == NULL || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof fds))
		return -1;
	memcpy(fds, CMSG_DATA(c), sizeof fds);
	*h = (struct handover){ slot, fds[0], fds[1] };
	return 1;
}

static void
drop(struct handover *h)
{
	close(h->stream);
	close(h->errors);
	h->stream = h->errors = -1;
}

static int
collect(int from, struct handover **out)
{
	int n = 0, cap = 0;
	struct handover h, *v = NULL;

	while (handover_get(from, &h) > 0) {
		if (n == cap)
			v = xrealloc(v, sizeof *v * (size_t)(cap =
			    cap ? 2 * cap : 16));
		v[n++] = h;
	}
	*out = v;
	return n;
}

/* Gives all to a caller of the same user; says whether it was one.  Nobody
 * finds the name meanwhile. */
static int
give(int listener, const struct handover *v, int n)
{
	int to = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct err ignored;

	if (to < 0)
		return 0;
	if (!same_user(to)) {
		close(to);
		return 0;
	}
	close(listener);
	for (int i = 0; i < n; i++)
		if (v[i].stream >= 0 && handover_put(to, &v[i], &ignored) < 0)
			break;
	close(to);
	return 1;
}

void
handover_keep(int listener, int from, int64_t ms)
{
	struct handover *v;
	int n = collect(from, &v), left = n;
	struct pollfd *p = xcalloc((size_t)n + 1, sizeof *p);
	int64_t until = clock_mono_ms() + ms, now;

	p[n] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (int i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = v[i].stream, .events = POLLIN };
	while (left > 0 && (now = clock_mono_ms()) < until) {
		if (poll(p, (nfds_t)n + 1, (int)(until - now)) < 0)
			continue;
		/* They have nothing to say now but that they end. */
		for (int i = 0; i < n; i++)
			if (p[i].fd >= 0 && p[i].revents) {
				drop(&v[i]);
				p[i].fd = -1;
				left--;
			}
		if (p[n].revents && left > 0 && give(listener, v, n))
			break;
	}
	free(p);
	free(v);
}
