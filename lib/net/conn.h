/*
 * conn -- frames over a stream, without waiting, on a loop.
 *
 *     struct conn *c = conn_new(loop, fd, fd, NULL, &ops, me);
 *     conn_hello(c, ROLE_DRIVER, ROLE_EXECUTOR);
 *     conn_send(c, FRAME_PING, body, n);      (leaves when the loop turns)
 *     ...
 *     conn_close(c);
 *
 * A conn belongs to its loop's thread.  ops->frame gets every frame, in
 * order; ops->closed is called once, by the loop, when the stream ended or
 * broke, after the frames that came before: the owner then calls conn_close.
 * Both may call conn_close.  in and out may be the same socket, two pipes,
 * or two descriptors of one socket; they become non-blocking and are closed
 * by conn_close.  Without conn_hello any type passes unchecked.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct err;
struct loop;
struct tls;
struct iovec;

struct conn_ops {
	/* body: valid during the call. */
	void (*frame)(void *arg, struct conn *c, int type, const char *body,
	    size_t n);
	/* why->kind 0: the other side closed between two frames.  code
	 * EXIT_PROTOCOL: it broke a rule. */
	void (*closed)(void *arg, struct conn *c, const struct err *why);
};

/* tls is consumed, or NULL.  The limit of bodies is FRAME_SMALL_MAX.  NULL
 * with errno set if a descriptor cannot be watched: nothing was consumed. */
struct conn *conn_new(struct loop *l, int in, int out, struct tls *tls,
    const struct conn_ops *ops, void *arg);

/* Sends HELLO as role and demands one, as the first frame, from one of
 * peers (a sum of roles): then the limit becomes FRAME_MAX, the HELLO goes
 * to ops->frame too, and each later frame must be one that such a peer may
 * send to role.  Otherwise: closed with EXIT_PROTOCOL.  REFUSED from the
 * other side closes with what it says. */
void conn_hello(struct conn *c, int role, int peers);

/* Others get what comes from now on (a new owner). */
void conn_owner(struct conn *c, const struct conn_ops *ops, void *arg);

/* The identity whose key the other side proved to have (net/tls.h); "". */
const char *conn_identity(const struct conn *c);

/* The other side's role, 0 before its HELLO. */
int conn_role(const struct conn *c);

/* Queues a frame; the body is copied (or, if it is large, at once written
 * as far as the kernel takes it).  After the stream broke: does nothing. */
void conn_send(struct conn *c, int type, const char *body, size_t n);

/* The same with the body in n pieces (n <= 7). */
void conn_sendv(struct conn *c, int type, const struct iovec *piece, int n);

/* Sends REFUSED with what *why says; the stream is closed once it is out
 * (ops->closed is called with *why). */
void conn_refuse(struct conn *c, const struct err *why);

size_t conn_queued(const struct conn *c);       /* bytes not yet written */
void conn_pause(struct conn *c, bool on);       /* no frames while paused */
void conn_limit(struct conn *c, size_t max_body);

/* Writes what the kernel takes now, without waiting for the loop's turn. */
void conn_flush(struct conn *c);

/* No callback; what is queued is dropped (after one conn_flush). */
void conn_close(struct conn *c);

/* The descriptor that is read, for messages and net/address.h. */
int conn_fd(const struct conn *c);

#endif
