/*
 * fuzz_cluster_msg -- the decoders of the cluster's messages take any bytes;
 * what they accept prints as something they accept again.  The first byte
 * chooses the decoder.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "daemon/cluster_msg.h"
#include "daemon/driver_msg.h"
#include "net/assignment.h"

static void
hellos(int which, const char *p, size_t n, struct arena *a, struct text *t)
{
	struct worker_hello w, w2;
	struct app_hello h, h2;
	struct err e;

	if (which == 0 && worker_hello_parse(p, n, &w, a, &e) == 0) {
		worker_hello_print(t, &w);
		assert(worker_hello_parse(t->p, t->n, &w2, a, &e) == 0);
		assert(strcmp(w.id, w2.id) == 0 && w.nexec == w2.nexec);
	}
	if (which == 1 && app_hello_parse(p, n, &h, a, &e) == 0) {
		app_hello_print(t, &h);
		assert(app_hello_parse(t->p, t->n, &h2, a, &e) == 0);
		assert(h.token == h2.token && h.nexec == h2.nexec);
	}
}

static void
orders(int which, const char *p, size_t n, struct text *t)
{
	struct exec_report r, r2;
	struct order o, o2;
	struct app_hello h, h2;
	struct worker_hello w, w2;
	struct exec_name name;
	struct err e;

	if (which == 2 && exec_report_parse(p, n, &r, &e) == 0) {
		exec_report_print(t, &r);
		assert(exec_report_parse(t->p, t->n, &r2, &e) == 0);
	}
	if (which == 3 && start_parse(p, n, &o, &h, &e) == 0) {
		start_print(t, &o);
		assert(start_parse(t->p, t->n, &o2, &h2, &e) == 0);
	}
	if (which == 4 && exec_name_parse(p, n, &name, &e) == 0) {
		exec_name_print(t, &name);
		assert(exec_name_parse(t->p, t->n, &name, &e) == 0);
	}
	if (which == 5 && exec_up_parse(p, n, &o, &w, &e) == 0) {
		exec_up_print(t, &o);
		assert(exec_up_parse(t->p, t->n, &o2, &w2, &e) == 0);
	}
}

static void
small(int which, const char *p, size_t n, struct arena *a, struct text *t)
{
	struct assignment s, s2;
	struct brief b, b2;
	struct ask q, q2;
	struct err e;

	if (which == 6 && brief_parse(p, n, &b, a, &e) == 0) {
		brief_print(t, b.n, b.more, b.text);
		assert(brief_parse(t->p, t->n, &b2, a, &e) == 0);
	}
	if (which == 7 && ask_parse(p, n, &q, a, &e) == 0) {
		ask_print(t, &q);
		assert(ask_parse(t->p, t->n, &q2, a, &e) == 0);
	}
	if (which == 8 && assignment_parse(p, n, &s, a, &e) == 0) {
		assignment_print(t, &s);
		assert(assignment_parse(t->p, t->n, &s2, a, &e) == 0);
	}
}

static void
drivers(int which, const char *p, size_t n, struct arena *a, struct text *t)
{
	struct driver_order o, o2;
	struct driver_report r, r2;
	struct driver_ask q, q2;
	struct err e;

	if (which == 9 && driver_order_parse(p, n, &o, a, &e) == 0) {
		driver_order_print(t, &o);
		assert(driver_order_parse(t->p, t->n, &o2, a, &e) == 0);
		assert(o.ntext == o2.ntext && o.narg == o2.narg);
		assert(o.cores == o2.cores && o.memory_mb == o2.memory_mb);
	}
	if (which == 10 && driver_report_parse(p, n, &r, a, &e) == 0) {
		driver_report_print(t, &r);
		assert(driver_report_parse(t->p, t->n, &r2, a, &e) == 0);
	}
	if (which == 11 && driver_ask_parse(p, n, &q, a, &e) == 0) {
		driver_ask_print(t, &q);
		assert(driver_ask_parse(t->p, t->n, &q2, a, &e) == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1;
	struct arena a = { 0 };
	struct text t = { 0 };

	if (size == 0)
		return -1;
	drivers(data[0] % 12, p, size - 1, &a, &t);
	hellos(data[0] % 12, p, size - 1, &a, &t);
	orders(data[0] % 12, p, size - 1, &t);
	small(data[0] % 12, p, size - 1, &a, &t);
	text_release(&t);
	arena_release(&a);
	return 0;
}
