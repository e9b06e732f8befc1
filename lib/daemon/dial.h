/*
 * dial -- a connection to a master, one of several addresses: the first that
 * answers is taken.
 *
 * dial_start begins; then either up() is called, and frame() for what comes,
 * until down(); or down() at once.  After down() it may be started again,
 * when the owner thinks that it is time.  A master that does not answer
 * within DIAL_MS counts as failed.  The addresses are tried in turn,
 * beginning with the one that answered last; one that says that it is a
 * standby counts as broken (down), and the next call begins behind it.
 */
#ifndef DAEMON_DIAL_H
#define DAEMON_DIAL_H

#include <stddef.h>

#include "base/text.h"
#include "net/address.h"
#include "net/loop.h"

struct conn;
struct err;

enum { DIAL_MS = 3000, DIAL_ADDRESSES = 8, DIAL_WRONG_KEY = 4 };

enum dial_end {
	DIAL_BROKEN,            /* it failed, or broke later */
	DIAL_NOBODY,            /* every address refused the connection: no
	                         * process listens there */
	DIAL_NO_KEY,            /* the key was wrong, several times in a row */
	DIAL_REFUSED,           /* the master said why, in *why */
};

struct dial_ops {
	void (*up)(void *arg);
	void (*frame)(void *arg, int type, const char *body, size_t n);
	void (*down)(void *arg, enum dial_end how, const struct err *why);
};

struct dial {
	struct loop *loop;
	const unsigned char *key;       /* borrowed */
	int role;
	const struct dial_ops *ops;
	void *arg;
	struct address address[DIAL_ADDRESSES];
	int naddress, at;               /* at: the one being tried */
	int first, tried;               /* of this call: begun with; failed */
	/* private */
	int fd;                         /* connecting; -1: none */
	struct watch *watch;
	struct conn *conn;
	struct timer timer;
	int is_up, refused, wrong_key;
};

/* addresses: "host:port[,host:port]", with or without sp:// or spark:// in
 * front; 7077 is the usual port.  EXIT_USAGE. */
int dial_init(struct dial *d, const char *addresses, struct err *e);

/* Never calls back before the loop turns. */
void dial_start(struct dial *d);

/* Sends a frame and empties *body; nothing happens while it is not up. */
void dial_send(struct dial *d, int type, struct text *body);

/* Writes what the kernel takes now. */
void dial_flush(struct dial *d);

/* Closes without a callback. */
void dial_stop(struct dial *d);

/* This side's address of the connection, host in digits; "" while down. */
void dial_local(const struct dial *d, struct address *a);

#endif
