/*
 * known_hosts -- which keys of which hosts the user trusts: the lines of
 * ~/.ssh/known_hosts, as sshd(8) describes them.
 *
 * Plain names, "[host]:port", patterns with * ? and !, hashed names
 * (|1|salt|hash), @revoked.  @cert-authority lines are passed over: we take
 * no certificates.  A line without a port counts for every port when none
 * names the port, as in ssh.  Pure; SHA-1 comes from the caller, so that no
 * cryptography is written here.
 */
#ifndef NET_KNOWN_HOSTS_H
#define NET_KNOWN_HOSTS_H

#include <stddef.h>

enum { KNOWN_HASH = 20 };       /* bytes of an HMAC-SHA1 */

/* Kinds of keys as bits: their order is that of known_types[]. */
enum known_type {
	KNOWN_ED25519 = 1, KNOWN_ECDSA256 = 2, KNOWN_ECDSA384 = 4,
	KNOWN_ECDSA521 = 8, KNOWN_RSA = 16, KNOWN_DSS = 32,
};

extern const struct known_name {
	enum known_type type;
	const char *name;       /* "ssh-ed25519" */
} known_types[];                /* ends with a NULL name */

struct known_host {
	const char *name;       /* lower case: a name or an address */
	int         port;
	/* HMAC-SHA1 of text under salt. */
	void      (*hmac)(const unsigned char *salt, size_t nsalt,
	    const char *text, size_t n, unsigned char out[KNOWN_HASH]);
};

/* The bits of the kinds of keys that the text has for the host. */
unsigned known_types_of(const char *p, size_t n, const struct known_host *h);

enum known_answer {
	KNOWN_NEW,              /* no line for this host and kind of key */
	KNOWN_SAME,             /* trusted */
	KNOWN_OTHER,            /* there is a line, with another key */
	KNOWN_REVOKED,          /* the key must not be trusted */
};

/* Looks for a key (its type and its base64 text) of the host.  *line: the
 * line that decided, from 1.  KNOWN_REVOKED beats KNOWN_SAME beats
 * KNOWN_OTHER. */
enum known_answer known_check(const char *p, size_t n,
    const struct known_host *h, const char *type, const char *key, int *line);

/* Standard base64 without line ends: adds a NUL; to holds at least
 * 4 * ((n + 2) / 3) + 1 bytes.  Returns the length. */
size_t base64_put(char *to, const void *p, size_t n);

/* Reads base64, padded or not; returns the bytes, -1 if it is none or to is
 * too small. */
long base64_get(void *to, size_t size, const char *p, size_t n);

#endif
