/*
 * app_client -- see app_client.h.
 *
 * The executors it was told of are kept as numbers, to be listed when the
 * application presents itself again.
 */
#include "daemon/app_client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "daemon/cluster_msg.h"
#include "daemon/dial.h"
#include "net/proto.h"

enum {
	BACKOFF_MIN_MS = 100,
	BACKOFF_MAX_MS = 2000,
	FIRST_MS = 60000,       /* without any master: given up */
};

struct app_client {
	struct loop *loop;
	struct dial dial;
	unsigned char key[32];
	struct app_hello want;
	const struct app_client_ops *ops;
	void *arg;
	int *exec, nexec, cap;
	struct timer timer;     /* renewal, or the next attempt */
	int backoff_ms;
	int64_t begun_ms;
	int64_t nrenew, nheard; /* renewals sent, granted */
	int accepted, lost, over;       /* over: nothing is told any more */
	int ending, end_known, status;
	struct text body;
};

static void
give_up(struct app_client *c, const struct err *why)
{
	if (c->over)
		return;
	c->over = 1;
	dial_stop(&c->dial);
	timer_drop(c->loop, &c->timer);
	if (!c->ending)
		c->ops->refused(c->arg, why);
}

static void
send_brief(struct app_client *c, int type, int64_t n, int64_t more)
{
	brief_print(&c->body, n, more, NULL);
	dial_send(&c->dial, type, &c->body);
}

static void
renew(void *arg)
{
	struct app_client *c = arg;

	/* Three without an answer: the connection is dead. */
	if (c->nrenew - c->nheard >= 3) {
		dial_start(&c->dial);
		return;
	}
	send_brief(c, FRAME_APP_RENEW, ++c->nrenew, 0);
	timer_set(c->loop, &c->timer, LEASE_RENEW_MS);
}

static void
try_again(void *arg)
{
	struct app_client *c = arg;

	dial_start(&c->dial);
}

static void
send_end(struct app_client *c)
{
	brief_print(&c->body, c->status, 0, "");
	dial_send(&c->dial, FRAME_APP_END, &c->body);
}

static void
up(void *arg)
{
	struct app_client *c = arg;

	c->want.exec = c->exec;
	c->want.nexec = c->nexec;
	app_hello_print(&c->body, &c->want);
	dial_send(&c->dial, FRAME_APP_REGISTER, &c->body);
	c->nrenew = c->nheard = 0;
	c->timer.fire = renew;
	timer_set(c->loop, &c->timer, LEASE_RENEW_MS);
	if (c->ending)
		send_end(c);
}

static void
down(void *arg, enum dial_end how, const struct err *why)
{
	struct app_client *c = arg;

	timer_drop(c->loop, &c->timer);
	if (how == DIAL_REFUSED || how == DIAL_NO_KEY ||
	    (!c->accepted && clock_mono_ms() - c->begun_ms > FIRST_MS)) {
		c->end_known = 1;
		give_up(c, why);
		return;
	}
	if (!c->lost && !c->ending)
		c->ops->master_lost(c->arg, why);
	c->lost = 1;
	c->timer.fire = try_again;
	timer_set(c->loop, &c->timer, c->backoff_ms);
	c->backoff_ms = c->backoff_ms < BACKOFF_MAX_MS / 2 ?
	    2 * c->backoff_ms : BACKOFF_MAX_MS;
}

static int
know(struct app_client *c, int num)
{
	for (int i = 0; i < c->nexec; i++)
		if (c->exec[i] == num)
			return i;
	return -1;
}

static void
welcome(struct app_client *c, const struct brief *b)
{
	size_t n = strlen(b->text);

	c->backoff_ms = BACKOFF_MIN_MS;
	if (c->lost && c->accepted)
		c->ops->master_back(c->arg);
	c->lost = 0;
	if (c->accepted || n >= sizeof c->want.id)
		return;
	c->accepted = 1;
	memcpy(c->want.id, b->text, n + 1);
	c->ops->accepted(c->arg, c->want.id);
}

static void
executor_up(struct app_client *c, const struct order *o)
{
	struct executor_news news = { o->exec.num, o->worker->id,
		o->worker->host, o->worker->address, o->cores, o->memory_mb };

	if (know(c, o->exec.num) >= 0)
		return;
	if (c->nexec == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 16;
		c->exec = xrealloc(c->exec, (size_t)c->cap * sizeof *c->exec);
	}
	c->exec[c->nexec++] = o->exec.num;
	c->ops->executor_up(c->arg, &news);
}

