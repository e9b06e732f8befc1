/*
 * options -- see options.h.
 */
#include "format/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"
#include "base/opt.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "column/timepat.h"
#include "column/value.h"

/* Known to every file format; looked at elsewhere, or of no meaning here. */
static const struct option_rule common[] = {
	{ "compression", OPTION_ANY }, { "codec", OPTION_ANY },
	{ "path", OPTION_ANY }, { "basepath", OPTION_ANY },
	{ "pathglobfilter", OPTION_ANY },
	{ "recursivefilelookup", OPTION_FLAG },
	{ "modifiedbefore", OPTION_TIME }, { "modifiedafter", OPTION_TIME },
	{ "ignorecorruptfiles", OPTION_REFUSED },
	{ "ignoremissingfiles", OPTION_REFUSED },
	{ "mergeschema", OPTION_REFUSED }, { "timezone", OPTION_ZONE },
	{ "locale", OPTION_IGNORED }, { "samplingratio", OPTION_IGNORED },
	{ "on_error", OPTION_ON_ERROR }, { "quarantine_dir", OPTION_NONEMPTY },
	{ "max_record", OPTION_SIZE }, { "inferschema", OPTION_FLAG },
	{ NULL, OPTION_ANY }
};

static const struct {
	const char *name;
	enum on_error on_error;
} modes[] = {
	{ "permissive", ON_ERROR_NULL },
	{ "dropmalformed", ON_ERROR_DROP },
	{ "failfast", ON_ERROR_FAIL },
};

static const struct {
	const char *name;
	enum encoding encoding;
} encodings[] = {
	{ "utf-8", ENCODING_UTF8 }, { "utf8", ENCODING_UTF8 },
	{ "us-ascii", ENCODING_UTF8 }, { "ascii", ENCODING_UTF8 },
	{ "iso-8859-1", ENCODING_LATIN1 }, { "iso8859-1", ENCODING_LATIN1 },
	{ "iso_8859-1", ENCODING_LATIN1 }, { "latin1", ENCODING_LATIN1 },
	{ "latin-1", ENCODING_LATIN1 },
	{ "windows-1252", ENCODING_WINDOWS1252 },
	{ "cp1252", ENCODING_WINDOWS1252 },
};

const char *
options_get(const struct options *o, const char *key, const char *otherwise)
{
	for (int i = 0; i < o->n; i++)
		if (strcmp(o->v[i].key, key) == 0)
			return o->v[i].value;
	return otherwise;
}

enum encoding
encoding_find(const char *name)
{
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
		if (strcasecmp(encodings[i].name, name) == 0)
			return encodings[i].encoding;
	return ENCODING_UNKNOWN;
}

/* 0x80 to 0x9f of windows-1252 (0: not assigned, kept). */
static const uint16_t windows1252[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
};

const char *
encoding_decode(enum encoding enc, const char *p, size_t n,
    struct arena *heap, size_t *out)
{
	char *to;
	size_t o = 0;

	*out = n;
	if (enc == ENCODING_UTF8 || utf8_ascii(p, n))
		return p;
	to = arena_bytes(heap, 3 * n);
	for (size_t i = 0; i < n; i++) {
		uint32_t c = (uint8_t)p[i];

		if (enc == ENCODING_WINDOWS1252 && c >= 0x80 && c < 0xa0 &&
		    windows1252[c - 0x80])
			c = windows1252[c - 0x80];
		o += (size_t)utf8_encode(c, to + o);
	}
	*out = o;
	return to;
}

