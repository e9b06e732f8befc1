/*
 * loop -- see loop.h.
 *
 * Level-triggered.  A watch with nothing to watch for is taken out of epoll,
 * because EPOLLHUP would be reported for ever.  A dropped watch may still be
 * in the list of events of this turn: it is marked, and freed after it.
 */
#include "net/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

enum { TURN_EVENTS = 64 };

struct watch {
	struct loop *loop;
	int fd, events;
	void (*ready)(void *arg, int events);   /* NULL: dropped */
	void *arg;
	struct watch *next;     /* dropped ones */
};

struct loop {
	int epoll;
	struct watch *dropped;
	struct deferred **defer;
	int ndefer, cap;
	struct timer *timers;   /* the next one first */
};

struct loop *
loop_new(struct err *e)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct loop *l;

	if (fd < 0) {
		err_sys(e, "could not make an event loop");
		return NULL;
	}
	l = xcalloc(1, sizeof *l);
	l->epoll = fd;
	return l;
}

static void
sweep(struct loop *l)
{
	while (l->dropped) {
		struct watch *w = l->dropped;

		l->dropped = w->next;
		free(w);
	}
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	sweep(l);
	close(l->epoll);
	free(l->defer);
	free(l);
}

static int
watch_change(struct watch *w, int op, int events)
{
	struct epoll_event ev = { .data.ptr = w };

	if (events & LOOP_IN)
		ev.events |= EPOLLIN | EPOLLRDHUP;
	if (events & LOOP_OUT)
		ev.events |= EPOLLOUT;
	return epoll_ctl(w->loop->epoll, op, w->fd, &ev);
}

struct watch *
loop_watch(struct loop *l, int fd, int events,
    void (*ready)(void *arg, int events), void *arg)
{
	struct watch *w = xcalloc(1, sizeof *w);

	*w = (struct watch){ l, fd, events, ready, arg, NULL };
	/* Asked even if there is nothing to watch for yet: can it be? */
	if (watch_change(w, EPOLL_CTL_ADD, events) < 0) {
		free(w);
		return NULL;
	}
	if (events == 0)
		watch_change(w, EPOLL_CTL_DEL, 0);
	return w;
}

void
watch_set(struct watch *w, int events)
{
	if (events == w->events)
		return;
	watch_change(w, events == 0 ? EPOLL_CTL_DEL :
	    w->events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, events);
	w->events = events;
}

void
watch_drop(struct watch *w)
{
	if (w == NULL)
		return;
	watch_set(w, 0);
	w->ready = NULL;
	w->next = w->loop->dropped;
	w->loop->dropped = w;
}

void
loop_defer(struct loop *l, struct deferred *d)
{
	if (d->at)
		return;
	if (l->ndefer == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->defer = xrealloc(l->defer,
		    sizeof *l->defer * (size_t)l->cap);
	}
	l->defer[l->ndefer++] = d;
	d->at = l->ndefer;
}

void
loop_undefer(struct loop *l, struct deferred *d)
{
	if (d->at)
		l->defer[d->at - 1] = NULL;
	d->at = 0;
}

/* Those that are deferred meanwhile have their turn in the next one. */
static int
run_deferred(struct loop *l)
{
	int n = l->ndefer, called = 0, left = 0;

	for (int i = 0; i < n; i++) {
		struct deferred *d = l->defer[i];

		if (d == NULL)
			continue;
		l->defer[i] = NULL;
		d->at = 0;
		called++;
		d->run(d->arg);
	}
	for (int i = n; i < l->ndefer; i++) {
		if (l->defer[i] == NULL)
			continue;
		l->defer[left] = l->defer[i];
		l->defer[left]->at = left + 1;
		left++;
	}
	l->ndefer = left;
	return called;
}

void
timer_set(struct loop *l, struct timer *t, int ms)
{
	struct timer **p = &l->timers;

	timer_drop(l, t);
	t->at_ms = clock_mono_ms() + ms;
	while (*p && (*p)->at_ms <= t->at_ms)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
}

void
timer_drop(struct loop *l, struct timer *t)
{
	struct timer **p = &l->timers;

	if (t->at_ms == 0)
		return;
	while (*p && *p != t)
		p = &(*p)->next;
	if (*p)
		*p = t->next;
	t->at_ms = 0;
	t->next = NULL;
}

/* Only those that are due now: one that sets itself anew with 0 ms must not
 * keep the loop here. */
static int
run_timers(struct loop *l)
{
	int called = 0;
	int64_t now;

	if (l->timers == NULL)
		return 0;
	now = clock_mono_ms();
	for (int i = 0; l->timers && l->timers->at_ms <= now && i < 1000;
	    i++) {
		struct timer *t = l->timers;

		timer_drop(l, t);
		called++;
		t->fire(t->arg);
	}
	return called;
}

static int
wait_ms(const struct loop *l, int timeout_ms)
{
	int64_t left;

	if (l->ndefer)
		return 0;
	if (l->timers == NULL)
		return timeout_ms < 0 ? -1 : timeout_ms;
	left = l->timers->at_ms - clock_mono_ms();
	if (left < 0)
		left = 0;
	return timeout_ms < 0 || left < timeout_ms ? (int)left : timeout_ms;
}

static int
run_ready(const struct epoll_event *ev, int n)
{
	int called = 0;

	for (int i = 0; i < n; i++) {
		struct watch *w = ev[i].data.ptr;
		int got = 0;

		if (w->ready == NULL)
			continue;
		if (ev[i].events & (EPOLLIN | EPOLLRDHUP))
			got |= LOOP_IN;
		if (ev[i].events & EPOLLOUT)
			got |= LOOP_OUT;
		if (ev[i].events & (EPOLLHUP | EPOLLERR))
			got |= LOOP_IN | LOOP_OUT;
		got &= w->events;
		if (got) {
			called++;
			w->ready(w->arg, got);
		}
	}
	return called;
}

int
loop_once(struct loop *l, int timeout_ms, struct err *e)
{
	struct epoll_event ev[TURN_EVENTS];
	int called = run_deferred(l);
	int n = epoll_wait(l->epoll, ev, TURN_EVENTS,
	    wait_ms(l, called ? 0 : timeout_ms));

	if (n < 0 && errno != EINTR)
		return err_sys(e, "could not wait for events");
	if (n > 0)
		called += run_ready(ev, n);
	called += run_timers(l);
	called += run_deferred(l);
	sweep(l);
	return called;
}
