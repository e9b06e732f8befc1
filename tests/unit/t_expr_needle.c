/*
 * t_expr_needle -- byte search against a plain loop; LIKE and split against
 * the obvious recursive and stepwise ones; all on random strings of a tiny
 * alphabet, where near misses are many.
 */
#include "exprrun.h"

#include "expr/needle.h"

static uint64_t state = 88172645463325252u;

static unsigned
random_below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

static size_t
random_string(char *to, unsigned max, const char *alphabet)
{
	size_t n = random_below(max + 1);

	for (size_t i = 0; i < n; i++)
		to[i] = alphabet[random_below((unsigned)strlen(alphabet))];
	to[n] = '\0';
	return n;
}

static void
test_find(void)
{
	int bad = 0;

	for (int round = 0; round < 200000; round++) {
		char s[128], p[64];
		size_t n = random_string(s, 100, "ab"), m;
		const char *first, *last = NULL;

		m = random_string(p, round % 10 ? 6 : 50, "ab");
		first = strstr(s, p);
		for (size_t i = 0; i + m <= n; i++)
			if (memcmp(s + i, p, m) == 0)
				last = s + i;
		bad += needle_find(s, n, p, m) != first ||
		    needle_rfind(s, n, p, m) != last;
	}
	is_int(bad, 0, "first and last place of a string in another");
}

static int
like_slow(const char *s, const char *p)
{
	if (*p == '\0')
		return *s == '\0';
	if (*p == '%')
		return like_slow(s, p + 1) || (*s && like_slow(s + 1, p));
	return *s && (*p == '_' || *p == *s) && like_slow(s + 1, p + 1);
}

static struct expr *
text(const char *s)
{
	return expr_str(&test_arena, s);
}

static int
compute(const char *name, struct expr **arg, int n, struct datum *d)
{
	struct err e = { 0 };
	struct expr *x;

	return expr_call(&test_env, name, arg, n, (struct span){ 0 }, &x,
	    &e) < 0 ? -1 : expr_eval_const(&test_env, x, d, &e);
}

static void
test_like(void)
{
	int bad = 0;

	for (int round = 0; round < 20000; round++) {
		char s[32], p[16];
		struct expr *arg[2];
		struct datum d;

		random_string(s, 12, "ab");
		random_string(p, 7, "ab%_%");
		arg[0] = text(s);
		arg[1] = text(p);
		if (compute("like", arg, 2, &d) < 0 ||
		    d.b != like_slow(s, p)) {
			printf("# '%s' like '%s'\n", s, p);
			bad++;
		}
	}
	is_int(bad, 0, "like agrees with the recursive definition");
}

static void
test_split(void)
{
	int bad = 0;

	for (int round = 0; round < 5000; round++) {
		char s[300];
		struct expr *arg[2];
		struct datum d;
		const char *p = s, *hit;
		int i = 0;

		random_string(s, round % 2 ? 280 : 20, "abcdef,gh");
		arg[0] = text(s);
		arg[1] = text(",");
		if (compute("split", arg, 2, &d) < 0) {
			bad++;
			continue;
		}
		for (;; p = hit + 1, i++) {
			size_t n;

			hit = strchr(p, ',');
			n = hit ? (size_t)(hit - p) : strlen(p);
			if (i >= d.list.n || d.list.v[i].s.n != n ||
			    memcmp(d.list.v[i].s.p, p, n) != 0) {
				bad++;
				break;
			}
			if (hit == NULL)
				break;
		}
		bad += i + 1 != d.list.n;
	}
	is_int(bad, 0, "split agrees with strchr");
}

int
main(void)
{
	test_start();
	is_expr("(locate 'c' t)", "3,NULL,0");
	test_find();
	test_like();
	test_split();
	return done_testing();
}
