/*
 * fn_url -- parse_url, url_encode, url_decode: parts of URLs as java.net.URI
 * sees them, and form encoding (a space is a plus).
 */
#include "expr/fn_url.h"

#include "expr/needle.h"

/* The parts of a URL; p NULL: it has none. */
struct url {
	struct bytes scheme, authority, user, host, path, query, ref;
};

static struct bytes
take(struct bytes *s, const char *stop)
{
	struct bytes out = { s->p, 0 };

	while (out.n < s->n && !strchr(stop, s->p[out.n]))
		out.n++;
	s->p += out.n;
	s->n -= out.n;
	return out;
}

static void
drop(struct bytes *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

/* Is it a URI at all: no spaces, controls or other illegal characters, and
 * every % begins an escape. */
static bool
url_legal(struct bytes s)
{
	for (size_t j = 0; j < s.n; j++) {
		unsigned char c = (unsigned char)s.p[j];

		if (c <= ' ' || c == 0x7f || strchr("\"<>\\^`{|}", c))
			return false;
		if (c == '%' && (s.n - j < 3 ||
		    !strchr("0123456789abcdefABCDEF", s.p[j + 1]) ||
		    !strchr("0123456789abcdefABCDEF", s.p[j + 2])))
			return false;
	}
	return true;
}

static void
authority_read(struct url *u)
{
	struct bytes s = u->authority;
	const char *at = memrchr(s.p, '@', s.n);

	if (at) {
		u->user = (struct bytes){ s.p, (size_t)(at - s.p) };
		drop(&s, u->user.n + 1);
	}
	if (s.n && s.p[0] == '[') {
		const char *end = memchr(s.p, ']', s.n);

		u->host = (struct bytes){ s.p,
		    end ? (size_t)(end + 1 - s.p) : s.n };
	} else {
		u->host = take(&s, ":");
	}
	if (u->host.n == 0)
		u->host.p = NULL;
}

static bool
url_read(struct url *u, struct bytes s)
{
	struct bytes left = s, head;

	memset(u, 0, sizeof *u);
	if (!url_legal(s))
		return false;
	head = take(&left, ":/?#");
	if (head.n && left.n && left.p[0] == ':') {
		u->scheme = head;
		drop(&left, 1);
	} else {
		left = s;
	}
	if (left.n >= 2 && left.p[0] == '/' && left.p[1] == '/') {
		drop(&left, 2);
		u->authority = take(&left, "/?#");
		authority_read(u);
	}
	u->path = take(&left, "?#");
	if (left.n && left.p[0] == '?') {
		drop(&left, 1);
		u->query = take(&left, "#");
	}
	if (left.n) {
		drop(&left, 1);
		u->ref = left;
	}
	return true;
}

/* Value of a key in a query string. */
static struct bytes
query_value(struct bytes q, struct bytes key)
{
	while (q.n) {
		struct bytes pair = take(&q, "&");

		if (pair.n > key.n && pair.p[key.n] == '=' &&
		    memcmp(pair.p, key.p, key.n) == 0) {
			drop(&pair, key.n + 1);
			return pair;
		}
		if (q.n)
			drop(&q, 1);
	}
	return (struct bytes){ NULL, 0 };
}

static bool
named(struct bytes s, const char *name)
{
	return strlen(name) == s.n && memcmp(name, s.p, s.n) == 0;
}

static struct bytes
url_part(const struct url *u, struct bytes part)
{
	if (named(part, "HOST"))
		return u->host;
	if (named(part, "PATH"))
		return u->path;
	if (named(part, "QUERY"))
		return u->query;
	if (named(part, "REF"))
		return u->ref;
	if (named(part, "PROTOCOL"))
		return u->scheme;
	if (named(part, "AUTHORITY"))
		return u->authority;
	if (named(part, "USERINFO"))
		return u->user;
	if (named(part, "FILE") && u->path.p)
		return (struct bytes){ u->path.p, u->path.n +
		    (u->query.p ? u->query.n + 1 : 0) };
	return (struct bytes){ NULL, 0 };
}

enum url_fail { URL_FAIL, URL_NULL };

static int
url_rows(struct kernel_call *k, enum url_fail how, struct err *e)
{
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i), part;
		struct url u;

		if (!url_read(&u, s)) {
			if (how == URL_FAIL) {
				err_user(e, EXIT_DATA, "'%.*s' is not a URL",
				    (int)(s.n < 200 ? s.n : 200), s.p);
				return err_hint(e, "try_parse_url gives null "
				    "instead");
			}
			kernel_null(k, i);
			continue;
		}
		part = url_part(&u, row_bytes(k, 1, i));
		if (part.p && k->narg > 2)
			part = named(row_bytes(k, 1, i), "QUERY")
			    ? query_value(part, row_bytes(k, 2, i))
			    : (struct bytes){ NULL, 0 };
		if (part.p)
			row_part(k, i, part.p, part.n);
		else
			kernel_null(k, i);
	}
	return 0;
}

int
k_parse_url(struct kernel_call *k, struct err *e)
{
	return url_rows(k, URL_FAIL, e);
}

int
k_try_parse_url(struct kernel_call *k, struct err *e)
{
	return url_rows(k, URL_NULL, e);
}

int
k_url_encode(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t cap = 3 * s.n, n = 0;
		char *p;

		TRY(row_fits(k, cap, e));
		p = row_room(k, cap);
		for (size_t j = 0; j < s.n; j++) {
			unsigned char c = (unsigned char)s.p[j];

			if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' &&
			    (c | 0x20) <= 'z') || (c && strchr("-_.*", c))) {
				p[n++] = (char)c;
			} else if (c == ' ') {
				p[n++] = '+';
			} else {
				p[n++] = '%';
				p[n++] = "0123456789ABCDEF"[c >> 4];
				p[n++] = "0123456789ABCDEF"[c & 15];
			}
		}
		row_done(k, i, p, n, cap);
	}
	return 0;
}

static int
hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'a' && c <= 'f' ? c - 'a' + 10
	    : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes into p; the length, or -1 at a bad escape. */
static int64_t
decode(struct bytes s, char *p)
{
	int64_t n = 0;

	for (size_t j = 0; j < s.n; j++) {
		char c = s.p[j];

		if (c == '%') {
			int hi = s.n - j > 2 ? hex_value(s.p[j + 1]) : -1;
			int lo = hi < 0 ? -1 : hex_value(s.p[j + 2]);

			if (lo < 0)
				return -1;
			c = (char)(hi << 4 | lo);
			j += 2;
		} else if (c == '+') {
			c = ' ';
		}
		p[n++] = c;
	}
	return n;
}

static int
decode_rows(struct kernel_call *k, enum url_fail how, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		char *p = row_room(k, s.n);
		int64_t n = decode(s, p);

		if (n >= 0)
			row_done(k, i, p, (size_t)n, s.n);
		else if (how == URL_NULL)
			kernel_null(k, i);
		else
			return err_user(e, EXIT_DATA,
			    "cannot decode '%.*s': %% must be followed by two "
			    "hexadecimal digits", (int)(s.n < 200 ? s.n : 200),
			    s.p);
	}
	return 0;
}

int
k_url_decode(struct kernel_call *k, struct err *e)
{
	return decode_rows(k, URL_FAIL, e);
}

int
k_try_url_decode(struct kernel_call *k, struct err *e)
{
	return decode_rows(k, URL_NULL, e);
}
