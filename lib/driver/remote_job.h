/*
 * remote_job -- what executors are told of an action: its plan, its files,
 * its outputs; and the answers to what they ask for.
 */
#ifndef DRIVER_REMOTE_JOB_H
#define DRIVER_REMOTE_JOB_H

#include "base/text.h"
#include "plan/stage.h"
#include "executor/task_msg.h"

struct action;
struct app;

struct remote_job {
	struct text frame;              /* the JOB message */
	int ninput;
	const struct input **input;     /* in the order of the plan text */
	const char ***path;             /* by input and file: as they are read
	                                 * (what can be read only once lies in
	                                 * the scratch directory) */
	int noutput;
	int *output;                    /* numbers in the application, in the
	                                 * order of the plan text */
};

/* Memory of the application's arena. */
int  remote_job_open(struct remote_job *r, struct app *a,
    const struct action *j, struct err *e);
void remote_job_close(struct remote_job *r);

/* Reads what a FILE_READ asks for; the answer is the body of FILE_DATA. */
void remote_job_read(const struct remote_job *r,
    const struct file_read_msg *m, struct text *answer);

/* Puts a piece of an executor's output file where the output is staged. */
int  remote_job_write(const struct remote_job *r, struct app *a,
    const struct out_data_msg *m, struct err *e);

/* The files that a task wrote, to the places of its attempt: makes those
 * that came over the connection durable, then moves all into the output. */
int  remote_job_commit(const struct remote_job *r, struct app *a, int part,
    int attempt, const struct done_output *v, int n, bool sent,
    struct err *e);

#endif
