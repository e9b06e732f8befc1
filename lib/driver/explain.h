/*
 * explain -- plans for people: Spark's four phases, and sp-plan's forms.
 */
#ifndef DRIVER_EXPLAIN_H
#define DRIVER_EXPLAIN_H

#include "driver/job.h"

/* explain [extended …] statement: prints to stdout. */
int explain_stmt(struct app *a, const struct ast_stmt *s, struct err *e);

enum explain_form { EXPLAIN_STAGES, EXPLAIN_PHASES, EXPLAIN_DOT, EXPLAIN_JSON,
	EXPLAIN_LINEAGE };

/* Plans every action of the script (running nothing) and appends it in the
 * form; with trace, also the plan after each rule that fired. */
int explain_script(struct app *a, enum explain_form form, int trace,
    struct text *to, struct err *e);

#endif
