/*
 * keeper -- somebody for the executors while the driver has other things to
 * do than actions: it waits for standard input, it plans.
 *
 * Executors end when they hear nothing of the driver for some seconds.  An
 * action turns the cluster's loop itself (driver/executors.h); between
 * actions a thread does so once a second.  Only who is inside may touch the
 * cluster: the driver between keeper_enter and keeper_leave, else the thread.
 */
#ifndef DRIVER_KEEPER_H
#define DRIVER_KEEPER_H

#include <pthread.h>
#include <stdbool.h>

struct cluster;

struct keeper {
	struct cluster *cluster;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stop;
	bool inside;                    /* the driver; its thread's only */
};

/* The driver is inside. */
void keeper_init(struct keeper *k, struct cluster *c);

/* Starts the thread when it is needed for the first time. */
void keeper_leave(struct keeper *k);
void keeper_enter(struct keeper *k);

/* One turn without waiting, inside or not. */
void keeper_turn(struct keeper *k);

/* The driver is inside for good. */
void keeper_stop(struct keeper *k);

#endif
