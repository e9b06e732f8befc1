/*
 * type_parse -- SQL type names and schema strings.
 *
 *	type   = name | decimal(p[, s]) | array<type> | map<type, type>
 *	       | struct<name[:] type, …> | interval unit [to unit]
 *	schema = name[:] type [not null] [comment '…'], …
 */
#include "column/schema.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"

#define DEPTH_MAX 64

struct scan {
	struct arena *a;
	const char *p, *end;
	int depth;
};

static const struct { const char *name; enum type_kind kind; } names[] = {
	{ "void", TYPE_NULL }, { "boolean", TYPE_BOOL }, { "bool", TYPE_BOOL },
	{ "tinyint", TYPE_I8 }, { "byte", TYPE_I8 }, { "smallint", TYPE_I16 },
	{ "short", TYPE_I16 }, { "int", TYPE_I32 }, { "integer", TYPE_I32 },
	{ "bigint", TYPE_I64 }, { "long", TYPE_I64 }, { "float", TYPE_F32 },
	{ "real", TYPE_F32 }, { "double", TYPE_F64 }, { "string", TYPE_STR },
	{ "text", TYPE_STR }, { "varchar", TYPE_STR }, { "char", TYPE_STR },
	{ "character", TYPE_STR }, { "binary", TYPE_BIN }, { "date", TYPE_DATE },
	{ "timestamp", TYPE_TS }, { "timestamp_ltz", TYPE_TS },
	{ "timestamp_ntz", TYPE_TSNTZ }, { "decimal", TYPE_DEC64 },
	{ "dec", TYPE_DEC64 }, { "numeric", TYPE_DEC64 },
	{ "array", TYPE_ARRAY }, { "map", TYPE_MAP }, { "struct", TYPE_STRUCT },
	{ "interval", TYPE_DTI }, { NULL, TYPE_NULL }
};

static void
space(struct scan *s)
{
	while (s->p < s->end && isspace((unsigned char)*s->p))
		s->p++;
}

