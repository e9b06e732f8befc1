/*
 * plantext_node -- one operator as plan text; sp-plan(5) has the grammar.
 *
 * What is written is what the parser cannot find out by itself: names that
 * an operator gives, types of what comes from outside, all options.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "plan/plantext.h"
#include "plan/plantext_print.h"

static const char *const join_name[] = { "inner", "left", "right", "full",
	"semi", "anti", "anti_null", "mark", "cross" };
static const char *const how_name[] = { "", " broadcast", " shuffled",
	" loop", " merge" };
static const char *const mode_name[] = { "", " partial", " merge", " final" };
static const char *const part_name[] = { "any", "single", "hash", "range",
	"robin", "broadcast", "cache" };

static void
quoted(struct text *to, const char *before, const char *s)
{
	text_adds(to, before);
	text_add_quoted(to, s, strlen(s));
}

static void
print_columns(struct text *to, const struct schema *s, int from, int n)
{
	text_addc(to, '(');
	for (int i = from; i < n; i++) {
		if (i > from)
			text_adds(to, ", ");
		plantext_name(to, s->col[i].name);
		text_addc(to, ' ');
		type_print(to, s->col[i].type);
	}
	text_addc(to, ')');
}

static void
print_names(struct text *to, const struct schema *s, int from)
{
	text_addc(to, '(');
	for (int i = from; i < s->ncol; i++) {
		if (i > from)
			text_adds(to, ", ");
		plantext_name(to, s->col[i].name);
	}
	text_addc(to, ')');
}

static void
print_exprs(struct text *to, struct expr *const *x, int n,
    const struct schema *in)
{
	text_addc(to, '(');
	for (int i = 0; i < n; i++) {
		if (i)
			text_adds(to, ", ");
		plantext_expr(to, x[i], in);
	}
	text_addc(to, ')');
}

static void
print_keys(struct text *to, const struct sort_key *k, int n,
    const struct schema *in)
{
	for (int i = 0; i < n; i++) {
		if (i)
			text_adds(to, ", ");
		plantext_expr(to, k[i].x, in);
		if (k[i].desc)
			text_adds(to, " desc");
		if (k[i].nulls_last != k[i].desc)
			text_adds(to, k[i].nulls_last ? " nulls last" :
			    " nulls first");
	}
}

/* An expression and the name that it gets, unless it is a column that
 * keeps its name. */
static void
print_item(struct text *to, const struct expr *x, const struct schema *in,
    const char *name)
{
	int at = x->kind == EXPR_COL ? schema_find(in, x->u.col.id) : -1;

	plantext_expr(to, x, in);
	if (at >= 0 && strcmp(in->col[at].name, name) == 0)
		return;
	text_adds(to, " as ");
	plantext_name(to, name);
}

static void
print_options(struct text *to, const struct option_list *o)
{
	if (o->n)
		text_adds(to, " options (");
	for (int i = 0; i < o->n; i++) {
		if (i)
			text_adds(to, ", ");
		plantext_name(to, o->v[i].key);
		quoted(to, " ", o->v[i].value);
	}
	if (o->n)
		text_addc(to, ')');
}

static int
key_count(const struct input *in)
{
	return in->key ? in->key->ncol : 0;
}

/* Are the columns of the scan all columns of the files, in their order? */
static bool
all_columns(const struct node *n)
{
	const struct input *in = n->u.scan.input;
	int all = in->file->ncol + key_count(in);

	for (int i = 0; i < n->out->ncol; i++) {
		int c = n->u.scan.col[i];
		const char *name = c < in->file->ncol ?
		    in->file->col[c].name :
		    in->key->col[c - in->file->ncol].name;

		if (c != i || strcmp(name, n->out->col[i].name) != 0)
			return false;
	}
	return n->out->ncol == all;
}

static void
print_source(struct text *to, const struct input *in)
{
	text_adds(to, in->format);
	if (in->command)
		quoted(to, " cmd ", in->command);
	else if (in->npath == 0)
		quoted(to, " ", in->text);
	for (int i = 0; in->command == NULL && i < in->npath; i++)
		quoted(to, i ? ", " : " ", in->path[i]);
	text_addc(to, ' ');
	print_columns(to, in->file, 0, in->file->ncol);
	if (key_count(in)) {
		text_adds(to, " partitions ");
		print_columns(to, in->key, 0, in->key->ncol);
	}
}

