/*
 * zone -- a time zone: from local time to UTC and back.
 *
 * Zones are read from the system's zoneinfo (TZif, RFC 8536, with the POSIX
 * rule at its end for later years), fixed offsets like +05:30, "UTC" and "Z"
 * need no file.  Immutable after loading, shared by all threads.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdint.h>

struct arena;
struct err;
struct zone;

extern const struct zone *const zone_utc;

/* Loads a zone by name ("Europe/Berlin", "UTC", "+01:00", "GMT+2"). ERR_USER
 * with a hint when there is none.  Lives in the arena. */
int zone_load(struct arena *a, const char *name, const struct zone **out,
    struct err *e);

const char *zone_name(const struct zone *z);

/* Offset in seconds east of UTC at the UTC time us. */
int zone_offset(const struct zone *z, int64_t us);

/* UTC for a local time: the earlier one where it occurs twice, shifted by
 * the gap where it does not exist (as java.time). */
int64_t zone_to_utc(const struct zone *z, int64_t local_us);

static inline int64_t
zone_to_local(const struct zone *z, int64_t us)
{
	return us + (int64_t)zone_offset(z, us) * 1000000;
}

#endif
