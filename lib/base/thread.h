/*
 * thread -- threads beside the main one, which alone takes signals: they end
 * its reads and waits.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

struct err;

/* Starts a thread in which all signals are blocked.  0, or ERR_TEMP. */
int thread_start(pthread_t *t, void *(*run)(void *), void *arg,
    struct err *e);

/* Waits for the condition (of the default clock), not much longer than so
 * long; it may also return without a cause. */
void thread_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int ms);

#endif
