/*
 * block_server -- gives blocks of map files to who has an application's key.
 *
 * It lives on a loop (of a thread: transfer/block_thread.h, of a process:
 * transfer/block_daemon.h).  A connection is one application's, by the identity
 * whose key it proved, and gets files of directories that were registered for
 * that one.  A connection holds some MB at most: what it asks for is read as
 * it takes it and gives credit for more.  Idle ones are closed.
 */
#ifndef TRANSFER_BLOCK_SERVER_H
#define TRANSFER_BLOCK_SERVER_H

#include <stdint.h>

struct block_cache;
struct block_serve;
struct block_server;
struct err;
struct loop;

struct block_server_conf {
	struct loop *loop;
	const char *host;               /* to listen on; "": everywhere */
	int port;                       /* 0: any */
	int idle_ms;                    /* 0: a minute */
	const char *open_app;           /* tests: no TLS, all are this one */
	unsigned slow;                  /* tests: so many bytes a second */
	struct block_cache *kept;       /* as in transfer/fetch.h */
	const char *kept_dir;
};

int  block_server_new(struct block_server **out,
    const struct block_server_conf *conf, struct err *e);
void block_server_free(struct block_server *s);
int  block_server_port(const struct block_server *s);

/* Any thread.  Registering again replaces the path of that number. */
void block_server_register(struct block_server *s,
    const struct block_serve *what);
/* All of an application; NULL: of all.  Its connections end at their next
 * question. */
void block_server_unregister(struct block_server *s, const char *app);

/* Sends what connections take: after each turn of the loop.  Returns how long
 * the next turn may wait: 0 or -1. */
int  block_server_pump(struct block_server *s);

struct block_server_figures {
	uint64_t connections, asks, blocks, bytes, lost, refused;
	uint64_t packed;                /* blocks, on their way */
	int open;                       /* connections now */
};
/* On the loop's thread. */
struct block_server_figures block_server_figures(
    const struct block_server *s);

#endif
