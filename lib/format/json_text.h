/*
 * json_text -- strict JSON (RFC 8259) read value by value: for nested
 * columns, inference, and records that are not plain objects.
 *
 * Functions move j->p over what they read; when the text is wrong they
 * return false and j->wrong says why, j->p where.  Nesting is bounded.
 */
#ifndef FORMAT_JSON_TEXT_H
#define FORMAT_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define JSON_DEPTH_MAX 1000

struct arena;

struct jtext {
	const char *p, *end;
	const char *wrong;
	int depth;
};

void jtext_space(struct jtext *j);

/* A value of any kind, checked in full. */
bool jtext_skip(struct jtext *j);

/* A string: its raw inside, and whether it holds escapes. */
bool jtext_string(struct jtext *j, const char **s, size_t *n, bool *escapes);

bool jtext_number(struct jtext *j, const char **s, size_t *n, bool *whole);

/* true, false, null. */
bool jtext_word(struct jtext *j);

/* After '{' or '[' and after each member: 1: a member follows, 0: the end
 * (moved over), -1: wrong.  first: nothing was read yet. */
int jtext_member(struct jtext *j, char close, bool first);

/* A member's name and the colon. */
bool jtext_key(struct jtext *j, const char **s, size_t *n, bool *escapes);

/* Is all of p[0..n) one number? */
bool jtext_is_number(const char *p, size_t n);

/* Where the value at p ends, looking only at quotes and brackets; NULL when
 * it does not end before end (last: then a bare word ends at end). */
const char *jtext_extent(const char *p, const char *end, bool last);

/* The inside of a string without its escapes, in the heap; false when an
 * escape is wrong.  A lone surrogate becomes U+FFFD. */
bool jtext_unescape(const char *s, size_t n, struct arena *heap,
    const char **out, size_t *len);

#endif
