/*
 * run_figures -- what a run's events come to: jobs, stages, executors.
 *
 * The report of a run is made from this and from nothing else, so a log of
 * the same events gives the same report.
 *
 *	struct run_figures r = { 0 };
 *	run_figures_add(&r, &event) ...
 *	run_figures_print(&r, &text); run_figures_release(&r);
 *
 * Memory goes with the numbers of jobs, stages and executors, not of tasks.
 */
#ifndef EVENT_RUN_FIGURES_H
#define EVENT_RUN_FIGURES_H

#include <stdbool.h>

#include "base/arena.h"
#include "event/event.h"

/* Of a stage, or of an executor. */
struct task_sums {
	int64_t tasks, failed;          /* ends of attempts; failed ones too */
	int64_t rows_in, bytes_in, rows_out, bytes_out, spilled, cpu_us;
	int64_t fetched_local, fetched_remote;
};

struct stage_sums {
	const char *root;
	struct task_sums sums;
	int64_t again[AGAIN_KINDS];     /* attempts after the first */
	int64_t tasks, parts;           /* as it was planned; 0: not begun */
	int64_t split, split_into;      /* partitions; tasks */
	int64_t start, end;             /* event.at; 0: not begun, not ended */
};

struct exec_sums {
	const char *host, *why;         /* why it was lost */
	bool up, lost;
	int64_t pid, cores, start_ms, peak_rss_kb;
	struct task_sums sums;
};

struct job_sums {
	int64_t number, peak_pool;
	bool ended, failed;
	const char *why;
	struct stage_sums *stage;
	int nstage, cap;
};

struct run_figures {
	struct arena arena;
	const char *name, *master, *version;
	int64_t start, last;            /* event.at of the first, of the last */
	bool ended;
	int64_t exit, peak_rss_kb, rows_out, outputs;
	struct job_sums *job;
	int njob, job_cap;
	int first_open;                 /* all jobs before it have ended */
	struct exec_sums *exec;
	int nexec, exec_cap;
};

/* Events about jobs, stages and executors that have not begun are passed
 * over. */
void run_figures_add(struct run_figures *r, const struct event *ev);

/* Reads a log: lines of events.  A last line that was cut off is passed over.
 * Returns 0, or ERR_USER with the number of the line. */
int  run_figures_read(struct run_figures *r, const char *name,
    const char *text, size_t n, struct err *e);

/* The report: one JSON object and a newline. */
void run_figures_print(const struct run_figures *r, struct text *to);

void run_figures_release(struct run_figures *r);

#endif
