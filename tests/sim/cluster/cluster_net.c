/*
 * cluster_net -- the simulated network and the two daemons around the machines:
 * what lib/daemon does with sockets and processes is done here with events.
 */
#include "cluster_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static struct link *
link_of(int id)
{
	return id >= 0 && id < world.nlink ? &world.link[id] : NULL;
}

/* Until then no packet goes between a client and a master. */
static int64_t
cut_until(int client, int boss)
{
	int app = client - NODES_MAX;
	int64_t all = app < 0 ? world.node[client].cut_until :
	    world.app[app].cut_until;
	int64_t one = app < 0 ? world.node[client].cut_from[boss] :
	    world.app[app].cut_from[boss];

	return all > one ? all : one;
}

/* When a message sent now arrives: in order, late by what the network
 * does. */
static int64_t
arrival(struct link *l, int direction)
{
	int64_t at = world.now + 1 + draw(world.calm ? 5 : 40);
	int64_t cut = cut_until(l->client, l->boss);

	if (at < cut)
		at = cut + draw(50);
	if (at <= l->at[direction])
		at = l->at[direction];
	l->at[direction] = at;
	return at - world.now;
}

static void *
copy(const void *p, size_t n)
{
	return p ? memcpy(arena_alloc(&world.arena, n + 1), p, n) : NULL;
}

/* ---- to the master --------------------------------------------------- */

/* A standby sends a client on to the next master. */
static void
goes_on(struct link *l)
{
	int *first = l->client < NODES_MAX ? &world.node[l->client].first :
	    &world.app[l->client - NODES_MAX].first;

	*first = (l->boss + 1) % world.nboss;
	break_link(l->id, 1);
}

static void
arrives_at_master(struct happening *h)
{
	struct link *l = link_of(h->link);

	if (!l->up_master)
		return;
	if (world.boss[l->boss].active)
		to_master(l->boss, h->m);
	else
		goes_on(l);
}

static void
send_to_master(int link, const struct master_event *ev)
{
	struct link *l = link_of(link);
	struct master_event *m = copy(ev, sizeof *ev);
	struct happening *h;

	if (!l || !l->up_client)
		return;
	if (ev->worker) {
		struct worker_hello *w = copy(ev->worker, sizeof *w);

		w->exec = copy(w->exec, (size_t)(w->nexec + 1) *
		    sizeof *w->exec);
		w->app = copy(w->app, (size_t)(w->napp + 1) * ID_SIZE);
		w->driver = copy(w->driver, (size_t)(w->ndriver + 1) *
		    sizeof *w->driver);
		m->worker = w;
	}
	if (ev->app) {
		struct app_hello *a = copy(ev->app, sizeof *a);

		a->exec = copy(a->exec, (size_t)(a->nexec + 1) *
		    sizeof *a->exec);
		m->app = a;
	}
	m->id = ev->id ? arena_strdup(&world.arena, ev->id) : NULL;
	m->report = copy(ev->report, sizeof *ev->report);
	m->link = link;
	for (int i = 0; i < 1 + (!world.calm && chance(3)); i++) {
		h = later(arrival(l, 1), arrives_at_master);
		h->m = m;
		h->link = link;
	}
}

/* ---- to clients ------------------------------------------------------ */

static const int worker_kinds[] = {
	[ORDER_WELCOME] = WORKER_WELCOME, [ORDER_GRANT] = WORKER_GRANT,
	[ORDER_START] = WORKER_START, [ORDER_STOP] = WORKER_STOP,
	[ORDER_FORGET_APP] = WORKER_FORGET_APP,
	[ORDER_REFUSE] = WORKER_REFUSED,
	[ORDER_DRIVER_START] = WORKER_DRIVER_START,
};

static void
arrives_at_client(struct happening *h)
{
	struct link *l = link_of(h->link);
	struct order *o = h->o;
	struct worker_event ev = { .n = o->n, .exec = o->exec,
		.cores = o->cores, .memory_mb = o->memory_mb,
		.text = o->text, .app = o->app, .driver = o->driver };

	if (!l->up_client)
		return;
	if (l->client >= NODES_MAX) {
		driver_hears(l->client - NODES_MAX, o);
		return;
	}
	if (world.node[l->client].link != h->link)
		return;
	ev.kind = (enum worker_event_kind)worker_kinds[o->kind];
	to_worker(l->client, &ev);
}

