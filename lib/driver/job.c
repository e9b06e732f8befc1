/*
 * job -- runs the stages of one action: outputs opened before, rows for
 * stdout passed on in partition order, outputs prepared after.
 */
#include "driver/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "driver/events.h"
#include "driver/exec_log.h"
#include "driver/executors.h"
#include "driver/progress.h"
#include "driver/read_once.h"
#include "driver/remote.h"
#include "driver/rows_out.h"
#include "io/scratch.h"
#include "format/format.h"
#include "io/sink.h"

static enum output_mode
mode_of(enum write_mode m)
{
	static const enum output_mode map[] = {
		[WRITE_ERROR] = OUTPUT_ERROR,
		[WRITE_OVERWRITE] = OUTPUT_OVERWRITE,
		[WRITE_APPEND] = OUTPUT_APPEND, [WRITE_IGNORE] = OUTPUT_IGNORE };

	return map[m];
}

/* "csv", "csv.gz": the option compression (or codec) says it, the name of a
 * single file otherwise. */
static int
extension_of(struct app *a, const struct node *n, const char **out,
    struct err *e)
{
	const char *suffix = n->u.write.single ?
	    sink_suffix_of(n->u.write.target) : "";

	for (int i = 0; i < n->u.write.options.n; i++) {
		const char *key = n->u.write.options.v[i].key;
		const char *codec = n->u.write.options.v[i].value;

		if (strcmp(key, "compression") != 0 && strcmp(key, "codec") != 0)
			continue;
		suffix = sink_suffix(codec);
		if (suffix == NULL) {
			err_at(e, n->span, "unknown compression '%s'", codec);
			return err_hint(e,
			    "there are none, gzip, zstd, xz, bzip2 and lz4");
		}
	}
	*out = arena_printf(&a->arena, "%s%s", n->u.write.format, suffix);
	return 0;
}

/* Opens the outputs below a node; *skip: an ignored one is there already. */
static int
open_outputs(struct app *a, const struct node *n, bool *skip, struct err *e)
{
	struct output_conf c = { 0 };
	int at, r;

	for (int i = 0; i < n->nkid; i++)
		TRY(open_outputs(a, n->kid[i], skip, e));
	if (n->kind != NODE_WRITE && n->kind != NODE_TEE)
		return 0;
	at = n->u.write.output;
	while (a->noutput <= at) {
		ARENA_GROW(&a->arena, a->output, a->noutput, a->output_cap);
		a->output[a->noutput++] = NULL;
	}
	c.target = n->u.write.target;
	c.job = arena_printf(&a->arena, "%d-%lld-%d", (int)getpid(),
	    (long long)clock_wall_us(), at);
	TRY(extension_of(a, n, &c.extension, e));
	c.mode = mode_of(n->u.write.mode);
	c.single = n->u.write.single;
	r = output_open(&a->output[at], &c, e);
	if (r < 0)
		return err_place(e, n->span);
	*skip |= r == 0 && n->kind == NODE_WRITE;
	return 0;
}

static int
prepare_outputs(struct app *a, const struct node *n, struct err *e)
{
	for (int i = 0; i < n->nkid; i++)
		TRY(prepare_outputs(a, n->kid[i], e));
	if (n->kind != NODE_WRITE && n->kind != NODE_TEE)
		return 0;
	return output_prepare(a->output[n->u.write.output], e);
}

static int
for_stages(struct app *a, const struct stages *s,
    int (*f)(struct app *, const struct node *, struct err *), struct err *e)
{
	for (int i = 0; i < s->n; i++)
		TRY(f(a, s->stage[i].root, e));
	return 0;
}

void
app_force(struct exec_env *env)
{
	const char *force = getenv("SP_FORCE");

	env->force_spill = force && strcmp(force, "spill") == 0;
	env->force_fetch = force && strcmp(force, "fetch") == 0;
	if (force && strncmp(force, "chaos:", 6) == 0)
		env->chaos = strtoull(force + 6, NULL, 10) | 1;
}

