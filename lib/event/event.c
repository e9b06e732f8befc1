/*
 * event -- see event.h.  What is read may be any bytes: a line is one flat
 * object of strings and whole numbers, everything else is refused.
 */
#include "event/event.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

struct field {
	const char *name;
	size_t at;
	int is_text;
};

#define NUM(x) { #x, offsetof(struct event, x), 0 }
#define STR(x) { #x, offsetof(struct event, x), 1 }
/* In the order in which they are printed; bits of a kind's set. */
enum { JOB, STAGE, PART, ATTEMPT, EXECUTOR, TASKS, FAILED, PARTS, SPLIT,
	SPLIT_INTO, ROWS_IN, BYTES_IN, ROWS_OUT, BYTES_OUT, SPILLED, CPU, LOCAL, REMOTE, PID,
	CORES, MS, EXIT, RSS, POOL, OUTPUTS, NAME, MASTER, VERSION, HOST, WHY,
	ROOT, FIELDS };

static const struct field fields[FIELDS] = {
	NUM(job), NUM(stage), NUM(part), NUM(attempt), NUM(executor),
	NUM(tasks), NUM(failed), NUM(parts), NUM(split), NUM(split_into),
	NUM(rows_in), NUM(bytes_in),
	NUM(rows_out), NUM(bytes_out), NUM(spilled), NUM(cpu_us),
	NUM(fetched_local), NUM(fetched_remote), NUM(pid), NUM(cores), NUM(ms),
	NUM(exit), NUM(peak_rss_kb), NUM(peak_pool), NUM(outputs), STR(name),
	STR(master), STR(version), STR(host), STR(why), STR(root),
};

#define F(x) (UINT64_C(1) << (x))
static const struct {
	const char *name;
	uint64_t has;
} kinds[EVENT_KINDS] = {
	[EVENT_APP_START] = { "application_start",
	    F(NAME) | F(MASTER) | F(VERSION) },
	[EVENT_APP_END] = { "application_end", F(EXIT) | F(RSS) | F(ROWS_OUT) },
	[EVENT_EXEC_START] = { "executor_start", F(EXECUTOR) },
	[EVENT_EXEC_UP] = { "executor_up",
	    F(EXECUTOR) | F(HOST) | F(PID) | F(CORES) | F(MS) },
	[EVENT_EXEC_LOST] = { "executor_lost", F(EXECUTOR) | F(WHY) },
	[EVENT_EXEC_PEAK] = { "executor_peak", F(EXECUTOR) | F(RSS) },
	[EVENT_JOB_START] = { "job_start", F(JOB) },
	[EVENT_STAGE] = { "stage", F(JOB) | F(STAGE) | F(ROOT) },
	[EVENT_STAGE_START] = { "stage_start",
	    F(JOB) | F(STAGE) | F(TASKS) | F(PARTS) | F(SPLIT) |
	    F(SPLIT_INTO) },
	[EVENT_AGAIN] = { "task_again", F(JOB) | F(STAGE) | F(PART) |
	    F(TASKS) | F(ATTEMPT) | F(EXECUTOR) | F(WHY) },
	[EVENT_TASK_END] = { "task_end", F(JOB) | F(STAGE) | F(PART) |
	    F(ATTEMPT) | F(EXECUTOR) | F(TASKS) | F(FAILED) | F(ROWS_IN) |
	    F(BYTES_IN) | F(ROWS_OUT) | F(BYTES_OUT) | F(SPILLED) | F(CPU) |
	    F(LOCAL) | F(REMOTE) | F(WHY) },
	[EVENT_STAGE_END] = { "stage_end", F(JOB) | F(STAGE) },
	[EVENT_JOB_END] = { "job_end", F(JOB) | F(FAILED) | F(WHY) | F(POOL) },
	[EVENT_COMMIT] = { "commit", F(OUTPUTS) | F(ROWS_OUT) },
};

static const char *const again[AGAIN_KINDS] = { "retry", "copy", "rerun" };

const char *
event_again_name(enum event_again a)
{
	return again[a];
}

static int64_t *
number_at(struct event *ev, const struct field *f)
{
	return (int64_t *)(void *)((char *)ev + f->at);
}

static const char **
text_at(struct event *ev, const struct field *f)
{
	return (const char **)(void *)((char *)ev + f->at);
}

void
event_print(struct text *to, const struct event *ev)
{
	struct event copy = *ev;

	text_addf(to, "{\"event\":\"%s\",\"at\":%" PRId64,
	    kinds[ev->kind].name, ev->at);
	for (int i = 0; i < FIELDS; i++) {
		const struct field *f = &fields[i];

		if (!(kinds[ev->kind].has & F(i)))
			continue;
		if (!f->is_text) {
			text_addf(to, ",\"%s\":%" PRId64, f->name,
			    *number_at(&copy, f));
		} else if (*text_at(&copy, f)) {
			const char *s = *text_at(&copy, f);

			text_addf(to, ",\"%s\":", f->name);
			text_add_json(to, s, strlen(s));
		}
	}
	text_adds(to, "}\n");
}

