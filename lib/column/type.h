/*
 * type -- the SQL types of values and how they lie in memory.
 *
 * Types are immutable and compared by type_equal, not by address.  Plain
 * types are static; parametrised ones live in an arena of the caller.
 */
#ifndef COLUMN_TYPE_H
#define COLUMN_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;

__extension__ typedef __int128 i128;    /* C11 has no name for it */
__extension__ typedef unsigned __int128 u128;

enum type_kind {                /* width in a column; C type of a value */
	TYPE_NULL,              /* 1  the type of a bare NULL ("void") */
	TYPE_BOOL,              /* 1  uint8_t, 0 or 1 */
	TYPE_I8,                /* 1  tinyint */
	TYPE_I16,               /* 2  smallint */
	TYPE_I32,               /* 4  int */
	TYPE_I64,               /* 8  bigint */
	TYPE_F32,               /* 4  float */
	TYPE_F64,               /* 8  double */
	TYPE_DEC64,             /* 8  decimal, precision <= 18: scaled int64_t */
	TYPE_DEC128,            /* 16 decimal, precision <= 38: scaled i128 */
	TYPE_STR,               /* 16 string: struct sview, UTF-8 */
	TYPE_BIN,               /* 16 binary: struct sview */
	TYPE_DATE,              /* 4  days since 1970-01-01 */
	TYPE_TS,                /* 8  timestamp: microseconds UTC */
	TYPE_TSNTZ,             /* 8  timestamp_ntz: local microseconds */
	TYPE_YMI,               /* 4  interval year to month: months */
	TYPE_DTI,               /* 8  interval day to second: microseconds */
	TYPE_ARRAY,             /* 8  struct lview into kid[0] */
	TYPE_MAP,               /* 8  struct lview into kid[0] keys, kid[1] values */
	TYPE_STRUCT,            /* 0  kid[i] has a row for each row */
	TYPE_KINDS
};

struct type_field {
	const char *name;
	const struct type *type;
	bool nullable;
};

struct type {
	enum type_kind kind;
	uint8_t precision, scale;       /* decimals */
	int nfield;                     /* STRUCT: any; ARRAY 1; MAP 2 */
	const struct type_field *field; /* children in kid order */
};

extern const struct type type_plain[TYPE_KINDS]; /* no DEC, no nested */
#define TYPE(K) (&type_plain[TYPE_##K])

const struct type *type_decimal(struct arena *a, int precision, int scale);
const struct type *type_array(struct arena *a, const struct type *elem);
const struct type *type_map(struct arena *a, const struct type *key,
    const struct type *value);
/* The fields (names too) are borrowed. */
const struct type *type_struct(struct arena *a, const struct type_field *f,
    int nfield);

/* Deep copy into a. */
const struct type *type_copy(struct arena *a, const struct type *t);

/* Same type; names of struct fields count, nullability does not. */
bool type_equal(const struct type *a, const struct type *b);

/* Bytes of one value in column data (0 for STRUCT). */
int type_width(const struct type *t);

static inline bool
type_is_int(const struct type *t)
{
	return t->kind >= TYPE_I8 && t->kind <= TYPE_I64;
}
static inline bool
type_is_float(const struct type *t)
{
	return t->kind == TYPE_F32 || t->kind == TYPE_F64;
}
static inline bool
type_is_decimal(const struct type *t)
{
	return t->kind == TYPE_DEC64 || t->kind == TYPE_DEC128;
}
static inline bool
type_is_numeric(const struct type *t)
{
	return t->kind >= TYPE_I8 && t->kind <= TYPE_DEC128;
}
static inline bool
type_is_bytes(const struct type *t)
{
	return t->kind == TYPE_STR || t->kind == TYPE_BIN;
}
static inline bool
type_is_nested(const struct type *t)
{
	return t->kind >= TYPE_ARRAY;
}
/* May values of the type be compared with < (no map inside)? */
bool type_is_ordered(const struct type *t);

/* Appends the SQL name: "decimal(10,2)", "array<struct<a:int,b:string>>". */
void type_print(struct text *to, const struct type *t);
/* The same as a string in the arena. */
const char *type_name(struct arena *a, const struct type *t);

/* Parses an SQL type name (any case; string, varchar(n), char(n), long,
 * integer, short, byte, real, numeric, dec, timestamp_ltz … too).
 * On failure ERR_USER with the name and what was expected. */
int type_parse(struct arena *a, const char *s, size_t n,
    const struct type **out, struct err *e);

#endif