static void
fill_env(struct app *a, struct exec_env *env)
{
	struct plan_conf conf = app_plan_conf(a);

	if (a->memory.up == NULL)
		pool_init(&a->memory, &a->cache.root, "all statements", 0);
	if (a->memory.limit != conf.memory)     /* others may run */
		a->memory.limit = conf.memory;
	pool_init(&env->pool, &a->memory, "executor", conf.memory);
	env->cache = cluster_wanted(a->master) ? NULL : &a->cache;
	env->scratch = a->scratch;
	env->zone = a->binder.env.zone;
	env->seed = a->binder.env.seed;
	env->threads = app_threads(a);
	env->spread = cluster_wanted(a->master);
	env->max_record = conf_size(&a->conf, "sp.max.record");
	app_force(env);
	exec_log_local(a, env);
	env->output = a->output;
	env->stdout_format = format_find(a->stdout_format ? a->stdout_format :
	    "tsv");
}

static const struct node *
collect_root(const struct stages *s)
{
	const struct node *root = s->stage[s->n - 1].root;

	return root->kind == NODE_COLLECT ? root : NULL;
}

/* A turn for the executors; trouble shows again at the next one. */
static void
breathe(struct app *a)
{
	cluster_breathe(a->cluster);
}

int
job_backend(struct app *a, struct backend *b, struct err *e)
{
	if (!cluster_wanted(a->master)) {
		a->pools.n = 0;         /* it has a scheduler of its own */
		return local_open(b, &a->conf, app_threads(a), e);
	}
	if (a->cluster == NULL)
		TRY(cluster_open(&a->cluster, a, e));
	else
		cluster_enter(a->cluster);
	a->breathe = breathe;
	remote_open(b, a, a->cluster);
	return 0;
}

/* Tasks that did not end have read, too.  Of executors only the sum of all
 * actions is known before: it tells nothing of one that ended well. */
static int64_t
bytes_read(const struct app *a, const struct running *x)
{
	const struct action *j = &x->action;
	int64_t n = 0, told = atomic_load(&((struct action *)(uintptr_t)
	    j)->env.bytes_read);

	for (int i = 0; i < j->stages->n; i++)
		n += j->figures[i].bytes_in;
	if (x->code >= 0 && cluster_wanted(a->master))
		return n;
	return n > told ? n : told;
}

int
running_open(struct app *a, struct running *x, struct err *e)
{
	struct action *j = &x->action;

	a->njob++;
	if (a->scratch == NULL)
		TRY(scratch_make(&a->arena, conf_get(&a->conf,
		    "spark.local.dir"), &a->scratch, e));
	for (int i = 0; i < x->stages->n; i++)
		TRY(open_outputs(a, x->stages->stage[i].root, &x->skip, e));
	if (x->skip)
		return 0;
	*j = (struct action){ .conf = &a->conf, .stages = x->stages,
	    .number = a->njob, .reported = a->njob,
	    .deadline_ms = a->deadline_ms, .interrupt = &a->interrupt,
	    .verbose = a->verbose > 0, .events = a->events };
	fill_env(a, &j->env);
	j->figures = NEW_N(&a->arena, struct stage_figures, x->stages->n + 1);
	rows_out_open(&x->rows, a, collect_root(x->stages), &j->env);
	j->emit = rows_out_emit;
	j->arg = &x->rows;
	cache_begin(&a->cache, x->stages, pool_limit(&j->env.pool), &a->conf,
	    &j->env, &a->arena);
	events_job_start(a->events, j->reported, x->stages);
	return 0;
}

int
running_begin(struct app *a, struct running *x, struct backend *b, struct err *e)
{
	int pool;

	TRY(pool = pools_number(&a->pools, b->sched, &a->conf, x->pool, e));
	x->action.pool = pool;
	return b->begin(b, &x->action, &x->runner, e);
}

/* The outputs of an action that was not begun at a backend are as they were
 * opened. */
int
running_end(struct app *a, struct running *x, struct backend *b)
{
	struct action *j = &x->action;
	int again = x->runner ? b->end(b, x->runner, x->code) : 0;
	struct err e;
	int r;

	x->runner = NULL;
	if (again)
		return 1;
	cache_end(&a->cache, &j->env);
	r = rows_out_close(&x->rows, x->code, &e);
	events_job_end(a->events, j->reported, x->stages, j->figures,
	    &j->env.pool, x->code < 0 ? &x->err : NULL);
	a->bytes_in += bytes_read(a, x);
	if (x->code >= 0 && r >= 0)
		r = for_stages(a, x->stages, prepare_outputs, &e);
	if (x->code >= 0 && r < 0) {
		x->code = r;
		x->err = e;
	}
	return 0;
}
