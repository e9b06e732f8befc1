/*
 * keep_stmt -- see keep_stmt.h.
 *
 * A table is cached at once by a job that ends with its exchange.  Repeat
 * does the same at the end of a turn with the names that are carried from
 * turn to turn: those that were there before it and are bound anew inside.
 * They become checkpoints, so that plans stay small.  Those two checkpoints
 * ago, and what else was kept then, are freed (they could be made again).
 */
#include "driver/keep_stmt.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/near.h"
#include "driver/executors.h"
#include "driver/remote_kept.h"
#include "driver/reread.h"
#include "plan/plantext.h"

#define TURNS_MAX 1000000

/* Runs the job that makes it, if it is not there. */
static int
fill(struct app *a, struct kept *k, struct err *e)
{
	struct phases p;

	if (k->parts || k->off || a->planning)
		return 0;
	TRY(job_plan(a, bind_kept_node(&a->binder, k), &p, NULL, NULL, e));
	TRY(reread_plan(a, &p.stages, e));
	if (a->verbose > 1 || a->dry_run) {
		struct text t = { 0 };

		plantext_print(&t, p.stages);
		fputs(text_str(&t), a->dry_run ? stdout : stderr);
		text_release(&t);
	}
	return a->dry_run ? 0 : job_run(a, p.stages, e);
}

static int
level_of(struct app *a, const struct ast_stmt *s,
    const struct kept_level **out, struct err *e)
{
	*out = kept_level_find("memory_disk");
	for (int i = 0; i < s->u.cache.noption; i++) {
		const struct ast_option *o = &s->u.cache.option[i];
		const char *value;

		if (strcasecmp(o->key, "storageLevel") != 0) {
			err_at(e, o->value.span, "unknown option '%s'",
			    o->key);
			return err_hint(e, "cache table has the option "
			    "storageLevel");
		}
		TRY(bind_string(&a->binder, &o->value, &value, e));
		TRY(bind_level(value, o->value.span, out, e));
	}
	return 0;
}

/* The name that stands there must be a view. */
static int
known(struct app *a, const struct ast_name *n, struct err *e)
{
	if (n->npart == 1 && bind_name_find(a->binder.names, n->part[0].name))
		return 0;
	return bind_unknown_table(a->binder.names, n, e);
}

int
cache_stmt(struct app *a, const struct ast_stmt *s, struct err *e)
{
	const struct ast_name *n = &s->u.cache.name;
	const struct kept_level *level;
	struct kept *k;

	TRY(level_of(a, s, &level, e));
	if (s->u.cache.query) {
		struct ast_view v = { .query = s->u.cache.query };

		v.name = n->part[n->npart - 1];
		TRY(bind_view(&a->binder, &v, e));
	}
	TRY(known(a, n, e));
	if (level->flags == 0)
		return 0;
	TRY(bind_name_keep(&a->binder, n->part[0].name, n->span, level, 0, &k,
	    e));
	return s->u.cache.lazy ? 0 : fill(a, k, e);
}

/* Memory and files are free now, here and at the executors. */
static void
drop_rows(struct app *a, struct kept *k)
{
	cache_drop(&a->cache, k);
	if (a->cluster == NULL)
		return;
	cluster_enter(a->cluster);
	remote_kept_forget(a->cluster, k);
	cluster_leave(a->cluster);
}

static void
forget(struct app *a, struct kept *k)
{
	if (k == NULL || k->checkpoint)
		return;
	drop_rows(a, k);
	k->off = 1;
}

void
uncache_name(struct app *a, const char *name)
{
	const struct bind_name *n = bind_name_find(a->binder.names, name);

	if (n)
		forget(a, n->kept);
}

int
uncache_stmt(struct app *a, const struct ast_stmt *s, struct err *e)
{
	const struct ast_name *n = &s->u.cache.name;
	struct err ignored;

	if (n->npart == 0) {
		for (struct kept *k = a->binder.kept; k; k = k->next)
			forget(a, k);
		return 0;
	}
	if (s->u.cache.if_exists && known(a, n, &ignored) < 0)
		return 0;
	TRY(known(a, n, e));
	uncache_name(a, n->part[0].name);
	return 0;
}

static int
whole(struct app *a, const struct ast_expr *x, const char *what, int64_t low,
    int64_t *out, struct err *e)
{
	struct datum d;

	TRY(bind_const_expr(&a->binder, x, &d, e));
	if (d.null || !type_is_int(d.type) || d.i < low || d.i > TURNS_MAX)
		return err_at(e, x->span, "%s must be a whole number from %d "
		    "to %d", what, (int)low, TURNS_MAX);
	*out = d.i;
	return 0;
}

/* Was the name bound (not dropped) since, and is this its newest meaning? */
static bool
carried(struct app *a, const struct bind_name *n,
    const struct bind_name *before)
{
	return bind_name_find(a->binder.names, n->name) == n &&
	    bind_name_find(before, n->name);
}

/* Rows of the carried names that were bound since the last time. */
static int
checkpoint(struct app *a, const struct bind_name *since,
    const struct bind_name *before, struct span span, struct err *e)
{
	const struct kept_level *level = kept_level_find("memory_disk");

	for (const struct bind_name *n = a->binder.names; n != since;
	    n = n->next) {
		struct kept *k;

		if (!carried(a, n, before))
			continue;
		TRY(bind_name_keep(&a->binder, n->name, span, level, 1, &k,
		    e));
		TRY(fill(a, k, e));
	}
	return 0;
}

/* Frees what is kept with numbers from low on, below high. */
static void
free_turns(struct app *a, int low, int high)
{
	for (struct kept *k = a->binder.kept; k && k->number >= low; k = k->next)
		if (k->number < high)
			drop_rows(a, k);
}

int
repeat_stmt(struct app *a, const struct ast_stmt *s,
    int (*run)(void *arg, const struct ast_stmt *s, struct err *e), void *arg,
    struct err *e)
{
	const struct ast_repeat *r = &s->u.repeat;
	const struct bind_name *before = a->binder.names, *since = before;
	bool dry = a->dry_run || a->planning;
	int64_t times = 0, every = 1;
	int low = a->binder.nkept + 1, middle = low, high = low;

	TRY(whole(a, r->times, "the number of turns", 0, &times, e));
	if (r->every)
		TRY(whole(a, r->every, "checkpoint every", 1, &every, e));
	if (dry && times > 1)
		times = 1;
	for (int64_t turn = 1; turn <= times; turn++) {
		for (int i = 0; i < r->nstmt; i++)
			TRY(run(arg, r->stmt[i], e));
		if (turn % every || dry)
			continue;
		TRY(checkpoint(a, since, before, s->span, e));
		/* Names that were not carried may still read what was the
		 * state at the last checkpoint. */
		free_turns(a, low, middle);
		low = middle;
		middle = high;
		high = a->binder.nkept + 1;
		since = a->binder.names;
	}
	return 0;
}
