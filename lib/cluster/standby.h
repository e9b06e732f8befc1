/*
 * standby -- which of several masters is the active one.
 *
 * The masters of a cluster tell each other twice a second whether they are
 * active and in which epoch.  A master takes over when each other one is
 * gone (nothing listens there, or it is silent for STANDBY_SILENT_MS) or is
 * passive too and was started later; its epoch is higher than all that it
 * has heard of.  An active one that hears of another with a higher epoch
 * yields: it forgets what it knows and is a standby from then on.
 *
 * Masters that cannot hear each other may both be active.  That costs no
 * safety: cores belong to the worker, which is registered with one master at
 * a time and takes orders only over that connection.  It costs order (each
 * sees its own workers) until they hear each other again.
 *
 * Pure: time arrives with each call.
 */
#ifndef CLUSTER_STANDBY_H
#define CLUSTER_STANDBY_H

#include <stdint.h>

enum {
	STANDBY_PEERS = 8,
	STANDBY_SAY_MS = 500,           /* how often a master says who it is */
	STANDBY_SILENT_MS = 5000,       /* without a word: it is gone */
};

struct standby_word {           /* what a master says of itself */
	uint64_t id;            /* smaller: it was started earlier */
	int64_t epoch;
	int  active;
};

struct standby_peer {
	struct standby_word word;       /* the last; id 0: none yet */
	int64_t heard_ms;
	int  nobody;            /* nothing listens at its address */
};

struct standby {
	struct standby_word own;
	struct standby_peer peer[STANDBY_PEERS];
	int  npeer;
	int64_t begun_ms;
	int  followed;          /* has heard an active one it gives way to */
};

/* The epoch after this one.  Two masters that cannot hear each other may both
 * begin one: the rest by EPOCH_STEP keeps theirs apart. */
int64_t standby_next_epoch(int64_t epoch, uint64_t id);

enum standby_move { STANDBY_STAY, STANDBY_TAKE, STANDBY_YIELD };

/* id: not 0, different in each process, growing with time.  npeer: addresses
 * of masters, one's own may be among them.  epoch: that of the journal. */
void standby_init(struct standby *s, uint64_t id, int npeer, int64_t epoch,
    int64_t now_ms);

/* Peer number i says this of itself; it may turn out to be ourselves.  An
 * epoch that cannot be is not listened to: ours would follow it. */
void standby_heard(struct standby *s, int i, const struct standby_word *w,
    int64_t now_ms);

/* A connection to peer i was refused: nobody listens there. */
void standby_nobody(struct standby *s, int i);

/* What is to be done now; own is changed by then: TAKE sets the new epoch. */
enum standby_move standby_decide(struct standby *s, int64_t now_ms);

/* The peer that is active, or -1. */
int standby_active(const struct standby *s, int64_t now_ms);

#endif
