/*
 * input -- a source as the catalog found it: files, format, schema.
 */
#ifndef PLAN_INPUT_H
#define PLAN_INPUT_H

#include "column/datum.h"
#include "column/schema.h"

struct option_list {            /* as struct options of the format layer */
	int n;
	struct { const char *key, *value; } *v;
};

/* One input file as the catalog found it. */
struct input_file {
	const char *path;
	const char *member;             /* of an archive, or NULL */
	int64_t size;                   /* bytes, -1 unknown (stdin, command) */
	int64_t mtime_ns;
	uint64_t inode;
	bool splits;                    /* plain regular file: may be cut */
	struct datum *key;              /* values of the partition columns */
};

/* A resolved source; shared by all scans of it. */
struct input {
	const char *format;             /* "csv" */
	struct option_list options;     /* complete: nothing left to guess */
	const char *on_error;           /* "fail", "null", "drop", "quarantine" */
	const char *quarantine_dir;
	const char *text;               /* as the user wrote it */
	int npath;                      /* its paths and globs, one by one; */
	const char *const *path;        /* 0: not told, text is the path */
	const char *command;            /* from cmd "…": shell text, or NULL */
	struct schema *file;            /* columns in the records, ids 0 */
	struct schema *key;             /* partition columns, ids 0 */
	int nfile;
	struct input_file *file_v;
	int64_t size;                   /* all files, -1 unknown */
};

#endif
