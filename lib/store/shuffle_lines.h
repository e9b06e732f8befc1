/*
 * shuffle_lines -- lines of text through shuffle files: the bodies of
 * sp-shuffle's commands.
 *
 * Writing: each thread takes a stretch of some MiB of the input, scatters its
 * lines by the hash of their key, and waits for its turn to find a place for
 * the blocks.  So the files are the same bytes for any number of threads, and
 * the rows of a partition keep their order.
 */
#ifndef STORE_SHUFFLE_LINES_H
#define STORE_SHUFFLE_LINES_H

#include "store/shuffle.h"

enum { SHUFFLE_KEYS_MAX = 64 };

struct lines_conf {
	int in;                         /* descriptor to read */
	const char *dir;
	int map, npart, threads;
	char separator;
	int nkey;                       /* 0: the whole line is the key */
	int key[SHUFFLE_KEYS_MAX];      /* columns from 0; missing: empty */
	enum block_how how;
	size_t line_max;                /* longer ones are EXIT_DATA */
};

/* Reads lines until the end and makes one map of them. */
int lines_write(const struct lines_conf *conf, struct err *e);

/* The hash that chooses the partition: of the key's bytes, several columns
 * combined in their order.  The line has no newline. */
uint64_t lines_hash(const struct lines_conf *conf, const char *p, size_t n);

/* Partitions that a list like "3", "0-7" or "1,4-5" names, in its order, as
 * an array in the arena; returns how many.  EXIT_USAGE. */
int lines_parts(struct arena *a, const char *list, uint32_t npart,
    uint32_t **part, struct err *e);

/* Writes all rows of these partitions to fd; of one partition, map by map.
 * No byte of a damaged block is written. */
int lines_read(const struct shuffle_maps *m, const uint32_t *part, int npart,
    int fd, int threads, struct err *e);

/* Joins the maps into one: each partition in one piece, small blocks of
 * lines put together. */
int shuffle_merge(const struct shuffle_maps *m, const char *dir, int map,
    enum block_how how, struct err *e);

/* Sizes of each partition: a table with a head line, or one JSON object. */
enum stat_form { STAT_TABLE, STAT_JSON };
void shuffle_stat(const struct shuffle_maps *m, enum stat_form form,
    struct text *to);

/* Reads every block of every map; one line in the report for each that is
 * damaged.  0: all right, 1: not. */
int shuffle_verify(const struct shuffle_maps *m, struct text *report,
    struct err *e);

#endif
