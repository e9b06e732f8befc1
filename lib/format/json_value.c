/*
 * json_value -- see json_value.h.
 */
#include "format/json_value.h"

#include <string.h>

#include "base/arena.h"

struct build {
	const struct zone *zone;
	struct arena *heap;
	bool misfit;
};

/* Base64 (RFC 4648), padding optional; false when it is none. */
static bool
base64_decode(const char *s, size_t n, struct arena *heap, struct cell *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char *to = arena_bytes(heap, n + 16);
	uint32_t bits = 0, have = 0, len = 0;

	while (n > 0 && s[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		const char *d = s[i] ? strchr(digits, s[i]) : NULL;

		if (d == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(d - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			to[len++] = (char)(bits >> have);
		}
	}
	*out = (struct cell){ to, len };
	return true;
}

static enum json_fit
string_cell(const struct type *t, const char *p, size_t n,
    struct arena *heap, bool *heaped, struct cell *out)
{
	*out = (struct cell){ p, (uint32_t)n };
	if (memchr(p, '\\', n)) {
		size_t len;

		if (!jtext_unescape(p, n, heap, &out->p, &len))
			return JSON_WRONG;
		out->n = (uint32_t)len;
		*heaped = true;
	}
	switch (t->kind) {
	case TYPE_STR: case TYPE_DATE: case TYPE_TS: case TYPE_TSNTZ:
	case TYPE_DEC64: case TYPE_DEC128:
		return JSON_FITS;
	case TYPE_F32: case TYPE_F64:
		return out->n && memchr("NI-+", *out->p, 4) ? JSON_FITS :
		    JSON_MISFIT;
	case TYPE_BIN:
		*heaped = true;
		return base64_decode(out->p, out->n, heap, out) ? JSON_FITS :
		    JSON_MISFIT;
	default:
		return JSON_MISFIT;
	}
}

static enum json_fit
nested_cell(const struct type *t, const char *p, size_t n, struct cell *out)
{
	struct jtext j = { p, p + n, NULL, 0 };

	if (!jtext_skip(&j) || j.p != j.end)
		return JSON_WRONG;
	*out = (struct cell){ p, (uint32_t)n };
	if (t->kind == TYPE_STR || (*p == '[' && t->kind == TYPE_ARRAY) ||
	    (*p == '{' && (t->kind == TYPE_MAP || t->kind == TYPE_STRUCT)))
		return JSON_FITS;
	return JSON_MISFIT;
}

enum json_fit
json_cell(const struct type *t, const char *p, size_t n, struct arena *heap,
    bool *heaped, struct cell *out)
{
	switch (*p) {
	case '"':
		return n < 2 ? JSON_WRONG :
		    string_cell(t, p + 1, n - 2, heap, heaped, out);
	case '{': case '[':
		return nested_cell(t, p, n, out);
	case 'n':
		*out = (struct cell){ NULL, 0 };
		return n == 4 && memcmp(p, "null", 4) == 0 ? JSON_FITS :
		    JSON_WRONG;
	case 't': case 'f':
		*out = (struct cell){ p, (uint32_t)n };
		if (!(n == 4 && memcmp(p, "true", 4) == 0) &&
		    !(n == 5 && memcmp(p, "false", 5) == 0))
			return JSON_WRONG;
		return t->kind == TYPE_BOOL || t->kind == TYPE_STR ?
		    JSON_FITS : JSON_MISFIT;
	}
	*out = (struct cell){ p, (uint32_t)n };
	if (!jtext_is_number(p, n))
		return JSON_WRONG;
	return type_is_numeric(t) || t->kind == TYPE_STR ? JSON_FITS :
	    JSON_MISFIT;
}

static void build_value(struct build *to, struct builder *b, struct jtext *j);

static void
build_list(struct build *to, struct builder *b, struct jtext *j)
{
	bool first = true;

	for (j->p++; jtext_member(j, ']', first) > 0; first = false)
		build_value(to, &b->kid[0], j);
	builder_list(b);
}

static struct cell
key_cell(struct build *to, const char *s, size_t n, bool escapes)
{
	if (escapes)
		jtext_unescape(s, n, to->heap, &s, &n);
	return (struct cell){ s, (uint32_t)n };
}

/* Appends the cell to a builder of a scalar type. */
static void
append_cell(struct build *to, struct builder *b, struct cell v)
{
	struct convert how = { .type = b->type, .zone = to->zone };
	uint64_t valid = 1;
	__extension__ union { char bytes[16]; __int128 align; } data;
	int32_t bad;
	struct converted one = { .data = &data, .valid = &valid, .bad = &bad };

	if (!convert_can(b->type)) {
		to->misfit = true;
		builder_null(b);
		return;
	}
	convert_cells(&how, &v, NULL, 1, &one);
	to->misfit |= one.nbad > 0;
	if (one.nnull)
		builder_null(b);
	else if (type_is_bytes(b->type))
		builder_bytes(b, v.p, v.n);
	else
		builder_fixed(b, &data);
}

static void
build_map(struct build *to, struct builder *b, struct jtext *j)
{
	bool first = true, escapes;
	const char *s;
	size_t n;

	for (j->p++; jtext_member(j, '}', first) > 0; first = false) {
		if (!jtext_key(j, &s, &n, &escapes))
			return;
		append_cell(to, &b->kid[0], key_cell(to, s, n, escapes));
		build_value(to, &b->kid[1], j);
	}
	builder_list(b);
}

/* The last one counts when a name comes twice. */
static void
build_struct(struct build *to, struct builder *b, struct jtext *j)
{
	int nfield = b->type->nfield;
	struct cell *part = NEW_N(to->heap, struct cell, nfield + 1);
	bool first = true, escapes;
	const char *s;
	size_t n;

	for (j->p++; jtext_member(j, '}', first) > 0; first = false) {
		struct cell key;
		const char *from;

		if (!jtext_key(j, &s, &n, &escapes))
			return;
		key = key_cell(to, s, n, escapes);
		from = j->p;
		if (!jtext_skip(j))
			return;
		for (int i = 0; i < nfield; i++)
			if (strlen(b->type->field[i].name) == key.n &&
			    memcmp(b->type->field[i].name, key.p, key.n) == 0)
				part[i] = (struct cell){ from,
				    (uint32_t)(j->p - from) };
	}
	for (int i = 0; i < nfield; i++) {
		struct jtext k = { part[i].p, NULL, NULL, 0 };

		if (k.p == NULL) {
			builder_null(&b->kid[i]);
			continue;
		}
		k.end = k.p + part[i].n;
		build_value(to, &b->kid[i], &k);
	}
	builder_struct(b);
}

static void
build_value(struct build *to, struct builder *b, struct jtext *j)
{
	const char *from = j->p;
	bool heaped = false;
	struct cell v = { NULL, 0 };

	if (*from == '[' && b->type->kind == TYPE_ARRAY) {
		build_list(to, b, j);
		return;
	}
	if (*from == '{' && b->type->kind == TYPE_MAP) {
		build_map(to, b, j);
		return;
	}
	if (*from == '{' && b->type->kind == TYPE_STRUCT) {
		build_struct(to, b, j);
		return;
	}
	if (jtext_skip(j) && json_cell(b->type, from, (size_t)(j->p - from),
	    to->heap, &heaped, &v) != JSON_FITS) {
		to->misfit = true;
		v.p = NULL;
	}
	if (v.p == NULL)
		builder_null(b);
	else
		append_cell(to, b, v);
}

bool
json_build(struct builder *b, const struct zone *zone, const char *p,
    size_t n, struct arena *heap)
{
	struct build to = { zone, heap, false };
	struct jtext j = { p, p + n, NULL, 0 };

	build_value(&to, b, &j);
	return !to.misfit;
}
