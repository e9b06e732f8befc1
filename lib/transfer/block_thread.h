/*
 * block_thread -- a block server as a thread of this process: of an executor
 * whose outputs die with it.
 */
#ifndef TRANSFER_BLOCK_THREAD_H
#define TRANSFER_BLOCK_THREAD_H

#include "transfer/block_server.h"

struct block_thread;

/* conf->loop is made here. */
int  block_thread_start(struct block_thread **out,
    const struct block_server_conf *conf, struct err *e);
/* For its port, and to register directories. */
struct block_server *block_thread_server(struct block_thread *t);
void block_thread_stop(struct block_thread *t);         /* NULL is fine */

#endif
