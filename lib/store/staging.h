/*
 * staging -- the directory beside a target in which an output is prepared.
 *
 * It is called .sp-NAME-JOB and holds a file "lock" that is locked as long
 * as the run lives.  Who finds an unlocked one of his own user may take it:
 * finish it when its journal is whole, remove it otherwise.
 */
#ifndef STORE_STAGING_H
#define STORE_STAGING_H

struct arena;
struct err;
struct text;

struct staging {
	const char *target;     /* absolute where its directory exists, */
	const char *parent;     /* symbolic links of the target resolved */
	const char *dir;
	int lock;               /* descriptor, -1: not held */
};

/* Fills the names in; job: three numbers joined by '-'. */
void staging_name(struct staging *s, struct arena *a, const char *target,
    const char *job);

/* Makes the directory and takes its lock.  < 0: EXIT_CANTCREATE. */
int staging_make(struct staging *s, struct arena *a, struct err *e);

/* Forgets the journal for good, removes all, lets the lock go. */
void staging_remove(struct staging *s, struct arena *a);

/* Lets the lock go and leaves the rest to the next run. */
void staging_leave(struct staging *s);

/* Finishes or removes what crashed runs left beside the target: 1 something
 * was finished, 0 nothing was; < 0: it could not be finished (and stays).
 * One line each to report, which may be NULL. */
int staging_recover(const char *target, struct text *report, struct err *e);

#endif
