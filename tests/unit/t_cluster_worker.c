/*
 * t_cluster_worker -- the worker alone: its lease, its cores, echoes.
 */
#include "base/err.h"
#include "cluster/worker.h"
#include "tap.h"

static struct orders out;

static void
event(struct worker *w, struct worker_event ev)
{
	orders_clear(&out);
	worker_event(w, &ev, &out);
	worker_check(w);
}

static int
count(enum order_kind kind)
{
	int n = 0;

	for (int i = 0; i < out.n; i++)
		n += out.v[i].kind == kind;
	return n;
}

static struct worker *
welcome_worker(void)
{
	struct worker_hello h = { .id = "w", .cores = 2, .memory_mb = 100 };
	struct worker *w = worker_new(&h, 0);

	event(w, (struct worker_event){ .kind = WORKER_TICK });
	event(w, (struct worker_event){ .kind = WORKER_LINK_UP });
	event(w, (struct worker_event){ .kind = WORKER_WELCOME, .n = 1 });
	event(w, (struct worker_event){ .kind = WORKER_START,
		.exec = { "app-1", 0 }, .cores = 1, .memory_mb = 10 });
	return w;
}

static void
test_lease(void)
{
	struct worker *w = welcome_worker();

	is_int(count(ORDER_SPAWN), 1, "an executor is started");
	is_int(worker_lease_ms(w), LEASE_WORKER_MS, "the lease runs");
	event(w, (struct worker_event){ .kind = WORKER_TICK, .now_ms = 4000 });
	is_int(count(ORDER_RENEW), 1, "a renewal is asked for");
	event(w, (struct worker_event){ .kind = WORKER_GRANT, .n = 1,
		.now_ms = 9000 });
	is_int(worker_lease_ms(w), 4000 + LEASE_WORKER_MS,
	    "it counts from when it was asked for");
	event(w, (struct worker_event){ .kind = WORKER_TICK,
		.now_ms = 4000 + LEASE_WORKER_MS });
	is_int(count(ORDER_KILL), 1, "without one the executors are killed");
	is_int(count(ORDER_HANG_UP), 1, "and the silent master is left");
	worker_free(w);
}

static void
test_refused(void)
{
	struct worker *w = welcome_worker();

	event(w, (struct worker_event){ .kind = WORKER_LINK_DOWN,
		.now_ms = 1000 });
	event(w, (struct worker_event){ .kind = WORKER_TICK, .now_ms = 2000 });
	is_int(count(ORDER_CONNECT), 1, "it connects again");
	event(w, (struct worker_event){ .kind = WORKER_LINK_DOWN, .n = 1,
		.now_ms = 9000 });
	is_int(worker_lease_ms(w), 2000 + LEASE_WORKER_MS,
	    "nobody listened when it began to try: the lease goes on");
	worker_free(w);
}

static void
test_echoes(void)
{
	struct worker *w = welcome_worker();
	struct worker_event start = { .kind = WORKER_START,
		.exec = { "app-1", 0 }, .cores = 1, .memory_mb = 10 };

	event(w, start);
	is_int(count(ORDER_SPAWN), 0, "the same order again starts nothing");
	event(w, (struct worker_event){ .kind = WORKER_EXEC_GONE,
		.exec = { "app-1", 0 }, .n = 3, .text = "x" });
	is_int(count(ORDER_REPORT), 1, "its end is reported");
	event(w, start);
	is_int(count(ORDER_SPAWN), 0, "nor does it after the end");
	start.exec.num = 1;
	start.cores = 3;
	event(w, start);
	is_int(count(ORDER_SPAWN), 0, "more cores than there are: refused");
	event(w, (struct worker_event){ .kind = WORKER_FORGET_APP,
		.exec = { "app-1", 0 } });
	is_int(count(ORDER_FORGET_APP), 1, "files go when nothing runs");
	event(w, (struct worker_event){ .kind = WORKER_QUIT });
	ok(count(ORDER_LEAVE) == 1 && count(ORDER_EXIT) == 1,
	    "told to end: it leaves");
	worker_free(w);
}

static void
test_drivers(void)
{
	struct worker *w = welcome_worker();
	struct driver_lease d = { .id = "driver-1", .cores = 1,
		.memory_mb = 50, .body = "job", .nbody = 3 };
	struct worker_event start = { .kind = WORKER_DRIVER_START,
		.driver = &d };

	event(w, start);
	ok(count(ORDER_DRIVER_SPAWN) == 1 && memcmp(out.v[0].driver->body,
	    "job", 3) == 0, "a driver is started");
	is_int(worker_cores_used(w), 2, "its core is taken");
	event(w, start);
	is_int(out.n, 0, "once");
	event(w, (struct worker_event){ .kind = WORKER_START,
		.exec = { "app-1", 1 }, .cores = 1, .memory_mb = 10 });
	is_int(count(ORDER_SPAWN), 0, "no executor gets it");
	memcpy(d.id, "driver-2", 9);
	event(w, start);
	is_int(count(ORDER_DRIVER_NO_ROOM), 1, "nor another driver");
	event(w, (struct worker_event){ .kind = WORKER_LINK_DOWN });
	event(w, (struct worker_event){ .kind = WORKER_TICK,
		.now_ms = 5000 });
	event(w, (struct worker_event){ .kind = WORKER_LINK_UP,
		.now_ms = 5000 });
	ok(out.n == 1 && out.v[0].worker->ndriver == 1 &&
	    strcmp(out.v[0].worker->driver[0].id, "driver-1") == 0,
	    "it is listed when the worker comes back");
	event(w, (struct worker_event){ .kind = WORKER_WELCOME, .n = 1,
		.now_ms = 5000 });
	event(w, (struct worker_event){ .kind = WORKER_TICK,
		.now_ms = 5000 + LEASE_WORKER_MS });
	is_int(worker_cores_used(w), 2, "it has no lease");
	event(w, (struct worker_event){ .kind = WORKER_DRIVER_GONE,
		.text = "driver-1" });
	is_int(worker_cores_used(w), 1, "its end gives the core back");
	memcpy(d.id, "driver-1", 9);
	event(w, start);
	is_int(out.n, 0, "an echo does not start it again");
	worker_free(w);
}

int
main(void)
{
	test_drivers();
	test_lease();
	test_refused();
	test_echoes();
	orders_release(&out);
	return done_testing();
}
