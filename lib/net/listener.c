/*
 * listener -- see listener.h.
 *
 * Those in the door are a list, oldest first: all have the same time limit,
 * so one timer for the first is enough.  After conn_refuse a stranger stays
 * in the list until its REFUSED is out or its time is up.  Why it goes is
 * told to a stranger only if it has the key: before that nothing is written
 * but the handshake.
 *
 * Out of descriptors, the listener does not look at its socket for a while:
 * the backlog of the kernel keeps them, and the loop does not spin.
 */
#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/address.h"
#include "net/loop.h"

enum {
	TURN_ACCEPTS = 64,
	REST_MS = 100,          /* after accept failed */
};

struct stranger {
	struct listener *l;
	struct conn *c;
	int64_t until_ms;
	struct stranger *prev, *next;
};

struct listener {
	struct listener_conf conf;
	struct watch *watch;
	struct stranger *first, *last;
	struct timer late, rest;
	struct listener_figures figures;
};

static void listener_clock(struct listener *l);

static void
stranger_unlink(struct stranger *s)
{
	struct listener *l = s->l;

	if (s->prev)
		s->prev->next = s->next;
	else
		l->first = s->next;
	if (s->next)
		s->next->prev = s->prev;
	else
		l->last = s->prev;
	l->figures.half_open--;
	free(s);
	listener_clock(l);
}

static void
stranger_refused(struct stranger *s, const struct err *why)
{
	struct listener *l = s->l;
	struct address a;
	struct text t = { 0 };

	l->figures.refused++;
	if (l->conf.refused) {
		address_remote(&a, conn_fd(s->c));
		address_print(&t, &a);
		l->conf.refused(l->conf.arg, text_str(&t), why);
		text_release(&t);
	}
	conn_close(s->c);
	stranger_unlink(s);
}

/* conn hands on nothing but a good HELLO here. */
static void
stranger_frame(void *arg, struct conn *c, int type, const char *body,
    size_t n)
{
	struct stranger *s = arg;
	struct listener *l = s->l;
	void *guest;

	(void)type;
	(void)body;
	(void)n;
	conn_owner(c, l->conf.ops, NULL);
	guest = l->conf.guest(l->conf.arg, c, conn_identity(c));
	stranger_unlink(s);
	if (guest == NULL) {
		l->figures.refused++;
		conn_close(c);
		return;
	}
	l->figures.guests++;
	conn_owner(c, l->conf.ops, guest);
}

static void
stranger_closed(void *arg, struct conn *c, const struct err *why)
{
	static const struct err gone = { .kind = ERR_TEMP,
	    .code = EXIT_PROTOCOL, .text = "closed before its greeting" };

	(void)c;
	stranger_refused(arg, why->kind ? why : &gone);
}

static const struct conn_ops stranger_ops = { stranger_frame,
    stranger_closed };

static void
listener_clock(struct listener *l)
{
	int64_t left;

	timer_drop(l->conf.loop, &l->late);
	if (l->first == NULL)
		return;
	left = l->first->until_ms - clock_mono_ms();
	timer_set(l->conf.loop, &l->late, left > 0 ? (int)left : 0);
}

static void
listener_late(void *arg)
{
	struct listener *l = arg;
	struct err e = { 0 };
	int64_t now = clock_mono_ms();

	while (l->first && l->first->until_ms <= now) {
		l->figures.late++;
		err_set(&e, ERR_TEMP, "did not greet within %d ms",
		    l->conf.hello_ms);
		e.code = EXIT_TIMEOUT;
		conn_refuse(l->first->c, &e);
		stranger_refused(l->first, &e);
	}
	listener_clock(l);
}

static void
listener_rested(void *arg)
{
	struct listener *l = arg;

	watch_set(l->watch, LOOP_IN);
}

static void
stranger_new(struct listener *l, int fd)
{
	struct tls *tls = NULL;
	struct stranger *s;
	struct conn *c;
	struct err e = { 0 };

	if (l->figures.half_open >= l->conf.half_open) {
		l->figures.pushed_out++;
		err_set(&e, ERR_TEMP, "pushed out of the door: %d others wait",
		    l->figures.half_open);
		e.code = EXIT_UNAVAILABLE;
		conn_refuse(l->first->c, &e);
		stranger_refused(l->first, &e);
	}
	if (l->conf.key_of && tls_server(&tls, fd, l->conf.key_of,
	    l->conf.key_arg, &e) < 0) {
		close(fd);
		return;
	}
	s = xcalloc(1, sizeof *s);
	c = conn_new(l->conf.loop, fd, fd, tls, &stranger_ops, s);
	if (c == NULL) {
		tls_free(tls);
		close(fd);
		free(s);
		return;
	}
	*s = (struct stranger){ l, c, clock_mono_ms() + l->conf.hello_ms,
	    l->last, NULL };
	if (l->last)
		l->last->next = s;
	else
		l->first = s;
	l->last = s;
	if (l->figures.half_open++ == 0)
		listener_clock(l);
	conn_hello(c, l->conf.role, l->conf.peers);
}

static void
listener_ready(void *arg, int events)
{
	struct listener *l = arg;

	(void)events;
	for (int i = 0; i < TURN_ACCEPTS; i++) {
		int fd = address_accept(l->conf.fd);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
		    errno == ENOBUFS || errno == ENOMEM)) {
			watch_set(l->watch, 0);
			timer_set(l->conf.loop, &l->rest, REST_MS);
		}
		if (fd < 0 && (errno == ECONNABORTED || errno == EINTR))
			continue;
		if (fd < 0)
			return;
		l->figures.accepted++;
		stranger_new(l, fd);
	}
}

int
listener_open(struct listener **out, const struct listener_conf *conf,
    struct err *e)
{
	struct listener *l = xcalloc(1, sizeof *l);

	*out = NULL;
	l->conf = *conf;
	if (l->conf.half_open == 0)
		l->conf.half_open = LISTENER_HALF_OPEN;
	if (l->conf.hello_ms == 0)
		l->conf.hello_ms = LISTENER_HELLO_MS;
	l->late = (struct timer){ .fire = listener_late, .arg = l };
	l->rest = (struct timer){ .fire = listener_rested, .arg = l };
	/* Everything that can be missing is found now, not by the first. */
	if (conf->key_of && tls_load(e) < 0) {
		close(conf->fd);
		free(l);
		return e->kind;
	}
	l->watch = loop_watch(conf->loop, conf->fd, LOOP_IN, listener_ready,
	    l);
	if (l->watch == NULL) {
		err_sys(e, "could not watch a socket");
		close(conf->fd);
		free(l);
		return e->kind;
	}
	*out = l;
	return 0;
}

void
listener_close(struct listener *l)
{
	if (l == NULL)
		return;
	while (l->first) {
		conn_close(l->first->c);
		stranger_unlink(l->first);
	}
	timer_drop(l->conf.loop, &l->late);
	timer_drop(l->conf.loop, &l->rest);
	watch_drop(l->watch);
	close(l->conf.fd);
	free(l);
}

const struct listener_figures *
listener_figures(const struct listener *l)
{
	return &l->figures;
}
