/*
 * hostfile -- see hostfile.h.
 *
 * A host is named by few characters: what is not among them is a slip of the
 * pen, and saying so beats a name server that says "unknown".
 */
#include "net/hostfile.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/text.h"

#define BYTES_MAX ((size_t)4 << 20)     /* that are read of a file */

static bool
name_has(const char *p, size_t n, const char *signs)
{
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)p[i]) && !strchr(signs, p[i]))
			return false;
	return n > 0 && p[0] != '-';
}

static const char *
name_lower(struct arena *a, const char *p, size_t n)
{
	char *s = arena_memdup(a, p, n);

	for (size_t i = 0; i < n; i++)
		s[i] = (char)tolower((unsigned char)s[i]);
	return s;
}

static int
port_parse(const char *p, size_t n, int *port)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)p[i]) || v > 65535)
			return -1;
		v = 10 * v + (p[i] - '0');
	}
	*port = v;
	return v > 0 && v < 65536 ? 0 : -1;
}

/* The part after the user: host, host:port, [v6], [v6]:port. */
static int
place_parse(struct arena *a, const char *p, size_t n, struct host *h)
{
	const char *end = p + n, *stop, *colon;

	if (n > 0 && *p == '[') {
		stop = memchr(p, ']', n);
		if (!stop || !memchr(p, ':', (size_t)(stop - p)) ||
		    !name_has(p + 1, (size_t)(stop - p) - 1, ":.%"))
			return -1;              /* brackets are for IPv6 */
		h->name = name_lower(a, p + 1, (size_t)(stop - p) - 1);
		colon = stop + 1;
		if (colon != end && *colon != ':')
			return -1;
	} else {
		colon = n ? memchr(p, ':', n) : NULL;
		stop = colon ? colon : end;
		if (stop - p > HOST_NAME_MAX_BYTES ||
		    !name_has(p, (size_t)(stop - p), ".-_"))
			return -1;
		h->name = name_lower(a, p, (size_t)(stop - p));
		if (!colon)
			colon = end;
	}
	if (colon == end)
		return 0;
	return port_parse(colon + 1, (size_t)(end - colon) - 1, &h->port);
}

int
host_parse(struct arena *a, const char *s, size_t n, struct host *h,
    struct err *e)
{
	const char *p = s, *end, *at = NULL;

	*h = (struct host){ 0 };
	if (n > 6 && memcmp(p, "ssh://", 6) == 0)
		p += 6;
	end = s + n;
	for (const char *q = p; q < end; q++)
		if (*q == '@')
			at = q;
	if (at) {
		if (at - p > HOST_NAME_MAX_BYTES ||
		    !name_has(p, (size_t)(at - p), "._-+@$\\"))
			return err_user(e, EXIT_USAGE, "\"%.*s\" is not a user name",
			    (int)(at - p > 80 ? 80 : at - p), p);
		h->user = arena_memdup(a, p, (size_t)(at - p));
		p = at + 1;
	}
	if (end - p > HOST_NAME_MAX_BYTES + 10 ||
	    place_parse(a, p, (size_t)(end - p), h) < 0) {
		err_user(e, EXIT_USAGE, "\"%.*s\" is not a host",
		    (int)(n > 80 ? 80 : n), s);
		return err_hint(e, "write [user@]host[:port], an IPv6 address in "
		    "brackets");
	}
	return 0;
}

void
host_print(struct text *t, const struct host *h)
{
	if (h->user)
		text_addf(t, "%s@", h->user);
	text_addf(t, strchr(h->name, ':') ? "[%s]" : "%s", h->name);
	if (h->port)
		text_addf(t, ":%d", h->port);
}

/* One "key=value" after the host. */
static int
word_parse(struct arena *a, const char *p, size_t n, struct host *h,
    struct err *e)
{
	const char *eq = memchr(p, '=', n);
	const char *value;
	size_t key;
	long long v;

