/*
 * text -- a byte string that grows: for messages, plan text, output rows.
 *
 * Always ends in a NUL that is not counted.  A zeroed struct text is empty
 * and valid.  Ends the process with EXIT_OSERR when there is no memory.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

struct text {
	char  *p;       /* owned; NULL while nothing was added */
	size_t n, cap;
};

void text_release(struct text *t);
static inline void text_clear(struct text *t) { t->n = 0; }

/* Makes room for n more bytes (and a NUL) and returns where they go;
 * the caller writes there and adds to t->n. */
char *text_room(struct text *t, size_t n);

void text_add(struct text *t, const void *p, size_t n);
void text_adds(struct text *t, const char *s);
void text_addc(struct text *t, char c);
void text_addf(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void text_addv(struct text *t, const char *fmt, va_list ap);

/* The text as a C string, valid until the next change; "" when empty. */
const char *text_str(struct text *t);

/* Adds s as a job-language string literal: 'it''s' with \ escapes. */
void text_add_quoted(struct text *t, const char *s, size_t n);

/* Adds s as a JSON string with its quotes; bad UTF-8 becomes U+FFFD. */
void text_add_json(struct text *t, const char *s, size_t n);

/* Adds a byte count for people: "3.4 MB". */
void text_add_size(struct text *t, double bytes);

#endif
