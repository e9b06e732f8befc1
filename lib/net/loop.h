/*
 * loop -- one thread's event loop, over epoll.
 *
 * Everything on a loop (watches, timers, conns) belongs to the thread that
 * runs it; other threads reach it through a wake (net/wake.h).  A turn
 * (loop_once) runs what was deferred, waits, calls the ready functions and
 * the timers that are due, and runs what they deferred: so all that a turn
 * puts into a connection leaves it in one write.  Functions may drop any
 * watch, their own too, and may not call loop_once.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdint.h>

struct err;
struct loop;
struct watch;

enum { LOOP_IN = 1, LOOP_OUT = 2 };

struct loop *loop_new(struct err *e);           /* NULL: *e says why */

/* All watches must be dropped before. */
void loop_free(struct loop *l);

/* Calls ready(arg, events) whenever fd is ready for some of events (also
 * when it has an error or the other side is gone).  events 0: not watched
 * for now.  Two watches of one descriptor are not possible.  Ends the
 * process with EXIT_OSERR without memory; NULL with errno set if the kernel
 * refuses (EPERM: a regular file, which is always ready). */
struct watch *loop_watch(struct loop *l, int fd, int events,
    void (*ready)(void *arg, int events), void *arg);
void watch_set(struct watch *w, int events);

/* Before the descriptor is closed.  NULL is allowed. */
void watch_drop(struct watch *w);

/* A function that runs once, at the end of this turn or the beginning of
 * the next; deferring it twice is once.  The struct is the caller's. */
struct deferred {
	void (*run)(void *arg);
	void *arg;
	int   at;               /* loop's: place in the list + 1; 0: not in it */
};
void loop_defer(struct loop *l, struct deferred *d);
void loop_undefer(struct loop *l, struct deferred *d);

/* A function that runs once, ms from now; setting it again moves it.  The
 * struct is the caller's; few a loop (they are a sorted list). */
struct timer {
	void (*fire)(void *arg);
	void *arg;
	int64_t at_ms;          /* loop's: clock_mono_ms() then; 0: not set */
	struct timer *next;     /* loop's */
};
void timer_set(struct loop *l, struct timer *t, int ms);
void timer_drop(struct loop *l, struct timer *t);

/* One turn; waits at most timeout_ms (< 0: for ever).  Returns the number
 * of functions called (0: nothing happened), < 0 if the kernel fails. */
int loop_once(struct loop *l, int timeout_ms, struct err *e);

#endif
