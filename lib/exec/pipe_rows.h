/*
 * pipe_rows -- what a command prints, line by line, as typed rows.
 *
 * Formats: text (one column, the line) and tsv (with \t \n \r \\ \N). Fields
 * become strings first; other types are casts of them, so errors read like
 * those of any cast.
 */
#ifndef EXEC_PIPE_ROWS_H
#define EXEC_PIPE_ROWS_H

#include "column/builder.h"
#include "exec/task.h"

struct pipe_rows {
	struct task *task;
	const struct node *node;
	bool text, started;
	struct text line;               /* a line that has not ended */
	struct builder *field;          /* strings, out->ncol */
	struct column *str, *col;
	struct program *cast;
	int64_t rows, taken;
	struct arena arena;
};

int  pipe_rows_open(struct pipe_rows **out, struct task *t,
    const struct node *n, struct err *e);
int  pipe_rows_add(struct pipe_rows *r, const char *p, size_t n,
    struct err *e);
/* A batch when there are enough rows (or, with more false, any): 1, else 0. */
int  pipe_rows_take(struct pipe_rows *r, struct batch *b, bool more,
    struct err *e);
void pipe_rows_close(struct pipe_rows *r);

#endif
