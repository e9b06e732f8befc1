/*
 * ssh_key -- what can be said about keys and servers without cryptography:
 * the kind of a private key file, and the host keys that a server offers.
 */
#ifndef NET_SSH_KEY_H
#define NET_SSH_KEY_H

#include <stddef.h>

enum {
	SSH_BLOB_MAX = 1200,    /* bytes of a public key */
	SSH_KEY_MAX = 65536,    /* bytes of a key file */
	SSH_HELLO_MAX = 16384,  /* bytes that a server sends at first */
};

struct ssh_key_facts {
	char kind[40];          /* "ssh-ed25519"; "" when it cannot be seen */
	int  encrypted;         /* 1: needs a passphrase */
	int  public_only;       /* 1: "ssh-ed25519 AAAA...", no private key */
	unsigned char blob[SSH_BLOB_MAX];       /* the public key, if seen */
	size_t nblob;
};

/* Looks at a private key file (OpenSSH's own format or PEM) or a public one;
 * returns 0, or -1 when it is neither. */
int ssh_key_look(const char *p, size_t n, struct ssh_key_facts *f);

/* Whether a kind of key is one of RSA. */
int ssh_key_is_rsa(const char *kind);

/* The kind of key in a public key blob; returns its length or 0. */
size_t ssh_blob_kind(const unsigned char *p, size_t n, char *to, size_t size);

/* From the first bytes of a server (banner and unencrypted KEXINIT): its
 * list of host key algorithms, "rsa-sha2-512,rsa-sha2-256".  Returns its
 * length, or 0 when the bytes are something else. */
size_t ssh_hello_host_keys(const unsigned char *p, size_t n, char *to,
    size_t size);

#endif
