/*
 * zone -- see zone.h.  TZif version 2+ (RFC 8536): the 64-bit block, then
 * the POSIX rule of the footer for times after the last transition.
 */
#include "base/zone.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"

struct rule {                   /* Mm.w.d/time, or Jn, or n */
	char kind;              /* 'M', 'J', '0'; 0: none */
	int m, w, d;
	int time;               /* seconds after midnight, local */
};

struct zone {
	const char *name;
	int n;                  /* transitions */
	int64_t *at;            /* seconds UTC */
	int32_t *offset;        /* in force from at[i] */
	int32_t first;          /* before at[0] */
	bool has_dst;           /* footer rule */
	int32_t std, dst;
	struct rule start, end;
};

static const struct zone utc = { .name = "UTC" };
const struct zone *const zone_utc = &utc;

const char *
zone_name(const struct zone *z)
{
	return z->name;
}

static int64_t
big(const unsigned char *p, int n)
{
	uint64_t v = n == 8 ? 0 : (p[0] & 0x80 ? ~(uint64_t)0 : 0);

	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return (int64_t)v;
}

static int
posix_name(const char **s)
{
	const char *p = *s;

	if (*p == '<') {
		while (*p && *p != '>')
			p++;
		if (*p == '>')
			p++;
	} else {
		while (isalpha((unsigned char)*p))
			p++;
	}
	if (p == *s)
		return -1;
	*s = p;
	return 0;
}

/* [+-]h[h][:mm[:ss]] as seconds. */
static int
posix_time(const char **s, int *out)
{
	int sign = 1, v[3] = { 0, 0, 0 };
	char *end;

	if (**s == '-' || **s == '+')
		sign = *(*s)++ == '-' ? -1 : 1;
	for (int i = 0; i < 3; i++) {
		v[i] = (int)strtol(*s, &end, 10);
		if (end == *s)
			return -1;
		*s = end;
		if (**s != ':' || i == 2)
			break;
		++*s;
	}
	*out = sign * (v[0] * 3600 + v[1] * 60 + v[2]);
	return 0;
}

static int
posix_rule(const char **s, struct rule *r)
{
	if (**s != ',')
		return -1;
	++*s;
	r->time = 7200;
	if (**s == 'M') {
		char *end;

		r->kind = 'M';
		r->m = (int)strtol(*s + 1, &end, 10);
		r->w = *end == '.' ? (int)strtol(end + 1, &end, 10) : 1;
		r->d = *end == '.' ? (int)strtol(end + 1, &end, 10) : 0;
		*s = end;
	} else {
		char *end;

		r->kind = **s == 'J' ? 'J' : '0';
		r->d = (int)strtol(*s + (**s == 'J'), &end, 10);
		*s = end;
	}
	if (**s == '/') {
		++*s;
		return posix_time(s, &r->time);
	}
	return 0;
}

static void
posix_footer(struct zone *z, const char *s)
{
	int t;

	if (posix_name(&s) < 0 || posix_time(&s, &t) < 0)
		return;
	z->std = -t;
	z->dst = z->std + 3600;
	if (*s == '\0' || posix_name(&s) < 0)
		return;
	if (*s && *s != ',' && posix_time(&s, &t) >= 0)
		z->dst = -t;
	z->has_dst = posix_rule(&s, &z->start) == 0 &&
	    posix_rule(&s, &z->end) == 0;
}

/* Days since 1970 of January 1st. */
static int64_t
year_start(int64_t y)
{
	int64_t p = y - 1;

	return 365 * (y - 1970) + (p / 4 - p / 100 + p / 400) - 477;
}

static bool
is_leap(int64_t y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

/* Local second of the year's change, without offset. */
static int64_t
rule_second(const struct rule *r, int64_t y)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
	    273, 304, 334, 365 };
	int64_t day = year_start(y);
	int leap = is_leap(y);

	if (r->kind == 'M' && r->m >= 1 && r->m <= 12) {
		int m = r->m - 1, len = before[m + 1] - before[m] +
		    (m == 1 && leap), wday, d;

		day += before[m] + (m > 1 && leap);
		wday = (int)(((day + 4) % 7 + 7) % 7);
		d = (r->d - wday + 7) % 7 + (r->w - 1) * 7;
		day += d < len ? d : d - 7;
	} else if (r->kind == 'J') {
		day += r->d - 1 + (leap && r->d >= 60);
	} else {
		day += r->d;
	}
	return day * 86400 + r->time;
}

