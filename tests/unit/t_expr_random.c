/*
 * t_expr_random -- random expressions give the same for a whole batch as for
 * each row alone, and filters pick the rows for which they are true.
 *
 * A failure in one row must fail the batch, and only then.  Expressions are
 * made from a fixed seed, so a failing one can be found again by its text.
 */
#include "exprrun.h"

#define TURNS 1500
#define DEPTH 4

static unsigned seed = 7;

static int
roll(int n)
{
	seed = seed * 1103515245u + 12345u;
	return (int)((seed >> 16) % (unsigned)n);
}

enum want { INT, BIG, REAL, DEC, TEXT, BOOL, WANTS };

/* Ways to make a value of each type: lower case letters stand for arguments
 * of a type (i b r d t o), the rest is copied. */
static const char *const ways[WANTS][12] = {
	[INT] = { "a", "i", "(+ #i #i)", "(- #i #i)", "(try_add #i #i)",
	    "(* #i 3)", "(% #i #i)", "(if #o #i #i)", "(coalesce #i #i)",
	    "(case #o #i #o #i)", "(try_cast #t `int`)", "7" },
	[BIG] = { "b", "10L", "(+ #b #i)", "(div #i #i)", "(cast #i `bigint`)",
	    "(nullif #b #i)", "(if #o #b #i)", "(try_multiply #b #b)",
	    "(greatest #b #i 5)", "(cast #d `bigint`)", "(& #b 255)",
	    "(- #b)" },
	[REAL] = { "d", "0.0D", "(/ #i #i)", "(* #r #r)", "(+ #r #b)",
	    "(cast #i `double`)", "(try_divide #i #b)", "(if #o #r 1.5D)",
	    "(coalesce #r #i)", "(least #r #r)", "(- #r)", "(cast #d `double`)" },
	[DEC] = { "p", "q", "1.25", "(+ #d #d)", "(* #d 1.5)", "(- #d #i)",
	    "(try_divide #d #d)", "(if #o #d 0.5)", "(coalesce #d #i)", "r",
	    "(cast #i `decimal(20,5)`)", "(% #d 7)" },
	[TEXT] = { "t", "n", "'abc'", "(|| #t #t)", "(cast #i `string`)",
	    "(if #o #t #t)", "(coalesce #t 'none')", "(case #o #t #o #t 'z')",
	    "(nullif #t #t)", "(cast #d `string`)", "(greatest #t #t)",
	    "(cast #o `string`)" },
	[BOOL] = { "z", "(= #i #i)", "(< #d #d)", "(and #o #o)", "(or #o #o)",
	    "(not #o)", "(isnull #t)", "(>= #t #t)", "(in #i 1 3 null)",
	    "(<=> #i #b)", "(> #r #i)", "(between #b #i 100)" },
};

static void
make(struct text *to, enum want w, int depth)
{
	static const char letters[] = "ibrdto";
	const char *s = ways[w][depth ? roll(12) : roll(2)];

	while (depth == 0 && strchr(s, '#'))
		s = ways[w][0];
	for (; *s; s++)
		if (*s == '#')
			make(to, (enum want)(strchr(letters, *++s) - letters),
			    depth - 1);
		else
			text_addc(to, *s);
}

/* The rows one by one: "a,b,c", or NULL when one of them fails. */
static const char *
row_by_row(const char *s, struct text *picked)
{
	struct text t = { 0 };
	const char *out;

	for (int32_t r = 0; r < TEST_ROWS; r++) {
		struct batch b = test_batch;
		const char *one;

		batch_pick(&b, &r, 1);
		one = test_eval(s, &b);
		if (one[0] == '!') {
			text_release(&t);
			return NULL;
		}
		text_addf(&t, "%s%s", r ? "," : "", one);
		if (strcmp(one, "true") == 0)
			text_addf(picked, "%s%d", picked->n ? "," : "", (int)r);
	}
	out = arena_strdup(&test_arena, text_str(&t));
	text_release(&t);
	return out;
}

/* 0 when all roads agree. */
static int
check(const char *s, enum want w)
{
	struct text picked = { 0 };
	const char *all = test_eval(s, &test_batch);
	const char *rows = row_by_row(s, &picked);
	int bad = rows ? strcmp(all, rows) != 0 : all[0] != '!';

	if (bad)
		printf("# %s\n#  batch: %s\n#   rows: %s\n", s, all,
		    rows ? rows : "fail");
	if (rows && w == BOOL && !bad) {
		const char *got = test_pick(s, &test_batch);

		bad = strcmp(got, text_str(&picked)) != 0;
		if (bad)
			printf("# %s\n# picks: %s, not %s\n", s, got,
			    text_str(&picked));
	}
	text_release(&picked);
	return bad;
}

int
main(void)
{
	int bad = 0, fails = 0;
	struct arena base;

	test_start();
	base = test_arena;
	for (int i = 0; i < TURNS; i++) {
		enum want w = (enum want)roll(WANTS);
		struct text t = { 0 };

		memset(&test_arena, 0, sizeof test_arena);
		make(&t, w, 1 + roll(DEPTH));
		bad += check(text_str(&t), w);
		fails += test_eval(text_str(&t), &test_batch)[0] == '!';
		text_release(&t);
		arena_release(&test_arena);
	}
	is_int(bad, 0, "batches give what rows give");
	ok(fails > TURNS / 50 && fails < TURNS / 2,
	    "%d of %d expressions failed", fails, TURNS);
	arena_release(&base);
	return done_testing();
}
