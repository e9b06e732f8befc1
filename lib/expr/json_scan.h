/*
 * json_scan -- a cursor over JSON text (RFC 8259), for functions that look
 * into one value at a time.  Nothing is built: values are entered, stepped
 * over or copied.  Strict, but control characters in strings are accepted.
 * Nesting is bounded by JSON_DEPTH.
 *
 *	json_begin(&j, p, n);
 *	if (json_peek(&j) == JSON_OBJECT && json_enter(&j))
 *		while ((r = json_step(&j, JSON_OBJECT)) > 0) {
 *			json_scan_string(&j, &key);          (then the value:)
 *			json_scan_skip(&j);
 *		}
 *
 * After a false or negative answer the cursor is of no use.
 */
#ifndef EXPR_JSON_SCAN_H
#define EXPR_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct text;

#define JSON_DEPTH 1000

enum json_kind { JSON_BAD, JSON_NULL, JSON_TRUE, JSON_FALSE, JSON_NUMBER,
	JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	const char *p, *end;
	int depth;
	bool first;             /* the container was just entered */
};

void json_begin(struct json *j, const char *p, size_t n);

/* Kind of the value at the cursor, after white space; does not move on. */
enum json_kind json_peek(struct json *j);

/* Steps into the array or object at the cursor. */
bool json_enter(struct json *j);

/* To the next element or key of the container: 1, at its end (stepped out):
 * 0, malformed: -1.  kind: JSON_ARRAY or JSON_OBJECT. */
int json_step(struct json *j, enum json_kind kind);

/* Reads a string (a key, and the colon after it with json_key) decoded into
 * to, which is cleared. */
bool json_scan_string(struct json *j, struct text *to);
bool json_scan_key(struct json *j, struct text *to);

/* Steps over one value; *p, *n (may be NULL) tell where it lay. */
bool json_scan_skip(struct json *j, const char **p, size_t *n);

/* Copies one value without white space, strings in their shortest form. */
bool json_copy(struct json *j, struct text *to);

/* Is only white space left? */
bool json_done(struct json *j);

#endif
