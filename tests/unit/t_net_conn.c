/*
 * t_net_conn -- connections on a loop: order, sizes, pipes, back pressure,
 * ends of every kind, greetings, and how many frames a second.
 */
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/proto.h"

struct side {
	struct conn *c;
	int frames, last, closed;
	size_t bytes;
	uint64_t sum;
	struct err why;
	enum { COUNT, ECHO, CLOSE, PAUSE, REFUSE } on_frame;
};

static void
side_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct side *s = arg;
	struct err e = { 0 };

	s->frames++;
	s->last = type;
	s->bytes += n;
	for (size_t i = 0; i < n; i += 997)
		s->sum = s->sum * 31 + (unsigned char)body[i];
	if (s->on_frame == ECHO)
		conn_send(c, type, body, n);
	else if (s->on_frame == CLOSE) {
		conn_close(c);
		s->c = NULL;
	} else if (s->on_frame == PAUSE)
		conn_pause(c, true);
	else if (s->on_frame == REFUSE) {
		err_user(&e, EXIT_PERM, "not you");
		conn_refuse(c, &e);
	}
}

static void
side_closed(void *arg, struct conn *c, const struct err *why)
{
	struct side *s = arg;

	s->closed++;
	s->why = *why;
	conn_close(c);
	s->c = NULL;
}

static const struct conn_ops ops = { side_frame, side_closed };

static struct loop *loop;

static void
pair(struct side *a, struct side *b)
{
	int fd[2];

	memset(a, 0, sizeof *a);
	memset(b, 0, sizeof *b);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		exit(71);
	a->c = conn_new(loop, fd[0], fd[0], NULL, &ops, a);
	b->c = conn_new(loop, fd[1], fd[1], NULL, &ops, b);
}

static void
turns(int n)
{
	struct err e = { 0 };

	while (n-- > 0 && loop_once(loop, 0, &e) > 0)
		;
}

static void
done(struct side *a, struct side *b)
{
	conn_close(a->c);
	conn_close(b->c);
	turns(2);
}

static char *
bytes(size_t n)
{
	char *p = malloc(n ? n : 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 7 + (i >> 9));
	return p;
}

static void
sizes(bool pipes)
{
	static const size_t n[] = { 0, 1, 100, 16384, 40000, 300000, 5, 9000000 };
	struct side a, b;
	uint64_t sum = 0;
	size_t all = 0;

	pair(&a, &b);
	if (pipes) {
		int x[2], y[2];

		done(&a, &b);
		memset(&a, 0, sizeof a);
		memset(&b, 0, sizeof b);
		if (pipe(x) < 0 || pipe(y) < 0)
			exit(71);
		a.c = conn_new(loop, x[0], y[1], NULL, &ops, &a);
		b.c = conn_new(loop, y[0], x[1], NULL, &ops, &b);
	}
	b.on_frame = ECHO;
	conn_limit(a.c, FRAME_MAX);
	conn_limit(b.c, FRAME_MAX);
	for (int i = 0; i < 8; i++) {
		char *p = bytes(n[i]);
		struct iovec v[3] = { { p, n[i] / 3 }, { p + n[i] / 3, 0 },
		    { p + n[i] / 3, n[i] - n[i] / 3 } };

		for (size_t k = 0; k < n[i]; k += 997)
			sum = sum * 31 + (unsigned char)p[k];
		all += n[i];
		if (i % 2)
			conn_send(a.c, 16 + i, p, n[i]);
		else
			conn_sendv(a.c, 16 + i, v, 3);
		free(p);
	}
	turns(100000);
	ok(a.frames == 8 && a.bytes == all && a.sum == sum && a.last == 23,
	    "frames of 0 to 9 million bytes, there and back over %s",
	    pipes ? "pipes" : "a socket pair");
	is_int((int)conn_queued(a.c), 0, "nothing is left to be sent");
	conn_close(a.c);
	a.c = NULL;
	turns(10);
	ok(b.closed == 1 && b.why.kind == 0, "an orderly end");
	done(&a, &b);
}

static void
ends(void)
{
	struct side a, b;
	char *p = bytes(100000);

	pair(&a, &b);
	conn_send(a.c, 16, "x", 1);
	conn_send(a.c, 17, "x", 1);
	conn_close(a.c);
	a.c = NULL;
	turns(10);
	ok(b.frames == 2 && b.closed == 1, "frames before the end arrive");
	done(&a, &b);

	pair(&a, &b);
	if (write(conn_fd(a.c), "\5\0\0\0\1\0abc", 9) != 9)
		exit(71);
	conn_close(a.c);
	a.c = NULL;
	turns(10);
	ok(b.closed == 1 && b.why.kind == ERR_TEMP, "half a frame: %s",
	    b.why.text);
	done(&a, &b);

	pair(&a, &b);
	conn_send(a.c, 16, p, FRAME_SMALL_MAX + 1);
	turns(10);
	ok(b.frames == 0 && b.closed == 1 && b.why.code == EXIT_PROTOCOL,
	    "a frame over the limit: %s", b.why.text);
	done(&a, &b);

	pair(&a, &b);
	b.on_frame = CLOSE;
	conn_send(a.c, 16, "x", 1);
	conn_send(a.c, 17, "y", 1);
	turns(10);
	ok(b.frames == 1 && b.closed == 0 && a.closed == 1,
	    "closed in the middle of a read");
	done(&a, &b);

	/* b says something and leaves; a, which is sending, must hear it. */
	pair(&a, &b);
	conn_limit(b.c, FRAME_MAX);
	for (int i = 0; i < 20; i++)
		conn_send(a.c, 16, p, 100000);
	conn_send(b.c, 18, "why", 3);
	conn_close(b.c);
	b.c = NULL;
	turns(10);
	ok(a.frames == 1 && a.last == 18 && a.closed == 1 &&
	    a.why.kind == ERR_TEMP, "last words are heard: %s", a.why.text);
	done(&a, &b);
	free(p);
}

