/*
 * schema -- names and types of the columns of a plan node or a source.
 *
 * Inside a plan every column made by a node has an id of its own, and
 * expressions refer to ids, so that rules can move them freely; names are
 * for people and for outputs and need not be unique.
 */
#ifndef COLUMN_SCHEMA_H
#define COLUMN_SCHEMA_H

#include <stdbool.h>

#include "column/type.h"

struct field {
	const char *name;
	const struct type *type;
	bool nullable;
	int  id;                /* unique in a plan; 0 outside of plans */
};

struct schema {
	int ncol;
	struct field *col;
};

struct schema *schema_new(struct arena *a, int ncol);

/* Index of the column with this id, or -1. */
int schema_find(const struct schema *s, int id);

/* Index of the column with this name (case ignored), -1: none,
 * -2: more than one. */
int schema_named(const struct schema *s, const char *name);

/* Appends "id bigint, name string" with names quoted where needed. */
void schema_print(struct text *to, const struct schema *s);

/* Appends a name as an identifier: as it is, or in back-quotes. */
void name_print(struct text *to, const char *name);

/* Parses "id bigint, name string" (Spark's DDL strings; "name: type" too,
 * "not null" and comment '…' accepted).  Ids are 0. */
int schema_parse(struct arena *a, const char *s, size_t n,
    struct schema **out, struct err *e);

#endif
