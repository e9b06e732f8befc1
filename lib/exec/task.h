/*
 * task -- one attempt at one partition of one stage, and where it runs.
 *
 * The runtime (struct exec_env) is one a process: exchanges of the job's
 * stages, shared build sides, scratch directory, memory budget.  lib/driver
 * makes it for local threads; an executor process makes it likewise.
 */
#ifndef EXEC_TASK_H
#define EXEC_TASK_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/pool.h"
#include "base/text.h"
#include "exec/op.h"
#include "expr/program.h"
#include "plan/stage.h"
#include "store/commit.h"
#include "store/exchange.h"
#include "store/map_file.h"
#include "store/mirror.h"

struct cache;
struct format;

/* Rows of one partition on their way to the driver's stdout: bytes already
 * in the output format.  Handed over when the task has succeeded. */
struct collected {
	struct text text;       /* in memory, or */
	int fd;                 /* an unlinked scratch file; -1: none */
	int64_t rows, bytes;
};

/* A task that shares its partition with others: of one stage (from 1) it reads
 * maps [from, to) only, of all others everything. */
struct map_cut {
	int part, stage, from, to;      /* part: number of the task */
};

/* Per stage run-time things, made by the driver before its first task. */
struct stage_run {
	const struct stage *stage;
	int npart;                      /* tasks */
	bool done;                      /* nothing to run: its rows, or those of
	                                 * all that read it, are there */
	struct exchange *exchange;      /* output, when the root is one: what
	                                 * other stages read */
	struct exchange *sink;          /* what its tasks write to; NULL: the
	                                 * same (executors: one that publishes) */
	const struct type **types;      /* of its columns */
	int *lo;                        /* npart + 1: task t reads partitions
	                                 * [lo[t], lo[t+1]) of its inputs;
	                                 * NULL: task t reads partition t.
	                                 * Tasks with a cut read lo[t] alone,
	                                 * the next one may have the same */
	struct map_cut *cut;            /* ncut, by part */
	int ncut, nskew;                /* nskew: partitions that have cuts */
	struct shared *shared;          /* per node: task_shared() */
	pthread_mutex_t lock;           /* guards shared */
	_Atomic int64_t limit_left;     /* rows still wanted by a global limit
	                                 * above; INT64_MAX: all */
};

struct exec_env {
	struct pool pool;               /* the executor's budget */
	const char *scratch;            /* directory of this run, 0700 */
	int bad_job;                    /* bad records go to task_bad_dir, by
	                                 * this number of the action; 0: not */
	const struct zone *zone;
	uint64_t seed;
	int threads;
	int64_t max_record;
	bool spread;                    /* maps of one exchange are in several
	                                 * processes; in kept relations map m
	                                 * is then partition m */
	bool force_spill;               /* SP_FORCE=spill */
	bool force_fetch;               /* SP_FORCE=fetch: map outputs are never
	                                 * read as files of this node */
	uint64_t chaos;                 /* SP_FORCE=chaos:SEED, 0: none */
	const struct stages *stages;
	struct stage_run *run;          /* stages->n of them */
	struct cache *cache;            /* the driver's, of what is kept */
	struct exchange **kept;         /* by number: checkpoints, or NULL */
	int nkept;
	struct output **output;         /* by node->u.write.output */
	const struct format *stdout_format;
	struct option_list stdout_options;
	/* A line that a command of the job wrote to stderr, without its newline;
	 * in the task's thread.  NULL: they are not wanted. */
	void (*say)(void *arg, const struct task *t, const char *line,
	    size_t n);
	void *say_arg;
	_Atomic int cancel;             /* 1: all tasks stop soon */
	_Atomic int64_t bytes_read, rows_read; /* progress */
};

/* What an attempt wrote for one output of the script. */
struct task_output {
	struct output *output;
	struct output_file *file;       /* nfile of them, task's arena */
	int nfile;
};

struct task {
	struct exec_env *env;
	struct stage_run *run;
	int part, attempt;
	const _Atomic int *stop;        /* 1: nobody needs this attempt; or
	                                 * NULL */
	struct arena arena;             /* dies with the task */
	struct pool pool;               /* below env->pool */
	struct collected *collected;    /* for collect roots */
	void *making;                   /* op that makes a shared state */
	struct xwriter *writer;         /* for exchange roots, until commit */
	struct map_facts facts;         /* of an exchange that publishes, after
	                                 * task_commit */
	struct task_need *need;         /* partitions of mirrors that it holds */
	struct lost lost;               /* after ERR_LOST: what; stage 0: not
	                                 * known, another attempt may find it */
	struct task_output *commit;     /* outputs (write, tee) to commit */
	int ncommit, commit_cap;
	int64_t rows_in, bytes_in, rows_out, bytes_out, spilled;
	bool bad;                       /* it may have task_bad_dirs */
};

/* Runs an attempt to its end (but does not commit it): opens the tree,
 * drains the root.  Class and message of a failure in *e. */
int task_run(struct task *t, struct err *e);

/* Publishes what a finished attempt made: exchange or output commit.
 * 1: done; 0: another attempt was first. */
int task_commit(struct task *t, struct err *e);

void task_init(struct task *t, struct exec_env *env, struct stage_run *run,
    int part, int attempt);
/* Frees all; aborts what was not committed. */
void task_release(struct task *t);

static inline bool
task_cancelled(const struct task *t)
{
	return atomic_load_explicit(&t->env->cancel, memory_order_relaxed) ||
	    (t->stop && atomic_load_explicit(t->stop, memory_order_relaxed));
}

/* Where an attempt puts bad records apart: env->scratch/PREFIX HASH, HASH of
 * the quarantine directory's name in 16 digits.  PREFIX begins with that of
 * the action: another one may be in the same directory. */
enum { TASK_BAD_SIZE = 64 };
void task_bad_prefix(const struct task *t, char to[TASK_BAD_SIZE]);
void task_bad_of_job(int job, char to[TASK_BAD_SIZE]);
const char *task_bad_dir(struct task *t, const char *quarantine_dir);

/* State that all tasks of a stage share for one node (a join's build table,
 * a scan's split state): made once by make() under a lock, freed by free()
 * when the stage is done. */
struct shared {
	const struct node *node;
	struct shared *next;
	void *state;
	void (*free)(void *state);
};
/* Two tasks never run make at the same time for one stage. */
int task_shared(struct task *t, const struct node *n,
    int (*make)(struct task *t, const struct node *n, void **state,
        struct err *e),
    void (*free_state)(void *state), void **out, struct err *e);

/* Before partitions [lo, hi) of what a stage made are read: when that is
 * elsewhere (store/mirror.h) it is brought, and held until task_release.
 * ERR_LOST: t->lost says what. */
int task_require(struct task *t, int stage, int lo, int hi, struct err *e);

/* The same of maps [from, to) of one partition. */
int task_require_maps(struct task *t, int stage, int part,
    const struct map_cut *cut, struct err *e);

/* The cut of the task's part, or NULL. */
const struct map_cut *task_cut(const struct task *t);

/* Number of partitions that a node of the task's stage is run in. */
int task_node_parts(const struct task *t, const struct node *n);

/* The run-time state of stage number id (from 1). */
static inline struct stage_run *
task_stage(const struct task *t, int id)
{
	return &t->env->run[id - 1];
}

/* Program environment of a task. */
static inline struct program_env
task_program_env(const struct task *t)
{
	return (struct program_env){ t->env->zone, t->env->seed, t->part };
}

#endif
