/*
 * other_version -- one end of a connection that speaks protocol 99, for tests
 * of what the other end says to that.
 *
 * usage: other_version listen KEYFILE        prints its port, serves one
 *        other_version connect HOST:PORT KEYFILE ROLE
 *        other_version pipe ROLE             on descriptor 0, without TLS
 *
 * Prints the exit status and the text that the other end refuses it with.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "net/address.h"
#include "net/key.h"
#include "net/proto.h"
#include "net/tls.h"

static unsigned char key[KEY_BYTES];
static struct tls *tls;
static int sock;

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "other_version: %s\n", what);
	exit(1);
}

static int
key_of(void *arg, const char *identity, unsigned char k[TLS_KEY])
{
	(void)arg;
	(void)identity;
	memcpy(k, key, TLS_KEY);
	return 1;
}

static void
await(int64_t code)
{
	struct pollfd p = { sock, code == TLS_AGAIN_OUT ? POLLOUT : POLLIN, 0 };

	if (code == TLS_FAILED)
		fail(tls_why(tls));
	if (poll(&p, 1, 10000) <= 0)
		fail("nothing happens");
}

static int64_t
get(char *p, size_t n)
{
	int64_t r;

	if (tls == NULL)
		return read(sock, p, n);
	while ((r = tls_read(tls, p, n)) < 0)
		await(r);
	return r;
}

static void
put(const struct text *t)
{
	int64_t r;

	if (tls == NULL) {
		if (write(sock, t->p, t->n) != (ssize_t)t->n)
			fail("cannot write");
		return;
	}
	while ((r = tls_write(tls, t->p, t->n)) < 0)
		await(r);
}

static void
greet(int role)
{
	struct text body = { 0 }, all = { 0 };
	char head[FRAME_HEAD];

	hello_print(&body, role);
	body.p[8] = 99;                 /* behind the magic number */
	frame_head_put(head, FRAME_HELLO, body.n);
	text_add(&all, head, sizeof head);
	text_add(&all, body.p, body.n);
	put(&all);
	text_release(&body);
	text_release(&all);
}

/* Frames until the end; what refuses us is printed. */
static void
listen_to_it(void)
{
	static char in[1 << 16];
	size_t n = 0, at = 0;
	int64_t r, size;
	struct err e;
	int type;

	while (n < sizeof in && (r = get(in + n, sizeof in - n)) > 0)
		n += (size_t)r;
	while (n - at >= FRAME_HEAD) {
		size = frame_head(in + at, FRAME_SMALL_MAX, &type);
		if (size < 0 || n - at - FRAME_HEAD < (size_t)size)
			break;
		at += FRAME_HEAD;
		if (type == FRAME_REFUSED) {
			refused_parse(in + at, (size_t)size, &e);
			printf("refused %d %s\n", e.code, e.text);
		}
		at += (size_t)size;
	}
}

static int
role_of(const char *name)
{
	for (int r = 1; r < ROLE_ANY; r *= 2)
		if (strcmp(role_name(r), name) == 0)
			return r;
	fail("no such role");
}

static void
serve(const char *file)
{
	struct address at = { "127.0.0.1", 0 };
	struct pollfd p = { .events = POLLIN };
	struct err e;

	if (key_read(key, file, &e) < 0 || (p.fd = address_listen(&at, &e)) < 0)
		fail(e.text);
	address_local(&at, p.fd);
	printf("%d\n", at.port);
	fflush(stdout);
	/* The driver's first connection only asks for its own address. */
	for (;;) {
		int64_t r;

		if (poll(&p, 1, 20000) <= 0)
			fail("nobody came");
		sock = address_accept(p.fd);
		if (tls_server(&tls, sock, key_of, NULL, &e) < 0)
			fail(e.text);
		while ((r = tls_handshake(tls)) < 0 && r != TLS_FAILED)
			await(r);
		if (r == 1)
			break;
		tls_free(tls);
		close(sock);
	}
	greet(ROLE_MASTER);
}

static void
come(const char *where, const char *file, int role)
{
	struct address at;
	struct err e;

	if (key_read(key, file, &e) < 0 ||
	    address_parse(&at, where, 0, &e) < 0 ||
	    (sock = address_connect_wait(&at, 5000, &e)) < 0 ||
	    tls_client(&tls, sock, "cluster", key, &e) < 0)
		fail(e.text);
	greet(role);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "listen") == 0)
		serve(argv[2]);
	else if (argc == 5 && strcmp(argv[1], "connect") == 0)
		come(argv[2], argv[3], role_of(argv[4]));
	else if (argc == 3 && strcmp(argv[1], "pipe") == 0)
		greet(role_of(argv[2]));
	else
		fail("usage: see the source");
	listen_to_it();
	return 0;
}
