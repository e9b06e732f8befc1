/*
 * json_infer -- the schema of JSON records, from a sample.
 *
 * The union of all fields, sorted by name; types as Spark finds them: bigint,
 * double, boolean, string, arrays and structs; decimal(38,0) for whole
 * numbers over 64 bits; string for what is only ever null or of different
 * kinds.  When no record is an object there is one column, value, with the
 * text of each.
 *
 * A first value that goes on behind the first line means multiLine.
 */
#include "format/json.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "column/value.h"
#include "format/json_text.h"
#include "format/options.h"

#define SAMPLE_ROWS 20480

enum kind { NONE, BOOL, I64, DEC, F64, STR, LIST, OBJECT };

struct shape {
	enum kind kind;
	struct shape *elem;     /* of a list */
	struct map field;       /* of an object: struct shape */
};

struct sample {
	struct arena *a;
	struct shape *root;     /* of the records that are objects */
	int64_t good, bad, other;
	const char *wrong, *where;      /* first failure */
	bool words;             /* primitivesAsString */
};

static struct shape *
shape_new(struct arena *a)
{
	struct shape *s = NEW(a, struct shape);

	map_init(&s->field, a);
	return s;
}

static void
widen(struct shape *s, enum kind k)
{
	if (s->kind == NONE || s->kind == k)
		s->kind = k;
	else if (s->kind >= I64 && s->kind <= F64 && k >= I64 && k <= F64)
		s->kind = s->kind > k ? s->kind : k;
	else
		s->kind = STR;
}

static bool look(struct sample *t, struct shape *s, struct jtext *j);

static bool
look_object(struct sample *t, struct shape *s, struct jtext *j)
{
	bool first = true, escapes;
	const char *p;
	size_t n;
	int r;

	for (j->p++; (r = jtext_member(j, '}', first)) > 0; first = false) {
		struct shape *f;
		const char *name;

		if (!jtext_key(j, &p, &n, &escapes))
			return false;
		if (escapes && !jtext_unescape(p, n, t->a, &p, &n))
			return false;
		name = arena_memdup(t->a, p, n);
		f = map_get(&s->field, name);
		if (f == NULL) {
			f = shape_new(t->a);
			map_put(&s->field, name, f);
		}
		if (!look(t, f, j))
			return false;
	}
	return r == 0;
}

static bool
look_list(struct sample *t, struct shape *s, struct jtext *j)
{
	bool first = true;
	int r;

	if (s->elem == NULL)
		s->elem = shape_new(t->a);
	for (j->p++; (r = jtext_member(j, ']', first)) > 0; first = false)
		if (!look(t, s->elem, j))
			return false;
	return r == 0;
}

static bool
look_scalar(struct sample *t, struct shape *s, struct jtext *j)
{
	const char *p;
	size_t n;
	bool b;
	int64_t v;

	if (*j->p == '"') {
		widen(s, STR);
		return jtext_string(j, &p, &n, &b);
	}
	if (*j->p == 'n')
		return jtext_word(j);
	if (*j->p == 't' || *j->p == 'f') {
		widen(s, t->words ? STR : BOOL);
		return jtext_word(j);
	}
	if (*j->p != '-' && (*j->p < '0' || *j->p > '9'))
		return jtext_word(j);
	if (!jtext_number(j, &p, &n, &b))
		return false;
	widen(s, t->words ? STR : !b ? F64 : value_get_i64(p, n, &v) ? I64 :
	    n <= 38 ? DEC : F64);
	return true;
}

/* Reads one value and widens its shape. */
static bool
look(struct sample *t, struct shape *s, struct jtext *j)
{
	bool good;

	if (j->p == j->end)
		return jtext_skip(j);
	if (*j->p != '{' && *j->p != '[')
		return look_scalar(t, s, j);
	if (++j->depth > JSON_DEPTH_MAX) {
		j->wrong = "nested too deeply (1000 levels at most)";
		return false;
	}
	if (*j->p == '{') {
		widen(s, OBJECT);
		good = look_object(t, s, j);
	} else {
		widen(s, LIST);
		good = look_list(t, s, j);
	}
	j->depth--;
	return good;
}

static const struct type *shape_type(struct sample *t, const struct shape *s);

