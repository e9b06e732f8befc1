/*
 * json_walk -- one record, a JSON object, into cells of the wanted columns.
 *
 * The skeleton of the record (format/json_mask.h) is walked member by
 * member; values that nobody wants are passed over without a look at their
 * bytes.  Records mostly have their members in the order of the record
 * before, so a name is compared with the one seen there before it is looked
 * up.
 */
#ifndef FORMAT_JSON_WALK_H
#define FORMAT_JSON_WALK_H

#include "format/convert.h"
#include "format/json_mask.h"

struct arena;
struct type;

struct json_slot;               /* the n-th member of the last record */

struct json_want {
	const char *name;
	uint32_t nname;
	const struct type *type;
	struct cell *cell;      /* of all rows */
	bool heaped;            /* cells of the batch point into the heap */
};

struct json_walk {
	struct json_skeleton skeleton;
	struct json_want *want;
	int nwant;
	int *table;             /* hash table of names: 1 + number of want */
	uint32_t mask;
	struct json_slot *slot;
	const char *wrong;      /* why the record is no JSON … */
	const char *where;      /* … and where */
	int misfit;             /* a want that the value does not fit, or -1 */
	struct cell value;      /* that value */
};

/* want[0..nwant) is set; memory comes from the arena. */
void json_walk_init(struct json_walk *w, struct arena *a);
void json_walk_release(struct json_walk *w);

/* Reads the object p[0..len) as row: cells of members that are there are
 * set, the others are left alone.  Returns false when it is no JSON object.
 * A value that does not fit its column: its cell is null, misfit says so
 * (the last one counts). */
bool json_walk(struct json_walk *w, const char *p, size_t len, int row,
    struct arena *heap);

#endif
