/*
 * t_net_tls -- connections with TLS: the right key, and everything else:
 * wrong key, unknown identity, bytes that were recorded, bytes that are no
 * TLS at all, an end without goodbye.
 */
#include "tap.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/proto.h"
#include "net/tls.h"

struct side {
	struct conn *c;
	int frames, closed;
	size_t bytes;
	uint64_t sum;
	struct err why;
};

static const unsigned char key[TLS_KEY] = "0123456789abcdef0123456789abcde";
static const unsigned char other[TLS_KEY] = "0123456789abcdef0123456789abcdf";
static struct loop *loop;

static void
side_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct side *s = arg;

	(void)c;
	(void)type;
	s->frames++;
	s->bytes += n;
	for (size_t i = 0; i < n; i += 97)
		s->sum = s->sum * 31 + (unsigned char)body[i];
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

static int
key_of(void *arg, const char *identity, unsigned char k[TLS_KEY])
{
	(void)arg;
	if (strcmp(identity, "cluster"))
		return 0;
	memcpy(k, key, TLS_KEY);
	return 1;
}

static void
turns(int n)
{
	struct err e = { 0 };

	while (n-- > 0 && loop_once(loop, 0, &e) > 0)
		;
}

static void
side_open(struct side *s, int fd, bool server, const char *identity,
    const unsigned char *k)
{
	struct err e = { 0 };
	struct tls *t;
	int r = server ? tls_server(&t, fd, key_of, NULL, &e) :
	    tls_client(&t, fd, identity, k, &e);

	memset(s, 0, sizeof *s);
	if (r < 0) {
		printf("# %s\n", e.text);
		exit(70);
	}
	s->c = conn_new(loop, fd, fd, t, &ops, s);
}

static void
pair(struct side *a, struct side *b, const char *identity,
    const unsigned char *k)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) < 0)
		exit(71);
	side_open(a, fd[0], false, identity, k);
	side_open(b, fd[1], true, NULL, NULL);
}

static void
done(struct side *a, struct side *b)
{
	conn_close(a->c);
	conn_close(b->c);
	turns(2);
}

static void
good(void)
{
	static char p[3000000];
	struct side a, b;
	uint64_t sum = 0;
	size_t n = sizeof p;

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(i * 7 + (i >> 9));
	pair(&a, &b, "cluster", key);
	conn_hello(a.c, ROLE_WORKER, ROLE_MASTER);
	conn_hello(b.c, ROLE_MASTER, ROLE_WORKER);
	turns(50);
	ok(conn_role(a.c) == ROLE_MASTER && conn_role(b.c) == ROLE_WORKER,
	    "greetings pass");
	a.bytes = b.bytes = 0;
	a.sum = b.sum = 0;
	for (size_t size = 0; size <= n; size = size * 5 + 1) {
		conn_send(a.c, FRAME_PING, p, size);
		conn_send(b.c, FRAME_PONG, p, size);
		for (size_t i = 0; i < size; i += 97)
			sum = sum * 31 + (unsigned char)p[i];
	}
	turns(10000);
	ok(a.bytes == b.bytes && b.bytes > 3000000 / 5 && a.sum == sum &&
	    b.sum == sum, "frames of all sizes, both ways at once");
	conn_close(a.c);
	a.c = NULL;
	turns(10);
	ok(b.closed == 1 && b.why.kind == 0, "an orderly end");
	done(&a, &b);

	pair(&a, &b, "cluster", key);
	turns(50);
	shutdown(conn_fd(a.c), SHUT_WR);
	turns(10);
	ok(b.closed == 1 && b.why.kind == ERR_TEMP, "cut: %s", b.why.text);
	done(&a, &b);
}

