/*
 * plan_read_node -- plan text: operators with one input.
 */
#include "sql/plan_reader.h"

#include <strings.h>

#include "base/near.h"
#include "expr/func.h"

struct node *
plan_read_node(struct plan_reader *r, enum node_kind kind, struct node *kid,
    int nkid)
{
	struct node *n = node_new(r->b.arena, &r->b.ids, kind, nkid);

	if (nkid) {
		n->kid[0] = kid;
		n->out = kid->out;
	}
	return n;
}

static int
read_filter(struct plan_reader *r, struct node *kid, struct node **out)
{
	*out = plan_read_node(r, NODE_FILTER, kid, 1);
	return plan_read_condition(r, kid->out, "filter",
	    &(*out)->u.filter.cond);
}

static int
read_assert(struct plan_reader *r, struct node *kid, struct node **out)
{
	*out = plan_read_node(r, NODE_ASSERT, kid, 1);
	TRY(plan_read_condition(r, kid->out, "assert", &(*out)->u.check.cond));
	if (take_word(&r->p, "message"))
		TRY(plan_read_string(r, "a message",
		    &(*out)->u.check.message));
	return 0;
}

/* x [as name]: only a column has a name of its own. */
int
plan_read_item(struct plan_reader *r, const struct schema *in,
    const char *what, struct expr **x, const char **name)
{
	struct ast_ident id;
	int first = r->p.i, at;

	TRY(plan_read_expr(r, in, what, x));
	if (take_word(&r->p, "as")) {
		TRY(parse_ident(&r->p, "a name behind as", &id));
		*name = id.name;
		return 0;
	}
	at = (*x)->kind == EXPR_COL ? schema_find(in, (*x)->u.col.id) : -1;
	if (at < 0) {
		err_at(r->e, span_from(&r->p, first), "this needs a name");
		return err_hint(r->e, "write … as name behind it");
	}
	*name = in->col[at].name;
	return 0;
}

int
plan_read_at_end(const struct parser *p)
{
	return at_op(p, 0, "|") || at_op(p, 0, "]") || at_kind(p, 0, TOK_END) ||
	    (at_word(p, 0, "stage") && at_kind(p, 1, TOK_NUMBER));
}

static int
read_project(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = plan_read_node(r, NODE_PROJECT, kid, 1);
	struct expr **x = NULL;
	struct schema *s = schema_new(r->b.arena, 0);
	int cap = 0, xcap = 0, k = 0;

	while (!plan_read_at_end(&r->p)) {
		const char *name;

		if (k && !take_op(&r->p, ","))
			return parse_expected(&r->p, "',' or the end of "
			    "project");
		ARENA_GROW(r->b.arena, x, k, xcap);
		ARENA_GROW(r->b.arena, s->col, k, cap);
		TRY(plan_read_item(r, kid->out, "project", &x[k], &name));
		s->col[k] = plan_field(&r->b.ids, name, x[k]->type,
		    x[k]->nullable);
		s->ncol = ++k;
	}
	n->u.project.x = x;
	n->out = s;
	*out = n;
	return 0;
}

static int
read_generate(struct plan_reader *r, struct node *kid, struct node **out)
{
	bool outer = take_word(&r->p, "outer");
	struct bind_ctx c = { .b = &r->b, .what = "generate", .plan = true };
	struct rel rel = { .node = kid };
	struct ast_ident *id = NULL;
	struct ast_expr *x;
	const struct func *fn;
	struct expr *probe;
	int n = 0;

	TRY(parse_expr(&r->p, &x));
	fn = x->kind == AST_CALL ? func_find(x->u.call.name) : NULL;
	if (fn == NULL || !(fn->flags & FN_GENERATOR))
		return err_at(r->e, x->span, "generate needs a generator such "
		    "as explode(x)");
	for (int i = 0; i < x->u.call.narg; i++)        /* sets the scope */
		TRY(plan_read_bind(r, x->u.call.arg[i], kid->out, NULL,
		    "generate", &probe));
	TRY(need_word(&r->p, "as", "and the names of the new columns"));
	TRY(parse_idents(&r->p, "the name of a column", &id, &n));
	rel.scope = r->rel.scope;
	c.rel = &rel;
	if (bind_generate(&c, x, outer, id, n, NULL, &rel, r->e) < 0)
		return err_place(r->e, x->span);
	r->in = NULL;                   /* its scope has grown */
	*out = rel.node;
	return 0;
}

static int
read_sort(struct plan_reader *r, struct node *kid, struct node **out)
{
	*out = plan_read_node(r, NODE_SORT, kid, 1);
	return plan_read_keys(r, kid->out, "sort", &(*out)->u.sort.key,
	    &(*out)->u.sort.nkey);
}

static int
read_topn(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = *out = plan_read_node(r, NODE_TOPN, kid, 1);

	TRY(plan_read_whole(r, "the number of rows", 0, INT64_MAX,
	    &n->u.topn.limit));
	return plan_read_keys(r, kid->out, "topn", &n->u.topn.key,
	    &n->u.topn.nkey);
}