static const struct option_rule *
rule_find(const struct option_rule *r, const char *name)
{
	for (; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

static int
is_flag(const char *v)
{
	return strcasecmp(v, "true") == 0 || strcasecmp(v, "false") == 0;
}

static int
is_number(const char *v)
{
	size_t n = strspn(v, "0123456789");

	return n > 0 && n < 19 && v[n] == '\0';
}

/* One code point, or an escape of one, or nothing. */
static int
is_char(const char *v)
{
	size_t n = strlen(v);

	return n <= 1 || (v[0] == '\\' && (n == 2 || (n == 6 && v[1] == 'u')));
}

static int
is_mode(const char *v)
{
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcasecmp(modes[i].name, v) == 0)
			return 1;
	return 0;
}

static int
is_zone(const char *v)
{
	const struct zone *z;
	struct arena a;
	struct err e;
	int r;

	arena_init(&a);
	r = zone_load(&a, v, &z, &e);
	arena_release(&a);
	return r >= 0;
}

static int
is_size(const char *v)
{
	long long n;
	struct err e;

	return opt_size(v, &n, &e) >= 0;
}

static int
is_on_error(const char *v)
{
	return strcmp(v, "fail") == 0 || strcmp(v, "null") == 0 ||
	    strcmp(v, "drop") == 0 || strcmp(v, "quarantine") == 0;
}

static int
value_check(const struct option_rule *r, const char *v, struct err *e)
{
	static const char *const want[] = {
		[OPTION_FLAG] = "true or false",
		[OPTION_NUMBER] = "a whole number",
		[OPTION_CHAR] = "one character",
		[OPTION_NONEMPTY] = "something",
		[OPTION_MODE] = "PERMISSIVE, DROPMALFORMED or FAILFAST",
		[OPTION_ENCODING] = "UTF-8, ISO-8859-1 or windows-1252",
		[OPTION_SIZE] = "a size, such as 64m",
		[OPTION_ON_ERROR] = "fail, null, drop or quarantine",
		[OPTION_ZONE] = "a time zone, such as Europe/Berlin",
		[OPTION_TIME] = "a timestamp",
	};
	int good = 1;
	int64_t us;

	switch (r->kind) {
	case OPTION_FLAG:
		good = is_flag(v);
		break;
	case OPTION_NUMBER:
		good = is_number(v);
		break;
	case OPTION_CHAR:
		good = is_char(v);
		break;
	case OPTION_NONEMPTY:
		good = *v != '\0';
		break;
	case OPTION_MODE:
		good = is_mode(v);
		break;
	case OPTION_ENCODING:
		good = encoding_find(v) != ENCODING_UNKNOWN;
		break;
	case OPTION_SIZE:
		good = is_size(v);
		break;
	case OPTION_ON_ERROR:
		good = is_on_error(v);
		break;
	case OPTION_ZONE:
		good = is_zone(v);
		break;
	case OPTION_TIME:
		good = value_get_ts(v, strlen(v), zone_utc, &us);
		break;
	case OPTION_REFUSED:
		if (strcasecmp(v, "false") != 0)
			return err_user(e, EXIT_USAGE, "option %s is not "
			    "supported yet", r->name);
		break;
	case OPTION_ANY:
	case OPTION_IGNORED:
		break;
	}
	if (good)
		return 0;
	return err_user(e, EXIT_USAGE, "option %s: expected %s, found '%s'",
	    r->name, want[r->kind], v);
}

int
options_check(const struct options *o, const struct option_rule *known,
    const char *format, struct err *e)
{
	for (int i = 0; i < o->n; i++) {
		const struct option_rule *r = rule_find(known, o->v[i].key);
		struct near near;

		if (r == NULL)
			r = rule_find(common, o->v[i].key);
		if (r) {
			TRY(value_check(r, o->v[i].value, e));
			continue;
		}
		near_init(&near, o->v[i].key);
		for (r = known; r->name; r++)
			near_offer(&near, r->name);
		for (r = common; r->name; r++)
			near_offer(&near, r->name);
		err_user(e, EXIT_USAGE, "%s has no option '%s'", format,
		    o->v[i].key);
		if (near.best)
			err_hint(e, "did you mean '%s'?", near.best);
		return e->kind;
	}
	return 0;
}

int
option_flag(const struct options *o, const char *key, int otherwise)
{
	const char *v = options_get(o, key, NULL);

	return v ? strcasecmp(v, "true") == 0 : otherwise;
}

static const char *
unescape_one(const char *s, char **to)
{
	static const char from[] = "tnrbf0\\\"'";
	static const char into[] = "\t\n\r\b\f\0\\\"'";
	const char *at = *s ? strchr(from, *s) : NULL;
	char hex[5] = { 0 };

	if (*s == 'u' && strlen(s) >= 5 && strspn(s + 1, "0123456789abcdefABCDEF") >= 4) {
		memcpy(hex, s + 1, 4);
		*to += utf8_encode((uint32_t)strtoul(hex, NULL, 16), *to);
		return s + 5;
	}
	if (at) {
		*(*to)++ = into[at - from];
		return s + 1;
	}
	*(*to)++ = '\\';
	return s;
}

const char *
option_unescaped(const struct options *o, const char *key, struct arena *a,
    size_t *n)
{
	const char *v = options_get(o, key, NULL);
	char *to, *start;

	*n = 0;
	if (v == NULL)
		return NULL;
	start = to = arena_alloc(a, strlen(v) + 4);
	while (*v) {
		if (*v == '\\' && v[1])
			v = unescape_one(v + 1, &to);
		else
			*to++ = *v++;
	}
	*n = (size_t)(to - start);
	return start;
}

enum on_error
option_on_error(const struct scan *s)
{
	const char *v = options_get(&s->options, "mode", NULL);

	for (size_t i = 0; v && i < sizeof modes / sizeof *modes; i++)
		if (strcasecmp(modes[i].name, v) == 0)
			return modes[i].on_error;
	return s->on_error;
}

int
option_timepat(const struct options *o, const struct type *t,
    struct arena *a, struct timepat **out, struct err *e)
{
	const char *key = t->kind == TYPE_DATE ? "dateformat" :
	    t->kind == TYPE_TS ? "timestampformat" :
	    t->kind == TYPE_TSNTZ ? "timestampntzformat" : NULL;
	const char *v = key ? options_get(o, key, NULL) : NULL;

	*out = NULL;
	if (v == NULL)
		return 0;
	if (timepat_new(out, a, v, e) < 0)
		return err_ctx(e, "option %s", key);
	return 0;
}

bool
option_permissive(const struct options *o)
{
	return strcasecmp(options_get(o, "mode", ""), "permissive") == 0;
}

void
options_put(struct options *o, struct arena *a, const char *key,
    const char *value)
{
	struct option *v = NEW_N(a, struct option, o->n + 1);
	int at;

	for (at = 0; at < o->n && strcmp(o->v[at].key, key) != 0; at++)
		;
	if (o->n)
		memcpy(v, o->v, (size_t)o->n * sizeof *v);
	v[at].key = arena_strdup(a, key);
	v[at].value = arena_strdup(a, value);
	if (at == o->n)
		o->n++;
	o->v = v;
}
