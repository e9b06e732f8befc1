/*
 * sched_play -- what the unit tests of lib/sched need to play a scene: a
 * scheduler, its clock, and the orders of the last event.
 */
#ifndef TESTS_SCHED_PLAY_H
#define TESTS_SCHED_PLAY_H

#include <string.h>

#include "base/err.h"
#include "sched/sched.h"

struct scene {
	struct sched *s;
	int64_t now;
	struct sched_orders o;
	int news;
};

__attribute__((unused)) static void
play(struct scene *c, struct sched_event ev)
{
	c->o.n = 0;
	ev.now_ms = c->now;
	c->news = sched_event(c->s, &ev, &c->o);
}

__attribute__((unused)) static void
scene_end(struct scene *c)
{
	sched_free(c->s);
	sched_orders_release(&c->o);
	memset(c, 0, sizeof *c);
}

/* How many tasks the last orders of a kind are about, on an executor (-1:
 * on any) and of a job (-1: of any). */
__attribute__((unused)) static int
told(const struct scene *c, enum sched_order_kind kind, int exec, int job)
{
	int n = 0;

	for (int i = 0; i < c->o.n; i++)
		if (c->o.v[i].kind == kind &&
		    (exec < 0 || c->o.v[i].exec == exec) &&
		    (job < 0 || c->o.v[i].job == job))
			n += c->o.v[i].n ? c->o.v[i].n : 1;
	return n;
}

/* The first order of a kind, or NULL. */
__attribute__((unused)) static const struct sched_order *
find(const struct scene *c, enum sched_order_kind kind)
{
	for (int i = 0; i < c->o.n; i++)
		if (c->o.v[i].kind == kind)
			return &c->o.v[i];
	return NULL;
}

__attribute__((unused)) static void
up(struct scene *c, int exec, int slots, int host)
{
	play(c, (struct sched_event){ .kind = EV_EXEC_UP, .exec = exec,
	    .slots = slots, .host = host, .place = exec });
}

__attribute__((unused)) static void
parts(struct scene *c, int job, int stage, int n)
{
	play(c, (struct sched_event){ .kind = EV_STAGE_PARTS, .job = job,
	    .stage = stage, .part = n });
}

__attribute__((unused)) static void
done(struct scene *c, int stage, int part, int attempt, int exec)
{
	play(c, (struct sched_event){ .kind = EV_TASK_DONE, .stage = stage,
	    .part = part, .attempt = attempt, .exec = exec, .place = exec,
	    .ran_us = 1000, .rowset = (uint64_t)(100 * stage + part) });
}

__attribute__((unused)) static void
failed(struct scene *c, int stage, int part, int attempt, int exec)
{
	play(c, (struct sched_event){ .kind = EV_TASK_FAILED, .stage = stage,
	    .part = part, .attempt = attempt, .exec = exec, .why = ERR_TEMP });
}

__attribute__((unused)) static void
begin(struct scene *c, const struct sched_conf *conf,
    const struct sched_stage *stage, int n)
{
	memset(c, 0, sizeof *c);
	c->s = sched_new(conf);
	c->now = 1000;
	sched_add(c->s, stage, n, 0);
	play(c, (struct sched_event){ .kind = EV_START });
}

#endif
