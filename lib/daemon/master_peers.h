/*
 * master_peers -- the connections of a master to the other masters of its
 * cluster, around the machine of cluster/standby.h.
 *
 * Each master dials every address of the list, its own among them, says who
 * it is and is answered with the same.  Without a list there is nobody to
 * ask and the master is active at once.
 */
#ifndef DAEMON_MASTER_PEERS_H
#define DAEMON_MASTER_PEERS_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/standby.h"

struct err;
struct loop;
struct master_peers;
struct text;

/* Who waits for a lock is in no other's way and takes nothing over. */
enum master_lock { MASTER_HAS_LOCK, MASTER_WAITS_FOR_LOCK };

struct master_peers_conf {
	struct loop *loop;
	const char *masters;            /* as in daemon/dial.h, or NULL */
	const unsigned char *key;       /* borrowed */
	int64_t epoch;                  /* of the journal */
	enum master_lock lock;
	/* The master is active, or a standby, from now on; also when an
	 * active one is heard of for the first time (STAY). */
	void (*moved)(void *arg, enum standby_move move);
	void *arg;
};

/* EXIT_USAGE for a list that cannot be read.  moved() may be called from
 * inside: with TAKE when there is nobody to ask. */
int master_peers_open(struct master_peers **out,
    const struct master_peers_conf *conf, struct err *e);
void master_peers_close(struct master_peers *p);

/* What this master says of itself, as the body of a MASTER_STATE. */
void master_peers_print(const struct master_peers *p, struct text *to);

const struct standby_word *master_peers_word(const struct master_peers *p);

/* The epoch of the active machine went up by itself. */
void master_peers_epoch(struct master_peers *p, int64_t epoch);

/* It waits for the lock no more. */
void master_peers_has_lock(struct master_peers *p);

/* The address of the active one, or "". */
void master_peers_active(const struct master_peers *p, struct text *to);

#endif