static void
refused(void)
{
	struct side a, b;

	pair(&a, &b, "cluster", other);
	conn_hello(b.c, ROLE_MASTER, ROLE_WORKER);
	conn_send(a.c, FRAME_PING, "x", 1);
	turns(50);
	ok(b.closed && !b.frames && b.why.code == EXIT_PERM, "wrong key: %s",
	    b.why.text);
	ok(a.closed && !a.frames && a.why.code == EXIT_PERM, "and there: %s",
	    a.why.text);
	done(&a, &b);

	pair(&a, &b, "app-1", key);
	conn_send(a.c, FRAME_PING, "x", 1);
	turns(50);
	ok(b.closed && !b.frames && b.why.code == EXIT_PERM,
	    "unknown identity: %s", b.why.text);
	ok(a.closed && a.why.code == EXIT_PERM, "and there: %s", a.why.text);
	done(&a, &b);
}

/* Bytes that a server is given; says whether it handed on nothing and ended
 * with an error. */
static int
fed(struct side *b, const char *p, size_t n)
{
	int fd[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) < 0)
		exit(71);
	side_open(b, fd[1], true, NULL, NULL);
	conn_hello(b->c, ROLE_MASTER, ROLE_ANY);
	if (write(fd[0], p, n) != (ssize_t)n)
		exit(71);
	turns(20);
	shutdown(fd[0], SHUT_WR);
	turns(20);
	r = b->closed == 1 && b->frames == 0 && b->why.kind < 0;
	conn_close(b->c);
	close(fd[0]);
	turns(2);
	return r;
}

static void
feed(const char *what, const char *p, size_t n)
{
	struct side b;
	int r = fed(&b, p, n);

	ok(r, "%s: %s", what, b.why.text);
}

/* Every type of frame without TLS, whole and well-formed or not; and noise,
 * half of it with the head of a TLS record. */
static void
noise(void)
{
	struct side b;
	char p[300];
	int bad = 0;

	for (int type = 0; type < 300; type++) {
		memset(p, 0, sizeof p);
		frame_head_put(p, type, (size_t)type % 20);
		bad += !fed(&b, p, FRAME_HEAD + (size_t)type % 20);
	}
	is_int(bad, 0, "every type of frame without TLS");
	srand(1);
	for (int i = 0; i < 1000; i++) {
		size_t n = (size_t)rand() % sizeof p;

		for (size_t k = 0; k < n; k++)
			p[k] = (char)rand();
		if (i % 2)
			memcpy(p, "\x16\x03\x01\x00\xf0\x01\x00\x00\xec\x03\x03",
			    11);
		bad += !fed(&b, p, n);
	}
	is_int(bad, 0, "noise");
}

static ssize_t
relay(int from, int to, char *copy, size_t size)
{
	ssize_t n = read(from, copy, size);

	if (n > 0 && write(to, copy, (size_t)n) != n)
		exit(71);
	return n > 0 ? n : 0;
}

/* A relay between the two keeps what the client says. */
static void
replay(void)
{
	static char tape[65536];
	char scratch[65536];
	size_t n = 0;
	struct side a, b;
	int x[2], y[2];
	struct err e = { 0 };

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, x) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, y) < 0)
		exit(71);
	side_open(&a, x[0], false, "cluster", key);
	side_open(&b, y[1], true, NULL, NULL);
	conn_hello(a.c, ROLE_WORKER, ROLE_MASTER);
	conn_hello(b.c, ROLE_MASTER, ROLE_WORKER);
	for (int i = 0; i < 50; i++) {
		loop_once(loop, 0, &e);
		n += (size_t)relay(x[1], y[0], tape + n, sizeof tape - n);
		relay(y[0], x[1], scratch, sizeof scratch);
	}
	ok(b.frames == 1 && n > 100, "a recorded conversation");
	feed("recorded bytes", tape, n);
	tape[n / 2] ^= 1;
	feed("recorded and changed", tape, n);
	feed("half of them", tape, n / 2);
	done(&a, &b);
	close(x[1]);
	close(y[0]);
}

/* A relay that spoils one place of what the client says: flips a bit, loses
 * or doubles a piece, or cuts.  What arrives must be a beginning of what was
 * sent, and an end that is no orderly one unless nothing was lost. */
