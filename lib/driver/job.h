/*
 * job -- an application and one action of its script: planned, run, its output
 * prepared.
 */
#ifndef DRIVER_JOB_H
#define DRIVER_JOB_H

#include "base/text.h"
#include "driver/cache.h"
#include "driver/file_catalog.h"
#include "driver/conf.h"
#include "driver/local.h"
#include "driver/pools.h"
#include "driver/rows_out.h"
#include "plan/optimize.h"
#include "sql/bind.h"
#include "sql/complain.h"

struct cluster;
struct events;

/* An application: one script, its names, settings and outputs. */
struct app {
	struct arena arena;             /* dies with the application */
	struct conf conf;
	struct binder binder;
	struct file_catalog catalog;
	struct source *source;          /* job text and included files */
	int nsource, source_cap;
	const char *const *define;      /* -D name=value, NULL-terminated */
	const char *master;             /* local[N] */
	struct cluster *cluster;        /* its executors, or NULL */
	void (*breathe)(struct app *a);  /* what must go on while stdout is not
	                                 * read (executors' leases), or NULL */
	const char *scratch;            /* directory of this run, or NULL */
	const char *stdout_format;      /* forced by -t, or NULL */
	int verbose;
	bool planning;                  /* sp-plan: nothing is run */
	bool dry_run, ansi_quotes, stdout_tty;
	int64_t deadline_ms;
	const char *report;             /* file of --report, or NULL */
	const char *event_log;          /* of --event-log, or NULL */
	const char *log_dir;            /* of --log-dir, or NULL */
	struct events *events;          /* for both, or NULL */
	struct output **output;         /* prepared, to be committed together */
	int noutput, output_cap;
	struct cache cache;             /* relations that are kept */
	struct pool memory;             /* of all actions that run */
	volatile int interrupt;         /* signal number */
	int status;                     /* at the end: of the whole run */
	int njob;
	struct pools pools;             /* of the scheduler in use */
	struct running *waiting;        /* statements that may run at once */
	int nwaiting, waiting_cap;
	bool keep;                      /* executors may be another's before */
	int64_t keep_ms;                /* and after us, for so long */
	int64_t start_us, rows_out, bytes_in;
	bool pipe_closed;               /* stdout went away: stop quietly */
	const char *skip_rules[16];     /* sp-plan -x */
};

/* Settings from files and environment; no file is touched otherwise. */
int app_init(struct app *a, struct err *e);

/* Removes the scratch directory and staging of uncommitted outputs. */
void app_release(struct app *a);

/* What SP_FORCE asks of the engine: for tests. */
void app_force(struct exec_env *env);

/* Planner settings as they are now. */
struct plan_conf app_plan_conf(const struct app *a);
int app_threads(const struct app *a);

/* The phases of one action. */
struct phases {
	struct node *analyzed, *optimized, *physical;
	struct stages *stages;
};
int job_plan(struct app *a, struct node *root, struct phases *p,
    void (*trace)(void *, const struct rule *, const struct node *),
    void *arg, struct err *e);

/* An action on its way. */
struct running {
	const struct stages *stages;
	const char *pool;               /* of the scheduler; "": default */
	struct action action;
	struct rows_out rows;
	struct runner *runner;          /* while it runs, else NULL */
	bool skip;                      /* its output is there already */
	int code;                       /* how it ended */
	struct err err;
};

/* Runs the stages of an action; rows for stdout go there.  Statements that
 * wait (driver/abreast.h) run before. */
int job_run(struct app *a, const struct stages *s, struct err *e);

/* The parts of it: outputs are opened (x->skip: there is nothing to do); it
 * begins at a backend; it ends there with x->code, x->err, and its outputs are
 * prepared.  Returns 1 when it has to begin again. */
int running_open(struct app *a, struct running *x, struct err *e);
int running_begin(struct app *a, struct running *x, struct backend *b,
    struct err *e);
int running_end(struct app *a, struct running *x, struct backend *b);

/* A backend for the next actions, executors are started for the first. */
int job_backend(struct app *a, struct backend *b, struct err *e);

/* Runs a whole script (job text number 0 is already in app->source), then
 * commits its outputs together. */
int app_run_script(struct app *a, struct err *e);

/* One statement of source number src. */
int app_run_stmt(struct app *a, const struct ast_stmt *s, int src,
    struct err *e);

/* Runs edited plan text. */
int app_run_plan(struct app *a, const char *text, size_t n, struct err *e);

#endif
