/*
 * show -- describe, show and set without a value: small tables about names,
 * columns, functions and settings, as TSV on stdout.
 */
#ifndef DRIVER_SHOW_H
#define DRIVER_SHOW_H

#include "driver/job.h"

int describe_stmt(struct app *a, const struct ast_stmt *s, struct err *e);
int show_stmt(struct app *a, const struct ast_stmt *s, struct err *e);

/* One setting, or all when key is NULL. */
int show_settings(struct app *a, const char *key, struct err *e);

#endif
