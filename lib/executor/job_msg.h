/*
 * job_msg -- what a driver tells an executor about its application and about
 * each job: the bodies of SETUP and JOB frames.
 *
 * A job travels as plan text (sp-plan(5)), once per executor, with what the
 * text leaves to be asked for: the files of its scans, as the driver found
 * them, the settings that cuts depend on, and where outputs are staged.
 */
#ifndef EXECUTOR_JOB_MSG_H
#define EXECUTOR_JOB_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/input.h"
#include "plan/stage.h"

struct arena;
struct err;
struct text;

enum { APP_KEY_BYTES = 32 };

/* SETUP: once, after the hellos. */
struct setup_msg {
	const char *app;                /* id of the application */
	int number;                     /* of the executor in it */
	int cores;                      /* 0: those of the machine */
	int64_t memory;                 /* bytes; 0: most of the machine's */
	int64_t max_record;
	const char *scratch;            /* directories to choose from, as
	                                 * spark.local.dir; "": the default */
	const char *zone;               /* name of the session's, "" UTC */
	const char *user;
	int64_t now_us;                 /* what now() says */
	uint64_t seed;
	bool force_spill, serve;        /* serve: map outputs are asked for
	                                 * over the network */
	bool direct;                    /* files of this node are opened */
	bool compress;                  /* blocks of map outputs */
	bool pack;                      /* or on their way, when it is slow */
	int kept_limit, kept_floor;     /* thousandths of the memory that kept
	                                 * rows may take, and that are left to
	                                 * them */
	uint64_t chaos;
	int64_t lease_ms;               /* silence of the driver after which
	                                 * the executor ends itself */
	const unsigned char *key;       /* APP_KEY_BYTES */
};

/* An output of the job, as its tasks must know it. */
struct job_output {
	int number;                     /* node->u.write.output */
	const char *staging;            /* directory on the driver's machine */
	const char *extension;
	uint64_t inode;                 /* of the staging's lock file: seen */
	int64_t mtime_ns;               /* alike means the directory is shared */
};

/* JOB: one action of the script. */
struct job_msg {
	int job;                        /* number, from 1 */
	const char *plan;
	size_t nplan;
	struct plan_conf conf;          /* skip and optimize mean nothing */
	int first_output;               /* number of the plan's first one */
	const char *stdout_format;
	struct option_list stdout_options;
	int ninput;
	struct input *input;            /* by scan in text order: key, nfile,
	                                 * file_v and size are set */
	int noutput;
	struct job_output *output;
};

void setup_msg_print(struct text *to, const struct setup_msg *m);
void job_msg_print(struct text *to, const struct job_msg *m);

/* 0, or ERR_BUG with EXIT_PROTOCOL.  Strings and tables in the arena. */
int setup_msg_parse(struct arena *a, const char *p, size_t n,
    struct setup_msg *m, struct err *e);
int job_msg_parse(struct arena *a, const char *p, size_t n,
    struct job_msg *m, struct err *e);

#endif
