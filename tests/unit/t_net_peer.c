/*
 * t_net_peer -- the blocking side against scripted other sides: greetings
 * that are wrong, streams that end, a side that does not read, and two that
 * send at the same time.
 */
#include "tap.h"

#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/peer.h"
#include "net/proto.h"

enum { BIG = 8 << 20 };

static void
pair(struct peer **p, int *other)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) < 0)
		exit(71);
	peer_from_fd(p, fd[0]);
	*other = fd[1];
}

static void
frame(struct text *t, int type, const char *body, size_t n)
{
	frame_head_put(text_room(t, FRAME_HEAD), type, n);
	t->n += FRAME_HEAD;
	text_add(t, body, n);
}

/* What peer_hello as a worker says to these bytes and the end. */
static int
greeted(const struct text *t, struct err *e)
{
	struct peer *p;
	int fd, r;

	pair(&p, &fd);
	if (t->n && write(fd, t->p, t->n) != (ssize_t)t->n)
		exit(71);
	shutdown(fd, SHUT_WR);
	memset(e, 0, sizeof *e);
	r = peer_hello(p, ROLE_WORKER, ROLE_MASTER, 1000, e);
	peer_close(p);
	close(fd);
	return r;
}

static void
greetings(void)
{
	struct text t = { 0 }, body = { 0 };
	struct err e, why = { 0 };

	hello_print(&body, ROLE_MASTER);
	frame(&t, FRAME_HELLO, body.p, body.n);
	ok(greeted(&t, &e) == 0, "a master");
	for (t.n--; t.n > 0; t.n /= 2)
		if (greeted(&t, &e) != ERR_TEMP)
			ok(0, "cut after %zu", t.n);
	ok(1, "cut: %s", e.text);
	ok(greeted(&t, &e) == ERR_TEMP, "nothing: %s", e.text);

	body.p[8] = 2;
	frame(&t, FRAME_HELLO, body.p, body.n);
	ok(greeted(&t, &e) == ERR_USER && e.code == EXIT_PROTOCOL && e.hint[0],
	    "%s", e.text);
	text_clear(&t);
	text_clear(&body);
	hello_print(&body, ROLE_DRIVER);
	frame(&t, FRAME_HELLO, body.p, body.n);
	ok(greeted(&t, &e) == ERR_USER && e.code == EXIT_PROTOCOL, "%s",
	    e.text);
	text_clear(&t);
	frame(&t, FRAME_PING, "", 0);
	ok(greeted(&t, &e) == ERR_USER && e.code == EXIT_PROTOCOL, "%s",
	    e.text);
	text_clear(&t);
	text_clear(&body);
	err_user(&why, EXIT_CONFIG, "too small");
	err_hint(&why, "grow");
	refused_print(&body, &why);
	frame(&t, FRAME_REFUSED, body.p, body.n);
	ok(greeted(&t, &e) == ERR_USER && e.code == EXIT_CONFIG &&
	    strcmp(e.hint, "grow") == 0, "%s", e.text);
	text_clear(&t);
	text_adds(&t, "SSH-2.0-OpenSSH_9.2\r\n");
	ok(greeted(&t, &e) == ERR_USER && e.code == EXIT_PROTOCOL, "%s",
	    e.text);
	text_release(&t);
	text_release(&body);
}

static void
streams(void)
{
	struct err e = { 0 };
	struct peer *p;
	const char *body;
	size_t n;
	int fd, type;
	int64_t t0;
	static char big[BIG];

	pair(&p, &fd);
	if (write(fd, "\1\0\0\0\5\0a\2\0\0\0\6\0b", 14) != 14)
		exit(71);
	ok(peer_recv(p, 1000, &type, &body, &n, &e) == 1 && type == 5 &&
	    n == 1 && *body == 'a', "a frame");
	ok(peer_recv(p, 20, &type, &body, &n, &e) == ERR_TEMP &&
	    e.code == EXIT_TIMEOUT, "half a frame: %s", e.text);
	if (write(fd, "c", 1) != 1)
		exit(71);
	ok(peer_recv(p, 1000, &type, &body, &n, &e) == 1 && type == 6 &&
	    memcmp(body, "bc", 2) == 0, "the other half comes later");
	close(fd);
	ok(peer_recv(p, 1000, &type, &body, &n, &e) == 0, "the end");
	ok(peer_recv(p, 1000, &type, &body, &n, &e) == 0, "again the end");
	ok(peer_send(p, 5, "x", 1, &e) == ERR_TEMP, "too late: %s", e.text);
	peer_close(p);

	pair(&p, &fd);
	peer_patience(p, 50);
	t0 = clock_mono_ms();
	ok(peer_send(p, 5, big, BIG, &e) == ERR_TEMP &&
	    e.code == EXIT_TIMEOUT && clock_mono_ms() - t0 >= 50,
	    "nobody reads: %s", e.text);
	peer_close(p);
	close(fd);
}

struct talker {
	struct peer *p;
	int good;
};

static void *
talk(void *arg)
{
	struct talker *t = arg;
	struct err e = { 0 };
	char *big = malloc(BIG);
	const char *body;
	size_t n;
	int type;

	memset(big, 'x', BIG);
	t->good = peer_hello(t->p, ROLE_EXECUTOR, ROLE_EXECUTOR, 5000, &e) == 0;
	for (int i = 0; i < 3 && t->good; i++) {
		t->good = peer_send(t->p, FRAME_PING, big, BIG, &e) == 0 &&
		    peer_send(t->p, FRAME_PONG, "", 0, &e) == 0 &&
		    peer_recv(t->p, 10000, &type, &body, &n, &e) == 1 &&
		    type == FRAME_PING && n == BIG &&
		    memcmp(body, big, BIG) == 0 &&
		    peer_recv(t->p, 10000, &type, &body, &n, &e) == 1 &&
		    type == FRAME_PONG && n == 0;
	}
	if (!t->good)
		printf("# %s\n", e.text);
	free(big);
	return NULL;
}

int
main(void)
{
	struct talker a = { 0 }, b = { 0 };
	pthread_t thread;
	int fd;

	greetings();
	streams();
	pair(&a.p, &fd);
	peer_from_fd(&b.p, fd);
	pthread_create(&thread, NULL, talk, &a);
	talk(&b);
	pthread_join(thread, NULL);
	ok(a.good && b.good, "both send 8 MiB before they read");
	peer_close(a.p);
	peer_close(b.p);
	return done_testing();
}
