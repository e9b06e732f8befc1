/*
 * adapt -- see adapt.h.
 */
#include "driver/adapt.h"

#include <stdlib.h>

#include "driver/cache.h"
#include "driver/conf.h"
#include "driver/skew.h"
#include "exec/stage_run.h"

static struct kept *
kept_by(const struct stage *s)
{
	return s->root->kind == NODE_EXCHANGE ? s->root->u.exchange.kept : NULL;
}

/* A stage whose rows are kept has nothing to do, nor have those that only
 * such stages read. */
static void
mark_done(struct exec_env *env, const struct stages *s)
{
	for (int i = 0; i < s->n - 1; i++)
		env->run[i].done = true;
	for (int i = s->n - 1; i >= 0; i--) {
		const struct kept *k = kept_by(&s->stage[i]);

		if (k && k->parts && cache_find(env->cache, k))
			env->run[i].done = true;
		for (int in = 0; !env->run[i].done && in < s->stage[i].nin;
		    in++)
			env->run[s->stage[i].in[in] - 1].done = false;
	}
}

void
adapt_open(struct exec_env *env, const struct stages *s)
{
	stage_runs_open(env, s);
	mark_done(env, s);
}

void
adapt_close(struct exec_env *env)
{
	for (int i = 0; i < env->stages->n; i++)
		if (kept_by(env->run[i].stage) && env->cache)
			env->run[i].exchange = NULL;    /* the cache's */
	stage_runs_close(env);
}

/* The exchanges that the stage reads partition by partition; 0 when it has
 * a shape that is not coalesced (union, scans beside reads, ranges). */
static int
hash_reads(const struct exec_env *env, const struct node *n,
    struct skew_input *in, int found)
{
	if (n->kind == NODE_UNION || n->kind == NODE_SCAN ||
	    n->kind == NODE_RANGE || n->kind == NODE_VALUES)
		return -1;
	if (n->kind == NODE_READ && n->u.read.part != PART_BROADCAST) {
		if (n->u.read.part == PART_RANGE ||
		    n->u.read.part == PART_CACHE || found == SKEW_INPUTS ||
		    n->u.read.nstage != 1)
			return -1;
		in[found].read = n;
		in[found++].x = env->run[n->u.read.stage[0] - 1].exchange;
	}
	for (int i = 0; i < n->nkid && found >= 0; i++)
		found = hash_reads(env, n->kid[i], in, found);
	return found;
}

static bool
fixed_parts(const struct exec_env *env, const struct stage *s)
{
	for (int i = 0; i < s->nin; i++)
		if (env->stages->stage[s->in[i] - 1].root->u.exchange.n_fixed)
			return true;
	return false;
}

/* Neighbouring partitions up to so many bytes become one task; a partition
 * that is skewed becomes several. */
static void
lay_out(struct stage_run *r, struct skew *s, bool skew, int64_t target)
{
	int np = exchange_npart(s->in[0].x), n = 0, cap = np + 1;
	int64_t held = 0;

	r->lo = xmalloc(sizeof *r->lo * (size_t)cap);
	for (int p = 0; p < np; p++) {
		int k = skew ? skew_cut(s, r, p, n) : 0;
		int64_t size = 0;

		if (k) {
			cap += k;
			r->lo = xrealloc(r->lo, sizeof *r->lo * (size_t)cap);
			for (r->nskew++; k > 0; k--)
				r->lo[n++] = p;
			held = target + 1;      /* the next one begins anew */
			continue;
		}
		for (int i = 0; i < s->nin; i++)
			size += exchange_part_size(s->in[i].x, p).bytes;
		if (p == 0 || held + size > target) {
			r->lo[n++] = p;
			held = 0;
		}
		held += size;
	}
	r->lo[n] = np;
	r->npart = n;
}

/* By the real sizes of what the stage reads.  False: nothing is decided. */
static bool
decide(struct exec_env *env, struct stage_run *r, const struct conf *conf)
{
	struct skew s = { .nin = 0 };
	int64_t target = conf_size(conf,
	    "spark.sql.adaptive.advisoryPartitionSizeInBytes");
	int64_t memory = pool_limit(&env->pool);
	bool skew, join = conf_bool(conf,
	    "spark.sql.adaptive.coalescePartitions.enabled");

	s.nin = hash_reads(env, r->stage->root, s.in, 0);
	if (s.nin <= 0 || fixed_parts(env, r->stage) ||
	    !conf_bool(conf, "spark.sql.adaptive.enabled"))
		return false;
	skew = skew_open(&s, r, conf);
	if (!join && !skew)
		return false;
	/* Larger tasks only if memory is not short. */
	target = !join ? -1 : target > memory / 16 ? memory / 16 : target;
	lay_out(r, &s, skew, target);
	return true;
}

static int
count_tasks(struct exec_env *env, int stage, const struct conf *conf)
{
	struct stage_run *r = &env->run[stage];
	struct task probe = { .env = env, .run = r };

	if (r->stage->npart > 0)
		return r->stage->npart;
	return decide(env, r, conf) ? r->npart :
	    task_node_parts(&probe, r->stage->root);
}

bool
adapt_fits(struct exec_env *env, int stage)
{
	struct stage_run *r = &env->run[stage];
	struct task probe = { .env = env, .run = r };
	struct skew_input in[SKEW_INPUTS];
	int nx = 0;

	if (r->lo)
		nx = hash_reads(env, r->stage->root, in, 0);
	for (int i = 0; i < nx; i++)
		if (exchange_npart(in[i].x) != r->lo[r->npart])
			return false;
	return r->lo ? nx > 0 : r->npart == (r->stage->npart > 0 ?
	    r->stage->npart : task_node_parts(&probe, r->stage->root));
}

int
adapt_stage(struct exec_env *env, int stage, const struct conf *conf,
    struct err *e)
{
	struct stage_run *r = &env->run[stage];
	struct kept *k = env->cache ? kept_by(r->stage) : NULL;
	struct exchange_conf x;

	if (r->done) {
		r->exchange = k ? cache_find(env->cache, k) : NULL;
		r->npart = 0;
		return 0;
	}
	r->npart = count_tasks(env, stage, conf);
	if (!stage_run_exchange(env, stage, &x))
		return 0;
	if (k == NULL)
		return exchange_new(&r->exchange, &x, e);
	TRY(cache_make(env->cache, k, &x, r->types, &r->exchange, e));
	r->types = NULL;                /* the cache's now */
	return 0;
}

/* What the stage read is not needed any more: files that its scans mapped,
 * its inputs' chunks.  An exchange that borrowed strings from its stage's
 * inputs kept those; now they can go too. */
static void
free_inputs(struct exec_env *env, int stage)
{
	const struct stage *s = env->run[stage].stage;

	stage_run_free_shared(&env->run[stage]);
	for (int i = 0; i < s->nin; i++) {
		struct stage_run *in = &env->run[s->in[i] - 1];
		bool borrowed;

		/* Plans are trees: each exchange has one reading stage, but
		 * for those that are kept. */
		if (in->exchange == NULL || kept_by(in->stage))
			continue;
		borrowed = exchange_borrows(in->exchange);
		exchange_free(in->exchange);
		in->exchange = NULL;
		if (borrowed)
			free_inputs(env, s->in[i] - 1);
	}
}

void
adapt_stage_done(struct exec_env *env, int stage)
{
	struct stage_run *r = &env->run[stage];

	if (!r->done && kept_by(r->stage))
		cache_made(env->cache, kept_by(r->stage));
	if (r->exchange == NULL || !exchange_borrows(r->exchange))
		free_inputs(env, stage);
}
