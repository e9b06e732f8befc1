/*
 * cluster_faults -- what goes wrong while the faults last, and what must
 * hold: always, and at the end, when all has been calm for a while.
 */
#include "cluster_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cluster/master_int.h"

enum { LOST_PAUSE_MS = 30000 };

static void
master_starts(struct happening *h)
{
	start_master(h->a);
}

void
crash_master(int number)
{
	struct boss *boss = &world.boss[number];

	if (!boss->master)
		return;
	master_free(boss->master);
	boss->master = NULL;
	boss->active = 0;
	for (int i = 0; i < world.nlink; i++)
		if (world.link[i].up_master && world.link[i].boss == number)
			break_link(i, 1);
	later(50 + draw(chance(20) ? 40000 : 3000), master_starts)->a = number;
}

void
start_master(int number)
{
	struct master_conf conf = { .several = world.nboss > 1 };
	struct boss *boss = &world.boss[number];
	struct err e = { 0 };

	if (boss->master)
		return;
	boss->master = master_new(&conf);
	if (master_replay(boss->master, text_str(&boss->journal),
	    boss->journal.n, &e) < 0)
		broken(arena_printf(&world.arena, "restart: %s", e.text));
	boss_begins(number);
}

static void
start_node(struct happening *h)
{
	struct node *n = &world.node[h->a];
	struct worker_hello hello = { .cores = n->cores, .memory_mb = 1000 };

	if (n->w)
		return;
	snprintf(hello.id, sizeof hello.id, "w%d-%d", h->a, ++n->incarnation);
	n->nheld = 0;
	snprintf(hello.host, sizeof hello.host, "host%d", h->a);
	n->w = worker_new(&hello, world.now);
	n->link = -1;
	n->paused_until = 0;
}

/* Executors die with their worker. */
static void
crash_node(int node)
{
	struct node *n = &world.node[node];

	if (!n->w)
		return;
	worker_free(n->w);
	n->w = NULL;
	n->incarnation++;
	n->nheld = 0;
	for (int i = 0; i < world.nproc; i++)
		if (world.proc[i].node == node)
			world.proc[i].alive = 0;
	if (n->link >= 0) {
		world.link[n->link].up_client = 0;
		if (chance(70))
			break_link(n->link, 0);
		n->link = -1;
	}
	later(100 + draw(20000), start_node)->a = node;
}

static void
crash_driver(int app)
{
	struct driver *d = &world.app[app];

	if (!d->alive)
		return;
	d->alive = 0;
	d->ended = 1;
	d->nknown = 0;
	if (d->link >= 0) {
		world.link[d->link].up_client = 0;
		if (chance(70))
			break_link(d->link, 0);
		d->link = -1;
	}
}

static void
one_fault(void)
{
	int node = (int)draw(world.nnode), app = (int)draw(world.napp);
	int64_t ms = chance(50) ? draw(3000) : draw(40000);

	switch (draw(world.nboss == 1 ? 10 : 13)) {
	case 0:
		crash_master(world.nboss == 1 ? 0 : (int)draw(BOSSES));
		break;
	case 1:
		crash_node(node);
		break;
	case 2:
		if (world.node[node].paused_until < world.now + ms)
			world.node[node].paused_until = world.now + ms;
		world.node[node].last_pause = world.node[node].paused_until;
		break;
	case 3:
	case 4:
		world.node[node].cut_until = world.now + ms;
		break;
	case 5:
		world.app[app].cut_until = world.now + draw(6000);
		break;
	case 6:
	case 7:
		if (world.nlink)
			break_link(world.nlink - 1 - (int)draw(world.nlink <
			    8 ? world.nlink : 8), chance(50));
		break;
	case 8:
		if (chance(30))
			crash_driver(app);
		break;
	case 9:
		if (chance(30))
			driver_ends(app);
		break;
	case 10:
		world.bosses_cut = world.now + ms;
		break;
	case 11:
		world.node[node].cut_from[draw(BOSSES)] = world.now + ms;
		break;
	case 12:
		world.app[app].cut_from[draw(BOSSES)] = world.now + ms;
		break;
	}
}

