/*
 * fetch_state -- what fetch.c (places, files of this node) and
 * fetch_stream.c (servers) share.
 */
#ifndef TRANSFER_FETCH_STATE_H
#define TRANSFER_FETCH_STATE_H

#include <pthread.h>

#include "base/arena.h"
#include "transfer/fetch.h"
#include "transfer/map_cache.h"

enum { IDLE_MAX = 4 };                  /* kept connections of a place */

struct peer;

struct place {                          /* never changes but for idle */
	struct block_place where;       /* address without the directory */
	int number;
	struct peer *idle[IDLE_MAX];
	int64_t idle_ms[IDLE_MAX];      /* since when */
	int nidle;
};

struct fetcher {
	struct fetch_conf conf;
	pthread_mutex_t lock;
	struct arena arena;
	struct place **place;
	int nplace, cap;
	struct map_cache *cache;
	int64_t swept_ms;               /* when the cache was last */
	struct fetch_figures figures;
};

struct source {                         /* of one exchange */
	struct block_source source;
	struct fetcher *f;
	int job, stage;
	const _Atomic int *cancel;      /* or NULL */
};

static inline bool
source_cancelled(const struct source *s)
{
	return s->cancel && atomic_load(s->cancel);
}

/* One call of fetch. */
struct call {
	const struct source *s;
	const struct block_want *want;
	int n;
	bool list_only;
	const struct block_sink *sink;
	struct lost *lost;
	struct fetch_figures figures;
};

struct streams;

/* Begins to ask the servers of all wants that are not marked as local. */
int  streams_open(struct streams **out, struct call *c, const bool *local,
    struct err *e);
/* Until all has come. */
int  streams_run(struct streams *s, struct err *e);
void streams_close(struct streams *s);

/* The place of a number. */
struct place *fetcher_at(struct fetcher *f, int number);

#endif
