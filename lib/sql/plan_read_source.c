/*
 * plan_read_source -- plan text: where rows come from and where they go.
 *
 *	scan csv 'in/' (id int, v string) only (v) options (sep ',')
 *	  on error drop keep strings where v > 'a' files where dt = '2024'
 */
#include "sql/plan_reader.h"

#include <stdlib.h>
#include <strings.h>

#include "column/value.h"

int
plan_read_string(struct plan_reader *r, const char *what, const char **out)
{
	struct ast_string s;

	TRY(parse_string(&r->p, what, &s));
	if (strlen(s.p) != (size_t)s.n)
		return err_at(r->e, s.span, "a NUL byte cannot stand here");
	*out = s.p;
	return 0;
}

/* 'a', 'b' */
int
plan_read_strings(struct plan_reader *r, const char *what,
    const char ***out, int *n)
{
	const char **v = NULL;
	int cap = 0;

	*n = 0;
	do {
		ARENA_GROW(r->b.arena, v, *n, cap);
		TRY(plan_read_string(r, what, &v[*n]));
		(*n)++;
	} while (take_op(&r->p, ","));
	*out = v;
	return 0;
}

int
plan_read_whole(struct plan_reader *r, const char *what, int64_t low,
    int64_t high, int64_t *out)
{
	struct ast_expr *x;
	int first = r->p.i, got;

	if (!at_kind(&r->p, 0, TOK_NUMBER) && !at_op(&r->p, 0, "-"))
		return parse_expected(&r->p, what);
	TRY(got = parse_literal(&r->p, &x));
	if (!got || x->kind != AST_LIT || x->u.lit.kind != LIT_INT ||
	    !value_get_i64(x->u.lit.p, (size_t)x->u.lit.n, out) ||
	    *out < low || *out > high)
		return err_at(r->e, span_from(&r->p, first),
		    "%s must be a whole number from %lld to %lld", what,
		    (long long)low, (long long)high);
	return 0;
}

int
plan_read_columns(struct plan_reader *r, struct schema **out)
{
	struct ast_column *c = NULL;
	int n = 0;

	if (at_op(&r->p, 0, "(") && at_op(&r->p, 1, ")"))
		r->p.i += 2;
	else
		TRY(parse_column_list(&r->p, 1, &c, &n));
	*out = schema_new(r->b.arena, n);
	for (int i = 0; i < n; i++)
		(*out)->col[i] = plan_field(&r->b.ids, c[i].name.name,
		    c[i].type, true);
	return 0;
}

int
plan_read_names(struct plan_reader *r, const char ***out, int *n)
{
	struct ast_ident *id = NULL;

	*n = 0;
	if (at_op(&r->p, 0, "(") && at_op(&r->p, 1, ")"))
		r->p.i += 2;
	else
		TRY(parse_idents(&r->p, "the name of a column", &id, n));
	*out = NEW_N(r->b.arena, const char *, *n + 1);
	for (int i = 0; i < *n; i++)
		(*out)[i] = id[i].name;
	return 0;
}

int
plan_read_options(struct plan_reader *r, struct option_list *out)
{
	struct ast_option *o = NULL;
	int n = 0;

	out->n = 0;
	out->v = NULL;
	if (!at_word(&r->p, 0, "options"))
		return 0;
	TRY(parse_options(&r->p, &o, &n));
	out->n = n;
	out->v = arena_alloc(r->b.arena, sizeof *out->v * (size_t)(n + 1));
	for (int i = 0; i < n; i++) {
		out->v[i].key = parse_lower(&r->p, o[i].key);
		out->v[i].value = o[i].value.p;
		if (strlen(o[i].value.p) != (size_t)o[i].value.n)
			return err_at(r->e, o[i].value.span,
			    "a NUL byte cannot stand here");
	}
	return 0;
}

static int
read_format(struct plan_reader *r, const char *why, const char **out)
{
	struct ast_ident id;

	TRY(parse_ident(&r->p, why, &id));
	*out = parse_lower(&r->p, id.name);
	return 0;
}