	if (!eq)
		return err_user(e, EXIT_CONFIG, "\"%.*s\" is not cores=N or "
		    "memory=SIZE", (int)(n > 80 ? 80 : n), p);
	key = (size_t)(eq - p);
	value = arena_memdup(a, eq + 1, n - key - 1);
	if ((key == 5 && memcmp(p, "cores", 5) == 0) ||
	    (key == 5 && memcmp(p, "slots", 5) == 0)) {
		if (opt_number(value, 1, 65536, &v, e) < 0)
			return err_ctx(e, "%.*s", (int)key, p);
		h->cores = (int)v;
		return 0;
	}
	if (key == 6 && memcmp(p, "memory", 6) == 0) {
		if (opt_size(value, &v, e) < 0)
			return err_ctx(e, "memory");
		if (v < 1)
			return err_user(e, EXIT_CONFIG, "memory must be more than 0");
		h->memory = v;
		return 0;
	}
	return err_user(e, EXIT_CONFIG, "unknown setting \"%.*s\": there are "
	    "cores, slots and memory", (int)(key > 80 ? 80 : key), p);
}

/* A line without its end; returns 0 for an empty one, 1 for a host. */
static int
line_parse(struct arena *a, const char *p, const char *end, struct host *h,
    struct err *e)
{
	const char *word;
	int nword = 0;

	for (const char *q = p; q < end; q++)
		if (*q == '#')
			end = q;
	for (;;) {
		while (p < end && isspace((unsigned char)*p))
			p++;
		if (p == end)
			return nword > 0;
		for (word = p; p < end && !isspace((unsigned char)*p); )
			p++;
		if (nword++ == 0)
			TRY(host_parse(a, word, (size_t)(p - word), h, e));
		else
			TRY(word_parse(a, word, (size_t)(p - word), h, e));
	}
}

const struct host *
host_find(const struct host *v, int n, const struct host *h)
{
	for (int i = 0; i < n; i++)
		if (strcmp(v[i].name, h->name) == 0 && v[i].port == h->port &&
		    strcmp(v[i].user ? v[i].user : "", h->user ? h->user : "") == 0)
			return &v[i];
	return NULL;
}

int
hostfile_parse(struct arena *a, const char *file, const char *p, size_t n,
    struct host **out, struct err *e)
{
	const char *all = p + n;
	struct host *v = NULL;
	int nhost = 0, cap = 0, line = 0;

	while (p < all) {
		const char *end = memchr(p, '\n', (size_t)(all - p));
		const struct host *twice;
		struct host h;
		int r;

		end = end ? end : all;
		line++;
		r = memchr(p, '\0', (size_t)(end - p)) ?
		    err_user(e, EXIT_CONFIG, "a NUL byte: not a text file") :
		    line_parse(a, p, end, &h, e);
		p = end < all ? end + 1 : all;
		if (r == 0)
			continue;
		if (r > 0 && (twice = host_find(v, nhost, &h)) != NULL)
			r = err_user(e, EXIT_CONFIG, "%s is already in line %d",
			    h.name, twice->line);
		if (r > 0 && nhost == HOSTFILE_MAX)
			r = err_user(e, EXIT_CONFIG, "more than %d hosts",
			    HOSTFILE_MAX);
		if (r < 0) {
			e->code = EXIT_CONFIG;
			return err_ctx(e, "%s, line %d", file, line);
		}
		h.line = line;
		ARENA_GROW(a, v, nhost, cap);
		v[nhost++] = h;
	}
	*out = v;
	if (nhost == 0)
		return err_user(e, EXIT_CONFIG, "%s: no host in it", file);
	return nhost;
}

int
hostfile_read(struct arena *a, const char *file, struct host **out,
    struct err *e)
{
	struct text t = { 0 };
	ssize_t n = 1;
	int fd = open(file, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return err_sys(e, "could not open the list of hosts \"%s\"",
		    file);
	while (n > 0 && t.n < BYTES_MAX) {
		n = read(fd, text_room(&t, 65536), 65536);
		t.n += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	r = n < 0 ? err_sys(e, "could not read \"%s\"", file) :
	    hostfile_parse(a, file, text_str(&t), t.n, out, e);
	text_release(&t);
	return r;
}
