/*
 * conn -- see conn.h.
 *
 * Sending appends to one buffer, which is written once at the end of the
 * loop's turn (earlier when it passes EAGER bytes, so that a long turn does
 * not pile up what the kernel would take); reading takes up to FRAMER_READ
 * bytes a call and as many frames as are in them.  A large body is written
 * from where it is, and only what the kernel does not take is copied.  A
 * turn reads at most TURN_READS times from one conn: others have theirs,
 * too.  An idle conn has no buffers: a daemon may have thousands of them.
 * Both ends in one thread over a socketpair pass 5 to 8 million frames of 16
 * bytes a second on one core (tests/unit/t_net_conn.c prints it), both ends
 * of TLS some 850 MB/s (t_net_tls.c).
 *
 * A stream that cannot be written any more is read to its end first: what
 * the other side said last often says why.
 */
#include "net/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/framer.h"
#include "net/link.h"
#include "net/loop.h"
#include "net/proto.h"

enum {
	EAGER = 256 << 10,      /* queued bytes that are written at once */
	LARGE = 32 << 10,       /* a body that is not copied first */
	KEEP = 16 << 10,        /* a buffer that is kept though it is empty */
	REFUSE_MS = 5000,       /* for the other side to take a REFUSED */
	TURN_READS = 8,
};

struct conn {
	struct loop *loop;
	struct link link;
	const struct conn_ops *ops;
	void *arg;
	struct framer framer;
	struct watch *win, *wout;       /* the same if in == out */
	struct deferred later;

	char *out;                      /* bytes [head, tail) to be written */
	size_t head, tail, cap;
	struct timer give_up;           /* set while refusing */

	bool ready;             /* the handshake is over */
	bool out_full;          /* the kernel took no more: wait for OUT */
	bool out_in;            /* writing waits for IN (TLS) */
	bool in_out;            /* reading waits for OUT (TLS) */
	bool paused, eof;
	bool broken;            /* nothing can be written any more */
	bool refusing;          /* close once all is written, with *why */
	bool over;              /* ops->closed was called or is not wanted */
	int  busy;              /* calls of the loop into us */
	bool dead;              /* conn_close was called */

	int role, peers;        /* as conn_hello says; 0: unchecked */
	struct hello hello;     /* role 0: none yet */
	struct err *why;        /* what closed() will say; NULL: orderly */
};

static void conn_ready(void *arg, int events);
static void conn_later(void *arg);
static void conn_give_up(void *arg);

struct conn *
conn_new(struct loop *l, int in, int out, struct tls *tls,
    const struct conn_ops *ops, void *arg)
{
	struct conn *c = xcalloc(1, sizeof *c);

	c->win = loop_watch(l, in, LOOP_IN, conn_ready, c);
	c->wout = in == out ? c->win : c->win ?
	    loop_watch(l, out, 0, conn_ready, c) : NULL;
	if (c->wout == NULL) {
		int saved = errno;

		watch_drop(c->win);
		free(c);
		errno = saved;
		return NULL;
	}
	c->loop = l;
	c->ops = ops;
	c->arg = arg;
	c->later = (struct deferred){ conn_later, c, 0 };
	c->give_up = (struct timer){ .fire = conn_give_up, .arg = c };
	link_init(&c->link, in, out, tls);
	framer_init(&c->framer, FRAME_SMALL_MAX);
	c->ready = tls == NULL;
	if (tls)
		loop_defer(l, &c->later);
	return c;
}

/* Tells epoll what we wait for. */
static void
conn_watch(struct conn *c)
{
	int in = 0, out = 0;

	if (!c->over && !c->dead) {
		if ((!c->paused && !c->eof && !c->refusing && !c->in_out) ||
		    c->out_in)
			in = LOOP_IN;
		if (c->out_full || c->in_out)
			out = LOOP_OUT;
	}
	if (c->win == c->wout) {
		watch_set(c->win, in | out);
	} else {
		watch_set(c->win, in);
		watch_set(c->wout, out);
	}
}

static void
conn_free(struct conn *c)
{
	watch_drop(c->win);
	if (c->wout != c->win)
		watch_drop(c->wout);
	loop_undefer(c->loop, &c->later);
	timer_drop(c->loop, &c->give_up);
	link_close(&c->link);
	framer_release(&c->framer);
	free(c->out);
	free(c->why);
	free(c);
}

/* The stream is of no use any more; *why is told by the loop. */
static void
conn_break(struct conn *c, const struct err *why)
{
	if (c->why == NULL) {
		c->why = xmalloc(sizeof *c->why);
		*c->why = *why;
	}
	c->broken = true;
	c->head = c->tail = 0;
	c->out_full = c->out_in = false;
	loop_defer(c->loop, &c->later);
}

/* Tells the owner that it is over; only from conn_ready and conn_later. */
static void
conn_over(struct conn *c)
{
	static const struct err orderly;

	if (c->over || c->dead)
		return;
	c->over = true;
	c->head = c->tail = 0;
	c->out_full = c->out_in = c->in_out = false;
	timer_drop(c->loop, &c->give_up);
	conn_watch(c);
	c->ops->closed(c->arg, c, c->why ? c->why : &orderly);
}

