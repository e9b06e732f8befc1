/*
 * commit -- outputs that appear whole or not at all.
 *
 * An output is prepared under a staging directory beside its target
 * (.sp-NAME-JOB/ on the same file system).  Each task attempt writes its own
 * files there; the driver grants one commit a partition; the job commits all
 * its outputs with one renameat2 each, after a journal that lets the next
 * run finish a commit that a crash cut in two (store/journal.h, staging.h).
 *
 *	.sp-OUT-JOB/lock           held while the run lives
 *	.sp-OUT-JOB/journal        what is to be renamed, of all outputs
 *	.sp-OUT-JOB/a/P.A/         what attempt A of partition P writes
 *	.sp-OUT-JOB/c/             files of committed partitions
 *	OUT/_SUCCESS               manifest: JSON, files rows bytes xxh3
 */
#ifndef STORE_COMMIT_H
#define STORE_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;
struct output;
struct single;
struct text;

enum output_mode { OUTPUT_ERROR, OUTPUT_OVERWRITE, OUTPUT_APPEND,
	OUTPUT_IGNORE };

struct output_conf {
	const char *target;             /* path of the directory or file */
	const char *job;                /* id, unique on this machine: three
	                                 * numbers joined by '-' */
	const char *extension;          /* "csv", "tsv.gz" … of part files */
	enum output_mode mode;
	bool single;                    /* one file instead of a directory */
	const char *input_fingerprint;  /* for the manifest, or NULL */
};

/* One file that a task wrote. */
struct output_file {
	const char *name;               /* relative to the output; NULL: given
	                                 * to output_single */
	int64_t rows, bytes;
	uint64_t sum;                   /* XXH3-64 of the file's bytes */
};

/* Checks the target (exists? parent writable? same file system?), sweeps or
 * finishes what a crashed run left beside it, makes the staging directory.
 * 1: go on; 0: nothing to do (ignore mode and it exists); < 0: EXIT_CANTCREATE
 * and a hint. */
int output_open(struct output **out, const struct output_conf *conf,
    struct err *e);

/* Path for a file of an attempt, directories made: name like
 * "part-00003.csv" or "dt=2024/part-00003.csv".  Thread-safe. */
int output_path(struct output *o, int part, int attempt, const char *name,
    struct arena *a, const char **path, struct err *e);

/* The file of a single output that tasks write into (store/single.h), or
 * NULL: they write files of their own, which are joined at the end. */
struct single *output_single(struct output *o);

/* The attempt succeeded: its files (written, fsynced, closed) move from a/
 * to c/.  Only one attempt of a partition can win; 0 for the others. */
int output_task_commit(struct output *o, int part, int attempt,
    const struct output_file *file, int nfile, struct err *e);

/* Single mode: the partitions' files become one, in order. Then all:
 * manifest and journal written and fsynced; nothing visible yet. */
int output_prepare(struct output *o, struct err *e);

/* Commits all prepared outputs of the script, in order: journal of the whole
 * set first.  On failure all are as before; when even that fails (EXIT_TEMP)
 * the next run onto one of them finishes the others.  n >= 1. */
int output_commit_all(struct output *const *o, int n, struct err *e);

/* Removes staging; after commit or instead of it.  Several: in the order in
 * which they were committed; o[i] may be NULL. */
void output_close(struct output *o);
void output_close_all(struct output *const *o, int n);

/* The output as an executor sees it, which only writes files of attempts:
 * staging is the directory of the driver's output, or one of its own.  For
 * output_path, output_extension and output_close, which removes nothing. */
int output_attempts(struct output **out, const char *staging,
    const char *extension, struct err *e);

/* Its staging directory, and the file in it by which it can be known. */
const char *output_staging(const struct output *o);
char *output_staging_lock(const char *staging, struct arena *a);

/* Is this the name of a file that an attempt may have: below the output,
 * without empty, "." or ".." steps? */
bool output_name_ok(const char *name);

/* Extension of part files, as configured. */
const char *output_extension(const struct output *o);

int64_t output_rows(const struct output *o);

/* Re-checks a directory or file against its manifest (sp-cat --verify):
 * appends one line a problem; 0 all right, 1 problems found. */
int output_verify(const char *dir, struct text *report, struct err *e);

#endif
