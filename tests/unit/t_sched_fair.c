/*
 * sched/offer -- the shares of pools, simulated: executors with slots, jobs
 * that never run dry, tasks that end at random.
 *
 * At any moment, whatever ended before:
 *  - no slot is free;
 *  - a pool with a minimum share has it;
 *  - among pools above their minimum none is richer than another one by more
 *    than the task that it got last: (a - 1) / weight <= b / weight.
 */
#include <stdlib.h>

#include "sched_play.h"
#include "tap.h"

#define POOLS 3
#define TASKS 100000
#define EVENTS 400

static const struct sched_stage one[] = { { 0 } };

struct pool {
	int weight, share, job, live;
};

struct flying {                 /* an attempt */
	int pool, part, attempt, exec;
};

struct bed {
	struct scene c;
	uint64_t seed;
	struct pool pool[POOLS];
	struct flying *v;
	int n, slots, wrong;
};

static int
draw(struct bed *b, int n)
{
	b->seed = b->seed * 6364136223846793005u + 1442695040888963407u;
	return (int)((b->seed >> 33) % (uint64_t)n);
}

static void
obey(struct bed *b)
{
	for (int i = 0; i < b->c.o.n; i++) {
		const struct sched_order *o = &b->c.o.v[i];

		if (o->kind != ORDER_LAUNCH)
			continue;
		b->v = realloc(b->v, (size_t)(b->n + o->n) * sizeof *b->v);
		for (int k = 0; k < o->n; k++)
			b->v[b->n++] = (struct flying){ o->job, o->part + k,
			    o->attempt, o->exec };
		b->pool[o->job].live += o->n;
	}
}

static void
check(struct bed *b, int event)
{
	b->wrong += b->n != b->slots;
	for (int i = 0; i < POOLS; i++) {
		const struct pool *p = &b->pool[i];

		b->wrong += p->live < p->share;
		for (int k = 0; k < POOLS; k++) {
			const struct pool *q = &b->pool[k];

			if (p->live > p->share && q->live >= q->share &&
			    (p->live - 1) * q->weight > q->live * p->weight)
				b->wrong++;
		}
	}
	if (b->wrong == 1)
		printf("# event %d: %d/%d %d/%d %d/%d of %d\n", event,
		    b->pool[0].live, b->pool[0].weight, b->pool[1].live,
		    b->pool[1].weight, b->pool[2].live, b->pool[2].weight,
		    b->slots);
}

static void
begin_bed(struct bed *b, int ahead)
{
	struct sched_conf conf = { .max_failures = 4, .max_stage_attempts = 4,
	    .ahead = ahead, .fair = 1 };
	int execs = 1 + draw(b, 6), slots = 2 + draw(b, 5);
	int left = execs * slots;

	begin(&b->c, &conf, one, 1);
	b->pool[0].weight = 1;
	for (int i = 0; i < POOLS; i++) {
		struct pool *p = &b->pool[i];

		if (i > 0) {
			p->weight = 1 + draw(b, 4);
			p->share = draw(b, 2) ? draw(b, left) : 0;
			left -= p->share;
			sched_add(b->c.s, one, 1,
			    sched_pool(b->c.s, p->weight, p->share));
			play(&b->c, (struct sched_event){ .kind = EV_START,
			    .job = i });
		}
		parts(&b->c, i, 0, TASKS);
	}
	b->slots = execs * slots;
	for (int i = 0; i < execs; i++) {
		up(&b->c, i, slots, i);
		obey(b);
	}
}

/* How often something was wrong. */
static int
run(uint64_t seed, int ahead)
{
	struct bed b = { .seed = seed * 2 + 1 };
	int wrong;

	begin_bed(&b, ahead);
	for (int i = 0; i < EVENTS; i++) {
		int k = draw(&b, b.n);
		struct flying f = b.v[k];

		check(&b, i);
		b.c.now += draw(&b, 20);
		b.v[k] = b.v[--b.n];
		b.pool[f.pool].live--;
		play(&b.c, (struct sched_event){ .kind = EV_TASK_DONE,
		    .job = f.pool, .part = f.part, .attempt = f.attempt,
		    .exec = f.exec, .place = f.exec,
		    .ran_us = f.pool ? 1 + draw(&b, 200000) : 200,
		    .rowset = (uint64_t)f.part });
		obey(&b);
	}
	wrong = b.wrong;
	scene_end(&b.c);
	free(b.v);
	return wrong;
}

static int
run_all(int ahead)
{
	int wrong = 0;

	for (uint64_t seed = 1; seed <= 300; seed++)
		if (run(seed, ahead) && wrong++ == 0)
			printf("# seed %d\n", (int)seed);
	return wrong;
}

int
main(void)
{
	is_int(run_all(0), 0, "pools have their shares");
	is_int(run_all(64), 0, "so they have where tasks may be sent ahead");
	return done_testing();
}
