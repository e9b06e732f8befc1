/*
 * peer -- the blocking side of a connection, for threads without a loop.
 *
 * A task thread that fetches blocks, or a command that asks a daemon, has
 * one and waits in it.  One thread at a time.
 *
 *     TRY(peer_open(&p, "host:7077", "cluster", key, 5000, e));
 *     TRY(peer_hello(p, ROLE_TOOL, ROLE_MASTER, 5000, e));
 *     TRY(peer_send(p, type, body, n, e));
 *     TRY(peer_recv(p, 5000, &type, &body, &n, e));
 */
#ifndef NET_PEER_H
#define NET_PEER_H

#include <stddef.h>

struct err;
struct hello;
struct peer;

/* Connects and proves the key; key NULL: without TLS (tests).  timeout_ms
 * covers all of it.  Nobody there: ERR_TEMP, EXIT_UNAVAILABLE; wrong key:
 * ERR_USER, EXIT_PERM. */
int peer_open(struct peer **p, const char *address, const char *identity,
    const unsigned char key[32], int timeout_ms, struct err *e);

/* The same over a connected stream socket, which is consumed. */
int peer_from_fd(struct peer **p, int fd);

/* Sends HELLO as role, waits for the other's, which must be one of peers;
 * then bodies may have FRAME_MAX bytes. */
int peer_hello(struct peer *p, int role, int peers, int timeout_ms,
    struct err *e);

/* Waits while the other side does not read, at most a minute without
 * progress (peer_patience changes it). */
int peer_send(struct peer *p, int type, const void *body, size_t n,
    struct err *e);
void peer_patience(struct peer *p, int ms);

/* One frame; *body is valid until the next call.  Returns 1; 0 if the other
 * side closed between two frames; < 0, also after timeout_ms (ERR_TEMP,
 * EXIT_TIMEOUT; nothing is lost, it can be called again).  REFUSED comes
 * back as the error it carries. */
int peer_recv(struct peer *p, int timeout_ms, int *type, const char **body,
    size_t *n, struct err *e);

/* For poll(): readable may mean a frame.  */
int peer_fd(const struct peer *p);

void peer_close(struct peer *p);        /* NULL is allowed */

#endif
