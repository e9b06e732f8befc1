/*
 * ~/.ssh/config: first value wins, patterns, Include, Match, tokens; and the
 * lines of known_hosts.
 */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/module.h"
#include "net/known_hosts.h"
#include "net/ssh_config.h"
#include "net/ssh_module.h"
#include "tap.h"

static struct arena arena;

static int
include(struct ssh_lookup *l, const char *pattern, struct err *e)
{
	static const char more[] = "User inc\nHost x\nPort 7\n";
	static const char self[] = "Include self self\n";

	if (strcmp(pattern, "/home/ann/.ssh/more") == 0)
		return ssh_config_read(l, "more", more, strlen(more), e);
	if (strcmp(pattern, "/home/ann/.ssh/self") == 0)
		return ssh_config_read(l, "self", self, strlen(self), e);
	return 0;
}

static struct ssh_settings
settings(const char *host, const char *text)
{
	struct ssh_lookup l = { .arena = &arena, .host = host,
	    .home = "/home/ann", .local_user = "ann", .include = include };
	struct err e = { 0 };

	if (ssh_config_read(&l, "config", text, strlen(text), &e) < 0)
		printf("# %s\n", e.text);
	ssh_config_end(&l);
	return l.set;
}

static void
config(void)
{
	static const char text[] =
	    "# comment\nuser = one\n"
	    "Host *.lan !gate.lan\n  HostName %h.example.org\n  Port=2200\n"
	    "  IdentityFile ~/.ssh/k_%r\n  identityfile \"/a b/%h%%\"\n"
	    "Host gate.lan\n\tProxyJump none\n\tPort 22\n"
	    "Match host x\n Port 1\nMatch all\n UserKnownHostsFile /a ~/b\n"
	    "Host *\n Port 99\n ProxyJump j1,k@j2:3\n IdentitiesOnly yes\n"
	    " Ciphers whatever \"not closed\n ConnectTimeout 3\n";
	struct ssh_settings s = settings("node.lan", text);

	is_str(s.host_name, "node.lan.example.org", "HostName with %h");
	is_str(s.user, "one", "keyword in lower case, with =");
	is_int(s.port, 2200, "the first Port wins");
	is_int(s.nidentity, 2, "identities add up");
	is_str(s.identity[0], "/home/ann/.ssh/k_one", "~ and %r");
	is_str(s.identity[1], "/a b/node.lan.example.org%", "quotes, %h, %%");
	is_int(s.nknown_hosts, 2, "two files of known hosts");
	is_str(s.known_hosts[1], "/home/ann/b", "the second");
	is_str(s.proxy_jump, "j1,k@j2:3", "ProxyJump");
	is_int(s.identities_only, 1, "IdentitiesOnly");
	is_int(s.connect_timeout_s, 3, "an unknown key with a quote before");
	s = settings("gate.lan", text);
	is_int(s.port, 22, "! keeps a host out");
	is_str(s.proxy_jump, NULL, "ProxyJump none");
	s = settings("x", "Include more\nUser late\n");
	is_str(s.user, "inc", "Include comes where it stands");
	is_int(s.port, 7, "with blocks of its own");
	s = settings("y", "Host x\nInclude more\nHost y\nUser y\n");
	is_str(s.user, "y", "Include in a block that does not apply");
	is_int(s.port, 22, "the default port");
	s = settings("y", "ProxyCommand nc %h\nProxyJump z\n");
	ok(s.proxy_command && !s.proxy_jump, "the first way wins");
}

static void
mistakes(void)
{
	static const struct {
		const char *text, *want;
	} v[] = {
		{ "\nPort x", "config, line 2: Port cannot be \"x\"" },
		{ "Port 65536", "config, line 1: Port cannot be \"65536\"" },
		{ "User", "config, line 1: User cannot be \"\"" },
		{ "User \"a", "config, line 1: a quote is not closed" },
		{ "IdentitiesOnly maybe",
		  "config, line 1: IdentitiesOnly cannot be \"maybe\"" },
	};
	struct err e = { 0 };

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct ssh_lookup l = { .arena = &arena, .host = "h",
		    .home = "/", .local_user = "u" };
		int r = ssh_config_read(&l, "config", v[i].text,
		    strlen(v[i].text), &e);

		ok(r < 0 && e.code == EXIT_CONFIG, "refused");
		is_str(e.text, v[i].want, "said");
	}
	struct ssh_lookup l = { .arena = &arena, .host = "h",
	    .home = "/home/ann", .local_user = "u", .include = include };

	ok(ssh_config_read(&l, "c", "Include self", 12, &e) < 0 &&
	    strstr(e.text, "Include goes deeper than 16"),
	    "a file that includes itself twice");
}

