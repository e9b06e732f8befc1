/*
 * sched/offer, nearby, standing, straggler -- who gets which tasks, and how
 * many; and what a million tasks cost.
 */
#include <sys/resource.h>
#include <time.h>

#include "sched_play.h"
#include "tap.h"

static const struct sched_stage one[] = { { 0 } };
static const struct sched_conf plain = { .max_failures = 4,
    .max_stage_attempts = 4 };

static void
spread(void)
{
	struct scene c;
	int one_each = 1;

	begin(&c, &plain, one, 1);
	for (int i = 0; i < 4; i++)
		up(&c, i, 4, i);
	parts(&c, 0, 0, 4);
	for (int i = 0; i < 4; i++)
		one_each &= told(&c, ORDER_LAUNCH, i, -1) == 1;
	ok(one_each, "few tasks are spread over the executors");
	scene_end(&c);
	begin(&c, &plain, one, 1);
	for (int i = 0; i < 4; i++)
		up(&c, i, 4, i);
	parts(&c, 0, 0, 1000);
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 16, "all slots are used");
	is_int(c.o.n, 4, "one order starts four tasks");
	scene_end(&c);
}

static void
ahead(void)
{
	struct sched_conf conf = plain;
	struct scene c;
	int most = 0;

	conf.ahead = 64;
	conf.ahead_ms = 50;
	begin(&c, &conf, one, 1);
	up(&c, 0, 2, 0);
	up(&c, 1, 2, 1);
	parts(&c, 0, 0, 100000);
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 4, "no queue while nothing is "
	    "known of the tasks");
	done(&c, 0, 0, 0, 0);
	is_int(told(&c, ORDER_LAUNCH, 0, -1), 65, "64 tasks of 1 ms ahead");
	play(&c, (struct sched_event){ .kind = EV_TASK_DONE, .part = 1,
	    .ran_us = 1000 });
	is_int(c.o.n, 0, "and no order before half of them are done");
	scene_end(&c);
	begin(&c, &conf, one, 1);
	up(&c, 0, 2, 0);
	up(&c, 1, 2, 1);
	parts(&c, 0, 0, 100000);
	play(&c, (struct sched_event){ .kind = EV_TASK_DONE,
	    .ran_us = 1000000 });
	is_int(told(&c, ORDER_LAUNCH, 0, -1), 1, "none of 1 s");
	c.now += 1000;
	play(&c, (struct sched_event){ .kind = EV_TASK_DONE, .exec = 1,
	    .part = 2, .ran_us = 10 });
	is_int(told(&c, ORDER_LAUNCH, 1, -1), 1, "nor of what sleeps for 1 s");
	scene_end(&c);
	begin(&c, &conf, one, 1);
	up(&c, 0, 2, 0);
	up(&c, 1, 2, 1);
	parts(&c, 0, 0, 40);
	for (int i = 0; i < 4; i++) {
		done(&c, 0, i, 0, i / 2);
		most = told(&c, ORDER_LAUNCH, 0, -1) > most ?
		    told(&c, ORDER_LAUNCH, 0, -1) : most;
	}
	ok(most > 1 && most <= 10, "the last tasks are shared: %d", most);
	scene_end(&c);
}

static void
taken_back(void)
{
	struct sched_conf conf = plain;
	struct scene c;
	const struct sched_order *o;

	conf.ahead = 64;
	begin(&c, &conf, one, 1);
	up(&c, 0, 1, 0);
	parts(&c, 0, 0, 30);
	done(&c, 0, 0, 0, 0);
	is_int(told(&c, ORDER_LAUNCH, 0, -1), 29, "one executor has them all");
	c.now += 5;
	up(&c, 1, 1, 1);
	o = find(&c, ORDER_REVOKE);
	ok(o && o->exec == 0 && told(&c, ORDER_REVOKE, 0, -1) == 14,
	    "half of its queue comes back when another one is there");
	play(&c, (struct sched_event){ .kind = EV_REVOKED, .part = 20 });
	is_int(told(&c, ORDER_LAUNCH, 1, -1), 1, "and goes there");
	is_int(find(&c, ORDER_LAUNCH)->attempt, 1, "as a new attempt");
	play(&c, (struct sched_event){ .kind = EV_EXEC_DRAIN, .exec = 0 });
	ok(told(&c, ORDER_REVOKE, 0, -1) > 10, "so does the rest when it is "
	    "to go");
	scene_end(&c);
}