static int
footer_offset(const struct zone *z, int64_t sec)
{
	int64_t y, on, off;
	bool in;

	if (!z->has_dst)
		return z->std;
	y = 1970 + (sec + z->std) / 31556952;
	if (year_start(y + 1) * 86400 <= sec + z->std)
		y++;
	if (year_start(y) * 86400 > sec + z->std)
		y--;
	on = rule_second(&z->start, y) - z->std;
	off = rule_second(&z->end, y) - z->dst;
	in = on < off ? sec >= on && sec < off : sec >= on || sec < off;
	return in ? z->dst : z->std;
}

static int64_t
floor_sec(int64_t us)
{
	return us / 1000000 - (us % 1000000 < 0);
}

int
zone_offset(const struct zone *z, int64_t us)
{
	int64_t sec = floor_sec(us);
	int low = 0, high = z->n;

	if (z->n == 0)
		return z->has_dst ? footer_offset(z, sec) : z->std;
	if (sec < z->at[0])
		return z->first;
	if (sec >= z->at[z->n - 1] && (z->has_dst || z->std))
		return footer_offset(z, sec);
	while (high - low > 1) {
		int mid = (low + high) / 2;

		if (z->at[mid] <= sec)
			low = mid;
		else
			high = mid;
	}
	return z->offset[low];
}

int64_t
zone_to_utc(const struct zone *z, int64_t local_us)
{
	const int64_t day = 86400000000;
	int before = zone_offset(z, local_us - day);
	int after = zone_offset(z, local_us + day);
	int64_t early = local_us - (int64_t)before * 1000000;
	int64_t late = local_us - (int64_t)after * 1000000;

	if (before == after || zone_offset(z, early) == before)
		return early;
	if (zone_offset(z, late) == after)
		return late;
	return early;           /* in the gap: shifted by its length */
}

/* Local time types and transitions of one data block. */
static int
read_block(struct arena *a, struct zone *z, const unsigned char *p,
    size_t n, int width, size_t *used)
{
	size_t isutc, isstd, leap, timecnt, typecnt, charcnt, need;
	const unsigned char *times, *index, *types;

	if (n < 44 || memcmp(p, "TZif", 4) != 0)
		return -1;
	isutc = (size_t)big(p + 20, 4);
	isstd = (size_t)big(p + 24, 4);
	leap = (size_t)big(p + 28, 4);
	timecnt = (size_t)big(p + 32, 4);
	typecnt = (size_t)big(p + 36, 4);
	charcnt = (size_t)big(p + 40, 4);
	if (timecnt > 100000 || typecnt == 0 || typecnt > 256 || leap > 1000 ||
	    charcnt > 10000 || isutc > 256 || isstd > 256)
		return -1;
	need = 44 + timecnt * ((size_t)width + 1) + typecnt * 6 + charcnt +
	    leap * ((size_t)width + 4) + isstd + isutc;
	if (n < need)
		return -1;
	times = p + 44;
	index = times + timecnt * (size_t)width;
	types = index + timecnt;
	z->n = (int)timecnt;
	z->at = NEW_N(a, int64_t, timecnt + 1);
	z->offset = NEW_N(a, int32_t, timecnt + 1);
	z->first = (int32_t)big(types, 4);
	z->std = z->first;
	for (size_t i = 0; i < timecnt; i++) {
		if (index[i] >= typecnt)
			return -1;
		z->at[i] = big(times + i * (size_t)width, width);
		z->offset[i] = (int32_t)big(types + 6 * (size_t)index[i], 4);
		z->std = z->offset[i];
	}
	*used = need;
	return 0;
}

