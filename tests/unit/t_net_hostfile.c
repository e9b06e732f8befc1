/*
 * Host files: what is read, and what is said about the rest.
 */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/hostfile.h"
#include "tap.h"

static struct arena arena;

static int
parse(const char *s, struct host **v, struct err *e)
{
	*e = (struct err){ 0 };
	return hostfile_parse(&arena, "h", s, strlen(s), v, e);
}

static void
refused(const char *s, const char *why)
{
	struct host *v;
	struct err e;
	int r = parse(s, &v, &e);

	ok(r == ERR_USER && e.code == EXIT_CONFIG, "refused: %s", why);
	is_str(e.text, why, "with these words");
}

static void
one(const char *s, const char *user, const char *name, int port)
{
	struct text t = { 0 };
	struct host h;
	struct err e;

	is_int(host_parse(&arena, s, strlen(s), &h, &e), 0, s);
	is_str(h.user, user, "user");
	is_str(h.name, name, "name");
	is_int(h.port, port, "port");
	host_print(&t, &h);
	is_int(host_parse(&arena, t.p, t.n, &h, &e), 0, "and printed again");
	is_str(h.name, name, "the same");
	text_release(&t);
}

static void
bad(const char *s)
{
	struct host h;
	struct err e;

	ok(host_parse(&arena, s, strlen(s), &h, &e) < 0 && e.code == EXIT_USAGE,
	    "no host: %s", s);
}

int
main(void)
{
	struct host *v;
	struct err e;

	is_int(parse("# hosts\n\nann@Node1:2222 cores=4 memory=8g # big\r\n"
	    "[fd00::7]:22\tslots=2\nnode3", &v, &e), 3, "three hosts");
	is_str(v[0].user, "ann", "user");
	is_str(v[0].name, "node1", "name in lower case");
	is_int(v[0].port, 2222, "port");
	is_int(v[0].cores, 4, "cores");
	is_int(v[0].memory, 8ll << 30, "memory");
	is_int(v[0].line, 3, "line");
	is_str(v[1].name, "fd00::7", "IPv6 without brackets");
	is_int(v[1].cores, 2, "slots are cores");
	is_str(v[2].name, "node3", "last line without an end");
	is_int(v[2].port, 0, "no port");

	one("host", NULL, "host", 0);
	one("ssh://a@b:1", "a", "b", 1);
	one("a@b@host.example.org:65535", "a@b", "host.example.org", 65535);
	one("[::1]", NULL, "::1", 0);
	one("u@[fe80::1%eth0]:2", "u", "fe80::1%eth0", 2);
	bad("");
	bad("a@");
	bad("@a");
	bad("-oProxyCommand=x");
	bad("a@-x");
	bad("host:");
	bad("host:0");
	bad("host:65536");
	bad("host:22x");
	bad("::1");
	bad("[::1");
	bad("[::1]22");
	bad("ho st");
	bad("h;reboot");
	bad("$(x)@h");

	refused("", "h: no host in it");
	refused("# only\n", "h: no host in it");
	refused("a\nb cores", "h, line 2: \"cores\" is not cores=N or "
	    "memory=SIZE");
	refused("a cpus=3", "h, line 1: unknown setting \"cpus\": there are "
	    "cores, slots and memory");
	refused("a\n\nb\na", "h, line 4: a is already in line 1");
	refused("a:b", "h, line 1: \"a:b\" is not a host");
	ok(parse("a cores=0", &v, &e) < 0 && e.code == EXIT_CONFIG,
	    "no cores at all");
	ok(parse("a memory=lots", &v, &e) < 0 && e.code == EXIT_CONFIG,
	    "memory is a size");
	is_int(parse("a\na:1\nx@a\n", &v, &e), 3, "other ports and users");
	arena_release(&arena);
	return done_testing();
}