static void
nearby(void)
{
	static const int at[] = { 0, 1, 2, 2, 3 };
	static const int who[] = { SCHED_AT_EXEC(1), SCHED_AT_HOST(0),
	    SCHED_AT_HOST(7) };
	struct sched_pref pref = { at, who };
	struct sched_conf conf = plain;
	struct scene c;

	conf.locality_wait_ms = 100;
	begin(&c, &conf, one, 1);
	up(&c, 0, 1, 0);
	up(&c, 1, 4, 1);
	play(&c, (struct sched_event){ .kind = EV_STAGE_PARTS, .part = 4,
	    .pref = &pref });
	is_int(told(&c, ORDER_LAUNCH, 1, -1), 3,
	    "what is cached there, what likes no place, and what likes one "
	    "that is not there");
	ok(told(&c, ORDER_LAUNCH, 0, -1) == 1, "and one at its host");
	scene_end(&c);
	begin(&c, &conf, one, 1);
	up(&c, 0, 1, 0);
	up(&c, 1, 4, 1);
	play(&c, (struct sched_event){ .kind = EV_STAGE_PARTS, .part = 4,
	    .pref = &(struct sched_pref){ (const int[]){ 0, 1, 2, 3, 4 },
	    (const int[]){ ~0, ~0, ~0, ~0 } } });
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 1, "the others wait for the "
	    "host that they like");
	c.now += 60;
	play(&c, (struct sched_event){ .kind = EV_TICK });
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 0, "a little");
	c.now += 60;
	play(&c, (struct sched_event){ .kind = EV_TICK });
	is_int(told(&c, ORDER_LAUNCH, 1, -1), 3, "but not for long");
	scene_end(&c);
}

static void
pools(void)
{
	struct sched_conf conf = plain;
	struct scene c;
	int rich, poor, first, part[2] = { 0 };

	conf.fair = 1;
	begin(&c, &conf, one, 1);
	rich = sched_pool(c.s, 3, 0);
	poor = sched_pool(c.s, 1, 2);
	ok(sched_add(c.s, one, 1, rich) == 1 && sched_add(c.s, one, 1, poor)
	    == 2, "jobs have numbers");
	for (int j = 0; j < 3; j++) {
		play(&c, (struct sched_event){ .kind = EV_START, .job = j });
		parts(&c, j, 0, 1000);
	}
	up(&c, 0, 22, 0);
	first = told(&c, ORDER_LAUNCH, -1, 0);
	part[0] = told(&c, ORDER_LAUNCH, -1, 1);
	part[1] = told(&c, ORDER_LAUNCH, -1, 2);
	ok(first >= 4 && first <= 5 && part[0] >= 12 && part[0] <= 14 &&
	    part[1] >= 4 && part[1] <= 5, "weights 1, 3, 1: %d, %d, %d of 22",
	    first, part[0], part[1]);
	scene_end(&c);
	begin(&c, &plain, one, 1);
	sched_add(c.s, one, 1, 0);
	play(&c, (struct sched_event){ .kind = EV_START, .job = 1 });
	parts(&c, 1, 0, 10);
	parts(&c, 0, 0, 10);
	up(&c, 0, 12, 0);
	ok(told(&c, ORDER_LAUNCH, -1, 0) == 10 &&
	    told(&c, ORDER_LAUNCH, -1, 1) == 2, "else the first job is first");
	play(&c, (struct sched_event){ .kind = EV_CANCEL, .job = 0,
	    .why = ERR_USER });
	ok(told(&c, ORDER_CANCEL, -1, 0) == 10 && find(&c, ORDER_FAIL)->why ==
	    ERR_USER, "cancelled: every attempt hears of it");
	failed(&c, 0, 3, 0, 0);
	ok(c.news == 0 && told(&c, ORDER_LAUNCH, -1, 1) == 1,
	    "its slot is free when it has answered");
	sched_drop(c.s, 0);
	failed(&c, 0, 4, 0, 0);
	ok(c.news == 0 && told(&c, ORDER_LAUNCH, -1, 1) == 7,
	    "or when the job is dropped");
	scene_end(&c);
}

