/*
 * bind_stage -- the stages of pipelines, each over the relation before it.
 */
#include "sql/bind_scope.h"
#include "sql/bind_cache.h"

#include <stdlib.h>
#include <strings.h>

#include "base/near.h"
#include "base/text.h"

int
bind_repartition(struct binder *b, enum part_kind part, int n,
    struct sort_key *key, int nkey, struct rel *r, struct span span,
    struct node **out)
{
	struct node *p = node_new(b->arena, &b->ids, NODE_REPARTITION, 1);

	p->span = span;
	p->kid[0] = r->node;
	p->out = r->node->out;
	p->u.repartition.part = part;
	p->u.repartition.n = n;
	p->u.repartition.key = key;
	p->u.repartition.nkey = nkey;
	p->u.repartition.shuffle = true;
	*out = p;
	return 0;
}

/* Puts a project over r; the tables' aliases stay usable for columns that
 * are only passed on. */
static void
project_over(struct binder *b, struct rel *r, const struct items *it,
    struct span span)
{
	struct scope old = r->scope;
	struct node *p = node_items(b, r->node, it);

	p->span = span;
	rel_of(b->arena, r, p, NULL);
	for (int i = 0; i < it->n; i++)
		for (int k = 0; k < old.n; k++)
			if (it->v[i].x->kind == EXPR_COL &&
			    it->v[i].x->u.col.id == old.v[k].f.id)
				r->scope.v[i].table = old.v[k].table;
}

static int
stage_extend(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	struct bind_ctx c = { .b = b, .rel = r, .names = names,
	    .what = "extend" };
	struct items more = { 0 }, it;

	TRY(bind_items(&c, q->u.exprs.v, q->u.exprs.n, &more, e));
	TRY(bind_pending(&c, r, e));
	it = visible_items(b, r);
	for (int i = 0; i < more.n; i++) {
		ARENA_GROW(b->arena, it.v, it.n, it.cap);
		it.v[it.n++] = more.v[i];
	}
	project_over(b, r, &it, q->span);
	return 0;
}

static int
find_item(const struct items *it, const struct ast_ident *name, int *at,
    struct err *e)
{
	struct text list = { 0 };
	struct near near;

	near_init(&near, name->name);
	for (*at = 0; *at < it->n; ++*at) {
		const char *have = it->v[*at].name;

		if (strcasecmp(have, name->name) == 0) {
			text_release(&list);
			return 0;
		}
		near_offer(&near, have);
		if (*at < 40)
			text_addf(&list, "%s%s", *at ? ", " : "", have);
	}
	err_at(e, name->span, "unknown column '%s'", name->name);
	err_hint(e, "%s%s%scolumns: %s%s", near.best ? "did you mean '" : "",
	    near.best ? near.best : "", near.best ? "'?  " : "",
	    text_str(&list), it->n > 40 ? ", …" : "");
	text_release(&list);
	return ERR_USER;
}

/* set a = x, b = y: left to right, later ones see the earlier. */
static int
stage_set(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	for (int i = 0; i < q->u.set.n; i++) {
		const struct ast_set *s = &q->u.set.v[i];
		struct items it;
		struct expr *x;
		int at;

		TRY(bind_over(b, names, s->expr, NULL, "set", r, &x, e));
		it = visible_items(b, r);
		TRY(find_item(&it, &s->column, &at, e));
		it.v[at].x = x;
		project_over(b, r, &it, q->span);
	}
	return 0;
}

static int
stage_drop(struct binder *b, const struct ast_query *q, struct rel *r,
    struct err *e)
{
	struct items it = visible_items(b, r);

	for (int i = 0; i < q->u.drop.n; i++) {
		int at;

		TRY(find_item(&it, &q->u.drop.v[i], &at, e));
		memmove(&it.v[at], &it.v[at + 1],
		    sizeof *it.v * (size_t)(it.n - at - 1));
		it.n--;
	}
	project_over(b, r, &it, q->span);
	return 0;
}

