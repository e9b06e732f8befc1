/*
 * cluster_bosses -- masters of which one is active: what lib/daemon does with
 * cluster/standby.h is done here with events.
 */
#include "cluster_sim.h"

#include <stdio.h>

static struct master *
new_machine(void)
{
	struct master_conf conf = { .several = world.nboss > 1 };

	return master_new(&conf);
}

/* Its guests go, and what it knew. */
static void
give_way(int number)
{
	struct boss *b = &world.boss[number];

	b->active = 0;
	b->fresh = 1;
	for (int i = 0; i < world.nlink; i++)
		if (world.link[i].up_master && world.link[i].boss == number)
			break_link(i, 1);
	master_free(b->master);
	b->master = new_machine();
	text_clear(&b->journal);
	master_start(b->master, b->standby.own.epoch, world.now, &b->journal);
}

static void
take_over(int number)
{
	struct boss *b = &world.boss[number];
	int64_t epoch = master_epoch(b->master) + 1;

	if (b->fresh) {
		master_free(b->master);
		b->master = new_machine();
	}
	if (b->standby.own.epoch > epoch)
		epoch = b->standby.own.epoch;
	b->standby.own.epoch = epoch;
	b->standby.followed = 0;
	b->active = 1;
	b->fresh = 0;
	text_clear(&b->journal);
	master_start(b->master, epoch, world.now, &b->journal);
}

static void
decide(int number)
{
	struct boss *b = &world.boss[number];
	enum standby_move move = standby_decide(&b->standby, world.now);

	if (world.verbose && move != STANDBY_STAY)
		printf("%lld master %d %s\n", (long long)world.now, number,
		    move == STANDBY_TAKE ? "takes over" : "yields");
	if (move == STANDBY_TAKE)
		take_over(number);
	else if (move == STANDBY_YIELD || (b->standby.followed && !b->fresh))
		give_way(number);
}

void
boss_begins(int number)
{
	struct boss *b = &world.boss[number];

	b->fresh = 0;
	standby_init(&b->standby, (uint64_t)++world.nstarts,
	    world.nboss > 1 ? world.nboss : 0, master_epoch(b->master),
	    world.now);
	decide(number);
}

static void
word_arrives(struct happening *h)
{
	struct boss *b = &world.boss[h->a];

	if (!b->master || world.now < world.bosses_cut)
		return;
	standby_heard(&b->standby, h->b, &h->word, world.now);
	decide(h->a);
}

static void
nobody_there(struct happening *h)
{
	struct boss *b = &world.boss[h->a];

	if (!b->master || world.now < world.bosses_cut)
		return;
	standby_nobody(&b->standby, h->b);
	decide(h->a);
}

/* from asks to, which says who it is; nobody answers for one that is down. */
static void
ask(int from, int to)
{
	struct happening *h;

	if (world.now < world.bosses_cut)
		return;
	h = later(1 + draw(world.calm ? 5 : 40), world.boss[to].master ?
	    word_arrives : nobody_there);
	h->a = from;
	h->b = to;
	h->word = world.boss[to].standby.own;
}

void
bosses_tick(struct happening *h)
{
	(void)h;
	for (int i = 0; i < world.nboss; i++) {
		if (!world.boss[i].master)
			continue;
		for (int k = 0; k < world.nboss; k++)
			ask(i, k);
		decide(i);
	}
	later(200 + draw(400), bosses_tick);
}

struct boss *
active_boss(void)
{
	struct boss *found = NULL;

	for (int i = 0; i < world.nboss; i++) {
		if (!world.boss[i].active)
			continue;
		if (found)
			return NULL;
		found = &world.boss[i];
	}
	return found;
}
