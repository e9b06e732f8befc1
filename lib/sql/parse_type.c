/*
 * parse_type -- type names and lists of typed columns.
 *
 * The names are Spark's with all their synonyms; char and varchar are
 * strings, their length is not checked.  What Spark has and sp has not is
 * refused by name.
 */
#include "sql/parser.h"

#include <string.h>

#include "base/near.h"

static const struct plain {
	const char *name;
	enum type_kind kind;
} plains[] = {
	{ "boolean", TYPE_BOOL }, { "bool", TYPE_BOOL },
	{ "tinyint", TYPE_I8 }, { "byte", TYPE_I8 },
	{ "smallint", TYPE_I16 }, { "short", TYPE_I16 },
	{ "int", TYPE_I32 }, { "integer", TYPE_I32 },
	{ "bigint", TYPE_I64 }, { "long", TYPE_I64 },
	{ "float", TYPE_F32 }, { "real", TYPE_F32 },
	{ "double", TYPE_F64 },
	{ "string", TYPE_STR }, { "binary", TYPE_BIN },
	{ "date", TYPE_DATE },
	{ "timestamp", TYPE_TS }, { "timestamp_ltz", TYPE_TS },
	{ "timestamp_ntz", TYPE_TSNTZ },
	{ "void", TYPE_NULL },
};

static int parse_type_body(struct parser *p, const struct type **out);

/* ( n ): the length of a varchar, read and not used. */
static int
parse_length(struct parser *p)
{
	long n;

	TRY(need_op(p, "(", "and the length"));
	TRY(parse_count(p, "a length", 2147483647, &n));
	return need_op(p, ")", "behind the length");
}

static int
parse_decimal(struct parser *p, const struct type **out)
{
	long precision = 10, scale = 0;
	int first = p->i;

	if (take_op(p, "(")) {
		TRY(parse_count(p, "a precision", 38, &precision));
		if (take_op(p, ","))
			TRY(parse_count(p, "a scale", 38, &scale));
		TRY(need_op(p, ")", "to close the precision"));
		if (precision < 1 || scale > precision)
			return err_at(p->e, span_from(p, first),
			    "decimal(%ld,%ld) has no room for its scale",
			    precision, scale);
	}
	*out = type_decimal(p->a, (int)precision, (int)scale);
	return 0;
}

static int
interval_rank(const char *unit)
{
	static const char *const units[] = {
		"year", "month", "day", "hour", "minute", "second"
	};

	for (int i = 0; i < 6; i++)
		if (strcmp(unit, units[i]) == 0)
			return i;
	return -1;
}

/* interval year to month, interval day, … behind the word interval. */
static int
parse_interval_type(struct parser *p, const struct type **out)
{
	struct ast_ident unit;
	int from, to;

	if (!at_any(p, 0, "year month day hour minute second"))
		return parse_expected(p, "the units of the interval type "
		    "(year to month, day to second)");
	TRY(parse_ident(p, "a unit", &unit));
	from = to = interval_rank(parse_lower(p, unit.name));
	if (take_word(p, "to")) {
		TRY(parse_ident(p, "a unit", &unit));
		to = interval_rank(parse_lower(p, unit.name));
		if (to <= from || (from < 2) != (to < 2))
			return err_at(p->e, unit.span,
			    "an interval cannot end with '%s' here", unit.name);
	}
	*out = from < 2 ? TYPE(YMI) : TYPE(DTI);
	return 0;
}

/* name: type, name type: the inside of struct<…>. */
static int
parse_fields(struct parser *p, const struct type **out)
{
	struct type_field *f = NULL;
	int n = 0, cap = 0;
	struct ast_ident name;
	struct ast_string comment;

	if (take_op(p, "<>")) {
		*out = type_struct(p->a, NULL, 0);
		return 0;
	}
	TRY(need_op(p, "<", "and the fields of the struct"));
	while (!at_op(p, 0, ">")) {
		if (n)
			TRY(need_op(p, ",", "or '>' in the struct type"));
		ARENA_GROW(p->a, f, n, cap);
		TRY(parse_ident(p, "the name of a field", &name));
		take_op(p, ":");
		f[n] = (struct type_field){ .name = name.name, .nullable = 1 };
		TRY(parse_type(p, &f[n].type));
		if (take_words(p, "not null"))
			f[n].nullable = 0;
		if (take_word(p, "comment"))
			TRY(parse_string(p, "a comment", &comment));
		n++;
	}
	p->i++;
	*out = type_struct(p->a, f, n);
	return 0;
}

