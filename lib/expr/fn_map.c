/*
 * fn_map -- the table of map functions: maps from lists and back.
 *
 * A map is a list with two children, keys and values; keys are never null
 * and no two are equal, which everything that makes a map verifies (Spark's
 * mapKeyDedupPolicy EXCEPTION).  Entries are picked from chained children
 * (expr/listpick.h).
 */
#include "column/value.h"
#include "base/text.h"
#include "expr/coerce.h"
#include "expr/fn_array.h"
#include "expr/regex.h"
#include "expr/func_bind.h"
#include "expr/listpick.h"

static int
map_arg(struct func_bind *b, int i, const struct type **out, struct err *e)
{
	if (b->arg[i]->type->kind == TYPE_NULL)
		TRY(cast_implicit(b->env, b->arg[i], type_map(b->env->arena,
		    TYPE(NULL), TYPE(NULL)), &b->arg[i], e));
	*out = b->arg[i]->type;
	return (*out)->kind == TYPE_MAP ? 0 : bind_refuse(b, e);
}

/* Keys of maps must be comparable, so no maps themselves. */
static int
map_type(struct func_bind *b, const struct type *key,
    const struct type *value, struct err *e)
{
	if (!type_is_ordered(key))
		return bind_refuse(b, e);
	b->type = type_map(b->env->arena, key, value);
	return 0;
}

static int
key_twice(struct kernel_call *k, const struct column *keys, int64_t at,
    struct err *e)
{
	struct text t = { 0 };

	value_print(&t, keys, at, k->zone);
	err_user(e, EXIT_JOB, "%s: the key %s comes twice",
	    k->call->u.call.fn->name, text_str(&t));
	text_release(&t);
	return ERR_USER;
}

/* Verifies the entries picked for the open list: numbers in pool[0]. */
static int
keys_check(struct list_pick *p, struct elem_set *s, struct err *e)
{
	set_clear(s, p->n - p->from);
	for (int64_t j = p->from; j < p->n; j++) {
		if (col_null(p->pool, p->at[j]))
			return err_user(e, EXIT_JOB,
			    "a key of a map cannot be null");
		if (!set_add(s, p->at[j]))
			return key_twice(p->k, p->pool, p->at[j], e);
	}
	return 0;
}

static int
bind_map(struct func_bind *b, struct err *e)
{
	const struct type *t[2] = { TYPE(NULL), TYPE(NULL) };

	if (b->narg % 2)
		return bind_refuse(b, e);
	for (int f = 0; f < 2 && b->narg; f++) {
		t[f] = bind_widest(b, f, b->narg, 2);
		if (t[f] == NULL)
			return bind_refuse(b, e);
		for (int i = f; i < b->narg; i += 2)
			TRY(cast_implicit(b->env, b->arg[i], t[f], &b->arg[i],
			    e));
	}
	return map_type(b, t[0], t[1], e);
}

