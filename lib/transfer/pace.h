/*
 * pace -- is the network the slow part of a connection?  Then blocks go out
 * packed.
 *
 * The kernel counts the bytes that were acknowledged, and the time in which
 * there were some on their way and the reader had room (TCP_INFO): neither a
 * busy processor nor a reader who pauses makes a connection slow.  Packing
 * begins below the speed of the codec on one core and ends somewhat above it;
 * bytes that do not become fewer are left as they are for a while.
 */
#ifndef TRANSFER_PACE_H
#define TRANSFER_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace_look {
	int64_t acked;          /* bytes since the beginning */
	int64_t busy_us;        /* some were on their way; of which: */
	int64_t reader_us;      /* the reader had no room */
};

struct pace {
	bool pack;              /* the answer */
	int64_t plain;          /* bytes that are not packed before the next
	                         * try */
	struct pace_look last;  /* that was judged */
};

/* What the kernel says of a socket; false: it is no TCP connection. */
bool pace_of(struct pace_look *to, int fd);

/* Decides anew. */
void pace_judge(struct pace *p, const struct pace_look *now);

/* Bytes of blocks have become so many; equal when they were not packed. */
void pace_made(struct pace *p, int64_t raw, int64_t packed);

#endif
