/*
 * fetch -- the block_source (store/mirror.h) of an executor: blocks from
 * files of this node and from block servers of others.
 *
 *	fetcher_new(&f, &conf, e);
 *	place = fetcher_place(f, &where);
 *	exchange_mirror(&x, &xconf, fetch_source(f, arena, job, stage), e);
 *	exchange_place(x, map, place, attempt);
 *
 * One thread's call reads from many servers at once, as many as keep what is
 * under way below in_flight bytes: each stream has a share of them as its
 * window, asks for no more than that, and renews it as it passes blocks on.
 * Connections are kept and used again.  A
 * server that does not answer is tried again; then its place is lost
 * (map -1).  A map that a server refuses is lost alone.
 */
#ifndef TRANSFER_FETCH_H
#define TRANSFER_FETCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/mirror.h"

struct arena;
struct block_cache;
struct err;
struct fetcher;

struct fetch_conf {
	const char *app;                /* identity; borrowed, as is key */
	const unsigned char *key;       /* 32 bytes; NULL: without TLS (tests) */
	const char *node;               /* our node_id; "": never direct */
	int64_t in_flight;              /* spark.reducer.maxSizeInFlight, 0:
	                                 * 48 MB */
	int retries;                    /* spark.shuffle.io.maxRetries, -1: 3 */
	int retry_ms;                   /* ... retryWait, 0: 1 s; on the
	                                 * average of three retries */
	int connect_ms, read_ms;        /* 0: 10 s, 60 s; of the last try:
	                                 * each before it has half as long */
	bool pack;                      /* servers may pack blocks */
	struct block_cache *kept;       /* maps of job 0 that are in memory, */
	const char *kept_dir;           /* as files of this directory; or NULL */
};

/* Where maps are.  NULL is as good as "". */
struct block_place {
	const char *node;               /* node_id there */
	const char *address;            /* of the server: HOST:PORT, or
	                                 * HOST:PORT/N, which is number N */
	const char *dir;                /* path there */
	int number;                     /* of the directory at the server */
};

int  fetcher_new(struct fetcher **out, const struct fetch_conf *conf,
    struct err *e);
void fetcher_free(struct fetcher *f);   /* no call is under way */

/* The number of a place: the same one for the same place.  Thread-safe, as
 * is all below. */
int  fetcher_place(struct fetcher *f, const struct block_place *where);

/* Are the files of the place on our node; are two places on one node? */
bool fetcher_is_here(struct fetcher *f, int place);
bool fetcher_same_node(struct fetcher *f, int a, int b);

/* A source for one exchange, in the arena; lives as long as both. */
const struct block_source *fetch_source(struct fetcher *f, struct arena *a,
    int job, int stage);

/* Its calls give up soon when *cancel is not 0. */
void fetch_until(const struct block_source *s, const _Atomic int *cancel);

/* The job is over: its files are closed. */
void fetcher_forget(struct fetcher *f, int job);

struct fetch_figures {
	int64_t local_bytes, remote_bytes;      /* as they were read, came */
	int64_t unpacked_bytes;         /* of the latter, had they come plain */
	int64_t blocks, retries, wait_us;       /* wait: nothing had come */
};
struct fetch_figures fetcher_figures(struct fetcher *f);

/* What this thread's calls have come to since it asked last. */
struct fetch_figures fetch_tally(void);

#endif
