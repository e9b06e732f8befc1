/*
 * plan_read_group -- plan text: aggregates, joins, unions.
 *
 * A final aggregate is written with the calls of its partial one: their
 * arguments are columns of that one's input, so this is where they are bound.
 */
#include "sql/plan_reader.h"

#include <strings.h>

#include "expr/aggfn.h"
#include "plan/plantext.h"

struct calls {
	struct expr **x;
	const char **name;
	int n, xcap, ncap;
};

static int
read_call(struct plan_reader *r, const struct schema *args,
    enum agg_mode mode, struct calls *c)
{
	bool states = mode == AGG_PARTIAL || mode == AGG_MERGE;
	struct ast_ident id;
	struct ast_expr *x;
	struct expr *call;

	TRY(parse_expr(&r->p, &x));
	TRY(plan_read_bind(r, x, args, NULL, NULL, &call));
	if (call->kind != EXPR_AGG)
		return err_at(r->e, x->span,
		    "aggregate takes aggregates such as sum(x) only");
	if (call->u.agg.distinct && mode != AGG_COMPLETE)
		return err_at(r->e, x->span, "distinct needs all rows of a "
		    "group at once, not %s", mode == AGG_PARTIAL ?
		    "partial ones" : "states");
	ARENA_GROW(r->b.arena, c->x, c->n, c->xcap);
	ARENA_GROW(r->b.arena, c->name, c->n, c->ncap);
	c->x[c->n] = call;
	c->name[c->n] = call->u.agg.fn->name;
	if (take_word(&r->p, "as")) {
		TRY(parse_ident(&r->p, "a name behind as", &id));
		c->name[c->n] = id.name;
	} else if (!states) {
		err_at(r->e, x->span, "this needs a name");
		return err_hint(r->e, "write … as name behind it");
	}
	c->n++;
	return 0;
}

static int
read_by(struct plan_reader *r, struct node *n, const char ***name)
{
	int cap = 0, ncap = 0, k = 0;
	const char **v = NULL;

	if (take_word(&r->p, "by"))
		do {
			int first = r->p.i;

			ARENA_GROW(r->b.arena, n->u.agg.key, k, cap);
			ARENA_GROW(r->b.arena, v, k, ncap);
			TRY(plan_read_item(r, n->kid[0]->out, "aggregate by",
			    &n->u.agg.key[k], &v[k]));
			if (!type_is_ordered(n->u.agg.key[k]->type))
				return err_at(r->e, span_from(&r->p, first),
				    "values of type %s cannot be keys",
				    type_name(r->b.arena,
				    n->u.agg.key[k]->type));
			k++;
		} while (take_op(&r->p, ","));
	n->u.agg.nkey = k;
	*name = v;
	return 0;
}

/* Columns of the output: keys, then results or states. */
static int
agg_out(struct plan_reader *r, struct node *n, const char **key,
    const char **name)
{
	bool states = n->u.agg.mode == AGG_PARTIAL ||
	    n->u.agg.mode == AGG_MERGE;
	int at = n->u.agg.nkey, nagg = n->u.agg.nagg;

	n->out = schema_new(r->b.arena, at + nagg * AGG_COLS_MAX);
	for (int i = 0; i < at; i++)
		n->out->col[i] = plan_field(&r->b.ids, key[i],
		    n->u.agg.key[i]->type, n->u.agg.key[i]->nullable);
	for (int i = 0; i < nagg; i++) {
		struct expr *x = n->u.agg.agg[i];
		struct agg g;

		if (agg_open(&g, x, r->b.arena, r->e) < 0)
			return err_place(r->e, x->span);
		for (int k = 0; states && k < g.ncol; k++)
			n->out->col[at++] = plan_field(&r->b.ids,
			    arena_printf(r->b.arena, "%s.%d",
			    x->u.agg.fn->name, k), g.col[k], true);
		if (!states)
			n->out->col[at++] = plan_field(&r->b.ids, name[i],
			    x->type, x->nullable);
	}
	n->out->ncol = at;
	return 0;
}

/* Are the states where a final aggregate looks for them? */
static int
check_states(struct plan_reader *r, const struct node *n, struct span span)
{
	const struct schema *in = n->kid[0]->out;
	int at = n->u.agg.nkey;
	bool good = true;
	struct agg g;

	for (int i = 0; good && i < n->u.agg.nagg; i++) {
		TRY(agg_open(&g, n->u.agg.agg[i], r->b.arena, r->e));
		for (int k = 0; good && k < g.ncol; k++, at++)
			good = at < in->ncol &&
			    type_equal(in->col[at].type, g.col[k]);
	}
	if (good && at == in->ncol)
		return 0;
	err_at(r->e, span, "the aggregates differ from the partial ones");
	return err_hint(r->e, "both need the same keys and the same calls in "
	    "the same order");
}

