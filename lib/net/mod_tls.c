/*
 * mod_tls -- the module sp-tls.so: TLS 1.3 by OpenSSL, with external keys.
 *
 * What is allowed is little: version 1.3 only, TLS_AES_256_GCM_SHA384 only
 * (its hash is the one that the key is bound to), PSK with an ephemeral
 * exchange over X25519 or P-256, no certificates, no tickets, no early data.
 * A server without a certificate has nothing else to offer, so a client that
 * sends no identity, an unknown one or a wrong binder fails the handshake.
 * An unknown identity gets a random key instead of no key: OpenSSL then
 * fails at the binder as it does for a wrong key, and nobody learns which
 * identities there are.
 *
 * One SSL_CTX a role and process.  Bytes go through a BIO of our own, whose
 * send() never raises SIGPIPE.
 */
#include "net/tls_module.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

enum { IDENTITY_MAX = 128 };

struct channel {
	SSL *ssl;
	int  fd;
	bool server, shaken;
	tls_key_of *key_of;
	void *arg;
	unsigned char key[TLS_KEY];     /* a client's, until it is used */
	char identity[IDENTITY_MAX + 1];
	bool refused;           /* a server saw no identity it knows */
	int  saved;             /* errno of the socket, or 0 */
	char why[256];
};

/* ---- bytes ---- */

static int
fd_write(BIO *b, const char *p, int n)
{
	struct channel *c = BIO_get_data(b);
	ssize_t r;

	BIO_clear_retry_flags(b);
	do {
		r = send(c->fd, p, (size_t)n, MSG_NOSIGNAL);
	} while (r < 0 && errno == EINTR);
	if (r >= 0)
		return (int)r;
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		BIO_set_retry_write(b);
	else
		c->saved = errno;
	return -1;
}

static int
fd_read(BIO *b, char *p, int n)
{
	struct channel *c = BIO_get_data(b);
	ssize_t r;

	BIO_clear_retry_flags(b);
	do {
		r = recv(c->fd, p, (size_t)n, 0);
	} while (r < 0 && errno == EINTR);
	if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		BIO_set_retry_read(b);
	else if (r < 0)
		c->saved = errno;
	return (int)r;
}

static long
fd_ctrl(BIO *b, int what, long n, void *p)
{
	(void)b;
	(void)n;
	(void)p;
	return what == BIO_CTRL_FLUSH;
}

/* ---- contexts ---- */

static struct {
	pthread_once_t once;
	BIO_METHOD *method;
	SSL_CTX *client, *server;
	int index;              /* of the struct channel in an SSL */
} shared = { .once = PTHREAD_ONCE_INIT };

static int use_key(SSL *ssl, const EVP_MD *md, const unsigned char **id,
    size_t *nid, SSL_SESSION **out);
static int find_key(SSL *ssl, const unsigned char *id, size_t n,
    SSL_SESSION **out);

