/*
 * task_msg -- frames between driver and executor about stages and attempts.
 *
 * Stages are numbered from 0 here, as lib/sched does.  Views point into the
 * body that was parsed; tables are in the arena.  Parsers return 0, or
 * ERR_BUG with EXIT_PROTOCOL.
 */
#ifndef EXECUTOR_TASK_MSG_H
#define EXECUTOR_TASK_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "exec/task.h"
#include "store/exchange.h"

struct arena;
struct text;

/* READY: who the executor is, after SETUP. */
struct ready_msg {
	int pid;
	int number;                     /* as its worker has it, or SETUP's */
	bool stays;                     /* its map outputs outlive it */
	int cores;                      /* task threads */
	const char *host;               /* its name */
	const char *node;               /* transfer/node_id.h */
	const char *address;            /* of its block server; NULL: none */
	const char *dir;                /* of its map outputs */
};

/* STAGE: what was decided when the stage began. */
struct stage_msg {
	int job, stage, npart;
	int kept;                       /* its map outputs are those of job 0,
	                                 * stage kept (from 1); 0: its own */
	int nlo;                        /* npart + 1 or 0: struct stage_run.lo */
	int *lo;
	int ncut;                       /* by part */
	struct map_cut *cut;
};

/* PLACE: where map outputs are served. */
struct place_msg {
	int place;
	const char *address;            /* host:port; NULL: files only */
	const char *node;               /* transfer/node_id.h */
	const char *dir;                /* of its files, for the same node */
};

/* MAPS: which place and attempt has each map output of a stage now. */
struct maps_msg {
	int job, stage;
	int n;
	int *place, *attempt;           /* n each; place -1: nowhere yet */
	bool relay;                     /* a broadcast: ask before fetching */
};

/* RELAY_ASK: place: whose copy failed, or -1.  RELAY_GO: place has copies; -1:
 * as MAPS says.  RELAY_END: place 0: copies were made; -1: none. */
struct relay_msg {
	int job, stage, place;
};

/* LAUNCH, REVOKE, REVOKED: parts [part, part + n) of a stage.  attempt means
 * nothing in REVOKE. */
struct launch_msg {
	int job, stage, part, n, attempt;
};

/* Figures of an attempt. */
struct figures {
	int64_t rows_in, bytes_in, rows_out, bytes_out, spilled, cpu_us, ran_us;
	int64_t fetched_local, fetched_remote;  /* bytes of map outputs */
};

struct done_output {
	int number;                     /* node->u.write.output */
	int nfile;
	struct output_file *file;
};

/* DONE: an attempt has succeeded. */
struct done_msg {
	int job, stage, part, attempt;
	struct figures figures;
	bool has_map;                   /* its stage ends with an exchange */
	int64_t map_rows, map_bytes;
	uint64_t rowset;
	int npart;
	struct exchange_size *size;     /* npart, by partition */
	const char *address;            /* of a server that has it, when it is
	                                 * no file; or NULL */
	bool has_rows;                  /* collected ones: */
	int64_t rows;
	bool streamed;                  /* they came before, in ROWS frames */
	const char *text;               /* or are here */
	size_t ntext;
	int noutput;
	struct done_output *output;
};

/* KEPT_GONE: a map output of a kept relation that the executor will not have
 * any more when the running job has ended. */
struct gone_msg {
	int number;                     /* of the relation, from 1 */
	int map, attempt;
};

/* FAILED: an attempt has failed. */
struct failed_msg {
	int job, stage, part, attempt;
	struct err err;                 /* its span means nothing here */
	int span;                       /* number in plan_spans, -1: none */
	int nspan;                      /* of the plan as the executor read it */
	int lost_stage;                 /* ERR_LOST: -1 unknown */
	int lost_place, lost_map;       /* map -1: all of the place */
	struct figures figures;
};

/* ROWS: collected rows of an attempt, in pieces.  LOG: a line that a command
 * of the attempt wrote to stderr. */
struct rows_msg {
	int job, stage, part, attempt;
	const char *p;
	size_t n;
};

/* FILE_READ: bytes of an input that only the driver has. */
struct file_read_msg {
	uint64_t id;                    /* of the question */
	int job, input, file;
	int64_t at, n;
};

/* FILE_DATA: the answer; n less than asked for is the end of the file. */
struct file_data_msg {
	uint64_t id;
	bool failed;
	int code;                       /* failed: enum exit_code, and text */
	const char *p;
	size_t n;
};

/* OUT_DATA: a piece of a file that an attempt wrote for an output; or, for
 * output OUT_DATA_BAD, of bad records, with the name
 * "STAGE:HASH OF THE QUARANTINE DIRECTORY'S NAME:FILE". */
enum { OUT_DATA_BAD = INT32_MAX };
struct out_data_msg {
	int job, output, part, attempt;
	const char *name;
	int64_t at;
	const char *p;
	size_t n;
};

void ready_msg_print(struct text *to, const struct ready_msg *m);
void stage_msg_print(struct text *to, const struct stage_msg *m);
void place_msg_print(struct text *to, const struct place_msg *m);
void maps_msg_print(struct text *to, const struct maps_msg *m);
void relay_msg_print(struct text *to, const struct relay_msg *m);
void launch_msg_print(struct text *to, const struct launch_msg *m);
void done_msg_print(struct text *to, const struct done_msg *m);
void gone_msg_print(struct text *to, const struct gone_msg *m);
void failed_msg_print(struct text *to, const struct failed_msg *m);
void rows_msg_print(struct text *to, const struct rows_msg *m);
void file_read_msg_print(struct text *to, const struct file_read_msg *m);
void file_data_msg_print(struct text *to, const struct file_data_msg *m);
void out_data_msg_print(struct text *to, const struct out_data_msg *m);

int ready_msg_parse(struct arena *a, const char *p, size_t n,
    struct ready_msg *m, struct err *e);
int stage_msg_parse(struct arena *a, const char *p, size_t n,
    struct stage_msg *m, struct err *e);
int place_msg_parse(struct arena *a, const char *p, size_t n,
    struct place_msg *m, struct err *e);
int maps_msg_parse(struct arena *a, const char *p, size_t n,
    struct maps_msg *m, struct err *e);
int relay_msg_parse(const char *p, size_t n, struct relay_msg *m,
    struct err *e);
int launch_msg_parse(const char *p, size_t n, struct launch_msg *m,
    struct err *e);
int done_msg_parse(struct arena *a, const char *p, size_t n,
    struct done_msg *m, struct err *e);
int gone_msg_parse(const char *p, size_t n, struct gone_msg *m,
    struct err *e);
int failed_msg_parse(const char *p, size_t n, struct failed_msg *m,
    struct err *e);
int rows_msg_parse(const char *p, size_t n, struct rows_msg *m,
    struct err *e);
int file_read_msg_parse(const char *p, size_t n, struct file_read_msg *m,
    struct err *e);
int file_data_msg_parse(const char *p, size_t n, struct file_data_msg *m,
    struct err *e);
int out_data_msg_parse(struct arena *a, const char *p, size_t n,
    struct out_data_msg *m, struct err *e);

#endif
