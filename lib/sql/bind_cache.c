/*
 * bind_cache -- relations that are kept: cache, checkpoint, cache table.
 *
 * A stage of the text stands for one kept relation as long as the names that
 * it can see are the same: a view's stage is bound again at each use of the
 * view, under the same names, and finds the relation that it made first.  In
 * repeat the names change from turn to turn, and so do the relations.
 *
 * What was bound then is kept too: a use is a copy of the cache node with
 * columns of its own.  So a file is looked at once, also when it has gone.
 */
#include "sql/bind_cache.h"

#include <strings.h>

#include "base/near.h"

struct bind_kept {
	struct kept kept;               /* first */
	const struct ast_query *query;  /* the stage, or NULL: a table */
	const struct bind_name *names;  /* what it can see */
	struct scope scope;
};

struct kept *
bind_kept_find(const struct binder *b, int number)
{
	for (struct kept *k = b->kept; k; k = k->next)
		if (k->number == number)
			return k;
	return NULL;
}

struct kept *
bind_kept_new(struct binder *b, int number, const struct kept_level *level)
{
	struct bind_kept *k = NEW(b->arena, struct bind_kept);

	if (number == 0)
		number = b->nkept + 1;
	k->kept.number = number;
	k->kept.level = level;
	k->kept.next = b->kept;
	b->kept = &k->kept;
	if (number > b->nkept)
		b->nkept = number;
	return &k->kept;
}

/* An output below would be written once or twice, as memory has it. */
static const struct node *
find_tee(const struct node *n)
{
	const struct node *t = n->kind == NODE_TEE ? n : NULL;

	if (n->kind == NODE_CACHE)
		return NULL;
	for (int i = 0; i < n->nkid && t == NULL; i++)
		t = find_tee(n->kid[i]);
	return t;
}

/* The node over r that keeps its visible columns. */
static int
keep(struct binder *b, struct kept *k, struct rel *r, struct span span,
    struct err *e)
{
	const struct node *tee = find_tee(r->node);
	struct node *n;

	if (tee) {
		err_at(e, tee->span, "tee cannot stand below cache or "
		    "checkpoint: rows that are lost are made again");
		return err_hint(e, "put the tee behind it");
	}
	bind_drop_hidden(b, r);
	n = node_new(b->arena, &b->ids, NODE_CACHE, 1);
	n->span = span;
	n->kid[0] = r->node;
	n->out = r->node->out;
	n->u.cache.kept = k;
	k->node = n;
	k->out = n->out;
	((struct bind_kept *)k)->scope = r->scope;
	return 0;
}

/* A use: the same input, columns with ids of their own. */
struct node *
bind_kept_node(struct binder *b, const struct kept *k)
{
	struct node *n = node_copy(b->arena, &b->ids, k->node);

	n->out = schema_new(b->arena, k->node->out->ncol);
	for (int i = 0; i < n->out->ncol; i++) {
		const struct field *f = &k->node->out->col[i];

		n->out->col[i] = plan_field(&b->ids, f->name, f->type,
		    f->nullable);
	}
	if (k->checkpoint && k->parts && !k->off)
		n->nkid = 0;
	return n;
}

static void
use(struct binder *b, const struct kept *k, struct rel *out)
{
	const struct scope *s = &((const struct bind_kept *)k)->scope;
	int at = 0;

	memset(out, 0, sizeof *out);
	out->node = bind_kept_node(b, k);
	for (int i = 0; i < s->n; i++)
		if (!s->v[i].hidden)
			scope_add(b->arena, &out->scope, s->v[i].table,
			    s->v[i].name, out->node->out->col[at++]);
}

int
bind_level(const char *name, struct span span,
    const struct kept_level **out, struct err *e)
{
	const struct kept_level *l;
	struct near near;

	*out = kept_level_find(name);
	if (*out)
		return 0;
	near_init(&near, name);
	for (int i = 0; (l = kept_level_at(i)) != NULL; i++) {
		near_offer(&near, l->name);
		near_offer(&near, l->spark);
	}
	err_at(e, span, "unknown storage level '%s'", name);
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return err_hint(e, "levels: MEMORY_AND_DISK, MEMORY_ONLY, DISK_ONLY, "
	    "OFF_HEAP, NONE, and forms with _SER and _2");
}

int
bind_cache(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *r,
    struct err *e)
{
	const struct kept_level *level = kept_level_find("memory_disk");
	struct bind_kept *k = NULL;

	for (struct kept *i = b->kept; i && k == NULL; i = i->next) {
		struct bind_kept *c = (struct bind_kept *)i;

		if (c->query == q && c->names == names && c->kept.node)
			k = c;
	}
	if (q->kind == AST_CHECKPOINT)
		level = kept_level_find("disk");
	else if (q->u.cache.level)
		TRY(bind_level(q->u.cache.level->name, q->u.cache.level->span,
		    &level, e));
	if (k == NULL || k->kept.off)
		TRY(bind_rel(b, names, q->input, outer, r, e));
	if (level->flags == 0 || (k && k->kept.off))
		return 0;
	if (k == NULL) {
		k = (struct bind_kept *)bind_kept_new(b, 0, level);
		k->query = q;
		k->names = names;
		k->kept.checkpoint = q->kind == AST_CHECKPOINT;
		if (q->u.cache.dir.p)
			TRY(bind_string(b, &q->u.cache.dir, &k->kept.dir, e));
		TRY(keep(b, &k->kept, r, q->span, e));
	}
	use(b, &k->kept, r);
	return 0;
}

int
bind_kept_table(struct binder *b, const struct bind_name *n, struct rel *out)
{
	if (n->kept == NULL || n->kept->off)
		return 0;
	use(b, n->kept, out);
	return 1;
}

int
bind_name_keep(struct binder *b, const char *name, struct span span,
    const struct kept_level *level, int checkpoint, struct kept **out,
    struct err *e)
{
	const struct bind_name *found = bind_name_find(b->names, name);
	struct bind_name *n = (struct bind_name *)(uintptr_t)found;
	struct rel r;

	*out = n->kept && !n->kept->off ? n->kept : NULL;
	if (*out)
		return 0;
	b->depth = 0;
	b->hints = NULL;
	TRY(bind_name_rel(b, n, span, &r, e));
	*out = bind_kept_new(b, 0, level);
	(*out)->name = checkpoint ? NULL : n->name;
	(*out)->checkpoint = checkpoint;
	TRY(keep(b, *out, &r, span, e));
	n->kept = *out;
	return 0;
}