static void
faults_go_on(struct happening *h)
{
	(void)h;
	if (world.calm)
		return;
	one_fault();
	later(200 + draw(8000), faults_go_on);
}

/* From now on nothing breaks, and what is down comes up. */
static void
calm_begins(struct happening *h)
{
	(void)h;
	world.calm = 1;
	world.bosses_cut = 0;
	for (int i = 0; i < world.nboss; i++)
		start_master(i);
	for (int i = 0; i < world.nnode; i++) {
		world.node[i].cut_until = 0;
		memset(world.node[i].cut_from, 0,
		    sizeof world.node[i].cut_from);
		later(0, start_node)->a = i;
	}
	for (int i = 0; i < world.napp; i++) {
		world.app[i].cut_until = 0;
		memset(world.app[i].cut_from, 0, sizeof world.app[i].cut_from);
	}
}

/* Somebody has a driver to run. */
static void
driver_comes(struct happening *h)
{
	struct driver_lease d = { .cores = (int)draw(3), .memory_mb = 10 };
	struct master_event ev = { .kind = MASTER_DRIVER_SUBMIT, .link = -1,
		.driver = &d };

	if (world.calm)
		return;
	snprintf(d.id, sizeof d.id, "driver-%lld", (long long)h->n);
	to_master((int)draw(world.nboss), &ev);
	h = later(draw(20000), driver_comes);
	h->n = world.seq;
}

static void
master_ticks(struct happening *h)
{
	struct master_event ev = { .kind = MASTER_TICK };

	(void)h;
	for (int i = 0; i < world.nboss; i++)
		to_master(i, &ev);
	later(500, master_ticks);
}

static void
node_ticks(struct happening *h)
{
	struct worker_event ev = { .kind = WORKER_TICK };
	int node = h->a;

	if (world.now >= world.node[node].paused_until)
		to_worker(node, &ev);
	later(200, node_ticks)->a = node;
}

static void
app_begins(struct happening *h)
{
	driver_start(h->a);
}

void
faults_begin(void)
{
	for (int i = 0; i < world.nboss; i++)
		start_master(i);
	if (world.nboss > 1)
		later(draw(500), bosses_tick);
	world.nnode = 1 + (int)draw(NODES_MAX);
	world.napp = 1 + (int)draw(APPS_MAX);
	for (int i = 0; i < world.nnode; i++) {
		world.node[i].cores = 1 + (int)draw(4);
		later(draw(2000), start_node)->a = i;
		later(draw(200), node_ticks)->a = i;
	}
	for (int i = 0; i < world.napp; i++) {
		struct driver *d = &world.app[i];

		d->want.token = (uint64_t)draw(1LL << 40) + 1;
		d->want.cores = 1;
		d->want.memory_mb = 10;
		d->want.weight = 1 + (int)draw(3);
		d->want.cores_max = chance(50) ? 0 : 1 + (int)draw(6);
		d->keeps = chance(20);
		later(draw(FAULTS_MS / 2), app_begins)->a = i;
	}
	later(500, master_ticks);
	later(5000, faults_go_on);
	if (chance(60))
		later(3000, driver_comes);
	later(FAULTS_MS, calm_begins);
}

/* ---- invariants ------------------------------------------------------ */

void
check_always(void)
{
	int used[NODES_MAX] = { 0 };

	for (int i = 0; i < world.nproc; i++)
		if (world.proc[i].alive)
			used[world.proc[i].node] += world.proc[i].cores;
	for (int i = 0; i < world.nnode; i++)
		if (used[i] > world.node[i].cores)
			broken("more cores are in use on a node than it has");
}

