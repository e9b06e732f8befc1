/*
 * exprrun -- runs expressions over the batch of exprtest.h and gives the
 * result as text: is_expr("(+ a 1)", "2,NULL,4").
 */
#ifndef TESTS_EXPRRUN_H
#define TESTS_EXPRRUN_H

#include "base/text.h"
#include "expr/program.h"
#include "exprtest.h"

/* Fills a column by casting strings, which tests those casts as well. */
static void
column_fill(int i, const struct type *t)
{
	struct builder *b = NEW(&test_arena, struct builder);
	struct err e = { 0 };

	builder_init(b, t);
	for (int r = 0; r < TEST_ROWS; r++) {
		struct datum d = { .type = TYPE(STR) };
		struct expr *x;
		struct column c;

		if (r == 1) {
			builder_null(b);
			continue;
		}
		d.s.p = columns[i][r ? 3 : 2];
		d.s.n = strlen(d.s.p);
		if (expr_cast(&test_env, expr_lit(&test_arena, d), t,
		    (struct span){ 0 }, &x, &e) < 0 ||
		    expr_eval_const(&test_env, x, &d, &e) < 0)
			printf("Bail out! %s: %s\n", columns[i][0], e.text);
		datum_column(&d, &c, &test_arena);
		builder_value(b, &c, 0);
	}
	builder_column(b, 0, TEST_ROWS, &test_col[i], &test_arena);
}

__attribute__((unused)) static void
test_start(void)
{
	test_env.arena = &test_arena;
	test_env.zone = zone_utc;
	test_schema = schema_new(&test_arena, NCOLUMN);
	test_batch.col = test_col;
	test_batch.ncol = NCOLUMN;
	test_batch.nrow = test_batch.n = TEST_ROWS;
	for (int i = 0; i < NCOLUMN; i++) {
		const struct type *t = strcmp(columns[i][0], "ym") == 0 ?
		    TYPE(YMI) : strcmp(columns[i][0], "dt") == 0 ? TYPE(DTI) :
		    test_type(columns[i][1]);

		test_schema->col[i] = (struct field){ .name = columns[i][0],
		    .type = t, .nullable = true, .id = i + 1 };
		column_fill(i, t);
	}
}

static void
column_text(struct text *to, const struct column *c, int n)
{
	for (int i = 0; i < n; i++) {
		if (i)
			text_addc(to, ',');
		if (col_null(c, i))
			text_adds(to, "NULL");
		else
			value_print(to, c, col_at(c, i), zone_utc);
	}
}

/* The result over the picked rows as text, or "!" and the error. */
static const char *
test_eval(const char *s, const struct batch *b)
{
	struct program_env env = { .zone = zone_utc };
	struct err e = { 0 };
	struct program *p = NULL;
	struct column c;
	struct text t = { 0 };
	const char *out;
	struct expr *x = test_read(&s, &e);

	if (x == NULL || program_new(&p, &test_arena, test_schema, &x, 1,
	    &env, &e) < 0 || program_run(p, b, &c, &e) < 0)
		text_addf(&t, "!%s", e.text);
	else
		column_text(&t, &c, b->n);
	out = arena_strdup(&test_arena, text_str(&t));
	text_release(&t);
	if (p)
		program_release(p);
	return out;
}

/* The rows that a filter picks: "0,2", or "!" and the error. */
__attribute__((unused)) static const char *
test_pick(const char *s, const struct batch *b)
{
	struct program_env env = { .zone = zone_utc };
	struct err e = { 0 };
	struct program *p = NULL;
	struct text t = { 0 };
	const char *out;
	int32_t pick[BATCH_ROWS];
	struct expr *x = test_read(&s, &e);
	int n = -1;

	if (x == NULL || program_new(&p, &test_arena, test_schema, &x, 1,
	    &env, &e) < 0 || (n = program_pick(p, b, pick, &e)) < 0)
		text_addf(&t, "!%s", e.text);
	for (int i = 0; i < n; i++)
		text_addf(&t, "%s%d", i ? "," : "", pick[i]);
	out = arena_strdup(&test_arena, text_str(&t));
	text_release(&t);
	if (p)
		program_release(p);
	return out;
}

#define is_expr(s, want) is_str(test_eval(s, &test_batch), want, s)
#define is_pick(s, want) is_str(test_pick(s, &test_batch), want, s)

#endif
