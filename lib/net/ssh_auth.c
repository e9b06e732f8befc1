/*
 * ssh_auth -- proves who we are: keys of the agent, then key files.
 *
 * libssh2 before 1.11 signs with RSA keys by SHA-1 only, which servers refuse
 * since 2021.  Such keys are tried last, in case the server is old, and when
 * nothing else worked the message says why they did not.  Servers cut the
 * connection after six refused keys, so no more than TRIES_MAX are shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "net/ssh_state.h"

enum { TRIES_MAX = 5, KEYS_MAX = SSH_IDENTITY_MAX + 8 };

struct key_file {
	const char *path;
	const char *text;
	size_t      n;
	struct ssh_key_facts facts;
	bool        rsa, usable, tried;
};

struct auth {
	struct ssh *s;
	struct key_file *file;
	int nfile;
	void *agent;
	int ntry;               /* keys that the server has refused */
	bool rsa_refused;
	struct text tried;      /* for the message */
};

/* Says what became of a key. */
static void
note(struct auth *a, const char *what, const char *fate)
{
	text_addf(&a->tried, "%s%s%s%s", a->tried.n ? ", " : "", what,
	    *fate ? " " : "", fate);
}

static void
file_look(struct auth *a, const char *path, bool named)
{
	struct key_file *f = &a->file[a->nfile];
	ssize_t n = ssh_file(&a->s->arena, path, SSH_KEY_MAX, &f->text);

	f->path = path;
	if (n < 0) {
		if (named)
			note(a, path, "(cannot be read)");
		return;
	}
	f->n = (size_t)n;
	if (ssh_key_look(f->text, f->n, &f->facts) < 0) {
		note(a, path, "(is no private key)");
		return;
	}
	f->rsa = ssh_key_is_rsa(f->facts.kind);
	f->usable = !f->facts.encrypted && !f->facts.public_only &&
	    strncmp(f->facts.kind, "sk-", 3) != 0;
	a->nfile++;
}

static void
files_look(struct auth *a)
{
	static const char *const standard[] = { "id_ed25519", "id_ecdsa",
	    "id_rsa", "id_ed25519_sk", "id_ecdsa_sk" };
	const struct ssh_settings *set = &a->s->set;

	a->file = NEW_N(&a->s->arena, struct key_file, KEYS_MAX);
	for (int i = 0; i < set->nidentity; i++)
		file_look(a, set->identity[i], true);
	if (set->nidentity == 0)
		for (size_t i = 0; i < sizeof standard / sizeof *standard; i++)
			file_look(a, arena_printf(&a->s->arena, "%s/.ssh/%s",
			    a->s->home, standard[i]), false);
}

static struct key_file *
file_of(struct auth *a, const unsigned char *blob, size_t n)
{
	for (int i = 0; i < a->nfile; i++)
		if (a->file[i].facts.nblob == n && n > 0 &&
		    memcmp(a->file[i].facts.blob, blob, n) == 0)
			return &a->file[i];
	return NULL;
}

/* After an attempt: 1 we are in, 0 try the next key, < 0 give up. */
static int
judge(struct auth *a, int status, const char *what, bool rsa, struct err *e)
{
	if (status == SSH_OK)
		return 1;
	if (status == SSH_GONE)
		return ssh_fail(a->s, status, "authentication", e);
	if (status == SSH_REFUSED || status == SSH_FAILED) {
		note(a, what, rsa && !a->s->m->rsa_sha2() ?
		    "(RSA, refused)" : "(refused)");
		a->rsa_refused |= rsa;
		a->ntry++;
	} else {
		note(a, what, "(could not be used)");
	}
	return 0;
}

/* Whether it is the turn of RSA keys: the second pass, if they are weak. */
static bool
in_pass(const struct auth *a, bool rsa, int pass)
{
	return (rsa && !a->s->m->rsa_sha2()) == (pass == 1);
}

