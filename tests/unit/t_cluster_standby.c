/*
 * t_cluster_standby -- which of two masters is active, case by case.
 */
#include "cluster/cluster.h"
#include "cluster/standby.h"
#include "tap.h"

/* Two masters; a was started first, each has both in its list. */
static struct standby a, b;

static void
begin(void)
{
	standby_init(&a, 5, 2, 0, 0);
	standby_init(&b, 6, 2, 0, 0);
	standby_heard(&a, 0, &a.own, 0);
	standby_heard(&b, 1, &b.own, 0);
}

/* a hears b, or b hears a. */
static void
hears(struct standby *s, int64_t now)
{
	standby_heard(s, s == &a, s == &a ? &b.own : &a.own, now);
}

static void
test_first(void)
{
	struct standby one;

	standby_init(&one, 5, 0, 7, 0);
	is_int(standby_decide(&one, 0), STANDBY_TAKE, "alone: at once");
	is_int(one.own.epoch, 8, "the next epoch");
	begin();
	is_int(standby_decide(&a, 10), STANDBY_STAY, "waits for the other");
	hears(&a, 20);
	hears(&b, 20);
	is_int(standby_decide(&b, 20), STANDBY_STAY, "the younger waits");
	is_int(standby_decide(&a, 20), STANDBY_TAKE, "the older takes over");
	hears(&b, 30);
	ok(b.followed, "and is followed");
	is_int(standby_active(&b, 30), 0, "it is known who");
	is_int(standby_decide(&b, 30 + STANDBY_SILENT_MS - 1), STANDBY_STAY,
	    "a short silence is none");
	is_int(standby_decide(&b, 30 + STANDBY_SILENT_MS), STANDBY_TAKE,
	    "a long one is the end");
	ok(b.own.epoch > a.own.epoch, "of its epoch");
	hears(&b, 9000);
	is_int(standby_decide(&b, 9000), STANDBY_STAY, "the higher one stays");
	hears(&a, 9000);
	is_int(standby_decide(&a, 9000), STANDBY_YIELD, "the lower one yields");
	is_int(standby_decide(&a, 9001), STANDBY_STAY, "once");
}

static void
test_nobody(void)
{
	begin();
	standby_nobody(&b, 0);
	is_int(standby_decide(&b, 1), STANDBY_TAKE, "nobody there: at once");
	begin();
	a.own.active = b.own.active = 1;
	hears(&a, 1);
	hears(&b, 1);
	is_int(standby_decide(&a, 1) + standby_decide(&b, 1), STANDBY_YIELD,
	    "of two in the same epoch one yields");
	ok(a.own.active, "the younger");
	begin();
	a.own.epoch = INT64_MAX - 1;
	hears(&b, 1);
	standby_nobody(&b, 0);
	is_int(standby_decide(&b, 1), STANDBY_TAKE, "an epoch of a liar");
	ok(b.own.epoch < 9 * EPOCH_STEP, "is not followed");
	ok(standby_next_epoch(3, 5) != standby_next_epoch(3, 6) &&
	    standby_next_epoch(3, 5) > 3 &&
	    standby_next_epoch(EPOCH_STEP - 1, 0) >= EPOCH_STEP,
	    "epochs of two masters differ");
}

int
main(void)
{
	test_first();
	test_nobody();
	return done_testing();
}
