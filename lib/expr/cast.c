/*
 * cast -- CAST and try_cast: the rows of the table.
 *
 * The target type is handed in by call_new; the kernel is chosen by the two
 * types.  Under ANSI a value that does not fit is an error; try_cast makes
 * it NULL (its row has FN_NULLS).
 */
#include "base/arena.h"
#include "expr/coerce.h"
#include "expr/func_bind.h"

static int
cast_run(struct kernel_call *k, struct err *e)
{
	(void)k;
	return err_set(e, ERR_BUG, "cast is not there yet");
}

static int
cast_bind(struct func_bind *b, struct err *e)
{
	const struct type *from = b->arg[0]->type;
	struct arena *a = b->env->arena;

	if (b->type == NULL)
		return err_at(e, b->span, "%s needs a type", b->fn->name);
	if (!cast_allowed(from, b->type))
		return err_at(e, b->span, "cannot cast %s to %s",
		    type_name(a, from), type_name(a, b->type));
	if (!cast_can_fail(from, b->type))
		b->flags &= ~(unsigned)(FN_FAILS | FN_NULLS);
	b->kernel = cast_run;
	return 0;
}

const struct func func_cast[] = {
	{ .name = "cast", .min = 1, .max = 1,
	  .flags = FN_FAILS | FN_OPERATOR, .bind = cast_bind,
	  .group = "conversion", .usage = "cast(expr as type)",
	  .help = "Converts a value to another type; a value that does not "
	          "fit is an error.",
	  .example = "cast('12' as int) = 12" },
	{ .name = "try_cast", .min = 1, .max = 1,
	  .flags = FN_NULLS | FN_OPERATOR, .bind = cast_bind,
	  .group = "conversion", .usage = "try_cast(expr as type)",
	  .help = "Converts a value to another type, or gives NULL when it "
	          "does not fit.",
	  .example = "try_cast('x' as int) is null" },
	{ 0 },
};
