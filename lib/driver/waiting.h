/*
 * waiting -- collected rows that wait until it is their partition's turn.
 *
 * Rows are passed on in partition order while tasks end in any order, and
 * nobody may be reading: up to WAITING_MEMORY bytes wait in memory, what is
 * more in one unlinked file.
 */
#ifndef DRIVER_WAITING_H
#define DRIVER_WAITING_H

#include "exec/task.h"

#define WAITING_MEMORY ((size_t)64 << 20)

struct waiting_rows;

struct waiting {
	struct waiting_rows *v;         /* by partition */
	int n;
	size_t held;                    /* bytes in memory */
	const char *dir;                /* of the file */
	int fd;                         /* -1: not yet */
	int64_t end;
};

void waiting_open(struct waiting *w, const char *dir);
void waiting_close(struct waiting *w);

/* Takes the rows over, even when it fails (< 0). */
int  waiting_put(struct waiting *w, int part, struct collected *c,
    struct err *e);

/* 1: *c has the partition's rows, now the caller's; 0: they are not there. */
int  waiting_take(struct waiting *w, int part, struct collected *c,
    struct err *e);

/* The first partition from part on that waits, -1: none. */
int  waiting_next(const struct waiting *w, int part);

void collected_free(struct collected *c);

#endif
