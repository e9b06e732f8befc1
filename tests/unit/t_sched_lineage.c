/*
 * sched/lineage, taskset -- scenes of loss: what runs again, and what does
 * not; commits, tokens, other rows, limits.
 */
#include "sched_play.h"
#include "tap.h"

static const int one_in[] = { 0 }, two_in[] = { 1 };
static const struct sched_stage three[] = {
	{ 0 }, { .nin = 1, .in = one_in }, { .nin = 1, .in = two_in },
};
static const struct sched_conf plain = { .max_failures = 4,
    .max_stage_attempts = 4 };

/* Three stages of two tasks; the first two stages are done, task 2.p runs
 * on executor p, maps p are at place p. */
static void
two_stages_done(struct scene *c, const struct sched_conf *conf)
{
	begin(c, conf, three, 3);
	up(c, 0, 1, 0);
	up(c, 1, 1, 1);
	for (int s = 0; s < 2; s++) {
		int first;

		parts(c, 0, s, 2);
		first = find(c, ORDER_LAUNCH)->exec;
		done(c, s, 0, 0, first);
		done(c, s, 1, 0, !first);
	}
	parts(c, 0, 2, 2);
}

static int
where(const struct scene *c, int part)
{
	for (int i = 0; i < c->o.n; i++)
		if (c->o.v[i].kind == ORDER_LAUNCH &&
		    c->o.v[i].part == part)
			return c->o.v[i].exec;
	return -1;
}

static void
only_what_is_needed(void)
{
	struct scene c;

	two_stages_done(&c, &plain);
	ok(told(&c, ORDER_LAUNCH, -1, -1) == 2, "the last stage runs");
	play(&c, (struct sched_event){ .kind = EV_EXEC_LOST, .exec = 1 });
	is_int(told(&c, ORDER_LOST, -1, -1), 2,
	    "the outputs of both stages at the place are gone");
	is_int(find(&c, ORDER_LAUNCH) ? 1 : 0, 0,
	    "the other executor is busy, nothing starts");
	up(&c, 2, 4, 2);
	is_int(told(&c, ORDER_LAUNCH, 2, -1), 1, "one map begins again");
	is_int(find(&c, ORDER_LAUNCH)->stage, 0, "that of the first stage");
	scene_end(&c);
}

static void
unread_stays_gone(void)
{
	struct scene c;
	int a, b;

	begin(&c, &plain, three, 2);
	up(&c, 0, 2, 0);
	up(&c, 1, 2, 1);
	parts(&c, 0, 0, 2);
	a = where(&c, 0);
	done(&c, 0, 0, 0, a);
	done(&c, 0, 1, 0, !a);
	parts(&c, 0, 1, 2);
	b = where(&c, 0);
	done(&c, 1, 0, 0, b);
	done(&c, 1, 1, 0, !b);
	ok(find(&c, ORDER_FINISH) != NULL, "the job is done");
	is_int(told(&c, ORDER_STAGE_FORGET, -1, -1), 1,
	    "nobody needs the maps any more");
	play(&c, (struct sched_event){ .kind = EV_HOST_LOST, .host = 0,
	    .exec = -1 });
	is_int(c.o.n, 0, "and so nothing runs again when they are lost");
	scene_end(&c);
}

static void
a_read_stage_is_remade_when_asked(void)
{
	struct scene c;
	int x;

	two_stages_done(&c, &plain);
	x = where(&c, 0);
	/* The maps of stage 0 are read by stage 1 only, and that is done. */
	play(&c, (struct sched_event){ .kind = EV_TASK_FAILED, .stage = 2,
	    .part = 0, .attempt = 0, .exec = x, .why = ERR_LOST,
	    .lost_stage = 1, .lost_part = 1 });
	is_int(told(&c, ORDER_LOST, -1, -1), 1, "one map was lost");
	is_int(find(&c, ORDER_LAUNCH)->stage, 1, "it runs again");
	is_int(find(&c, ORDER_LAUNCH)->part, 1, "that one");
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 1, "and nothing else");
	scene_end(&c);
}

static void
late_reports(void)
{
	struct scene c;
	int x;

	two_stages_done(&c, &plain);
	x = where(&c, 0);
	c.now += 10;
	play(&c, (struct sched_event){ .kind = EV_TASK_FAILED, .stage = 2,
	    .part = 0, .attempt = 0, .exec = x, .why = ERR_LOST,
	    .lost_stage = 1, .lost_part = 0 });
	c.now += 10;
	done(&c, 1, 0, 1, x);
	is_int(c.news, 1, "the map is there again");
	play(&c, (struct sched_event){ .kind = EV_TASK_FAILED, .stage = 2,
	    .part = 1, .attempt = 0, .exec = !x, .why = ERR_LOST,
	    .lost_stage = 1, .lost_part = 0 });
	is_int(told(&c, ORDER_LOST, -1, -1), 0,
	    "who began before misses the old copy: it is not lost again");
	scene_end(&c);
}

