/*
 * task -- see task.h.
 */
#include "exec/task.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"

struct task_need {
	struct exchange *x;
	int lo, hi;
	const struct map_cut *cut;      /* these maps alone; NULL: all */
	struct task_need *next;
};

void
task_init(struct task *t, struct exec_env *env, struct stage_run *run,
    int part, int attempt)
{
	memset(t, 0, sizeof *t);
	t->env = env;
	t->run = run;
	t->part = part;
	t->attempt = attempt;
	arena_init(&t->arena);
	pool_init(&t->pool, &env->pool, "task", 0);
}

void
task_release(struct task *t)
{
	if (t->writer)
		xwriter_abort(t->writer);
	t->writer = NULL;
	for (struct task_need *n = t->need; n; n = n->next)
		if (n->cut)
			exchange_forget_maps(n->x, n->lo, n->cut->from,
			    n->cut->to);
		else
			exchange_forget(n->x, n->lo, n->hi);
	pool_release(&t->pool);
	arena_release(&t->arena);
}

/* A failing expression or operator is placed by whoever knows; a cancelled
 * task is temporary trouble that nobody retries. */
int
task_run(struct task *t, struct err *e)
{
	const struct node *root = t->run->stage->root;
	struct batch b;
	struct op *op;
	int r;

	memset(&b, 0, sizeof b);
	r = op_open(&op, t, root, t->part, e);
	while (r >= 0 && (r = op_next(op, &b, e)) > 0)
		;
	op_close(op);
	for (struct task_need *n = t->need; n && r == ERR_LOST &&
	    t->lost.stage == 0; n = n->next)
		exchange_lost(n->x, &t->lost);
	return r;
}

int
task_require(struct task *t, int stage, int lo, int hi, struct err *e)
{
	struct exchange *x = task_stage(t, stage)->exchange;
	struct task_need *n;

	if (!exchange_is_mirror(x))
		return 0;
	TRY(exchange_require(x, lo, hi, &t->lost, e));
	n = NEW(&t->arena, struct task_need);
	*n = (struct task_need){ x, lo, hi, NULL, t->need };
	t->need = n;
	return 0;
}

int
task_require_maps(struct task *t, int stage, int part,
    const struct map_cut *cut, struct err *e)
{
	struct exchange *x = task_stage(t, stage)->exchange;
	struct task_need *n;

	if (cut->from < 0 || cut->from >= cut->to || cut->to >
	    exchange_nmap(x))
		return err_set(e, ERR_BUG, "stage %d has no maps %d to %d",
		    stage, cut->from, cut->to);
	if (!exchange_is_mirror(x))
		return 0;
	TRY(exchange_require_maps(x, part, cut->from, cut->to, &t->lost, e));
	n = NEW(&t->arena, struct task_need);
	*n = (struct task_need){ x, part, part + 1, cut, t->need };
	t->need = n;
	return 0;
}

const struct map_cut *
task_cut(const struct task *t)
{
	int lo = 0, hi = t->run->ncut;

	while (lo < hi) {
		int mid = lo + (hi - lo) / 2;

		if (t->run->cut[mid].part < t->part)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->run->ncut && t->run->cut[lo].part == t->part ?
	    &t->run->cut[lo] : NULL;
}

static int
commit_outputs(struct task *t, struct err *e)
{
	int r = 1;

	for (int i = 0; i < t->ncommit; i++)
		r = output_task_commit(t->commit[i].output, t->part,
		    t->attempt, t->commit[i].file, t->commit[i].nfile, e);
	return r;
}

int
task_commit(struct task *t, struct err *e)
{
	struct xwriter *w = t->writer;
	int r = commit_outputs(t, e);

	if (r < 0 || w == NULL)
		return r;
	t->writer = NULL;
	if (exchange_publishes(t->run->exchange))
		return xwriter_publish(w, t->attempt, &t->arena, &t->facts, e);
	return xwriter_commit(w, e);
}

int
task_shared(struct task *t, const struct node *n,
    int (*make)(struct task *t, const struct node *n, void **state,
        struct err *e),
    void (*free_state)(void *state), void **out, struct err *e)
{
	struct stage_run *run = t->run;
	struct shared *s;
	int r = 0;

	pthread_mutex_lock(&run->lock);
	for (s = run->shared; s != NULL && s->node != n; s = s->next)
		;
	if (s == NULL) {
		s = xcalloc(1, sizeof *s);
		s->node = n;
		s->free = free_state;
		r = make(t, n, &s->state, e);
		if (r < 0) {
			free(s);
			s = NULL;
		} else {
			s->next = run->shared;
			run->shared = s;
		}
	}
	pthread_mutex_unlock(&run->lock);
	*out = s ? s->state : NULL;
	return r;
}

static int
read_parts(const struct task *t, const struct node *n)
{
	const struct exchange *x;

	if (n->u.read.part == PART_BROADCAST)
		return INT32_MAX;
	if (n->u.read.part == PART_RANGE)
		return n->u.read.n;
	if (n->u.read.part == PART_CACHE)
		return exchange_nmap(task_stage(t,
		    n->u.read.stage[0])->exchange);
	if (t->run->lo)
		return t->run->npart;
	x = task_stage(t, n->u.read.stage[0])->exchange;
	return exchange_npart(x);
}

int
task_node_parts(const struct task *t, const struct node *n)
{
	int np = INT32_MAX;

	switch (n->kind) {
	case NODE_SCAN: {
		const struct scan_cut *cut = stages_cut(t->env->stages, n);

		return cut ? cut->npart : 0;
	}
	case NODE_RANGE:
		return range_parts(n);
	case NODE_VALUES:
		return 1;
	case NODE_CACHE:
		return n->u.cache.kept->parts;
	case NODE_READ:
		return read_parts(t, n);
	case NODE_UNION:
		np = 0;
		for (int i = 0; i < n->nkid; i++)
			np += task_node_parts(t, n->kid[i]);
		return np;
	default:
		for (int i = 0; i < n->nkid; i++) {
			int k = task_node_parts(t, n->kid[i]);

			np = k < np ? k : np;
		}
		return np == INT32_MAX ? 1 : np;
	}
}

void
task_bad_prefix(const struct task *t, char to[TASK_BAD_SIZE])
{
	snprintf(to, TASK_BAD_SIZE, "bad-%d-%d-%d-%d-", t->env->bad_job,
	    t->run->stage->id, t->part, t->attempt);
}

void
task_bad_of_job(int job, char to[TASK_BAD_SIZE])
{
	snprintf(to, TASK_BAD_SIZE, "bad-%d-", job);
}

const char *
task_bad_dir(struct task *t, const char *dir)
{
	char prefix[TASK_BAD_SIZE];

	t->bad = true;
	task_bad_prefix(t, prefix);
	return arena_printf(&t->arena, "%s/%s%016llx", t->env->scratch, prefix,
	    (unsigned long long)hash_sum(dir, strlen(dir)));
}
