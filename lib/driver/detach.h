/*
 * detach -- a driver that goes on without its terminal, and what became of
 * it.
 *
 * Each one has a record, ID.job in $XDG_STATE_HOME/sp (~/.local/state/sp),
 * mode 0600: its process, and at last its exit status.  The driver holds a
 * lock of the record as long as it lives: a record that nobody holds and
 * that has no exit status tells of a driver that was killed.  Its rows are in
 * ID.out, its messages in ID.log.  The next detached job removes what a job
 * left that ended DETACH_KEEP_DAYS ago.
 */
#ifndef DRIVER_DETACH_H
#define DRIVER_DETACH_H

#include "base/arena.h"

struct err;

enum { DETACH_KEEP_DAYS = 7 };

struct detach {
	struct arena arena;
	const char *id;
	const char *record, *out, *log;         /* file names */
	int fd;                                 /* of the record, locked */
};

enum detach_state { DETACH_RUNNING, DETACH_DONE, DETACH_DIED };

/* Makes a record and goes on in a new process, which has its own session,
 * rows and messages in files, and stdin unless that is a terminal.  Returns
 * 1 in the old process, which has nothing more to do than to tell d->id; 0
 * in the new one. */
int detach_begin(struct detach *d, struct err *e);

/* Notes the exit status. */
void detach_end(struct detach *d, int code);

/* What is with it; *code of one that is done.  wait: only when it has ended.
 * No such id: EXIT_TEMP, as nothing is known. */
enum detach_wait { DETACH_NOW, DETACH_WAIT };
int detach_status(const char *id, enum detach_wait wait, int *code,
    struct err *e);

/* Asks it to end in order.  EXIT_JOB: it has ended already. */
int detach_kill(const char *id, struct err *e);

#endif
