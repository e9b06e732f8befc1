/*
 * ssh_module -- what sp-ssh.so (mod_ssh.c, libssh2) gives to ssh.c.
 *
 * Nothing blocks, except the agent's socket: functions return SSH_AGAIN until
 * the descriptor is ready; then the same call is made again.  Sessions and
 * channels are opaque; all of one connection belong to one thread.
 */
#ifndef NET_SSH_MODULE_H
#define NET_SSH_MODULE_H

#include <stddef.h>
#include <sys/types.h>

enum ssh_status {
	SSH_OK = 0,
	SSH_AGAIN = -1,         /* wait for the descriptor, call again */
	SSH_GONE = -2,          /* the other side closed or broke off */
	SSH_ALIEN = -3,         /* no algorithm in common */
	SSH_REFUSED = -4,       /* the server does not take this key */
	SSH_BAD_KEY = -5,       /* the private key could not be used */
	SSH_FAILED = -6,        /* see message() */
};

/* How a session reaches its server: the number of bytes, or -errno.  send
 * takes all that it is given.  fd is what handshake is called with. */
struct ssh_io {
	int fd;
	ssize_t (*send)(void *arg, const void *p, size_t n);
	ssize_t (*recv)(void *arg, void *p, size_t n);
	void *arg;
};

enum ssh_method { SSH_HOST_KEYS, SSH_CIPHERS, SSH_MACS };

struct ssh_module {
	const char *(*version)(void);   /* "1.10.0" */
	int   (*rsa_sha2)(void);        /* it can sign RSA with SHA-2 */

	/* io must stay until session_free.  goodbye is sent if the stream takes
	 * it; then io has to fail, so that session_free finds an end. */
	void *(*session_new)(const struct ssh_io *io);
	void  (*goodbye)(void *session);
	void  (*session_free)(void *session);
	/* The text of the last failure. */
	void  (*message)(void *session, char *to, size_t size);
	int   (*prefer)(void *session, enum ssh_method what, const char *list);
	int   (*handshake)(void *session, int fd);
	/* Valid as long as the session. */
	const unsigned char *(*host_key)(void *session, size_t *n);
	int   (*keepalive)(void *session, int every_s, int *next_s);

	/* "publickey,password"; NULL with SSH_OK: no authentication needed. */
	int   (*auth_methods)(void *session, const char *user,
	    const char **list);
	int   (*auth_key)(void *session, const char *user, const char *key,
	    size_t n);
	void *(*agent_open)(void *session, const char *socket);
	/* The next key: 1, or 0 at the end. */
	int   (*agent_next)(void *agent, const unsigned char **blob, size_t *n,
	    const char **comment);
	/* With the key that agent_next gave as number index (from 0). */
	int   (*agent_auth)(void *agent, const char *user, int index);
	void  (*agent_close)(void *agent);

	/* *channel is NULL before the first call and until SSH_OK. */
	int   (*channel_open)(void *session, void **channel);
	int   (*tunnel_open)(void *session, const char *host, int port,
	    void **channel);
	int   (*exec)(void *channel, const char *command);
	/* stream 0 is stdout, 1 is stderr.  0: end. */
	ssize_t (*read)(void *channel, int stream, void *p, size_t n);
	ssize_t (*write)(void *channel, const void *p, size_t n);
	size_t (*queued)(void *channel);        /* bytes to read at once */
	int   (*send_eof)(void *channel);
	int   (*ended)(void *channel);          /* the other side sent EOF */
	int   (*close)(void *channel);
	int   (*exit_status)(void *session, void *channel, char *signal,
	    size_t size);

	void  (*sha256)(const void *p, size_t n, unsigned char out[32]);
	void  (*hmac_sha1)(const unsigned char *salt, size_t nsalt,
	    const char *text, size_t n, unsigned char out[20]);
};

#endif