static int
check(const char *text, const char *name, int port, const char *type,
    const char *key)
{
	struct err e;
	const struct ssh_module *m = module_open("ssh", "sp_ssh", "SSH", &e);
	struct known_host h = { name, port, m ? m->hmac_sha1 : NULL };
	int line;

	return (int)known_check(text, strlen(text), &h, type, key, &line) +
	    100 * line;
}

static void
known(void)
{
	static const char text[] =
	    "# comment\n"
	    "node0,10.0.*,!10.0.0.9 ssh-ed25519 AAAA0 comment here\n"
	    "[node0]:2222 ssh-ed25519 AAAA1\n"
	    "@cert-authority * ssh-ed25519 AAAA2\n"
	    "@revoked * ssh-ed25519 AAAA3\n"
	    "node0 ecdsa-sha2-nistp256 BBBB\r\n"
	    "broken\n|1|x|y ssh-rsa C\n|1|AAAA ssh-rsa C\n";
	struct known_host h = { .name = "node0", .port = 22 };
	const char *ed = "ssh-ed25519";

	is_int(check(text, "node0", 22, ed, "AAAA0"), KNOWN_SAME + 200, "same");
	is_int(check(text, "node0", 22, ed, "AAAA9"), KNOWN_OTHER + 200,
	    "another key");
	is_int(check(text, "node0", 22, "ssh-rsa", "AAAA0"), KNOWN_NEW,
	    "another kind");
	is_int(check(text, "10.0.3.4", 22, ed, "AAAA0"), KNOWN_SAME + 200,
	    "a pattern");
	is_int(check(text, "10.0.0.9", 22, ed, "AAAA0"), KNOWN_NEW, "not this");
	is_int(check(text, "node0", 2222, ed, "AAAA1"), KNOWN_SAME + 300,
	    "with its port");
	is_int(check(text, "node0", 23, ed, "AAAA0"), KNOWN_SAME + 200,
	    "without a port, for every port");
	is_int(check(text, "node0", 23, ed, "AAAA9") % 100, KNOWN_NEW,
	    "but only to trust");
	is_int(check(text, "node7", 22, ed, "AAAA2"), KNOWN_NEW,
	    "no certificates");
	is_int(check(text, "node0", 22, ed, "AAAA3") % 100, KNOWN_REVOKED,
	    "revoked");
	is_int((long long)known_types_of(text, strlen(text), &h),
	    KNOWN_ED25519 | KNOWN_ECDSA256, "kinds that are known");
}

static void
hashed(void)
{
	/* HMAC-SHA1 under the salt 0123456789abcdefghij of the name. */
	static const char name[] = "node1";
	static const unsigned char salt[] = "0123456789abcdefghij";
	unsigned char sum[KNOWN_HASH];
	char a[64], b[64], line[200];
	struct err e;
	const struct ssh_module *m = module_open("ssh", "sp_ssh", "SSH", &e);

	if (!m) {
		skip("ssh", e.text);
		return;
	}
	/* A vector of RFC 2202, so that this is more than a circle. */
	m->hmac_sha1((const unsigned char *)"Jefe", 4,
	    "what do ya want for nothing?", 28, sum);
	base64_put(a, sum, sizeof sum);
	is_str(a, "7/zfauXrL6LSdBbV8YTfnCWafHk=", "HMAC-SHA1");
	m->hmac_sha1(salt, 20, name, 5, sum);
	base64_put(a, salt, 20);
	base64_put(b, sum, sizeof sum);
	snprintf(line, sizeof line, "|1|%s|%s ssh-ed25519 AAAA\n", a, b);
	is_int(check(line, "node1", 22, "ssh-ed25519", "AAAA"),
	    KNOWN_SAME + 100, "hashed");
	is_int(check(line, "node2", 22, "ssh-ed25519", "AAAA"), KNOWN_NEW,
	    "of another host");
}

static void
base64(void)
{
	char to[16];
	unsigned char back[8];

	for (size_t n = 0; n <= 6; n++) {
		static const char *const want[] = { "", "Zg==", "Zm8=", "Zm9v",
		    "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };

		base64_put(to, "foobar", n);
		is_str(to, want[n], "base64");
		is_int(base64_get(back, sizeof back, to, strlen(to)),
		    (long long)n, "and back");
	}
	is_int(base64_get(back, sizeof back, "Zm9*", 4), -1, "no base64");
	is_int(base64_get(back, 2, "Zm9v", 4), -1, "no room");
}

int
main(void)
{
	config();
	mistakes();
	known();
	hashed();
	base64();
	arena_release(&arena);
	return done_testing();
}
