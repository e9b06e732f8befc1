/*
 * Events: each kind is read back as it was printed, figures of a log are those
 * of its events, and a log that cannot be written does no harm.
 */
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "event/event_log.h"
#include "event/run_figures.h"
#include "tap.h"

static void
round_trips(void)
{
	struct arena a = { 0 };

	for (int k = 1; k < EVENT_KINDS; k++) {
		struct event ev = { .kind = k, .at = 12, .job = 1, .stage = 2,
		    .part = -1, .tasks = INT64_MAX, .exit = INT64_MIN + 1,
		    .why = "\"\\\n\x01 \xc3\xa9", .host = "h" }, back;
		struct text t = { 0 }, u = { 0 };
		struct err e;

		event_print(&t, &ev);
		ok(event_parse(&back, t.p, t.n - 1, &a, &e) == 0 &&
		    (int)back.kind == k, "kind %d is read", k);
		event_print(&u, &back);
		/* Texts that were NULL are there as "" now. */
		text_clear(&t);
		event_parse(&back, u.p, u.n - 1, &a, &e);
		event_print(&t, &back);
		is_str(text_str(&t), text_str(&u), "and printed the same");
		text_release(&t);
		text_release(&u);
	}
	arena_release(&a);
}

static void
refused(const char *line)
{
	struct arena a = { 0 };
	struct event ev;
	struct err e;

	ok(event_parse(&ev, line, strlen(line), &a, &e) == ERR_USER &&
	    e.code == EXIT_DATA, "no event: %s", line);
	arena_release(&a);
}

static void
figures(void)
{
	static const char log[] =
	    "{\"event\":\"application_start\",\"at\":1000,\"name\":\"n\"}\n"
	    "{\"event\":\"executor_start\",\"at\":1001,\"executor\":0}\n"
	    "{\"event\":\"executor_start\",\"at\":1001,\"executor\":7}\n"
	    "{\"event\":\"job_start\",\"at\":1002,\"job\":4}\n"
	    "{\"event\":\"stage\",\"at\":1002,\"job\":4,\"stage\":1}\n"
	    "{\"event\":\"stage_start\",\"at\":1002,\"job\":4,\"stage\":1,"
	    "\"tasks\":9,\"parts\":12,\"split\":2,\"split_into\":5}\n"
	    "{\"event\":\"of_tomorrow\",\"at\":1002,\"much\":\"more\"}\n"
	    "{\"event\":\"task_end\",\"at\":1003,\"job\":4,\"stage\":1,"
	    "\"executor\":0,\"tasks\":3,\"failed\":1,\"rows_in\":5}\n"
	    "{\"event\":\"task_end\",\"at\":1003,\"job\":4,\"stage\":2,"
	    "\"executor\":0,\"tasks\":3}\n"
	    "{\"event\":\"task_end\",\"at\":1003,\"job\":3,\"stage\":1,"
	    "\"executor\":0,\"tasks\":3}\n"
	    "{\"event\":\"task_again\",\"at\":1004,\"job\":4,\"stage\":1,"
	    "\"tasks\":2,\"why\":\"rerun\"}\n"
	    "{\"event\":\"executor_lost\",\"at\":1004,\"executor\":-1}\n"
	    "{\"event\":\"cut of";
	struct run_figures r = { 0 };
	struct text t = { 0 };
	struct err e;

	ok(run_figures_read(&r, "log", log, sizeof log - 1, &e) == 0, "read");
	run_figures_print(&r, &t);
	ok(strstr(text_str(&t), "\"planned_tasks\":9,\"coalesced_from\":12,"
	    "\"split_partitions\":2,\"split_into\":5,"),
	    "what was decided about partitions");
	text_release(&t);
	ok(r.nexec == 1 && r.njob == 1 && r.job[0].nstage == 1,
	    "only what was begun in order is there");
	ok(r.job[0].stage[0].sums.tasks == 3 && r.exec[0].sums.tasks == 3 &&
	    r.exec[0].sums.rows_in == 5, "sums of stage and executor");
	ok(r.job[0].stage[0].again[AGAIN_RERUN] == 2, "maps run again");
	ok(!r.ended && !r.job[0].ended, "the end is missing");
	run_figures_release(&r);
	ok(run_figures_read(&r, "log", "{}\n", 3, &e) == ERR_USER &&
	    strstr(e.text, "log:1"), "no event: %s", e.text);
	run_figures_release(&r);
}

static void
full_disk(void)
{
	struct event ev = { .kind = EVENT_JOB_START, .job = 1 };
	struct event_log *l;
	struct err e;
	int told = 0;

	ok(event_log_open(&l, "/dev/full", &e) == 0, "a full disk");
	for (int i = 0; i < 200 && !told; i++) {
		event_log_add(l, &ev);
		told += event_log_trouble(l, &e);
		usleep(1000);
	}
	ok(told == 1, "is told: %s", e.text);
	event_log_add(l, &ev);
	ok(!event_log_trouble(l, &e), "once");
	ok(event_log_close(l, &e) == 0, "and not again at the end");
	ok(event_log_open(&l, "/no/such/dir", &e) < 0 && l == NULL, "%s",
	    e.text);
}

int
main(void)
{
	round_trips();
	refused("");
	refused("{");
	refused("{}");
	refused("{\"event\":\"stage\"");
	refused("{\"event\":\"stage\"} x");
	refused("{\"event\":\"stage\",}");
	refused("{\"at\":12345678901234567890}");
	refused("{\"at\":1.5}");
	refused("{\"why\":\"\\q\"}");
	refused("{\"why\":\"\\u12\"}");
	figures();
	full_disk();
	return done_testing();
}
