/*
 * mirror_source -- a block_source over map files of a directory, for tests:
 * the plainest there can be.
 */
#ifndef TESTS_MIRROR_SOURCE_H
#define TESTS_MIRROR_SOURCE_H

#include <stdlib.h>

#include "base/err.h"
#include "store/map_file.h"
#include "store/mirror.h"

struct file_source {
	const char *prefix;
	_Atomic int calls, blocks;
};

static inline int
file_source_one(struct file_source *s, const struct block_want *w, int i,
    bool list_only, const struct block_sink *sink, struct err *e)
{
	struct map_file f;
	uint64_t first = 0;
	int64_t n, end;
	char *room;
	int r = map_file_open(&f, s->prefix, w->map, w->attempt, e);

	if (r < 0)
		return r;
	n = map_file_blocks(&f, w->lo, w->hi, &first);
	end = w->count < 0 ? n : w->first + w->count;
	for (int64_t k = w->first; k < end && r >= 0; k++) {
		const struct block *b = &f.index.block[first + (uint64_t)k];

		room = list_only ? NULL : malloc(BLOCK_HEAD +
		    (size_t)b->stored);
		if (room)
			r = block_read_bytes(f.fd, b, room, BLOCK_HEAD +
			    (size_t)b->stored, e);
		if (r >= 0)
			r = sink->got(sink->arg, i, b, room, e);
		s->blocks++;
		free(room);
	}
	map_file_close(&f);
	return r;
}

/* From the last want to the first: the order must not matter. */
static inline int
file_source_fetch(void *arg, const struct block_want *want, int n,
    bool list_only, const struct block_sink *sink, struct lost *lost,
    struct err *e)
{
	struct file_source *s = arg;
	int r = 0;

	s->calls++;
	for (int i = n - 1; i >= 0 && r >= 0; i--) {
		r = file_source_one(s, &want[i], i, list_only, sink, e);
		if (r < 0)
			*lost = (struct lost){ 0, want[i].place, want[i].map };
	}
	return r;
}

#endif
