/*
 * block_daemon -- "sp-shuffle serve": a block server as a process of its own,
 * so that map outputs outlive the executors that wrote them.
 *
 * Its parent, an sp-worker, holds the other end of its descriptors 0 and 1:
 * it sends SERVE and SERVE_END frames and is told the port in SERVING
 * (transfer/block_msg.h; no HELLO: the two are of one installation).  When
 * descriptor 0 ends, so does the process.
 */
#ifndef TRANSFER_BLOCK_DAEMON_H
#define TRANSFER_BLOCK_DAEMON_H

struct err;
struct opt_table;

struct block_daemon_conf {
	const char *host;               /* to listen on; "": everywhere */
	long long port;                 /* 0: any */
};

/* Sets a struct block_daemon_conf. */
extern const struct opt_table block_daemon_table;

/* Serves until descriptor in ends; both become its own.  Returns 0, or < 0
 * when it cannot listen or its parent sends nonsense. */
int block_daemon_run(const struct block_daemon_conf *conf, int in, int out,
    struct err *e);

#endif
