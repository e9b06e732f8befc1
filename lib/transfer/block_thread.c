/*
 * block_thread -- see block_thread.h.
 */
#include "transfer/block_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/thread.h"
#include "net/loop.h"
#include "net/wake.h"

struct block_thread {
	pthread_t thread;
	struct loop *loop;
	struct block_server *server;
	struct wake wake;
	struct watch *watch;
	atomic_bool stop;
};

static void
woken(void *arg, int events)
{
	struct block_thread *t = arg;

	(void)events;
	wake_clear(&t->wake);
}

static void *
run(void *arg)
{
	struct block_thread *t = arg;
	struct err e;
	int wait = 0;

	while (!atomic_load(&t->stop) && loop_once(t->loop, wait, &e) >= 0)
		wait = block_server_pump(t->server);
	return NULL;
}

/* The server, without its thread. */
static int
set_up(struct block_thread *t, const struct block_server_conf *conf,
    struct err *e)
{
	struct block_server_conf with = *conf;

	t->loop = loop_new(e);
	if (t->loop == NULL)
		return e->kind;
	TRY(wake_open(&t->wake, e));
	t->watch = loop_watch(t->loop, t->wake.fd, LOOP_IN, woken, t);
	if (t->watch == NULL)
		return err_sys(e, "could not watch a wake");
	with.loop = t->loop;
	return block_server_new(&t->server, &with, e);
}

static void
tear_down(struct block_thread *t)
{
	block_server_free(t->server);
	watch_drop(t->watch);
	if (t->wake.fd >= 0)
		wake_close(&t->wake);
	if (t->loop)
		loop_free(t->loop);
	free(t);
}

int
block_thread_start(struct block_thread **out,
    const struct block_server_conf *conf, struct err *e)
{
	struct block_thread *t = xcalloc(1, sizeof *t);
	int r;

	*out = NULL;
	t->wake.fd = -1;
	r = set_up(t, conf, e);
	if (r >= 0)
		r = thread_start(&t->thread, run, t, e);
	if (r < 0) {
		tear_down(t);
		return r;
	}
	*out = t;
	return 0;
}

struct block_server *
block_thread_server(struct block_thread *t)
{
	return t->server;
}

void
block_thread_stop(struct block_thread *t)
{
	if (t == NULL)
		return;
	atomic_store(&t->stop, true);
	wake_ring(&t->wake);
	pthread_join(t->thread, NULL);
	tear_down(t);
}
