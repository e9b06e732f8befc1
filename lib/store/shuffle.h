/*
 * shuffle -- the output of one map task on disk: rows cut into partitions,
 * in one data file and one index (sp-shuffle(5)).
 *
 *	DIR/map-00003.data      blocks (store/blockfile.h)
 *	DIR/map-00003.index     which blocks belong to which partition
 *
 * The index comes into being last and at once: a map without one is not
 * there.  It is checked as a whole before anything in it is believed.
 */
#ifndef STORE_SHUFFLE_H
#define STORE_SHUFFLE_H

#include "store/blockfile.h"

enum shuffle_kind {
	SHUFFLE_LINES = 1,              /* blocks are lines of text */
	SHUFFLE_COLUMNS = 2,            /* wire blocks; the plan has the types */
};

enum { SHUFFLE_PARTS_MAX = 65536 };

struct shuffle_part {
	uint64_t first, nblock;         /* its blocks in the index */
	uint64_t rows, raw, stored;     /* sums of its blocks */
	uint64_t rowset;                /* sum of the hashes of its rows */
};

struct shuffle_index {
	uint32_t kind, npart, map;
	uint64_t nblock;
	uint64_t size;                  /* of the data file */
	struct shuffle_part *part;      /* npart */
	struct block *block;            /* nblock: by partition, in row order */
};

struct iovec;
struct text;

/* Appends the bytes of an index file. */
void shuffle_index_print(struct text *to, const struct shuffle_index *x);

/* Reads them back; every count, offset and sum is checked against the
 * others.  p is aligned as by malloc; the tables of x are made of these bytes
 * and live in them.  EXIT_DATA. */
int shuffle_index_parse(char *p, size_t n, struct shuffle_index *x,
    struct err *e);

/* A map being written.  Blocks may be put in any order of partitions. */
struct shuffle_writer;
int  shuffle_create(struct shuffle_writer **out, const char *dir, int map,
    int npart, enum shuffle_kind kind, struct err *e);

/* Reserves size bytes for n packed blocks, whose at is relative and becomes
 * absolute, and adds the blocks; returns the place of the first among all
 * blocks.  This and the next two: one thread at a time. */
uint64_t shuffle_reserve(struct shuffle_writer *w, struct block *b, int n,
    size_t size);
/* Sets the sums of blocks that were reserved before they were known. */
void shuffle_set_sums(struct shuffle_writer *w, uint64_t first,
    const struct block *b, int n);
/* Adds the hashes of rows that were put into a partition to its rowset. */
void shuffle_add_rowset(struct shuffle_writer *w, uint32_t part,
    uint64_t rowset);
/* Writes n pieces, which it changes, at a reserved place.  Thread-safe. */
int  shuffle_write(struct shuffle_writer *w, struct iovec *io, int n,
    int64_t at, struct err *e);
/* Makes the map appear: EXIT_CANTCREATE when it is there already. */
int  shuffle_commit(struct shuffle_writer *w, struct err *e);
void shuffle_close(struct shuffle_writer *w);   /* NULL is fine */

/* The maps of one or more directories, in the order given and in each by
 * number.  All must have the same number of partitions and kind. */
struct shuffle_map {
	const char *path;               /* of the data file */
	int fd;
	struct shuffle_index index;
};

struct shuffle_maps {
	int n, cap;
	struct shuffle_map *v;
};

int  shuffle_open(struct arena *a, const char *const *dir, int ndir,
    struct shuffle_maps *m, struct err *e);
void shuffle_maps_close(struct shuffle_maps *m);

#endif
