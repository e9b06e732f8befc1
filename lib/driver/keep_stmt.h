/*
 * keep_stmt -- statements about relations that are kept: cache table, uncache
 * table, clear cache, and repeat, whose names are checkpointed.
 */
#ifndef DRIVER_KEEP_STMT_H
#define DRIVER_KEEP_STMT_H

#include "driver/job.h"

int cache_stmt(struct app *a, const struct ast_stmt *s, struct err *e);

/* uncache table, clear cache. */
int uncache_stmt(struct app *a, const struct ast_stmt *s, struct err *e);

/* The rows of the newest name are not kept any more. */
void uncache_name(struct app *a, const char *name);

/* A dry run takes one turn. */
int repeat_stmt(struct app *a, const struct ast_stmt *s,
    int (*run)(void *arg, const struct ast_stmt *s, struct err *e), void *arg,
    struct err *e);

#endif