static void
send_to_client(const struct order *from)
{
	struct link *l = link_of(from->link);
	struct order *o = copy(from, sizeof *o);
	struct happening *h;

	if (!l || !l->up_master)
		return;
	if (o->kind == ORDER_DROP) {
		break_link(from->link, 1);
		return;
	}
	o->text = o->text ? arena_strdup(&world.arena, o->text) : NULL;
	o->app = copy(o->app, o->app ? sizeof *o->app : 0);
	o->worker = copy(o->worker, o->worker ? sizeof *o->worker : 0);
	o->driver = copy(o->driver, o->driver ? sizeof *o->driver : 0);
	for (int i = 0; i < 1 + (!world.calm && chance(3)); i++) {
		h = later(arrival(l, 0), arrives_at_client);
		h->o = o;
		h->link = from->link;
	}
}

/* ---- connections ----------------------------------------------------- */

static void
master_sees_end(struct happening *h)
{
	struct link *l = link_of(h->link);
	struct master_event ev = { .kind = MASTER_LINK_DOWN,
		.link = h->link };

	if (!l->up_master)
		return;
	l->up_master = 0;
	to_master(l->boss, &ev);
}

static void
client_sees_end(struct happening *h)
{
	struct link *l = link_of(h->link);
	struct worker_event ev = { .kind = WORKER_LINK_DOWN };

	if (!l->up_client)
		return;
	l->up_client = 0;
	if (world.verbose)
		printf("%lld link %d ends\n", (long long)world.now, h->link);
	if (l->client >= NODES_MAX) {
		if (world.app[l->client - NODES_MAX].link == h->link)
			driver_link_down(l->client - NODES_MAX);
	} else if (world.node[l->client].link == h->link) {
		world.node[l->client].link = -1;
		to_worker(l->client, &ev);
	}
}

/* The end of a stream comes behind what is under way, for a side that does
 * not close it itself. */
void
break_link(int id, int by_master)
{
	struct link *l = link_of(id);

	if (!l)
		return;
	if (by_master)
		l->up_master = 0;
	later(arrival(l, 0), client_sees_end)->link = id;
	if (!by_master)
		later(arrival(l, 1), master_sees_end)->link = id;
}

static int
new_link(int client, int boss)
{
	if (world.nlink == world.link_cap) {
		world.link_cap = world.link_cap ? 2 * world.link_cap : 64;
		world.link = xrealloc(world.link, (size_t)world.link_cap *
		    sizeof *world.link);
	}
	if (world.verbose)
		printf("%lld link %d of %d\n", (long long)world.now,
		    world.nlink, client);
	world.link[world.nlink] = (struct link){ world.nlink, client, boss, 1, 1,
		{ world.now, world.now } };
	return world.nlink++;
}

/* The first master that answers, or -1; *nobody: all refused. */
static int
answering(int client, int first, int *nobody)
{
	*nobody = 1;
	for (int k = 0; k < world.nboss; k++) {
		int b = (first + k) % world.nboss;

		if (world.now < cut_until(client, b))
			*nobody = 0;
		else if (world.boss[b].master)
			return b;
	}
	return -1;
}

static void
node_answer(struct happening *h)
{
	struct node *n = &world.node[h->a];
	struct worker_event ev = { .kind = WORKER_LINK_DOWN };
	int boss, nobody;

	if (n->incarnation != h->b)
		return;
	boss = answering(h->a, n->first, &nobody);
	ev.n = nobody;
	if (boss >= 0) {
		n->first = boss;
		n->link = new_link(h->a, boss);
		ev.kind = WORKER_LINK_UP;
	}
	to_worker(h->a, &ev);
}

void
connect_node(int node)
{
	struct happening *h;

	h = later(world.now < world.node[node].cut_until ? 3000 : draw(10),
	    node_answer);
	h->a = node;
	h->b = world.node[node].incarnation;
}

