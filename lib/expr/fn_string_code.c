/*
 * fn_string_code -- bytes spelt in base 64, in base 16, in other charsets.
 *
 * Base 64 is read as MIME does: characters outside the alphabet are skipped,
 * the padding must fit.  Charsets are the ones that Spark 4 allows.
 */
#include "expr/fn_string.h"

#include <strings.h>

#include "base/utf8.h"

static const char b64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
k_base64(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t n = (s.n + 2) / 3 * 4;
		const unsigned char *f = (const unsigned char *)s.p;
		char *p, *to;

		TRY(row_fits(k, n, e));
		p = to = row_room(k, n);
		for (; s.n > 0; to += 4) {
			uint32_t v = (uint32_t)f[0] << 16 |
			    (s.n > 1 ? (uint32_t)f[1] << 8 : 0) |
			    (s.n > 2 ? f[2] : 0u);

			to[0] = b64[v >> 18];
			to[1] = b64[v >> 12 & 63];
			to[2] = s.n > 1 ? b64[v >> 6 & 63] : '=';
			to[3] = s.n > 2 ? b64[v & 63] : '=';
			f += s.n > 2 ? 3 : s.n;
			s.n -= s.n > 2 ? 3 : s.n;
		}
		row_done(k, i, p, n, n);
	}
	return 0;
}

static int
b64_value(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A'
	    : c >= 'a' && c <= 'z' ? c - 'a' + 26
	    : c >= '0' && c <= '9' ? c - '0' + 52
	    : c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Writes at most 3/4 n bytes; returns their number or -1. */
static int64_t
b64_read(struct bytes s, char *to)
{
	uint32_t v = 0;
	int have = 0, pad = 0;
	int64_t n = 0;

	for (size_t j = 0; j < s.n; j++) {
		int d = b64_value((unsigned char)s.p[j]);

		if (s.p[j] == '=')
			pad++;
		if (d < 0)
			continue;
		if (pad)
			return -1;
		v = v << 6 | (uint32_t)d;
		if (++have == 4) {
			to[n++] = (char)(v >> 16);
			to[n++] = (char)(v >> 8);
			to[n++] = (char)v;
			have = 0;
		}
	}
	if (have == 1 || pad > 2 || (pad && have + pad != 4))
		return -1;
	if (have > 1)
		to[n++] = (char)(v >> (have == 2 ? 4 : 10));
	if (have > 2)
		to[n++] = (char)(v >> 2);
	return n;
}

static int
unbase64(struct kernel_call *k, bool fails, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		char *p = row_room(k, s.n);
		int64_t n = b64_read(s, p);

		if (n >= 0)
			row_done(k, i, p, (size_t)n, s.n);
		else if (!fails)
			kernel_null(k, i);
		else
			return err_user(e, EXIT_DATA,
			    "'%.*s' is not valid base 64",
			    (int)(s.n < 40 ? s.n : 40), s.p);
	}
	return 0;
}

int
k_unbase64(struct kernel_call *k, struct err *e)
{
	return unbase64(k, true, e);
}

int
k_try_unbase64(struct kernel_call *k, struct err *e)
{
	return unbase64(k, false, e);
}

static int k_hex(struct kernel_call *k, struct err *e);

static int k_hex_i64(struct kernel_call *k, struct err *e);

static const char digit[] = "0123456789ABCDEF";

int
bind_hex(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (type_is_bytes(t) || t->kind == TYPE_NULL) {
		b->kernel = k_hex;
		return bind_sig(b, "x", 's', e);
	}
	b->kernel = k_hex_i64;
	return bind_sig(b, "l", 's', e);
}

static int
k_hex(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		char *p;

		TRY(row_fits(k, 2 * s.n, e));
		p = row_room(k, 2 * s.n);
		for (size_t j = 0; j < s.n; j++) {
			p[2 * j] = digit[(unsigned char)s.p[j] >> 4];
			p[2 * j + 1] = digit[s.p[j] & 15];
		}
		row_done(k, i, p, 2 * s.n, 2 * s.n);
	}
	return 0;
}

static int
k_hex_i64(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		uint64_t v = (uint64_t)row_i64(k, 0, i);
		char buf[16];
		int n = 16;

		do
			buf[--n] = digit[v & 15];
		while (v >>= 4);
		kernel_bytes(k, i, buf + n, (size_t)(16 - n));
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

int
k_unhex(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t cap = (s.n + 1) / 2, n = 0, j = 0;
		char *p = row_room(k, cap);
		int bad = 0;

		if (s.n & 1) {
			bad |= hex_value(s.p[j]);
			p[n++] = (char)hex_value(s.p[j++]);
		}
		for (; j < s.n; j += 2) {
			int hi = hex_value(s.p[j]), lo = hex_value(s.p[j + 1]);

			bad |= hi | lo;
			p[n++] = (char)((unsigned)hi << 4 | (unsigned)lo);
		}
		if (bad < 0)
			kernel_null(k, i);
		else
			row_done(k, i, p, n, cap);
	}
	return 0;
}

