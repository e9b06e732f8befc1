/*
 * csv_dialect -- the options of CSV and TSV: Spark's names and defaults,
 * except that quotes inside quotes are doubled (RFC 4180) unless the option
 * escape says otherwise, and that quoted records may span lines.
 */
#include "format/csv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

/* The option's text, or the default; *n its length. */
static const char *
text_of(const struct options *o, struct arena *a, const char *key,
    const char *otherwise, size_t *n)
{
	const char *v = option_unescaped(o, key, a, n);

	if (v)
		return v;
	*n = strlen(otherwise);
	return otherwise;
}

static char
char_of(const struct options *o, struct arena *a, const char *key,
    const char *otherwise)
{
	size_t n;
	const char *v = text_of(o, a, key, otherwise, &n);

	return n ? *v : '\0';
}

static bool
usual_line(const char *s, size_t n)
{
	return (n == 1 && (*s == '\n' || *s == '\r')) ||
	    (n == 2 && memcmp(s, "\r\n", 2) == 0);
}

int
csv_dialect(struct csv_dialect *d, const struct options *o, struct arena *a,
    const struct format *format, struct err *e)
{
	bool tsv = strcmp(format->name, "tsv") == 0;
	size_t n;
	const char *s;
	char quote[2] = { 0 };

	memset(d, 0, sizeof *d);
	s = text_of(o, a, "delimiter", tsv ? "\t" : ",", &n);
	d->sep = text_of(o, a, "sep", s, &n);
	if (n == 0 || memchr(d->sep, '\n', n))
		return err_user(e, EXIT_USAGE, "option sep: expected one or "
		    "more characters of a line");
	d->nsep = (uint32_t)(options_get(o, "sep", NULL) ? n : strlen(d->sep));
	d->quote = char_of(o, a, "quote", tsv ? "" : "\"");
	d->backslash = tsv && d->quote == '\0';
	quote[0] = d->quote;
	d->escape = char_of(o, a, "escape", quote);
	if (d->escape == '\0')
		d->escape = d->quote;
	d->comment = char_of(o, a, "comment", "");
	d->header = option_flag(o, "header", 0);
	d->skip = atoll(options_get(o, "skip", "0"));
	d->trim_left = option_flag(o, "ignoreleadingwhitespace", 0);
	d->trim_right = option_flag(o, "ignoretrailingwhitespace", 0);
	d->null = text_of(o, a, "nullvalue", tsv ? "\\N" : "", &n);
	d->nnull = (uint32_t)n;
	if (tsv && options_get(o, "nullvalue", NULL)) {
		d->null = options_get(o, "nullvalue", "");
		d->nnull = (uint32_t)strlen(d->null);
	}
	d->empty = option_unescaped(o, "emptyvalue", a, &n);
	d->nempty = (uint32_t)n;
	d->encoding = encoding_find(options_get(o, "encoding",
	    options_get(o, "charset", "utf-8")));
	s = text_of(o, a, "linesep", "\n", &n);
	if (!usual_line(s, n))
		return err_user(e, EXIT_USAGE, "option linesep: csv knows "
		    "\\n, \\r\\n and \\r");
	d->simple = d->nsep == 1 && d->comment == '\0' &&
	    (d->quote == '\0' || (d->escape == d->quote && !d->trim_left)) &&
	    *d->sep != '\r';
	return 0;
}
