/*
 * t_net_listener -- a server thread with a listener, and guests and
 * strangers of all kinds: wrong keys, no keys, silence, old bytes said again,
 * 10,000 at once.
 */
#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/key.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/peer.h"
#include "net/proto.h"
#include "net/wake.h"

enum { HELLO_MS = 1000 };

static unsigned char key[KEY_BYTES], other[KEY_BYTES];

static struct server {
	pthread_t thread;
	struct loop *loop;
	struct listener *door;
	struct wake wake;
	struct watch *bell;
	char address[64];
	atomic_int stop, guests, gone, late, refused, half_open_max;
} server;

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
guest_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	(void)arg;
	if (type == FRAME_PING)
		conn_send(c, FRAME_PONG, body, n);
}

static void
guest_closed(void *arg, struct conn *c, const struct err *why)
{
	(void)arg;
	(void)why;
	server.gone++;
	conn_close(c);
}

static const struct conn_ops guest_ops = { guest_frame, guest_closed };

static void *
guest(void *arg, struct conn *c, const char *identity)
{
	struct err e = { 0 };

	(void)arg;
	if (strcmp(identity, "cluster"))
		return NULL;
	if (conn_role(c) == ROLE_DRIVER) {
		err_user(&e, EXIT_PERM, "no drivers today");
		conn_refuse(c, &e);
		return NULL;
	}
	server.guests++;
	return &server;
}

static void
refused(void *arg, const char *address, const struct err *why)
{
	int now = listener_figures(server.door)->half_open;

	(void)arg;
	if (strncmp(address, "127.0.0.1:", 10))
		printf("# odd address %s\n", address);
	server.refused++;
	if (why->code == EXIT_TIMEOUT)
		server.late++;
	if (now > server.half_open_max)
		server.half_open_max = now;
}

static void
rung(void *arg, int events)
{
	(void)arg;
	(void)events;
	wake_clear(&server.wake);
}

static void *
serve(void *arg)
{
	struct err e = { 0 };

	while (!server.stop && loop_once(server.loop, 1000, &e) >= 0)
		;
	return arg;
}

static void
server_start(void)
{
	struct err e = { 0 };
	struct address a;
	struct text t = { 0 };
	struct listener_conf conf = { .role = ROLE_MASTER,
	    .peers = ROLE_WORKER | ROLE_DRIVER, .key_of = key_of,
	    .hello_ms = HELLO_MS, .guest = guest, .ops = &guest_ops,
	    .refused = refused };

	address_parse(&a, "127.0.0.1:0", 0, &e);
	server.loop = conf.loop = loop_new(&e);
	conf.fd = address_listen(&a, &e);
	if (conf.fd < 0 || wake_open(&server.wake, &e) < 0)
		exit(71);
	server.bell = loop_watch(server.loop, server.wake.fd, LOOP_IN, rung, NULL);
	address_local(&a, conf.fd);
	address_print(&t, &a);
	snprintf(server.address, sizeof server.address, "%s", text_str(&t));
	text_release(&t);
	if (listener_open(&server.door, &conf, &e) < 0) {
		printf("# %s\n", e.text);
		exit(70);
	}
	pthread_create(&server.thread, NULL, serve, NULL);
}

static void
server_stop(void)
{
	for (int i = 0; i < 200 && server.gone < server.guests; i++)
		usleep(10000);
	is_int(server.guests - server.gone, 0, "all guests have left");
	server.stop = 1;
	wake_ring(&server.wake);
	pthread_join(server.thread, NULL);
	listener_close(server.door);
	watch_drop(server.bell);
	wake_close(&server.wake);
	loop_free(server.loop);
}