static bool
accept(struct scan *s, char c)
{
	space(s);
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static int
expect(struct scan *s, char c, struct err *e)
{
	if (accept(s, c))
		return 0;
	return err_user(e, EXIT_JOB, "expected '%c' in the type, at \"%.*s\"",
	    c, (int)(s->end - s->p > 40 ? 40 : s->end - s->p), s->p);
}

static const char *
word(struct scan *s)
{
	const char *from;

	space(s);
	from = s->p;
	if (s->p < s->end && *s->p == '`') {
		const char *close = memchr(s->p + 1, '`',
		    (size_t)(s->end - s->p - 1));

		if (close == NULL)
			return NULL;
		s->p = close + 1;
		return arena_memdup(s->a, from + 1, (size_t)(close - from - 1));
	}
	while (s->p < s->end && (isalnum((unsigned char)*s->p) ||
	    *s->p == '_' || (unsigned char)*s->p >= 0x80))
		s->p++;
	return s->p == from ? NULL : arena_memdup(s->a, from,
	    (size_t)(s->p - from));
}

static bool
accept_word(struct scan *s, const char *w)
{
	const char *saved = s->p, *got = word(s);

	if (got && strcasecmp(got, w) == 0)
		return true;
	s->p = saved;
	return false;
}

static int
number(struct scan *s, int high, int *out, struct err *e)
{
	const char *w = word(s);

	*out = w ? (int)strtol(w, NULL, 10) : -1;
	if (w == NULL || !isdigit((unsigned char)*w) || *out > high)
		return err_user(e, EXIT_JOB,
		    "expected a number up to %d in the type", high);
	return 0;
}

static int parse(struct scan *s, const struct type **out, struct err *e);

static int
parse_decimal(struct scan *s, const struct type **out, struct err *e)
{
	int p = 10, q = 0;

	if (accept(s, '(')) {
		TRY(number(s, 38, &p, e));
		if (accept(s, ','))
			TRY(number(s, 38, &q, e));
		TRY(expect(s, ')', e));
	}
	if (p < 1 || q > p)
		return err_user(e, EXIT_JOB, "decimal(%d,%d): the scale is "
		    "larger than the precision", p, q);
	*out = type_decimal(s->a, p, q);
	return 0;
}

static int
parse_struct(struct scan *s, const struct type **out, struct err *e)
{
	struct type_field *f = NULL;
	int n = 0, cap = 0;

	TRY(expect(s, '<', e));
	while (!accept(s, '>')) {
		if (n)
			TRY(expect(s, ',', e));
		ARENA_GROW(s->a, f, n, cap);
		f[n].name = word(s);
		if (f[n].name == NULL)
			return err_user(e, EXIT_JOB,
			    "expected a field name in struct<…>");
		accept(s, ':');
		TRY(parse(s, &f[n].type, e));
		f[n].nullable = true;
		if (accept_word(s, "not") && accept_word(s, "null"))
			f[n].nullable = false;
		n++;
	}
	*out = type_struct(s->a, f, n);
	return 0;
}

static int
parse_interval(struct scan *s, const struct type **out, struct err *e)
{
	const char *unit = word(s);
	bool months = unit && (strcasecmp(unit, "year") == 0 ||
	    strcasecmp(unit, "month") == 0);

	if (unit == NULL)
		return err_user(e, EXIT_JOB, "expected a unit after interval");
	if (accept_word(s, "to"))
		word(s);
	*out = months ? TYPE(YMI) : TYPE(DTI);
	return 0;
}

static int
unknown(const char *name, struct err *e)
{
	struct near near;

	near_init(&near, name);
	for (int i = 0; names[i].name; i++)
		near_offer(&near, names[i].name);
	err_user(e, EXIT_JOB, "unknown type '%s'", name);
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return ERR_USER;
}

static int
parse_nested(struct scan *s, enum type_kind kind, const struct type **out,
    struct err *e)
{
	const struct type *k, *v;

	if (kind == TYPE_STRUCT)
		return parse_struct(s, out, e);
	TRY(expect(s, '<', e));
	TRY(parse(s, &k, e));
	if (kind == TYPE_ARRAY) {
		*out = type_array(s->a, k);
		return expect(s, '>', e);
	}
	TRY(expect(s, ',', e));
	TRY(parse(s, &v, e));
	*out = type_map(s->a, k, v);
	return expect(s, '>', e);
}

static int
parse(struct scan *s, const struct type **out, struct err *e)
{
	const char *name = word(s);
	int i = 0, n, r;

	if (name == NULL)
		return err_user(e, EXIT_JOB, "expected a type name, at \"%.*s\"",
		    (int)(s->end - s->p > 40 ? 40 : s->end - s->p), s->p);
	while (names[i].name && strcasecmp(names[i].name, name) != 0)
		i++;
	if (names[i].name == NULL)
		return unknown(name, e);
	switch (names[i].kind) {
	case TYPE_DEC64:
		return parse_decimal(s, out, e);
	case TYPE_DTI:
		return parse_interval(s, out, e);
	case TYPE_ARRAY: case TYPE_MAP: case TYPE_STRUCT:
		if (++s->depth > DEPTH_MAX)
			return err_user(e, EXIT_JOB,
			    "the type is nested too deeply");
		r = parse_nested(s, names[i].kind, out, e);
		s->depth--;
		return r;
	case TYPE_STR:
		if (accept(s, '(')) {
			TRY(number(s, 1 << 30, &n, e));
			TRY(expect(s, ')', e));
		}
		break;
	default:
		break;
	}
	*out = &type_plain[names[i].kind];
	return 0;
}

static int
at_end(struct scan *s, struct err *e)
{
	space(s);
	if (s->p == s->end)
		return 0;
	return err_user(e, EXIT_JOB, "unexpected \"%.*s\" after the type",
	    (int)(s->end - s->p > 40 ? 40 : s->end - s->p), s->p);
}

int
type_parse(struct arena *a, const char *p, size_t n, const struct type **out,
    struct err *e)
{
	struct scan s = { a, p, p + n, 0 };

	TRY(parse(&s, out, e));
	return at_end(&s, e);
}

int
schema_parse(struct arena *a, const char *p, size_t n, struct schema **out,
    struct err *e)
{
	struct scan s = { a, p, p + n, 0 };
	struct field *f = NULL;
	int ncol = 0, cap = 0;

	do {
		ARENA_GROW(a, f, ncol, cap);
		f[ncol].name = word(&s);
		if (f[ncol].name == NULL)
			return err_user(e, EXIT_JOB, "expected a column name "
			    "in the schema");
		accept(&s, ':');
		TRY(parse(&s, &f[ncol].type, e));
		f[ncol].nullable = true;
		if (accept_word(&s, "not") && accept_word(&s, "null"))
			f[ncol].nullable = false;
		if (accept_word(&s, "comment") && accept(&s, '\''))
			while (s.p < s.end && *s.p++ != '\'')
				;
		ncol++;
	} while (accept(&s, ','));
	*out = schema_new(a, 0);
	(*out)->ncol = ncol;
	(*out)->col = f;
	return at_end(&s, e);
}
