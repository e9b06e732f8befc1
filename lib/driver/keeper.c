/*
 * keeper -- see keeper.h.
 */
#include "driver/keeper.h"

#include <signal.h>
#include <time.h>

#include "base/err.h"
#include "base/thread.h"
#include "driver/executors.h"

#define TURN_S 1

/* Trouble shows again at the next action's turn. */
static void
turn(struct keeper *k)
{
	struct err ignored;

	cluster_turn(k->cluster, 0, &ignored);
}

static void *
keep(void *arg)
{
	struct keeper *k = arg;

	pthread_mutex_lock(&k->lock);
	while (!k->stop) {
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_sec += TURN_S;
		pthread_cond_timedwait(&k->wake, &k->lock, &t);
		if (!k->stop)
			turn(k);
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

void
keeper_init(struct keeper *k, struct cluster *c)
{
	pthread_condattr_t a;

	*k = (struct keeper){ .cluster = c, .inside = true };
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &a);
	pthread_condattr_destroy(&a);
	pthread_mutex_init(&k->lock, NULL);
	pthread_mutex_lock(&k->lock);
}

void
keeper_leave(struct keeper *k)
{
	struct err ignored;

	if (!k->started)
		k->started = thread_start(&k->thread, keep, k, &ignored) == 0;
	k->inside = false;
	pthread_mutex_unlock(&k->lock);
}

void
keeper_enter(struct keeper *k)
{
	if (k->inside)                  /* it could not be opened */
		return;
	pthread_mutex_lock(&k->lock);
	k->inside = true;
}

void
keeper_turn(struct keeper *k)
{
	if (k->inside) {
		turn(k);
		return;
	}
	pthread_mutex_lock(&k->lock);
	turn(k);
	pthread_mutex_unlock(&k->lock);
}

void
keeper_stop(struct keeper *k)
{
	keeper_enter(k);
	k->stop = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	if (k->started)
		pthread_join(k->thread, NULL);
	k->started = false;
	pthread_mutex_destroy(&k->lock);
	pthread_cond_destroy(&k->wake);
}

void
cluster_enter(struct cluster *c)
{
	keeper_enter(cluster_keeper(c));
}

void
cluster_leave(struct cluster *c)
{
	keeper_leave(cluster_keeper(c));
}

void
cluster_breathe(struct cluster *c)
{
	keeper_turn(cluster_keeper(c));
}
