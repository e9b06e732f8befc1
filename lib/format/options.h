/*
 * options -- the options of formats: what is known, and reading them.
 *
 * A format lists its options in a table of struct option_rule; options_check
 * refuses unknown names (with the nearest known one) and bad values, so that
 * readers and writers can take values without looking again.
 */
#ifndef FORMAT_OPTIONS_H
#define FORMAT_OPTIONS_H

#include "format/format.h"

enum option_kind {
	OPTION_ANY,
	OPTION_FLAG,            /* true or false */
	OPTION_NUMBER,          /* whole, >= 0 */
	OPTION_CHAR,            /* one character, or empty for none */
	OPTION_NONEMPTY,
	OPTION_MODE,            /* PERMISSIVE, DROPMALFORMED, FAILFAST */
	OPTION_ENCODING,        /* a name that encoding_find knows */
	OPTION_SIZE,            /* bytes: 64m */
	OPTION_ON_ERROR,        /* fail, null, drop or quarantine */
	OPTION_ZONE,            /* a time zone */
	OPTION_TIME,            /* a timestamp */
	OPTION_REFUSED,         /* Spark's: may be false only */
	OPTION_IGNORED,         /* Spark's, of no meaning here */
};

struct option_rule {
	const char *name;       /* lower case; a table ends with NULL */
	enum option_kind kind;
};

enum encoding {
	ENCODING_UTF8,
	ENCODING_LATIN1,        /* ISO-8859-1 */
	ENCODING_WINDOWS1252,
	ENCODING_UNKNOWN,
};

/* Returns 0, or ERR_USER with EXIT_USAGE and a hint.  Options of all file
 * formats (compression, pathglobfilter …) are let through. */
int options_check(const struct options *o, const struct option_rule *known,
    const char *format, struct err *e);

/* The value of a flag: 1, 0, or otherwise when it is not given. */
int option_flag(const struct options *o, const char *key, int otherwise);

/* A value with \t, \n, \r, \0, \\ and \uXXXX taken as Spark takes them, in
 * the arena; *n is its length.  NULL when it is not given. */
const char *option_unescaped(const struct options *o, const char *key,
    struct arena *a, size_t *n);

/* What the mode option and the scan say together. */
enum on_error option_on_error(const struct scan *s);

/* The pattern for columns of the type (options dateformat, timestampformat,
 * timestampntzformat) in the arena; NULL when none is given. */
struct timepat;
int option_timepat(const struct options *o, const struct type *t,
    struct arena *a, struct timepat **out, struct err *e);

/* Is the mode option PERMISSIVE? */
bool option_permissive(const struct options *o);

enum encoding encoding_find(const char *name);

/* The bytes as UTF-8, in the heap (as they are when they are ASCII). */
const char *encoding_decode(enum encoding enc, const char *p, size_t n,
    struct arena *heap, size_t *out);

/* Options with key set to value (replaced or added), in the arena. */
void options_put(struct options *o, struct arena *a, const char *key,
    const char *value);

#endif
