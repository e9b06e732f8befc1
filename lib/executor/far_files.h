/*
 * far_files -- input files that only the driver has, read through it.
 *
 * A task thread asks with a FILE_READ frame and waits; the loop's thread
 * gives it the answer.
 */
#ifndef EXECUTOR_FAR_FILES_H
#define EXECUTOR_FAR_FILES_H

#include "executor/task_msg.h"

struct far_file;
struct outbox;

/* What a job reads so; the job's, between far_files_begin and _end. */
struct far_job {
	int number;                     /* of the job */
	int base, n;                    /* file number base + i is far[i] */
	const struct far_file *far;
	bool stopped;                   /* nobody waits any more */
	struct far_job *next;
};

/* Installs itself as the source of far files (io/datafile.h). */
void far_files_install(struct outbox *out);

/* The first number that no job has. */
int  far_files_base(void);

void far_files_begin(struct far_job *j);
/* Whoever waits gets an error: the job or (NULL: all jobs) the driver is
 * gone. */
void far_files_stop(struct far_job *j);
/* Stopped, and its tasks have ended. */
void far_files_end(struct far_job *j);

/* An answer has come.  Late ones are dropped. */
void far_files_answer(const struct file_data_msg *m);

#endif