/* only (…): numbers tell columns of one name apart, "as" renames. */
static void
print_only(struct text *to, const struct node *n)
{
	const struct input *in = n->u.scan.input;
	int nfile = in->file->ncol, all = nfile + key_count(in);
	struct field *f = xmalloc(sizeof *f * (size_t)(all + 1));
	struct schema s = { all, f };

	memcpy(f, in->file->col, sizeof *f * (size_t)nfile);
	if (all > nfile)
		memcpy(f + nfile, in->key->col,
		    sizeof *f * (size_t)(all - nfile));
	text_adds(to, " only (");
	for (int i = 0; i < n->out->ncol; i++) {
		int c = n->u.scan.col[i];

		if (i)
			text_adds(to, ", ");
		plantext_column(to, &s, c);
		if (strcmp(f[c].name, n->out->col[i].name) != 0) {
			text_adds(to, " as ");
			plantext_name(to, n->out->col[i].name);
		}
	}
	text_addc(to, ')');
	free(f);
}

static void
print_scan(struct plan_writer *w, const struct node *n)
{
	const struct input *in = n->u.scan.input;
	struct text *to = w->to;

	text_adds(to, "scan ");
	print_source(to, in);
	if (!all_columns(n))
		print_only(to, n);
	print_options(to, &in->options);
	if (strcmp(in->on_error, "fail") != 0)
		text_addf(to, " on error %s", in->on_error);
	if (in->quarantine_dir)
		quoted(to, " ", in->quarantine_dir);
	if (n->u.scan.keep_strings)
		text_adds(to, " keep strings");
	if (n->u.scan.filter) {
		text_adds(to, " where ");
		plantext_expr(to, n->u.scan.filter, n->out);
	}
	if (n->u.scan.prune) {
		text_adds(to, " files where ");
		plantext_expr(to, n->u.scan.prune, n->out);
	}
}

static void
print_range(struct plan_writer *w, const struct node *n)
{
	text_addf(w->to, "range %" PRId64 ", %" PRId64 ", %" PRId64,
	    n->u.range.start, n->u.range.end, n->u.range.step);
	if (n->u.range.parts)
		text_addf(w->to, " parts %d", n->u.range.parts);
	text_adds(w->to, " as ");
	plantext_name(w->to, n->out->col[0].name);
}

static void
print_values(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, "values ");
	for (int i = 0; i < n->u.values.nrow; i++) {
		if (i)
			text_adds(w->to, ", ");
		print_exprs(w->to, n->u.values.row[i], n->out->ncol, NULL);
	}
	text_adds(w->to, n->u.values.nrow ? " as " : "as ");
	print_columns(w->to, n->out, 0, n->out->ncol);
}

static void
print_filter(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, "filter ");
	plantext_expr(w->to, n->u.filter.cond, n->kid[0]->out);
}

static void
print_project(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, "project");
	for (int i = 0; i < n->out->ncol; i++) {
		text_adds(w->to, i ? ", " : " ");
		print_item(w->to, n->u.project.x[i], n->kid[0]->out,
		    n->out->col[i].name);
	}
}

static void
print_generate(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, n->u.generate.outer ? "generate outer " :
	    "generate ");
	plantext_expr(w->to, n->u.generate.call, n->kid[0]->out);
	text_adds(w->to, " as ");
	print_names(w->to, n->out, n->kid[0]->out->ncol);
}

const struct node *
plantext_partial(const struct stages *s, const struct node *n)
{
	while (n->kind == NODE_AGGREGATE ? n->u.agg.mode != AGG_PARTIAL :
	    n->kind == NODE_READ || n->nkid == 1) {
		if (n->kind != NODE_READ)
			n = n->kid[0];
		else if (s && n->u.read.stage[0] <= s->n)
			n = s->stage[n->u.read.stage[0] - 1].root;
		else
			return NULL;
		if (n->kind == NODE_AGGREGATE &&
		    n->u.agg.mode != AGG_PARTIAL && n->u.agg.mode != AGG_MERGE)
			return NULL;
	}
	return n->kind == NODE_AGGREGATE ? n : NULL;
}

/* States have no names of their own: they are FUNCTION.0, FUNCTION.1 … */
static void
print_aggregate(struct plan_writer *w, const struct node *n)
{
	const struct schema *in = n->kid[0]->out, *args = in;
	enum agg_mode mode = n->u.agg.mode;
	bool states = mode == AGG_PARTIAL || mode == AGG_MERGE;

	if (mode == AGG_FINAL || mode == AGG_MERGE) {
		const struct node *p = plantext_partial(w->stages, n);

		args = p ? p->kid[0]->out : NULL;
	}
	text_addf(w->to, "aggregate%s", mode_name[mode]);
	for (int i = 0; i < n->u.agg.nagg; i++) {
		text_adds(w->to, i ? ", " : " ");
		plantext_expr(w->to, n->u.agg.agg[i], args);
		if (states)
			continue;
		text_adds(w->to, " as ");
		plantext_name(w->to, n->out->col[n->u.agg.nkey + i].name);
	}
	for (int i = 0; i < n->u.agg.nkey; i++) {
		text_adds(w->to, i ? ", " : " by ");
		print_item(w->to, n->u.agg.key[i], in, n->out->col[i].name);
	}
}

