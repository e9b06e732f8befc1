/*
 * json_walk -- see json_walk.h.
 */
#include "format/json_walk.h"

#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "format/json_value.h"

#define SLOTS 512       /* members of a record that are predicted */
#define NAME_MAX_LEN 40 /* longer names are looked up */

struct json_slot {
	uint32_t n;
	int want;               /* -1: nobody wants it */
	char name[NAME_MAX_LEN];
};

void
json_walk_init(struct json_walk *w, struct arena *a)
{
	uint32_t cap = 16;

	while (cap < 2 * (uint32_t)w->nwant + 1)
		cap *= 2;
	w->table = NEW_N(a, int, cap);
	w->mask = cap - 1;
	w->slot = NEW_N(a, struct json_slot, SLOTS);
	for (int i = 0; i < w->nwant; i++) {
		uint32_t h = (uint32_t)hash_sum(w->want[i].name,
		    w->want[i].nname);

		while (w->table[h & w->mask])
			h++;
		w->table[h & w->mask] = i + 1;
	}
	for (int i = 0; i < SLOTS; i++) {
		w->slot[i].n = UINT32_MAX;
		w->slot[i].want = -1;
	}
}

void
json_walk_release(struct json_walk *w)
{
	json_skeleton_release(&w->skeleton);
}

static bool
wrong(struct json_walk *w, const char *why, const char *where)
{
	w->wrong = why;
	w->where = where;
	return false;
}

static int
look_up(const struct json_walk *w, const char *name, uint32_t n)
{
	uint32_t h = (uint32_t)hash_sum(name, n);
	int k;

	for (; (k = w->table[h & w->mask]) != 0; h++)
		if (w->want[k - 1].nname == n &&
		    memcmp(w->want[k - 1].name, name, n) == 0)
			return k - 1;
	return -1;
}

/* Is name[0..n) the slot's name?  Eight bytes at a time; both may be read
 * a little beyond. */
static inline bool
same_name(const struct json_slot *s, const char *name, uint32_t n)
{
	if (s->n != n)
		return false;
	for (uint32_t i = 0; i < n; i += 8) {
		uint64_t a, b;

		memcpy(&a, s->name + i, 8);
		memcpy(&b, name + i, 8);
		a ^= b;
		if (n - i < 8)          /* the first byte is the lowest */
			a <<= 8 * (8 - (n - i));
		if (a)
			return false;
	}
	return true;
}

/* Which column has the member's name, number i of its record. */
static int
find_want(struct json_walk *w, uint32_t i, const char *name, uint32_t n,
    struct arena *heap)
{
	struct json_slot *s = &w->slot[i < SLOTS ? i : SLOTS - 1];
	const char *plain = name;
	size_t len = n;
	int k;

	if (same_name(s, name, n))
		return s->want;
	if (w->skeleton.escapes && memchr(name, '\\', n) &&
	    !jtext_unescape(name, n, heap, &plain, &len)) {
		w->wrong = "an unknown escape in a string";
		w->where = name;
		return -1;
	}
	k = look_up(w, plain, (uint32_t)len);
	if (n <= NAME_MAX_LEN) {
		s->n = n;
		s->want = k;
		memcpy(s->name, name, n);
	}
	return k;
}

static inline bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* End of what begins at from and is followed by position next. */
static inline uint32_t
trimmed(const char *p, uint32_t next)
{
	while (is_space(p[next - 1]))
		next--;
	return next;
}

/* The value's cell, for a column that wants it. */
static bool
take_value(struct json_walk *w, int k, const char *v, uint32_t n, int row,
    struct arena *heap)
{
	struct json_want *x = &w->want[k];
	struct cell *cell = &x->cell[row];
	struct jtext j = { v, v + n, NULL, 0 };

	switch (json_cell(x->type, v, n, heap, &x->heaped, cell)) {
	case JSON_FITS:
		return true;
	case JSON_MISFIT:
		w->misfit = k;
		w->value = (struct cell){ v, n };
		*cell = (struct cell){ NULL, 0 };
		return true;
	case JSON_WRONG:
		break;
	}
	/* Read it once more to say what is wrong, and where. */
	if (jtext_skip(&j))
		j.wrong = "not a JSON value";
	return wrong(w, j.wrong, j.p < v + n ? j.p : v + n - 1);
}

/* Passes over a list or object whose bracket is entry k; returns the entry
 * behind its end, or 0. */
static size_t
pass_nested(const struct json_skeleton *s, const char *p, size_t k)
{
	size_t depth = 1;

	while (k < s->n) {
		char c = p[s->at[k++]];

		depth += (c == '{') | (c == '[');
		depth -= (c == '}') | (c == ']');
		if (depth == 0)
			return k;
	}
	return 0;
}

/* The members; entry 0 is '{'. */
static bool
walk_members(struct json_walk *w, const char *p, int row, struct arena *heap)
{
	const struct json_skeleton *s = &w->skeleton;
	const uint32_t *at = s->at;
	size_t k = 1, n = s->n;

	for (uint32_t i = 0; ; i++) {
		uint32_t name, colon, v, end;
		int want;
		char c;

		if (k + 3 >= n)
			return wrong(w, "the object is not complete",
			    p + at[k < n ? k : n - 1]);
		name = at[k];
		colon = at[k + 1];
		v = at[k + 2];
		k += 3;
		if (p[name] != '"')
			return wrong(w, "expected a name in quotes", p + name);
		if (p[colon] != ':')
			return wrong(w, "expected ':'", p + colon);
		want = find_want(w, i, p + name + 1,
		    trimmed(p, colon) - name - 2, heap);
		if (w->wrong)
			return false;
		c = p[v];
		if (c == '{' || c == '[') {
			k = pass_nested(s, p, k);
			if (k == 0)
				return wrong(w, "a bracket is not closed",
				    p + v);
			end = at[k - 1] + 1;
		} else if (c == '}' || c == ']' || c == ',' || c == ':') {
			return wrong(w, "a value is missing", p + v);
		} else {
			end = want >= 0 ? trimmed(p, at[k]) : v;
		}
		if (want >= 0 && !take_value(w, want, p + v, end - v, row,
		    heap))
			return false;
		c = k < n ? p[at[k]] : '\0';
		if (c == '}')
			return k + 1 == n || wrong(w, "text behind the object",
			    p + at[k + 1]);
		if (c != ',')
			return wrong(w, "expected ',' or '}'",
			    p + at[k < n ? k : n - 1]);
		k++;
	}
}

bool
json_walk(struct json_walk *w, const char *p, size_t len, int row,
    struct arena *heap)
{
	struct json_skeleton *s = &w->skeleton;
	size_t bad;

	w->wrong = NULL;
	w->misfit = -1;
	json_skeleton(s, p, len);
	if (s->wrong)
		return wrong(w, s->wrong, p + s->where);
	if (s->high && (bad = utf8_valid(p, len)) < len)
		return wrong(w, "the text is not valid UTF-8", p + bad);
	if (s->n < 2 || *p != '{')
		return wrong(w, "expected an object", p);
	if (p[s->at[1]] == '}')
		return s->n == 2 || wrong(w, "text behind the object",
		    p + s->at[2]);
	return walk_members(w, p, row, heap);
}
