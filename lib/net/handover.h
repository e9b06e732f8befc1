/*
 * handover -- streams that go from one process to the next of the same user.
 *
 * A keeper is a small process that holds the streams of programs that nobody
 * uses right now.  It listens at a name (an abstract Unix socket: no file
 * stays behind, however it ends) and gives all it has to the first who calls
 * and has the same user id; then, or when its time is up, it ends.  With it
 * the streams end that nobody has taken, and so do the programs at their
 * other ends.
 */
#ifndef NET_HANDOVER_H
#define NET_HANDOVER_H

#include <stdint.h>

struct err;

enum { HANDOVER_CALL_MS = 2000 };       /* for a keeper to give */

struct handover {
	int slot;                       /* the owner's number for it */
	int stream;                     /* both ways */
	int errors;                     /* what it says on stderr, read end */
};

/* Listens at the name.  Returns the descriptor, < 0: somebody else does, or
 * the kernel refuses. */
int handover_listen(uint64_t name, struct err *e);

/* Calls a keeper.  Returns a descriptor for handover_get, or -1: there is
 * none, or it is another user's. */
int handover_call(uint64_t name);

/* Passes copies of h's descriptors on; the caller still has its own. */
int handover_put(int to, const struct handover *h, struct err *e);

/* The next one: 1; 0: that was all; -1: nothing came in time.  The
 * descriptors close on exec. */
int handover_get(int from, struct handover *h);

/* The keeper's life: takes what comes from "from", then waits at most ms for
 * a call.  Streams that end meanwhile are closed. */
void handover_keep(int listener, int from, int64_t ms);

#endif
