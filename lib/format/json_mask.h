/*
 * json_mask -- the skeleton of one JSON text: where its brackets, colons,
 * commas and values begin, found 64 bytes at a time.
 *
 * After Langdale and Lemire, "Parsing gigabytes of JSON per second" (2019).
 * Bytes inside of strings are not in the skeleton; a string is there with
 * its opening quote, a number or word with its first byte.
 */
#ifndef FORMAT_JSON_MASK_H
#define FORMAT_JSON_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jsonmask {               /* of 64 bytes; bit i is byte i */
	uint64_t quote, backslash;
	uint64_t op;            /* { } [ ] : , */
	uint64_t space;         /* space, \t, \n, \r */
	uint64_t control;       /* below 0x20 */
	uint64_t high;          /* from 0x80 on */
};

typedef void jsonmask_fn(const char *p, size_t nword, struct jsonmask *to);

/* The best kernel for this machine, or number level of them (0: plain C,
 * NULL when there is none).  For tests. */
jsonmask_fn *jsonmask_best(void);
jsonmask_fn *jsonmask_level(int level, const char **name);

struct json_skeleton {
	jsonmask_fn *masks;
	uint32_t *at;           /* positions, n of them, then n2 (= length) */
	size_t n, cap;
	bool escapes;           /* there are backslashes */
	bool high;              /* there are bytes from 0x80 on */
	const char *wrong;      /* why the text cannot be JSON, or NULL … */
	size_t where;           /* … and at which byte */
};

/* Makes the skeleton of p[0..len); 64 bytes behind can be read. */
void json_skeleton(struct json_skeleton *s, const char *p, size_t len);

void json_skeleton_release(struct json_skeleton *s);

#endif