/* on error null | drop | quarantine 'dir' */
static int
read_on_error(struct plan_reader *r, struct source_request *q)
{
	static const char *const what[] = { "fail", "null", "drop",
	    "quarantine" };

	if (!take_words(&r->p, "on error"))
		return 0;
	for (int i = 0; i < 4; i++)
		if (take_word(&r->p, what[i]))
			q->on_error = what[i];
	if (q->on_error == NULL)
		return parse_expected(&r->p,
		    "fail, null, drop or quarantine behind on error");
	if (strcmp(q->on_error, "quarantine") == 0)
		TRY(plan_read_string(r, "a directory behind quarantine",
		    &q->quarantine_dir));
	return 0;
}

/* Files may have come and gone, but not the columns of their directories. */
static int
check_keys(struct plan_reader *r, const struct input *in,
    const struct schema *want, struct span span)
{
	int n = in->key ? in->key->ncol : 0;
	bool same = n == want->ncol;

	for (int i = 0; same && i < n; i++)
		same = strcasecmp(in->key->col[i].name,
		    want->col[i].name) == 0 &&
		    type_equal(in->key->col[i].type, want->col[i].type);
	if (same)
		return 0;
	err_at(r->e, span, "the plan and the directories of the files have "
	    "different partition columns");
	return err_hint(r->e, "the files have %d, the plan says %d", n,
	    want->ncol);
}

/* only (a, b as c): which columns of the files the scan gives. */
static int
read_only(struct plan_reader *r, const struct schema *all, struct node *n)
{
	int cap = 0, names = 0, k = 0;

	n->out = schema_new(r->b.arena, 0);
	TRY(need_op(&r->p, "(", "before the columns"));
	while (!at_op(&r->p, 0, ")")) {
		struct ast_ident as;
		struct field f;
		int at;

		if (k && !take_op(&r->p, ","))
			break;
		TRY(plan_read_column(r, all, &at));
		f = plan_field(&r->b.ids, all->col[at].name,
		    all->col[at].type, true);
		if (take_word(&r->p, "as")) {
			TRY(parse_ident(&r->p, "a name", &as));
			f.name = as.name;
		}
		names = k;
		ARENA_GROW(r->b.arena, n->out->col, names, cap);
		n->u.scan.col = arena_regrow(r->b.arena, n->u.scan.col,
		    sizeof(int) * (size_t)k, sizeof(int) * (size_t)(k + 1));
		n->out->col[k] = f;
		n->u.scan.col[k++] = at;
		n->out->ncol = k;
	}
	return need_op(&r->p, ")", "to close the columns");
}

static void
all_columns(struct plan_reader *r, const struct schema *all, struct node *n)
{
	n->out = schema_new(r->b.arena, all->ncol);
	n->u.scan.col = NEW_N(r->b.arena, int, all->ncol + 1);
	for (int i = 0; i < all->ncol; i++) {
		n->out->col[i] = plan_field(&r->b.ids, all->col[i].name,
		    all->col[i].type, true);
		n->u.scan.col[i] = i;
	}
}

static struct schema *
joined(struct arena *a, const struct schema *x, const struct schema *y)
{
	struct schema *s = schema_new(a, x->ncol + y->ncol);

	memcpy(s->col, x->col, sizeof *s->col * (size_t)x->ncol);
	memcpy(s->col + x->ncol, y->col, sizeof *s->col * (size_t)y->ncol);
	return s;
}

static int
resolve(struct plan_reader *r, struct source_request *q,
    const struct schema *file, const struct schema *key, struct node *n)
{
	struct schema *declared = schema_new(r->b.arena, file->ncol);
	struct input *in;

	for (int i = 0; i < file->ncol; i++) {
		declared->col[i] = file->col[i];
		declared->col[i].id = 0;
	}
	q->columns = declared;
	if (r->b.catalog->resolve(r->b.catalog, r->b.arena, q, &in, r->e) < 0)
		return err_place(r->e, q->span);
	in->file = declared;
	in->options = q->options;
	n->u.scan.input = in;
	return check_keys(r, in, key, q->span);
}

