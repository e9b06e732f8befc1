/*
 * ssh_config -- see ssh_config.h; ssh_config(5) is what it follows.
 *
 * A keyword is a row of a table with the function that takes its words.  A
 * block that does not apply is only searched for the Host or Match that ends
 * it.  An included file begins as applying and ends its own blocks.
 */
#include "net/ssh_config.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

struct line {
	const char *key;
	const char *word[SSH_WORDS_MAX];
	int nword;
	bool open_quote;
};

static int
take_text(struct arena *a, const char **to, const struct line *w)
{
	if (w->nword < 1)
		return -1;
	if (!*to)
		*to = arena_strdup(a, w->word[0]);
	return 0;
}

static int
take_number(int *to, const struct line *w, long max)
{
	char *end;
	long v;

	if (w->nword < 1)
		return -1;
	v = strtol(w->word[0], &end, 10);
	if (*end || end == w->word[0] || v < 1 || v > max)
		return -1;
	if (!*to)
		*to = (int)v;
	return 0;
}

static int
set_host_name(struct ssh_lookup *l, const struct line *w)
{
	return take_text(l->arena, &l->set.host_name, w);
}

static int
set_user(struct ssh_lookup *l, const struct line *w)
{
	return take_text(l->arena, &l->set.user, w);
}

static int
set_port(struct ssh_lookup *l, const struct line *w)
{
	return take_number(&l->set.port, w, 65535);
}

static int
set_timeout(struct ssh_lookup *l, const struct line *w)
{
	if (w->nword == 1 && strcasecmp(w->word[0], "none") == 0)
		return 0;
	return take_number(&l->set.connect_timeout_s, w, 86400);
}

static int
set_identity(struct ssh_lookup *l, const struct line *w)
{
	struct ssh_settings *s = &l->set;

	if (w->nword < 1)
		return -1;
	if (s->nidentity < SSH_IDENTITY_MAX)
		s->identity[s->nidentity++] = arena_strdup(l->arena, w->word[0]);
	return 0;
}

static int
set_identities_only(struct ssh_lookup *l, const struct line *w)
{
	bool yes = w->nword > 0 && (strcasecmp(w->word[0], "yes") == 0 ||
	    strcasecmp(w->word[0], "true") == 0);
	bool no = w->nword > 0 && (strcasecmp(w->word[0], "no") == 0 ||
	    strcasecmp(w->word[0], "false") == 0);

	if (!yes && !no)
		return -1;
	if (!l->set.identities_only)
		l->set.identities_only = yes ? 1 : -1;
	return 0;
}

static int
set_agent(struct ssh_lookup *l, const struct line *w)
{
	return take_text(l->arena, &l->set.identity_agent, w);
}

/* ProxyJump and ProxyCommand exclude each other: the first one wins. */
static int
set_jump(struct ssh_lookup *l, const struct line *w)
{
	return l->set.proxy_command ? 0 :
	    take_text(l->arena, &l->set.proxy_jump, w);
}

static int
set_command(struct ssh_lookup *l, const struct line *w)
{
	return l->set.proxy_jump ? 0 :
	    take_text(l->arena, &l->set.proxy_command, w);
}

static int
set_alias(struct ssh_lookup *l, const struct line *w)
{
	return take_text(l->arena, &l->set.host_key_alias, w);
}

static int
set_known_hosts(struct ssh_lookup *l, const struct line *w)
{
	struct ssh_settings *s = &l->set;

	if (w->nword < 1)
		return -1;
	if (s->nknown_hosts == 0)
		for (int i = 0; i < w->nword && i < SSH_KNOWN_FILES_MAX; i++)
			s->known_hosts[s->nknown_hosts++] =
			    arena_strdup(l->arena, w->word[i]);
	return 0;
}

static const struct keyword {
	const char *name;
	int (*set)(struct ssh_lookup *l, const struct line *w);
} keywords[] = {
	{ "connecttimeout", set_timeout },
	{ "hostkeyalias", set_alias },
	{ "hostname", set_host_name },
	{ "identitiesonly", set_identities_only },
	{ "identityagent", set_agent },
	{ "identityfile", set_identity },
	{ "port", set_port },
	{ "proxycommand", set_command },
	{ "proxyjump", set_jump },
	{ "user", set_user },
	{ "userknownhostsfile", set_known_hosts },
};

/* Cuts a line, which is changed, at blanks outside of double quotes; the
 * keyword may end with '=' too. */
static void
line_cut(struct line *w, char *p)
{
	char *word;

	*w = (struct line){ 0 };
	p += strspn(p, " \t\r\f");
	if (!*p || *p == '#')
		return;
	w->key = p;
	p += strcspn(p, " \t\r\f=");
	word = p;
	p += strspn(p, " \t\r\f");
	if (*p == '=')
		p++;
	p += strspn(p, " \t\r\f");
	*word = '\0';
	while (*p && *p != '#' && w->nword < SSH_WORDS_MAX) {
		char *to = p;

		w->word[w->nword++] = p;
		for (bool quoted = false; ; p++) {
			if (*p == '"') {
				quoted = !quoted;
			} else if (!*p || (!quoted && strchr(" \t\r\f", *p))) {
				w->open_quote |= quoted;
				break;
			} else {
				*to++ = *p;
			}
		}
		if (*p)
			p++;
		*to = '\0';
		p += strspn(p, " \t\r\f");
	}
}

