/*
 * json_value -- one JSON value as a cell of a typed column, or, for nested
 * types, as rows of builders.
 */
#ifndef FORMAT_JSON_VALUE_H
#define FORMAT_JSON_VALUE_H

#include "column/builder.h"
#include "format/convert.h"
#include "format/json_text.h"

struct zone;

enum json_fit {
	JSON_FITS,
	JSON_MISFIT,            /* JSON, but not of this type */
	JSON_WRONG,             /* not JSON */
};

/* The value p[0..n) (no white space around) as text that convert_cells takes
 * for the type: strings without quotes and escapes, null as no cell, an
 * object in a string column as it is.  For nested types the text itself,
 * checked.  The heap holds what had to be copied; *heaped tells. */
enum json_fit json_cell(const struct type *t, const char *p, size_t n,
    struct arena *heap, bool *heaped, struct cell *out);

/* Appends the value (checked JSON) of a nested type to the builder: what
 * does not fit becomes null.  Returns whether all of it fitted. */
bool json_build(struct builder *b, const struct zone *zone, const char *p,
    size_t n, struct arena *heap);

#endif