static int
read_paths(struct plan_reader *r, struct source_request *q)
{
	const char **path;

	TRY(read_format(r, "a format behind scan", &q->format));
	if (take_word(&r->p, "cmd"))
		return plan_read_string(r, "a command behind cmd",
		    &q->command);
	TRY(plan_read_strings(r, "a path", &path, &q->npath));
	q->path = path;
	return 0;
}

int
plan_read_scan(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = plan_read_node(r, NODE_SCAN, NULL, 0);
	struct source_request q = { .span = next_span(&r->p) };
	struct schema *file, *key = schema_new(r->b.arena, 0), *all;
	int first = r->p.i;

	(void)kid;
	TRY(read_paths(r, &q));
	q.span = span_from(&r->p, first);
	TRY(plan_read_columns(r, &file));
	if (take_word(&r->p, "partitions"))
		TRY(plan_read_columns(r, &key));
	all = joined(r->b.arena, file, key);
	if (take_word(&r->p, "only"))
		TRY(read_only(r, all, n));
	else
		all_columns(r, all, n);
	TRY(plan_read_options(r, &q.options));
	TRY(read_on_error(r, &q));
	n->u.scan.keep_strings = take_words(&r->p, "keep strings");
	TRY(resolve(r, &q, file, key, n));
	if (take_word(&r->p, "where"))
		TRY(plan_read_condition(r, n->out, "where",
		    &n->u.scan.filter));
	if (take_words(&r->p, "files where"))
		TRY(plan_read_condition(r, n->out, "files where",
		    &n->u.scan.prune));
	ARENA_GROW(r->b.arena, r->out->cut, r->out->ncut, r->cut_cap);
	TRY(scan_cut_plan(r->b.arena, n, r->conf, &r->b.env,
	    &r->out->cut[r->out->ncut++], r->e));
	*out = n;
	return 0;
}

int
plan_read_range(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = plan_read_node(r, NODE_RANGE, NULL, 0);
	struct ast_ident id;
	int64_t parts = 0;
	int first = r->p.i;

	(void)kid;
	TRY(plan_read_whole(r, "the start", INT64_MIN, INT64_MAX,
	    &n->u.range.start));
	TRY(need_op(&r->p, ",", "between the numbers of range"));
	TRY(plan_read_whole(r, "the end", INT64_MIN, INT64_MAX,
	    &n->u.range.end));
	TRY(need_op(&r->p, ",", "between the numbers of range"));
	TRY(plan_read_whole(r, "the step", INT64_MIN, INT64_MAX,
	    &n->u.range.step));
	if (n->u.range.step == 0)
		return err_at(r->e, span_from(&r->p, first),
		    "the step of range is 0");
	if (take_word(&r->p, "parts"))
		TRY(plan_read_whole(r, "the number of partitions", 1, 100000,
		    &parts));
	n->u.range.parts = (int)parts;
	TRY(need_word(&r->p, "as", "and the name of range's column"));
	TRY(parse_ident(&r->p, "a name", &id));
	n->out = schema_new(r->b.arena, 1);
	n->out->col[0] = plan_field(&r->b.ids, id.name, TYPE(I64), false);
	*out = n;
	return 0;
}

static int
read_rows(struct plan_reader *r, struct node *n)
{
	int cap = 0, width = 0, got;

	while (at_op(&r->p, 0, "(")) {
		int first = r->p.i;

		ARENA_GROW(r->b.arena, n->u.values.row, n->u.values.nrow, cap);
		TRY(plan_read_exprs(r, NULL, "values",
		    &n->u.values.row[n->u.values.nrow], &got));
		if (n->u.values.nrow++ && got != width)
			return err_at(r->e, span_from(&r->p, first), "this row "
			    "has %d columns, the first has %d", got, width);
		width = got;
		if (!take_op(&r->p, ","))
			break;
	}
	return width;
}