/* Who gives a silent worker up may be sure that it has fenced itself. */
void
check_fence(const struct order *o)
{
	if (o->kind != ORDER_EXEC_LOST || !o->text ||
	    !strstr(o->text, "silent"))
		return;
	for (int i = 0; i < world.nproc; i++) {
		const struct proc *p = &world.proc[i];

		if (p->alive && !p->doomed && p->name.num == o->exec.num &&
		    strcmp(p->name.app, o->exec.app) == 0 &&
		    world.now - world.node[p->node].last_pause >
		    LOST_PAUSE_MS)
			broken("an executor was given up and runs");
	}
}

static int
alive_procs(const char *app)
{
	int n = 0;

	for (int i = 0; i < world.nproc; i++)
		n += world.proc[i].alive && (!app ||
		    strcmp(world.proc[i].name.app, app) == 0);
	return n;
}

static double
fair_share(int app, int capacity)
{
	double level = 0, left, weight;

	/* Water rises until all is dealt out: small steps are enough. */
	for (left = capacity; left > 1e-9; ) {
		double step = 1e9;

		weight = 0;
		for (int i = 0; i < world.napp; i++) {
			const struct driver *d = &world.app[i];
			double cap = d->want.cores_max ? d->want.cores_max :
			    capacity;
			double room = cap / d->want.weight - level;

			if (!d->alive || room <= 1e-9)
				continue;
			weight += d->want.weight;
			step = room < step ? room : step;
		}
		if (weight == 0)
			break;
		if (step * weight > left)
			step = left / weight;
		level += step;
		left -= step * weight;
	}
	level *= world.app[app].want.weight;
	if (world.app[app].want.cores_max &&
	    level > world.app[app].want.cores_max)
		return world.app[app].want.cores_max;
	return level;
}

/* Holds more than a share and could do without. */
static int
somebody_has_too_much(int but, int capacity)
{
	for (int i = 0; i < world.napp; i++) {
		int n = alive_procs(world.app[i].want.id);

		if (i != but && world.app[i].alive && n >= 2 &&
		    n > fair_share(i, capacity) + 1e-6)
			return 1;
	}
	return 0;
}

static void
check_app(int i, int capacity, int nalive)
{
	struct driver *d = &world.app[i];
	int n = alive_procs(d->want.id);
	int want = (int)(fair_share(i, capacity) + 1e-6);

	/* Nobody loses the last executor to somebody else. */
	if (nalive > capacity)
		want = 0;
	else if (want < 1)
		want = 1;
	if (d->nknown != n)
		broken(arena_printf(&world.arena, "application %d believes "
		    "in %d executors, %d run", i, d->nknown, n));
	if (n < want && somebody_has_too_much(i, capacity))
		broken(arena_printf(&world.arena, "application %d has %d "
		    "executors, its share is %d", i, n, want));
	for (int k = 0; k < world.nproc; k++)
		if (world.proc[k].alive && strcmp(world.proc[k].name.app,
		    d->want.id) == 0 && knows(d, world.proc[k].name.num) < 0)
			broken("an executor runs that its driver "
			    "does not know");
}

void
check_end(void)
{
	const struct state *s;
	struct boss *boss = active_boss();
	int capacity = 0, nalive = 0, used = 0, wanted = 0;

	if (!boss) {
		broken("there is not one active master");
		return;
	}
	s = &boss->master->state;
	for (int i = 0; i < world.nnode; i++)
		capacity += world.node[i].cores;
	for (int i = 0; i < world.napp; i++) {
		const struct driver *d = &world.app[i];

		nalive += d->alive;
		wanted += !d->alive ? 0 : d->want.cores_max ?
		    d->want.cores_max : capacity;
	}
	if (s->nworker != world.nnode)
		broken("the master does not know each worker once");
	for (int i = 0; i < world.napp; i++)
		if (world.app[i].alive)
			check_app(i, capacity, nalive);
	for (const struct worker *w = s->worker; w; w = w->next)
		if (w->seat)
			broken("a driver has ended and still has its cores");
	used = alive_procs(NULL);
	if (used < (wanted < capacity ? wanted : capacity))
		broken("cores are idle while applications wait");
}