static int
find_partial(struct plan_reader *r, const struct node *n, struct span span,
    const struct schema **args)
{
	const struct node *p = plantext_partial(r->out, n);

	if (p == NULL) {
		err_at(r->e, span, "no partial aggregate stands before this "
		    "one");
		return err_hint(r->e, "without the word final it does all by "
		    "itself");
	}
	*args = p->kid[0]->out;
	return 0;
}

int
plan_read_aggregate(struct plan_reader *r, struct node *kid,
    struct node **out)
{
	static const char *const mode[] = { "", "partial", "merge", "final" };
	struct node *n = *out = plan_read_node(r, NODE_AGGREGATE, kid, 1);
	const struct schema *args = kid->out;
	struct calls c = { 0 };
	const char **key = NULL;
	int first = r->p.i - 1;
	bool takes;

	for (int i = 1; i < 4; i++)
		if (at_word(&r->p, 0, mode[i]) && !at_op(&r->p, 1, "(")) {
			r->p.i++;
			n->u.agg.mode = (enum agg_mode)i;
			break;
		}
	takes = n->u.agg.mode == AGG_FINAL || n->u.agg.mode == AGG_MERGE;
	if (takes)
		TRY(find_partial(r, n, span_from(&r->p, first), &args));
	while (!plan_read_at_end(&r->p) && !at_word(&r->p, 0, "by")) {
		if (c.n && !take_op(&r->p, ","))
			break;
		TRY(read_call(r, args, n->u.agg.mode, &c));
	}
	n->u.agg.agg = c.x;
	n->u.agg.nagg = c.n;
	TRY(read_by(r, n, &key));
	if (takes)
		TRY(check_states(r, n, span_from(&r->p, first)));
	return agg_out(r, n, key, c.name);
}

static int
read_bracket(struct plan_reader *r, struct node **out)
{
	TRY(parse_enter(&r->p));
	TRY(need_op(&r->p, "[", "before the other input"));
	TRY(plan_read_chain(r, out));
	TRY(need_op(&r->p, "]", "to close the other input"));
	parse_leave(&r->p);
	return 0;
}

/* on (a, b) = (c, d) */
static int
read_on(struct plan_reader *r, struct node *n)
{
	struct ast_exprs l, k;
	struct arena *a = r->b.arena;
	int first = r->p.i;

	if (!take_word(&r->p, "on"))
		return 0;
	TRY(plan_read_asts(r, &l));
	TRY(need_op(&r->p, "=", "between the keys of both sides"));
	TRY(plan_read_asts(r, &k));
	if (l.n != k.n || l.n == 0)
		return err_at(r->e, span_from(&r->p, first),
		    "%d keys on the left, %d on the right", l.n, k.n);
	n->u.join.nkey = l.n;
	n->u.join.lkey = NEW_N(a, struct expr *, l.n + 1);
	n->u.join.rkey = NEW_N(a, struct expr *, l.n + 1);
	for (int i = 0; i < l.n; i++)
		TRY(plan_read_bind(r, l.v[i], n->kid[0]->out, NULL, "join",
		    &n->u.join.lkey[i]));
	for (int i = 0; i < l.n; i++) {
		const struct type *t = n->u.join.lkey[i]->type;

		TRY(plan_read_bind(r, k.v[i], n->kid[1]->out, NULL, "join",
		    &n->u.join.rkey[i]));
		if (!type_equal(t, n->u.join.rkey[i]->type)) {
			err_at(r->e, k.v[i]->span, "the key is %s on the left "
			    "and %s on the right", type_name(a, t),
			    type_name(a, n->u.join.rkey[i]->type));
			return err_hint(r->e, "cast one of them");
		}
		if (!type_is_ordered(t))
			return err_at(r->e, k.v[i]->span, "values of type %s "
			    "cannot be keys", type_name(a, t));
	}
	return 0;
}

static void
join_out(struct plan_reader *r, struct node *n, const char *mark)
{
	struct node *made = node_join(&r->b, n->u.join.kind, n->kid[0],
	    n->kid[1]);

	n->out = made->out;
	if (n->u.join.kind == JOIN_MARK)
		n->out->col[n->out->ncol - 1].name = mark;
}

