/*
 * value -- text form of values: what cast(x as string) gives and what TSV,
 * CSV and JSON writers print; and the other way round for scans and casts.
 *
 * Spark's forms: 1.0E10, NaN, Infinity; 2024-01-31; 2024-01-31 10:00:00.5
 * (in the session's time zone, base/zone.h); decimals with their full scale;
 * arrays [a, b], maps {k -> v}, structs {a, b} as in Spark's casts.
 */
#ifndef COLUMN_VALUE_H
#define COLUMN_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "column/column.h"

struct zone;

/* Appends the value of row i (not null at top level; nested nulls print
 * as "null") to the text. */
void value_print(struct text *to, const struct column *c, int64_t i,
    const struct zone *z);

/* Appends the value as JSON (strings quoted, dates and timestamps as
 * strings in ISO form, binary as base64, null for null). */
void value_print_json(struct text *to, const struct column *c, int64_t i,
    const struct zone *z);

/* Writers of one value, no NUL added; return the length.  Buffers must have
 * the room named. */
int value_put_i64(char *to, int64_t v);                 /* 20 */
int value_put_f64(char *to, double v);                  /* 32: as Java's Double.toString */
int value_put_f32(char *to, float v);                   /* 32 */
int value_put_dec(char *to, i128 v, int scale);         /* 48 */
int value_put_date(char *to, int32_t days);             /* 16 */
int value_put_ts(char *to, int64_t us, const struct zone *z);   /* 40; z NULL: as is */
int value_put_ymi(char *to, int32_t months);            /* 64: INTERVAL '1-2' YEAR TO MONTH */
int value_put_dti(char *to, int64_t us);                /* 80 */

/* Readers: strict about what Spark's ANSI casts accept (surrounding white
 * space allowed, nothing left over).  Return 1, or 0 when the text is no
 * such value or is out of range. */
int value_get_i64(const char *s, size_t n, int64_t *v);
int value_get_f64(const char *s, size_t n, double *v);
int value_get_f32(const char *s, size_t n, float *v);
int value_get_bool(const char *s, size_t n, uint8_t *v);        /* t true y yes 1 … */
int value_get_dec(const char *s, size_t n, int precision, int scale, i128 *v);
int value_get_date(const char *s, size_t n, int32_t *days);     /* yyyy[-m[-d]] … */
int value_get_ts(const char *s, size_t n, const struct zone *z, int64_t *us);
int value_get_tsntz(const char *s, size_t n, int64_t *us);

/* Civil calendar (proleptic Gregorian), after Hinnant's days_from_civil. */
int32_t civil_days(int64_t y, int m, int d);
void civil_from_days(int32_t days, int64_t *y, int *m, int *d);

/* 10^0 … 10^38. */
extern const i128 pow10_i128[39];

/* Changes the scale, rounding half up: false on overflow of 128 bits. */
bool dec_rescale(i128 v, int from_scale, int to_scale, i128 *out);
/* Is |v| < 10^precision? */
bool dec_fits(i128 v, int precision);

#endif
