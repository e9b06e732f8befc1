/*
 * address -- see address.h.
 */
#include "net/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"

static int
port_parse(const char *s, int *port)
{
	int v = 0, n = 0;

	for (; s[n] >= '0' && s[n] <= '9' && n < 6; n++)
		v = v * 10 + (s[n] - '0');
	*port = v;
	return n > 0 && s[n] == '\0' && v <= 65535 ? 0 : -1;
}

/* Slips of the pen are no matter for a name server. */
static bool
name_signs(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] <= ' ' || strchr("/@\"'\\", p[i]))
			return false;
	return true;
}

/* "host", "host:port", ":port", "[v6]", "[v6]:port", "v6" (two colons). */
int
address_parse(struct address *a, const char *s, int port_default,
    struct err *e)
{
	const char *host = s, *end, *colon;
	size_t n;

	a->port = port_default;
	if (*s == '[') {
		host = s + 1;
		end = strchr(host, ']');
		if (end == NULL || (end[1] != ':' && end[1] != '\0'))
			return err_user(e, EXIT_USAGE, "bad address \"%s\": "
			    "expected [address]:port", s);
		colon = end[1] ? end + 1 : NULL;
	} else {
		colon = strrchr(s, ':');
		if (colon && memchr(s, ':', (size_t)(colon - s)))
			colon = NULL;
		end = colon ? colon : s + strlen(s);
	}
	n = (size_t)(end - host);
	if (n >= sizeof a->host || (n == 0 && colon == NULL) ||
	    !name_signs(host, n) ||
	    (colon && port_parse(colon + 1, &a->port) < 0)) {
		err_user(e, EXIT_USAGE, "bad address \"%s\"", s);
		return err_hint(e, "host:port or [address]:port, with a port "
		    "from 0 to 65535");
	}
	memcpy(a->host, host, n);
	a->host[n] = '\0';
	return 0;
}

void
address_print(struct text *t, const struct address *a)
{
	text_addf(t, strchr(a->host, ':') ? "[%s]:%d" : "%s:%d", a->host,
	    a->port);
}

static int
address_err(const struct address *a, const char *what, int number,
    struct err *e)
{
	struct text t = { 0 };

	address_print(&t, a);
	err_set(e, ERR_TEMP, "%s %s: %s", what, text_str(&t),
	    strerror(number));
	e->code = EXIT_UNAVAILABLE;
	text_release(&t);
	return e->kind;
}

static int
resolve(const struct address *a, int flags, struct addrinfo **list,
    struct err *e)
{
	struct addrinfo want = { .ai_family = AF_UNSPEC,
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | flags };
	char port[16];
	int r;

