/*
 * record -- see record.h.  A record is built and read in one fixed buffer:
 * nothing that a peer sends can make a line longer than RECORD_LINE.
 */
#include "cluster/record.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

static const char hex[] = "0123456789abcdef";

/* Bytes used so far: fields lie one behind the other. */
static size_t
record_used(const struct record *r)
{
	const char *last = r->nfield ? r->field[r->nfield - 1] : r->verb;

	return (size_t)(last - r->bytes) + strlen(last) + 1;
}

void
record_init(struct record *r, const char *verb)
{
	r->nfield = 0;
	memcpy(r->bytes, verb, strlen(verb) + 1);
	r->verb = r->bytes;
}

/* Fields are bounded where they come in: fewer bytes than a record has,
 * also when each becomes %XX. */
void
record_text(struct record *r, const char *value)
{
	size_t used = record_used(r), n = strlen(value);

	assert(r->nfield < RECORD_FIELDS && used + n < RECORD_LINE);
	memcpy(r->bytes + used, value, n + 1);
	r->field[r->nfield++] = r->bytes + used;
}

void
record_num(struct record *r, int64_t value)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%lld", (long long)value);
	record_text(r, digits);
}

const char *
record_str(const struct record *r, int i)
{
	return i < r->nfield ? r->field[i] : "";
}

int64_t
record_int(const struct record *r, int i)
{
	const char *s = record_str(r, i);
	char *end;
	long long v;

	errno = 0;
	v = strtoll(s, &end, 10);
	return *end || errno ? 0 : v;
}

static void
escape(struct text *to, const char *s)
{
	if (!*s)
		text_addc(to, '%');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c > ' ' && c != '%' && c != 0x7f) {
			text_addc(to, (char)c);
			continue;
		}
		text_addc(to, '%');
		text_addc(to, hex[c >> 4]);
		text_addc(to, hex[c & 15]);
	}
}

void
record_add(struct text *to, const struct record *r)
{
	size_t start = to->n;
	char sum[17];

	text_adds(to, "0123456789abcdef ");
	escape(to, r->verb);
	for (int i = 0; i < r->nfield; i++) {
		text_addc(to, ' ');
		escape(to, r->field[i]);
	}
	snprintf(sum, sizeof sum, "%016llx", (unsigned long long)
	    hash_sum(to->p + start + 17, to->n - start - 17));
	memcpy(to->p + start, sum, 16);
	text_addc(to, '\n');
}

static int
hex_digit(int c)
{
	const char *p = c ? strchr(hex, c) : NULL;

	return p ? (int)(p - hex) : -1;
}

/* Undoes escape for one word of n bytes.  Returns the bytes written (with
 * the NUL), 0 for nonsense. */
static size_t
unescape(char *to, const char *p, size_t n)
{
	size_t k = 0;

	if (n == 1 && *p == '%')
		n = 0;
	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)p[i];

		if (c == '%') {
			int high = i + 2 < n ? hex_digit(p[i + 1]) : -1;
			int low = i + 2 < n ? hex_digit(p[i + 2]) : -1;

			if (high < 0 || low < 0 || high + low == 0)
				return 0;
			c = high << 4 | low;
			i += 2;
		}
		to[k++] = (char)c;
	}
	to[k++] = '\0';
	return k;
}

/* The words of a line whose checksum is right. */
static int
split_words(const char *p, size_t n, struct record *r)
{
	size_t used = 0, at = 0;
	int nword = 0;

	r->nfield = 0;
	r->verb = r->bytes;
	while (at <= n) {
		const char *space = memchr(p + at, ' ', n - at);
		size_t len = space ? (size_t)(space - p) - at : n - at;
		size_t k = unescape(r->bytes + used, p + at, len);

		if (!k || nword > RECORD_FIELDS)
			return 0;
		if (nword++)
			r->field[r->nfield++] = r->bytes + used;
		used += k;
		at += len + 1;
	}
	return nword > 0 && *r->verb;
}

int
record_next(const char *p, size_t n, size_t *at, struct record *r,
    struct err *e)
{
	const char *line = p + *at;
	const char *end = *at < n ? memchr(line, '\n', n - *at) : NULL;
	char sum[17];
	size_t len;

	if (!end)
		return 0;
	len = (size_t)(end - line);
	*at += len + 1;
	if (len < 18 || len >= RECORD_LINE || line[16] != ' ')
		return err_user(e, EXIT_DATA, "damaged line before byte %zu",
		    *at);
	snprintf(sum, sizeof sum, "%016llx",
	    (unsigned long long)hash_sum(line + 17, len - 17));
	if (memcmp(sum, line, 16) != 0 || !split_words(line + 17, len - 17, r))
		return err_user(e, EXIT_DATA,
		    "wrong checksum in the line before byte %zu", *at);
	return 1;
}
