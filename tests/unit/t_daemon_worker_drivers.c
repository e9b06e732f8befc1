/*
 * t_daemon_worker_drivers -- drivers that cannot be started, told once each,
 * and how many of those that ended a worker remembers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/driver_msg.h"
#include "daemon/worker_drivers.h"
#include "tap.h"

static int told, running;
static char last[DRIVER_ID_SIZE];

static void
report(void *arg, const struct driver_report *r)
{
	(void)arg;
	told++;
	running += r->state == DRIVER_RUNNING;
	snprintf(last, sizeof last, "%s", r->id);
}

static void
start(struct worker_drivers *w, int n)
{
	char id[DRIVER_ID_SIZE];
	struct driver_order o = { .id = id, .text = "select 1", .ntext = 8 };

	snprintf(id, sizeof id, "driver-%d", n);
	worker_drivers_start(w, &o);
}

int
main(void)
{
	/* Nothing can be written there: each of them has ended at once. */
	struct worker_drivers_conf conf = { .dir = "/dev/null/no", .host = "h",
		.masters = "sp://127.0.0.1:1", .report = report };
	struct worker_drivers *w = worker_drivers_new(&conf);

	start(w, 0);
	is_int(told, 1, "one that cannot start is told");
	is_int(running, 0, "as ended");
	start(w, 0);
	is_int(told, 1, "the same again is nothing new");
	for (int i = 1; i < 2 * WORKER_DRIVERS_ENDED; i++)
		start(w, i);
	is_int(told, 2 * WORKER_DRIVERS_ENDED, "many");
	told = 0;
	worker_drivers_tell(w);
	is_int(told, WORKER_DRIVERS_ENDED, "the last of them are remembered");
	snprintf(last, sizeof last, "%s", "-");
	start(w, 2 * WORKER_DRIVERS_ENDED - 1);
	is_str(last, "-", "the newest among them");
	worker_drivers_free(w);
	return done_testing();
}
