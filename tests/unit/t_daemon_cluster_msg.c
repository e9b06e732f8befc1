/*
 * t_daemon_cluster_msg -- what goes out comes in again; what is cut off or
 * out of range does not.
 */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "daemon/cluster_msg.h"
#include "net/assignment.h"
#include "tap.h"

static void
test_worker(void)
{
	struct exec_report x[2] = { { .name = { "app-1", 3 },
		.state = EXEC_RUNNING, .cores = 2, .memory_mb = 77 },
		{ .name = { "app-1", 4 }, .state = EXEC_GONE, .status = 137,
		.why = "two\nlines" } };
	const char app[1][ID_SIZE] = { "app-1" };
	const struct driver_lease d[] = { { "driver-1", 2, 512, NULL, 0 } };
	struct worker_hello h = { "w-1", "host", "host:1", "0.1", 4, 1000, 2,
		x, 1, d, 1, app, 7 }, back;
	struct arena a = { 0 };
	struct text t = { 0 };
	struct err e = { 0 };
	int bad = 0;

	worker_hello_print(&t, &h);
	ok(worker_hello_parse(t.p, t.n, &back, &a, &e) == 0, "a worker: read");
	is_str(back.host, "host", "host");
	is_int(back.nexec, 2, "executors");
	is_str(back.exec[1].why, "two\nlines", "why");
	is_str(back.app[0], "app-1", "files kept");
	is_int(back.epoch, 7, "the epoch of its last master");
	ok(back.ndriver == 1 && strcmp(back.driver[0].id, "driver-1") == 0 &&
	    back.driver[0].cores == 2 && back.driver[0].memory_mb == 512,
	    "drivers");
	for (size_t n = 0; n < t.n; n++)
		bad += worker_hello_parse(t.p, n, &back, &a, &e) < 0;
	is_int(bad, (int)t.n, "no beginning of it is a message");
	h.epoch = EPOCH_MAX + 1LL;
	text_clear(&t);
	worker_hello_print(&t, &h);
	ok(worker_hello_parse(t.p, t.n, &back, &a, &e) < 0,
	    "an epoch that no journal holds is refused");
	text_clear(&t);
	memcpy(h.id, "../x", 5);
	worker_hello_print(&t, &h);
	ok(worker_hello_parse(t.p, t.n, &back, &a, &e) < 0,
	    "an id that is a path is refused");
	arena_release(&a);
	text_release(&t);
}

static void
test_app(void)
{
	int known[] = { 1, 5 };
	struct app_hello h = { .token = ~0ULL, .name = "job", .cores = 2,
		.memory_mb = 512, .overhead_mb = 384, .weight = 3, .nexec = 2, .exec = known }, b;
	struct arena a = { 0 };
	struct text t = { 0 };
	struct err e = { 0 };

	h.key[31] = 9;
	app_hello_print(&t, &h);
	ok(app_hello_parse(t.p, t.n, &b, &a, &e) == 0, "an application: read");
	ok(b.token == ~0ULL && b.key[31] == 9 && b.exec[1] == 5 &&
	    b.overhead_mb == 384, "as it was");
	h.weight = 0;
	text_clear(&t);
	app_hello_print(&t, &h);
	ok(app_hello_parse(t.p, t.n, &b, &a, &e) < 0, "weight 0 is refused");
	arena_release(&a);
	text_release(&t);
}

static void
test_orders(void)
{
	struct app_hello app = { .name = "job", .driver = "d:1",
		.overhead_mb = 7 }, app2;
	struct worker_hello w = { .id = "w", .host = "h" }, w2;
	struct order o = { .exec = { "app-1", 2 }, .cores = 1,
		.memory_mb = 10, .app = &app, .worker = &w }, o2;
	struct arena a = { 0 };
	struct text t = { 0 };
	struct err e = { 0 };
	struct brief b;
	struct ask q = { ASK_DRAIN, 1, "w-1" }, q2;

	start_print(&t, &o);
	ok(start_parse(t.p, t.n, &o2, &app2, &e) == 0 &&
	    strcmp(app2.driver, "d:1") == 0 && app2.overhead_mb == 7 &&
	    o2.exec.num == 2, "START");
	text_clear(&t);
	exec_up_print(&t, &o);
	ok(exec_up_parse(t.p, t.n, &o2, &w2, &e) == 0 &&
	    strcmp(w2.host, "h") == 0, "EXEC_UP");
	text_clear(&t);
	brief_print(&t, -1, 5, "why");
	ok(brief_parse(t.p, t.n, &b, &a, &e) == 0 && b.n == -1 &&
	    b.more == 5 && strcmp(b.text, "why") == 0, "brief");
	text_clear(&t);
	ask_print(&t, &q);
	ok(ask_parse(t.p, t.n, &q2, &a, &e) == 0 && q2.kind == ASK_DRAIN &&
	    q2.json && strcmp(q2.id, "w-1") == 0, "ASK");
	arena_release(&a);
	text_release(&t);
}

static void
test_assignment(void)
{
	struct assignment s = { .app = "app-1", .number = 3, .driver = "d:1",
		.scratch = "/x", .host = "h", .cores = 2, .memory_mb = 9 }, b;
	struct arena a = { 0 };
	struct text t = { 0 };
	struct err e = { 0 };

	s.key[0] = 200;
	assignment_print(&t, &s);
	ok(assignment_parse(t.p, t.n, &b, &a, &e) == 0 && b.number == 3 &&
	    b.key[0] == 200 && !b.maps && strcmp(b.scratch, "/x") == 0,
	    "assignment");
	ok(assignment_parse(t.p, t.n - 1, &b, &a, &e) < 0, "cut off");
	arena_release(&a);
	text_release(&t);
}

int
main(void)
{
	test_worker();
	test_app();
	test_orders();
	test_assignment();
	return done_testing();
}