static void
guests(void)
{
	struct err e = { 0 };
	struct peer *p;
	static char big[3000000];
	const char *body;
	size_t n;
	int type, good = 1;

	ok(peer_open(&p, server.address, "cluster", key, 5000, &e) == 0 &&
	    peer_hello(p, ROLE_WORKER, ROLE_MASTER, 5000, &e) == 0,
	    "a guest %s", e.text);
	for (size_t size = 0; size <= sizeof big; size = size * 3 + 1) {
		memset(big, (int)size, size);
		good &= peer_send(p, FRAME_PING, big, size, &e) == 0;
		good &= peer_recv(p, 5000, &type, &body, &n, &e) == 1;
		good &= type == FRAME_PONG && n == size &&
		    memcmp(body, big, n) == 0;
	}
	ok(good, "messages of all sizes, there and back");
	ok(peer_recv(p, 10, &type, &body, &n, &e) == ERR_TEMP &&
	    e.code == EXIT_TIMEOUT, "nothing comes: %s", e.text);
	peer_send(p, FRAME_PING, "x", 1, &e);
	ok(peer_recv(p, 5000, &type, &body, &n, &e) == 1, "but then it does");
	peer_send(p, 15, "x", 1, &e);
	ok(peer_recv(p, 5000, &type, &body, &n, &e) < 0 &&
	    e.code == EXIT_PROTOCOL, "a frame that is not allowed: %s",
	    e.text);
	peer_close(p);

	ok(peer_open(&p, server.address, "cluster", key, 5000, &e) == 0 &&
	    peer_hello(p, ROLE_DRIVER, ROLE_MASTER, 5000, &e) == 0 &&
	    peer_recv(p, 5000, &type, &body, &n, &e) < 0 &&
	    e.code == EXIT_PERM, "a guest that is not wanted: %s", e.text);
	peer_close(p);
	peer_open(&p, server.address, "cluster", key, 5000, &e);
	ok(peer_hello(p, ROLE_TOOL, ROLE_MASTER, 5000, &e) == 0 &&
	    peer_recv(p, 5000, &type, &body, &n, &e) < 0 &&
	    e.code == EXIT_PROTOCOL, "of the wrong kind: %s", e.text);
	peer_close(p);
}

static int
enter(const char *identity, const unsigned char *k, struct err *e)
{
	struct peer *p;
	int r = peer_open(&p, server.address, identity, k, 5000, e);

	if (r == 0)
		r = peer_hello(p, ROLE_WORKER, ROLE_MASTER, 5000, e);
	peer_close(p);
	return r;
}

/* A greeting that comes with the end of the handshake must not stay inside
 * TLS unseen. */
static void
many(void)
{
	struct err e = { 0 };
	int good = 0, late = server.late;

	for (int i = 0; i < 150; i++)
		good += enter("cluster", key, &e) == 0;
	is_int(good, 150, "guests one after the other");
	is_int(server.late - late, 0, "none of them was too late");
}

static void
strangers(void)
{
	struct err e = { 0 };
	struct address a;
	int before = server.guests, late = server.late;
	int fd[20];
	int64_t t0;
	char byte;
	int r;

	ok(enter("cluster", other, &e) < 0 && e.code == EXIT_PERM,
	    "wrong key: %s", e.text);
	ok(enter("app-7", key, &e) < 0 && e.code == EXIT_PERM,
	    "unknown identity: %s", e.text);
	ok(enter("cluster", NULL, &e) < 0, "no TLS: %s", e.text);
	ok(enter("", key, &e) < 0, "no identity: %s", e.text);
	ok(enter("cluster", key, &e) == 0, "the right one");
	for (int i = 0; i < 100 && server.guests == before; i++)
		usleep(10000);
	is_int(server.guests - before, 1, "only that one came in");

	address_parse(&a, server.address, 0, &e);
	t0 = clock_mono_ms();
	for (int i = 0; i < 20; i++) {
		fd[i] = address_connect_wait(&a, 1000, &e);
		if (i % 2)      /* the beginning of a TLS record, no more */
			r = (int)write(fd[i], "\x16\x03\x01\x00", 4);
	}
	(void)r;
	for (int i = 0; i < 20; i++) {
		struct pollfd p = { fd[i], POLLIN, 0 };

		r = poll(&p, 1, 5000) == 1 ? (int)read(fd[i], &byte, 1) : -2;
		if (r > 0)
			printf("# a stranger was told something\n");
		close(fd[i]);
	}
	t0 = clock_mono_ms() - t0;
	ok(server.late - late == 20 && t0 >= HELLO_MS && t0 < 5000,
	    "20 slow ones are out after %d ms", (int)t0);
}