int
plan_read_values(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = plan_read_node(r, NODE_VALUES, NULL, 0);
	int width, first = r->p.i;

	(void)kid;
	TRY(width = read_rows(r, n));
	TRY(need_word(&r->p, "as", "and the columns of values"));
	TRY(plan_read_columns(r, &n->out));
	if (n->u.values.nrow && width != n->out->ncol)
		return err_at(r->e, span_from(&r->p, first), "the rows have %d "
		    "columns, %d are named", width, n->out->ncol);
	for (int i = 0; i < n->u.values.nrow; i++)
		for (int k = 0; k < width; k++) {
			struct expr **x = &n->u.values.row[i][k];
			struct span span = (*x)->span;

			if (!type_equal((*x)->type, n->out->col[k].type) &&
			    expr_coerce(&r->b.env, *x, n->out->col[k].type, x,
			    r->e) < 0)
				return err_place(r->e, span);
		}
	*out = n;
	return 0;
}

/* A stage is read once, so its columns keep their ids; but one that is kept
 * may be read several times. */
static void
note_read(struct plan_reader *r, struct node *n, int id,
    const struct node *from)
{
	struct stage *s = &r->now;

	n->out = from->out;
	if (from->u.exchange.part == PART_CACHE) {
		n->out = schema_new(r->b.arena, from->out->ncol);
		for (int i = 0; i < n->out->ncol; i++)
			n->out->col[i] = plan_field(&r->b.ids,
			    from->out->col[i].name, from->out->col[i].type,
			    from->out->col[i].nullable);
	}
	n->u.read.nstage = 1;
	n->u.read.stage = NEW_N(r->b.arena, int, 1);
	n->u.read.stage[0] = id;
	n->u.read.part = from->u.exchange.part;
	n->u.read.n = from->u.exchange.n;
	n->u.read.nkey = from->u.exchange.nkey;
	n->u.read.key = from->u.exchange.key;
	s->in = arena_regrow(r->b.arena, s->in, sizeof(int) * (size_t)s->nin,
	    sizeof(int) * (size_t)(s->nin + 1));
	s->in[s->nin++] = id;
}

/* read [broadcast | merge | cached] N, …: how, the other stage's exchange knows. */
int
plan_read_stage(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = plan_read_node(r, NODE_READ, NULL, 0);
	bool broadcast = take_word(&r->p, "broadcast");
	bool merge = !broadcast && take_word(&r->p, "merge");
	bool cached = !broadcast && !merge && take_word(&r->p, "cached");
	const struct node *from;
	struct span span = next_span(&r->p);
	int64_t id;

	(void)kid;
	TRY(plan_read_whole(r, "the number of a stage", 1, INT32_MAX, &id));
	if (id == r->now.id)
		return err_at(r->e, span, "stage %d reads itself", (int)id);
	if (id > r->out->n) {
		err_at(r->e, span, "stage %d is not there (yet)", (int)id);
		return err_hint(r->e, "a stage reads stages that stand before "
		    "it");
	}
	if (r->read[id - 1] && !cached)
		return err_at(r->e, span, "stage %d is read twice", (int)id);
	r->read[id - 1] = true;
	from = r->out->stage[id - 1].root;
	if (from->kind != NODE_EXCHANGE) {
		err_at(r->e, span, "stage %d ends with %s and cannot be read",
		    (int)id, node_name(from));
		return err_hint(r->e, "it would have to end with an exchange");
	}
	if (broadcast != (from->u.exchange.part == PART_BROADCAST) ||
	    merge != (from->u.exchange.part == PART_RANGE) ||
	    cached != (from->u.exchange.part == PART_CACHE)) {
		err_at(r->e, span, "stage %d is not exchanged for 'read%s'",
		    (int)id, broadcast ? " broadcast" : merge ? " merge" :
		    cached ? " cached" : "");
		return err_hint(r->e, "exchange broadcast goes with read "
		    "broadcast, exchange range with read merge, exchange "
		    "cache with read cached");
	}
	note_read(r, n, (int)id, from);
	*out = n;
	return 0;
}
