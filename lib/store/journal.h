/*
 * journal -- what a commit is about to do, on disk before it does it.
 *
 * The first output of a script has the journal with one line an output; the
 * staging directories of the others have one that only points to it ("see").
 * A commit has happened when the first one's journal is in place; from then
 * on everything is done forwards, and each line can be done any number of
 * times.  Text, one line each, names with %XX for what is not plain:
 *
 *	sp-journal 1
 *	replace DEVICE INODE /dir/.sp-OUT-JOB/c /dir/OUT
 *	end XXH3-OF-ALL-ABOVE
 *
 * DEVICE and INODE are those of the staged file or directory: when the name
 * belongs to another one, the line has been done.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;

enum journal_kind {
	JOURNAL_NEW,            /* the target must not exist */
	JOURNAL_REPLACE,        /* takes the place of what is there */
	JOURNAL_APPEND,         /* files move into the directory */
	JOURNAL_SEE,            /* staged: directory that has the journal */
	JOURNAL_KINDS
};

struct journal_line {
	enum journal_kind kind;
	uint64_t device, inode;
	const char *staged, *target;    /* absolute */
};

struct journal {
	int n;
	struct journal_line *line;
};

void journal_print(struct text *to, const struct journal *j);

/* Reads it back; memory from the arena.  1: whole; 0: cut off or damaged. */
int journal_parse(struct arena *a, const char *p, size_t n,
    struct journal *j);

/* Notes the identity of what is staged.  ERR_TEMP when it is not there. */
int journal_identify(struct journal_line *l, struct err *e);

/* Does a line; 0 also when it was done before.  EXIT_CANTCREATE when the
 * target of JOURNAL_NEW exists. */
int journal_redo(struct arena *a, const struct journal_line *l,
    struct err *e);

/* Takes a rename back while what it replaced is still in staging (files that
 * were added to a directory are not its business).  0, also when it was not
 * done; < 0 when it is not possible. */
int journal_undo(struct arena *a, const struct journal_line *l,
    struct err *e);

#endif
