/*
 * known_hosts -- see known_hosts.h.
 *
 * One walk over the lines serves both questions: each line that names the
 * host is given to a function.  Lines that make no sense are passed over, as
 * ssh does: the file is shared with other programs.
 */
#include "net/known_hosts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/ssh_config.h"

const struct known_name known_types[] = {
	{ KNOWN_ED25519, "ssh-ed25519" },
	{ KNOWN_ECDSA256, "ecdsa-sha2-nistp256" },
	{ KNOWN_ECDSA384, "ecdsa-sha2-nistp384" },
	{ KNOWN_ECDSA521, "ecdsa-sha2-nistp521" },
	{ KNOWN_RSA, "ssh-rsa" },
	{ KNOWN_DSS, "ssh-dss" },
	{ 0, NULL },
};

static const char base64_signs[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_put(char *to, const void *p, size_t n)
{
	const unsigned char *s = p;
	char *at = to;

	for (; n > 0; s += 3) {
		size_t have = n < 3 ? n : 3;
		unsigned v = (unsigned)s[0] << 16 |
		    (have > 1 ? (unsigned)s[1] << 8 : 0) |
		    (have > 2 ? s[2] : 0);

		*at++ = base64_signs[v >> 18];
		*at++ = base64_signs[v >> 12 & 63];
		*at++ = have > 1 ? base64_signs[v >> 6 & 63] : '=';
		*at++ = have > 2 ? base64_signs[v & 63] : '=';
		n -= have;
	}
	*at = '\0';
	return (size_t)(at - to);
}

long
base64_get(void *to, size_t size, const char *p, size_t n)
{
	unsigned char *at = to;
	unsigned v = 0;
	int bits = 0;

	while (n > 0 && p[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		const char *sign = p[i] ? strchr(base64_signs, p[i]) : NULL;

		if (!sign)
			return -1;
		v = (v << 6 | (unsigned)(sign - base64_signs)) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (size-- == 0)
			return -1;
		*at++ = (unsigned char)(v >> bits);
	}
	return at - (unsigned char *)to;
}

struct word {
	const char *p;
	size_t n;
};

static struct word
word_next(const char **p, const char *end)
{
	struct word w;

	while (*p < end && (**p == ' ' || **p == '\t' || **p == '\r'))
		++*p;
	w.p = *p;
	while (*p < end && **p != ' ' && **p != '\t' && **p != '\r')
		++*p;
	w.n = (size_t)(*p - w.p);
	return w;
}

static bool
word_is(struct word w, const char *s)
{
	return strlen(s) == w.n && memcmp(w.p, s, w.n) == 0;
}

/* "|1|salt|hash": whether it is the hash of name. */
static bool
hash_matches(struct word w, const struct known_host *h, const char *name)
{
	unsigned char salt[64], want[KNOWN_HASH], got[KNOWN_HASH];
	const char *p = w.p + 3, *end = w.p + w.n, *bar;
	long n;

	if (w.n < 4 || memcmp(w.p, "|1|", 3) != 0)
		return false;
	bar = memchr(p, '|', (size_t)(end - p));
	if (!bar)
		return false;
	n = base64_get(salt, sizeof salt, p, (size_t)(bar - p));
	if (n < 1 || base64_get(want, sizeof want, bar + 1,
	    (size_t)(end - bar) - 1) != KNOWN_HASH)
		return false;
	h->hmac(salt, (size_t)n, name, strlen(name), got);
	return memcmp(want, got, KNOWN_HASH) == 0;
}

static bool
names_match(struct word w, const struct known_host *h, const char *name)
{
	if (w.n > 0 && w.p[0] == '|')
		return hash_matches(w, h, name);
	return ssh_pattern_list(w.p, w.n, ',', name);
}

struct entry {
	int line;
	bool revoked;
	struct word type, key;
};

/* Calls seen for each line that has the name. */
static void
each_line(const char *p, size_t n, const struct known_host *h,
    const char *name, void (*seen)(void *arg, const struct entry *x), void *arg)
{
	const char *all = p + n;
	struct entry x = { 0 };

	while (p < all) {
		const char *end = memchr(p, '\n', (size_t)(all - p));
		const char *at = p;
		struct word names;

		end = end ? end : all;
		p = end < all ? end + 1 : all;
		x.line++;
		names = word_next(&at, end);
		x.revoked = word_is(names, "@revoked");
		if (x.revoked)
			names = word_next(&at, end);
		else if (names.n == 0 || names.p[0] == '#' || names.p[0] == '@')
			continue;
		x.type = word_next(&at, end);
		x.key = word_next(&at, end);
		if (x.key.n > 0 && names_match(names, h, name))
			seen(arg, &x);
	}
}

struct query {
	const char *type, *key;
	enum known_answer answer;
	int line;
	unsigned types;
};

static void
entry_types(void *arg, const struct entry *x)
{
	struct query *q = arg;

	for (int i = 0; known_types[i].name; i++)
		if (!x->revoked && word_is(x->type, known_types[i].name))
			q->types |= known_types[i].type;
}

static void
entry_check(void *arg, const struct entry *x)
{
	struct query *q = arg;
	enum known_answer a = KNOWN_NEW;

	if (!word_is(x->type, q->type))
		return;
	if (word_is(x->key, q->key))
		a = x->revoked ? KNOWN_REVOKED : KNOWN_SAME;
	else if (!x->revoked)
		a = KNOWN_OTHER;
	if (a == KNOWN_NEW || q->answer == KNOWN_REVOKED ||
	    (q->answer == KNOWN_SAME && a == KNOWN_OTHER) || q->answer == a)
		return;
	q->answer = a;
	q->line = x->line;
}

/* The name as a line of the file has it: "[host]:port" unless 22. */
static const char *
name_of(const struct known_host *h, char buf[300])
{
	if (h->port == 22)
		return h->name;
	snprintf(buf, 300, "[%s]:%d", h->name, h->port);
	return buf;
}

unsigned
known_types_of(const char *p, size_t n, const struct known_host *h)
{
	struct query q = { 0 };
	char buf[300];

	each_line(p, n, h, name_of(h, buf), entry_types, &q);
	if (q.types == 0 && h->port != 22)
		each_line(p, n, h, h->name, entry_types, &q);
	return q.types;
}

enum known_answer
known_check(const char *p, size_t n, const struct known_host *h,
    const char *type, const char *key, int *line)
{
	struct query q = { .type = type, .key = key };
	char buf[300];

	each_line(p, n, h, name_of(h, buf), entry_check, &q);
	if (q.answer == KNOWN_NEW && h->port != 22) {
		each_line(p, n, h, h->name, entry_check, &q);
		if (q.answer == KNOWN_OTHER)
			q.answer = KNOWN_NEW;
	}
	*line = q.line;
	return q.answer;
}
