/*
 * fuzz_event -- any bytes as an event log: figures are made of it, and an
 * event that is read prints as one that is read as the same.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "event/run_figures.h"

static void
one_line(const char *p, size_t n)
{
	struct arena a = { 0 };
	struct text t = { 0 }, u = { 0 };
	struct event ev, again;
	struct err e;

	if (event_parse(&ev, p, n, &a, &e) == 0 && ev.kind != EVENT_NONE) {
		event_print(&t, &ev);
		assert(t.n && t.p[t.n - 1] == '\n');
		assert(event_parse(&again, t.p, t.n - 1, &a, &e) == 0);
		event_print(&u, &again);
		assert(t.n == u.n && memcmp(t.p, u.p, t.n) == 0);
	}
	text_release(&t);
	text_release(&u);
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *p = (const char *)bytes;
	const char *nl = memchr(p, '\n', size);
	struct run_figures r = { 0 };
	struct text t = { 0 };
	struct err e;

	one_line(p, nl ? (size_t)(nl - p) : size);
	if (run_figures_read(&r, "log", p, size, &e) == 0) {
		run_figures_print(&r, &t);
		assert(t.n && t.p[t.n - 1] == '\n');
	}
	text_release(&t);
	run_figures_release(&r);
	return 0;
}