static int
agent_pass(struct auth *a, int pass, struct err *e)
{
	const struct ssh_module *m = a->s->m;
	const unsigned char *blob;
	const char *comment;
	char kind[64], what[200];
	size_t n;
	int r;

	if (a->agent)
		m->agent_close(a->agent);
	a->agent = m->agent_open(a->s->session, a->s->set.identity_agent);
	if (!a->agent)
		return 0;
	for (int i = 0; m->agent_next(a->agent, &blob, &n, &comment) &&
	    a->ntry < TRIES_MAX; i++) {
		struct key_file *f = file_of(a, blob, n);
		bool rsa;

		ssh_blob_kind(blob, n, kind, sizeof kind);
		rsa = ssh_key_is_rsa(kind);
		if (!in_pass(a, rsa, pass) ||
		    (a->s->set.identities_only > 0 && !f))
			continue;
		snprintf(what, sizeof what, "key %.80s of the agent", comment);
		while ((r = m->agent_auth(a->agent, a->s->set.user, i)) ==
		    SSH_AGAIN)
			TRY(ssh_wait(a->s, e));
		if (f)
			f->tried = true;
		if ((r = judge(a, r, what, rsa, e)) != 0)
			return r;
	}
	return 0;
}

static int
file_pass(struct auth *a, int pass, struct err *e)
{
	for (int i = 0; i < a->nfile && a->ntry < TRIES_MAX; i++) {
		struct key_file *f = &a->file[i];
		int r;

		if (!f->usable || f->tried || !in_pass(a, f->rsa, pass))
			continue;
		while ((r = a->s->m->auth_key(a->s->session, a->s->set.user,
		    f->text, f->n)) == SSH_AGAIN)
			TRY(ssh_wait(a->s, e));
		if ((r = judge(a, r, f->path, f->rsa, e)) != 0)
			return r;
	}
	return 0;
}

/* Where the agent listens, NULL if none is to be asked. */
static const char *
agent_socket(const struct ssh_settings *set)
{
	const char *s = set->identity_agent;

	if (!s || strcmp(s, "SSH_AUTH_SOCK") == 0)
		s = getenv("SSH_AUTH_SOCK");
	else if (strcmp(s, "none") == 0)
		s = NULL;
	else if (s[0] == '$')
		s = getenv(s + 1);
	return s && *s ? s : NULL;
}

/* Nothing worked: what was tried, and what would help. */
static int
give_up(struct auth *a, struct err *e)
{
	struct ssh *s = a->s;
	const char *methods = NULL;
	const char *locked = NULL;
	int r;

	while ((r = s->m->auth_methods(s->session, s->set.user, &methods)) ==
	    SSH_AGAIN)
		TRY(ssh_wait(s, e));
	if (r == SSH_OK && !methods)
		return 0;
	for (int i = 0; i < a->nfile; i++)
		if (!a->file[i].usable && !a->file[i].tried) {
			note(a, a->file[i].path, a->file[i].facts.encrypted ?
			    "(needs a passphrase)" : "(no private key in it)");
			if (a->file[i].facts.encrypted)
				locked = a->file[i].path;
		}
	err_user(e, EXIT_PERM, "%s: no key is accepted for user %s; the server "
	    "takes %s; tried: %s", s->label, s->set.user,
	    methods ? methods : "?", a->tried.n ? text_str(&a->tried) :
	    "nothing, there is no key");
	if (a->rsa_refused && !s->m->rsa_sha2())
		return err_hint(e, "libssh2 %s signs with RSA keys only by "
		    "SHA-1, which servers refuse; use an ed25519 key "
		    "(ssh-keygen -t ed25519, then ssh-copy-id) or libssh2 >= "
		    "1.11", s->m->version());
	if (locked)
		return err_hint(e, "sp asks for no passphrase: give the key to "
		    "an agent with ssh-add %s", locked);
	return err_hint(e, "a key is made by ssh-keygen -t ed25519 and brought "
	    "there by ssh-copy-id -p %d %s@%s", s->set.port, s->set.user,
	    s->set.host_name);
}

int
ssh_authenticate(struct ssh *s, struct err *e)
{
	struct auth a = { .s = s };
	int r = 0;

	s->set.identity_agent = agent_socket(&s->set);
	files_look(&a);
	for (int pass = 0; pass < 2 && r == 0; pass++) {
		if (s->set.identity_agent && a.ntry < TRIES_MAX)
			r = agent_pass(&a, pass, e);
		if (r == 0)
			r = file_pass(&a, pass, e);
	}
	if (r == 0)
		r = give_up(&a, e);
	if (a.agent)
		s->m->agent_close(a.agent);
	text_release(&a.tried);
	return r < 0 ? r : 0;
}
