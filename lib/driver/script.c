/*
 * script -- runs the statements of a script, one after the other, but for
 * those that may run at once (driver/abreast.h); all outputs are committed
 * together at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/abreast.h"
#include "driver/events.h"
#include "driver/explain.h"
#include "driver/job.h"
#include "driver/keep_stmt.h"
#include "driver/rows_out.h"
#include "driver/reread.h"
#include "driver/show.h"
#include "base/near.h"
#include "base/zone.h"
#include "plan/plantext.h"
#include "sql/parse.h"
#include "sql/plan_read.h"

#define INCLUDE_DEPTH_MAX 64

static int run_source(struct app *a, int src, int depth, struct err *e);

static int
read_source(struct app *a, const char *path, struct err *e)
{
	struct text t = { 0 };
	ssize_t n = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", path);
	while (n > 0 && t.n <= PARSE_BYTES_MAX) {
		n = read(fd, text_room(&t, 65536), 65536);
		if (n > 0)
			t.n += (size_t)n;
	}
	close(fd);
	if (n < 0) {
		text_release(&t);
		return err_sys(e, "could not read \"%s\"", path);
	}
	ARENA_GROW(&a->arena, a->source, a->nsource, a->source_cap);
	a->source[a->nsource++] = (struct source){
	    arena_strdup(&a->arena, path),
	    arena_memdup(&a->arena, t.p ? t.p : "", t.n), t.n };
	text_release(&t);
	return a->nsource - 1;
}

/* Relative to the including file; each file once. */
static int
run_include(struct app *a, const struct ast_stmt *s, int src, int depth,
    struct err *e)
{
	const char *from = a->source[src].name, *slash = strrchr(from, '/');
	const char *path;
	int n;

	TRY(bind_string(&a->binder, &s->u.include.path, &path, e));
	if (*path != '/' && slash)
		path = arena_printf(&a->arena, "%.*s/%s", (int)(slash - from),
		    from, path);
	if (depth >= INCLUDE_DEPTH_MAX)
		return err_at(e, s->span, "includes are nested too deeply");
	for (int i = 0; i < a->nsource; i++)
		if (strcmp(a->source[i].name, path) == 0) {
			if (a->source[i].text == NULL || i <= src)
				return err_at(e, s->span, "\"%s\" includes "
				    "itself", path);
			return 0;
		}
	n = read_source(a, path, e);
	if (n < 0)
		return err_place(e, s->span);
	return run_source(a, n, depth + 1, e);
}

static int
run_set(struct app *a, const struct ast_stmt *s, struct err *e)
{
	int r;

	if (s->u.set.reset)
		return err_at(e, s->span, "reset: not supported yet");
	if (s->u.set.key == NULL || s->u.set.value == NULL)
		return show_settings(a, s->u.set.key, e);
	r = conf_set(&a->conf, s->u.set.key, s->u.set.value, CONF_SET, NULL, e);
	if (r < 0)
		return err_place(e, s->u.set.key_span);
	if (strcmp(s->u.set.key, "spark.sql.session.timeZone") == 0 &&
	    zone_load(&a->arena, s->u.set.value, &a->binder.env.zone, e) < 0)
		return err_place(e, s->u.set.value_span);
	a->binder.env.seed = (uint64_t)conf_int(&a->conf, "sp.seed");
	return 0;
}

static int
run_param(struct app *a, const struct ast_stmt *s, struct err *e)
{
	const char *name = s->u.param.name.name, *given = NULL;
	size_t n = strlen(name);

	for (int i = 0; a->define && a->define[i]; i++)
		if (strncmp(a->define[i], name, n) == 0 &&
		    a->define[i][n] == '=')
			given = a->define[i] + n + 1;
	return bind_param(&a->binder, s, given, e);
}

static int
show_plan(const struct app *a, const struct stages *s)
{
	struct text t = { 0 };

	plantext_print(&t, s);
	fputs(text_str(&t), a->dry_run ? stdout : stderr);
	text_release(&t);
	return 0;
}

static int
run_query(struct app *a, const struct ast_query *q, struct err *e)
{
	struct phases p;
	struct node *root;

	TRY(bind_action(&a->binder, q, &root, e));
	TRY(job_plan(a, root, &p, NULL, NULL, e));
	TRY(reread_plan(a, &p.stages, e));
	if (a->verbose > 1 || a->dry_run)
		show_plan(a, p.stages);
	return a->dry_run || abreast_add(a, p.stages) ? 0 :
	    job_run(a, p.stages, e);
}

static int
refuse(const struct ast_stmt *s, struct err *e)
{
	static const char *const name[] = {
		[STMT_CREATE_TABLE] = "create table",
		[STMT_INSERT] = "insert into a table",
	};

	return err_at(e, s->span, "%s: not supported yet", name[s->kind] ?
	    name[s->kind] : "this statement");
}

static int
run_drop(struct app *a, const struct ast_stmt *s, struct err *e)
{
	const struct ast_name *n = &s->u.drop.name;
	const char *name = n->part[n->npart - 1].name;

	uncache_name(a, name);
	if (bind_drop(&a->binder, name))
		return 0;
	return s->u.drop.if_exists ? 0 :
	    err_at(e, n->span, "unknown table '%s'", name);
}

struct inner {                  /* where a block stands */
	struct app *a;
	int src, depth;
};

static int run_stmt(struct app *a, const struct ast_stmt *s, int src,
    int depth, struct err *e);

static int
run_inner(void *arg, const struct ast_stmt *s, struct err *e)
{
	struct inner *i = arg;

	TRY(run_stmt(i->a, s, i->src, i->depth, e));
	TRY(abreast_flush(i->a, e));
	return rows_out_flush(i->a, e);
}