static void
print_inputs(struct plan_writer *w, const struct node *n)
{
	for (int i = 1; w->inputs && i < n->nkid; i++) {
		text_adds(w->to, " [ ");
		plantext_chain(w, n->kid[i]);
		text_adds(w->to, " ]");
	}
}

static void
print_join(struct plan_writer *w, const struct node *n)
{
	const struct schema *l = n->kid[0]->out, *r = n->kid[1]->out;

	text_addf(w->to, "join %s%s", join_name[n->u.join.kind],
	    how_name[n->u.join.how]);
	print_inputs(w, n);
	if (n->u.join.nkey) {
		text_adds(w->to, " on ");
		print_exprs(w->to, n->u.join.lkey, n->u.join.nkey, l);
		text_adds(w->to, " = ");
		print_exprs(w->to, n->u.join.rkey, n->u.join.nkey, r);
	}
	if (n->u.join.cond) {
		text_adds(w->to, " when ");
		plantext_expr2(w->to, n->u.join.cond, l, r);
	}
	if (n->u.join.kind == JOIN_MARK) {
		text_adds(w->to, " as ");
		plantext_name(w->to, n->out->col[n->out->ncol - 1].name);
	}
}

static void
print_union(struct plan_writer *w, const struct node *n)
{
	const struct schema *first = n->kid[0]->out;
	bool same = true;

	text_adds(w->to, "union");
	print_inputs(w, n);
	for (int i = 0; i < n->out->ncol; i++)
		same &= strcmp(n->out->col[i].name, first->col[i].name) == 0;
	if (same)
		return;
	text_adds(w->to, " as ");
	print_names(w->to, n->out, 0);
}

static void
print_sort(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, n->u.sort.global ? "sort global " : "sort ");
	print_keys(w->to, n->u.sort.key, n->u.sort.nkey, n->out);
}

static void
print_topn(struct plan_writer *w, const struct node *n)
{
	text_addf(w->to, "topn %" PRId64 " ", n->u.topn.limit);
	print_keys(w->to, n->u.topn.key, n->u.topn.nkey, n->out);
}

static void
print_limit(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, "limit");
	if (n->u.limit.limit >= 0)
		text_addf(w->to, " %" PRId64, n->u.limit.limit);
	if (n->u.limit.offset || n->u.limit.limit < 0)
		text_addf(w->to, " offset %" PRId64, n->u.limit.offset);
}

static void
print_setop(struct plan_writer *w, const struct node *n)
{
	text_addf(w->to, "%s%s", n->u.setop.kind == SETOP_EXCEPT ? "except" :
	    "intersect", n->u.setop.all ? " all" : "");
	print_inputs(w, n);
}

static void
print_repartition(struct plan_writer *w, const struct node *n)
{
	text_addf(w->to, "repartition %s", part_name[n->u.repartition.part]);
	if (n->u.repartition.n)
		text_addf(w->to, " %d", n->u.repartition.n);
	if (n->u.repartition.nkey) {
		text_adds(w->to, " by ");
		print_keys(w->to, n->u.repartition.key,
		    n->u.repartition.nkey, n->out);
	}
}

static void
print_pipe(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, "pipe");
	if (n->u.pipe.ngroup) {
		text_adds(w->to, " by ");
		print_exprs(w->to, n->u.pipe.group, n->u.pipe.ngroup,
		    n->kid[0]->out);
	}
	quoted(w->to, " ", n->u.pipe.command);
	text_addf(w->to, " in %s out %s as ", n->u.pipe.in_format,
	    n->u.pipe.out_format);
	print_columns(w->to, n->out, 0, n->out->ncol);
	for (int i = 0; i < n->u.pipe.nok; i++)
		text_addf(w->to, i ? ", %d" : " ok %d", n->u.pipe.ok[i]);
	if (n->u.pipe.timeout_ms)
		text_addf(w->to, " timeout %" PRId64, n->u.pipe.timeout_ms);
	if (n->u.pipe.pure)
		text_adds(w->to, " pure");
	for (int i = 0; i < n->u.pipe.nfile; i++)
		quoted(w->to, i ? ", " : " files ", n->u.pipe.file[i]);
}

