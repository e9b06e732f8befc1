/*
 * catalog -- how the binder and the planner ask about files: they never
 * open one themselves.  The driver gives the real one, tests give tables.
 */
#ifndef PLAN_CATALOG_H
#define PLAN_CATALOG_H

#include "plan/node.h"

/* What the text says about a source. */
struct source_request {
	int npath;
	const char *const *path;        /* as written; "-" is stdin */
	const char *command;            /* from cmd "…", or NULL */
	const char *format;             /* or NULL: found by name and bytes */
	struct option_list options;
	const char *on_error;           /* or NULL: "fail" */
	const char *quarantine_dir;
	const struct schema *columns;   /* declared, or NULL: inferred */
	struct span span;
};

struct catalog {
	/* Finds the files, the format and the schema.  Memory from the arena;
	 * ERR_USER with span (no such file, no permission …). */
	int (*resolve)(struct catalog *c, struct arena *a,
	    const struct source_request *r, struct input **out, struct err *e);
};

#endif