	snprintf(port, sizeof port, "%d", a->port);
	r = getaddrinfo(a->host[0] ? a->host : NULL, port, &want, list);
	if (r == 0)
		return 0;
	err_set(e, r == EAI_AGAIN || r == EAI_MEMORY || r == EAI_SYSTEM ?
	    ERR_TEMP : ERR_USER, "could not find host \"%s\": %s", a->host,
	    r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
	e->code = EXIT_UNAVAILABLE;
	return e->kind;
}

static void
no_delay(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

static int
tcp_socket(const struct addrinfo *i)
{
	return socket(i->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
}

int
address_listen(const struct address *a, struct err *e)
{
	struct addrinfo *list;
	int on = 1, off = 0, fd, saved = 0;

	TRY(resolve(a, AI_PASSIVE, &list, e));
	/* "Every address" is one v6 socket that takes v4, too, if it can. */
	for (int pass = a->host[0] ? 1 : 0; pass < 2; pass++) {
		for (struct addrinfo *i = list; i; i = i->ai_next) {
			if (pass == 0 && i->ai_family != AF_INET6)
				continue;
			fd = tcp_socket(i);
			if (fd < 0)
				continue;
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
			    sizeof on);
			if (i->ai_family == AF_INET6 && a->host[0] == '\0')
				setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
				    &off, sizeof off);
			if (bind(fd, i->ai_addr, i->ai_addrlen) == 0 &&
			    listen(fd, 1024) == 0) {
				freeaddrinfo(list);
				return fd;
			}
			saved = errno;
			close(fd);
		}
	}
	freeaddrinfo(list);
	return address_err(a, "could not listen on",
	    saved ? saved : EAFNOSUPPORT, e);
}

int
address_connect(const struct address *a, struct err *e)
{
	struct addrinfo *list;
	int saved = EADDRNOTAVAIL;

	TRY(resolve(a, 0, &list, e));
	for (struct addrinfo *i = list; i; i = i->ai_next) {
		int fd = tcp_socket(i);

		if (fd < 0)
			continue;
		if (connect(fd, i->ai_addr, i->ai_addrlen) == 0 ||
		    errno == EINPROGRESS || errno == EINTR) {
			freeaddrinfo(list);
			no_delay(fd);
			return fd;
		}
		saved = errno;
		close(fd);
	}
	freeaddrinfo(list);
	return address_err(a, "could not connect to", saved, e);
}

int
address_connected(int fd, const struct address *a, struct err *e)
{
	int number = 0;
	socklen_t n = sizeof number;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &n) < 0)
		number = errno;
	return number ? address_err(a, "could not connect to", number, e) : 0;
}

/* Waits for one attempt.  Returns 0 or an errno. */
static int
connect_wait(int fd, int64_t until)
{
	int number = 0;
	socklen_t n = sizeof number;

	for (;;) {
		struct pollfd p = { fd, POLLOUT, 0 };
		int64_t left = until - clock_mono_ms();
		int r = poll(&p, 1, left > 0 ? (int)left : 0);

		if (r < 0 && errno == EINTR)
			continue;
		if (r == 0)
			return ETIMEDOUT;
		break;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &n) < 0)
		return errno;
	return number;
}

int
address_connect_wait(const struct address *a, int timeout_ms, struct err *e)
{
	int64_t until = clock_mono_ms() + timeout_ms;
	struct addrinfo *list;
	int saved = EADDRNOTAVAIL, left = 0;

	TRY(resolve(a, 0, &list, e));
	for (struct addrinfo *i = list; i; i = i->ai_next)
		left++;
	/* One that does not answer leaves time for those after it. */
	for (struct addrinfo *i = list; i; i = i->ai_next, left--) {
		int64_t now = clock_mono_ms();
		int fd = tcp_socket(i);

		if (fd < 0)
			continue;
		saved = 0;
		if (connect(fd, i->ai_addr, i->ai_addrlen) < 0)
			saved = errno;
		if (saved == EINPROGRESS || saved == EINTR)
			saved = connect_wait(fd, now + (until - now) / left);
		if (saved == 0) {
			freeaddrinfo(list);
			no_delay(fd);
			return fd;
		}
		close(fd);
	}
	freeaddrinfo(list);
	return address_err(a, "could not connect to", saved, e);
}

int
address_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		no_delay(fd);
	return fd;
}

static void
address_of(struct address *a, int fd,
    int (*name)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage s;
	socklen_t n = sizeof s;
	char port[16] = "0";

	if (name(fd, (struct sockaddr *)&s, &n) < 0 ||
	    (s.ss_family != AF_INET && s.ss_family != AF_INET6) ||
	    getnameinfo((struct sockaddr *)&s, n, a->host, sizeof a->host,
	    port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(a->host, sizeof a->host, "?");
	/* A v4 address in v6 clothes. */
	if (strncmp(a->host, "::ffff:", 7) == 0 && strchr(a->host, '.'))
		memmove(a->host, a->host + 7, strlen(a->host + 7) + 1);
	a->port = 0;
	port_parse(port, &a->port);
}

void
address_local(struct address *a, int fd)
{
	address_of(a, fd, getsockname);
}

void
address_remote(struct address *a, int fd)
{
	address_of(a, fd, getpeername);
}