static SSL_CTX *
context(const SSL_METHOD *method)
{
	SSL_CTX *x = SSL_CTX_new(method);

	if (x == NULL)
		return NULL;
	if (!SSL_CTX_set_min_proto_version(x, TLS1_3_VERSION) ||
	    !SSL_CTX_set_max_proto_version(x, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(x, "TLS_AES_256_GCM_SHA384") ||
	    !SSL_CTX_set1_groups_list(x, "X25519:P-256") ||
	    !SSL_CTX_set_num_tickets(x, 0) ||
	    !SSL_CTX_set_max_early_data(x, 0) ||
	    !SSL_CTX_set_recv_max_early_data(x, 0)) {
		SSL_CTX_free(x);
		return NULL;
	}
	SSL_CTX_set_options(x, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
	    SSL_OP_NO_COMPRESSION);
	SSL_CTX_clear_options(x, SSL_OP_ENABLE_MIDDLEBOX_COMPAT |
	    SSL_OP_ALLOW_NO_DHE_KEX);
	SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(x, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(x, 1);
	SSL_CTX_set_default_read_buffer_len(x, 64 << 10);
	SSL_CTX_set_max_cert_list(x, 1);
	return x;
}

/* The machine's openssl.cnf has no say here; nothing is torn down at exit,
 * when other threads may still be in it. */
static void
shared_make(void)
{
	BIO_METHOD *m;

	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT,
	    NULL);
	m = BIO_meth_new(BIO_get_new_index() |
	    BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "sp socket");

	if (m == NULL || !BIO_meth_set_write(m, fd_write) ||
	    !BIO_meth_set_read(m, fd_read) || !BIO_meth_set_ctrl(m, fd_ctrl))
		return;
	shared.index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	shared.client = context(TLS_client_method());
	shared.server = context(TLS_server_method());
	if (shared.index < 0 || shared.client == NULL || shared.server == NULL)
		return;
	/* A certificate, which nobody asked for, is never good. */
	SSL_CTX_set_verify(shared.client, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_psk_use_session_callback(shared.client, use_key);
	SSL_CTX_set_psk_find_session_callback(shared.server, find_key);
	shared.method = m;
}

/* ---- keys ---- */

/* A session that holds nothing but the key and its suite. */
static SSL_SESSION *
key_session(SSL *ssl, const unsigned char key[TLS_KEY])
{
	static const unsigned char suite[] = { 0x13, 0x02 };
	const SSL_CIPHER *cipher = SSL_CIPHER_find(ssl, suite);
	SSL_SESSION *s = SSL_SESSION_new();

	if (s && cipher && SSL_SESSION_set1_master_key(s, key, TLS_KEY) &&
	    SSL_SESSION_set_cipher(s, cipher) &&
	    SSL_SESSION_set_protocol_version(s, TLS1_3_VERSION))
		return s;
	SSL_SESSION_free(s);
	return NULL;
}

/* Called by a client that writes its hello; md: not our suite's (never, as
 * there is but one). */
static int
use_key(SSL *ssl, const EVP_MD *md, const unsigned char **id, size_t *nid,
    SSL_SESSION **out)
{
	struct channel *c = SSL_get_ex_data(ssl, shared.index);

	(void)md;
	*out = key_session(ssl, c->key);
	*id = (const unsigned char *)c->identity;
	*nid = strlen(c->identity);
	return *out != NULL;
}

static bool
printable(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < '!' || p[i] > '~')
			return false;
	return true;
}

/* Called by a server that reads an identity. */
static int
find_key(SSL *ssl, const unsigned char *id, size_t n, SSL_SESSION **out)
{
	struct channel *c = SSL_get_ex_data(ssl, shared.index);
	unsigned char key[TLS_KEY];
	int known = 0;

	*out = NULL;
	c->identity[0] = '\0';
	if (n > 0 && n <= IDENTITY_MAX && printable(id, n)) {
		memcpy(c->identity, id, n);
		c->identity[n] = '\0';
		known = c->key_of(c->arg, c->identity, key);
	}
	if (!known) {
		c->refused = true;
		if (RAND_bytes(key, sizeof key) != 1)
			return 0;
	}
	*out = key_session(ssl, key);
	OPENSSL_cleanse(key, sizeof key);
	return *out != NULL;
}

/* ---- channels ---- */

static void
channel_free(void *t)
{
	struct channel *c = t;

	ERR_clear_error();
	if (c->ssl && c->shaken && c->why[0] == '\0')
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	ERR_clear_error();
	OPENSSL_cleanse(c->key, sizeof c->key);
	free(c);
}

static struct channel *
channel_new(int fd, bool server, char *message, size_t size)
{
	struct channel *c = NULL;
	BIO *b = NULL;

	pthread_once(&shared.once, shared_make);
	if (shared.method)
		c = calloc(1, sizeof *c);
	if (c) {
		c->fd = fd;
		c->server = server;
		c->ssl = SSL_new(server ? shared.server : shared.client);
		b = BIO_new(shared.method);
	}
	if (c == NULL || c->ssl == NULL || b == NULL ||
	    !SSL_set_ex_data(c->ssl, shared.index, c)) {
		snprintf(message, size, "OpenSSL could not be set up (%s)",
		    ERR_reason_error_string(ERR_peek_error()));
		BIO_free(b);
		if (c)
			channel_free(c);
		return NULL;
	}
	BIO_set_data(b, c);
	BIO_set_init(b, 1);
	SSL_set_bio(c->ssl, b, b);
	if (server)
		SSL_set_accept_state(c->ssl);
	else
		SSL_set_connect_state(c->ssl);
	return c;
}

static void *
client(int fd, const char *identity, const unsigned char key[TLS_KEY],
    char *message, size_t size)
{
	struct channel *c;

	if (identity[0] == '\0' || strlen(identity) > IDENTITY_MAX) {
		snprintf(message, size, "the name of the key has no or more "
		    "than %d bytes", IDENTITY_MAX);
		return NULL;
	}
	c = channel_new(fd, false, message, size);
	if (c == NULL)
		return NULL;
	snprintf(c->identity, sizeof c->identity, "%s", identity);
	memcpy(c->key, key, TLS_KEY);
	return c;
}

static void *
server(int fd, tls_key_of *key_of, void *arg, char *message, size_t size)
{
	struct channel *c = channel_new(fd, true, message, size);

	if (c) {
		c->key_of = key_of;
		c->arg = arg;
	}
	return c;
}

/* Says why in words of ours; a handshake fails for few reasons. */
static int
channel_fail(struct channel *c)
{
	unsigned long code = ERR_peek_error();
	const char *reason = ERR_reason_error_string(code);
	int r = ERR_GET_REASON(code);
	bool alert = ERR_GET_LIB(code) == ERR_LIB_SSL && r > 1000;

	if (c->why[0])
		return TLS_FAILED;
	if (c->saved) {
		snprintf(c->why, sizeof c->why, "%s", strerror(c->saved));
	} else if (reason == NULL || (ERR_GET_LIB(code) == ERR_LIB_SSL &&
	    r == SSL_R_UNEXPECTED_EOF_WHILE_READING)) {
		snprintf(c->why, sizeof c->why, "the other side closed the "
		    "connection%s", c->shaken ? "" : " during the handshake");
	} else if (c->shaken) {
		snprintf(c->why, sizeof c->why, "%s", reason);
	} else if (c->server && c->refused) {
		snprintf(c->why, sizeof c->why, "the other side has no key "
		    "that is known here");
	} else if (c->server && r == SSL_R_BINDER_DOES_NOT_VERIFY) {
		snprintf(c->why, sizeof c->why, "the other side has another "
		    "key \"%s\"", c->identity);
	} else if (!c->server && alert) {
		snprintf(c->why, sizeof c->why, "the other side does not "
		    "accept our key \"%s\"", c->identity);
	} else {
		snprintf(c->why, sizeof c->why, "the other side does not "
		    "greet with TLS and a key (%s)", reason);
	}
	return TLS_FAILED;
}

static int
channel_code(struct channel *c, int r)
{
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		return TLS_AGAIN_IN;
	case SSL_ERROR_WANT_WRITE:
		return TLS_AGAIN_OUT;
	case SSL_ERROR_ZERO_RETURN:
		return c->shaken ? 0 : channel_fail(c);
	default:
		return channel_fail(c);
	}
}