/* The keys, then the items. */
static int
stage_aggregate(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	const struct ast_aggregate *a = &q->u.aggregate;
	struct bind_ctx c = { .b = b, .rel = r, .names = names };
	struct items item = { 0 }, key = { 0 }, out = { 0 };
	struct expr **x;

	TRY(bind_items(&c, a->item, a->nitem, &item, e));
	for (int i = 0; i < item.n; i++)
		if (!item.v[i].agg && !expr_is_const(item.v[i].x))
			return err_at(e, item.v[i].x->span, "aggregate needs "
			    "aggregates, such as sum(%s)", item.v[i].name);
	c.what = "group by";
	c.nalias = 0;
	TRY(bind_group_keys(&c, a->group, a->ngroup, NULL, &key, e));
	c.what = NULL;
	x = NEW_N(b->arena, struct expr *, item.n + 1);
	for (int i = 0; i < item.n; i++)
		x[i] = item.v[i].x;
	TRY(bind_group(&c, r, &key, x, item.n, q->span, e));
	TRY(bind_pending(&c, r, e));
	for (int i = 0; i < key.n + item.n; i++) {
		ARENA_GROW(b->arena, out.v, out.n, out.cap);
		out.v[out.n++] = i < key.n ?
		    (struct item){ expr_col(b->arena, &r->node->out->col[i]),
		        key.v[i].name, NULL, false } :
		    (struct item){ x[i - key.n], item.v[i - key.n].name, NULL,
		        false };
	}
	r->node = node_items(b, r->node, &out);
	r->node->span = q->span;
	rel_of(b->arena, r, r->node, NULL);
	return 0;
}

static int
bind_keys(struct binder *b, const struct bind_name *names,
    struct ast_expr *const *v, int n, const char *what, struct rel *r,
    struct sort_key **out, struct err *e)
{
	*out = NEW_N(b->arena, struct sort_key, n + 1);
	for (int i = 0; i < n; i++)
		TRY(bind_over(b, names, v[i], NULL, what, r, &(*out)[i].x, e));
	return 0;
}

/* order by and sort by over the output of what came before. */
static int
stage_sort(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	int n = q->u.sort.nkey;
	struct sort_key *key = NEW_N(b->arena, struct sort_key, n + 1);
	struct node *s;

	for (int i = 0; i < n; i++) {
		const struct ast_sort *k = &q->u.sort.key[i];
		struct expr *x;

		if (k->expr->kind == AST_LIT && k->expr->u.lit.kind == LIT_INT) {
			long v = strtol(k->expr->u.lit.p, NULL, 10);

			if (v < 1 || v > r->scope.n)
				return err_at(e, k->span, "order by position %s"
				    " is not a column (1 to %d)",
				    k->expr->u.lit.p, r->scope.n);
			x = expr_col(b->arena, &r->scope.v[v - 1].f);
		} else {
			TRY(bind_over(b, names, k->expr, NULL, "order by", r,
			    &x, e));
		}
		if (!type_is_ordered(x->type))
			return err_at(e, k->span, "values of type %s cannot be "
			    "ordered", type_name(b->arena, x->type));
		key[i] = bind_sort_key(x, k);
	}
	s = node_new(b->arena, &b->ids, NODE_SORT, 1);
	s->span = q->span;
	s->kid[0] = r->node;
	s->out = r->node->out;
	s->u.sort.nkey = n;
	s->u.sort.key = key;
	s->u.sort.global = q->kind == AST_ORDER;
	r->node = s;
	return 0;
}

static int
whole_number(struct binder *b, const struct ast_expr *x, const char *what,
    int64_t low, int64_t *out, struct err *e)
{
	struct datum d;

	TRY(bind_const_expr(b, x, &d, e));
	if (d.null || !type_is_int(d.type) || d.i < low)
		return err_at(e, x->span, "%s wants a whole number from %d",
		    what, (int)low);
	*out = d.i;
	return 0;
}

static int
stage_limit(struct binder *b, const struct ast_query *q, struct rel *r,
    struct err *e)
{
	struct node *n;
	int64_t v = -1;