/* Has it no effect on statements that wait, nor they on it? */
static bool
passes(const struct ast_stmt *s)
{
	switch (s->kind) {
	case STMT_QUERY:        /* it looks itself, when it is planned */
	case STMT_INCLUDE:
	case STMT_LET:
	case STMT_PARAM:
	case STMT_DEF:
		return true;
	case STMT_SET:
		return s->u.set.key && s->u.set.value && !s->u.set.reset &&
		    strcmp(s->u.set.key, "spark.scheduler.pool") == 0;
	default:
		return false;
	}
}

static int
run_stmt(struct app *a, const struct ast_stmt *s, int src, int depth,
    struct err *e)
{
	if (!passes(s))
		TRY(abreast_flush(a, e));
	switch (s->kind) {
	case STMT_QUERY:   return run_query(a, s->u.query, e);
	case STMT_LET:     return bind_view(&a->binder, &s->u.view, e);
	case STMT_SET:     return run_set(a, s, e);
	case STMT_PARAM:   return run_param(a, s, e);
	case STMT_INCLUDE: return run_include(a, s, src, depth, e);
	case STMT_DEF:     return bind_def(&a->binder, &s->u.def, e);
	case STMT_EXPLAIN: return explain_stmt(a, s, e);
	case STMT_DESCRIBE: return describe_stmt(a, s, e);
	case STMT_SHOW:    return show_stmt(a, s, e);
	case STMT_DROP:    return run_drop(a, s, e);
	case STMT_CACHE:   return cache_stmt(a, s, e);
	case STMT_UNCACHE: return uncache_stmt(a, s, e);
	case STMT_REPEAT:
		return repeat_stmt(a, s, run_inner, &(struct inner){ a, src,
		    depth }, e);
	default:           return refuse(s, e);
	}
}

int
app_run_stmt(struct app *a, const struct ast_stmt *s, int src, struct err *e)
{
	return run_stmt(a, s, src, 0, e);
}

/* Is the parameter declared by the script, or by what ran so far? */
static bool
declared(const struct app *a, const struct ast_script *script,
    const char *name, struct near *near)
{
	for (int i = 0; i < script->nstmt; i++) {
		const struct ast_stmt *s = script->stmt[i];

		if (s->kind != STMT_PARAM)
			continue;
		if (strcmp(s->u.param.name.name, name) == 0)
			return true;
		near_offer(near, s->u.param.name.name);
	}
	for (const struct bind_param *p = a->binder.params; p; p = p->next)
		if (strcmp(p->name, name) == 0)
			return true;
	return false;
}

/* A -D that no statement asks for is a typing error. */
static int
check_defines(struct app *a, const struct ast_script *script, struct err *e)
{
	for (int i = 0; a->define && a->define[i]; i++) {
		const char *d = a->define[i];
		const char *name = arena_memdup(&a->arena, d, strcspn(d, "="));
		struct near near;

		near_init(&near, name);
		if (declared(a, script, name, &near))
			continue;
		err_user(e, EXIT_USAGE, "the job has no parameter '%s'", name);
		if (near.best)
			return err_hint(e, "did you mean '%s'?", near.best);
		return err_hint(e, "declare it with: param %s string;", name);
	}
	return 0;
}

static bool
includes_others(const struct ast_script *script)
{
	for (int i = 0; i < script->nstmt; i++)
		if (script->stmt[i]->kind == STMT_INCLUDE)
			return true;
	return false;
}

static int
run_source(struct app *a, int src, int depth, struct err *e)
{
	struct parse_options o = { .ansi_quotes = a->ansi_quotes };
	struct ast_script *script;

	TRY(parse_script(&a->arena, a->source[src].text, a->source[src].n, src,
	    &o, &script, e));
	if (depth == 0 && !includes_others(script))
		TRY(check_defines(a, script, e));
	for (int i = 0; i < script->nstmt; i++) {
		TRY(run_stmt(a, script->stmt[i], src, depth, e));
		TRY(rows_out_flush(a, e));
	}
	return depth == 0 ? check_defines(a, script, e) : 0;
}

static int
commit(struct app *a, struct err *e)
{
	struct output **v = NEW_N(&a->arena, struct output *, a->noutput + 1);
	struct event ev = { .kind = EVENT_COMMIT };
	int n = 0;

	for (int i = 0; i < a->noutput; i++)
		if (a->output[i])
			v[n++] = a->output[i];
	if (n == 0)
		return 0;
	for (int i = 0; i < n; i++)
		a->rows_out += output_rows(v[i]);
	TRY(output_commit_all(v, n, e));
	ev.outputs = n;
	ev.rows_out = a->rows_out;
	events_emit(a->events, &ev);
	return 0;
}

int
app_run_script(struct app *a, struct err *e)
{
	int r = run_source(a, 0, 0, e);

	if (r < 0)
		return abreast_failed(a, r, e);
	TRY(abreast_flush(a, e));
	return a->dry_run ? 0 : commit(a, e);
}

int
app_run_plan(struct app *a, const char *text, size_t n, struct err *e)
{
	struct plan_conf conf = app_plan_conf(a);
	struct stages **s;
	int nplan;

	TRY(nplan = plan_read(&a->binder, &conf, text, n, 0, &s, e));
	for (int i = 0; i < nplan; i++)
		if (!a->dry_run) {
			TRY(job_run(a, s[i], e));
		} else {
			fputs(i ? "\n" : "", stdout);
			show_plan(a, s[i]);
		}
	if (a->dry_run)
		return 0;
	return commit(a, e);
}
