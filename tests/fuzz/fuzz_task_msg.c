/*
 * fuzz_task_msg -- what driver and executor say about jobs and attempts: any
 * bytes are refused or read, and what was read is printed as bytes that are
 * read and printed the same.
 *
 * Byte 0 chooses the message.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "executor/job_msg.h"
#include "executor/task_msg.h"

/* A message in one shape: parsers that need no arena get one all the same. */
#define WITHOUT_ARENA(name) \
static int \
name##_read(struct arena *a, const char *p, size_t n, void *m, \
    struct err *e) \
{ \
	(void)a; \
	return name##_parse(p, n, m, e); \
} \
PRINTER(name)

#define WITH_ARENA(name) \
static int \
name##_read(struct arena *a, const char *p, size_t n, void *m, \
    struct err *e) \
{ \
	return name##_parse(a, p, n, m, e); \
} \
PRINTER(name)

#define PRINTER(name) \
static void \
name##_show(struct text *to, const void *m) \
{ \
	name##_print(to, m); \
}

WITH_ARENA(ready_msg)
WITH_ARENA(stage_msg)
WITH_ARENA(place_msg)
WITH_ARENA(maps_msg)
WITHOUT_ARENA(relay_msg)
WITHOUT_ARENA(launch_msg)
WITH_ARENA(done_msg)
WITHOUT_ARENA(failed_msg)
WITHOUT_ARENA(gone_msg)
WITHOUT_ARENA(rows_msg)
WITHOUT_ARENA(file_read_msg)
WITHOUT_ARENA(file_data_msg)
WITH_ARENA(out_data_msg)
WITH_ARENA(setup_msg)
WITH_ARENA(job_msg)

union any {
	struct ready_msg ready;
	struct stage_msg stage;
	struct place_msg place;
	struct maps_msg maps;
	struct launch_msg launch;
	struct relay_msg relay;
	struct done_msg done;
	struct failed_msg failed;
	struct gone_msg gone;
	struct rows_msg rows;
	struct file_read_msg file_read;
	struct file_data_msg file_data;
	struct out_data_msg out_data;
	struct setup_msg setup;
	struct job_msg job;
};

static const struct kind {
	int (*read)(struct arena *a, const char *p, size_t n, void *m,
	    struct err *e);
	void (*show)(struct text *to, const void *m);
} kinds[] = {
	{ ready_msg_read, ready_msg_show },
	{ stage_msg_read, stage_msg_show },
	{ place_msg_read, place_msg_show },
	{ maps_msg_read, maps_msg_show },
	{ launch_msg_read, launch_msg_show },
	{ done_msg_read, done_msg_show },
	{ failed_msg_read, failed_msg_show },
	{ rows_msg_read, rows_msg_show },
	{ file_read_msg_read, file_read_msg_show },
	{ file_data_msg_read, file_data_msg_show },
	{ out_data_msg_read, out_data_msg_show },
	{ setup_msg_read, setup_msg_show },
	{ job_msg_read, job_msg_show },
	{ gone_msg_read, gone_msg_show },
	{ relay_msg_read, relay_msg_show },
};

static void
one(const struct kind *k, const char *p, size_t n, struct arena *a)
{
	struct text first = { 0 }, second = { 0 };
	union any m, again;
	struct err e = { 0 };

	if (k->read(a, p, n, &m, &e) < 0) {
		assert(e.kind == ERR_BUG && e.code == EXIT_PROTOCOL);
		return;
	}
	k->show(&first, &m);
	assert(k->read(a, first.p, first.n, &again, &e) == 0);
	k->show(&second, &again);
	assert(first.n == second.n &&
	    memcmp(first.p, second.p, first.n) == 0);
	text_release(&first);
	text_release(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena a = { 0 };

	if (n > 0)
		one(&kinds[data[0] % (sizeof kinds / sizeof *kinds)],
		    (const char *)data + 1, n - 1, &a);
	arena_release(&a);
	return 0;
}
