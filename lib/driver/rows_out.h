/*
 * rows_out -- rows for stdout, a command, or a table on a terminal.
 */
#ifndef DRIVER_ROWS_OUT_H
#define DRIVER_ROWS_OUT_H

#include <stdio.h>

#include "base/text.h"
#include "exec/task.h"
#include "io/shell.h"

struct app;

struct rows_out {
	struct app *app;
	const struct node *root;        /* the collect node, or NULL */
	struct shell command;           /* write cmd "…"; pid 0: none */
	bool deaf;                      /* it reads no more */
	bool table;                     /* on a terminal */
	struct text rows;               /* of the table: TSV */
	int64_t nrow;
};

void rows_out_open(struct rows_out *o, struct app *a,
    const struct node *root, struct exec_env *env);

/* One partition's rows.  EPIPE: stops the job quietly. */
int rows_out_emit(void *arg, struct collected *c, struct err *e);

/* After the last one; result is that of the job. */
int rows_out_close(struct rows_out *o, int result, struct err *e);

/* What explain, show and describe printed, before rows follow it. */
int rows_out_flush(struct app *a, struct err *e);

#endif
