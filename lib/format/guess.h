/*
 * guess -- the narrowest type that all values of a column have, seen as text.
 */
#ifndef FORMAT_GUESS_H
#define FORMAT_GUESS_H

#include <stddef.h>

#include "column/type.h"

struct arena;

enum guess {                    /* what all values so far can be */
	GUESS_BIGINT = 1 << 0,
	GUESS_DECIMAL = 1 << 1, /* a whole number of up to 38 digits */
	GUESS_DOUBLE = 1 << 2,
	GUESS_DATE = 1 << 3,
	GUESS_TS = 1 << 4,
	GUESS_BOOL = 1 << 5,
	GUESS_ALL = (1 << 6) - 1,       /* no value yet */
};

/* Which types the text has; 0: only string. */
unsigned guess_text(const char *p, size_t n);

/* The type for a column: string when nothing (or nothing else) fits. */
const struct type *guess_type(unsigned guess, struct arena *a);

#endif
