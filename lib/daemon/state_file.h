/*
 * state_file -- a journal in a directory: appended to, fsynced, replaced.
 */
#ifndef DAEMON_STATE_FILE_H
#define DAEMON_STATE_FILE_H

#include <stddef.h>

struct err;
struct text;

struct state_file {
	int  dir, lock, fd;             /* fd: the journal; -1: none yet */
	size_t size;
};

/* Opens (makes) the directory, 0700, and takes its lock.  Another process
 * has it: EXIT_UNAVAILABLE; then state_file_lock may be tried again. */
int state_file_open(struct state_file *f, const char *dir, struct err *e);

/* Returns 1 if the lock is ours now, 0 if another process still has it. */
int state_file_lock(struct state_file *f, struct err *e);

/* The journal's bytes; nothing at first. */
int state_file_read(struct state_file *f, struct text *to, struct err *e);

/* Puts these bytes in its place, at once or not at all. */
int state_file_replace(struct state_file *f, const struct text *t,
    struct err *e);

/* Appends and waits for the disk.  Empties *t. */
int state_file_append(struct state_file *f, struct text *t, struct err *e);

void state_file_close(struct state_file *f);

#endif
