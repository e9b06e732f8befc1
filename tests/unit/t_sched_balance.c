/*
 * sched/offer -- how close to the ideal: time from the first launch to the
 * last end, with a delay between the driver and the executors, short and
 * long tasks, executors that are slow or come late.  Time is simulated, in
 * microseconds.
 */
#include <stdbool.h>

#include "sched_play.h"
#include "tap.h"

enum { EXECS = 16, EVENTS = 1 << 16, QUEUE = 1 << 15 };

struct event {                  /* what arrives at `at` */
	int64_t at;
	int exec;
	bool end;               /* a task ends there; else see to_driver */
	bool to_driver;
	struct sched_order order;
	struct sched_event ev;
};

struct crew {
	int slots, running, slow;       /* slow: times a task's length */
	struct sched_order queue[QUEUE];        /* one task each */
	int head, tail;
};

static struct event event[EVENTS];
static struct crew crew[EXECS];
static int nevent, messages;
static int64_t now, delay_us, task_us;
static uint64_t dice = 1;

static struct event *
later(int64_t us)
{
	struct event *e = &event[nevent++];

	memset(e, 0, sizeof *e);
	e->at = now + us;
	return e;
}

static void
answer(int exec, enum sched_event_kind kind, const struct sched_order *o)
{
	struct event *e = later(delay_us);

	e->to_driver = true;
	e->ev = (struct sched_event){ .kind = kind, .stage = o->stage,
	    .part = o->part, .attempt = o->attempt, .exec = exec,
	    .ran_us = task_us * crew[exec].slow };
}

static void
pump(int exec)
{
	struct crew *c = &crew[exec];

	while (c->running < c->slots && c->head < c->tail) {
		struct event *e;

		dice = dice * 6364136223846793005u + 1;
		e = later(task_us * c->slow * (75 + (int)(dice >> 40) % 51) /
		    100);
		e->exec = exec;
		e->end = true;
		e->order = c->queue[c->head++ % QUEUE];
		c->running++;
	}
}

static void
receive(int exec, const struct sched_order *o)
{
	struct crew *c = &crew[exec];

	for (int p = o->part; o->kind == ORDER_LAUNCH && p < o->part + o->n;
	    p++) {
		c->queue[c->tail % QUEUE] = *o;
		c->queue[c->tail++ % QUEUE].part = p;
	}
	for (int i = c->head; o->kind == ORDER_REVOKE && i < c->tail; i++) {
		struct sched_order q = c->queue[i % QUEUE];

		if (q.part < o->part || q.part >= o->part + o->n)
			continue;
		answer(exec, EV_REVOKED, &q);
		for (int k = i--; k + 1 < c->tail; k++)
			c->queue[k % QUEUE] = c->queue[(k + 1) % QUEUE];
		c->tail--;
	}
	pump(exec);
}

static void
obey(struct scene *c)
{
	for (int i = 0; i < c->o.n; i++) {
		struct event *e;

		if (c->o.v[i].kind != ORDER_LAUNCH &&
		    c->o.v[i].kind != ORDER_REVOKE)
			continue;
		messages++;
		e = later(delay_us);
		e->exec = c->o.v[i].exec;
		e->order = c->o.v[i];
	}
}

static void
step(struct scene *c)
{
	struct event e;
	int first = 0;

	for (int i = 1; i < nevent; i++)
		if (event[i].at < event[first].at)
			first = i;
	e = event[first];
	memmove(event + first, event + first + 1,
	    (size_t)(--nevent - first) * sizeof e);
	now = e.at;
	c->now = now / 1000;
	if (e.to_driver) {
		play(c, e.ev);
		obey(c);
	} else if (e.end) {
		crew[e.exec].running--;
		answer(e.exec, EV_TASK_DONE, &e.order);
		pump(e.exec);
	} else {
		receive(e.exec, &e.order);
	}
}

/* The time of n tasks over the ideal, in hundredths. */
static int
race(int n, int nexec, int slots, int first_slow, int late)
{
	static const struct sched_stage one[] = { { 0 } };
	struct sched_conf conf = { .max_failures = 4, .ahead = 64 };
	struct scene c;
	double speed = 0;

	now = nevent = messages = 0;
	memset(crew, 0, sizeof crew);
	begin(&c, &conf, one, 1);
	for (int i = 0; i < nexec; i++) {
		crew[i].slots = slots;
		crew[i].slow = i == 0 ? first_slow : 1;
		speed += (double)slots / crew[i].slow;
		c.now = now / 1000;
		if (i < nexec - late)
			up(&c, i, slots, i);
		obey(&c);
	}
	parts(&c, 0, 0, n);
	obey(&c);
	for (int64_t tick = 10000; !find(&c, ORDER_FINISH); ) {
		step(&c);
		if (find(&c, ORDER_FINISH) || now < tick)
			continue;
		tick = now + 10000;
		for (int i = nexec - late; late > 0 && i < nexec; i++)
			up(&c, i, slots, i), obey(&c);
		late = 0;
		play(&c, (struct sched_event){ .kind = EV_TICK });
		obey(&c);
	}
	scene_end(&c);
	return (int)(100.0 * (double)now * speed / ((double)n *
	    (double)task_us) - 100 + 0.5);
}

static void
check(const char *what, int over, int limit)
{
	ok(over <= limit, "%s: %d %% over the ideal, %d messages", what, over,
	    messages);
}

int
main(void)
{
	delay_us = 300;
	task_us = 1000;
	check("10,000 tasks of 1 ms on 2 executors", race(10000, 2, 1, 1, 0),
	    5);
	check("on 8 of 4 slots", race(10000, 8, 4, 1, 0), 8);
	check("one of them 8 times slower", race(10000, 8, 4, 8, 0), 10);
	check("two of 2 executors' slots 8 times slower",
	    race(10000, 2, 2, 8, 0), 5);
	check("half of them come later", race(10000, 8, 4, 1, 4), 12);
	task_us = 20000;
	check("1,000 tasks of 20 ms on 4", race(1000, 4, 2, 1, 0), 5);
	check("one slow", race(1000, 4, 2, 4, 0), 12);
	task_us = 50;
	check("20,000 tasks of 50 us", race(20000, 2, 1, 1, 0), 20);
	task_us = 1000000;
	check("40 tasks of 1 s on 4", race(40, 4, 2, 1, 0), 20);
	return done_testing();
}
