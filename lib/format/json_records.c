/*
 * json_records -- see json_records.h.
 */
#include "format/json_records.h"

#include <string.h>

#include "base/err.h"
#include "format/badrow.h"
#include "format/json_text.h"

enum found { FOUND, NOTHING, MORE };    /* MORE: bytes are needed */

static inline bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Puts at behind the line in which the byte before from lies. */
static int
skip_to_line(struct json_records *in, int64_t from, struct err *e)
{
	for (;;) {
		const char *nl = memchr(in->feed.p, '\n', in->feed.n);

		if (nl && in->feed.at + (nl - in->feed.p) + 1 >= from) {
			in->at = (size_t)(nl - in->feed.p) + 1;
			return 0;
		}
		if (in->feed.last) {
			in->done = true;
			return 0;
		}
		TRY(feed_slide(&in->feed, in->feed.n, e));
	}
}

int
json_records_begin(struct json_records *in, const struct split *s,
    struct share *map_in, struct pool *pool, struct err *e)
{
	in->split = *s;
	in->at = 0;
	in->list = in->bom = false;
	in->done = in->multi && (s->from > 0 || s->to == 0);
	if (in->multi)
		in->split.to = -1;
	if (in->done)
		return 0;
	TRY(feed_open(&in->feed, &in->split, s->from > 0 ? s->from - 1 : 0,
	    map_in, pool, e));
	TRY(feed_slide(&in->feed, 0, e));
	if (s->from > 0)
		return skip_to_line(in, s->from, e);
	in->bom = in->feed.n >= 3 &&
	    memcmp(in->feed.p, "\xef\xbb\xbf", 3) == 0;
	in->at = in->bom ? 3 : 0;
	return 0;
}

static enum found
not_json(struct json_records *in, struct cell *out, size_t from, size_t to,
    const char *why, size_t where)
{
	*out = (struct cell){ in->feed.p + from, (uint32_t)(to - from) };
	in->wrong = why;
	in->where = in->feed.p + where;
	in->at = to;
	in->list = false;
	in->done |= in->multi;
	return FOUND;
}

static void
skip_space(const char *p, size_t *at, size_t limit)
{
	while (*at < limit && is_space(p[*at]))
		++*at;
}

static bool
is_null(const char *p, size_t n)
{
	return n == 4 && memcmp(p, "null", 4) == 0;
}

/* The next element of the list that at lies in. */
static enum found
next_element(struct json_records *in, struct cell *out)
{
	const char *p = in->feed.p, *end;
	bool last = !in->multi || in->feed.last;
	size_t limit = in->multi ? in->feed.n : in->limit, at = in->at, from;

	skip_space(p, &at, limit);
	if (at < limit && p[at] == ']') {
		in->list = false;
		in->at = at + 1;
		skip_space(p, &in->at, limit);
		if (!in->multi && in->at < limit)
			return not_json(in, out, at, limit,
			    "text behind the list", in->at);
		return NOTHING;
	}
	if (at < limit && !in->first) {
		if (p[at] != ',')
			return not_json(in, out, at, limit,
			    "expected ',' or ']'", at);
		at++;
		skip_space(p, &at, limit);
	}
	from = at;
	end = at < limit ? jtext_extent(p + at, p + limit, last) : NULL;
	if (end == NULL || (end == p + limit && !last))
		return last ? not_json(in, out, in->at, limit,
		    "the list is not closed", limit - (limit > 0)) : MORE;
	if (end == p + from)
		return not_json(in, out, from, limit, "a value is missing",
		    from);
	in->first = false;
	in->at = (size_t)(end - p);
	*out = (struct cell){ p + from, (uint32_t)(in->at - from) };
	return FOUND;
}

/* A line: a record, or a list to be opened. */
static enum found
next_line(struct json_records *in, struct cell *out)
{
	const char *p = in->feed.p;
	size_t from = in->at, n = in->feed.n, end;
	int64_t start = in->feed.at + (int64_t)from;
	const char *nl;

	if (in->bom && start == 3)
		start = 0;
	if (in->split.to >= 0 && start >= in->split.to)
		in->done = true;
	if (in->done || (from == n && in->feed.last))
		return NOTHING;
	nl = memchr(p + from, '\n', n - from);
	if (nl == NULL && !in->feed.last)
		return MORE;
	end = nl ? (size_t)(nl - p) : n;
	in->at = end + (nl != NULL);
	while (from < end && is_space(p[from]))
		from++;
	while (end > from && is_space(p[end - 1]))
		end--;
	*out = (struct cell){ p + from, (uint32_t)(end - from) };
	if (end > from && p[from] == '[') {
		in->list = in->first = true;
		in->limit = in->at;
		in->at = from + 1;
	}
	return FOUND;
}

/* A value of any kind, or a list to be opened. */
static enum found
next_value(struct json_records *in, struct cell *out)
{
	const char *p = in->feed.p, *end;
	size_t n = in->feed.n;

	if (in->done)
		return NOTHING;
	skip_space(p, &in->at, n);
	if (in->at == n)
		return in->feed.last ? NOTHING : MORE;
	if (p[in->at] == '[') {
		in->list = in->first = true;
		in->at++;
		*out = (struct cell){ p, 0 };
		return FOUND;
	}
	end = jtext_extent(p + in->at, p + n, in->feed.last);
	if (end == NULL || (end == p + n && !in->feed.last))
		return MORE;
	if (end == p + in->at)
		return not_json(in, out, in->at, n, "not a JSON value",
		    in->at);
	*out = (struct cell){ p + in->at, (uint32_t)(end - p - in->at) };
	in->at = (size_t)(end - p);
	return FOUND;
}

static int
too_long(struct json_records *in, size_t start, struct err *e)
{
	badrow_fail(&in->feed, in->feed.at + (int64_t)start, e,
	    "the record is longer than max_record, %lld bytes",
	    (long long)in->max_record);
	return err_hint(e, "the limit is the setting sp.max.record");
}

int
json_records_next(struct json_records *in, struct cell *out, int may_slide,
    struct err *e)
{
	for (;;) {
		bool was_list = in->list;
		enum found f;

		in->wrong = NULL;
		f = in->list ? next_element(in, out) :
		    in->multi ? next_value(in, out) : next_line(in, out);
		if (f == FOUND && (in->wrong || (out->n > 0 &&
		    (was_list || !in->list) && !is_null(out->p, out->n))))
			return in->max_record <= 0 ||
			    out->n <= in->max_record ? 1 :
			    too_long(in, (size_t)(out->p - in->feed.p), e);
		if (f == FOUND || (f == NOTHING && was_list))
			continue;
		if (f == NOTHING || !may_slide)
			return 0;
		if (in->max_record > 0 &&
		    (int64_t)(in->feed.n - in->at) > in->max_record)
			return too_long(in, in->at, e);
		TRY(feed_slide(&in->feed, in->at, e));
		in->at = 0;
	}
}