static void
spoil(unsigned seed, int *whole, int *wrong)
{
	enum { N = 40 };
	static char buf[65536], body[3000];
	struct side a, b;
	struct err e = { 0 };
	size_t sent = 0, seen = 0, at, bytes = 0;
	uint64_t sum[N + 1] = { 0 };
	size_t part[N + 1] = { 0 };
	int x[2], y[2], k = 0;

	srand(seed);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, x) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, y) < 0)
		exit(71);
	side_open(&a, x[0], false, "cluster", key);
	side_open(&b, y[1], true, NULL, NULL);
	for (int i = 0; i < N; i++) {
		size_t n = (size_t)rand() % sizeof body;

		memset(body, rand(), n);
		sum[i + 1] = sum[i];
		for (size_t j = 0; j < n; j += 97)
			sum[i + 1] = sum[i + 1] * 31 + (unsigned char)body[j];
		part[i + 1] = part[i] + n;
		conn_send(a.c, FRAME_PING, body, n);
		bytes += n;
	}
	at = (size_t)rand() % (bytes + 2000);
	for (int i = 0; i < 60; i++) {
		ssize_t n;

		loop_once(loop, 0, &e);
		relay(y[0], x[1], buf, sizeof buf);
		n = read(x[1], buf, 1 + (size_t)rand() % 9000);
		if (n <= 0)
			continue;
		seen = sent;
		sent += (size_t)n;
		if (seen <= at && at < sent) {
			switch (rand() % 4) {
			case 0: buf[at - seen] ^= (char)(1 << rand() % 8); break;
			case 1: n = (ssize_t)(at - seen); break;
			case 2: (void)!write(y[0], buf, (size_t)n); break;
			default:
				(void)!write(y[0], buf, (size_t)(at - seen));
				shutdown(y[0], SHUT_WR);
				n = 0;
			}
		}
		if (n > 0 && !b.closed && send(y[0], buf, (size_t)n,
		    MSG_NOSIGNAL) < 0)
			break;
	}
	shutdown(y[0], SHUT_WR);
	turns(50);
	while (k < N && part[k] != b.bytes)
		k++;
	*wrong += part[k] != b.bytes || sum[k] != b.sum || !b.closed ||
	    b.why.kind == 0;
	*whole += b.bytes == bytes;
	done(&a, &b);
	close(x[1]);
	close(y[0]);
}

static void
faults(void)
{
	int whole = 0, wrong = 0;

	for (unsigned seed = 1; seed <= 300; seed++)
		spoil(seed, &whole, &wrong);
	is_int(wrong, 0, "300 spoiled connections: nothing wrong came through");
	ok(whole > 0 && whole < 200, "%d of them were spoiled behind the end",
	    whole);
}

static void
speed(void)
{
	enum { N = 100 };
	static char p[1 << 20];
	struct side a, b;
	int64_t t0, us;

	pair(&a, &b, "cluster", key);
	conn_limit(a.c, FRAME_MAX);
	conn_limit(b.c, FRAME_MAX);
	turns(50);
	t0 = clock_mono_us();
	for (int i = 0; i < N; i++) {
		conn_send(a.c, FRAME_PING, p, sizeof p);
		turns(100);
	}
	us = clock_mono_us() - t0;
	ok(b.bytes == N * sizeof p, "%d MiB", N);
	printf("# %.0f MB/s through TLS, both ends in one thread\n",
	    (double)b.bytes / (double)us);
	done(&a, &b);
	t0 = clock_mono_us();
	for (int i = 0; i < 50; i++) {
		pair(&a, &b, "cluster", key);
		turns(50);
		done(&a, &b);
	}
	printf("# %.2f ms a handshake\n", (double)(clock_mono_us() - t0) / 5e4);
}

int
main(void)
{
	struct err e = { 0 };

	loop = loop_new(&e);
	good();
	refused();
	replay();
	feed("no TLS", "GET / HTTP/1.0\r\n\r\n", 18);
	feed("a plain frame", "\1\0\0\0\3\0x", 7);
	feed("zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	feed("nothing", "", 0);
	noise();
	faults();
	speed();
	loop_free(loop);
	return done_testing();
}
