/*
 * t_expr_examples -- the example of every row of the function tables, read,
 * bound and computed; names must be unique and texts complete.
 */
#include "base/arena.h"
#include "base/zone.h"
#include "expr/aggfn.h"
#include "expr/func.h"
#include "sql/bind.h"
#include "sql/parse.h"
#include "tap.h"

static void
try_example(const struct func *f)
{
	struct arena a;
	struct binder b = { 0 };
	struct ast_expr *x;
	struct datum d = { 0 };
	struct err e = { 0 };
	int r;

	arena_init(&a);
	b.arena = b.env.arena = &a;
	b.env.zone = zone_utc;
	b.env.user = "me";
	b.env.now_us = 1700000000000000;
	r = parse_expr_text(&a, f->example, strlen(f->example), 0, NULL, &x,
	    &e);
	if (r == 0)
		r = bind_const_expr(&b, x, &d, &e);
	ok(r == 0 && d.type->kind == TYPE_BOOL && !d.null && d.b,
	    "%s: %s", f->name, f->example);
	if (r < 0)
		printf("# %s\n", e.text);
	arena_release(&a);
}

int
main(void)
{
	const struct func *f;

	for (int i = 0; (f = func_at(i)); i++) {
		if (func_find(f->name) != f)
			ok(0, "%s is twice in the tables", f->name);
		if (!(f->flags & (FN_HIDDEN | FN_OPERATOR)) &&
		    !(f->usage && f->help && f->group))
			ok(0, "%s lacks usage, help or group", f->name);
		if (f->example && !(f->flags & (FN_GENERATOR | FN_NONDET)))
			try_example(f);
	}
	return done_testing();
}
