/*
 * wake -- a bell that any thread may ring for another one's loop.
 *
 * The loop watches fd for LOOP_IN, and its ready function calls wake_clear
 * and then looks for what is new: rings before the clear are one.
 */
#ifndef NET_WAKE_H
#define NET_WAKE_H

struct err;

struct wake {
	int fd;                 /* an eventfd; -1: closed */
};

int wake_open(struct wake *w, struct err *e);
void wake_close(struct wake *w);

/* Any thread, also a signal handler. */
void wake_ring(struct wake *w);
void wake_clear(struct wake *w);

#endif