static void
other_rows(void)
{
	struct scene c;
	int x;

	two_stages_done(&c, &plain);
	x = where(&c, 0);
	done(&c, 2, 0, 0, x);
	play(&c, (struct sched_event){ .kind = EV_TASK_FAILED, .stage = 2,
	    .part = 1, .attempt = 0, .exec = !x, .why = ERR_LOST,
	    .lost_stage = 1, .lost_part = 1 });
	x = find(&c, ORDER_LAUNCH)->exec;
	play(&c, (struct sched_event){ .kind = EV_TASK_DONE, .stage = 1,
	    .part = 1, .attempt = 1, .exec = x, .place = x, .rowset = 7 });
	ok(find(&c, ORDER_FAIL) != NULL, "a reader has used other rows");
	is_str(sched_reason(c.s, 0), "stage 2, task 1 gave other rows when it "
	    "ran again", "and the job says so");
	is_int(c.news, 0, "the new rows are not for use");
	scene_end(&c);
}

static void
other_rows_unread(void)
{
	struct scene c;
	int x;

	two_stages_done(&c, &plain);
	x = where(&c, 0);
	play(&c, (struct sched_event){ .kind = EV_TASK_FAILED, .stage = 2,
	    .part = 0, .attempt = 0, .exec = x, .why = ERR_LOST,
	    .lost_stage = 1, .lost_part = 1 });
	x = find(&c, ORDER_LAUNCH)->exec;
	play(&c, (struct sched_event){ .kind = EV_TASK_DONE, .stage = 1,
	    .part = 1, .attempt = 1, .exec = x, .place = x, .rowset = 7 });
	is_int(c.news, 1, "nobody has used the old rows: the new ones count");
	is_int(told(&c, ORDER_CANCEL, -1, -1), 1,
	    "who may have read the old ones is stopped");
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 1, "and the readers run again");
	scene_end(&c);
}

static void
commits(void)
{
	static const struct sched_stage w[] = { { .commits = 1 } };
	struct scene c;

	begin(&c, &plain, w, 1);
	up(&c, 0, 2, 0);
	parts(&c, 0, 0, 1);
	done(&c, 0, 0, 0, 0);
	is_int(told(&c, ORDER_COMMIT, -1, -1), 1, "a token for the attempt");
	ok(find(&c, ORDER_FINISH) == NULL, "the job waits for the commit");
	done(&c, 0, 0, 0, 0);
	is_int(c.news + c.o.n, 0, "there is no second one");
	play(&c, (struct sched_event){ .kind = EV_COMMIT_FAILED,
	    .why = ERR_TEMP });
	is_int(find(&c, ORDER_LAUNCH)->attempt, 1, "it failed: once more");
	done(&c, 0, 0, 1, 0);
	is_int(find(&c, ORDER_COMMIT)->attempt, 1, "a token for the next");
	play(&c, (struct sched_event){ .kind = EV_COMMITTED, .attempt = 0 });
	is_int(c.news, 0, "an old answer is none");
	play(&c, (struct sched_event){ .kind = EV_COMMITTED, .attempt = 1 });
	ok(find(&c, ORDER_FINISH) != NULL, "committed, finished");
	scene_end(&c);
}

/* Stage 0 is read by stage 1, whose outputs stand since an earlier job. */
static void
stand(struct scene *c, const struct sched_standing *v, int n)
{
	struct sched_stage stage[3];

	memcpy(stage, three, sizeof stage);
	stage[1].standing = v;
	stage[1].npart = n;
	memset(c, 0, sizeof *c);
	c->s = sched_new(&plain);
	c->now = 1000;
	sched_add(c->s, stage, 3, 0);
	up(c, 0, 1, 0);
	up(c, 1, 1, 1);
	play(c, (struct sched_event){ .kind = EV_START });
}

static void
what_stands(void)
{
	static const struct sched_standing v[] = { { 0, 0, 100 },
	    { 1, 0, 101 }, { 0, 3, 102 } };
	struct scene c;

	stand(&c, v, 3);
	is_int(told(&c, ORDER_PLAN, -1, -1), 1, "one stage is to be planned");
	is_int(find(&c, ORDER_PLAN)->stage, 2, "who reads what stands");
	parts(&c, 0, 2, 2);
	ok(told(&c, ORDER_LAUNCH, -1, -1) == 2, "and runs at once");
	play(&c, (struct sched_event){ .kind = EV_EXEC_LOST, .exec = 0 });
	is_int(told(&c, ORDER_LOST, -1, -1), 2, "two outputs are lost");
	is_int(find(&c, ORDER_PLAN)->stage, 0,
	    "what they were made of wakes up");
	up(&c, 2, 4, 2);
	parts(&c, 0, 0, 1);
	done(&c, 0, 0, 0, where(&c, 0));
	is_int(told(&c, ORDER_LAUNCH, 2, -1), 2, "the two are made again");
	is_int(find(&c, ORDER_LAUNCH)->stage, 1, "of that stage");
	is_int(told(&c, ORDER_LAUNCH, 1, -1), 0, "the third one stands");
	is_int(sched_count(c.s, 0).reruns, 2, "two are counted");
	scene_end(&c);
}