static void
pressure(void)
{
	struct side a, b;
	char *p = bytes(1000);

	pair(&a, &b);
	b.on_frame = PAUSE;
	for (int i = 0; i < 3000; i++)
		conn_send(a.c, 16, p, 1000);
	turns(50);
	ok(b.frames == 1 && conn_queued(a.c) > 1000000,
	    "a paused side takes one frame, the rest waits");
	conn_pause(b.c, false);
	turns(50);
	is_int(b.frames, 2, "and then the next");
	b.on_frame = COUNT;
	conn_pause(b.c, false);
	turns(10000);
	ok(b.frames == 3000 && conn_queued(a.c) == 0, "and then all");
	b.on_frame = PAUSE;
	conn_send(a.c, 16, "x", 1);
	conn_send(a.c, 16, "x", 1);
	conn_close(a.c);
	a.c = NULL;
	turns(10);
	ok(b.frames == 3001 && b.closed == 0, "the end waits for the frames");
	conn_pause(b.c, false);
	turns(10);
	b.on_frame = COUNT;
	conn_pause(b.c, false);
	turns(10);
	ok(b.frames == 3002 && b.closed == 1, "and comes after them");
	done(&a, &b);
	free(p);
}

static void
greetings(void)
{
	struct side a, b;
	char *p = bytes(100000);
	struct err e = { 0 };

	pair(&a, &b);
	conn_hello(a.c, ROLE_DRIVER, ROLE_EXECUTOR);
	conn_hello(b.c, ROLE_EXECUTOR, ROLE_DRIVER | ROLE_WORKER);
	turns(10);
	ok(conn_role(a.c) == ROLE_EXECUTOR && conn_role(b.c) == ROLE_DRIVER &&
	    a.frames == 1 && a.last == FRAME_HELLO,
	    "each knows the other");
	conn_send(a.c, FRAME_PING, p, 100000);
	turns(50);
	ok(b.last == FRAME_PING && b.bytes >= 100000, "large ones now pass");
	conn_send(a.c, 15, "", 0);
	turns(10);
	ok(b.closed && b.why.code == EXIT_PROTOCOL, "unknown: %s", b.why.text);
	ok(a.closed && a.why.code == EXIT_PROTOCOL, "told so: %s", a.why.text);
	done(&a, &b);

	pair(&a, &b);
	conn_hello(a.c, ROLE_TOOL, ROLE_MASTER);
	conn_hello(b.c, ROLE_EXECUTOR, ROLE_DRIVER);
	turns(10);
	ok(b.closed && b.why.code == EXIT_PROTOCOL, "no: %s", b.why.text);
	done(&a, &b);

	for (int type = 2; type < FRAME_TYPES; type++) {
		pair(&a, &b);
		conn_hello(b.c, ROLE_MASTER, ROLE_WORKER);
		conn_send(a.c, type, "", 0);
		turns(5);
		if (!b.closed || b.frames || b.why.code != EXIT_PROTOCOL)
			ok(0, "type %d before a greeting", type);
		done(&a, &b);
	}
	ok(1, "every type before a greeting is refused");

	pair(&a, &b);
	conn_hello(a.c, ROLE_WORKER, ROLE_MASTER);
	conn_hello(b.c, ROLE_MASTER, ROLE_WORKER);
	b.on_frame = REFUSE;
	turns(10);
	ok(a.closed && a.why.code == EXIT_PERM && b.closed, "refused: %s",
	    a.why.text);
	done(&a, &b);

	pair(&a, &b);
	conn_hello(b.c, ROLE_MASTER, ROLE_WORKER);
	if (write(conn_fd(a.c), "GET / HTTP/1.0\r\n\r\n", 18) != 18)
		exit(71);
	turns(10);
	ok(b.closed && b.why.code == EXIT_PROTOCOL, "a browser: %s",
	    b.why.text);
	done(&a, &b);
	(void)e;
	free(p);
}

static void
speed(void)
{
	enum { N = 300000, BATCH = 1000 };
	struct side a, b;
	int64_t t0 = clock_mono_us(), us;

	pair(&a, &b);
	for (int i = 0; i < N / BATCH; i++) {
		for (int k = 0; k < BATCH; k++)
			conn_send(a.c, 16, "0123456789abcdef", 16);
		turns(1);
	}
	turns(1000);
	us = clock_mono_us() - t0;
	ok(b.frames == N, "%d frames of 16 bytes", N);
	printf("# %.2f million frames a second\n", (double)N / (double)us);
	done(&a, &b);
}

int
main(void)
{
	struct err e = { 0 };

	signal(SIGPIPE, SIG_IGN);
	loop = loop_new(&e);
	sizes(false);
	sizes(true);
	ends();
	pressure();
	greetings();
	speed();
	loop_free(loop);
	return done_testing();
}
