/*
 * serve -- an executor's share in the exchange of blocks: it serves its map
 * outputs, and knows where those of the others are.
 */
#ifndef EXECUTOR_SERVE_H
#define EXECUTOR_SERVE_H

#include <pthread.h>

#include "base/arena.h"
#include "executor/job_msg.h"
#include "executor/task_msg.h"
#include "store/mirror.h"

struct serve {
	struct arena arena;
	pthread_mutex_t lock;           /* of place */
	struct place_msg *place;
	int nplace, place_cap;
	const char *node, *address, *dir;
};

/* dir: where map outputs are published. */
int  serve_open(struct serve *s, const struct setup_msg *m, const char *dir,
    struct err *e);
void serve_close(struct serve *s);

/* Brings the blocks of a stage of a job (from 1); its state lives in the
 * arena. */
struct block_source serve_source(struct serve *s, struct arena *a, int job,
    int stage);

/* Fills in all but the process number. */
void serve_tell(const struct serve *s, struct ready_msg *m);

/* A place that map outputs may be at. */
int  serve_place(struct serve *s, const struct place_msg *m, struct err *e);

#endif
