/*
 * cluster_sim -- runs seeds of the simulated cluster.
 *
 * usage: cluster_sim [-v] [-2] [FIRST [COUNT]]
 *
 * -2: with two masters that are each other's standby.  Each seed is 90 seconds
 * with faults and 120 without; prints the first seed that breaks an invariant
 * and which, and exits with 1.
 */
#include "cluster_sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world;

static uint64_t
next_random(void)
{
	uint64_t z = world.rng += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

int64_t
draw(int64_t n)
{
	return n > 0 ? (int64_t)(next_random() % (uint64_t)n) : 0;
}

int
chance(int percent)
{
	return draw(100) < percent;
}

void
broken(const char *what)
{
	if (!world.broken)
		world.broken = what;
}

/* ---- a heap by time, then by age ------------------------------------- */

static int
before(const struct happening *a, const struct happening *b)
{
	return a->ms != b->ms ? a->ms < b->ms : a->seq < b->seq;
}

struct happening *
later(int64_t ms, void (*run)(struct happening *))
{
	struct happening *h;
	int i;

	if (world.nheap == world.heap_cap) {
		world.heap_cap = world.heap_cap ? 2 * world.heap_cap : 256;
		world.heap = xrealloc(world.heap, (size_t)world.heap_cap *
		    sizeof *world.heap);
	}
	/* Goes to its place at once: only time and age count. */
	struct happening fresh = { .ms = world.now + (ms > 0 ? ms : 0),
		.seq = world.seq++, .run = run, .link = -1 };

	for (i = world.nheap++; i > 0 && before(&fresh,
	    &world.heap[(i - 1) / 2]); i = (i - 1) / 2)
		world.heap[i] = world.heap[(i - 1) / 2];
	h = &world.heap[i];
	*h = fresh;
	return h;
}

static struct happening
take_first(void)
{
	struct happening first = world.heap[0];
	struct happening last = world.heap[--world.nheap];
	int i = 0;

	for (;;) {
		int kid = 2 * i + 1;

		if (kid >= world.nheap)
			break;
		if (kid + 1 < world.nheap &&
		    before(&world.heap[kid + 1], &world.heap[kid]))
			kid++;
		if (!before(&world.heap[kid], &last))
			break;
		world.heap[i] = world.heap[kid];
		i = kid;
	}
	if (world.nheap)
		world.heap[i] = last;
	return first;
}

static void
run_until(int64_t end)
{
	while (world.nheap && world.heap[0].ms <= end && !world.broken) {
		struct happening h = take_first();

		world.now = h.ms;
		h.run(&h);
	}
	if (!world.broken)
		world.now = end;
}

static void
show_world(void)
{
	struct text t = { 0 };

	for (int i = 0; i < world.nboss; i++) {
		if (!world.boss[i].master)
			continue;
		printf("master %d active %d\n", i, world.boss[i].active);
		master_show(world.boss[i].master, VIEW_STATUS, FORM_TABLE,
		    world.now, world.now, &t);
	}
	printf("%s", text_str(&t));
	for (int i = 0; i < world.napp; i++)
		printf("app %d %s alive %d weight %d max %d keeps %d knows "
		    "%d\n", i, world.app[i].want.id, world.app[i].alive,
		    world.app[i].want.weight, world.app[i].want.cores_max,
		    world.app[i].keeps, world.app[i].nknown);
	for (int i = 0; i < world.nproc; i++)
		if (world.node[world.proc[i].node].w && worker_runs(
		    world.node[world.proc[i].node].w, &world.proc[i].name))
			printf("node %d runs %s.%d alive %d doomed %d born "
			    "%lld\n", world.proc[i].node,
			    world.proc[i].name.app, world.proc[i].name.num,
			    world.proc[i].alive, world.proc[i].doomed,
			    (long long)world.proc[i].born_ms);
	text_release(&t);
}

static void
clean_up(void)
{
	for (int i = 0; i < BOSSES; i++) {
		master_free(world.boss[i].master);
		text_release(&world.boss[i].journal);
	}
	for (int i = 0; i < NODES_MAX; i++)
		worker_free(world.node[i].w);
	free(world.heap);
	free(world.link);
	arena_release(&world.arena);
}

static int64_t
run_seed(uint64_t seed, int nboss, int verbose)
{
	memset(&world, 0, sizeof world);
	world.rng = seed;
	world.verbose = verbose;
	world.nboss = nboss;
	world.now = 100000;
	int64_t begin = world.now;

	faults_begin();
	run_until(begin + FAULTS_MS + CALM_MS);
	if (!world.broken)
		check_end();
	for (int i = 0; i < world.napp && !world.broken; i++)
		driver_ends(i);
	run_until(world.now + 40000);
	for (int i = 0; i < world.nproc && !world.broken; i++)
		if (world.proc[i].alive)
			broken("an executor outlives its application");
	return world.nevents;
}

static long long seed_now;

/* An assertion of the machines: the seed is still to be named. */
static void
aborted(int number)
{
	(void)number;
	printf("# seed %lld: an assertion failed\n", seed_now);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	int verbose = argc > 1 && strcmp(argv[1], "-v") == 0;
	long long first, count, nevents = 0;
	int two;

	argc -= verbose;
	argv += verbose;
	two = argc > 1 && strcmp(argv[1], "-2") == 0;
	argc -= two;
	argv += two;
	first = argc > 1 ? strtoll(argv[1], NULL, 10) : 1;
	signal(SIGABRT, aborted);
	count = argc > 2 ? strtoll(argv[2], NULL, 10) : 1;
	for (long long seed = first; seed < first + count; seed++) {
		seed_now = seed;
		nevents += run_seed((uint64_t)seed, 1 + two, verbose);
		if (world.broken) {
			if (verbose)
				show_world();
			printf("# seed %lld: %s, at %lld ms\n", seed,
			    world.broken, (long long)world.now - 100000);
			clean_up();
			return 1;
		}
		clean_up();
	}
	printf("ok 1 - seeds %lld to %lld, %lld events\n1..1\n", first,
	    first + count - 1, nevents);
	return 0;
}
