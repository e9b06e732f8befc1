/*
 * shuffle_tool -- the commands of sp-shuffle: options as tables, and what
 * runs them.
 */
#ifndef STORE_SHUFFLE_TOOL_H
#define STORE_SHUFFLE_TOOL_H

#include "base/arena.h"
#include "base/text.h"
#include "store/shuffle_lines.h"

struct opt_table;

/* What the options of all commands set, and what a run holds. */
struct shuffle_tool {
	struct lines_conf lines;
	const char *parts, *out;        /* -p, -o */
	enum stat_form form;
	struct shuffle_maps maps;
	struct text report;             /* to be printed at the end */
	struct arena arena;
};

struct shuffle_command {
	const char *word, *purpose;
	const struct opt_table *table;
	/* n >= 1 operands; an exit status, or negative. */
	int (*run)(struct shuffle_tool *t, int n, char **dir, struct err *e);
};

extern const struct shuffle_command shuffle_commands[]; /* ends with zeros */

void shuffle_tool_init(struct shuffle_tool *t);
void shuffle_tool_release(struct shuffle_tool *t);

#endif