enum charset { CS_UTF8, CS_ASCII, CS_LATIN1, CS_UTF16, CS_UTF16BE,
	CS_UTF16LE, CS_UTF32 };

static const struct { const char *name; enum charset cs; } charsets[] = {
	{ "utf-8", CS_UTF8 }, { "utf8", CS_UTF8 }, { "us-ascii", CS_ASCII },
	{ "ascii", CS_ASCII }, { "iso-8859-1", CS_LATIN1 },
	{ "latin1", CS_LATIN1 }, { "utf-16", CS_UTF16 },
	{ "utf-16be", CS_UTF16BE }, { "utf-16le", CS_UTF16LE },
	{ "utf-32", CS_UTF32 },
};

static int
charset_of(struct bytes s, enum charset *cs, struct err *e)
{
	for (size_t j = 0; j < sizeof charsets / sizeof *charsets; j++)
		if (strlen(charsets[j].name) == s.n &&
		    strncasecmp(charsets[j].name, s.p, s.n) == 0) {
			*cs = charsets[j].cs;
			return 0;
		}
	err_set(e, ERR_USER, "unknown charset '%.*s'",
	    (int)(s.n < 40 ? s.n : 40), s.p);
	return err_hint(e, "known are UTF-8, US-ASCII, ISO-8859-1, UTF-16, "
	    "UTF-16BE, UTF-16LE and UTF-32");
}

static int
charset_check(struct func_bind *b, struct err *e)
{
	struct datum d;
	enum charset cs;
	int r = bind_value(b, 1, &d, e);

	if (r > 0 && !d.null && charset_of((struct bytes){ d.s.p, d.s.n },
	    &cs, e) < 0)
		return err_place(e, b->arg[1]->span);
	return r < 0 ? r : 0;
}

int
bind_encode(struct func_bind *b, struct err *e)
{
	TRY(bind_sig(b, "s", 'b', e));
	return charset_check(b, e);
}

/* decode(x, a, r, b, s, … [, other]): comparisons one after the other, in
 * which null equals null. */
static int
decode_cases(struct func_bind *b, struct err *e)
{
	int last = (b->narg - 1) / 2 * 2 - 1;   /* where the last pair begins */
	struct expr *out = b->narg % 2 ? expr_null(b->env->arena, TYPE(NULL))
	    : b->arg[b->narg - 1];

	for (int i = last; i >= 1; i -= 2) {
		struct expr *same[2] = { b->arg[0], b->arg[i] };
		struct expr *pick[3] = { NULL, b->arg[i + 1], out };

		TRY(expr_call(b->env, "<=>", same, 2, b->span, &pick[0], e));
		TRY(expr_call(b->env, "if", pick, 3, b->span, &out, e));
	}
	b->instead = out;
	return 0;
}

int
bind_decode(struct func_bind *b, struct err *e)
{
	if (b->narg > 2)
		return decode_cases(b, e);
	TRY(bind_sig(b, "bs", 's', e));
	return charset_check(b, e);
}

static char *
unit16(char *to, uint32_t u, enum charset cs)
{
	to[cs == CS_UTF16LE] = (char)(u >> 8);
	to[cs != CS_UTF16LE] = (char)u;
	return to + 2;
}

/* Appends cp; at most 4 bytes.  NULL: the charset does not have it. */
static char *
point_put(char *to, uint32_t cp, enum charset cs)
{
	switch (cs) {
	case CS_UTF8:
		return to + utf8_encode(cp, to);
	case CS_ASCII:
	case CS_LATIN1:
		if (cp >= (cs == CS_ASCII ? 0x80u : 0x100u))
			return NULL;
		*to = (char)cp;
		return to + 1;
	case CS_UTF32:
		for (int j = 0; j < 4; j++)
			to[j] = (char)(cp >> (24 - 8 * j));
		return to + 4;
	default:
		break;
	}
	if (cp < 0x10000)
		return unit16(to, cp, cs);
	to = unit16(to, 0xd800 + ((cp - 0x10000) >> 10), cs);
	return unit16(to, 0xdc00 + ((cp - 0x10000) & 0x3ff), cs);
}

int
k_encode(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t cap = 4 * s.n + 2;
		enum charset cs = CS_UTF8;
		uint32_t cp;
		char *p, *to;

		TRY(charset_of(row_bytes(k, 1, i), &cs, e));
		if (cs == CS_UTF8) {
			row_part(k, i, s.p, s.n);
			continue;
		}
		p = to = row_room(k, cap);
		if (cs == CS_UTF16)
			to = unit16(to, 0xfeff, cs);
		for (size_t j = 0; j < s.n; ) {
			int n = utf8_decode(s.p + j, s.n - j, &cp);

			to = n ? point_put(to, cp, cs) : NULL;
			if (to == NULL)
				return err_user(e, EXIT_DATA, "encode: the "
				    "character at byte %zu of the string is "
				    "not in charset %.*s", j,
				    (int)row_bytes(k, 1, i).n,
				    row_bytes(k, 1, i).p);
			j += (size_t)n;
		}
		row_done(k, i, p, (size_t)(to - p), cap);
	}
	return 0;
}

