/*
 * csv -- what the parts of the CSV reader share: the dialect, and the index
 * of the fields of some records.
 */
#ifndef FORMAT_CSV_H
#define FORMAT_CSV_H

#include "format/bytemask.h"
#include "format/convert.h"
#include "format/format.h"
#include "format/options.h"

struct arena;

struct csv_dialect {
	const char *sep;        /* nsep bytes, 1 as a rule */
	uint32_t nsep;
	char quote;             /* 0: none */
	char escape;            /* of a quote inside quotes; = quote: doubled */
	char comment;           /* first byte of lines to skip, 0: none */
	bool backslash;         /* tsv: \t \n \r \\ and \N in values */
	bool simple;            /* the index by bit masks will do */
	bool header;
	int64_t skip;           /* lines before the header */
	bool trim_left, trim_right;
	const char *null, *empty;       /* what they look like */
	uint32_t nnull, nempty;
	enum encoding encoding;
};

int csv_dialect(struct csv_dialect *d, const struct options *o,
    struct arena *a, const struct format *format, struct err *e);

/* Where the fields of up to BATCH_ROWS records end.  Field f of row r ends
 * at end[first[r] + f]; it begins nsep after the end before it, or at
 * start[r]; the row's last field is number last[r] - first[r]. */
struct csv_index {
	const struct csv_dialect *d;
	bytemask_fn *masks;
	int level;              /* CSV_FLATTEN_* */
	uint32_t *end;
	size_t nend, cap;
	uint32_t start[BATCH_ROWS + 64];
	uint32_t first[BATCH_ROWS + 64];
	uint32_t last[BATCH_ROWS + 64];
	int nrow;
	size_t next;            /* where the row after them begins */
	bool quotes;            /* quotes (tsv: backslashes) were seen */
	bool cr, high;          /* \r, bytes >= 0x80 were seen */
	bool open;              /* the last quote of the input never closed */
};

void csv_index_init(struct csv_index *x, const struct csv_dialect *d);
void csv_index_release(struct csv_index *x);

/* Indexes records of p[from..to), from being the start of one.  Blank lines
 * and comments are left out.  With last the record at the end needs no line
 * end.  nrow is 0 when no record is complete. */
void csv_index(struct csv_index *x, const char *p, size_t from, size_t to,
    bool last);

/* The same by a plain state machine, for every dialect. */
void csv_index_slow(struct csv_index *x, const char *p, size_t from,
    size_t to, bool last);

/* Quotes between two bytes: are we inside of some, and was the last byte
 * one that closed? */
struct csv_quotes {
	uint64_t inside;        /* all ones or zero */
	bool closed;
};

/* Goes through p[from..to), *s being the state at from; stops after the
 * first line end outside of quotes at or after line and returns where; or
 * to + 1, *s as it is there.  p[from - 1] is looked at; from 0 is the start
 * of a file (or 3, behind a byte order mark).  Only for simple dialects. */
size_t csv_walk(const struct csv_index *x, const char *p, size_t from,
    size_t to, struct csv_quotes *s, size_t line);

/* A place at or before from (> 0) of the file and whether it lies inside
 * quotes; the byte before it is no quote that closes.  For simple dialects
 * with quotes; what was counted is kept in the scan's share. */
int csv_state_near(const struct csv_index *x, const struct scan *s,
    const char *path, int64_t from, int64_t *place, struct csv_quotes *q,
    struct err *e);

/* Cells of field f of the rows pick[0..n) (NULL: all n); unescaped ones
 * are put into the heap, *heaped tells.  Rows may lack the field: null. */
void csv_cells(const struct csv_index *x, const char *p, uint32_t f,
    const struct type *type, const int32_t *pick, int n, struct cell *out,
    struct arena *heap, bool *heaped);

/* See struct format. */
int csv_infer(struct arena *a, const char *path, const char *head, size_t n,
    bool whole, struct options *options, struct schema **out, struct err *e);
int tsv_infer(struct arena *a, const char *path, const char *head, size_t n,
    bool whole, struct options *options, struct schema **out, struct err *e);
int csv_bid(const char *head, size_t n);
int tsv_bid(const char *head, size_t n);

#endif
