/*
 * fuzz_frame -- frames out of any bytes, in pieces of any size: the framer
 * finds the same frames as a plain walk over the whole, and a conn hands on
 * only those that its peer may send, and ends once.
 *
 * The first byte is the size of the pieces and says whether there was a
 * greeting; the rest is what arrives.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "net/conn.h"
#include "net/framer.h"
#include "net/loop.h"
#include "net/proto.h"

/* ---- the framer ---- */

static void
framer(const char *p, size_t n, size_t piece, size_t max)
{
	struct framer f;
	struct err e = { 0 };
	size_t fed = 0, at = 0, size;
	const char *body;
	int type, want, r = 0;

	framer_init(&f, max);
	while (fed < n && r >= 0) {
		size_t room;
		char *to = framer_room(&f, &room);

		assert(room > 0);
		room = room < piece ? room : piece;
		room = room < n - fed ? room : n - fed;
		memcpy(to, p + fed, room);
		fed += room;
		framer_added(&f, room);
		while ((r = framer_next(&f, &type, &body, &size, &e)) > 0) {
			assert(frame_head(p + at, max, &want) ==
			    (int64_t)size && want == type);
			assert(size == 0 || memcmp(body, p + at + FRAME_HEAD,
			    size) == 0);
			at += FRAME_HEAD + size;
			assert(at <= fed);
		}
	}
	if (r < 0) {
		assert(frame_head(p + at, max, &want) < 0);
	} else {
		assert(framer_left(&f) == n - at);
		assert(n - at < FRAME_HEAD || frame_head(p + at, max, &want) +
		    FRAME_HEAD > (int64_t)(n - at));
	}
	framer_release(&f);
}

/* ---- a conn ---- */

struct seen {
	int frames, closed;
	int checked, pause;
};

static void
on_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct seen *s = arg;
	unsigned sum = 0;

	assert(s->closed == 0);
	for (size_t i = 0; i < n; i++)
		sum += (unsigned char)body[i];
	if (s->checked) {
		assert(frame_kind(type));
		assert((type == FRAME_HELLO) == (s->frames == 0));
		assert(conn_role(c) == ROLE_EXECUTOR);
	}
	s->frames++;
	if (s->pause && sum % 2)
		conn_pause(c, true);
	if (sum % 3 == 0)
		conn_send(c, type, body, n);
}

static void
on_closed(void *arg, struct conn *c, const struct err *why)
{
	struct seen *s = arg;

	(void)c;
	(void)why;
	s->closed++;
	assert(s->closed == 1);
}

static void
connection(const char *p, size_t n, size_t piece, int checked, int pause)
{
	static const struct conn_ops ops = { on_frame, on_closed };
	struct seen s = { .checked = checked, .pause = pause };
	struct err e = { 0 };
	struct loop *l = loop_new(&e);
	struct conn *c;
	char sink[4096];
	int fd[2];

	if (l == NULL || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
	    fd) < 0)
		return;
	c = conn_new(l, fd[0], fd[0], NULL, &ops, &s);
	if (checked)
		conn_hello(c, ROLE_DRIVER, ROLE_EXECUTOR);
	while (n > 0 && !s.closed) {
		ssize_t put = write(fd[1], p, n < piece ? n : piece);

		if (put > 0) {
			p += put;
			n -= (size_t)put;
		}
		loop_once(l, 0, &e);
		conn_pause(c, false);
		while (read(fd[1], sink, sizeof sink) > 0)
			;
	}
	close(fd[1]);
	for (int i = 0; i < 100000 && !s.closed; i++) {
		loop_once(l, 0, &e);
		conn_pause(c, false);
	}
	assert(s.closed == 1);
	conn_close(c);
	loop_once(l, 0, &e);
	loop_free(l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1;
	size_t piece;
	struct text t = { 0 };

	if (size < 1 || size > 64 << 10)
		return 0;
	piece = 1 + (size_t)(data[0] & 15) * (data[0] & 15) * 20;
	framer(p, size - 1, piece, FRAME_SMALL_MAX);
	framer(p, size - 1, piece, 100);
	if (piece == 1 && size > 2000)
		return 0;
	if (data[0] >> 6 & 1) {         /* after a good greeting */
		text_add(&t, "------", FRAME_HEAD);
		hello_print(&t, ROLE_EXECUTOR);
		frame_head_put(t.p, FRAME_HELLO, t.n - FRAME_HEAD);
	}
	text_add(&t, p, size - 1);
	connection(t.p, t.n, piece, data[0] >> 4 & 1, data[0] >> 5 & 1);
	text_release(&t);
	return 0;
}
