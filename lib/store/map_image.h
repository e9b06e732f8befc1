/*
 * map_image -- what is in a map file (store/map_file.h), in memory: an index,
 * and the packed blocks as the file would have them.
 *
 * Who holds a reference reads the blocks where they are.  The last one that
 * lets go frees them and gives the memory back to the pool they were taken
 * from.
 */
#ifndef STORE_MAP_IMAGE_H
#define STORE_MAP_IMAGE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "store/shuffle.h"

struct pool;

struct map_image {
	_Atomic int refs;
	struct pool *pool;
	int64_t bytes;                  /* taken from it */
	struct shuffle_index index;     /* tables of its own */
	char **packed;                  /* by block of the index */
	uint64_t cap;                   /* room in packed */
};

/* Empty; its blocks are charged to the pool by who adds them. */
struct map_image *map_image_new(struct pool *pool);

struct map_image *map_image_hold(struct map_image *m);
void map_image_drop(struct map_image *m);       /* NULL is fine */
bool map_image_is_held(const struct map_image *m);      /* by two or more */

/* Adds a copy of the bytes of the next block, which were charged. */
void map_image_add(struct map_image *m, const char *packed, size_t n);

/* Bytes [at, at + n) of the file's blocks; false: there are not so many. */
bool map_image_read(const struct map_image *m, int64_t at, char *to,
    size_t n);

#endif