static void
short_one_done(struct scene *c, int job, int part)
{
	play(c, (struct sched_event){ .kind = EV_TASK_DONE, .job = job,
	    .part = part, .ran_us = 1000, .rowset = (uint64_t)part });
}

/* A job with short tasks has a queue; how many of its tasks end until the
 * other one gets a slot?  -1: it never does. */
static int
until_served(int fair, int first)
{
	struct sched_conf conf = plain;
	struct scene c;
	int other = !first, ended = -1;

	conf.ahead = 64;
	conf.fair = fair;
	begin(&c, &conf, one, 1);
	sched_add(c.s, one, 1, sched_pool(c.s, 1, 0));
	up(&c, 0, 2, 0);
	for (int j = 0; j < 2; j++)
		if (j == first) {
			play(&c, (struct sched_event){ .kind = EV_START,
			    .job = j });
			parts(&c, j, 0, 10000);
		}
	short_one_done(&c, first, 0);
	play(&c, (struct sched_event){ .kind = EV_START, .job = other });
	parts(&c, other, 0, 100);
	for (int i = 1; i < 1000 && ended < 0; i++) {
		short_one_done(&c, first, i);
		if (told(&c, ORDER_LAUNCH, 0, other) > 0)
			ended = i;
	}
	scene_end(&c);
	return ended;
}

static void
no_queue_beside_others(void)
{
	int n = until_served(1, 0);

	ok(n > 0 && n <= 66, "a queue of short tasks ends for another pool's: "
	    "%d", n);
	n = until_served(0, 1);
	ok(n > 0 && n <= 66, "and for those of a job before it: %d", n);
}

/* A job that waits for another one's slots is not stuck. */
static void
waits_its_turn(void)
{
	struct sched_conf conf = plain;
	struct scene c;

	conf.stall_ms = 1000;
	begin(&c, &conf, one, 1);
	sched_add(c.s, one, 1, 0);
	up(&c, 0, 1, 0);
	parts(&c, 0, 0, 1);
	play(&c, (struct sched_event){ .kind = EV_START, .job = 1 });
	parts(&c, 1, 0, 1);
	c.now += 5000;
	play(&c, (struct sched_event){ .kind = EV_TICK });
	ok(find(&c, ORDER_FAIL) == NULL, "a job that waits for another one "
	    "does not fail");
	done(&c, 0, 0, 0, 0);
	is_int(told(&c, ORDER_LAUNCH, 0, 1), 1, "it gets its turn");
	scene_end(&c);
}

static void
failures(void)
{
	struct sched_conf conf = plain;
	struct scene c;

	begin(&c, &conf, one, 1);
	up(&c, 0, 1, 0);
	parts(&c, 0, 0, 1);
	failed(&c, 0, 0, 0, 0);
	up(&c, 1, 1, 1);
	failed(&c, 0, 0, 1, 0);
	is_int(find(&c, ORDER_LAUNCH)->exec, 1,
	    "after two failures on an executor it tries another");
	failed(&c, 0, 0, 2, 1);
	failed(&c, 0, 0, 3, 1);
	failed(&c, 0, 0, 3, find(&c, ORDER_FAIL) ? 0 : 1);
	is_int(sched_count(c.s, 0).failed_attempts, 4, "four attempts");
	scene_end(&c);
	conf.exclude_exec = 2;
	conf.exclude_ms = 1000;
	conf.exclude_wait_ms = 5000;
	begin(&c, &conf, one, 1);
	up(&c, 0, 2, 0);
	parts(&c, 0, 0, 2);
	failed(&c, 0, 0, 0, 0);
	failed(&c, 0, 1, 0, 0);
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 0, "excluded");
	c.now += 1000;
	play(&c, (struct sched_event){ .kind = EV_TICK });
	ok(told(&c, ORDER_LAUNCH, 0, -1) >= 1, "for a while");
	scene_end(&c);
	conf.exclude_ms = 0;
	begin(&c, &conf, one, 1);
	up(&c, 0, 2, 0);
	parts(&c, 0, 0, 2);
	failed(&c, 0, 0, 0, 0);
	failed(&c, 0, 1, 0, 0);
	failed(&c, 0, 0, 1, 0);
	for (int i = 0; i < 6 && !find(&c, ORDER_FAIL); i++) {
		c.now += 1000;
		play(&c, (struct sched_event){ .kind = EV_TICK });
	}
	ok(find(&c, ORDER_FAIL) && strstr(sched_reason(c.s, 0), "excluded"),
	    "all are excluded: %s", sched_reason(c.s, 0));
	scene_end(&c);
}