static int
read_limit(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = *out = plan_read_node(r, NODE_LIMIT, kid, 1);

	n->u.limit.limit = -1;
	if (at_kind(&r->p, 0, TOK_NUMBER) || !at_word(&r->p, 0, "offset"))
		TRY(plan_read_whole(r, "the number of rows", 0, INT64_MAX,
		    &n->u.limit.limit));
	if (take_word(&r->p, "offset"))
		TRY(plan_read_whole(r, "the offset", 0, INT64_MAX,
		    &n->u.limit.offset));
	return 0;
}

/* expand (a, 1), (b, 2) as (x int, y int) */
static int
read_expand(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = *out = plan_read_node(r, NODE_EXPAND, kid, 1);
	int cap = 0, first = r->p.i, got, width = -1;

	do {
		ARENA_GROW(r->b.arena, n->u.expand.x, n->u.expand.nproj, cap);
		TRY(plan_read_exprs(r, kid->out, "expand",
		    &n->u.expand.x[n->u.expand.nproj++], &got));
		if (width >= 0 && got != width)
			return err_at(r->e, span_from(&r->p, first),
			    "the lists of expand have different lengths");
		width = got;
	} while (take_op(&r->p, ","));
	TRY(need_word(&r->p, "as", "and the columns of expand"));
	TRY(plan_read_columns(r, &n->out));
	if (n->out->ncol != width)
		return err_at(r->e, span_from(&r->p, first), "the lists have "
		    "%d columns, %d are named", width, n->out->ncol);
	for (int i = 0; i < n->u.expand.nproj; i++)
		for (int k = 0; k < width; k++)
			if (!type_equal(n->u.expand.x[i][k]->type,
			    n->out->col[k].type))
				return err_at(r->e, n->u.expand.x[i][k]->span,
				    "this is %s, not %s", type_name(
				    r->b.arena, n->u.expand.x[i][k]->type),
				    type_name(r->b.arena,
				    n->out->col[k].type));
	return 0;
}

/* Range partitions are cut out of sorted runs. */
static int
check_range(struct plan_reader *r, const struct node *n, struct span span)
{
	const struct node *s = n->kid[0];
	bool same = s->kind == NODE_SORT && s->u.sort.nkey == n->u.exchange.nkey;

	for (int i = 0; same && i < n->u.exchange.nkey; i++) {
		const struct sort_key *a = &s->u.sort.key[i];
		const struct sort_key *b = &n->u.exchange.key[i];

		same = expr_equal(a->x, b->x) && a->desc == b->desc &&
		    a->nulls_last == b->nulls_last;
	}
	if (same && n->u.exchange.nkey)
		return 0;
	err_at(r->e, span, "exchange range needs sorted rows");
	return err_hint(r->e, "put a sort by the same keys before it");
}

static bool
same_types(const struct schema *a, const struct schema *b)
{
	for (int i = 0; i < a->ncol && i < b->ncol; i++)
		if (!type_equal(a->col[i].type, b->col[i].type))
			return false;
	return a->ncol == b->ncol;
}

#define KEPT_MAX 1000000        /* numbers in a text */

/* exchange cache NUMBER LEVEL [checkpoint] [of NAME] [kept PARTITIONS]:
 * whether it is there, the application knows. */
static int
read_kept(struct plan_reader *r, struct node *n)
{
	struct ast_ident id;
	struct kept *k;
	const struct kept_level *level;
	struct span span = next_span(&r->p);
	int64_t number, parts;

	TRY(plan_read_whole(r, "the number of what is kept", 1, KEPT_MAX,
	    &number));
	k = bind_kept_find(&r->b, (int)number);
	TRY(parse_ident(&r->p, "a storage level", &id));
	TRY(bind_level(id.name, id.span, &level, r->e));
	if (k == NULL) {
		k = bind_kept_new(&r->b, (int)number, level);
		k->checkpoint = at_word(&r->p, 0, "checkpoint");
		k->out = n->out;
	}
	if (!same_types(k->out, n->out)) {
		err_at(r->e, span, "number %d is kept already, with other "
		    "columns", (int)number);
		return err_hint(r->e, "give it a number of its own");
	}
	take_word(&r->p, "checkpoint");
	if (take_word(&r->p, "of")) {
		TRY(parse_ident(&r->p, "the name of a table", &id));
		if (k->node == NULL)
			k->name = id.name;
	}
	if (take_word(&r->p, "kept"))
		TRY(plan_read_whole(r, "the number of partitions", 1, INT32_MAX,
		    &parts));
	n->u.exchange.part = PART_CACHE;
	n->u.exchange.n = 1;
	n->u.exchange.kept = k;
	return 0;
}

