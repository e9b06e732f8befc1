/*
 * ssh_trust -- is this the host that we mean?  The key that it shows must be
 * in a known_hosts file; sp never adds one.
 *
 * Which kind of key a server shows is up to the client's order of
 * preference, so the kinds that are on file come first: otherwise a host
 * known by its ed25519 key would show its ecdsa key and be a stranger.
 */
#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "net/known_hosts.h"
#include "net/ssh_state.h"

enum { KNOWN_FILE_MAX = 64 << 20 };     /* bytes */

struct trust {
	struct ssh *s;
	struct known_host host;
	const char *path[SSH_KNOWN_FILES_MAX + 2];
	const char *text[SSH_KNOWN_FILES_MAX + 2];
	size_t n[SSH_KNOWN_FILES_MAX + 2];
	int nfile;
};

static void
trust_add(struct trust *t, const char *path)
{
	ssize_t n = ssh_file(&t->s->arena, path, KNOWN_FILE_MAX,
	    &t->text[t->nfile]);

	t->path[t->nfile] = path;
	t->n[t->nfile] = n > 0 ? (size_t)n : 0;
	t->nfile++;
}

static void
trust_open(struct trust *t, struct ssh *s)
{
	const struct ssh_settings *set = &s->set;
	const char *name = set->host_key_alias ? set->host_key_alias :
	    set->host_name;
	char *lower = arena_strdup(&s->arena, name);

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	*t = (struct trust){ .s = s };
	t->host.name = lower;
	t->host.port = set->host_key_alias ? 22 : set->port;
	t->host.hmac = s->m->hmac_sha1;
	for (int i = 0; i < set->nknown_hosts; i++)
		trust_add(t, set->known_hosts[i]);
	if (set->nknown_hosts == 0)
		trust_add(t, arena_printf(&s->arena, "%s/.ssh/known_hosts",
		    s->home));
	trust_add(t, "/etc/ssh/ssh_known_hosts");
}

static unsigned
trust_types(const struct trust *t)
{
	unsigned types = 0;

	for (int i = 0; i < t->nfile; i++)
		types |= known_types_of(t->text[i], t->n[i], &t->host);
	return types;
}

static void
list_add(struct text *list, const char *kind, const struct ssh_module *m)
{
	if (list->n)
		text_addc(list, ',');
	if (strcmp(kind, "ssh-rsa") == 0 && m->rsa_sha2())
		text_adds(list, "rsa-sha2-512,rsa-sha2-256,");
	text_adds(list, kind);
}

int
ssh_prefer_known(struct ssh *s, struct err *e)
{
	struct text list = { 0 };
	struct trust t;
	unsigned types;
	int r;

	trust_open(&t, s);
	types = trust_types(&t);
	for (int known = 1; known >= 0; known--)
		for (int i = 0; known_types[i].name; i++)
			if (known_types[i].type != KNOWN_DSS &&
			    ((types & known_types[i].type) != 0) == known)
				list_add(&list, known_types[i].name, s->m);
	r = s->m->prefer(s->session, SSH_HOST_KEYS, text_str(&list));
	text_release(&list);
	return r == SSH_OK ? 0 : ssh_fail(s, r, "order of host keys", e);
}

/* Says how a user makes an unknown host a known one. */
static int
stranger(const struct trust *t, const char *kind, const char *print,
    const char *key, struct err *e)
{
	const char *name = t->host.name;
	const char *at = t->host.port == 22 ? name : arena_printf(
	    &t->s->arena, "[%s]:%d", name, t->host.port);

	err_user(e, EXIT_PERM, "%s: its host key is not known: %s %s",
	    t->s->label, kind, print);
	if (trust_types(t) == KNOWN_RSA && !t->s->m->rsa_sha2())
		err_user(e, EXIT_PERM, "%s: only its RSA host key is known, "
		    "which libssh2 %s cannot check; it also has %s %s",
		    t->s->label, t->s->m->version(), kind, print);
	return err_hint(e, "if this is its fingerprint (there: ssh-keygen -lf "
	    "/etc/ssh/ssh_host_*_key.pub), add to %s, as ssh-keyscan -p %d %s "
	    "prints it: %s %s %s", t->path[0], t->s->set.port,
	    t->s->set.host_name, at, kind, key);
}

int
ssh_check_host_key(struct ssh *s, struct err *e)
{
	unsigned char sum[32];
	char kind[64], print[64] = "SHA256:", key[4 * SSH_BLOB_MAX / 3 + 8];
	const unsigned char *blob;
	enum known_answer best = KNOWN_NEW;
	struct trust t;
	int line = 0, file = 0;
	size_t n;

	blob = s->m->host_key(s->session, &n);
	if (!blob || n > SSH_BLOB_MAX ||
	    ssh_blob_kind(blob, n, kind, sizeof kind) == 0)
		return err_user(e, EXIT_PROTOCOL, "%s: a host key that is none",
		    s->label);
	base64_put(key, blob, n);
	s->m->sha256(blob, n, sum);
	n = base64_put(print + 7, sum, sizeof sum);
	while (print[7 + n - 1] == '=')
		print[7 + --n] = '\0';
	trust_open(&t, s);
	for (int i = 0; i < t.nfile; i++) {
		int at;
		enum known_answer a = known_check(t.text[i], t.n[i], &t.host,
		    kind, key, &at);

		if (a == KNOWN_REVOKED || (a == KNOWN_SAME &&
		    best != KNOWN_REVOKED) || best == KNOWN_NEW) {
			best = a;
			line = at;
			file = i;
		}
	}
	if (best == KNOWN_SAME)
		return 0;
	if (best == KNOWN_NEW)
		return stranger(&t, kind, print, key, e);
	err_user(e, EXIT_PERM, "%s: %s: it shows %s %s, %s line %d %s", s->label,
	    best == KNOWN_OTHER ? "wrong host key" : "revoked host key", kind,
	    print, t.path[file], line, best == KNOWN_OTHER ? "has another" :
	    "revokes it");
	if (best == KNOWN_OTHER)
		err_hint(e, "somebody may be listening in; or the host was "
		    "installed anew: then ssh-keygen -R '%s' forgets the old key",
		    t.host.port == 22 ? t.host.name : arena_printf(&s->arena,
		    "[%s]:%d", t.host.name, t.host.port));
	return e->kind;
}