static void
app_answer(struct happening *h)
{
	struct driver *d = &world.app[h->a];
	struct master_event ev = { .kind = MASTER_APP_REGISTER };
	int boss, nobody;

	if (!d->alive || d->link >= 0 || d->ended)
		return;
	boss = answering(NODES_MAX + h->a, d->first, &nobody);
	if (boss < 0) {
		later(100 + draw(2000), app_answer)->a = h->a;
		return;
	}
	d->first = boss;
	d->link = new_link(NODES_MAX + h->a, boss);
	d->want.exec = d->known;
	d->want.nexec = d->nknown;
	ev.app = &d->want;
	send_to_master(d->link, &ev);
}

void
connect_app(int app)
{
	later(draw(200), app_answer)->a = app;
}

/* ---- the master's daemon --------------------------------------------- */

static void
same_after_replay(struct boss *boss)
{
	static const struct master_conf conf = { 0 };
	struct master *m = master_new(&conf);
	struct text a = { 0 }, b = { 0 };
	struct err e = { 0 };

	if (master_replay(m, text_str(&boss->journal), boss->journal.n,
	    &e) < 0)
		broken(arena_printf(&world.arena, "replay: %s", e.text));
	master_dump(m, &a);
	master_dump(boss->master, &b);
	if (a.n != b.n || memcmp(a.p, b.p, a.n) != 0)
		broken("a replay of the journal gives another state");
	text_release(&a);
	text_release(&b);
	master_free(m);
}

void
to_master(int number, struct master_event *ev)
{
	struct boss *boss = &world.boss[number];
	struct orders out = { 0 };
	struct text lines = { 0 };
	struct err e;
	int dies = !world.calm && draw(4000) == 0;

	if (!boss->master || !boss->active)
		return;
	world.nevents++;
	ev->now_ms = ev->wall_ms = world.now;
	master_event(boss->master, ev, &out, &lines, &e);
	master_check(boss->master);
	if (master_epoch(boss->master) > boss->standby.own.epoch)
		boss->standby.own.epoch = master_epoch(boss->master);
	/* It may die before or after the journal was written. */
	if (!dies || chance(50))
		text_add(&boss->journal, lines.p, lines.n);
	if (dies) {
		crash_master(number);
	} else {
		if (lines.n && world.nevents % 16 == 0)
			same_after_replay(boss);
		for (int i = 0; i < out.n; i++) {
			if (world.nboss == 1)
				check_fence(&out.v[i]);
			if (world.verbose)
				printf("%lld %s %s.%d link %d %s\n",
				    (long long)world.now,
				    order_name(out.v[i].kind),
				    out.v[i].exec.app, out.v[i].exec.num,
				    out.v[i].link,
				    out.v[i].text ? out.v[i].text : "");
			send_to_client(&out.v[i]);
		}
	}
	orders_release(&out);
	text_release(&lines);
	check_always();
}

/* ---- a worker's daemon ----------------------------------------------- */

static struct proc *
find_proc(int node, const struct exec_name *name)
{
	for (int i = world.nproc - 1; i >= 0; i--)
		if (world.proc[i].alive && world.proc[i].node == node &&
		    world.proc[i].name.num == name->num &&
		    strcmp(world.proc[i].name.app, name->app) == 0)
			return &world.proc[i];
	return NULL;
}

static void
proc_ends(struct happening *h)
{
	struct proc *p = &world.proc[h->a];
	struct worker_event ev = { .kind = WORKER_EXEC_GONE,
		.exec = p->name, .n = h->n, .text = "ended" };

	if (!p->alive)
		return;
	p->alive = 0;
	to_worker(p->node, &ev);
}

static void
proc_up(struct happening *h)
{
	struct proc *p = &world.proc[h->a];
	struct worker_event ev = { .kind = WORKER_EXEC_UP,
		.exec = p->name };

	if (p->alive)
		to_worker(p->node, &ev);
}

