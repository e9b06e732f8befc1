/*
 * dial -- see dial.h.
 */
#include "daemon/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "net/conn.h"
#include "net/proto.h"
#include "net/tls.h"

static void try_next(struct dial *d);

int
dial_init(struct dial *d, const char *addresses, struct err *e)
{
	const char *s = strstr(addresses, "://");
	char one[300];

	d->fd = -1;
	d->naddress = 0;
	if (s && strncmp(addresses, "sp://", 5) != 0 &&
	    strncmp(addresses, "spark://", 8) != 0)
		return err_user(e, EXIT_USAGE, "\"%s\" is no master: write "
		    "sp://HOST:PORT", addresses);
	s = s ? s + 3 : addresses;
	for (;;) {
		size_t n = strcspn(s, ",");

		if (n >= sizeof one || d->naddress == DIAL_ADDRESSES)
			return err_user(e, EXIT_USAGE,
			    "too many masters or too long a name in \"%s\"",
			    addresses);
		memcpy(one, s, n);
		one[n] = '\0';
		TRY(address_parse(&d->address[d->naddress++], one, 7077, e));
		if (!s[n])
			return 0;
		s += n + 1;
	}
}

static void
forget(struct dial *d)
{
	timer_drop(d->loop, &d->timer);
	watch_drop(d->watch);
	d->watch = NULL;
	if (d->conn)
		conn_close(d->conn);
	d->conn = NULL;
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
	d->is_up = 0;
}

void
dial_stop(struct dial *d)
{
	if (d->conn)
		conn_flush(d->conn);
	forget(d);
}

/* This address failed: the next one, or the end of this call. */
static void
failed(struct dial *d, const struct err *why)
{
	enum dial_end how = DIAL_BROKEN;
	int was_up = d->is_up;

	forget(d);
	d->refused += strstr(why->text, strerror(ECONNREFUSED)) != NULL;
	d->wrong_key = was_up || why->code != EXIT_PERM ? 0 : d->wrong_key + 1;
	if (!was_up && ++d->tried < d->naddress) {
		d->at = (d->at + 1) % d->naddress;
		try_next(d);
		return;
	}
	if (!was_up && d->refused == d->naddress)
		how = DIAL_NOBODY;
	else if (d->wrong_key >= DIAL_WRONG_KEY * d->naddress)
		how = DIAL_NO_KEY;
	d->ops->down(d->arg, how, why);
}

static void
took_too_long(void *arg)
{
	struct dial *d = arg;
	struct err e = { 0 };
	struct text t = { 0 };

	address_print(&t, &d->address[d->at]);
	err_set(&e, ERR_TEMP, "%s did not answer within %d ms", text_str(&t),
	    DIAL_MS);
	text_release(&t);
	failed(d, &e);
}

/* Not here: behind it the next call begins. */
static void
is_standby(struct dial *d)
{
	struct err e = { 0 };
	struct text t = { 0 };

	address_print(&t, &d->address[d->at]);
	err_set(&e, ERR_TEMP, "the master at %s is a standby", text_str(&t));
	text_release(&t);
	d->first = (d->at + 1) % d->naddress;
	failed(d, &e);
}

static void
got_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct dial *d = arg;

	(void)c;
	if (type == FRAME_HELLO) {
		timer_drop(d->loop, &d->timer);
		d->is_up = 1;
		d->wrong_key = 0;
		d->first = d->at;
		d->ops->up(d->arg);
		return;
	}
	if (d->is_up && type == FRAME_STANDBY) {
		is_standby(d);
		return;
	}
	if (d->is_up)
		d->ops->frame(d->arg, type, body, n);
}

static void
got_closed(void *arg, struct conn *c, const struct err *why)
{
	struct dial *d = arg;
	struct err e = *why;

	(void)c;
	if (!e.kind)
		err_set(&e, ERR_TEMP, "the master closed the connection");
	if (e.kind == ERR_USER && e.code != EXIT_PERM) {
		forget(d);
		d->ops->down(d->arg, DIAL_REFUSED, &e);
		return;
	}
	failed(d, &e);
}

static const struct conn_ops ops = { got_frame, got_closed };

static void
connected(void *arg, int events)
{
	struct dial *d = arg;
	struct err e = { 0 };
	struct tls *tls;

	(void)events;
	watch_drop(d->watch);
	d->watch = NULL;
	if (address_connected(d->fd, &d->address[d->at], &e) < 0 ||
	    tls_client(&tls, d->fd, "cluster", d->key, &e) < 0) {
		failed(d, &e);
		return;
	}
	d->conn = conn_new(d->loop, d->fd, d->fd, tls, &ops, d);
	if (!d->conn) {
		err_sys(&e, "could not watch a connection");
		tls_free(tls);
		failed(d, &e);
		return;
	}
	d->fd = -1;
	conn_hello(d->conn, d->role, ROLE_MASTER);
}

/* A failure at once is told by the timer: not from inside dial_start. */
static void
told_later(void *arg)
{
	struct dial *d = arg;
	struct err e = { 0 };

	d->fd = address_connect(&d->address[d->at], &e);
	if (d->fd >= 0) {
		timer_drop(d->loop, &d->timer);
		d->timer.fire = took_too_long;
		timer_set(d->loop, &d->timer, DIAL_MS);
		d->watch = loop_watch(d->loop, d->fd, LOOP_OUT, connected, d);
		if (d->watch)
			return;
		err_sys(&e, "could not watch a connection");
	}
	failed(d, &e);
}

static void
try_next(struct dial *d)
{
	d->timer.fire = told_later;
	d->timer.arg = d;
	timer_set(d->loop, &d->timer, 0);
}

void
dial_start(struct dial *d)
{
	forget(d);
	d->at = d->first;
	d->refused = d->tried = 0;
	try_next(d);
}

void
dial_send(struct dial *d, int type, struct text *body)
{
	if (d->is_up)
		conn_send(d->conn, type, text_str(body), body->n);
	text_clear(body);
}

void
dial_flush(struct dial *d)
{
	if (d->conn)
		conn_flush(d->conn);
}

void
dial_local(const struct dial *d, struct address *a)
{
	memset(a, 0, sizeof *a);
	if (d->conn)
		address_local(a, conn_fd(d->conn));
}