static int
parse_nested(struct parser *p, const char *name, const struct type **out)
{
	const struct type *kid[2] = { NULL, NULL };
	int map = *name == 'm';

	TRY(need_op(p, "<", map ? "and the key and value types" :
	    "and the element type"));
	TRY(parse_type(p, &kid[0]));
	if (map) {
		TRY(need_op(p, ",", "and the value type"));
		TRY(parse_type(p, &kid[1]));
	}
	TRY(need_op(p, ">", map ? "to close the map type" :
	    "to close the array type"));
	*out = map ? type_map(p->a, kid[0], kid[1]) :
	    type_array(p->a, kid[0]);
	return 0;
}

static int
unknown_type(struct parser *p, const struct ast_ident *name)
{
	static const char *const nested[] = {
		"array", "map", "struct", "decimal", "varchar", "interval"
	};
	struct near n;

	near_init(&n, name->name);
	for (size_t i = 0; i < sizeof plains / sizeof *plains; i++)
		near_offer(&n, plains[i].name);
	for (size_t i = 0; i < sizeof nested / sizeof *nested; i++)
		near_offer(&n, nested[i]);
	err_at(p->e, name->span, "unknown type '%s'", name->name);
	if (n.best)
		err_hint(p->e, "did you mean '%s'?", n.best);
	return ERR_USER;
}

/* "collate x" and "precision" behind a plain type mean nothing here. */
static int
parse_type_tail(struct parser *p, enum type_kind kind)
{
	struct ast_ident name;

	if (kind == TYPE_F64)
		take_word(p, "precision");
	if (kind == TYPE_STR && take_word(p, "collate")) {
		TRY(parse_ident(p, "a collation", &name));
		if (strcmp(parse_lower(p, name.name), "utf8_binary") != 0)
			return err_at(p->e, name.span,
			    "collation '%s' is not supported", name.name);
	}
	return 0;
}

static int
parse_type_body(struct parser *p, const struct type **out)
{
	struct ast_ident id;
	const char *s;

	TRY(parse_ident(p, "a type", &id));
	s = parse_lower(p, id.name);
	for (size_t i = 0; i < sizeof plains / sizeof *plains; i++)
		if (strcmp(s, plains[i].name) == 0) {
			*out = &type_plain[plains[i].kind];
			return parse_type_tail(p, plains[i].kind);
		}
	if (strcmp(s, "decimal") == 0 || strcmp(s, "dec") == 0 ||
	    strcmp(s, "numeric") == 0)
		return parse_decimal(p, out);
	if (strcmp(s, "array") == 0 || strcmp(s, "map") == 0)
		return parse_nested(p, s, out);
	if (strcmp(s, "struct") == 0)
		return parse_fields(p, out);
	if (strcmp(s, "interval") == 0)
		return parse_interval_type(p, out);
	if (strcmp(s, "varchar") == 0 || strcmp(s, "char") == 0 ||
	    strcmp(s, "character") == 0) {
		*out = TYPE(STR);
		return parse_length(p);
	}
	if (strcmp(s, "variant") == 0 || strcmp(s, "time") == 0 ||
	    strcmp(s, "geometry") == 0 || strcmp(s, "geography") == 0 ||
	    strcmp(s, "object") == 0)
		return err_at(p->e, id.span, "type '%s' is not supported", s);
	return unknown_type(p, &id);
}

int
parse_type(struct parser *p, const struct type **out)
{
	TRY(parse_enter(p));
	TRY(parse_type_body(p, out));
	parse_leave(p);
	return 0;
}

static int
parse_column(struct parser *p, int typed, struct ast_column *c)
{
	int first = p->i;
	struct ast_string s;

	*c = (struct ast_column){ 0 };
	TRY(parse_ident(p, "the name of a column", &c->name));
	if (typed || (at_name(p, 0) && !at_word(p, 0, "comment"))) {
		take_op(p, ":");
		TRY(parse_type(p, &c->type));
	}
	for (;;) {
		if (take_words(p, "not null"))
			c->not_null = 1;
		else if (take_word(p, "comment")) {
			TRY(parse_string(p, "a comment", &s));
			c->comment = s.p;
		} else if (take_word(p, "default"))
			TRY(parse_value(p, &c->init));
		else
			break;
	}
	c->span = span_from(p, first);
	return 0;
}

int
parse_columns(struct parser *p, int typed, struct ast_column **out, int *n)
{
	int cap = 0;

	*out = NULL;
	*n = 0;
	do {
		ARENA_GROW(p->a, *out, *n, cap);
		TRY(parse_column(p, typed, &(*out)[*n]));
		(*n)++;
	} while (take_op(p, ","));
	return 0;
}

int
parse_column_list(struct parser *p, int typed, struct ast_column **out, int *n)
{
	TRY(need_op(p, "(", "before the columns"));
	p->bracket++;
	TRY(parse_columns(p, typed, out, n));
	p->bracket--;
	return need_op(p, ")", "to close the list of columns");
}
