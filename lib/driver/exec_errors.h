/*
 * exec_errors -- what executors of --keep say on stderr: a pipe each, which
 * is passed on to the driver's stderr.  Executors that end with the driver
 * have its stderr itself.
 */
#ifndef DRIVER_EXEC_ERRORS_H
#define DRIVER_EXEC_ERRORS_H

struct cluster_exec;
struct loop;

/* fd is the executor's from here on; the loop passes on what comes. */
void exec_errors_open(struct cluster_exec *x, struct loop *l, int fd);

/* Passes on what is there now; it may be the end.  Nothing without a pipe. */
void exec_errors_pass(struct cluster_exec *x);

void exec_errors_close(struct cluster_exec *x);

#endif