/* write and tee to files, collect to stdout or a command. */
static void
print_write(struct plan_writer *w, const struct node *n)
{
	static const char *const mode[] = { "", " overwrite", " append",
	    " ignore" };

	text_adds(w->to, node_name(n));
	if (n->kind != NODE_COLLECT)
		quoted(w->to, " ", n->u.write.target);
	else if (n->u.write.command)
		quoted(w->to, " cmd ", n->u.write.command);
	if (n->u.write.format)
		text_addf(w->to, " %s", n->u.write.format);
	print_options(w->to, &n->u.write.options);
	for (int i = 0; i < n->u.write.npart; i++) {
		text_adds(w->to, i ? ", " : " partition by (");
		plantext_column(w->to, n->out, n->u.write.part[i]);
	}
	if (n->u.write.npart)
		text_addc(w->to, ')');
	text_adds(w->to, mode[n->u.write.mode]);
	if (n->u.write.single)
		text_adds(w->to, " single");
	if (n->u.write.files)
		text_addf(w->to, " files %d", n->u.write.files);
}

static void
print_assert(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, "assert ");
	plantext_expr(w->to, n->u.check.cond, n->kid[0]->out);
	if (n->u.check.message)
		quoted(w->to, " message ", n->u.check.message);
}

static void
print_expand(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, "expand ");
	for (int i = 0; i < n->u.expand.nproj; i++) {
		if (i)
			text_adds(w->to, ", ");
		print_exprs(w->to, n->u.expand.x[i], n->out->ncol,
		    n->kid[0]->out);
	}
	text_adds(w->to, " as ");
	print_columns(w->to, n->out, 0, n->out->ncol);
}

/* cache NUMBER LEVEL [checkpoint] [of NAME] [kept PARTITIONS] */
static void
print_kept(struct text *to, const struct kept *k)
{
	text_addf(to, " %d %s%s", k->number, k->level->name,
	    k->checkpoint ? " checkpoint" : "");
	if (k->name) {
		text_adds(to, " of ");
		plantext_name(to, k->name);
	}
	if (k->parts)
		text_addf(to, " kept %d", k->parts);
}

static void
print_cache(struct plan_writer *w, const struct node *n)
{
	const struct kept *k = n->u.cache.kept;

	text_adds(w->to, n->nkid ? "cache" : "checkpoint");
	if (n->nkid) {
		print_kept(w->to, k);
		return;
	}
	text_addf(w->to, " %d parts %d as ", k->number, k->parts);
	print_columns(w->to, n->out, 0, n->out->ncol);
}

static void
print_exchange(struct plan_writer *w, const struct node *n)
{
	enum part_kind part = n->u.exchange.part;

	text_addf(w->to, "exchange %s", part_name[part]);
	if (part == PART_CACHE) {
		print_kept(w->to, n->u.exchange.kept);
		return;
	}
	if (n->u.exchange.nkey) {
		text_addc(w->to, '(');
		print_keys(w->to, n->u.exchange.key, n->u.exchange.nkey,
		    n->out);
		text_addc(w->to, ')');
	}
	if (part != PART_SINGLE && part != PART_BROADCAST)
		text_addf(w->to, " %d", n->u.exchange.n);
	if (n->u.exchange.n_fixed)
		text_adds(w->to, " fixed");
}

static void
print_read(struct plan_writer *w, const struct node *n)
{
	text_adds(w->to, n->u.read.part == PART_BROADCAST ? "read broadcast" :
	    n->u.read.part == PART_RANGE ? "read merge" :
	    n->u.read.part == PART_CACHE ? "read cached" : "read");
	for (int i = 0; i < n->u.read.nstage; i++)
		text_addf(w->to, "%s%d", i ? ", " : " ", n->u.read.stage[i]);
}

void
plantext_node(struct plan_writer *w, const struct node *n)
{
	static void (*const print[NODE_KINDS])(struct plan_writer *,
	    const struct node *) = {
		[NODE_SCAN] = print_scan, [NODE_RANGE] = print_range,
		[NODE_VALUES] = print_values, [NODE_FILTER] = print_filter,
		[NODE_PROJECT] = print_project,
		[NODE_GENERATE] = print_generate,
		[NODE_AGGREGATE] = print_aggregate, [NODE_JOIN] = print_join,
		[NODE_SORT] = print_sort, [NODE_TOPN] = print_topn,
		[NODE_LIMIT] = print_limit, [NODE_UNION] = print_union,
		[NODE_SETOP] = print_setop,
		[NODE_REPARTITION] = print_repartition,
		[NODE_PIPE] = print_pipe, [NODE_TEE] = print_write,
		[NODE_ASSERT] = print_assert, [NODE_EXPAND] = print_expand,
		[NODE_CACHE] = print_cache,
		[NODE_WRITE] = print_write, [NODE_COLLECT] = print_write,
		[NODE_EXCHANGE] = print_exchange, [NODE_READ] = print_read,
	};

	print[n->kind](w, n);
}
