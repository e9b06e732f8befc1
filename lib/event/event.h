/*
 * event -- what happened in a run, one thing after the other.
 *
 * Everything that a report says about a run is in its events; a log of them
 * (event/event_log.h) is one JSON object a line:
 *
 *	{"event":"executor_up","at":1700000000000000,"executor":1,...}
 *
 * Which fields a kind has is a table in event.c; those that are not its own
 * mean nothing.  On reading, fields that are missing are 0 or "", and fields
 * and kinds that are not known are skipped, so a log of a later version can
 * be read.  Stages count from 1, parts, attempts and executors from 0.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;

enum event_kind {
	EVENT_NONE,             /* of a later version */
	EVENT_APP_START,        /* name, master, version */
	EVENT_APP_END,          /* exit, peak_rss_kb, rows_out */
	EVENT_EXEC_START,       /* executor: numbers come without gaps */
	EVENT_EXEC_UP,          /* executor, host, pid, cores, ms */
	EVENT_EXEC_LOST,        /* executor, why */
	EVENT_EXEC_PEAK,        /* executor, peak_rss_kb */
	EVENT_JOB_START,        /* job */
	EVENT_STAGE,            /* job, stage, root: without gaps from 1 */
	EVENT_STAGE_START,      /* job, stage, tasks, parts (before they were
	                         * coalesced; 0: they were not), split
	                         * (skewed partitions), split_into (tasks) */
	EVENT_AGAIN,            /* job, stage, part, tasks of them, attempt,
	                         * executor, why: enum event_again by name */
	EVENT_TASK_END,         /* all figures; tasks 1: part and attempt, why
	                         * it failed; else the sum of many */
	EVENT_STAGE_END,        /* job, stage */
	EVENT_JOB_END,          /* job, failed, why, peak_pool */
	EVENT_COMMIT,           /* outputs, rows_out: they are in place */
	EVENT_KINDS
};

enum event_again { AGAIN_RETRY, AGAIN_COPY, AGAIN_RERUN, AGAIN_KINDS };

struct event {
	enum event_kind kind;
	int64_t at;             /* microseconds since 1970 */
	int64_t job, stage, part, attempt, executor, tasks, failed, parts;
	int64_t split, split_into;
	int64_t rows_in, bytes_in, rows_out, bytes_out, spilled, cpu_us;
	int64_t fetched_local, fetched_remote;
	int64_t pid, cores, ms, exit, peak_rss_kb, peak_pool, outputs;
	const char *name, *master, *version, *host, *why, *root;
};

/* "retry", "copy", "rerun" */
const char *event_again_name(enum event_again a);

/* Adds the line, with its newline. */
void event_print(struct text *to, const struct event *ev);

/* Reads a line of n bytes without its newline; texts are in the arena.
 * Returns 0, or ERR_USER (EXIT_DATA). */
int  event_parse(struct event *ev, const char *line, size_t n,
    struct arena *a, struct err *e);

#endif
