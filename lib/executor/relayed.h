/*
 * relayed -- the block_source of a broadcast: it asks the driver from where
 * to fetch (driver/relay.h), and leaves copies for others.
 *
 * What comes over the network is also written as map files of the same names
 * into our directory of map outputs, once it was checked; there the block
 * server finds it for other nodes, and executors of our node open it.  A copy
 * is for the attempt of the map that it was read from, as its name says.  A
 * copy that cannot be read or is damaged costs time only: what is missing
 * comes from another place, at last from the map outputs themselves, and only
 * their loss is a loss.
 */
#ifndef EXECUTOR_RELAYED_H
#define EXECUTOR_RELAYED_H

#include <stdatomic.h>
#include <stdbool.h>

struct arena;
struct block_source;
struct made_maps;
struct outbox;
struct relayed;
struct serve;

struct relayed_conf {
	const struct block_source *plain;       /* all is borrowed */
	struct serve *serve;
	struct outbox *out;
	const _Atomic int *cancel;
	const char *maps;               /* directory of map files */
	struct made_maps *made;         /* of ours */
	int job, stage;                 /* from 0 */
	int npart;
};

/* In the arena; freed with it, after relayed_close. */
struct relayed *relayed_new(struct arena *a, const struct relayed_conf *conf);
void relayed_close(struct relayed *r);  /* nobody fetches; NULL is fine */

const struct block_source *relayed_source(const struct relayed *r);

/* In the loop's thread.  Whether to ask at all; and the answer: the fetcher's
 * number of the place, -1: where the map outputs are. */
void relayed_wanted(struct relayed *r, bool wanted);
void relayed_go(struct relayed *r, int place);

#endif