struct tape {
	int fd, to;             /* a listening socket, the server */
	size_t n;
	char p[65536];          /* what the client said */
};

/* One connection to the server, with what the client says on tape. */
static void *
record(void *arg)
{
	struct tape *t = arg;
	int at = accept(t->fd, NULL, NULL);
	struct pollfd f[2] = { { at, POLLIN, 0 }, { t->to, POLLIN, 0 } };
	char p[4096];
	ssize_t n = 1;

	while (n > 0 && poll(f, 2, 10000) > 0) {
		int from = f[0].revents == 0;

		n = read(f[from].fd, p, sizeof p);
		if (from == 0 && n > 0 && t->n + (size_t)n <= sizeof t->p) {
			memcpy(t->p + t->n, p, (size_t)n);
			t->n += (size_t)n;
		}
		if (n > 0 && write(f[!from].fd, p, (size_t)n) != n)
			n = -1;
	}
	close(at);
	close(t->to);
	return NULL;
}

/* A guest's bytes, said again by somebody who has no key. */
static void
replay(void)
{
	static struct tape t;
	struct err e = { 0 };
	struct address at, a;
	struct text name = { 0 };
	char whole[sizeof server.address], p[4096];
	pthread_t thread;
	int before = server.guests, r = -1, fd;

	address_parse(&at, "127.0.0.1:0", 0, &e);
	t.fd = address_listen(&at, &e);
	address_local(&at, t.fd);
	address_print(&name, &at);
	address_parse(&a, server.address, 0, &e);
	t.to = address_connect_wait(&a, 1000, &e);
	memcpy(whole, server.address, sizeof whole);
	snprintf(server.address, sizeof server.address, "%s", text_str(&name));
	fcntl(t.fd, F_SETFL, 0);        /* accept waits */
	pthread_create(&thread, NULL, record, &t);
	ok(enter("cluster", key, &e) == 0, "a guest who is overheard");
	pthread_join(thread, NULL);
	memcpy(server.address, whole, sizeof whole);
	for (int i = 0; i < 100 && server.guests == before; i++)
		usleep(10000);
	is_int(server.guests - before, 1, "comes in");
	ok(t.n > 300, "%zu bytes are on tape", t.n);

	fd = address_connect_wait(&a, 1000, &e);
	r = send(fd, t.p, t.n, MSG_NOSIGNAL) == (ssize_t)t.n;
	ok(r, "they are said again");
	shutdown(fd, SHUT_WR);
	while (recv(fd, p, sizeof p, 0) > 0)
		;
	close(fd);
	usleep(50000);
	is_int(server.guests - before, 1, "and open nothing");
	close(t.fd);
	text_release(&name);
}

static void
flood(void)
{
	struct rlimit r;
	struct address a;
	struct err e = { 0 };
	int want = 10000, n = 0, *fd, before = server.guests;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur != RLIM_INFINITY && r.rlim_cur < (rlim_t)want + 200)
		want = (int)r.rlim_cur - 200;
	fd = calloc((size_t)want, sizeof *fd);
	address_parse(&a, server.address, 0, &e);
	for (; n < want; n++) {
		fd[n] = address_connect_wait(&a, 5000, &e);
		if (fd[n] < 0)
			break;
		if (n % 2500 == 1250)
			ok(enter("cluster", key, &e) == 0, "a guest comes in "
			    "after %d half-open ones %s", n, e.text);
	}
	printf("# %d half-open connections (limit %ld descriptors)\n", n,
	    (long)r.rlim_cur);
	is_int(n, want, "all were accepted");
	ok(enter("cluster", key, &e) == 0, "a guest comes in after them %s",
	    e.text);
	ok(server.half_open_max <= LISTENER_HALF_OPEN, "never more than %d "
	    "stood in the door (%d)", LISTENER_HALF_OPEN,
	    server.half_open_max);
	for (int i = 0; i < n; i++)
		close(fd[i]);
	free(fd);
	ok(server.guests > before, "guests");
}

int
main(void)
{
	struct err e = { 0 };

	if (key_make(key, &e) < 0 || key_make(other, &e) < 0)
		return 71;
	server_start();
	guests();
	many();
	strangers();
	replay();
	flood();
	server_stop();
	return done_testing();
}