static uint32_t
read16(const char *p, bool little)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)(little ? u[0] | u[1] << 8 : u[0] << 8 | u[1]);
}

/* Reads one code point from s (n > 0 bytes): bytes read, or 0: malformed. */
static size_t
point_get(const char *s, size_t n, enum charset cs, uint32_t *cp)
{
	bool little = cs == CS_UTF16LE;
	uint32_t low;

	switch (cs) {
	case CS_UTF8:
		return (size_t)utf8_decode(s, n, cp);
	case CS_ASCII:
	case CS_LATIN1:
		*cp = (unsigned char)s[0];
		return cs == CS_LATIN1 || *cp < 0x80;
	case CS_UTF32:
		if (n < 4)
			return 0;
		*cp = read16(s, false) << 16 | read16(s + 2, false);
		return 4;
	default:
		break;
	}
	if (n < 2)
		return 0;
	*cp = read16(s, little);
	if (*cp < 0xd800 || *cp > 0xdfff)
		return 2;
	if (*cp > 0xdbff || n < 4)
		return 0;
	low = read16(s + 2, little);
	if (low < 0xdc00 || low > 0xdfff)
		return 0;
	*cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
	return 4;
}

int
k_decode(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t cap = 3 * s.n, n, j = 0;
		enum charset cs = CS_UTF8;
		char *p, *to;

		TRY(charset_of(row_bytes(k, 1, i), &cs, e));
		if (cs == CS_UTF16 && s.n >= 2) {
			uint32_t mark = read16(s.p, false);

			j = mark == 0xfeff || mark == 0xfffe ? 2 : 0;
			cs = mark == 0xfffe ? CS_UTF16LE : CS_UTF16BE;
		}
		p = to = row_room(k, cap);
		for (; j < s.n; j += n) {
			uint32_t cp;
			int m = 0;

			n = point_get(s.p + j, s.n - j, cs, &cp);
			if (n)
				m = utf8_encode(cp, to);
			if (m == 0)
				return err_user(e, EXIT_DATA, "decode: byte %zu"
				    " is not valid in charset %.*s", j,
				    (int)row_bytes(k, 1, i).n,
				    row_bytes(k, 1, i).p);
			to += m;
		}
		row_done(k, i, p, (size_t)(to - p), cap);
	}
	return 0;
}

static int
call_on(struct func_bind *b, const char *name, struct expr *x,
    struct expr *second, struct expr **out, struct err *e)
{
	struct expr *arg[2] = { x, second };

	return expr_call(b->env, name, arg, second ? 2 : 1, b->span, out, e);
}

/* unhex, but an error for what is no hexadecimal number. */
static int
strict_hex(struct func_bind *b, struct err *e)
{
	struct expr *raise, *check[3], *is_null, *is_there;

	TRY(call_on(b, "unhex", b->arg[0], NULL, &check[2], e));
	TRY(call_on(b, "isnull", check[2], NULL, &is_null, e));
	TRY(call_on(b, "isnotnull", b->arg[0], NULL, &is_there, e));
	TRY(call_on(b, "and", is_there, is_null, &check[0], e));
	TRY(call_on(b, "raise_error", expr_str(b->env->arena,
	    "to_binary: the text is no hexadecimal number"), NULL, &raise,
	    e));
	TRY(expr_cast(b->env, raise, TYPE(BIN), b->span, &check[1], e));
	return expr_call(b->env, "if", check, 3, b->span, &b->instead, e);
}

/* to_binary(text[, format]): by the format another function's call. */
int
bind_to_binary(struct func_bind *b, struct err *e)
{
	bool try = strncmp(b->fn->name, "try_", 4) == 0;
	struct datum d = { .s = { "hex", 3 } };
	const char *f;

	TRY(bind_cast(b, 0, TYPE(STR), e));
	if (b->narg > 1) {
		TRY(bind_cast(b, 1, TYPE(STR), e));
		TRY(bind_must_const(b, 1, "the format", &d, e));
	}
	f = str_lower(b->env->arena, d.s.p, d.s.n).p;
	if (d.s.n == 3 && memcmp(f, "hex", 3) == 0)
		return try ? call_on(b, "unhex", b->arg[0], NULL, &b->instead,
		    e) : strict_hex(b, e);
	if ((d.s.n == 5 && memcmp(f, "utf-8", 5) == 0) ||
	    (d.s.n == 4 && memcmp(f, "utf8", 4) == 0))
		return call_on(b, "encode", b->arg[0], expr_str(b->env->arena,
		    "utf-8"), &b->instead, e);
	if (d.s.n == 6 && memcmp(f, "base64", 6) == 0)
		return call_on(b, try ? "try_unbase64" : "unbase64",
		    b->arg[0], NULL, &b->instead, e);
	return err_at(e, b->span, "the format of %s must be hex, utf-8 or "
	    "base64", b->fn->name);
}
