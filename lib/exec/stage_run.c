/*
 * stage_run -- see stage_run.h.
 */
#include "exec/stage_run.h"

#include <stdlib.h>

void
stage_runs_open(struct exec_env *env, const struct stages *s)
{
	env->stages = s;
	env->run = xcalloc((size_t)s->n + 1, sizeof *env->run);
	for (int i = 0; i < s->n; i++) {
		env->run[i].stage = &s->stage[i];
		pthread_mutex_init(&env->run[i].lock, NULL);
		atomic_init(&env->run[i].limit_left, INT64_MAX);
	}
}

void
stage_run_free_shared(struct stage_run *r)
{
	while (r->shared) {
		struct shared *s = r->shared;

		r->shared = s->next;
		if (s->free)
			s->free(s->state);
		free(s);
	}
}

void
stage_runs_close(struct exec_env *env)
{
	for (int i = 0; i < env->stages->n; i++)
		stage_run_free_shared(&env->run[i]);
	for (int i = 0; i < env->stages->n; i++) {
		struct stage_run *r = &env->run[i];

		if (r->exchange)
			exchange_free(r->exchange);
		if (r->sink)
			exchange_free(r->sink);
		free(r->lo);
		free(r->cut);
		free(r->types);
		pthread_mutex_destroy(&r->lock);
	}
	free(env->run);
	env->run = NULL;
}

bool
stage_run_exchange(struct exec_env *env, int i, struct exchange_conf *conf)
{
	struct stage_run *r = &env->run[i];
	const struct node *root = r->stage->root;
	bool sorted = root->u.exchange.part == PART_RANGE;
	bool cached = root->u.exchange.part == PART_CACHE && env->spread;

	if (root->kind != NODE_EXCHANGE)
		return false;
	*conf = (struct exchange_conf){ .name = "exchange",
	    .pool = &env->pool, .dir = env->scratch,
	    .force_spill = env->force_spill, .sorted = sorted,
	    .npart = sorted ? 1 : cached ? (r->npart ? r->npart : 1) :
	    root->u.exchange.n, .nmap = r->npart,
	    .ncol = root->out->ncol + sorted, .stage = r->stage->id };
	if (r->types == NULL) {
		r->types = xcalloc((size_t)conf->ncol + 1, sizeof *r->types);
		for (int c = 0; c < root->out->ncol; c++)
			r->types[c] = root->out->col[c].type;
		if (sorted)
			r->types[conf->ncol - 1] = TYPE(I64);
	}
	conf->type = r->types;
	return true;
}