/* ---- sending ---- */

static char *
out_room(struct conn *c, size_t n)
{
	size_t have = c->tail - c->head;

	if (have == 0)
		c->head = c->tail = 0;
	if (c->cap - c->tail < n && c->head >= have + n) {
		memmove(c->out, c->out + c->head, have);
		c->head = 0;
		c->tail = have;
	}
	if (c->cap - c->tail < n) {
		size_t cap = c->cap ? c->cap : 4096;
		char *p;

		while (cap < have + n)
			cap *= 2;
		p = xmalloc(cap);
		if (have)
			memcpy(p, c->out + c->head, have);
		free(c->out);
		c->out = p;
		c->head = 0;
		c->tail = have;
		c->cap = cap;
	}
	return c->out + c->tail;
}

/* Goes on with the handshake, if there is one; says whether it is over. */
static bool
conn_shaken(struct conn *c)
{
	struct err e = { 0 };
	int r;

	if (c->ready || c->broken)
		return c->ready;
	r = link_handshake(&c->link, &e);
	c->ready = r == 1;
	c->out_full = r == LINK_AGAIN_OUT;
	c->out_in = r == LINK_AGAIN_IN;
	if (r == LINK_FAILED)
		conn_break(c, &e);
	/* What came with the last of the handshake is inside TLS already:
	 * the descriptor will not say so. */
	if (c->ready && link_pending(&c->link))
		loop_defer(c->loop, &c->later);
	return c->ready;
}

/* Writes p as far as it goes; returns how much that was. */
static size_t
conn_write(struct conn *c, const char *p, size_t n)
{
	struct err e = { 0 };
	size_t done = 0;

	if (!conn_shaken(c))
		return 0;
	c->out_full = c->out_in = false;
	while (done < n) {
		int64_t r = link_write(&c->link, p + done, n - done, &e);

		if (r == LINK_FAILED) {
			conn_break(c, &e);
			return 0;
		}
		if (r < 0) {
			c->out_full = r == LINK_AGAIN_OUT;
			c->out_in = r == LINK_AGAIN_IN;
			break;
		}
		done += (size_t)r;
	}
	return done;
}

void
conn_flush(struct conn *c)
{
	if (c->broken || c->over || (c->head == c->tail && c->ready))
		goto out;
	c->head += conn_write(c, c->out + c->head, c->tail - c->head);
	if (c->head >= c->tail) {
		/* A busy one keeps what it needs, an idle one nothing big. */
		bool idle = c->cap > KEEP && c->tail < c->cap / 4;

		c->head = c->tail = 0;
		if (idle) {
			free(c->out);
			c->out = NULL;
			c->cap = 0;
		}
	}
out:
	conn_watch(c);
}

void
conn_sendv(struct conn *c, int type, const struct iovec *piece, int n)
{
	size_t size = 0;
	char *to;
	int i = 0;

	if (c->broken || c->refusing || c->over || c->dead)
		return;
	for (int k = 0; k < n; k++)
		size += piece[k].iov_len;
	to = out_room(c, FRAME_HEAD + (size < LARGE ? size : 0));
	frame_head_put(to, type, size);
	c->tail += FRAME_HEAD;
	if (size >= LARGE) {
		conn_flush(c);
		for (; i < n && c->head == c->tail && c->ready && !c->broken;
		    i++) {
			const char *p = piece[i].iov_base;
			size_t done = conn_write(c, p, piece[i].iov_len);

			if (c->broken || done == piece[i].iov_len)
				continue;
			memcpy(out_room(c, piece[i].iov_len - done), p + done,
			    piece[i].iov_len - done);
			c->tail += piece[i].iov_len - done;
		}
		if (c->broken)
			return;
	}
	for (; i < n; i++) {
		if (piece[i].iov_len)
			memcpy(out_room(c, piece[i].iov_len),
			    piece[i].iov_base, piece[i].iov_len);
		c->tail += piece[i].iov_len;
	}
	if (c->tail - c->head >= EAGER && !c->out_full && !c->out_in)
		conn_flush(c);
	if (c->out_full || c->out_in)
		conn_watch(c);
	else if (c->head < c->tail)
		loop_defer(c->loop, &c->later);
}

void
conn_send(struct conn *c, int type, const char *body, size_t n)
{
	struct iovec piece = { (void *)(uintptr_t)body, n };

	conn_sendv(c, type, &piece, 1);
}

void
conn_refuse(struct conn *c, const struct err *why)
{
	struct text t = { 0 };

	if (c->broken || c->refusing || c->over || c->dead)
		return;
	refused_print(&t, why);
	conn_send(c, FRAME_REFUSED, t.p, t.n);
	text_release(&t);
	if (c->broken)
		return;
	c->refusing = true;
	c->why = xmalloc(sizeof *c->why);
	*c->why = *why;
	timer_set(c->loop, &c->give_up, REFUSE_MS);
	loop_defer(c->loop, &c->later);
}