/* checkpoint NUMBER parts N as (columns): rows that are there. */
static int
read_checkpoint(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = *out = plan_read_node(r, NODE_CACHE, NULL, 0);
	struct span span = next_span(&r->p);
	int64_t number, parts;

	(void)kid;
	TRY(plan_read_whole(r, "the number of a checkpoint", 1, INT32_MAX,
	    &number));
	n->u.cache.kept = bind_kept_find(&r->b, (int)number);
	if (n->u.cache.kept == NULL || n->u.cache.kept->parts == 0) {
		err_at(r->e, span, "there is no checkpoint %d", (int)number);
		return err_hint(r->e, "checkpoints end with the run that made "
		    "them");
	}
	TRY(need_word(&r->p, "parts", "and their number"));
	TRY(plan_read_whole(r, "the number of partitions", 1, INT32_MAX,
	    &parts));
	TRY(need_word(&r->p, "as", "and the columns"));
	TRY(plan_read_columns(r, &n->out));
	return same_types(n->u.cache.kept->out, n->out) ? 0 : err_at(r->e,
	    span, "checkpoint %d has other columns", (int)number);
}

/* exchange KIND [(keys)] [N] [fixed] */
static int
read_exchange(struct plan_reader *r, struct node *kid, struct node **out)
{
	static const char *const name[] = { "any", "single", "hash", "range",
	    "robin", "broadcast" };
	struct node *n = *out = plan_read_node(r, NODE_EXCHANGE, kid, 1);
	int first = r->p.i, part = 0;
	int64_t count = 1;

	if (take_word(&r->p, "cache"))
		return read_kept(r, n);
	while (part < 6 && !take_word(&r->p, name[part]))
		part++;
	if (part == 6)
		return parse_expected(&r->p, "any, single, hash, range, robin, "
		    "broadcast or cache");
	n->u.exchange.part = (enum part_kind)part;
	if (take_op(&r->p, "(")) {
		TRY(plan_read_keys(r, kid->out, "exchange",
		    &n->u.exchange.key, &n->u.exchange.nkey));
		TRY(need_op(&r->p, ")", "to close the keys"));
	}
	if (part != PART_SINGLE && part != PART_BROADCAST)
		TRY(plan_read_whole(r, "the number of partitions", 1, 100000,
		    &count));
	n->u.exchange.n = (int)count;
	n->u.exchange.n_fixed = take_word(&r->p, "fixed");
	if (part == PART_HASH && n->u.exchange.nkey == 0)
		return err_at(r->e, span_from(&r->p, first),
		    "exchange hash needs keys: exchange hash(a, b) 8");
	return part == PART_RANGE ? check_range(r, n, span_from(&r->p, first)) :
	    0;
}

static const struct step {
	const char *word;
	int source;
	int (*read)(struct plan_reader *r, struct node *kid,
	    struct node **out);
} steps[] = {
	{ "scan", 1, plan_read_scan }, { "range", 1, plan_read_range },
	{ "values", 1, plan_read_values }, { "checkpoint", 1, read_checkpoint },
	{ "read", 1, plan_read_stage },
	{ "filter", 0, read_filter }, { "project", 0, read_project },
	{ "generate", 0, read_generate },
	{ "aggregate", 0, plan_read_aggregate },
	{ "join", 0, plan_read_join }, { "union", 0, plan_read_union },
	{ "sort", 0, read_sort }, { "topn", 0, read_topn },
	{ "limit", 0, read_limit }, { "pipe", 0, plan_read_pipe },
	{ "tee", 0, plan_read_tee }, { "assert", 0, read_assert },
	{ "expand", 0, read_expand }, { "write", 0, plan_read_write },
	{ "collect", 0, plan_read_collect },
	{ "exchange", 0, read_exchange },
};

static int
unknown(struct plan_reader *r, const struct node *kid, const char *word,
    struct span span)
{
	struct near near;

	near_init(&near, word);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (steps[i].source == (kid == NULL))
			near_offer(&near, steps[i].word);
	err_at(r->e, span, kid ? "unknown operator '%s'" :
	    "unknown source '%s'", word);
	if (near.best)
		return err_hint(r->e, "did you mean '%s'?", near.best);
	return err_hint(r->e, kid ? "operators: filter, project, generate, "
	    "aggregate, join, union, sort, topn, limit, pipe, tee, assert, "
	    "expand; exchange, write or collect at the end" :
	    "a stage begins with scan, range, values, checkpoint or read");
}

int
plan_read_step(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct ast_ident id;
	int first = r->p.i;

	TRY(parse_ident(&r->p, kid ? "an operator" :
	    "scan, range, values or read", &id));
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		if (strcasecmp(steps[i].word, id.name) != 0)
			continue;
		if (steps[i].source && kid)
			return err_at(r->e, id.span, "'%s' can only stand at "
			    "the beginning", steps[i].word);
		if (!steps[i].source && kid == NULL)
			return err_at(r->e, id.span, "'%s' needs an input "
			    "before it", steps[i].word);
		TRY(steps[i].read(r, kid, out));
		(*out)->span = span_from(&r->p, first);
		return 0;
	}
	return unknown(r, kid, id.name, id.span);
}