static bool
host_applies(const struct ssh_lookup *l, const struct line *w)
{
	bool found = false;

	for (int i = 0; i < w->nword; i++) {
		const char *p = w->word[i];
		bool negated = *p == '!';

		if (!ssh_pattern_list(p + negated, strlen(p + negated), '\0',
		    l->host))
			continue;
		if (negated)
			return false;
		found = true;
	}
	return found;
}

static int
include_all(struct ssh_lookup *l, const struct line *w, struct err *e)
{
	int r = 0;

	if (!l->include)
		return 0;
	if (l->depth >= SSH_INCLUDE_DEPTH)
		return err_user(e, EXIT_CONFIG, "Include goes deeper than %d "
		    "files", SSH_INCLUDE_DEPTH);
	l->depth++;
	for (int i = 0; i < w->nword && r == 0; i++) {
		const char *p = w->word[i];

		if (l->ninclude++ == SSH_INCLUDE_MAX)
			return err_user(e, EXIT_CONFIG, "more than %d files "
			    "are included", SSH_INCLUDE_MAX);
		if (p[0] == '~' && p[1] == '/')
			p = arena_printf(l->arena, "%s%s", l->home, p + 1);
		else if (p[0] != '/')
			p = arena_printf(l->arena, "%s/.ssh/%s", l->home, p);
		r = l->include(l, p, e);
	}
	l->depth--;
	return r;
}

static int
line_read(struct ssh_lookup *l, struct line *w, bool *applies, struct err *e)
{
	if (strcasecmp(w->key, "host") == 0) {
		*applies = host_applies(l, w);
		return 0;
	}
	if (strcasecmp(w->key, "match") == 0) {
		*applies = w->nword == 1 && strcasecmp(w->word[0], "all") == 0;
		return 0;
	}
	if (!*applies)
		return 0;
	if (strcasecmp(w->key, "include") == 0)
		return include_all(l, w, e);
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		if (strcasecmp(w->key, keywords[i].name) != 0)
			continue;
		if (w->open_quote)
			return err_user(e, EXIT_CONFIG, "a quote is not closed");
		if (keywords[i].set(l, w) < 0)
			return err_user(e, EXIT_CONFIG, "%s cannot be \"%.100s\"",
			    w->key, w->nword ? w->word[0] : "");
		return 0;
	}
	return 0;
}

int
ssh_config_read(struct ssh_lookup *l, const char *file, const char *p,
    size_t n, struct err *e)
{
	const char *all = p + n;
	bool applies = true;
	int line = 0;

	while (p < all) {
		const char *end = memchr(p, '\n', (size_t)(all - p));
		struct line w;

		end = end ? end : all;
		line++;
		line_cut(&w, arena_memdup(l->arena, p, (size_t)(end - p)));
		if (w.key && line_read(l, &w, &applies, e) < 0)
			return err_ctx(e, "%s, line %d", file, line);
		p = end < all ? end + 1 : all;
	}
	return 0;
}

/* What %X stands for, or NULL. */
static const char *
token(const struct ssh_lookup *l, char c, char number[16])
{
	const struct ssh_settings *s = &l->set;
	struct text t = { 0 };
	size_t n;

	switch (c) {
	case '%': return "%";
	case 'd': return l->home;
	case 'h': return s->host_name ? s->host_name : l->host;
	case 'k': return s->host_key_alias ? s->host_key_alias : l->host;
	case 'n': return l->host;
	case 'r': return s->user;
	case 'u': return l->local_user;
	case 'p':
		text_addf(&t, "%d", s->port);
		n = t.n < 15 ? t.n : 15;
		memcpy(number, t.p, n);
		number[n] = '\0';
		text_release(&t);
		return number;
	}
	return NULL;
}

/* With the tokens put in; what is not known stays as it is. */
static const char *
expand(const struct ssh_lookup *l, const char *s)
{
	struct text t = { 0 };
	const char *done;
	char number[16];

	if (s[0] == '~' && (s[1] == '/' || !s[1])) {
		text_adds(&t, l->home);
		s++;
	}
	for (; *s; s++) {
		const char *v = *s == '%' && s[1] ?
		    token(l, s[1], number) : NULL;

		if (v) {
			text_adds(&t, v);
			s++;
		} else {
			text_addc(&t, *s);
		}
	}
	done = arena_strdup(l->arena, text_str(&t));
	text_release(&t);
	return done;
}

static const char *
unless_none(const char *s)
{
	return s && strcasecmp(s, "none") == 0 ? NULL : s;
}

void
ssh_config_end(struct ssh_lookup *l)
{
	struct ssh_settings *s = &l->set;

	if (!s->port)
		s->port = 22;
	if (!s->user)
		s->user = l->local_user;
	/* In HostName %h is what the user wrote. */
	if (s->host_name) {
		const char *name = s->host_name;

		s->host_name = NULL;
		s->host_name = expand(l, name);
	} else {
		s->host_name = l->host;
	}
	for (int i = 0; i < s->nidentity; i++)
		s->identity[i] = expand(l, s->identity[i]);
	for (int i = 0; i < s->nknown_hosts; i++)
		s->known_hosts[i] = expand(l, s->known_hosts[i]);
	if (s->identity_agent)
		s->identity_agent = expand(l, s->identity_agent);
	s->proxy_jump = unless_none(s->proxy_jump);
	s->proxy_command = unless_none(s->proxy_command);
}