static int
by_name(const void *a, const void *b)
{
	const struct type_field *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* The fields of an object, sorted. */
static struct type_field *
shape_fields(struct sample *t, const struct shape *s, int *n)
{
	struct type_field *f = NEW_N(t->a, struct type_field, s->field.n + 1);

	*n = 0;
	for (int i = 0; i < s->field.cap; i++)
		if (s->field.slot[i].key)
			f[(*n)++] = (struct type_field){
			    s->field.slot[i].key,
			    shape_type(t, s->field.slot[i].value), true };
	qsort(f, (size_t)*n, sizeof *f, by_name);
	return f;
}

static const struct type *
shape_type(struct sample *t, const struct shape *s)
{
	struct type_field *f;
	int n;

	switch (s->kind) {
	case BOOL:
		return TYPE(BOOL);
	case I64:
		return TYPE(I64);
	case DEC:
		return type_decimal(t->a, 38, 0);
	case F64:
		return TYPE(F64);
	case LIST:
		return type_array(t->a, shape_type(t, s->elem));
	case OBJECT:
		f = shape_fields(t, s, &n);
		return n ? type_struct(t->a, f, n) : TYPE(STR);
	case NONE:
	case STR:
		break;
	}
	return TYPE(STR);
}

static void
look_wrong(struct sample *t, const struct jtext *j)
{
	t->bad++;
	if (t->wrong)
		return;
	t->wrong = j->wrong ? j->wrong : "not JSON";
	t->where = j->p;
}

/* One record, or the elements of a list of them. */
static bool
look_record(struct sample *t, struct jtext *j)
{
	struct shape *s = *j->p == '{' ? t->root : shape_new(t->a);
	bool good;

	if (*j->p == '{')
		widen(s, OBJECT);
	good = look(t, s, j);
	if (!good) {
		look_wrong(t, j);
		return false;
	}
	t->good += s == t->root;
	t->other += s != t->root && s->kind != NONE;
	return true;
}

/* Elements of a list widen the root: read again, one by one. */
static void
look_top(struct sample *t, struct jtext *j)
{
	struct jtext list = *j;
	bool first = true;

	if (*j->p != '[') {
		look_record(t, j);
		return;
	}
	for (list.p++; jtext_member(&list, ']', first) > 0; first = false)
		if (list.p == list.end || !look_record(t, &list))
			break;
	if (!jtext_skip(j))
		look_wrong(t, j);
}

static void
look_lines(struct sample *t, const char *p, size_t n, bool whole)
{
	const char *end = p + n;

	for (int row = 0; p < end && row < SAMPLE_ROWS; row++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct jtext j = { p, nl ? nl : end, NULL, 0 };

		if (nl == NULL && !whole && row > 0)
			break;
		jtext_space(&j);
		if (j.p < j.end)
			look_top(t, &j);
		jtext_space(&j);
		if (j.p < j.end && j.wrong == NULL) {
			j.wrong = "text behind the record";
			look_wrong(t, &j);
		}
		p = nl ? nl + 1 : end;
	}
}

/* Values one after the other; of a list that the sample cuts, those that
 * are complete. */
static void
look_values(struct sample *t, const char *p, size_t n, bool whole)
{
	struct jtext j = { p, p + n, NULL, 0 };

	for (jtext_space(&j); j.p < j.end && j.wrong == NULL; jtext_space(&j)) {
		int64_t good = t->good, other = t->other;

		look_top(t, &j);
		if (j.wrong && !whole && t->good + t->other > good + other) {
			t->wrong = NULL;
			t->bad = 0;
		}
	}
}

/* Does the first value go on behind its line? */
static bool
spans_lines(const char *p, size_t n, bool whole)
{
	struct jtext j = { p, p + n, NULL, 0 };
	const char *end, *nl;

	jtext_space(&j);
	if (j.p == j.end || (*j.p != '{' && *j.p != '['))
		return false;
	end = jtext_extent(j.p, j.end, false);
	nl = memchr(j.p, '\n', (size_t)(j.end - j.p));
	if (nl == NULL)
		return false;
	if (end == NULL)
		return !whole && jtext_extent(j.p, nl, false) == NULL;
	return nl < end;
}

static int
infer_wrong(const struct sample *t, const char *path, const char *head,
    struct err *e)
{
	int64_t line = 1, column = 1;

	for (const char *p = head; p < t->where; p++, column++)
		if (*p == '\n') {
			line++;
			column = 0;
		}
	return err_user(e, EXIT_DATA, "%s:%lld:%lld: error: %s", path,
	    (long long)line, (long long)column, t->wrong);
}

int
json_infer(struct arena *a, const char *path, const char *head, size_t n,
    bool whole, struct options *options, struct schema **out, struct err *e)
{
	struct sample t = { .a = a, .root = shape_new(a),
	    .words = option_flag(options, "primitivesasstring", 0) };
	struct type_field *f;
	int nfield, multi = option_flag(options, "multiline", -1);
	size_t bom = n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	const char *mode = options_get(options, "mode", NULL);

	if (multi < 0) {
		multi = spans_lines(head + bom, n - bom, whole);
		if (multi)
			options_put(options, a, "multiline", "true");
	}
	if (multi)
		look_values(&t, head + bom, n - bom, whole);
	else
		look_lines(&t, head + bom, n - bom, whole);
	if (t.bad && t.good + t.other == 0 && mode == NULL)
		return infer_wrong(&t, path, head, e);
	if (t.good == 0 && t.other > 0) {
		*out = schema_new(a, 1);
		(*out)->col[0] = (struct field){ "value", TYPE(STR), true, 0 };
		return 0;
	}
	f = shape_fields(&t, t.root, &nfield);
	if (t.bad && mode && option_permissive(options))
		f[nfield++] = (struct type_field){ options_get(options,
		    "columnnameofcorruptrecord", "_corrupt_record"),
		    TYPE(STR), true };
	qsort(f, (size_t)nfield, sizeof *f, by_name);
	*out = schema_new(a, nfield);
	for (int i = 0; i < nfield; i++)
		(*out)->col[i] = (struct field){ f[i].name, f[i].type, true, 0 };
	return 0;
}

int
json_bid(const char *head, size_t n)
{
	struct jtext j = { head, head + n, NULL, 0 };

	if (n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
		j.p += 3;
	jtext_space(&j);
	if (j.p == j.end || (*j.p != '{' && *j.p != '['))
		return 0;
	if (*j.p++ == '{') {
		jtext_space(&j);
		return j.p < j.end && (*j.p == '"' || *j.p == '}') ? 90 : 0;
	}
	jtext_space(&j);
	return j.p < j.end && *j.p == '{' ? 80 : 0;
}