static void
what_stands_in_part(void)
{
	static const struct sched_standing v[] = { { 0, 0, 100 },
	    { -1, 4, 101 } };
	static const struct sched_standing often[] = { { -1, 999, 7 } };
	struct scene c;

	stand(&c, v, 2);
	is_int(told(&c, ORDER_PLAN, -1, -1), 1, "one stage is to be planned");
	is_int(find(&c, ORDER_PLAN)->stage, 0, "what the lost one needs");
	parts(&c, 0, 0, 1);
	done(&c, 0, 0, 0, where(&c, 0));
	is_int(told(&c, ORDER_LAUNCH, -1, -1), 1, "one task");
	is_int(find(&c, ORDER_LAUNCH)->part, 1, "of the lost one");
	is_int(find(&c, ORDER_LAUNCH)->attempt, 5, "with a new number");
	play(&c, (struct sched_event){ .kind = EV_TASK_DONE, .stage = 1,
	    .part = 1, .attempt = 5, .exec = where(&c, 1), .place = 1,
	    .rowset = 7 });
	ok(find(&c, ORDER_FAIL) != NULL, "other rows do not go with the rest");
	scene_end(&c);

	stand(&c, often, 1);
	parts(&c, 0, 0, 1);
	done(&c, 0, 0, 0, where(&c, 0));
	ok(find(&c, ORDER_LAUNCH) && find(&c, ORDER_LAUNCH)->attempt < 600,
	    "what was made a thousand times is made again");
	scene_end(&c);

	stand(&c, v, 1);
	is_int(find(&c, ORDER_PLAN)->stage, 2, "nothing is lost: nothing runs");
	scene_end(&c);
}

static void
nothing_to_do(void)
{
	static const struct sched_standing v[] = { { 0, 0, 1 } };
	struct sched_stage stage[2] = { three[0], three[1] };
	struct scene c = { .now = 1 };

	stage[1].standing = v;
	stage[1].npart = 1;
	c.s = sched_new(&plain);
	sched_add(c.s, stage, 2, 0);
	up(&c, 0, 1, 0);
	play(&c, (struct sched_event){ .kind = EV_START });
	ok(find(&c, ORDER_FINISH) != NULL, "a job of what stands is done");
	is_int(told(&c, ORDER_PLAN, -1, -1), 0, "and asks for nothing");
	scene_end(&c);
}

static void
limits(void)
{
	struct scene c;
	int opened = 0, x;

	two_stages_done(&c, &plain);
	x = where(&c, 0);
	up(&c, 5, 8, 5);
	for (int i = 0; i < 20 && !find(&c, ORDER_FAIL); i++) {
		c.now += 100;
		play(&c, (struct sched_event){ .kind = EV_TASK_FAILED,
		    .stage = 2, .part = 0, .attempt = i, .exec = x,
		    .why = ERR_LOST, .lost_stage = 1, .lost_part = 0 });
		if (find(&c, ORDER_FAIL))
			break;
		opened++;
		x = find(&c, ORDER_LAUNCH)->exec;
		play(&c, (struct sched_event){ .kind = EV_TASK_DONE,
		    .stage = 1, .part = 0, .attempt = i + 1, .exec = x,
		    .place = 0, .rowset = 100 });
		x = find(&c, ORDER_LAUNCH)->exec;
	}
	is_int(opened, 4, "a place may lose a stage's outputs four times");
	ok(strstr(sched_reason(c.s, 0), "at the same place") != NULL,
	    "then the job fails and says why");
	scene_end(&c);
}

static void
one_host_is_one_cause(void)
{
	struct scene c;

	two_stages_done(&c, &plain);
	for (int i = 0; i < 4; i++) {
		up(&c, 10 + i, 8, 5);
		play(&c, (struct sched_event){ .kind = EV_HOST_LOST,
		    .host = 5, .exec = 10 + i });
		ok(c.news && !find(&c, ORDER_FAIL), "loss %d of a host", i + 1);
	}
	up(&c, 14, 1, 5);
	play(&c, (struct sched_event){ .kind = EV_HOST_LOST, .host = 5,
	    .exec = 13 });
	ok(!c.news, "who was lost with it before tells nothing new");
	play(&c, (struct sched_event){ .kind = EV_EXEC_LOST, .exec = 14 });
	play(&c, (struct sched_event){ .kind = EV_EXEC_LOST, .exec = 0 });
	play(&c, (struct sched_event){ .kind = EV_EXEC_LOST, .exec = 1 });
	ok(!find(&c, ORDER_FAIL), "and both executors with all maps");
	ok(sched_starved(c.s) == c.now, "nobody is there to run tasks");
	up(&c, 20, 8, 1);
	ok(sched_starved(c.s) == -1 && find(&c, ORDER_LAUNCH)->stage == 0,
	    "it all begins again when somebody comes");
	scene_end(&c);
}

int
main(void)
{
	only_what_is_needed();
	unread_stays_gone();
	a_read_stage_is_remade_when_asked();
	late_reports();
	other_rows();
	other_rows_unread();
	commits();
	what_stands();
	what_stands_in_part();
	nothing_to_do();
	limits();
	one_host_is_one_cause();
	return done_testing();
}
