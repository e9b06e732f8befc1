/*
 * format -- readers that turn bytes of files into batches, and writers that
 * turn batches into bytes.
 *
 * A format is one row of the table in format.c: struct format.  Readers bid
 * on an input by its name and its first bytes.  A scan is described once per
 * plan (struct scan) and shared read-only by its tasks; each task opens a
 * reader of its own and gives it one split after the other.
 *
 * Splits of plain files are cut by bytes: a reader begins at the first
 * record that starts at or after from, and ends with the last record that
 * starts before to, reading past to as far as that record goes.
 */
#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

#include "column/batch.h"
#include "column/schema.h"

struct arena;
struct err;
struct format;
struct pool;
struct text;
struct zone;

struct option {
	const char *key, *value;        /* key lower case, as in Spark */
};

struct options {
	int n;
	const struct option *v;
};

/* The value of an option, or the default. */
const char *options_get(const struct options *o, const char *key,
    const char *otherwise);

enum on_error {
	ON_ERROR_FAIL,          /* stop with file:line:column (the default) */
	ON_ERROR_NULL,          /* bad field: null (PERMISSIVE) */
	ON_ERROR_DROP,          /* bad record: left out (DROPMALFORMED) */
	ON_ERROR_QUARANTINE,    /* left out, raw record to quarantine_dir */
};

/* What a scan is asked for. */
struct scan {
	const struct format *format;
	struct options options;
	enum on_error on_error;
	const char *quarantine_dir;
	const struct schema *file;      /* columns of the records, in order */
	int  nout;                      /* columns wanted, in output order: */
	const int *out;                 /* indexes into file->col */
	int  nearly;                    /* out[0..nearly) feed the filter */
	/* Narrows a batch of which only columns [0, nearly) are decoded: fills
	 * pick and returns the number of rows kept; NULL: no filter.  The
	 * reader decodes the other columns for those rows only. */
	int (*filter)(void *arg, const struct batch *b, int32_t *pick,
	    struct err *e);
	int64_t max_record;             /* bytes, longer ones are an error */
	const struct zone *zone;
	void *shared;                   /* from format->share, or NULL */
};

/* One piece of input. */
struct split {
	const char *path;               /* file; "-" stdin; "cmd:…" */
	const char *member;             /* of an archive, or NULL */
	int64_t from, to;               /* bytes; to -1: to the end */
	int64_t size;                   /* of the file, -1 unknown */
	int nkey;                       /* values of partition columns … */
	const struct datum *key;        /* … appended by the scan operator */
};

struct reader {
	const struct format *format;
	const struct scan *scan;
	struct pool *pool;              /* charged for what grows */
	void *filter_arg;               /* first argument of scan->filter */
	bool stable;                    /* try to give COL_STABLE strings */
	/* counted by the reader */
	int64_t nbyte, nrow, nbad;
};

struct format {
	const char *name;               /* "csv" */
	const char *const *extension;   /* without dot, NULL-terminated */
	bool splits;                    /* can read [from, to) of plain files */
	/* 0 (no) … 100 (certainly) that the bytes are of this format. */
	int (*bid)(const char *head, size_t n);
	/* Finds the schema (and fixes guessed options: the returned options
	 * say all that was guessed, so that a scan needs no second look).  head
	 * holds the first bytes of the first file(s), whole: is all of it. */
	int (*infer)(struct arena *a, const char *path, const char *head,
	    size_t n, bool whole, struct options *options,
	    struct schema **out, struct err *e);
	/* Checks option names and values: EXIT_USAGE with did-you-mean. */
	int (*check)(const struct options *o, struct err *e);
	/* State that all tasks of a scan share (or NULL): e.g. the quote
	 * parity of a CSV file's splits. */
	void *(*share)(const struct scan *s);
	void (*unshare)(void *shared);
	/* Reader: size of its struct (which begins with struct reader). */
	size_t reader_size;
	int  (*open)(struct reader *r, struct err *e);
	int  (*begin)(struct reader *r, const struct split *s, struct err *e);
	/* 1: a batch of nout columns (picked by the filter); 0: split is done.
	 * Strings live until the next call, or for the task (stable). */
	int  (*next)(struct reader *r, struct batch *b, struct err *e);
	void (*close)(struct reader *r);
	/* Writer; NULL when the format cannot be written. */
	const struct writer_class *writer;
};

struct writer {
	const struct writer_class *class;
	const struct schema *schema;
	const struct options *options;
	const struct zone *zone;
};

struct writer_class {
	size_t size;            /* of the struct that begins with struct writer */
	/* Appends to the text: head (CSV header), rows, tail. */
	int (*open)(struct writer *w, struct text *to, struct err *e);
	int (*put)(struct writer *w, const struct batch *b, struct text *to,
	    struct err *e);
	int (*finish)(struct writer *w, struct text *to, struct err *e); /* or NULL */
	void (*close)(struct writer *w);
};

/* By name ("csv", "text", "ndjson" …), NULL when unknown; row i of the
 * table for listings. */
const struct format *format_find(const char *name);
const struct format *format_at(int i);

/* Which format a path and its first (decoded) bytes are of: the extension
 * after compression suffixes are taken off, then bids; text when none bids.
 * Never NULL. */
const struct format *format_guess(const char *path, const char *head,
    size_t n);

/* Allocates and opens a reader (free with reader_close). */
int reader_open(struct reader **out, const struct scan *s, struct pool *pool,
    void *filter_arg, struct err *e);
void reader_close(struct reader *r);

int writer_open(struct writer **out, const struct format *f,
    const struct schema *schema, const struct options *options,
    const struct zone *zone, struct text *to, struct err *e);
void writer_close(struct writer *w);

#endif
