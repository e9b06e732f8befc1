/*
 * tls_module -- what the module sp-tls.so exports under "sp_tls": the
 * functions of net/tls.h, see there.
 */
#ifndef NET_TLS_MODULE_H
#define NET_TLS_MODULE_H

#include "net/tls.h"

struct tls_module {
	/* NULL: message says why. */
	void *(*client)(int fd, const char *identity,
	    const unsigned char key[TLS_KEY], char *message, size_t size);
	void *(*server)(int fd, tls_key_of *key_of, void *arg, char *message,
	    size_t size);
	int (*handshake)(void *t);
	int64_t (*read)(void *t, void *to, size_t n);
	int64_t (*write)(void *t, const void *p, size_t n);
	size_t (*pending)(void *t);
	const char *(*identity)(void *t);
	const char *(*why)(void *t);
	void (*free)(void *t);
};

#endif
