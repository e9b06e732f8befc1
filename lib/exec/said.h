/*
 * said -- what a task's command writes to stderr, cut into lines for
 * exec_env.say.
 *
 * A line of more than SAID_LINE bytes is cut into several; after SAID_MAX
 * bytes of one attempt's command one more line says that the rest is left
 * out.
 */
#ifndef EXEC_SAID_H
#define EXEC_SAID_H

#include <stddef.h>

#include "base/text.h"

struct task;

enum { SAID_LINE = 1000, SAID_MAX = 256 << 10 };

struct said {
	struct text line;               /* that has not ended */
	size_t total;
};

void said_add(struct said *s, const struct task *t, const char *p, size_t n);

/* The last line, though no newline came; frees. */
void said_end(struct said *s, const struct task *t);

#endif
