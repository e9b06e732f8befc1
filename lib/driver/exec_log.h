/*
 * exec_log -- what commands of tasks say on stderr, line by line: on the
 * driver's stderr as "host/stage.task: line", or with --log-dir in a file for
 * each executor, DIR/host-executor.log.
 */
#ifndef DRIVER_EXEC_LOG_H
#define DRIVER_EXEC_LOG_H

#include <stddef.h>

struct app;
struct cluster_exec;
struct exec_env;

/* The body of a LOG frame; one that cannot be read is passed over. */
void exec_log_frame(struct app *a, struct cluster_exec *x, const char *body,
    size_t n);

/* Threads of this process: with --log-dir only. */
void exec_log_local(struct app *a, struct exec_env *env);

#endif
