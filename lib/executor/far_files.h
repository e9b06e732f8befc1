/*
 * far_files -- input files that only the driver has, read through it.
 *
 * A task thread asks with a FILE_READ frame and waits; the loop's thread
 * gives it the answer.  One job at a time.
 */
#ifndef EXECUTOR_FAR_FILES_H
#define EXECUTOR_FAR_FILES_H

#include "executor/task_msg.h"

struct far_file;
struct outbox;

/* Installs itself as the source of far files (io/datafile.h). */
void far_files_install(struct outbox *out);

/* From now on file number i is far[i] of this job; borrowed. */
void far_files_job(int job, const struct far_file *far, int n);

/* An answer has come.  Late ones are dropped. */
void far_files_answer(const struct file_data_msg *m);

/* Whoever waits gets an error: the job or the driver is gone. */
void far_files_stop(void);

#endif
