/*
 * err -- see err.h.  All texts are cut at the size of the struct's fields.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
err_init(struct err *e, int kind, int code)
{
	e->kind = kind;
	e->code = code;
	e->span = (struct span){ 0, 0, 0 };
	e->hint[0] = '\0';
}

int
err_set(struct err *e, int kind, const char *fmt, ...)
{
	va_list ap;

	err_init(e, kind, kind == ERR_BUG ? EXIT_BUG :
	    kind == ERR_TEMP ? EXIT_TEMP : EXIT_JOB);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return kind;
}

int
err_user(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	err_init(e, ERR_USER, code);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return ERR_USER;
}

int
err_at(struct err *e, struct span span, const char *fmt, ...)
{
	va_list ap;

	err_init(e, ERR_USER, EXIT_JOB);
	e->span = span;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return ERR_USER;
}

int
err_sys(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	switch (saved) {
	case ENOENT: case EISDIR: case ENOTDIR: case ELOOP: case ENAMETOOLONG:
		err_init(e, ERR_USER, EXIT_NOINPUT);
		break;
	case EACCES: case EPERM: case EROFS:
		err_init(e, ERR_USER, EXIT_PERM);
		break;
	default:
		err_init(e, ERR_TEMP, EXIT_IO);
	}
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", strerror(saved));
	return e->kind;
}

int
err_ctx(struct err *e, const char *fmt, ...)
{
	char old[sizeof e->text];
	va_list ap;
	size_t n;

	memcpy(old, e->text, sizeof old);
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof e->text - n, ": %s", old);
	return e->kind;
}

int
err_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->hint, sizeof e->hint, fmt, ap);
	va_end(ap);
	return e->kind;
}

int
err_place(struct err *e, struct span span)
{
	if (e->span.len == 0)
		e->span = span;
	return e->kind;
}
