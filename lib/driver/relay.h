/*
 * relay -- who fetches a broadcast from where, so that it crosses the network
 * once to each node and no place serves many at a time.
 *
 * An executor asks before it fetches.  The first of a node is sent to the map
 * outputs themselves or to a copy that an executor of another node has made
 * meanwhile, whichever serves fewer, at most RELAY_READERS at a time; it
 * makes a copy of what it gets.  The others of the node wait for this copy and
 * read its files.  Nobody waits longer than the limits below: a copy saves
 * traffic, nothing depends on one.
 *
 * Pure: times come in, answers go out.
 */
#ifndef DRIVER_RELAY_H
#define DRIVER_RELAY_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RELAY_READERS = 2,
	RELAY_BUSY_MS = 5000,           /* waits for a place that is not busy */
	RELAY_NODE_MS = 60000,          /* waits for its node's copy */
};

struct relay;

struct relay *relay_new(void);
void relay_free(struct relay *r);       /* NULL is fine */

/* Who asks: an executor, its place and its node (numbers). */
struct relay_who {
	int exec, place, node;
};

/* It wants the outputs of a stage.  failed: a place whose copy could not be
 * read, which is given to nobody any more; -1. */
void relay_ask(struct relay *r, int stage, const struct relay_who *who,
    int failed, int64_t now_ms);

/* What it was sent to is over; made: it has copies of all that its node did
 * not have. */
void relay_end(struct relay *r, int stage, int exec, bool made);

/* It is gone, with its copies. */
void relay_gone(struct relay *r, int exec);

/* Map outputs of the stage have moved: there are no copies of them. */
void relay_moved(struct relay *r, int stage);

struct relay_answer {
	int stage, exec, place;         /* -1: where the map outputs are */
};
/* The next one that is due; false: none is. */
bool relay_next(struct relay *r, int64_t now_ms, struct relay_answer *out);

#endif
