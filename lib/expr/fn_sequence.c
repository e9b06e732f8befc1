/*
 * fn_sequence -- sequence(): whole numbers, dates and timestamps in steps.
 *
 * Steps of months and of whole days are taken in local time and counted from
 * the start, so that the 31st comes back after a shorter month.  All values
 * are computed as 64-bit numbers and cut to the width of the type at the end.
 */
#include "expr/coerce.h"
#include "expr/fn_array.h"
#include "expr/fn_time.h"
#include "expr/func_bind.h"

#define VALUES_MAX ((int64_t)0x7ffffff0)

struct values {
	struct arena *heap;
	int64_t *v;
	int64_t n, cap;
};

/* A step: months, local days and microseconds; units for plain numbers. */
struct step {
	int64_t months, days, us;
};

static int64_t
value_at(const struct column *c, int i)
{
	switch (c->type->kind) {
	case TYPE_I8:  return ((const int8_t *)c->data)[i];
	case TYPE_I16: return ((const int16_t *)c->data)[i];
	case TYPE_I32: case TYPE_DATE: case TYPE_YMI:
		       return ((const int32_t *)c->data)[i];
	default:       return ((const int64_t *)c->data)[i];
	}
}

static int
cannot(int64_t from, int64_t to, struct err *e)
{
	return err_user(e, EXIT_JOB, "sequence: the step does not lead from "
	    "the start to the stop (%lld, %lld)", (long long)from,
	    (long long)to);
}

static int
too_long(struct err *e)
{
	return err_user(e, EXIT_DATA, "sequence: the arrays would have too "
	    "many elements; at most %lld are allowed", (long long)VALUES_MAX);
}

static void
values_add(struct values *v, int64_t x)
{
	ARENA_GROW(v->heap, v->v, v->n, v->cap);
	v->v[v->n++] = x;
}

/* from, from + step … to */
static int
add_numbers(struct values *v, int64_t from, int64_t to, int64_t step,
    struct err *e)
{
	uint64_t way = to >= from ? (uint64_t)to - (uint64_t)from :
	    (uint64_t)from - (uint64_t)to;
	uint64_t by = step < 0 ? -(uint64_t)step : (uint64_t)step;
	uint64_t n;

	if (from != to && (by == 0 || (step > 0) != (to > from)))
		return cannot(from, to, e);
	n = from == to ? 0 : way / by;
	if (n >= (uint64_t)(VALUES_MAX - v->n))
		return too_long(e);
	for (uint64_t i = 0; i <= n; i++)
		values_add(v, (int64_t)((uint64_t)from + i * (uint64_t)step));
	return 0;
}

/* As add_numbers, in local time of the zone (NULL: none). */
static int
add_times(struct values *v, int64_t from, int64_t to, struct step s,
    const struct zone *z, struct err *e)
{
	int64_t local = z ? zone_to_local(z, from) : from, t = from;
	int64_t way = s.us + s.days * DAY_US + s.months * 28 * DAY_US;

	if (from != to && (way == 0 || (way > 0) != (to > from)))
		return cannot(from, to, e);
	for (int64_t i = 1; way >= 0 ? t <= to : t >= to; i++) {
		if (v->n >= VALUES_MAX)
			return too_long(e);
		values_add(v, t);
		if (from == to)
			break;
		t = time_add_months(local, i * s.months) + i * s.days * DAY_US;
		t = (z ? zone_to_utc(z, t) : t) + i * s.us;
	}
	return 0;
}

static void
cut_values(struct kernel_call *k, const struct values *v)
{
	const struct type *t = k->out->type->field[0].type;
	struct column *kid = NEW(k->heap, struct column);

	col_alloc(kid, k->heap, t, v->n, COL_NO_VALID);
	for (int64_t i = 0; i < v->n; i++)
		switch (type_width(t)) {
		case 1: ((int8_t *)kid->data)[i] = (int8_t)v->v[i]; break;
		case 2: ((int16_t *)kid->data)[i] = (int16_t)v->v[i]; break;
		case 4: ((int32_t *)kid->data)[i] = (int32_t)v->v[i]; break;
		case 8: ((int64_t *)kid->data)[i] = v->v[i]; break;
		}
	k->out->kid = kid;
	k->out->nkid = (int32_t)v->n;
}

static struct step
step_of(const struct kernel_call *k, int i, int64_t from, int64_t to)
{
	int64_t one = from <= to ? 1 : -1, us;

	if (k->narg < 3)
		return (struct step){ .days = one };
	if (k->arg[2].type->kind == TYPE_YMI)
		return (struct step){ .months = row_i32(k, 2, i) };
	us = row_i64(k, 2, i);
	return (struct step){ .days = us / DAY_US, .us = us % DAY_US };
}

static int
sequence_of(struct kernel_call *k, int i, struct values *v, struct err *e)
{
	enum type_kind t = k->arg[0].type->kind;
	int64_t from = value_at(&k->arg[0], i), to = value_at(&k->arg[1], i);
	int64_t first = v->n;
	struct step s;

	if (type_is_int(k->arg[0].type))
		return add_numbers(v, from, to, k->narg > 2 ? value_at(
		    &k->arg[2], i) : from <= to ? 1 : -1, e);
	s = step_of(k, i, from, to);
	if (t != TYPE_DATE)
		return add_times(v, from, to, s, t == TYPE_TS ? k->zone : NULL,
		    e);
	if (s.us)
		return err_user(e, EXIT_JOB, "sequence: steps between dates "
		    "must be whole days or months");
	TRY(add_times(v, from * DAY_US, to * DAY_US, s, NULL, e));
	for (int64_t j = first; j < v->n; j++)
		v->v[j] = floor_div(v->v[j], DAY_US);
	return 0;
}

static int
k_sequence(struct kernel_call *k, struct err *e)
{
	struct lview *out = k->out->data;
	struct values v = { .heap = k->heap };

	for (int i = 0; i < k->n; i++) {
		int64_t from = v.n;

		if (kernel_wants(k, i))
			TRY(sequence_of(k, i, &v, e));
		out[i] = (struct lview){ (uint32_t)from,
		    (uint32_t)(v.n - from) };
	}
	cut_values(k, &v);
	return 0;
}

int
bind_sequence(struct func_bind *b, struct err *e)
{
	const struct type *t = coerce_tightest(b->env->arena, b->arg[0]->type,
	    b->arg[1]->type);
	const struct type *by = b->narg > 2 ? b->arg[2]->type : NULL;

	if (t && type_is_int(t) && by)
		t = coerce_tightest(b->env->arena, t, by);
	if (t && t->kind == TYPE_NULL)
		t = TYPE(I32);
	if (t == NULL || !(type_is_int(t) || t->kind == TYPE_DATE ||
	    t->kind == TYPE_TS || t->kind == TYPE_TSNTZ))
		return bind_refuse(b, e);
	if (!type_is_int(t) && by && by->kind != TYPE_YMI &&
	    by->kind != TYPE_DTI)
		return bind_refuse(b, e);
	for (int i = 0; i < (type_is_int(t) ? b->narg : 2); i++)
		TRY(cast_implicit(b->env, b->arg[i], t, &b->arg[i], e));
	b->type = type_array(b->env->arena, t);
	b->kernel = k_sequence;
	return 0;
}
