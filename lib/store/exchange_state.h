/*
 * exchange_state -- what the two halves of an exchange share: exchange.c
 * (maps, sizes, readers) and exchange_write.c (writers).
 */
#ifndef STORE_EXCHANGE_STATE_H
#define STORE_EXCHANGE_STATE_H

#include <pthread.h>

#include "store/chunk.h"
#include "store/exchange.h"

struct partition {              /* of one map */
	struct chunk **chunk;           /* closed ones, in order */
	int nchunk, cap;
	int64_t rows, bytes;            /* bytes: what they took in memory */
};

struct map {
	bool there;                     /* committed */
	struct partition *part;
	struct blockfile *file;         /* or NULL */
	int64_t rows, bytes;
	int64_t held;                   /* bytes charged to the pool */
};

struct mirror;

struct exchange {
	struct exchange_conf conf;
	struct shape shape;
	int rows_max;                   /* of a chunk */
	int64_t heap_max;               /* string bytes that close a chunk */
	_Atomic int rows_hint;          /* of a map's partition, or 0 */
	pthread_mutex_t lock;           /* of map[] while maps are written */
	struct map *map;
	struct exchange_size *told;     /* exchange_tell: npart, or NULL */
	uint8_t *told_map;              /* of each map: npart sizes as byte_of
	                                 * has them; or NULL */
	atomic_bool on_disk, borrows;
	atomic_bool reading;            /* chunks stay where they are now */
	struct keep_files *keep;        /* maps share these; or NULL */
	struct mirror *mirror;          /* or NULL */
};

void partitions_free(struct exchange *x, struct partition *part);

/* A map's file goes, unless others share it; NULL is fine. */
void exchange_file_close(struct exchange *x, struct blockfile *file);

/* Moves all chunks of the partitions [lo, hi) that are in memory to the file,
 * which is made when there is none; what they held is given back to the pool
 * and taken from *held. */
int partitions_to_disk(struct exchange *x, struct partition *part, int lo,
    int hi, struct blockfile **file, int64_t *held, struct err *e);

/* Writes the files of a map whose rows are these; sets all facts but the
 * sizes. */
int map_publish(struct exchange *x, int map, int attempt,
    const struct partition *part, const struct blockfile *file,
    struct map_facts *facts, struct err *e);

/* Of an exchange that is a mirror (mirror.c). */
void mirror_free(struct exchange *x);
const struct partition *mirror_partition(const struct exchange *x, int map,
    int part);
struct exchange_size mirror_size(const struct exchange *x, int lo, int hi);
int  mirror_chunk(const struct exchange *x, int map, struct chunk *c,
    struct arena *a, struct batch *b, struct err *e);
void mirror_drop(struct exchange *x, int lo, int hi);

/* What the chunks of one map in one partition are. */
static inline const struct partition *
exchange_partition(const struct exchange *x, int map, int part)
{
	static const struct partition none;

	if (x->mirror)
		return mirror_partition(x, map, part);
	return x->map[map].there ? &x->map[map].part[part] : &none;
}

#endif
