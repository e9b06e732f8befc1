/*
 * tls -- TLS 1.3 with a key both sides already have, over a socket.
 *
 * OpenSSL is a module (mod_tls.c, sp-tls.so), opened at the first call.  No
 * certificates, no tickets, no early data: one cipher suite
 * (TLS_AES_256_GCM_SHA384), PSK with an ephemeral exchange, so that old
 * traffic stays secret when a key leaks.  The identity ("cluster",
 * "app-...") says which key; the server looks it up.  Whoever has not the
 * key does not get past the handshake, and no byte of his is looked at.
 *
 * The socket must be non-blocking or have one thread that waits with poll()
 * as the AGAIN codes say.  One thread a struct tls.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct tls;

enum { TLS_KEY = 32 };          /* bytes of a key */

enum {
	TLS_FAILED = -1,        /* tls_why() */
	TLS_AGAIN_IN = -2,      /* when the socket is readable */
	TLS_AGAIN_OUT = -3,     /* when it is writable */
};

/* Opens the module now.  EXIT_UNAVAILABLE. */
int tls_load(struct err *e);

/* 1 and the key of an identity, or 0: unknown. */
typedef int tls_key_of(void *arg, const char *identity,
    unsigned char key[TLS_KEY]);

/* fd is borrowed and must outlive *t.  EXIT_UNAVAILABLE without module. */
int tls_client(struct tls **t, int fd, const char *identity,
    const unsigned char key[TLS_KEY], struct err *e);
int tls_server(struct tls **t, int fd, tls_key_of *key_of, void *arg,
    struct err *e);

/* 1: done; or one of the codes above.  read and write do it, too. */
int tls_handshake(struct tls *t);

/* Bytes; read: 0 at the orderly end; or one of the codes above. */
int64_t tls_read(struct tls *t, void *to, size_t n);
int64_t tls_write(struct tls *t, const void *p, size_t n);

/* Bytes that were received and decrypted: tls_read gives them though the
 * socket is not readable. */
size_t tls_pending(struct tls *t);

/* The identity that a server's client proved to have the key of; "" before. */
const char *tls_identity(struct tls *t);

/* Why it failed; never empty after TLS_FAILED. */
const char *tls_why(struct tls *t);

/* Says goodbye if that does not wait.  NULL is allowed. */
void tls_free(struct tls *t);

#endif
