/*
 * remote_node -- a node without a daemon: its worker runs elsewhere and
 * reaches it by SSH.  At its start the worker asks what the node has; each
 * executor is then a relay (net/ssh_relay.h) that stands for one there.
 */
#ifndef DAEMON_REMOTE_NODE_H
#define DAEMON_REMOTE_NODE_H

#include <stdint.h>

struct err;
struct host;

struct remote_node {
	int cores;              /* that a process there may use */
	int64_t memory_mb;      /* of the machine */
	char address[128];      /* by which SSH reached it */
};

/* Connects, asks, closes: waits for some seconds at most.  Failures are those
 * of ssh_open, or EXIT_CONFIG when the host's answer makes no sense. */
int remote_node_ask(struct host *host, struct remote_node *out,
    struct err *e);

/* Reads what the command printed, behind whatever the host's start files
 * print; EXIT_CONFIG. */
int remote_node_parse(const char *said, struct remote_node *out,
    struct err *e);

#endif