	if (q->u.expr)
		TRY(whole_number(b, q->u.expr, q->kind == AST_LIMIT ? "limit" :
		    "offset", 0, &v, e));
	if (q->kind == AST_LIMIT && v < 0)
		return 0;
	/* "limit n offset m" skips first, whatever the order of words. */
	if (q->kind == AST_OFFSET && !q->piped && q->input->kind == AST_LIMIT &&
	    r->node->kind == NODE_LIMIT) {
		r->node->u.limit.offset = v;
		return 0;
	}
	n = node_new(b->arena, &b->ids, NODE_LIMIT, 1);
	n->span = q->span;
	n->kid[0] = r->node;
	n->out = r->node->out;
	n->u.limit.limit = q->kind == AST_LIMIT ? v : -1;
	n->u.limit.offset = q->kind == AST_OFFSET ? v : 0;
	n->u.limit.global = true;
	if (q->kind == AST_LIMIT && r->node->kind == NODE_LIMIT &&
	    r->node->u.limit.limit < 0) {       /* offset, then limit: one */
		n->kid[0] = r->node->kid[0];
		n->u.limit.offset = r->node->u.limit.offset;
	}
	r->node = n;
	return 0;
}

static int
stage_layout(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	struct ast_expr *const *by = q->u.repartition.by;
	enum part_kind part = PART_HASH;
	struct sort_key *key;
	int nby = q->u.repartition.nby;
	int64_t n = 0;

	if (q->kind == AST_DISTRIBUTE || q->kind == AST_CLUSTER) {
		by = q->u.exprs.v;
		nby = q->u.exprs.n;
	} else if (q->u.repartition.n) {
		TRY(whole_number(b, q->u.repartition.n, "a number of partitions",
		    1, &n, e));
		if (n > 100000)
			return err_at(e, q->span, "more than 100000 partitions");
	}
	TRY(bind_keys(b, names, by, nby, "a layout", r, &key, e));
	if (nby == 0)
		part = q->kind == AST_COALESCE ? PART_ANY : PART_ROBIN;
	TRY(bind_repartition(b, part, (int)n, key, nby, r, q->span, &r->node));
	r->node->u.repartition.shuffle = q->kind != AST_COALESCE;
	r->node->u.repartition.sort_within = q->kind == AST_CLUSTER;
	return 0;
}

static struct schema *
pipe_columns(struct binder *b, const struct ast_pipe *p,
    const struct schema *in)
{
	int n = p->ncolumn ? p->ncolumn : in->ncol;
	struct schema *s = schema_new(b->arena, n);

	for (int i = 0; i < n; i++) {
		if (p->ncolumn)
			s->col[i] = plan_field(&b->ids, p->column[i].name.name,
			    p->column[i].type ? p->column[i].type : TYPE(STR),
			    true);
		else
			s->col[i] = plan_field(&b->ids, in->col[i].name,
			    in->col[i].type, true);
	}
	return s;
}

/* pipe by k order by t "cmd": hash by k, sorted by k and t within. */
static int
group_for_pipe(struct binder *b, const struct bind_name *names,
    const struct ast_pipe *p, struct rel *r, struct span span,
    struct expr ***group, struct err *e)
{
	struct sort_key *key, *sort;
	struct node *s;

	TRY(bind_keys(b, names, p->by, p->nby, "pipe by", r, &key, e));
	TRY(bind_repartition(b, PART_HASH, 0, key, p->nby, r, span, &r->node));
	sort = NEW_N(b->arena, struct sort_key, p->nby + p->nsort + 1);
	*group = NEW_N(b->arena, struct expr *, p->nby + 1);
	for (int i = 0; i < p->nby; i++) {
		sort[i].x = key[i].x;
		(*group)[i] = key[i].x;
	}
	for (int i = 0; i < p->nsort; i++) {
		struct expr *x;

		TRY(bind_over(b, names, p->sort[i].expr, NULL, "pipe order by",
		    r, &x, e));
		sort[p->nby + i] = bind_sort_key(x, &p->sort[i]);
	}
	s = node_new(b->arena, &b->ids, NODE_SORT, 1);
	s->span = span;
	s->kid[0] = r->node;
	s->out = r->node->out;
	s->u.sort.nkey = p->nby + p->nsort;
	s->u.sort.key = sort;
	r->node = s;
	return 0;
}