static void
spawn(int node, const struct order *o)
{
	struct happening *h;
	struct proc *p;

	for (int i = 0; i < world.nproc; i++)
		if (world.proc[i].name.num == o->exec.num &&
		    strcmp(world.proc[i].name.app, o->exec.app) == 0)
			broken("an executor was started twice");
	if (world.nproc == PROCS_MAX)
		return;
	p = &world.proc[world.nproc++];
	*p = (struct proc){ .name = o->exec, .node = node,
	    .cores = o->cores, .alive = 1, .born_ms = world.now };
	later(1 + draw(20), proc_up)->a = world.nproc - 1;
	if (!world.calm && chance(10)) {
		h = later(draw(20000), proc_ends);
		h->a = world.nproc - 1;
		h->n = chance(50) ? 1 : 137;
	}
}

static void
proc_end_soon(int node, const struct order *o, int64_t within)
{
	struct proc *p = find_proc(node, &o->exec);
	struct happening *h;

	if (!p)
		return;
	p->doomed = 1;
	h = later(1 + draw(within), proc_ends);
	h->a = (int)(p - world.proc);
	h->n = 0;
}

/* ---- drivers under workers ------------------------------------------- */

static void
tell_driver_gone(int node, const char *id)
{
	struct master_event ev = { .kind = MASTER_DRIVER_GONE, .id = id };

	send_to_master(world.node[node].link, &ev);
}

static void
driver_proc_ends(struct happening *h)
{
	struct proc *p = &world.proc[h->a];
	struct worker_event ev = { .kind = WORKER_DRIVER_GONE,
		.text = p->name.app };

	if (!p->alive)
		return;
	p->alive = 0;
	to_worker(p->node, &ev);
	tell_driver_gone(p->node, p->name.app);
}

/* A worker that is welcome says what became of its drivers. */
static void
tell_drivers(int node)
{
	for (int i = 0; i < world.nproc; i++) {
		const struct proc *p = &world.proc[i];

		if (p->node == node && !p->alive && p->driver_of ==
		    world.node[node].incarnation)
			tell_driver_gone(node, p->name.app);
	}
}

static void
driver_spawn(int node, const struct driver_lease *d)
{
	struct proc *p;

	for (int i = 0; i < world.nproc; i++)
		if (strcmp(world.proc[i].name.app, d->id) == 0)
			broken("a driver was started twice");
	if (world.nproc == PROCS_MAX)
		return;
	p = &world.proc[world.nproc++];
	*p = (struct proc){ .node = node, .cores = d->cores, .alive = 1,
		.driver_of = world.node[node].incarnation,
		.born_ms = world.now };
	memcpy(p->name.app, d->id, sizeof p->name.app);
	later(draw(chance(30) ? 100 : 30000), driver_proc_ends)->a =
	    world.nproc - 1;
}

static void
node_order(int node, const struct order *o)
{
	struct node *n = &world.node[node];
	struct master_event ev = { .n = o->n, .worker = o->worker,
		.report = o->report };

	switch (o->kind) {
	case ORDER_CONNECT:
		connect_node(node);
		break;
	case ORDER_HANG_UP:
		if (n->link >= 0) {
			world.link[n->link].up_client = 0;
			break_link(n->link, 0);
			n->link = -1;
		}
		break;
	case ORDER_REGISTER:
		ev.kind = MASTER_WORKER_REGISTER;
		send_to_master(n->link, &ev);
		break;
	case ORDER_RENEW:
		ev.kind = MASTER_WORKER_RENEW;
		send_to_master(n->link, &ev);
		break;
	case ORDER_REPORT:
		ev.kind = MASTER_WORKER_REPORT;
		send_to_master(n->link, &ev);
		break;
	case ORDER_SPAWN:
		spawn(node, o);
		break;
	case ORDER_DRIVER_SPAWN:
		driver_spawn(node, o->driver);
		break;
	case ORDER_DRIVER_NO_ROOM:
		tell_driver_gone(node, o->text);
		break;
	case ORDER_ASK_END:
		proc_end_soon(node, o, chance(10) ? 5000 : 100);
		break;
	case ORDER_KILL:
		proc_end_soon(node, o, chance(5) ? 3000 : 10);
		break;
	default:
		break;
	}
}

static void hold(int node, const struct worker_event *ev);
static void give(int node, struct worker_event *ev);

static void
resumed(struct happening *h)
{
	struct node *n = &world.node[h->a];

	if (n->incarnation != h->b)
		return;
	n->nheld--;
	if (world.now < n->paused_until)
		hold(h->a, h->w);
	else
		give(h->a, h->w);
}

