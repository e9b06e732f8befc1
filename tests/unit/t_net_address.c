/*
 * t_net_address -- addresses as text and as sockets; key files.
 */
#include "tap.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/address.h"
#include "net/key.h"
#include "net/peer.h"

static void
texts(void)
{
	static const struct { const char *in, *out; } v[] = {
		{ "node1:7077", "node1:7077" }, { "node1", "node1:99" },
		{ ":0", ":0" }, { "[::1]:5", "[::1]:5" }, { "[::1]", "[::1]:99" },
		{ "fe80::1", "[fe80::1]:99" }, { "1.2.3.4:65535",
		    "1.2.3.4:65535" },
		{ "", NULL }, { "a:", NULL }, { "a:x", NULL },
		{ "a:65536", NULL }, { "a:1x", NULL }, { "[::1", NULL },
		{ "[::1]5", NULL }, { "a:-1", NULL }, { "a:9999999999", NULL },
	};
	struct text t = { 0 };
	struct err e = { 0 };
	struct address a;
	char long_one[400];

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		int r = address_parse(&a, v[i].in, 99, &e);

		text_clear(&t);
		if (r == 0)
			address_print(&t, &a);
		if (v[i].out)
			is_str(text_str(&t), v[i].out, v[i].in);
		else
			ok(r == ERR_USER && e.code == EXIT_USAGE, "%s",
			    e.text);
	}
	memset(long_one, 'a', sizeof long_one);
	long_one[399] = '\0';
	ok(address_parse(&a, long_one, 99, &e) < 0, "a long name");
	text_release(&t);
}

static void
sockets(const char *where)
{
	struct err e = { 0 };
	struct address a, b, c;
	struct peer *p;
	struct text t = { 0 };
	int l, s, r = -1, again;

	address_parse(&a, where, 0, &e);
	l = address_listen(&a, &e);
	if (l < 0 && a.host[0] == ':') {
		skip("ipv6", e.text);
		return;
	}
	address_local(&a, l);
	ok(l >= 0 && a.port > 0, "listening on %s port %d", where, a.port);
	again = address_listen(&a, &e);
	ok(again < 0 && e.code == EXIT_UNAVAILABLE, "%s", e.text);
	if (a.host[0] == '0' || strcmp(a.host, "::") == 0)
		snprintf(a.host, sizeof a.host, "127.0.0.1");
	s = address_connect(&a, &e);
	for (int i = 0; i < 100 && r < 0; i++) {
		struct pollfd f = { l, POLLIN, 0 };

		poll(&f, 1, 100);
		r = address_accept(l);
	}
	ok(s >= 0 && r >= 0 && address_connected(s, &a, &e) == 0,
	    "connected");
	address_local(&b, s);
	address_remote(&c, r);
	ok(b.port == c.port && strcmp(b.host, c.host) == 0,
	    "both sides see %s port %d", c.host, c.port);
	close(r);
	close(s);
	close(l);
	r = address_connect_wait(&a, 1000, &e);
	ok(r < 0 && e.kind == ERR_TEMP && e.code == EXIT_UNAVAILABLE, "%s",
	    e.text);
	address_print(&t, &a);
	ok(peer_open(&p, text_str(&t), "cluster", NULL, 1000, &e) < 0 &&
	    e.code == EXIT_UNAVAILABLE, "%s", e.text);
	text_release(&t);
}

/* Nobody answers: a listener whose queue is full. */
static void
silence(void)
{
	struct err e = { 0 };
	struct address a;
	struct peer *p;
	struct text t = { 0 };
	int l;
	int64_t t0 = clock_mono_ms();
	static const unsigned char k[32];

	address_parse(&a, "127.0.0.1:0", 0, &e);
	l = address_listen(&a, &e);
	address_local(&a, l);
	address_print(&t, &a);
	ok(peer_open(&p, text_str(&t), "cluster", k, 100, &e) < 0 &&
	    e.code == EXIT_TIMEOUT && clock_mono_ms() - t0 >= 100, "%s",
	    e.text);
	text_release(&t);
	close(l);
}

static void
keys(void)
{
	char dir[] = "/tmp/t_net_keyXXXXXX", file[100], wrong[100];
	unsigned char a[KEY_BYTES], b[KEY_BYTES];
	struct err e = { 0 };
	struct stat st;
	struct text t = { 0 };
	FILE *f;

	if (mkdtemp(dir) == NULL)
		exit(71);
	snprintf(file, sizeof file, "%s/x/y/key", dir);
	snprintf(wrong, sizeof wrong, "%s/wrong", dir);
	ok(key_read(a, file, &e) == ERR_USER && e.code == EXIT_CONFIG, "%s",
	    e.text);
	ok(key_make(a, &e) == 0 && key_write(a, file, &e) == 0 &&
	    key_read(b, file, &e) == 0 && memcmp(a, b, sizeof a) == 0,
	    "a key comes back %s", e.text);
	ok(stat(file, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "nobody else can read it");
	ok(key_write(b, file, &e) < 0 && e.code == EXIT_CANTCREATE, "%s",
	    e.text);
	chmod(file, 0640);
	ok(key_read(b, file, &e) == ERR_USER && e.code == EXIT_PERM, "%s",
	    e.text);
	chmod(file, 0600);
	for (int i = 0; i < 3; i++) {
		f = fopen(wrong, "w");
		fchmod(fileno(f), 0600);
		for (int k = 0; k < 64 + (i == 0) - (i == 1); k++)
			fputc(i == 2 && k == 5 ? 'g' : 'a', f);
		fputc('\n', f);
		fclose(f);
		ok(key_read(b, wrong, &e) == ERR_USER && e.code == EXIT_CONFIG,
		    "%s", e.text);
	}
	ok(key_read(b, dir, &e) < 0, "%s", e.text);
	setenv("XDG_CONFIG_HOME", "/a/b", 1);
	key_file(&t);
	is_str(text_str(&t), "/a/b/sp/cluster.key", "the usual place");
	text_release(&t);
	unlink(file);
	unlink(wrong);
	snprintf(file, sizeof file, "%s/x/y", dir);
	rmdir(file);
	snprintf(file, sizeof file, "%s/x", dir);
	ok(rmdir(file) == 0 && rmdir(dir) == 0, "nothing else was left there");
}

int
main(void)
{
	texts();
	sockets("127.0.0.1:0");
	sockets("[::1]:0");
	sockets(":0");
	silence();
	keys();
	return done_testing();
}
