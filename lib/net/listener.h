/*
 * listener -- the door of a daemon: accepts, checks who it is, hands over.
 *
 * Every connection has to get through TLS (unless there is no key_of) and
 * HELLO within hello_ms; at most half_open of them may be on the way there,
 * the oldest of them goes when one more comes.  Nothing else is read from a
 * stranger.  What got through goes to guest(), which takes it over.
 *
 * A stranger that fails is counted and told to refused().
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdint.h>

#include "net/conn.h"
#include "net/tls.h"

struct listener;
struct loop;

enum { LISTENER_HALF_OPEN = 64, LISTENER_HELLO_MS = 5000 };

struct listener_conf {
	struct loop *loop;
	int  fd;                /* net/address.h; consumed */
	int  role, peers;       /* as in conn_hello */
	tls_key_of *key_of;     /* NULL: without TLS (tests) */
	void *key_arg;
	int  half_open, hello_ms;       /* 0: the two above */

	/* A guest came in: returns what ops get as arg, NULL: no, thanks
	 * (conn_refuse may be called before; the listener closes it).  The
	 * identity is that of its key, "" without TLS; valid during the call.
	 * ops->frame is not called with its HELLO. */
	void *(*guest)(void *arg, struct conn *c, const char *identity);
	const struct conn_ops *ops;     /* for guests */
	/* Or NULL: who did not come in, and why. */
	void (*refused)(void *arg, const char *address, const struct err *why);
	void *arg;
};

struct listener_figures {
	uint64_t accepted, guests, refused, late, pushed_out;
	int half_open;          /* now */
};

/* EXIT_UNAVAILABLE without the TLS module. */
int listener_open(struct listener **l, const struct listener_conf *conf,
    struct err *e);

/* Closes the door and those that stand in it; guests stay. */
void listener_close(struct listener *l);

const struct listener_figures *listener_figures(const struct listener *l);

#endif
