/*
 * msg -- see msg.h.
 */
#include "net/msg.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

void
msg_u64(struct text *t, uint64_t v)
{
	char *to = text_room(t, 10);
	int n = 0;

	while (v >= 0x80) {
		to[n++] = (char)(v | 0x80);
		v >>= 7;
	}
	to[n++] = (char)v;
	to[n] = '\0';
	t->n += (size_t)n;
}

void
msg_i64(struct text *t, int64_t v)
{
	msg_u64(t, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

void
msg_fix64(struct text *t, uint64_t v)
{
	char b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (char)(v >> 8 * i);
	text_add(t, b, sizeof b);
}

void
msg_str(struct text *t, const char *p, size_t n)
{
	msg_u64(t, n);
	text_add(t, p, n);
}

void
msg_cstr(struct text *t, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	msg_u64(t, s ? n + 1 : 0);
	if (n)
		text_add(t, s, n);
}

void
msg_init(struct msg *m, const char *p, size_t n)
{
	*m = (struct msg){ p, p ? p + n : p, false };
}

static uint64_t
msg_fail(struct msg *m)
{
	m->bad = true;
	m->p = m->end;
	return 0;
}

/* One way to write each number: a varint must not end in a zero byte, and
 * its tenth byte has one bit. */
uint64_t
msg_get_u64(struct msg *m)
{
	uint64_t v = 0;

	for (int shift = 0; m->p < m->end && shift < 70; shift += 7) {
		unsigned char c = (unsigned char)*m->p++;

		if (shift == 63 && c > 1)
			break;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80)
			return c == 0 && shift > 0 ? msg_fail(m) : v;
	}
	return msg_fail(m);
}

int64_t
msg_get_i64(struct msg *m)
{
	uint64_t v = msg_get_u64(m);

	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

uint64_t
msg_get_fix64(struct msg *m)
{
	uint64_t v = 0;

	if (m->end - m->p < 8)
		return msg_fail(m);
	for (int i = 0; i < 8; i++)
		v |= (uint64_t)(unsigned char)m->p[i] << 8 * i;
	m->p += 8;
	return v;
}

int
msg_get_int(struct msg *m, int min, int max)
{
	int64_t v = msg_get_i64(m);

	if (v < min || v > max)
		return (int)msg_fail(m);
	return m->bad ? 0 : (int)v;
}

size_t
msg_get_count(struct msg *m, size_t size)
{
	uint64_t v = msg_get_u64(m);

	if (v > (size_t)(m->end - m->p) / size)
		return (size_t)msg_fail(m);
	return (size_t)v;
}

int
msg_get_items(struct msg *m, size_t size, int max)
{
	size_t n = msg_get_count(m, size);

	if (n > (size_t)max)
		return (int)msg_fail(m);
	return m->bad ? 0 : (int)n;
}

const char *
msg_get_str(struct msg *m, size_t *n)
{
	const char *p;

	*n = msg_get_count(m, 1);
	if (m->bad)
		return NULL;
	p = m->p ? m->p : "";
	m->p += *n;
	return p;
}

const char *
msg_get_cstr(struct msg *m, struct arena *a)
{
	uint64_t n = msg_get_u64(m);
	const char *p = m->p;

	if (m->bad || n == 0)
		return NULL;
	if (--n > (size_t)(m->end - m->p) || (n && memchr(p, 0, n))) {
		msg_fail(m);
		return NULL;
	}
	m->p += n;
	return arena_memdup(a, n ? p : "", n);
}

bool
msg_ended(const struct msg *m)
{
	return !m->bad && m->p == m->end;
}

int
msg_wrong(struct err *e, const char *fmt, ...)
{
	char text[sizeof e->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_set(e, ERR_BUG, "%s", text);
	e->code = EXIT_PROTOCOL;
	return e->kind;
}

int
msg_damaged(const char *name, struct err *e)
{
	return msg_wrong(e, "the %s message is damaged", name);
}
