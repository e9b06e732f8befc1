/*
 * peer -- see peer.h.
 *
 * The same link and framer as conn, and poll() in between.  A frame is
 * written whole before peer_send returns, in one buffer with its head if it
 * is small.  While it cannot be written, what comes in is read (into the
 * framer, not handed on): two sides that both send do not wait for each
 * other for ever.
 */
#include "net/peer.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/address.h"
#include "net/framer.h"
#include "net/link.h"
#include "net/proto.h"

enum { PATIENCE_MS = 60000, SMALL = 16 << 10 };

struct peer {
	struct link link;
	struct framer framer;
	int  patience_ms;
	int  role;              /* as peer_hello says; 0: unchecked */
	int  their_role;
	bool eof;
};

int
peer_from_fd(struct peer **out, int fd)
{
	struct peer *p = xcalloc(1, sizeof *p);

	link_init(&p->link, fd, fd, NULL);
	framer_init(&p->framer, FRAME_SMALL_MAX);
	p->patience_ms = PATIENCE_MS;
	*out = p;
	return 0;
}

/* Waits until what code asks for; 1, or 0: the time is up. */
static int
peer_wait(struct peer *p, int64_t code, int64_t until, struct err *e)
{
	for (;;) {
		struct pollfd f = { p->link.in,
		    code == LINK_AGAIN_OUT ? POLLOUT : POLLIN, 0 };
		int64_t left = until - clock_mono_ms();
		int r;

		if (code == LINK_AGAIN_OUT)
			f.fd = p->link.out;
		r = poll(&f, 1, left > 0 ? (int)left : 0);
		if (r > 0)
			return 1;
		if (r == 0)
			return 0;
		if (errno != EINTR)
			return err_sys(e, "could not wait for the other side");
	}
}

static int
peer_late(struct err *e, const char *what)
{
	err_set(e, ERR_TEMP, "%s", what);
	e->code = EXIT_TIMEOUT;
	return e->kind;
}

int
peer_open(struct peer **out, const char *address, const char *identity,
    const unsigned char key[32], int timeout_ms, struct err *e)
{
	int64_t until = clock_mono_ms() + timeout_ms;
	struct address a;
	int fd, r;

	*out = NULL;
	TRY(address_parse(&a, address, 0, e));
	TRY(fd = address_connect_wait(&a, timeout_ms, e));
	peer_from_fd(out, fd);
	r = key ? tls_client(&(*out)->link.tls, fd, identity, key, e) : 0;
	while (r == 0 && (r = link_handshake(&(*out)->link, e)) != 1) {
		if (r == LINK_FAILED) {
			r = e->kind;
			break;
		}
		r = peer_wait(*out, r, until, e);
		if (r == 0)
			r = peer_late(e, "the other side does not answer the "
			    "handshake");
		else if (r > 0)
			r = 0;
	}
	if (r < 0) {
		err_ctx(e, "%s", address);
		peer_close(*out);
		*out = NULL;
		return e->kind;
	}
	return 0;
}

void
peer_close(struct peer *p)
{
	if (p == NULL)
		return;
	link_close(&p->link);
	framer_release(&p->framer);
	free(p);
}

void
peer_patience(struct peer *p, int ms)
{
	p->patience_ms = ms;
}

int
peer_fd(const struct peer *p)
{
	return p->link.in;
}

/* One read.  Returns bytes, 0 at the end, or a code. */
static int64_t
peer_fill(struct peer *p, struct err *e)
{
	size_t room;
	char *to = framer_room(&p->framer, &room);
	int64_t r = link_read(&p->link, to, room, e);

	if (r > 0)
		framer_added(&p->framer, (size_t)r);
	p->eof = p->eof || r == 0;
	return r;
}

/* Waits until more can be written, reading meanwhile what comes, as much as
 * one frame may have. */
static int
peer_drain(struct peer *p, int64_t code, int64_t until, struct err *e)
{
	bool in = !p->eof && framer_left(&p->framer) < p->framer.max;
	struct pollfd f[2] = { { p->link.out,
	    code == LINK_AGAIN_OUT ? POLLOUT : POLLIN, 0 },
	    { p->link.in, POLLIN, 0 } };
	int64_t left = until - clock_mono_ms(), got;
	int r = poll(f, in ? 2 : 1, left > 0 ? (int)left : 0);

	if (r < 0 && errno != EINTR)
		return err_sys(e, "could not wait for the other side");
	if (r == 0)
		return peer_late(e, "the other side does not take what is "
		    "sent to it");
	if (r > 0 && in && f[1].revents) {
		got = peer_fill(p, e);
		if (got == LINK_FAILED)
			return e->kind;
	}
	return 0;
}

static int
peer_write(struct peer *p, const char *from, size_t n, struct err *e)
{
	int64_t until = clock_mono_ms() + p->patience_ms;

	while (n > 0) {
		int64_t r = link_write(&p->link, from, n, e);

		if (r == LINK_FAILED)
			return e->kind;
		if (r < 0) {
			TRY(peer_drain(p, r, until, e));
			continue;
		}
		from += r;
		n -= (size_t)r;
		if (n > 0)
			until = clock_mono_ms() + p->patience_ms;
	}
	return 0;
}

int
peer_send(struct peer *p, int type, const void *body, size_t n,
    struct err *e)
{
	char small[FRAME_HEAD + SMALL];

	frame_head_put(small, type, n);
	if (n <= SMALL) {
		if (n)
			memcpy(small + FRAME_HEAD, body, n);
		return peer_write(p, small, FRAME_HEAD + n, e);
	}
	TRY(peer_write(p, small, FRAME_HEAD, e));
	return peer_write(p, body, n, e);
}

int
peer_recv(struct peer *p, int timeout_ms, int *type, const char **body,
    size_t *n, struct err *e)
{
	int64_t until = clock_mono_ms() + timeout_ms, got;
	int r;

	for (;;) {
		r = framer_next(&p->framer, type, body, n, e);
		if (r > 0 && p->their_role)
			TRY(frame_allowed(*type, p->their_role, p->role,
			    *body, *n, e));
		if (r != 0)
			return r;
		if (p->eof && framer_left(&p->framer))
			return err_set(e, ERR_TEMP, "the connection ended "
			    "inside a frame");
		if (p->eof)
			return 0;
		got = peer_fill(p, e);
		if (got == LINK_FAILED)
			return e->kind;
		if (got < 0) {
			TRY(r = peer_wait(p, got, until, e));
			if (r == 0)
				return peer_late(e, "the other side does not "
				    "answer");
		}
	}
}

int
peer_hello(struct peer *p, int role, int peers, int timeout_ms,
    struct err *e)
{
	struct text t = { 0 };
	struct hello h = { 0 };
	const char *body;
	size_t n;
	int type, r;

	hello_print(&t, role);
	r = peer_send(p, FRAME_HELLO, t.p, t.n, e);
	text_release(&t);
	TRY(r);
	TRY(r = peer_recv(p, timeout_ms, &type, &body, &n, e));
	if (r == 0)
		return err_set(e, ERR_TEMP, "the other side closed the "
		    "connection before its greeting");
	TRY(hello_take(&h, peers, type, body, n, e));
	p->role = role;
	p->their_role = h.role;
	p->framer.max = FRAME_MAX;
	return 0;
}
