/*
 * sql_show_stage -- stages and what they hold, for tests (sql_show.h).
 */
#ifndef TESTS_SQL_SHOW_STAGE_H
#define TESTS_SQL_SHOW_STAGE_H

#include "sql_show_from.h"

static void
show_groups(struct show *s, const struct ast_group *g, int n)
{
	static const char *const kind[] = {
		"", "all", "cube", "rollup", "sets"
	};

	for (int i = 0; i < n; i++, g++) {
		text_addf(s->to, " %s", kind[g->kind]);
		for (int k = 0; k < g->nset; k++) {
			text_adds(s->to, k ? ",[" : "[");
			show_exprs(s, g->set[k].v, g->set[k].n);
			text_adds(s->to, " ]");
		}
		show_groups(s, g->kid, g->nkid);
	}
}

static void
show_write(struct show *s, const struct ast_write *w)
{
	static const char *const kind[] = { "files", "stdout", "cmd" };
	static const char *const mode[] = {
		"", " error", " overwrite", " append", " ignore"
	};

	text_addf(s->to, " %s", kind[w->kind]);
	show_string(s, &w->path);
	if (w->format)
		text_addf(s->to, " %s", w->format->name);
	show_options(s, w->option, w->noption);
	if (w->npart)
		text_adds(s->to, " by");
	show_idents(s, w->part, w->npart);
	text_addf(s->to, "%s%s", mode[w->mode], w->single ? " single" : "");
	if (w->files)
		text_addf(s->to, " files %d", w->files);
}

static void
show_pipe(struct show *s, const struct ast_pipe *v)
{
	show_exprs(s, v->by, v->nby);
	show_sorts(s, v->sort, v->nsort);
	show_string(s, &v->cmd);
	text_addf(s->to, "%s%s%s%s", v->in ? " in " : "",
	    v->in ? v->in->name : "", v->out ? " out " : "",
	    v->out ? v->out->name : "");
	for (int i = 0; i < v->nok; i++)
		text_addf(s->to, " ok %d", v->ok[i]);
	if (v->timeout_ms)
		text_addf(s->to, " %ldms", v->timeout_ms);
	text_adds(s->to, v->pure ? " pure" : "");
	for (int i = 0; i < v->nfile; i++)
		show_string(s, &v->file[i]);
	show_columns(s, v->column, v->ncolumn);
}

static void
show_stage_node(struct show *s, const struct ast_query *q)
{
	switch (q->kind) {
	case AST_SET:
		text_adds(s->to, "set");
		for (int i = 0; i < q->u.set.n; i++) {
			show_ident(s, &q->u.set.v[i].column);
			show_part(s, "=", q->u.set.v[i].expr);
		}
		break;
	case AST_DROP:
		text_adds(s->to, "drop");
		show_idents(s, q->u.drop.v, q->u.drop.n);
		break;
	case AST_WHERE:
		text_adds(s->to, "where");
		show_exprs(s, &q->u.expr, 1);
		break;
	case AST_AGGREGATE:
		text_adds(s->to, "aggregate");
		show_exprs(s, q->u.aggregate.item, q->u.aggregate.nitem);
		if (q->u.aggregate.ngroup)
			text_adds(s->to, " group");
		show_groups(s, q->u.aggregate.group, q->u.aggregate.ngroup);
		break;
	case AST_REPARTITION:
	case AST_COALESCE:
	case AST_REBALANCE:
		text_adds(s->to, q->kind == AST_COALESCE ? "coalesce" :
		    q->kind == AST_REBALANCE ? "rebalance" : "repartition");
		show_part(s, "n", q->u.repartition.n);
		show_exprs(s, q->u.repartition.by, q->u.repartition.nby);
		break;
	case AST_PIPE:
		text_adds(s->to, "pipe");
		show_pipe(s, &q->u.pipe);
		break;
	case AST_WRITE:
	case AST_TEE:
		text_adds(s->to, q->kind == AST_TEE ? "tee" : "write");
		show_write(s, &q->u.write);
		break;
	case AST_CACHE:
	case AST_CHECKPOINT:
		text_adds(s->to, q->kind == AST_CACHE ? "cache" : "checkpoint");
		if (q->u.cache.level)
			show_ident(s, q->u.cache.level);
		show_string(s, &q->u.cache.dir);
		break;
	default:
		assert(q->kind == AST_ASSERT);
		text_adds(s->to, "assert");
		show_exprs(s, &q->u.assertion.cond, 1);
		show_string(s, &q->u.assertion.message);
	}
}

#endif
