/*
 * listpick -- see listpick.h: picking, chaining and sets of elements.
 *
 * Chaining copies fixed-width data and views; string bytes stay where they
 * are.  A set hashes the whole pool once, column by column, and then probes
 * a table that is cleared for each row: the cost is linear in the elements.
 */
#include "expr/listpick.h"

#include "base/arena.h"
#include "base/err.h"
#include "expr/func.h"

#define ELEMENTS_MAX ((int64_t)0x7ffffff0)

void
pick_init(struct list_pick *p, struct kernel_call *k,
    const struct column *pool, int64_t npool)
{
	*p = (struct list_pick){ .k = k, .pool = pool, .npool = npool };
}

int
pick_room(struct list_pick *p, int64_t n, struct err *e)
{
	int64_t cap = p->cap;

	if (n > ELEMENTS_MAX - p->n)
		return err_user(e, EXIT_DATA, "%s would make arrays of %lld "
		    "elements; at most %lld are allowed",
		    p->k->call->u.call.fn->name, (long long)(p->n + n),
		    (long long)ELEMENTS_MAX);
	if (p->n + n <= cap)
		return 0;
	cap = cap * 2 > p->n + n ? cap * 2 : p->n + n + 64;
	p->at = arena_regrow(p->k->heap, p->at, (size_t)p->n * sizeof *p->at,
	    (size_t)cap * sizeof *p->at);
	p->cap = cap;
	return 0;
}

void
pick_end(struct list_pick *p, int i)
{
	((struct lview *)p->k->out->data)[i] = (struct lview){
	    (uint32_t)p->from, (uint32_t)(p->n - p->from) };
	p->from = p->n;
}

void
pick_done(struct list_pick *p)
{
	struct column *out = p->k->out;
	int nfield = out->type->nfield;

	out->kid = NEW_N(p->k->heap, struct column, nfield + 1);
	out->nkid = (int32_t)p->n;
	for (int f = 0; f < nfield; f++) {
		if (p->n)
			col_gather(&out->kid[f], &p->pool[f], p->at,
			    (int)p->n, p->k->heap);
		else
			col_alloc(&out->kid[f], p->k->heap,
			    out->type->field[f].type, 0, COL_NO_VALID);
	}
}

struct column *
list_nulls(struct kernel_call *k, const struct type *t, int n)
{
	struct column *c = NEW(k->heap, struct column);

	col_alloc(c, k->heap, t, n, COL_WITH_VALID);
	return c;
}

/* Copies n bits to position at. */
static void
bits_copy(uint64_t *to, int64_t at, const uint64_t *from, int64_t n)
{
	if (at % 64 == 0) {
		memcpy(to + at / 64, from, BITS_BYTES(n));
		return;
	}
	for (int64_t i = 0; i < n; i++)
		bit_put(to, at + i, bit_get(from, i));
}

/* The children f of all links, as links of their own. */
static void
chain_kids(struct kernel_call *k, const struct link *l, int nlink,
    struct column *out)
{
	struct link *kid = NEW_N(k->heap, struct link, nlink);
	int nfield = out->type->nfield;

	out->kid = NEW_N(k->heap, struct column, nfield + 1);
	for (int f = 0; f < nfield; f++) {
		for (int i = 0; i < nlink; i++) {
			const struct column *c = l[i].col;

			kid[i].col = c->kid ? &c->kid[f] : NULL;
			kid[i].n = !c->kid ? 0 : c->type->kind == TYPE_STRUCT ?
			    l[i].n : c->nkid;
		}
		list_chain(k, kid, nlink, &out->kid[f]);
		if (out->kid[f].type == NULL)
			col_alloc(&out->kid[f], k->heap,
			    out->type->field[f].type, 0, COL_NO_VALID);
	}
}

/* Copies the data and the validity of one link to row at. */
static void
chain_rows(struct column *out, int64_t at, const struct link *l, uint32_t kids)
{
	int width = type_width(out->type);
	char *to = (char *)out->data + at * width;

	if (out->type->kind == TYPE_ARRAY || out->type->kind == TYPE_MAP) {
		const struct lview *v = l->col->data;

		for (int64_t i = 0; i < l->n; i++)
			((struct lview *)(void *)to)[i] = (struct lview){
			    v[i].off + kids, v[i].len };
	} else if (width) {
		memcpy(to, l->col->data, (size_t)width * (size_t)l->n);
	}
	if (l->col->valid)
		bits_copy(out->valid, at, l->col->valid, l->n);
	else
		for (int64_t i = 0; out->valid && i < l->n; i++)
			bit_set(out->valid, at + i);
}

void
list_chain(struct kernel_call *k, const struct link *l, int nlink,
    struct column *out)
{
	const struct link *only = NULL;
	int64_t n = 0, at = 0;
	uint32_t kids = 0;
	bool valid = false;
	int some = 0;

	memset(out, 0, sizeof *out);
	for (int i = 0; i < nlink; i++) {
		if (l[i].n == 0)
			continue;
		only = &l[i];
		some++;
		n += l[i].n;
		valid |= l[i].col->valid != NULL;
	}
	if (some <= 1) {
		if (only)
			*out = *only->col;
		return;
	}
	out->type = only->col->type;
	out->flags = COL_STABLE;
	out->data = arena_raw(k->heap, (size_t)type_width(out->type) *
	    (size_t)n + 16);
	out->valid = valid ? arena_alloc(k->heap, BITS_BYTES(n) + 16) : NULL;
	for (int i = 0; i < nlink; at += l[i++].n) {
		if (l[i].n == 0)
			continue;
		out->flags &= l[i].col->flags;
		chain_rows(out, at, &l[i], kids);
		kids += (uint32_t)l[i].col->nkid;
	}
	out->nkid = out->type->kind == TYPE_STRUCT ? (int32_t)n :
	    (int32_t)kids;
	if (type_is_nested(out->type))
		chain_kids(k, l, nlink, out);
}

void
set_init(struct elem_set *s, struct kernel_call *k, const struct column *pool,
    int64_t npool)
{
	*s = (struct elem_set){ .pool = pool, .heap = k->heap };
	s->hash = arena_raw(k->heap, (size_t)(npool + 1) * sizeof *s->hash);
	if (npool)
		col_hash(pool, NULL, (int)npool, COL_HASH_FIRST, s->hash);
}

void
set_clear(struct elem_set *s, int64_t n)
{
	uint32_t size = 8;

	while (size < 2 * n)
		size *= 2;
	if (size > s->cap) {
		s->slot = arena_raw(s->heap, size * sizeof *s->slot);
		s->cap = size;
	}
	memset(s->slot, 0, size * sizeof *s->slot);
	s->mask = size - 1;
}

/* The slot where the element is or would be. */
static uint32_t
set_find(const struct elem_set *s, int64_t at)
{
	uint64_t h = s->hash[at];
	uint32_t i = (uint32_t)(h >> 32) & s->mask;

	for (; s->slot[i]; i = (i + 1) & s->mask) {
		int32_t other = s->slot[i] - 1;

		if (s->hash[other] == h &&
		    col_compare(s->pool, other, s->pool, at) == 0)
			break;
	}
	return i;
}

bool
set_has(const struct elem_set *s, int64_t at)
{
	return s->slot[set_find(s, at)] != 0;
}

bool
set_add(struct elem_set *s, int64_t at)
{
	uint32_t i = set_find(s, at);

	if (s->slot[i])
		return false;
	s->slot[i] = (int32_t)at + 1;
	return true;
}