/* What comes to a process that is stopped waits, and what comes after it
 * waits behind it: nothing overtakes on a connection. */
static void
hold(int node, const struct worker_event *ev)
{
	struct node *n = &world.node[node];
	struct happening *h = later(n->paused_until - world.now, resumed);

	h->a = node;
	h->b = n->incarnation;
	h->w = copy(ev, sizeof *ev);
	n->nheld++;
}

static void
give(int node, struct worker_event *ev)
{
	struct node *n = &world.node[node];
	struct orders out = { 0 };

	if (!n->w)
		return;
	world.nevents++;
	ev->now_ms = world.now;
	worker_event(n->w, ev, &out);
	worker_check(n->w);
	for (int i = 0; i < out.n; i++)
		node_order(node, &out.v[i]);
	if (ev->kind == WORKER_WELCOME)
		tell_drivers(node);
	orders_release(&out);
	check_always();
}

void
to_worker(int node, struct worker_event *ev)
{
	struct node *n = &world.node[node];

	if (n->w && (world.now < n->paused_until || n->nheld > 0))
		hold(node, ev);
	else
		give(node, ev);
}

/* ---- a driver -------------------------------------------------------- */

static void
release_now(struct happening *h)
{
	struct driver *d = &world.app[h->a];
	struct master_event ev = { .kind = MASTER_APP_RELEASE, .n = h->n };

	if (d->alive && d->link >= 0)
		send_to_master(d->link, &ev);
}

int
knows(const struct driver *d, int num)
{
	for (int i = 0; i < d->nknown; i++)
		if (d->known[i] == num)
			return i;
	return -1;
}

static void
driver_up(struct driver *d, const struct order *o)
{
	int sum = o->cores;

	if (knows(d, o->exec.num) >= 0 || d->nknown == 256)
		return;
	for (int i = 0; i < d->nknown; i++)
		sum += d->cores[i];
	if (d->want.cores_max && sum > d->want.cores_max)
		broken("an application has more cores than its limit");
	d->cores[d->nknown] = o->cores;
	d->known[d->nknown++] = o->exec.num;
}

void
driver_hears(int app, const struct order *o)
{
	struct driver *d = &world.app[app];
	struct happening *h;
	int i;

	if (!d->alive)
		return;
	switch (o->kind) {
	case ORDER_APP_WELCOME:
		memcpy(d->want.id, o->text, strlen(o->text) + 1);
		break;
	case ORDER_EXEC_UP:
		driver_up(d, o);
		break;
	case ORDER_EXEC_LOST:
		i = knows(d, o->exec.num);
		if (i >= 0) {
			d->known[i] = d->known[--d->nknown];
			d->cores[i] = d->cores[d->nknown];
		}
		break;
	case ORDER_EXEC_REVOKED:
		if (d->keeps)
			break;
		h = later(draw(3000), release_now);
		h->a = app;
		h->n = o->exec.num;
		break;
	case ORDER_REFUSE:
		d->refused = 1;
		d->alive = 0;
		d->nknown = 0;
		break;
	default:
		break;
	}
}

void
driver_link_down(int app)
{
	world.app[app].link = -1;
	if (world.app[app].alive)
		connect_app(app);
}

static void
driver_ticks(struct happening *h)
{
	struct driver *d = &world.app[h->a];
	struct master_event ev = { .kind = MASTER_APP_RENEW, .n = 1 };

	if (!d->alive)
		return;
	if (d->link >= 0)
		send_to_master(d->link, &ev);
	later(LEASE_RENEW_MS, driver_ticks)->a = h->a;
}

void
driver_start(int app)
{
	world.app[app].alive = 1;
	world.app[app].link = -1;
	connect_app(app);
	later(LEASE_RENEW_MS, driver_ticks)->a = app;
}

void
driver_ends(int app)
{
	struct master_event ev = { .kind = MASTER_APP_END };
	struct driver *d = &world.app[app];

	if (!d->alive)
		return;
	if (d->link >= 0)
		send_to_master(d->link, &ev);
	d->alive = 0;
	d->ended = 1;
	if (d->link >= 0)
		break_link(d->link, 0);
}