static int
check_join(struct plan_reader *r, const struct node *n, struct span span)
{
	enum join_how how = n->u.join.how;
	enum join_kind k = n->u.join.kind;

	if (how == JOIN_HOW_ANY)
		return err_at(r->e, span, "how to join is not said: "
		    "broadcast, shuffled, merge or loop");
	if (k == JOIN_RIGHT)
		return err_at(r->e, span, "write a right join as a left join "
		    "with its inputs changed round");
	if ((how == JOIN_LOOP) != (n->u.join.nkey == 0))
		return err_at(r->e, span, how == JOIN_LOOP ?
		    "a loop join has no keys" : "this join needs keys");
	if (how == JOIN_SHUFFLED && (k == JOIN_ANTI_NULL || k == JOIN_MARK))
		return err_at(r->e, span, "this join must be broadcast");
	return 0;
}

static int
read_kind(struct plan_reader *r, struct node *n)
{
	static const char *const kind[] = { "inner", "left", "right", "full",
	    "semi", "anti", "anti_null", "mark", "cross" };
	static const char *const how[] = { "broadcast", "shuffled", "loop",
	    "merge" };
	int i = 0;

	while (i < 9 && !take_word(&r->p, kind[i]))
		i++;
	if (i == 9)
		return parse_expected(&r->p, "inner, left, full, semi, anti, "
		    "anti_null, mark or cross");
	n->u.join.kind = (enum join_kind)i;
	for (int k = 0; k < 4; k++)
		if (take_word(&r->p, how[k])) {
			n->u.join.how = (enum join_how)(k + 1);
			break;
		}
	return 0;
}

int
plan_read_join(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = *out = plan_read_node(r, NODE_JOIN, kid, 2);
	struct ast_ident mark = { .name = "mark" };
	int first = r->p.i - 1;
	struct ast_expr *x;

	TRY(read_kind(r, n));
	TRY(read_bracket(r, &n->kid[1]));
	TRY(read_on(r, n));
	if (take_word(&r->p, "when")) {
		TRY(parse_expr(&r->p, &x));
		TRY(plan_read_bind(r, x, kid->out, n->kid[1]->out, "join",
		    &n->u.join.cond));
		if (n->u.join.cond->type->kind != TYPE_BOOL)
			return err_at(r->e, x->span, "the condition of join "
			    "must be boolean, not %s", type_name(r->b.arena,
			    n->u.join.cond->type));
	}
	if (take_word(&r->p, "as"))
		TRY(parse_ident(&r->p, "a name", &mark));
	join_out(r, n, mark.name);
	return check_join(r, n, span_from(&r->p, first));
}

static int
union_names(struct plan_reader *r, struct node *n)
{
	const char **name;
	int k, first = r->p.i;

	if (!take_word(&r->p, "as"))
		return 0;
	TRY(plan_read_names(r, &name, &k));
	if (k != n->out->ncol)
		return err_at(r->e, span_from(&r->p, first), "%d names for %d "
		    "columns", k, n->out->ncol);
	for (int i = 0; i < k; i++)
		n->out->col[i].name = name[i];
	return 0;
}

int
plan_read_union(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node **v = NULL, *n;
	int cap = 0, k = 1, first = r->p.i - 1;
	int before = r->links, most = before;

	ARENA_GROW(r->b.arena, v, 0, cap);
	v[0] = kid;
	while (at_op(&r->p, 0, "[")) {
		ARENA_GROW(r->b.arena, v, k, cap);
		r->links = before;
		TRY(read_bracket(r, &v[k]));
		most = r->links > most ? r->links : most;
		k++;
	}
	r->links = most;
	n = *out = plan_read_node(r, NODE_UNION, kid, 1);
	n->nkid = k;
	n->kid = v;
	n->out = schema_new(r->b.arena, kid->out->ncol);
	for (int i = 0; i < n->out->ncol; i++)
		n->out->col[i] = plan_field(&r->b.ids, kid->out->col[i].name,
		    kid->out->col[i].type, true);
	for (int i = 1; i < k; i++) {
		bool same = v[i]->out->ncol == n->out->ncol;

		for (int c = 0; same && c < n->out->ncol; c++)
			same = type_equal(v[i]->out->col[c].type,
			    n->out->col[c].type);
		if (!same)
			return err_at(r->e, span_from(&r->p, first), "input %d "
			    "of the union has other columns than the first",
			    i + 1);
	}
	return union_names(r, n);
}