struct reader {
	const char *p, *end;
	struct arena *arena;
};

static void
skip_space(struct reader *r)
{
	while (r->p < r->end && strchr(" \t\r", *r->p) && *r->p)
		r->p++;
}

/* The character is there, and is passed. */
static int
take(struct reader *r, char c)
{
	skip_space(r);
	if (r->p == r->end || *r->p != c)
		return 0;
	r->p++;
	return 1;
}

/* The four digits of \uXXXX, -1: there are none. */
static int
hex4(struct reader *r)
{
	int v = 0;

	if (r->end - r->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdefABCDEF";
		const char *d = r->p[i] ? strchr(digits, r->p[i]) : NULL;
		int k = d ? (int)(d - digits) : -1;

		if (k < 0)
			return -1;
		v = v * 16 + (k > 15 ? k - 6 : k);
	}
	r->p += 4;
	return v;
}

/* A code point as UTF-8; surrogates and NUL, which we never write, become
 * question marks. */
static void
put_utf8(struct text *t, int c)
{
	if (c == 0 || (c >= 0xd800 && c < 0xe000))
		c = '?';
	if (c < 0x80) {
		text_addc(t, (char)c);
	} else if (c < 0x800) {
		text_addc(t, (char)(0xc0 | c >> 6));
		text_addc(t, (char)(0x80 | (c & 63)));
	} else {
		text_addc(t, (char)(0xe0 | c >> 12));
		text_addc(t, (char)(0x80 | (c >> 6 & 63)));
		text_addc(t, (char)(0x80 | (c & 63)));
	}
}

static int
escape(struct reader *r, struct text *t)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *at;
	int c;

	if (r->p == r->end)
		return 0;
	if (*r->p == 'u') {
		r->p++;
		c = hex4(r);
		if (c < 0)
			return 0;
		put_utf8(t, c);
		return 1;
	}
	at = *r->p ? strchr(from, *r->p) : NULL;
	if (at == NULL)
		return 0;
	text_addc(t, to[at - from]);
	r->p++;
	return 1;
}

/* A string; NULL: it is none. */
static const char *
read_string(struct reader *r)
{
	struct text t = { 0 };
	const char *s = NULL;
	int good = take(r, '"');

	while (good && r->p < r->end && *r->p != '"') {
		if (*r->p == '\\') {
			r->p++;
			good = escape(r, &t);
		} else if ((unsigned char)*r->p < ' ') {
			good = 0;
		} else {
			text_addc(&t, *r->p++);
		}
	}
	if (good && r->p < r->end) {
		r->p++;
		s = arena_strdup(r->arena, text_str(&t));
	}
	text_release(&t);
	return s;
}

static int
read_number(struct reader *r, int64_t *out)
{
	uint64_t v = 0, most = INT64_MAX;
	int minus, digits = 0;

	skip_space(r);
	minus = take(r, '-');
	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
		uint64_t d = (uint64_t)(*r->p - '0');

		if (v > (most - d) / 10)
			return 0;
		v = v * 10 + d;
		digits++;
	}
	*out = minus ? -(int64_t)v : (int64_t)v;
	return digits > 0;
}

static enum event_kind
kind_named(const char *name)
{
	for (int i = 1; i < EVENT_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return i;
	return EVENT_NONE;
}

static void
set_text(struct event *ev, const char *name, const char *s)
{
	if (strcmp(name, "event") == 0)
		ev->kind = kind_named(s);
	for (int i = 0; i < FIELDS; i++)
		if (fields[i].is_text && strcmp(fields[i].name, name) == 0)
			*text_at(ev, &fields[i]) = s;
}

static void
set_number(struct event *ev, const char *name, int64_t v)
{
	if (strcmp(name, "at") == 0)
		ev->at = v;
	for (int i = 0; i < FIELDS; i++)
		if (!fields[i].is_text && strcmp(fields[i].name, name) == 0)
			*number_at(ev, &fields[i]) = v;
}

static int
read_field(struct reader *r, struct event *ev)
{
	const char *name = read_string(r), *s;
	int64_t v;

	if (name == NULL || !take(r, ':'))
		return 0;
	skip_space(r);
	if (r->p < r->end && *r->p == '"') {
		s = read_string(r);
		if (s)
			set_text(ev, name, s);
		return s != NULL;
	}
	if (!read_number(r, &v))
		return 0;
	set_number(ev, name, v);
	return 1;
}

int
event_parse(struct event *ev, const char *line, size_t n, struct arena *a,
    struct err *e)
{
	struct reader r = { line, line + n, a };
	int good;

	*ev = (struct event){ .name = "", .master = "", .version = "",
	    .host = "", .why = "", .root = "" };
	good = take(&r, '{') && read_field(&r, ev);
	while (good && take(&r, ','))
		good = read_field(&r, ev);
	good = good && take(&r, '}');
	skip_space(&r);
	if (!good || r.p != r.end)
		return err_user(e, EXIT_DATA, "this is no event");
	return 0;
}
