/*
 * link -- the bytes under a connection: a socket or two pipes, TLS or not.
 *
 * One non-blocking read or write; what to wait for is in the result.  Over
 * sockets no SIGPIPE ever comes; a process that writes to pipes must ignore
 * it.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/tls.h"

struct err;

enum {                          /* the same numbers as in net/tls.h */
	LINK_FAILED = TLS_FAILED,
	LINK_AGAIN_IN = TLS_AGAIN_IN,
	LINK_AGAIN_OUT = TLS_AGAIN_OUT,
};

struct link {
	int in, out;            /* owned; may be the same */
	bool socket;            /* out is one */
	struct tls *tls;        /* owned, or NULL */
};

/* Makes both descriptors non-blocking. */
void link_init(struct link *l, int in, int out, struct tls *tls);
void link_close(struct link *l);

/* 1: ready for data; or a code.  *e only with LINK_FAILED. */
int link_handshake(struct link *l, struct err *e);

/* Bytes; read: 0 at the end; or a code. */
int64_t link_read(struct link *l, void *to, size_t n, struct err *e);
int64_t link_write(struct link *l, const void *p, size_t n, struct err *e);

/* Readable without the descriptor being so. */
static inline bool
link_pending(const struct link *l)
{
	return l->tls && tls_pending(l->tls) > 0;
}

#endif