/* The other side does not even read why. */
static void
conn_give_up(void *arg)
{
	struct conn *c = arg;

	conn_break(c, c->why);
}

/* ---- receiving ---- */

/* May this frame come from there?  Returns 0 or < 0. */
static int
conn_allowed(struct conn *c, int type, const char *body, size_t n,
    struct err *e)
{
	struct hello h;

	if (c->hello.role)
		return frame_allowed(type, c->hello.role, c->role, body, n, e);
	TRY(hello_take(&h, c->peers, type, body, n, e));
	c->hello = h;
	c->framer.max = FRAME_MAX;
	return 0;
}

/* Hands on what is whole in the buffer. */
static void
conn_take(struct conn *c)
{
	struct err e = { 0 };
	const char *body;
	size_t n;
	int type, r = 0;

	while (!c->paused && !c->dead && !c->over && !c->refusing &&
	    (r = framer_next(&c->framer, &type, &body, &n, &e)) > 0) {
		if (c->peers && (r = conn_allowed(c, type, body, n, &e)) < 0)
			break;
		c->ops->frame(c->arg, c, type, body, n);
	}
	if (r >= 0 || c->dead || c->over)
		return;
	if (!c->broken && type != FRAME_REFUSED && c->peers)
		conn_refuse(c, &e);
	if (!c->refusing)
		conn_break(c, &e);
	c->eof = true;
	c->framer.at = c->framer.end;   /* not another word */
}

/* Reads what is there, but not for ever. */
static void
conn_read(struct conn *c)
{
	struct err e = { 0 };

	c->in_out = false;
	if (!conn_shaken(c)) {
		c->eof = c->broken;
		return;
	}
	for (int i = 0; i < TURN_READS && !c->eof; i++) {
		size_t room;
		char *to = framer_room(&c->framer, &room);
		int64_t r = link_read(&c->link, to, room, &e);

		if (r <= 0) {
			c->in_out = r == LINK_AGAIN_OUT;
			c->eof = r == 0 || r == LINK_FAILED || c->broken;
			if (r == LINK_FAILED)
				conn_break(c, &e);
			return;
		}
		framer_added(&c->framer, (size_t)r);
		conn_take(c);
		if (c->paused || c->dead || c->over || c->refusing)
			return;
		if ((size_t)r < room && c->link.tls == NULL && !c->broken)
			return;
	}
	if (link_pending(&c->link) || c->broken)
		loop_defer(c->loop, &c->later);
}

/* The end was read and all frames before it are handed on. */
static void
conn_end(struct conn *c)
{
	struct err e = { 0 };

	if (c->paused || c->refusing || c->over || c->dead)
		return;
	if (!c->broken && framer_left(&c->framer)) {
		err_set(&e, ERR_TEMP, "the connection ended inside a frame");
		conn_break(c, &e);
	}
	conn_over(c);
}

/* One call of the loop: read, hand on, write, see whether it is over. */
static void
conn_turn(struct conn *c, int events)
{
	c->busy++;
	if (!c->over && !c->dead && !c->refusing && !c->paused && !c->eof &&
	    (events & LOOP_IN || c->in_out || c->broken ||
	    link_pending(&c->link)))
		conn_read(c);
	if (c->eof)
		conn_end(c);
	if (!c->dead)
		conn_flush(c);
	if (c->refusing && (c->broken || c->head == c->tail))
		conn_over(c);
	framer_rest(&c->framer);
	if (--c->busy == 0 && c->dead)
		conn_free(c);
}

static void
conn_ready(void *arg, int events)
{
	conn_turn(arg, events);
}

static void
conn_later(void *arg)
{
	struct conn *c = arg;

	c->busy++;
	conn_take(c);           /* what waited while it was paused */
	c->busy--;
	conn_turn(c, 0);
}

void
conn_pause(struct conn *c, bool on)
{
	if (c->paused == on || c->dead)
		return;
	c->paused = on;
	conn_watch(c);
	if (!on)
		loop_defer(c->loop, &c->later);
}

/* ---- the rest ---- */

void
conn_hello(struct conn *c, int role, int peers)
{
	struct text t = { 0 };

	hello_print(&t, role);
	conn_send(c, FRAME_HELLO, t.p, t.n);
	text_release(&t);
	c->role = role;
	c->peers = peers;
}

void
conn_owner(struct conn *c, const struct conn_ops *ops, void *arg)
{
	c->ops = ops;
	c->arg = arg;
}

const char *
conn_identity(const struct conn *c)
{
	return c->link.tls ? tls_identity(c->link.tls) : "";
}

int
conn_role(const struct conn *c)
{
	return c->hello.role;
}

size_t
conn_queued(const struct conn *c)
{
	return c->tail - c->head;
}

void
conn_limit(struct conn *c, size_t max_body)
{
	c->framer.max = max_body;
}

void
conn_close(struct conn *c)
{
	if (c == NULL || c->dead)
		return;
	if (!c->broken && !c->over)
		conn_flush(c);
	c->dead = true;
	if (!c->busy)
		conn_free(c);
}

int
conn_fd(const struct conn *c)
{
	return c->link.in;
}
