/*
 * exprtest -- what tests of expressions share: a reader of (op a b) trees,
 * one small batch of columns of all types (results: exprrun.h).
 *
 * Atoms: 1 1L 1Y 1S 1D 1.50 'text' true false null, `type` for casts, and the
 * columns of the batch (see columns below), each with a null in row 1.
 */
#ifndef TESTS_EXPRTEST_H
#define TESTS_EXPRTEST_H

#include <ctype.h>

#include "base/arena.h"
#include "base/zone.h"
#include "column/batch.h"
#include "column/builder.h"
#include "column/value.h"
#include "expr/expr.h"
#include "tap.h"

#define TEST_ROWS 3

static struct arena test_arena;
static struct expr_env test_env;
static struct schema *test_schema;
static struct batch test_batch;
static struct column test_col[32];

/* name, type, text of the three rows (row 1 is null) */
static const char *const columns[][4] = {
	{ "y", "tinyint", "1", "127" }, { "s", "smallint", "-5", "32767" },
	{ "a", "int", "1", "3" }, { "i", "int", "2147483647", "-2147483648" },
	{ "b", "bigint", "10", "9223372036854775807" },
	{ "f", "float", "1.5", "NaN" }, { "d", "double", "2.5", "-0.0" },
	{ "p", "decimal(10,2)", "1.25", "99999999.99" },
	{ "q", "decimal(38,10)", "1.5", "9999999999999999999999999999" },
	{ "r", "decimal(18,0)", "7", "999999999999999999" },
	{ "t", "string", "abc", "a long string beyond 12" },
	{ "n", "string", "12", "x" }, { "z", "boolean", "true", "false" },
	{ "day", "date", "2024-01-31", "2023-02-28" },
	{ "ts", "timestamp", "2024-01-31 10:00:00", "1969-12-31 23:59:59.5" },
	{ "bin", "binary", "xyz", "" },
	{ "ym", "interval", "1-2", "-0-1" },
	{ "dt", "interval", "1 02:03:04.5", "-1 00:00:00" },
};
#define NCOLUMN ((int)(sizeof columns / sizeof columns[0]))

__attribute__((unused)) static const struct type *
test_type(const char *s)
{
	const struct type *t = NULL;
	struct err e;

	if (type_parse(&test_arena, s, strlen(s), &t, &e) < 0)
		printf("Bail out! type %s: %s\n", s, e.text);
	return t;
}

static struct expr *test_read(const char **s, struct err *e);

static struct expr *
read_atom(const char *p, int n)
{
	struct datum d = { .type = TYPE(I32) };
	char last = p[n - 1];

	if (*p == '\'') {
		d.type = TYPE(STR);
		d.s.p = arena_memdup(&test_arena, p + 1, (size_t)n - 2);
		d.s.n = (size_t)n - 2;
		return expr_lit(&test_arena, d);
	}
	if (isdigit((unsigned char)*p) || (*p == '-' && n > 1)) {
		const char *dot = memchr(p, '.', (size_t)n);

		d.i = strtoll(p, NULL, 10);
		if (last == 'D') {
			d.type = TYPE(F64);
			d.f = strtod(p, NULL);
		} else if (dot) {
			int scale = (int)(p + n - dot) - 1;
			i128 v;

			value_get_dec(p, (size_t)n, 18, scale, &v);
			d.type = type_decimal(&test_arena,
			    n - 1 - (*p == '-') - (*p == '0'), scale);
			d.i = (int64_t)v;
		} else if (last == 'L') {
			d.type = TYPE(I64);
		} else if (last == 'Y') {
			d.type = TYPE(I8);
		} else if (last == 'S') {
			d.type = TYPE(I16);
		}
		return expr_lit(&test_arena, d);
	}
	if (n == 4 && memcmp(p, "null", 4) == 0)
		return expr_null(&test_arena, TYPE(NULL));
	if ((n == 4 && memcmp(p, "true", 4) == 0) ||
	    (n == 5 && memcmp(p, "false", 5) == 0))
		return expr_bool(&test_arena, n == 4);
	for (int i = 0; i < NCOLUMN; i++)
		if ((int)strlen(columns[i][0]) == n &&
		    memcmp(columns[i][0], p, (size_t)n) == 0)
			return expr_col(&test_arena, &test_schema->col[i]);
	printf("Bail out! atom %.*s\n", n, p);
	exit(1);
}

static const char *
atom_end(const char *p)
{
	if (*p == '\'' || *p == '`')
		return strchr(p + 1, *p) + 1;
	while (*p && !isspace((unsigned char)*p) && *p != '(' && *p != ')')
		p++;
	return p;
}

static struct expr *
test_read(const char **s, struct err *e)
{
	struct expr *arg[16], *out = NULL;
	const char *p = *s, *end, *name, *type = NULL;
	int n = 0;

	if (*p != '(') {
		*s = atom_end(p);
		return read_atom(p, (int)(*s - p));
	}
	end = atom_end(p + 1);
	name = arena_memdup(&test_arena, p + 1, (size_t)(end - p - 1));
	for (p = end; *p != ')';) {
		p += *p == ' ';
		if (*p == '`') {
			end = atom_end(p);
			type = arena_memdup(&test_arena, p + 1,
			    (size_t)(end - p - 2));
			p = end;
		} else if ((arg[n++] = test_read(&p, e)) == NULL) {
			return NULL;
		}
	}
	*s = p + 1;
	if (type && *name == 't')
		expr_try_cast(&test_env, arg[0], test_type(type),
		    (struct span){ 0, 1, 1 }, &out, e);
	else if (type)
		expr_cast(&test_env, arg[0], test_type(type),
		    (struct span){ 0, 1, 1 }, &out, e);
	else
		expr_call(&test_env, name, arg, n, (struct span){ 0, 1, 1 },
		    &out, e);
	return out;
}

#endif
