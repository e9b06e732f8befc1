/*
 * map_file -- what one map task published: a file that other processes read,
 * in the format of store/shuffle.h with blocks of columns.
 *
 *	DIR/map-JJJ-SSS-MMMMM.AA        job, stage, map, attempt
 *
 *	blocks, zeros up to a multiple of 8 bytes, index, length of the index
 *	(8 bytes, as all numbers little-endian), "spmapend"
 *
 * Blocks lie in the order of their partitions, so that a range of partitions
 * is one range of the file.  Who reads knows that the map was committed; a
 * file that was not written to its end is no map.
 *
 * The run of a sorted exchange is partition 0, cut into blocks at places
 * that depend on its rows alone: whichever attempt wrote the file, its blocks
 * hold the same rows.  Partition 1 are the first rows of these blocks, so that
 * readers find their ranges without the data.
 */
#ifndef STORE_MAP_FILE_H
#define STORE_MAP_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/exchange.h"
#include "store/shuffle.h"

struct arena;
struct batch;
struct block_cache;
struct map_image;

/* What the driver wants to know of a map that was published. */
struct map_facts {
	int64_t rows, bytes;            /* bytes: what the rows took in memory */
	uint64_t rowset;                /* hash of the set of rows and their
	                                 * partitions: two attempts that differ
	                                 * are not the same computation */
	int64_t stored;                 /* bytes of the file */
	int npart;
	struct exchange_size *part;     /* as exchange_part_size has them */
};

/* "DIR/map-JJJ-SSS-": where exchange_conf.publish points to. */
char *map_file_prefix(struct arena *a, const char *dir, int job, int stage);
char *map_file_path(struct arena *a, const char *prefix, int map, int attempt);

/* Sum of the hashes of the rows of a batch of a partition: neither their
 * order nor how they are cut into batches matters. */
uint64_t map_rowset(const struct batch *b, int part);

/* The file being written: blocks in the order of their partitions. */
struct map_writer;
int  map_writer_new(struct map_writer **out, const char *prefix, int map,
    int attempt, int npart, bool compress, struct err *e);
/* Before the first block: the map is kept in memory, charged to a relation of
 * the cache, with a file or, while there is room, without. */
enum map_copy { MAP_WITH_FILE, MAP_WITHOUT_FILE };
void map_writer_keep(struct map_writer *w, struct block_cache *c, int number,
    enum map_copy copy);
/* After the commit: the image, which is the caller's, or NULL when there was
 * no room; then there is a file. */
struct map_image *map_writer_image(struct map_writer *w);
/* The picked rows of b, as one block; with their hashes. */
int  map_writer_put(struct map_writer *w, int part, const struct batch *b,
    uint64_t rowset, struct err *e);
/* rows entries of any other bytes. */
int  map_writer_bytes(struct map_writer *w, int part, int rows, const char *p,
    size_t n, struct err *e);
/* A block that is packed already: *b says what it is. */
int  map_writer_packed(struct map_writer *w, const struct block *b,
    const char *packed, uint64_t rowset, struct err *e);
/* Makes the map appear and tells the bytes of the file.  ERR_TEMP when
 * there is no room. */
int  map_writer_commit(struct map_writer *w, int64_t *stored, struct err *e);
/* NULL is fine.  Removes what was not committed. */
void map_writer_free(struct map_writer *w);

/* Writes an image as the file of a map. */
int  map_file_save(const struct map_image *m, const char *prefix, int map,
    int attempt, struct err *e);

/* A map opened for reading: ERR_LOST when it is not there or damaged. */
struct map_file {
	int fd;                         /* -1: it is an image */
	struct shuffle_index index;
	char *bytes;                    /* of the index: owned */
	struct map_image *image;        /* held, its index is the one above */
};
int  map_file_open(struct map_file *f, const char *prefix, int map,
    int attempt, struct err *e);
void map_file_close(struct map_file *f);
/* The same for one in memory; the reference is taken over. */
void map_file_of_image(struct map_file *f, struct map_image *m);

/* Blocks of the partitions [lo, hi) in the index: n of them from *first on;
 * negative when it has not so many partitions. */
int64_t map_file_blocks(const struct map_file *f, int lo, int hi,
    uint64_t *first);

/* Removes the file, if it is there. */
void map_file_remove(const char *prefix, int map, int attempt);

#endif
