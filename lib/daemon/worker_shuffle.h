/*
 * worker_shuffle -- the block server of a worker's node: "sp-shuffle serve",
 * from which other nodes fetch map outputs, also when the executors that
 * made them are gone.
 *
 * It is a process, so that its files and connections are not the worker's;
 * it is told directories and keys over its descriptor 0 and is started anew,
 * on the same port, when it dies.  A struct shuffle_service may be NULL: then
 * executors serve their map outputs themselves.
 */
#ifndef DAEMON_WORKER_SHUFFLE_H
#define DAEMON_WORKER_SHUFFLE_H

#include "cluster/cluster.h"

struct loop;
struct shuffle_service;

/* NULL if there is no such program.  host: its address as others see it, or
 * NULL (see shuffle_service_host); log: as in worker_daemon.h. */
struct shuffle_service *shuffle_service_start(struct loop *l,
    const char *dir, const char *host, void (*log)(const char *line));
void shuffle_service_stop(struct shuffle_service *s);

/* Started, and its port is not known yet. */
int shuffle_service_coming(const struct shuffle_service *s);

/* Under which address others see this node, if none was given. */
void shuffle_service_host(struct shuffle_service *s, const char *host);

/* "host:port", or NULL while there is none. */
const char *shuffle_service_address(const struct shuffle_service *s);

/* The application's map outputs are in directory path, its number dir. */
void shuffle_service_add(struct shuffle_service *s, const char *app,
    const unsigned char key[APP_KEY_SIZE], int dir, const char *path);
void shuffle_service_drop(struct shuffle_service *s, const char *app);

/* After SIGCHLD. */
void shuffle_service_reap(struct shuffle_service *s);

#endif
