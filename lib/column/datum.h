/*
 * datum -- one value with its type: literals, parameters, bounds.
 */
#ifndef COLUMN_DATUM_H
#define COLUMN_DATUM_H

#include "column/column.h"

struct datum {
	const struct type *type;
	bool null;
	union {
		bool    b;
		int64_t i;      /* I8..I64, DEC64, DATE, TS, TSNTZ, YMI, DTI */
		double  f;      /* F32, F64 */
		i128    d;      /* DEC128 */
		struct { const char *p; size_t n; } s;  /* STR, BIN */
		struct { struct datum *v; int n; } list; /* ARRAY; STRUCT: its
		                 * fields; MAP: key, value, key, value … */
	};
};

/* A constant column (COL_CONST) with the value, memory from the arena; the
 * string bytes are borrowed from the datum. */
void datum_column(const struct datum *d, struct column *c, struct arena *a);

/* The value of row i of a column; nested values and strings are copied. */
struct datum datum_get(const struct column *c, int64_t i, struct arena *a);

/* Same type and value (nulls equal, NaN equal). */
bool datum_equal(const struct datum *a, const struct datum *b);

/* Order as col_compare; both of one type. */
int datum_compare(const struct datum *a, const struct datum *b);

/* Appends the value as a typed SQL literal that the plan text parser reads
 * back: 1, 1L, 1.50BD, 'a', date '2024-01-01', cast(null as int) … */
void datum_print(struct text *to, const struct datum *d);

#endif
