/*
 * manifest -- see manifest.h.  Only what manifest_print writes is accepted.
 */
#include "store/manifest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "io/tree.h"

void
manifest_print(struct text *to, const char *job, const char *fingerprint,
    const struct output_file *file, int n)
{
	int64_t rows = 0, bytes = 0;

	for (int i = 0; i < n; i++) {
		rows += file[i].rows;
		bytes += file[i].bytes;
	}
	text_adds(to, "{\"format\":1,\"job\":");
	text_add_json(to, job, strlen(job));
	if (fingerprint) {
		text_adds(to, ",\"input\":");
		text_add_json(to, fingerprint, strlen(fingerprint));
	}
	text_addf(to, ",\"rows\":%" PRId64 ",\"bytes\":%" PRId64
	    ",\"files\":[", rows, bytes);
	for (int i = 0; i < n; i++) {
		text_addf(to, "%s\n{\"name\":", i ? "," : "");
		text_add_json(to, file[i].name, strlen(file[i].name));
		text_addf(to, ",\"rows\":%" PRId64 ",\"bytes\":%" PRId64
		    ",\"xxh3\":\"%016" PRIx64 "\"}", file[i].rows,
		    file[i].bytes, file[i].sum);
	}
	text_adds(to, "\n]}\n");
}

struct scan {
	const char *p, *end;
};

static bool
accept(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return false;
	s->p += n;
	return true;
}

/* \uXXXX of text_add_json: control characters only. */
static int
unescape_hex(struct scan *s)
{
	char hex[5] = { 0 }, *rest;
	long v;

	if (s->end - s->p < 4)
		return -1;
	memcpy(hex, s->p, 4);
	s->p += 4;
	v = strtol(hex, &rest, 16);
	return *rest || v <= 0 || v > 0x7f ? -1 : (int)v;
}

static char *
string(struct scan *s, struct arena *a)
{
	static const char from[] = "nrtbf\"\\/", into[] = "\n\r\t\b\f\"\\/";
	const char *close = s->p + 1, *at;
	char *out, *to;

	if (!accept(s, "\""))
		return NULL;
	while (close < s->end && *close != '"')
		close += *close == '\\' ? 2 : 1;
	if (close >= s->end)
		return NULL;
	out = to = arena_bytes(a, (size_t)(close - s->p) + 1);
	while (s->p < close) {
		int c = (unsigned char)*s->p++;

		if (c == '\\') {
			c = *s->p++;
			if (c == 'u')
				c = unescape_hex(s);
			else if (c && (at = strchr(from, c)) != NULL)
				c = into[at - from];
			else
				c = -1;
		}
		if (c <= 0 || s->p > close)
			return NULL;
		*to++ = (char)c;
	}
	*to = '\0';
	return accept(s, "\"") ? out : NULL;
}

static bool
number(struct scan *s, int64_t *v)
{
	const char *from = s->p;

	*v = 0;
	while (s->p < s->end && (unsigned)(*s->p - '0') < 10) {
		if (*v > INT64_MAX / 10 - 1)
			return false;
		*v = *v * 10 + (*s->p++ - '0');
	}
	return s->p > from;
}

/* A name that cannot lead out of the output. */
static bool
stays_below(const char *name)
{
	if (name[0] == '\0' || name[0] == '/')
		return false;
	for (const char *s = name; s; s = strchr(s, '/')) {
		s += *s == '/';
		if (strncmp(s, "..", 2) == 0 && (s[2] == '/' || s[2] == '\0'))
			return false;
	}
	return true;
}

static bool
one_file(struct scan *s, struct arena *a, struct output_file *f)
{
	char hex[17] = { 0 };

	if (!accept(s, "\n{\"name\":") || !(f->name = string(s, a)) ||
	    !accept(s, ",\"rows\":") || !number(s, &f->rows) ||
	    !accept(s, ",\"bytes\":") || !number(s, &f->bytes) ||
	    !accept(s, ",\"xxh3\":\"") || s->end - s->p < 16)
		return false;
	memcpy(hex, s->p, 16);
	s->p += 16;
	f->sum = strtoull(hex, NULL, 16);
	return accept(s, "\"}") && stays_below(f->name);
}

int
manifest_parse(struct arena *a, const char *p, size_t n,
    struct output_file **file, int *nfile, struct err *e)
{
	struct scan s = { p, p + n };
	int cap = 0;
	int64_t v;

	*file = NULL;
	*nfile = 0;
	if (!accept(&s, "{\"format\":1,\"job\":") || !string(&s, a))
		goto bad;
	if (accept(&s, ",\"input\":") && !string(&s, a))
		goto bad;
	if (!accept(&s, ",\"rows\":") || !number(&s, &v) ||
	    !accept(&s, ",\"bytes\":") || !number(&s, &v) ||
	    !accept(&s, ",\"files\":["))
		goto bad;
	while (!accept(&s, "\n]}\n")) {
		if (*nfile && !accept(&s, ","))
			goto bad;
		ARENA_GROW(a, *file, *nfile, cap);
		if (!one_file(&s, a, &(*file)[*nfile]))
			goto bad;
		++*nfile;
	}
	if (s.p == s.end)
		return 0;
bad:
	return err_user(e, EXIT_DATA, "the manifest is damaged at byte %td",
	    s.p - p);
}

static void
check_file(const char *dir, const struct output_file *f, struct text *report,
    struct arena *a)
{
	char *path = arena_printf(a, "%s/%s", dir, f->name);
	char *buf = xmalloc(1 << 18);
	struct hash_stream *h = hash_stream_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int64_t bytes = 0;
	ssize_t n = 0;

	while (fd >= 0 && (n = read(fd, buf, 1 << 18)) > 0) {
		hash_stream_add(h, buf, (size_t)n);
		bytes += n;
	}
	if (fd < 0 || n < 0)
		text_addf(report, "%s: cannot be read\n", path);
	else if (bytes != f->bytes)
		text_addf(report, "%s: %" PRId64 " bytes, the manifest says %"
		    PRId64 "\n", path, bytes, f->bytes);
	else if (hash_stream_sum(h) != f->sum)
		text_addf(report, "%s: the checksum differs\n", path);
	if (fd >= 0)
		close(fd);
	hash_stream_free(h);
	free(buf);
}

int
output_verify(const char *dir, struct text *report, struct err *e)
{
	struct arena a = { 0 };
	struct output_file *file;
	size_t before = report->n;
	char **name;
	int n, nfile, r = 0;

	n = tree_list(&a, dir, "_SUCCESS", &name);
	if (n <= 0) {
		arena_release(&a);
		return err_user(e, EXIT_NOINPUT, "no manifest in \"%s\"", dir);
	}
	for (int i = 0; i < n && r >= 0; i++) {
		char *path = arena_printf(&a, "%s/%s", dir, name[i]);
		char *text = tree_read_file(&a, path);

		if (text == NULL) {
			r = err_sys(e, "could not read \"%s\"", path);
			break;
		}
		r = manifest_parse(&a, text, strlen(text), &file, &nfile, e);
		if (r < 0)
			err_ctx(e, "%s", path);
		for (int k = 0; r >= 0 && k < nfile; k++)
			check_file(dir, &file[k], report, &a);
	}
	arena_release(&a);
	return r < 0 ? r : report->n > before;
}
