/*
 * json_records -- where the records of JSON input begin and end.
 *
 * Lines: a record a line; a list on a line holds a record an element.
 * Multi: values one after the other, over as many lines as they like; a
 * split at 0 reads the file alone.
 */
#ifndef FORMAT_JSON_RECORDS_H
#define FORMAT_JSON_RECORDS_H

#include "format/convert.h"
#include "format/feed.h"
#include "format/format.h"

struct json_records {
	bool multi;             /* set before begin, as max_record */
	int64_t max_record;
	struct feed feed;
	struct split split;
	size_t at;              /* what comes next in the window */
	bool done, bom;
	bool list;              /* inside of a list … */
	bool first;             /* … before its first element */
	size_t limit;           /* … of a line that ends there */
	const char *wrong;      /* why the record is none, and where */
	const char *where;
};

struct share;

int json_records_begin(struct json_records *in, const struct split *s,
    struct share *map_in, struct pool *pool, struct err *e);

/* The next record that is not blank or null: 1; 0: none is left, or, unless
 * may_slide, none in sight.  Records stay where they are until a call with
 * may_slide.  When in->wrong is set the record is what cannot be read. */
int json_records_next(struct json_records *in, struct cell *out,
    int may_slide, struct err *e);

#endif
