/*
 * record -- the lines in which a master's state survives it.
 *
 * A line is "CHECKSUM verb field field ...": 16 hex digits (XXH3-64 of what
 * follows the space), fields with spaces, control bytes and '%' written as
 * %XX, an empty field as "%".  A last line without newline was torn by a
 * crash and is left out; any other line that does not fit its checksum is an
 * error.
 */
#ifndef CLUSTER_RECORD_H
#define CLUSTER_RECORD_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct text;

enum { RECORD_FIELDS = 16, RECORD_LINE = 4096 };

/* A record: verb and fields, all NUL-terminated. */
struct record {
	int nfield;
	const char *verb;
	const char *field[RECORD_FIELDS];
	char bytes[RECORD_LINE];       /* where they are */
};

/* Builds a record field by field. */
void record_init(struct record *r, const char *verb);
void record_text(struct record *r, const char *value);
void record_num(struct record *r, int64_t value);

/* Reads field i: "" or 0 when there is none, or when it is no number. */
const char *record_str(const struct record *r, int i);
int64_t record_int(const struct record *r, int i);

/* Adds the record as a line. */
void record_add(struct text *to, const struct record *r);

/* Reads the line at *at (which moves behind it) of the n bytes at p.
 * Returns 1, 0 at the end (or at a torn last line), or ERR_USER with
 * EXIT_DATA for a damaged line. */
int record_next(const char *p, size_t n, size_t *at, struct record *r,
    struct err *e);

#endif