static void
stragglers(void)
{
	struct sched_conf conf = plain;
	struct scene c;
	int slow = -1;

	conf.speculation = 1;
	conf.spec_multiplier = 150;
	conf.spec_quantile = 75;
	conf.spec_min_ms = 50;
	conf.spec_interval_ms = 10;
	begin(&c, &conf, one, 1);
	up(&c, 0, 2, 0);
	up(&c, 1, 2, 0);
	up(&c, 2, 2, 1);
	parts(&c, 0, 0, 5);
	for (int i = 0; i < c.o.n; i++)
		if (c.o.v[i].exec == 0)
			slow = c.o.v[i].part;
	c.now += 10;
	for (int x = 0; x < 3; x++)
		for (int p = 0; p < 5; p++)
			if (p != slow)
				done(&c, 0, p, 0, x);
	play(&c, (struct sched_event){ .kind = EV_TICK });
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 0, "it may run for 50 ms");
	c.now += 60;
	play(&c, (struct sched_event){ .kind = EV_TICK });
	ok(told(&c, ORDER_LAUNCH, 2, -1) == 1 && c.o.n == 1,
	    "a copy, on another host");
	c.now += 60;
	play(&c, (struct sched_event){ .kind = EV_TICK });
	is_int(c.o.n, 0, "one copy");
	done(&c, 0, slow, 1, 2);
	ok(c.news && told(&c, ORDER_CANCEL, 0, -1) == 1 &&
	    find(&c, ORDER_FINISH), "the first that ends counts");
	scene_end(&c);
}

static void
stalled(void)
{
	struct sched_conf conf = plain;
	struct scene c;

	conf.stall_ms = 1000;
	begin(&c, &conf, one, 1);
	parts(&c, 0, 0, 1);
	c.now += 999;
	play(&c, (struct sched_event){ .kind = EV_TICK });
	ok(!find(&c, ORDER_FAIL) && sched_starved(c.s) == 1000,
	    "it waits for executors");
	c.now += 2;
	play(&c, (struct sched_event){ .kind = EV_TICK });
	is_str(sched_reason(c.s, 0), "nothing could run for 1 s",
	    "but not for ever");
	scene_end(&c);
}

/* Executors of 4 slots that do at once what they are told. */
static void
million(void)
{
	enum { N = 1000000 };
	static struct sched_order queue[1 << 20];
	struct sched_conf conf = plain;
	struct timespec a, b;
	struct rusage use;
	struct scene c;
	int head = 0, tail = 0;
	double s;

	conf.ahead = 64;
	clock_gettime(CLOCK_MONOTONIC, &a);
	begin(&c, &conf, one, 1);
	for (int i = 0; i < 100; i++)
		up(&c, i, 4, i / 4);
	parts(&c, 0, 0, N);
	for (;;) {
		for (int i = 0; i < c.o.n && tail < 1 << 20; i++)
			if (c.o.v[i].kind == ORDER_LAUNCH)
				queue[tail++] = c.o.v[i];
		if (head == tail)
			break;
		c.now += (queue[head].part & 1023) == 0;
		done(&c, 0, queue[head].part++, 0, queue[head].exec);
		if (--queue[head].n == 0)
			head++;
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	getrusage(RUSAGE_SELF, &use);
	s = (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	ok(find(&c, ORDER_FINISH) != NULL, "%d tasks on 100 executors: %.2f s, "
	    "%d orders", N, s, tail);
#ifndef __SANITIZE_ADDRESS__
	ok(use.ru_maxrss < 100 * 1024, "in %ld MB", use.ru_maxrss / 1024);
#endif
	scene_end(&c);
}

int
main(void)
{
	spread();
	ahead();
	taken_back();
	nearby();
	pools();
	no_queue_beside_others();
	waits_its_turn();
	failures();
	stragglers();
	stalled();
	million();
	return done_testing();
}