static int
parse_tzif(struct arena *a, struct zone *z, const unsigned char *p, size_t n)
{
	size_t used, more;
	char footer[128];
	const unsigned char *end;

	if (n < 44 || read_block(a, z, p, n, 4, &used) < 0)
		return -1;
	if (p[4] < '2')
		return 0;
	if (read_block(a, z, p + used, n - used, 8, &more) < 0)
		return -1;
	p += used + more;
	n -= used + more;
	if (n < 2 || *p != '\n' || (end = memchr(p + 1, '\n', n - 1)) == NULL ||
	    (size_t)(end - p) > sizeof footer)
		return 0;
	memcpy(footer, p + 1, (size_t)(end - p - 1));
	footer[end - p - 1] = '\0';
	posix_footer(z, footer);
	return 0;
}

static int
load_file(struct arena *a, const char *name, struct zone *z)
{
	unsigned char buf[65536];
	char path[512];
	FILE *f;
	size_t n;

	if (strstr(name, "..") || *name == '/' || *name == '\0')
		return -1;
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	n = fread(buf, 1, sizeof buf, f);
	fclose(f);
	return parse_tzif(a, z, buf, n);
}

/* +h, +hh:mm, +hhmm, +hh:mm:ss; with UTC, GMT or UT before it too. */
static bool
fixed(const char *s, int32_t *offset)
{
	int sign, v[3] = { 0, 0, 0 }, n = 0;

	if (strncmp(s, "UTC", 3) == 0 || strncmp(s, "GMT", 3) == 0)
		s += 3;
	else if (strncmp(s, "UT", 2) == 0)
		s += 2;
	if (*s != '+' && *s != '-')
		return false;
	sign = *s++ == '-' ? -1 : 1;
	while (n < 3) {
		int k = 0;

		while (k < 2 && isdigit((unsigned char)*s))
			v[n] = v[n] * 10 + (*s++ - '0'), k++;
		if (k == 0)
			return false;
		n++;
		if (*s == ':')
			s++;
		if (*s == '\0')
			break;
	}
	*offset = sign * (v[0] * 3600 + v[1] * 60 + v[2]);
	return *s == '\0' && v[0] <= 18 && v[1] < 60 && v[2] < 60;
}

/* The three letters that Java knows (ZoneId.SHORT_IDS). */
static const char *
short_name(const char *name)
{
	static const char *const ids[][2] = {
		{ "ACT", "Australia/Darwin" }, { "AET", "Australia/Sydney" },
		{ "AGT", "America/Argentina/Buenos_Aires" },
		{ "ART", "Africa/Cairo" }, { "AST", "America/Anchorage" },
		{ "BET", "America/Sao_Paulo" }, { "BST", "Asia/Dhaka" },
		{ "CAT", "Africa/Harare" }, { "CNT", "America/St_Johns" },
		{ "CST", "America/Chicago" }, { "CTT", "Asia/Shanghai" },
		{ "EAT", "Africa/Addis_Ababa" }, { "ECT", "Europe/Paris" },
		{ "IET", "America/Indiana/Indianapolis" },
		{ "IST", "Asia/Kolkata" }, { "JST", "Asia/Tokyo" },
		{ "MIT", "Pacific/Apia" }, { "NET", "Asia/Yerevan" },
		{ "NST", "Pacific/Auckland" }, { "PLT", "Asia/Karachi" },
		{ "PNT", "America/Phoenix" }, { "PRT", "America/Puerto_Rico" },
		{ "PST", "America/Los_Angeles" },
		{ "SST", "Pacific/Guadalcanal" },
		{ "VST", "Asia/Ho_Chi_Minh" }, { "EST", "-05:00" },
		{ "MST", "-07:00" }, { "HST", "-10:00" },
	};

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (strcmp(ids[i][0], name) == 0)
			return ids[i][1];
	return name;
}

int
zone_load(struct arena *a, const char *name, const struct zone **out,
    struct err *e)
{
	struct zone *z;

	if (strcasecmp(name, "UTC") == 0 || strcmp(name, "Z") == 0 ||
	    strcasecmp(name, "GMT") == 0) {
		*out = zone_utc;
		return 0;
	}
	z = arena_alloc(a, sizeof *z);
	z->name = arena_strdup(a, name);
	*out = z;
	name = short_name(name);
	if (fixed(name, &z->std))
		return 0;
	if (load_file(a, name, z) == 0)
		return 0;
	err_user(e, EXIT_CONFIG, "unknown time zone '%s'", name);
	return err_hint(e, "names are like Europe/Berlin, UTC or +02:00");
}