static int
stage_pipe(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	const struct ast_pipe *p = &q->u.pipe;
	struct expr **group = NULL;
	struct items visible = visible_items(b, r);
	struct node *n;

	if (visible.n != r->node->out->ncol)
		project_over(b, r, &visible, q->span);
	if (p->nby)
		TRY(group_for_pipe(b, names, p, r, q->span, &group, e));
	n = node_new(b->arena, &b->ids, NODE_PIPE, 1);
	n->span = q->span;
	n->kid[0] = r->node;
	n->out = pipe_columns(b, p, r->node->out);
	TRY(bind_command(b, &p->cmd, &n->u.pipe.command, e));
	n->u.pipe.in_format = p->in ? p->in->name : "tsv";
	n->u.pipe.out_format = p->out ? p->out->name : "tsv";
	n->u.pipe.nok = p->nok;
	n->u.pipe.ok = p->ok;
	n->u.pipe.timeout_ms = p->timeout_ms;
	n->u.pipe.pure = p->pure;
	n->u.pipe.nfile = p->nfile;
	n->u.pipe.file = NEW_N(b->arena, const char *, p->nfile + 1);
	for (int i = 0; i < p->nfile; i++)
		TRY(bind_string(b, &p->file[i], &n->u.pipe.file[i], e));
	n->u.pipe.ngroup = p->nby;
	n->u.pipe.group = group;
	rel_of(b->arena, r, n, NULL);
	return 0;
}

static int
stage_assert(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *r, struct err *e)
{
	struct node *n = node_new(b->arena, &b->ids, NODE_ASSERT, 1);
	struct expr *cond;

	TRY(bind_over(b, names, q->u.assertion.cond, NULL, "assert", r, &cond,
	    e));
	TRY(expr_coerce(&b->env, cond, TYPE(BOOL), &cond, e));
	if (q->u.assertion.message.p)
		TRY(bind_string(b, &q->u.assertion.message,
		    &n->u.check.message, e));
	n->span = q->span;
	n->kid[0] = r->node;
	n->out = r->node->out;
	n->u.check.cond = cond;
	r->node = n;
	return 0;
}

int
bind_stage(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *r,
    struct err *e)
{
	if (q->kind == AST_CACHE || q->kind == AST_CHECKPOINT)
		return bind_cache(b, names, q, outer, r, e);
	TRY(bind_rel(b, names, q->input, outer, r, e));
	switch (q->kind) {
	case AST_EXTEND:    return stage_extend(b, names, q, r, e);
	case AST_SET:       return stage_set(b, names, q, r, e);
	case AST_DROP:      return stage_drop(b, q, r, e);
	case AST_WHERE:     return bind_where(b, names, q->u.expr, outer,
				"where", r, e);
	case AST_AGGREGATE: return stage_aggregate(b, names, q, r, e);
	case AST_ORDER:
	case AST_SORT:      return stage_sort(b, names, q, r, e);
	case AST_LIMIT:
	case AST_OFFSET:    return stage_limit(b, q, r, e);
	case AST_DISTRIBUTE:
	case AST_CLUSTER:
	case AST_REPARTITION:
	case AST_COALESCE:
	case AST_REBALANCE: return stage_layout(b, names, q, r, e);
	case AST_PIPE:      return stage_pipe(b, names, q, r, e);
	case AST_ASSERT:    return stage_assert(b, names, q, r, e);
	case AST_TEE:       return bind_write(b, q, r, &r->node, e);
	case AST_PIVOT:     return bind_pivot(b, names, q, r, e);
	case AST_UNPIVOT:   return bind_unpivot(b, names, q, r, e);
	case AST_SAMPLE:    return bind_sample(b, q, r, e);
	case AST_WINDOWS:   return bind_refuse_ast(q->span, "window", e);
	case AST_WRITE:
		return err_at(e, q->span, "write must be the last stage");
	default:
		return bind_refuse_ast(q->span, "this stage", e);
	}
}
