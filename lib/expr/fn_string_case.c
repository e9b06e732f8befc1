/*
 * fn_string_case -- lengths, letters and code points.
 *
 * Strings of ASCII, most of them, are changed eight and more bytes at a time
 * (the loops are plain so that compilers vectorise them), short ones inside
 * their view; others go through utf8proc code point by code point.  Bytes
 * that are no UTF-8 pass unchanged.
 */
#include "expr/fn_string.h"

#include <utf8proc.h>

#include "base/utf8.h"

static int
k_char_length(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		o[i] = (int32_t)utf8_count(s.p, s.n);
	}
	return 0;
}

int
k_octet_length(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i)
		o[i] = (int32_t)kernel_str(k, 0, i)->len;
	return 0;
}

int
k_bit_length(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i)
		o[i] = (int32_t)(kernel_str(k, 0, i)->len * 8);
	return 0;
}

int
bind_length(struct func_bind *b, struct err *e)
{
	TRY(bind_sig(b, "x", 'i', e));
	b->kernel = b->arg[0]->type->kind == TYPE_BIN ? k_octet_length
	    : k_char_length;
	return 0;
}

enum letters { UPPER, LOWER, TITLE };

static void
ascii_change(char *to, const char *from, size_t n, enum letters how)
{
	char low = how == UPPER ? 'a' : 'A';

	for (size_t j = 0; j < n; j++) {
		unsigned char c = (unsigned char)from[j];

		to[j] = (char)(c ^ ((unsigned char)(c - low) < 26) << 5);
	}
}

/* Appends the changed form of one code point; at most 6 bytes. */
static int
letter_put(char *to, uint32_t cp, enum letters how)
{
	if (how == UPPER && cp == 0xdf) {       /* the only common growth */
		to[0] = to[1] = 'S';
		return 2;
	}
	if (how == LOWER && cp == 0x130) {
		to[0] = 'i';
		return 1 + utf8_encode(0x307, to + 1);
	}
	cp = (uint32_t)(how == UPPER ? utf8proc_toupper((int32_t)cp)
	    : how == LOWER ? utf8proc_tolower((int32_t)cp)
	    : utf8proc_totitle((int32_t)cp));
	return utf8_encode(cp, to);
}

/* Changes n bytes into to[3 n + 3]; returns the length. */
static size_t
utf8_change(char *to, const char *p, size_t n, enum letters how)
{
	bool first = true;
	size_t j = 0, m = 0;

	while (j < n) {
		uint32_t cp;
		int len = utf8_decode(p + j, n - j, &cp);
		enum letters now = how != TITLE ? how : first ? TITLE : LOWER;

		if (len == 0) {
			to[m++] = p[j++];
			continue;
		}
		m += (size_t)letter_put(to + m, cp, now);
		j += (size_t)len;
		first = cp == ' ';
	}
	return m;
}

static bool
view_ascii(const struct sview *v)
{
	uint64_t x;
	uint32_t y;

	if (v->len > SVIEW_INLINE)
		return utf8_ascii(v->ptr, v->len);
	memcpy(&y, v->head, 4);
	memcpy(&x, v->rest, 8);
	return ((x | y) & 0x8080808080808080u) == 0;
}

static int
change_case(struct kernel_call *k, enum letters how)
{
	struct sview *o = k->out->data;

	ROWS(k, i) {
		const struct sview *v = kernel_str(k, 0, i);
		size_t cap;
		char *p;

		if (!view_ascii(v)) {
			cap = 3 * (size_t)v->len + 3;
			p = row_room(k, cap);
			row_done(k, i, p, utf8_change(p, sview_ptr(v), v->len,
			    how), cap);
		} else if (v->len > SVIEW_INLINE) {
			p = row_room(k, v->len);
			ascii_change(p, v->ptr, v->len, how);
			o[i] = sview_of(p, v->len);
		} else {
			o[i].len = v->len;
			ascii_change((char *)&o[i] + 4, (const char *)v + 4,
			    SVIEW_INLINE, how);
		}
	}
	return 0;
}

int
k_upper(struct kernel_call *k, struct err *e)
{
	(void)e;
	return change_case(k, UPPER);
}

int
k_lower(struct kernel_call *k, struct err *e)
{
	(void)e;
	return change_case(k, LOWER);
}

struct bytes
str_lower(struct arena *a, const char *p, size_t n)
{
	char *to;

	if (utf8_ascii(p, n)) {
		to = arena_bytes(a, n);
		ascii_change(to, p, n, LOWER);
		return (struct bytes){ to, n };
	}
	to = arena_bytes(a, 3 * n + 3);
	return (struct bytes){ to, utf8_change(to, p, n, LOWER) };
}

int
k_initcap(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t cap = 3 * s.n + 3;
		char *p = row_room(k, cap);

		row_done(k, i, p, utf8_change(p, s.p, s.n, TITLE), cap);
	}
	return 0;
}

int
k_ascii(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		uint32_t cp = 0;

		if (utf8_decode(s.p, s.n, &cp) == 0 && s.n)
			cp = 0xfffd;
		o[i] = (int32_t)cp;
	}
	return 0;
}

/* The Latin-1 character of the low byte; nothing for negative numbers. */
int
k_chr(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		int64_t v = row_i64(k, 0, i);
		char buf[4];

		if (v < 0)
			kernel_bytes(k, i, "", 0);
		else
			kernel_bytes(k, i, buf,
			    (size_t)utf8_encode((uint32_t)(v & 0xff), buf));
	}
	return 0;
}

int
k_is_valid_utf8(struct kernel_call *k, struct err *e)
{
	uint8_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		o[i] = utf8_valid(s.p, s.n) == s.n;
	}
	return 0;
}

int
k_make_valid_utf8(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t at = utf8_valid(s.p, s.n), cap = 3 * s.n, m = 0;
		char *p;

		if (at == s.n) {
			row_part(k, i, s.p, s.n);
			continue;
		}
		p = row_room(k, cap);
		for (size_t j = 0; j < s.n; ) {
			int len = utf8_check(s.p + j, s.n - j);

			if (len) {
				memcpy(p + m, s.p + j, (size_t)len);
				m += (size_t)len;
				j += (size_t)len;
			} else {
				m += (size_t)utf8_encode(0xfffd, p + m);
				j++;
			}
		}
		row_done(k, i, p, m, cap);
	}
	return 0;
}

int
k_validate_utf8(struct kernel_call *k, struct err *e)
{
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t at = utf8_valid(s.p, s.n);

		if (at != s.n)
			return err_user(e, EXIT_DATA,
			    "string is not valid UTF-8 at byte %zu (0x%02x)",
			    at, (unsigned char)s.p[at]);
		row_part(k, i, s.p, s.n);
	}
	return 0;
}

int
k_try_validate_utf8(struct kernel_call *k, struct err *e)
{
	(void)e;
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		if (utf8_valid(s.p, s.n) != s.n)
			kernel_null(k, i);
		else
			row_part(k, i, s.p, s.n);
	}
	return 0;
}
