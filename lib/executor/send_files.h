/*
 * send_files -- output files of an attempt on their way to the driver, when
 * the executor does not see the driver's staging directory.
 */
#ifndef EXECUTOR_SEND_FILES_H
#define EXECUTOR_SEND_FILES_H

#include <stdatomic.h>
#include <stdbool.h>

#include "executor/job_msg.h"
#include "executor/task_msg.h"

struct outbox;
struct output;

struct send_file {
	struct outbox *out;
	_Atomic int *cancel;
	struct output *output;
	struct out_data_msg msg;        /* job, output, part, attempt are set */
};

/* Sends the file of that name, which it removes.  ERR_TEMP. */
int  send_file(struct send_file *s, const char *name, struct err *e);

/* Sends the file at path, which it removes, as msg.name. */
int  send_file_at(struct send_file *s, const char *path, struct err *e);

/* Sends the bad records that the attempt has put apart, or removes them; of
 * a whole job for the prefix task_bad_of_job has. */
int  send_bad(struct send_file *s, const char *scratch, const char *prefix,
    int stage, struct err *e);
void send_bad_drop(const char *scratch, const char *prefix);

/* Is the staging directory of the output the driver's own, seen from here? */
bool send_file_is_here(const struct job_output *o, struct arena *a);

/* Removes a directory of files that were not sent. */
void send_file_remove(const char *dir);

#endif