static int
k_map(struct kernel_call *k, struct err *e)
{
	struct link *l = NEW_N(k->heap, struct link, k->narg + 1);
	struct column pool[2];
	struct list_pick p;
	struct elem_set s;
	int n = k->narg / 2;

	for (int f = 0; f < 2; f++) {
		for (int a = 0; a < n; a++)
			l[a] = (struct link){ &k->arg[2 * a + f], k->n };
		list_chain(k, l, n, &pool[f]);
	}
	pick_init(&p, k, pool, (int64_t)n * k->n);
	set_init(&s, k, pool, (int64_t)n * k->n);
	TRY(pick_room(&p, (int64_t)n * k->n, e));
	for (int i = 0; i < k->n; i++) {
		for (int a = 0; a < n; a++)
			pick_add(&p, (int64_t)a * k->n + i);
		TRY(keys_check(&p, &s, e));
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
bind_map_part(struct func_bind *b, struct err *e)
{
	bool keys = strcmp(b->fn->name, "map_keys") == 0;
	const struct type *t;

	TRY(map_arg(b, 0, &t, e));
	b->type = type_array(b->env->arena, t->field[keys ? 0 : 1].type);
	return 0;
}

/* The same list over one of the children. */
static int
k_map_part(struct kernel_call *k, struct err *e)
{
	bool keys = strcmp(k->call->u.call.fn->name, "map_keys") == 0;

	(void)e;
	memcpy(k->out->data, k->arg[0].data,
	    sizeof(struct lview) * (size_t)k->n);
	if (k->arg[0].nkid == 0)
		return 0;
	k->out->kid = &k->arg[0].kid[keys ? 0 : 1];
	k->out->nkid = k->arg[0].nkid;
	return 0;
}

static int
bind_entries(struct func_bind *b, struct err *e)
{
	struct type_field *f = NEW_N(b->env->arena, struct type_field, 2);
	const struct type *t;

	TRY(map_arg(b, 0, &t, e));
	f[0] = (struct type_field){ "key", t->field[0].type, false };
	f[1] = (struct type_field){ "value", t->field[1].type, true };
	b->type = type_array(b->env->arena, type_struct(b->env->arena, f, 2));
	return 0;
}

static int
k_entries(struct kernel_call *k, struct err *e)
{
	struct column *s = NEW(k->heap, struct column);

	(void)e;
	memcpy(k->out->data, k->arg[0].data,
	    sizeof(struct lview) * (size_t)k->n);
	if (k->arg[0].nkid == 0)
		return 0;
	s->type = k->out->type->field[0].type;
	s->nkid = k->arg[0].nkid;
	s->kid = k->arg[0].kid;
	k->out->kid = s;
	k->out->nkid = s->nkid;
	return 0;
}

static int
bind_from_arrays(struct func_bind *b, struct err *e)
{
	const struct type *x, *y;

	TRY(array_arg(b, 0, &x, e));
	TRY(array_arg(b, 1, &y, e));
	return map_type(b, x->field[0].type, y->field[0].type, e);
}

/* Keys and values are picked apart: their lists lie at different places. */
static int
k_from_arrays(struct kernel_call *k, struct err *e)
{
	struct list_pick p, v;
	struct elem_set s;

	pick_init(&p, k, k->arg[0].kid, k->arg[0].nkid);
	pick_init(&v, k, k->arg[1].kid, k->arg[1].nkid);
	set_init(&s, k, k->arg[0].kid, k->arg[0].nkid);
	for (int i = 0; i < k->n; i++) {
		struct lview x = { 0, 0 }, y = { 0, 0 };

		if (kernel_wants(k, i)) {
			x = list_at(k, 0, i);
			y = list_at(k, 1, i);
		}
		if (x.len != y.len)
			return err_user(e, EXIT_JOB, "map_from_arrays: there "
			    "are %u keys but %u values", x.len, y.len);
		TRY(pick_room(&p, x.len, e));
		TRY(pick_room(&v, x.len, e));
		for (uint32_t j = 0; j < x.len; j++) {
			pick_add(&p, (int64_t)x.off + j);
			pick_add(&v, (int64_t)y.off + j);
		}
		TRY(keys_check(&p, &s, e));
		pick_end(&p, i);
	}
	if (p.n == 0)
		return 0;
	k->out->kid = NEW_N(k->heap, struct column, 2);
	k->out->nkid = (int32_t)p.n;
	col_gather(&k->out->kid[0], p.pool, p.at, (int)p.n, k->heap);
	col_gather(&k->out->kid[1], v.pool, v.at, (int)p.n, k->heap);
	return 0;
}

static int
bind_from_entries(struct func_bind *b, struct err *e)
{
	const struct type *t;

	TRY(array_arg(b, 0, &t, e));
	t = t->field[0].type;
	if (t->kind != TYPE_STRUCT || t->nfield != 2)
		return bind_refuse(b, e);
	return map_type(b, t->field[0].type, t->field[1].type, e);
}

/* A null entry makes the whole map null. */
static int
k_from_entries(struct kernel_call *k, struct err *e)
{
	const struct column *in = k->arg[0].kid;
	struct list_pick p;
	struct elem_set s;

	pick_init(&p, k, in ? in->kid : NULL, k->arg[0].nkid);
	set_init(&s, k, p.pool, p.npool);
	for (int i = 0; i < k->n; i++) {
		struct lview l = { 0, 0 };

		if (kernel_wants(k, i))
			l = list_at(k, 0, i);
		TRY(pick_room(&p, l.len, e));
		for (uint32_t j = l.off; j < l.off + l.len; j++) {
			if (col_null(in, j)) {
				kernel_null(k, i);
				p.n = p.from;
				break;
			}
			pick_add(&p, j);
		}
		TRY(keys_check(&p, &s, e));
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
bind_map_concat(struct func_bind *b, struct err *e)
{
	const struct type *t, *all;

	if (b->narg == 0)
		return map_type(b, TYPE(STR), TYPE(STR), e);
	TRY(map_arg(b, 0, &all, e));
	for (int i = 1; i < b->narg; i++) {
		TRY(map_arg(b, i, &t, e));
		all = coerce_common(b->env->arena, all, t);
		if (all == NULL)
			return bind_refuse(b, e);
	}
	for (int i = 0; i < b->narg; i++)
		TRY(cast_implicit(b->env, b->arg[i], all, &b->arg[i], e));
	return map_type(b, all->field[0].type, all->field[1].type, e);
}

static int
k_map_concat(struct kernel_call *k, struct err *e)
{
	struct link *l = NEW_N(k->heap, struct link, k->narg + 1);
	uint32_t *base = NEW_N(k->heap, uint32_t, k->narg + 1);
	struct column pool[2];
	struct list_pick p;
	struct elem_set s;
	int64_t n = 0;

	for (int f = 0; f < 2; f++) {
		n = 0;
		for (int a = 0; a < k->narg; a++) {
			const struct column *c = &k->arg[a];

			l[a] = (struct link){ c->nkid ? &c->kid[f] : NULL,
			    c->nkid };
			base[a] = (uint32_t)n;
			n += c->nkid;
		}
		list_chain(k, l, k->narg, &pool[f]);
	}
	pick_init(&p, k, pool, n);
	set_init(&s, k, pool, n);
	for (int i = 0; i < k->n; i++) {
		for (int a = 0; kernel_wants(k, i) && a < k->narg; a++) {
			struct lview v = list_at(k, a, i);

			TRY(pick_room(&p, v.len, e));
			for (uint32_t j = 0; j < v.len; j++)
				pick_add(&p, (int64_t)base[a] + v.off + j);
		}
		TRY(keys_check(&p, &s, e));
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
bind_contains_key(struct func_bind *b, struct err *e)
{
	const struct type *t, *key;

	TRY(map_arg(b, 0, &t, e));
	if (b->arg[1]->type->kind == TYPE_NULL)
		return bind_refuse(b, e);
	key = coerce_tightest(b->env->arena, t->field[0].type,
	    b->arg[1]->type);
	if (key == NULL)
		return bind_refuse(b, e);
	b->type = TYPE(BOOL);
	TRY(cast_implicit(b->env, b->arg[1], key, &b->arg[1], e));
	return cast_implicit(b->env, b->arg[0], type_map(b->env->arena, key,
	    t->field[1].type), &b->arg[0], e);
}

static int
k_contains_key(struct kernel_call *k, struct err *e)
{
	uint8_t *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct lview l = list_at(k, 0, i);

		out[i] = 0;
		for (uint32_t j = 0; j < l.len && !out[i]; j++)
			out[i] = col_compare(&k->arg[0].kid[0], l.off + j,
			    &k->arg[1], i) == 0;
	}
	return 0;
}

/* A separator of str_to_map: a regular expression, often a plain text. */
struct sep {
	struct bytes lit;       /* p NULL: not literal */
	struct matcher m;
};

static int
sep_open(struct kernel_call *k, struct sep *s, struct bytes pattern,
    struct err *e)
{
	char *lit = arena_bytes(k->heap, pattern.n + 1);
	int64_t n = regex_literal(pattern.p, pattern.n, lit);
	struct regex *re;

	memset(s, 0, sizeof *s);
	if (n > 0) {
		s->lit = (struct bytes){ lit, (size_t)n };
		return 0;
	}
	TRY(regex_new(&re, k->heap, pattern.p, pattern.n, REGEX_ONCE, e));
	matcher_init(&s->m, re, k->heap);
	return 0;
}

static void
sep_close(struct sep *s)
{
	if (s->lit.p == NULL && s->m.re)
		matcher_release(&s->m);
}

/* The first separator in t: its place in at[0..1); 0 when there is none. */
static int
sep_find(struct sep *s, struct bytes t, size_t *at, struct err *e)
{
	size_t from = 0;
	int r;

	if (s->lit.p) {
		const char *hit = memmem(t.p, t.n, s->lit.p, s->lit.n);

		if (hit == NULL)
			return 0;
		at[0] = (size_t)(hit - t.p);
		at[1] = at[0] + s->lit.n;
		return 1;
	}
	while ((r = matcher_find(&s->m, t.p, t.n, from, e)) > 0) {
		at[0] = s->m.at[0];
		at[1] = s->m.at[1];
		if (at[1] > 0)  /* an empty match at the start cuts nothing */
			return at[0] < t.n || at[1] > at[0];
		from = matcher_next(&s->m, t.p, t.n);
		if (from > t.n)
			return 0;
	}
	return r;
}

struct pairs {
	struct arena *heap;
	struct sview *key, *value;
	uint64_t *valid;        /* of values, one bit each */
	int64_t n, cap;
};

static void
pairs_add(struct pairs *p, struct bytes key, const struct bytes *value)
{
	if (p->n == p->cap) {
		int64_t cap = p->cap ? 2 * p->cap : 64;
		size_t old = (size_t)p->n * sizeof *p->key;

		p->key = arena_regrow(p->heap, p->key, old,
		    (size_t)cap * sizeof *p->key);
		p->value = arena_regrow(p->heap, p->value, old,
		    (size_t)cap * sizeof *p->value);
		p->valid = arena_regrow(p->heap, p->valid, BITS_BYTES(p->n),
		    BITS_BYTES(cap));
		p->cap = cap;
	}
	p->key[p->n] = sview_of(key.p, key.n);
	p->value[p->n] = value ? sview_of(value->p, value->n) :
	    sview_of("", 0);
	bit_put(p->valid, p->n++, value != NULL);
}

/* Cuts s into pairs. */
static int
cut_pairs(struct pairs *p, struct bytes s, struct sep *pair, struct sep *eq,
    struct err *e)
{
	for (bool more = true; more; ) {
		struct bytes one = s, value;
		size_t at[2], mid[2];
		int r = sep_find(pair, s, at, e);

		TRY(r);
		more = r > 0;
		if (more) {
			one.n = at[0];
			s = (struct bytes){ s.p + at[1], s.n - at[1] };
		}
		r = sep_find(eq, one, mid, e);
		TRY(r);
		if (r == 0) {
			pairs_add(p, one, NULL);
			continue;
		}
		value = (struct bytes){ one.p + mid[1], one.n - mid[1] };
		pairs_add(p, (struct bytes){ one.p, mid[0] }, &value);
	}
	return 0;
}

static int
bind_str_to_map(struct func_bind *b, struct err *e)
{
	TRY(bind_sig(b, "s", 's', e));
	return map_type(b, TYPE(STR), TYPE(STR), e);
}

/* Cuts all rows; separators are opened anew only where they change. */
static int
cut_rows(struct kernel_call *k, struct pairs *p, struct sep *sep,
    struct err *e)
{
	struct bytes now[2] = { { ",", 1 }, { ":", 1 } };

	for (int a = 0; a < 2; a++)
		TRY(sep_open(k, &sep[a], now[a], e));
	for (int i = 0; i < k->n; i++) {
		int64_t from = p->n;

		for (int a = 1; kernel_wants(k, i) && a < k->narg; a++) {
			struct bytes s = row_bytes(k, a, i);

			if (s.n == now[a - 1].n &&
			    memcmp(s.p, now[a - 1].p, s.n) == 0)
				continue;
			sep_close(&sep[a - 1]);
			memset(&sep[a - 1], 0, sizeof sep[a - 1]);
			TRY(sep_open(k, &sep[a - 1], s, e));
			now[a - 1] = s;
		}
		if (kernel_wants(k, i))
			TRY(cut_pairs(p, row_bytes(k, 0, i), &sep[0],
			    &sep[1], e));
		((struct lview *)k->out->data)[i] = (struct lview){
		    (uint32_t)from, (uint32_t)(p->n - from) };
	}
	return 0;
}

static int
k_str_to_map(struct kernel_call *k, struct err *e)
{
	struct pairs p = { .heap = k->heap };
	struct sep sep[2] = { 0 };
	struct column *kid = NEW_N(k->heap, struct column, 2);
	struct elem_set set;
	int r = cut_rows(k, &p, sep, e);

	sep_close(&sep[0]);
	sep_close(&sep[1]);
	if (r < 0 || p.n == 0)
		return r;
	kid[0] = (struct column){ .type = TYPE(STR), .data = p.key,
	    .flags = k->arg[0].flags & COL_STABLE };
	kid[1] = kid[0];
	kid[1].data = p.value;
	kid[1].valid = p.valid;
	set_init(&set, k, kid, p.n);
	for (int i = 0; i < k->n; i++) {
		struct lview l = ((struct lview *)k->out->data)[i];

		set_clear(&set, l.len);
		for (uint32_t j = l.off; j < l.off + l.len; j++)
			if (!set_add(&set, j))
				return key_twice(k, kid, j, e);
	}
	k->out->kid = kid;
	k->out->nkid = (int32_t)p.n;
	return 0;
}

#define ROW(NAME, MIN, MAX, FLAGS, BIND, KERNEL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .kernel = KERNEL, .group = "map",               \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct func func_map[] = {
	ROW("map", 0, -1, FN_CUSTOM | FN_NONNULL | FN_FAILS, bind_map, k_map,
	    "map(key, value, ...)", "A map of the pairs.",
	    "map('a', 1)['a'] = 1"),
	ROW("map_keys", 1, 1, 0, bind_map_part, k_map_part, "map_keys(map)",
	    "The keys as an array.", "map_keys(map('a', 1)) = array('a')"),
	ROW("map_values", 1, 1, 0, bind_map_part, k_map_part,
	    "map_values(map)", "The values as an array.",
	    "map_values(map('a', 1)) = array(1)"),
	ROW("map_entries", 1, 1, 0, bind_entries, k_entries,
	    "map_entries(map)", "An array of structs of key and value.",
	    "map_entries(map('a', 1))[0].key = 'a'"),
	ROW("map_from_arrays", 2, 2, FN_FAILS, bind_from_arrays,
	    k_from_arrays, "map_from_arrays(keys, values)",
	    "A map of an array of keys and one of values.",
	    "map_from_arrays(array('a'), array(1))['a'] = 1"),
	ROW("map_from_entries", 1, 1, FN_FAILS | FN_NULLS, bind_from_entries,
	    k_from_entries, "map_from_entries(array)",
	    "A map of an array of structs of two fields.",
	    "map_from_entries(array(struct('a', 1)))['a'] = 1"),
	ROW("map_concat", 0, -1, FN_FAILS, bind_map_concat, k_map_concat,
	    "map_concat(map, ...)", "The entries of all maps.",
	    "size(map_concat(map(1, 2), map(3, 4))) = 2"),
	ROW("map_contains_key", 2, 2, 0, bind_contains_key, k_contains_key,
	    "map_contains_key(map, key)", "Is there such a key?",
	    "map_contains_key(map('a', 1), 'a')"),
	ROW("str_to_map", 1, 3, FN_FAILS, bind_str_to_map, k_str_to_map,
	    "str_to_map(str[, pair[, key]])",
	    "A map of a text; the separators between pairs (',') and after "
	    "keys (':') are regular expressions.",
	    "str_to_map('a:1,b:2')['b'] = '2'"),
	{ 0 }
};