static void
executor_lost(struct app_client *c, const struct brief *b)
{
	int i = know(c, (int)b->n);

	if (i < 0)
		return;
	c->exec[i] = c->exec[--c->nexec];
	c->ops->executor_lost(c->arg, (int)b->n,
	    b->more < 0 || b->more > END_DRAINED ? END_EXITED :
	    (enum end_reason)b->more, b->text);
}

static void
handle_brief(struct app_client *c, int type, const struct brief *b)
{
	switch (type) {
	case FRAME_APP_WELCOME:
		welcome(c, b);
		break;
	case FRAME_APP_GRANT:
		if (b->n < 0)
			c->end_known = 1;
		else if (b->n > c->nheard && b->n <= c->nrenew)
			c->nheard = b->n;
		break;
	case FRAME_APP_EXEC_LOST:
		executor_lost(c, b);
		break;
	case FRAME_APP_REVOKED:
		if (c->ops->executor_revoked && know(c, (int)b->n) >= 0)
			c->ops->executor_revoked(c->arg, (int)b->n);
		break;
	case FRAME_APP_NOTE:
		c->ops->note(c->arg, b->text);
		break;
	}
}

static void
frame(void *arg, int type, const char *body, size_t n)
{
	struct app_client *c = arg;
	struct arena a = { 0 };
	struct err e = { 0 };
	struct order o;
	struct worker_hello w;
	struct brief b;
	int r;

	if (c->over || (c->ending && type != FRAME_APP_GRANT))
		return;
	if (type == FRAME_APP_EXEC_UP) {
		r = exec_up_parse(body, n, &o, &w, &e);
		if (r == 0)
			executor_up(c, &o);
	} else {
		r = brief_parse(body, n, &b, &a, &e);
		if (r == 0)
			handle_brief(c, type, &b);
	}
	arena_release(&a);
	if (r < 0)
		give_up(c, &e);
}

static const struct dial_ops dial_ops = { up, frame, down };

int
app_client_new(struct app_client **out, struct loop *loop,
    const char *masters, const unsigned char key[32],
    const struct app_hello *want, const struct app_client_ops *ops,
    void *arg, struct err *e)
{
	struct app_client *c = xcalloc(1, sizeof *c);

	*out = NULL;
	c->loop = c->dial.loop = loop;
	c->ops = ops;
	c->arg = arg;
	c->want = *want;
	c->begun_ms = clock_mono_ms();
	c->backoff_ms = BACKOFF_MIN_MS;
	c->timer.arg = c;
	memcpy(c->key, key, sizeof c->key);
	c->dial.key = c->key;
	c->dial.role = ROLE_DRIVER;
	c->dial.ops = &dial_ops;
	c->dial.arg = c;
	if (getrandom(&c->want.token, sizeof c->want.token, 0) !=
	    sizeof c->want.token) {
		err_sys(e, "could not get random bytes");
		free(c);
		return e->kind;
	}
	if (dial_init(&c->dial, masters, e) < 0) {
		free(c);
		return e->kind;
	}
	dial_start(&c->dial);
	*out = c;
	return 0;
}

void
app_client_release(struct app_client *c, int num)
{
	send_brief(c, FRAME_APP_RELEASE, num, 0);
}

void
app_client_want(struct app_client *c, int cores_max, int instances)
{
	c->want.cores_max = cores_max;
	c->want.instances = instances;
	send_brief(c, FRAME_APP_WANT, cores_max, instances);
}

void
app_client_end(struct app_client *c, int status, int wait_ms)
{
	int64_t until = clock_mono_ms() + wait_ms;
	struct err e = { 0 };

	if (c->over)
		return;
	c->ending = 1;
	c->status = status;
	send_end(c);
	dial_flush(&c->dial);
	while (!c->end_known && !c->over && clock_mono_ms() < until)
		if (loop_once(c->loop, 50, &e) < 0)
			break;
	c->over = 1;
	timer_drop(c->loop, &c->timer);
}

void
app_client_free(struct app_client *c)
{
	if (!c)
		return;
	timer_drop(c->loop, &c->timer);
	dial_stop(&c->dial);
	free(c->exec);
	text_release(&c->body);
	explicit_bzero(c->key, sizeof c->key);
	free(c);
}
