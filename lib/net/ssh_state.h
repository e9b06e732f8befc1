/*
 * ssh_state -- what the files of ssh share: one connection, possibly through
 * another one.
 */
#ifndef NET_SSH_STATE_H
#define NET_SSH_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "net/ssh.h"
#include "net/ssh_config.h"
#include "net/ssh_key.h"
#include "net/ssh_module.h"

struct err;

struct ssh {
	const struct ssh_module *m;
	struct arena  arena;
	struct ssh_settings set;        /* texts in arena */
	struct ssh_conf conf;
	const char   *label;
	const char   *home;
	int           fd;       /* of the first connection of a chain */
	struct ssh   *via;      /* owned: the jump host, or NULL */
	void         *tunnel;   /* channel of via */
	void         *session;
	struct ssh_io io;
	void         *channel;  /* of the command */
	int64_t       deadline_ms;      /* of ssh_open, ssh_exec */
	int           timeout_ms;
	int64_t       alive_ms;         /* when to send a keepalive */
	struct text   out;      /* bytes that the stream did not take yet */
	size_t        out_at;   /* of them are sent already */
	int           broke;    /* errno of the stream's failure, or 0 */
	bool          cut;      /* the descriptor is of no use any more */
	unsigned char hello[SSH_HELLO_MAX];     /* what the server said first */
	size_t        nhello;
};

/* Reads the configuration for the host; sets label, home and set. */
int ssh_settings(struct ssh *s, const struct host *host, struct err *e);

/* A whole file into the arena with a NUL; -1 if there is none or it is larger
 * than max. */
ssize_t ssh_file(struct arena *a, const char *path, size_t max,
    const char **text);

/* After SSH_AGAIN: waits until the descriptor is ready, or fails at the
 * deadline or when the caller does not want it any more. */
int ssh_wait(struct ssh *s, struct err *e);

/* "LABEL: WHAT: " and libssh2's text; SSH_GONE is ERR_TEMP. */
int ssh_fail(struct ssh *s, int status, const char *what, struct err *e);

/* The order of host key kinds for the handshake, then the check of the key
 * that the server has shown. */
int ssh_prefer_known(struct ssh *s, struct err *e);
int ssh_check_host_key(struct ssh *s, struct err *e);

int ssh_authenticate(struct ssh *s, struct err *e);

#endif
