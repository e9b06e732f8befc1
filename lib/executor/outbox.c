/*
 * outbox -- see outbox.h.
 */
#include "executor/outbox.h"

#include <string.h>

#include "net/conn.h"
#include "net/proto.h"

#define FULL_BYTES ((size_t)8 << 20)    /* data waits above this */
#define CONN_BYTES ((size_t)4 << 20)    /* queued in the connection */

int
outbox_open(struct outbox *o, struct err *e)
{
	memset(o, 0, sizeof *o);
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->room, NULL);
	return wake_open(&o->wake, e);
}

static void
add(struct outbox *o, int type, const struct text *body)
{
	char *head = text_room(&o->frames, FRAME_HEAD);

	frame_head_put(head, type, body->n);
	o->frames.n += FRAME_HEAD;
	text_add(&o->frames, body->p ? body->p : "", body->n);
}

/* Of who has put something in. */
static void
ring(struct outbox *o)
{
	if (o->rung)
		return;
	o->rung = true;
	wake_ring(&o->wake);
}

void
outbox_put(struct outbox *o, int type, const struct text *body)
{
	pthread_mutex_lock(&o->lock);
	if (!o->closed) {
		add(o, type, body);
		ring(o);
	}
	pthread_mutex_unlock(&o->lock);
}

void
outbox_put_soon(struct outbox *o, int type, const struct text *body)
{
	pthread_mutex_lock(&o->lock);
	if (!o->closed) {
		add(o, type, body);
		o->soon = true;
		if (!o->paced)
			ring(o);
	}
	pthread_mutex_unlock(&o->lock);
}

bool
outbox_put_data(struct outbox *o, int type, const struct text *body)
{
	bool open;

	pthread_mutex_lock(&o->lock);
	while (!o->closed && !o->deaf && o->frames.n > FULL_BYTES)
		pthread_cond_wait(&o->room, &o->lock);
	open = !o->closed && !o->deaf;
	if (open) {
		add(o, type, body);
		ring(o);
	}
	pthread_mutex_unlock(&o->lock);
	return open;
}

bool
outbox_send(struct outbox *o, struct conn *c)
{
	struct text t;
	size_t at = 0;

	if (conn_queued(c) > CONN_BYTES)
		return true;
	pthread_mutex_lock(&o->lock);
	t = o->frames;
	memset(&o->frames, 0, sizeof o->frames);
	o->rung = o->soon = false;
	pthread_cond_broadcast(&o->room);
	pthread_mutex_unlock(&o->lock);
	while (at < t.n) {
		int type;
		int64_t n = frame_head(t.p + at, FRAME_MAX, &type);

		at += FRAME_HEAD;
		conn_send(c, type, t.p + at, (size_t)n);
		at += (size_t)n;
	}
	text_release(&t);
	return false;
}

bool
outbox_pace(struct outbox *o, int often)
{
	bool paced;

	pthread_mutex_lock(&o->lock);
	o->paced = paced = o->soon && (often || o->paced);
	pthread_mutex_unlock(&o->lock);
	return paced;
}

void
outbox_clear(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	text_release(&o->frames);
	o->rung = o->soon = o->paced = false;
	pthread_mutex_unlock(&o->lock);
}

static void
set_deaf(struct outbox *o, int deaf)
{
	pthread_mutex_lock(&o->lock);
	o->deaf = deaf != 0;
	pthread_cond_broadcast(&o->room);
	pthread_mutex_unlock(&o->lock);
}

void
outbox_deaf(struct outbox *o)
{
	set_deaf(o, 1);
}

void
outbox_hear(struct outbox *o)
{
	set_deaf(o, 0);
}

void
outbox_shut(struct outbox *o)
{
	pthread_mutex_lock(&o->lock);
	o->closed = true;
	pthread_cond_broadcast(&o->room);
	pthread_mutex_unlock(&o->lock);
}