/* A handshake without the key (nothing here offers one, but the other side
 * may) does not count. */
static int
handshake(void *t)
{
	struct channel *c = t;
	int r;

	if (c->shaken)
		return 1;
	if (c->why[0])
		return TLS_FAILED;
	ERR_clear_error();
	r = SSL_do_handshake(c->ssl);
	if (r != 1)
		return channel_code(c, r);
	if (!SSL_session_reused(c->ssl) || c->refused) {
		snprintf(c->why, sizeof c->why, "the other side did not use "
		    "the key");
		return TLS_FAILED;
	}
	c->shaken = true;
	OPENSSL_cleanse(c->key, sizeof c->key);
	return 1;
}

/* 1: bytes may pass. */
static int
usable(struct channel *c)
{
	int r = handshake(c);

	ERR_clear_error();
	return r == 1 && c->why[0] ? TLS_FAILED : r;
}

static int64_t
channel_read(void *t, void *to, size_t n)
{
	struct channel *c = t;
	size_t done;
	int r = usable(c);

	if (r != 1)
		return r;
	r = SSL_read_ex(c->ssl, to, n, &done);
	return r == 1 ? (int64_t)done : channel_code(c, r);
}

static int64_t
channel_write(void *t, const void *p, size_t n)
{
	struct channel *c = t;
	size_t done;
	int r = usable(c);

	if (r != 1)
		return r;
	r = SSL_write_ex(c->ssl, p, n, &done);
	if (r == 1)
		return (int64_t)done;
	r = channel_code(c, r);
	return r == 0 ? TLS_FAILED : r;
}

static size_t
channel_pending(void *t)
{
	struct channel *c = t;

	return (size_t)SSL_has_pending(c->ssl);
}

static const char *
channel_identity(void *t)
{
	struct channel *c = t;

	return c->shaken ? c->identity : "";
}

static const char *
channel_why(void *t)
{
	struct channel *c = t;

	return c->why[0] ? c->why : "the other side closed the connection";
}

extern const struct tls_module sp_tls;
const struct tls_module sp_tls = { client, server, handshake, channel_read,
	channel_write, channel_pending, channel_identity, channel_why,
	channel_free };
