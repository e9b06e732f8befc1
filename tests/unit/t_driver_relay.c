/*
 * t_driver_relay -- who fetches a broadcast from where: once a node, two at a
 * time from a place, from copies as soon as there are some; and what happens
 * when those who have or make copies are gone.
 */
#include "driver/relay.h"
#include "tap.h"

enum { NONE = -9 };

static struct relay *r;

/* Executor x has place 100 + x; stage 3. */
static void
ask(int x, int node, int failed, int64_t now)
{
	struct relay_who who = { x, 100 + x, node };

	relay_ask(r, 3, &who, failed, now);
}

/* Where the next answer sends x; NONE: it goes to another, or nobody. */
static int
answer(int x, int64_t now)
{
	struct relay_answer a;

	if (!relay_next(r, now, &a))
		return NONE;
	return a.exec == x && a.stage == 3 ? a.place : NONE - 1;
}

static void
one_node(void)
{
	r = relay_new();
	ask(1, 0, -1, 0);
	ask(2, 0, -1, 0);
	is_int(answer(1, 0), -1, "the first of a node fetches");
	is_int(answer(2, 0), NONE, "the second waits");
	relay_end(r, 3, 1, true);
	is_int(answer(2, 9), 101, "for the copy");
	ask(4, 0, -1, 10);
	is_int(answer(4, 10), 101, "so do those who come later");
	relay_moved(r, 3);
	ask(4, 0, -1, 11);
	is_int(answer(4, 11), -1, "maps that have moved have no copies");
	relay_free(r);
}

static void
many_nodes(void)
{
	int from = 0, n = 0;

	r = relay_new();
	for (int x = 0; x < 8; x++)
		ask(x, x, -1, 0);
	is_int(answer(0, 0), -1, "two nodes");
	is_int(answer(1, 0), -1, "fetch from the maps");
	is_int(answer(2, 0), NONE, "the third waits");
	relay_end(r, 3, 1, true);
	is_int(answer(2, 1), 101, "for the copy of the second");
	is_int(answer(3, 1), 101, "so does the fourth");
	is_int(answer(4, 1), -1, "one has left a turn at the maps");
	is_int(answer(5, 1), NONE, "and no more");
	relay_end(r, 3, 0, false);
	is_int(answer(5, 2), -1, "one that made no copy leaves its turn");
	for (int x = 2; x < 6; x++)
		relay_end(r, 3, x, true);
	while ((from = answer(6 + n, 3)) != NONE)
		n += from != -1;
	is_int(n, 2, "the others each from a copy");
	relay_free(r);
}

static void
trouble(void)
{
	r = relay_new();
	ask(1, 0, -1, 0);
	ask(2, 0, -1, 0);
	answer(1, 0);
	relay_gone(r, 1);
	is_int(answer(2, 1), -1, "one who makes the copy and is gone");
	relay_end(r, 3, 2, true);
	ask(3, 1, -1, 2);
	is_int(answer(3, 2), 102, "another node");
	relay_end(r, 3, 3, false);
	ask(4, 1, 102, 3);
	is_int(answer(4, 3), -1, "a copy that cannot be read is given once");
	ask(5, 0, -1, 4);
	is_int(answer(5, 4), -1, "not on its node either");
	ask(6, 0, -1, 5);
	ask(7, 7, -1, 5);
	is_int(answer(6, 5), NONE, "a place that is busy");
	is_int(answer(7, 5 + RELAY_BUSY_MS), -1, "is waited for so long");
	is_int(answer(6, 5 + RELAY_BUSY_MS), NONE, "the own node longer");
	is_int(answer(6, 5 + RELAY_NODE_MS), -1, "but not for ever");
	relay_end(r, 3, 99, true);
	relay_gone(r, 99);
	is_int(answer(6, 70000), NONE, "nobody else asks");
	relay_free(r);
}

int
main(void)
{
	one_node();
	many_nodes();
	trouble();
	return done_testing();
}
