/*
 * in -- x in (…): a set of constants, or values that differ from row to row.
 *
 * A list of constants becomes, at bind time, a set: integers and dates as
 * int64_t, strings as views; small sets are compared one value at a time in
 * vectorised sweeps, larger ones are hashed.  A null in the list turns "no"
 * into NULL.
 */
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/simd.h"
#include "column/datum.h"
#include "expr/func_bind.h"
#include "expr/operators.h"

#define SWEEP_MAX 6             /* constants compared one by one */

enum in_kind { IN_VALUES, IN_WORDS, IN_STRINGS };

struct in_state {
	enum in_kind kind;
	bool has_null;
	int n;                  /* constants that are not null */
	int64_t *word;
	struct sview *str;
	uint32_t mask;          /* hash slots - 1; 0: sweep */
	int32_t *slot;          /* index + 1; 0: free */
};

static uint64_t
str_hash(const struct sview *v)
{
	return hash_sum(sview_ptr(v), v->len);
}

static void
hash_fill(struct in_state *s, struct arena *a)
{
	uint32_t cap = 16;

	while (cap < 4u * (uint32_t)s->n)
		cap *= 2;
	s->mask = cap - 1;
	s->slot = NEW_N(a, int32_t, cap);
	for (int i = 0; i < s->n; i++) {
		uint64_t h = s->kind == IN_WORDS ?
		    hash_u64((uint64_t)s->word[i]) : str_hash(&s->str[i]);

		while (s->slot[h & s->mask])
			h++;
		s->slot[h & s->mask] = i + 1;
	}
}

static bool
has_word(const struct in_state *s, int64_t v)
{
	uint64_t h = hash_u64((uint64_t)v);

	for (int32_t i; (i = s->slot[h & s->mask]) != 0; h++)
		if (s->word[i - 1] == v)
			return true;
	return false;
}

static bool
has_str(const struct in_state *s, const struct sview *v)
{
	uint64_t h;

	if (s->mask == 0) {
		for (int i = 0; i < s->n; i++)
			if (sview_equal(v, &s->str[i]))
				return true;
		return false;
	}
	h = str_hash(v);
	for (int32_t i; (i = s->slot[h & s->mask]) != 0; h++)
		if (sview_equal(&s->str[i - 1], v))
			return true;
	return false;
}

/* o[i] = is v[i] one of the words? */
#define WORDS(T)                                                        \
	do {                                                            \
		const T *v = k->arg[0].data;                            \
		memset(o, 0, (size_t)n);                                \
		for (int j = 0; s->mask == 0 && j < s->n; j++) {        \
			T w = (T)s->word[j];                            \
			for (int i = 0; i < n; i++)                     \
				o[i] |= v[i] == w;                      \
		}                                                       \
		for (int i = 0; s->mask && i < n; i++)                  \
			o[i] = has_word(s, v[i]);                       \
	} while (0)

SIMD_CLONES static void
run_words(struct kernel_call *k, const struct in_state *s, int n)
{
	uint8_t *restrict o = k->out->data;

	switch (type_width(k->arg[0].type)) {
	case 1:
		WORDS(int8_t);
		break;
	case 2:
		WORDS(int16_t);
		break;
	case 4:
		WORDS(int32_t);
		break;
	default:
		WORDS(int64_t);
		break;
	}
}

/* 1, 0, or -1 for unknown. */
static int
in_values(const struct kernel_call *k, int i)
{
	const struct column *x = &k->arg[0];
	int r = 0;

	for (int j = 1; j < k->narg; j++) {
		const struct column *v = &k->arg[j];

		if (col_null(v, i))
			r = -1;
		else if (col_compare(x, col_at(x, i), v, col_at(v, i)) == 0)
			return 1;
	}
	return r;
}

static int
in_run(struct kernel_call *k, struct err *e)
{
	const struct in_state *s = k->state;
	const struct column *x = &k->arg[0];
	uint8_t *o = k->out->data;

	(void)e;
	if (s->kind == IN_WORDS && !(x->flags & COL_CONST))
		run_words(k, s, k->n);
	for (int i = 0; i < k->n; i++) {
		const struct sview *v = x->data;
		int r;

		if (col_null(x, i)) {
			o[i] = 0;
			kernel_null(k, i);
			continue;
		}
		if (s->kind == IN_WORDS && !(x->flags & COL_CONST)) {
			if (!s->has_null && x->valid == NULL)
				break;
			r = o[i];
		} else if (s->kind == IN_STRINGS) {
			r = has_str(s, &v[col_at(x, i)]);
		} else {
			r = in_values(k, i);
		}
		if (r == 0 && s->has_null)
			r = -1;
		o[i] = r > 0;
		if (r < 0)
			kernel_null(k, i);
	}
	return 0;
}

static bool
is_word(const struct type *t)
{
	return type_is_int(t) || t->kind == TYPE_BOOL ||
	    t->kind == TYPE_DEC64 || t->kind == TYPE_DATE ||
	    t->kind == TYPE_TS || t->kind == TYPE_TSNTZ ||
	    t->kind == TYPE_YMI || t->kind == TYPE_DTI;
}

/* Makes the set when all values are constants that can be had now (one that
 * fails is left for the run, where it may never be reached). */
static void
set_fill(struct in_state *s, const struct func_bind *b)
{
	struct datum *v = NEW_N(b->env->arena, struct datum, b->narg);
	struct err ignored = { 0 };
	struct arena *a = b->env->arena;
	const struct type *t = b->arg[0]->type;

	if (!is_word(t) && !type_is_bytes(t))
		return;
	for (int i = 1; i < b->narg; i++)
		if (!expr_is_const(b->arg[i]) || expr_eval_const(b->env,
		    b->arg[i], &v[i], &ignored) < 0)
			return;
	s->kind = is_word(t) ? IN_WORDS : IN_STRINGS;
	s->word = NEW_N(a, int64_t, b->narg);
	s->str = NEW_N(a, struct sview, b->narg);
	for (int i = 1; i < b->narg; i++) {
		const struct datum *d = &v[i];

		if (d->null)
			s->has_null = true;
		else if (s->kind == IN_WORDS)
			s->word[s->n++] = t->kind == TYPE_BOOL ? d->b : d->i;
		else
			s->str[s->n++] = sview_of(d->s.p, d->s.n);
	}
	if (s->n > SWEEP_MAX)
		hash_fill(s, a);
}

int
in_bind(struct func_bind *b, struct err *e)
{
	struct in_state *s = NEW(b->env->arena, struct in_state);

	TRY(bind_names(b, 0, e));
	TRY(bind_common(b, 0, e));
	if (!type_is_ordered(b->arg[0]->type))
		return bind_refuse(b, e);
	set_fill(s, b);
	if (s->has_null)
		b->nullable = 1;
	b->state = s;
	b->kernel = in_run;
	b->type = TYPE(BOOL);
	return 0;
}
