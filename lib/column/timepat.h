/*
 * timepat -- dates and times by a pattern: the options dateFormat and
 * timestampFormat of CSV and JSON.
 *
 * The letters of Spark's datetime patterns that a file needs: y u M L d D H
 * h k K m s S a E X x Z z V, 'text', [optional].  Case of names is ignored
 * when reading.
 */
#ifndef COLUMN_TIMEPAT_H
#define COLUMN_TIMEPAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;
struct timepat;
struct zone;

/* Compiles a pattern into the arena; EXIT_USAGE names what is wrong. */
int timepat_new(struct timepat **out, struct arena *a, const char *pattern,
    struct err *e);

/* Reads all of s[0..n): a day, local microseconds, or UTC microseconds (in
 * the zone unless the text has an offset).  False when it does not match. */
bool timepat_date(const struct timepat *t, const char *s, size_t n,
    int32_t *days);
bool timepat_local(const struct timepat *t, const char *s, size_t n,
    int64_t *us);
bool timepat_utc(const struct timepat *t, const char *s, size_t n,
    const struct zone *z, int64_t *us);

/* Appends the UTC time as it is in the zone (NULL: as it is; dates are
 * midnights). */
void timepat_print(const struct timepat *t, struct text *to, int64_t us,
    const struct zone *z);

#endif
