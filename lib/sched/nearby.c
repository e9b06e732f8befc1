/*
 * nearby -- where tasks like to run.
 *
 * The pending parts of a stage with preferences stand in one list for each
 * executor and host that is named, made once by counting.  Entries are not
 * taken out when a task starts elsewhere: who takes the next one looks
 * whether it is still pending.  Parts without a living favourite stand in
 * the stage's list for anybody.  Memory: 4 bytes a preference more.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "sched/sched_state.h"

static bool
alive(const struct sched *s, int who)
{
	if (who < 0)
		return ~who < s->nhost && s->host[~who].nexec > 0;
	return who < s->nexec && s->exec[who].up;
}

static bool
has_home(const struct sched *s, const struct sstage *g, int part)
{
	for (int i = g->pref_at[part]; i < g->pref_at[part + 1]; i++)
		if (alive(s, g->pref_who[i]))
			return true;
	return false;
}

static int
by_key(const void *a, const void *b)
{
	const struct home *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

static struct home *
home_find(const struct sstage *g, int key)
{
	struct home want = { .key = key };

	return g->nhome == 0 ? NULL : bsearch(&want, g->home,
	    (size_t)g->nhome, sizeof want, by_key);
}

static int
by_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* One list for each different name. */
static void
make_lists(struct sstage *g, int n)
{
	int *key = xmalloc((size_t)(n + 1) * sizeof *key), at = 0;

	memcpy(key, g->pref_who, (size_t)n * sizeof *key);
	qsort(key, (size_t)n, sizeof *key, by_int);
	for (int i = 0; i < n; i++)
		g->nhome += i == 0 || key[i] != key[i - 1];
	g->home = xcalloc((size_t)g->nhome + 1, sizeof *g->home);
	for (int i = 0, k = -1; i < n; i++) {
		if (i == 0 || key[i] != key[i - 1]) {
			g->home[++k].key = key[i];
			g->home[k].first = g->home[k].next = at;
			g->home[k].end = at;
		}
		at++;
	}
	free(key);
	g->home_part = xmalloc((size_t)(n + 1) * sizeof *g->home_part);
	for (int p = 0; p < g->npart; p++)
		for (int i = g->pref_at[p]; i < g->pref_at[p + 1]; i++)
			g->home_part[home_find(g, g->pref_who[i])->end++] = p;
}

void
home_init(struct sched *s, struct sstage *g, const struct sched_pref *pref)
{
	int n = pref->at[g->npart];

	g->has_pref = true;
	g->pref_at = xmalloc((size_t)(g->npart + 1) * sizeof(int));
	memcpy(g->pref_at, pref->at, (size_t)(g->npart + 1) * sizeof(int));
	g->pref_who = xmalloc((size_t)(n + 1) * sizeof(int));
	memcpy(g->pref_who, pref->who, (size_t)n * sizeof(int));
	make_lists(g, n);
	for (int p = g->npart - 1; p >= 0; p--)
		if (!has_home(s, g, p))
			list_push(&g->again, p);
}

static void
free_list(struct sched *s, struct sstage *g, int key)
{
	const struct home *l = home_find(g, key);

	for (int i = l ? l->end : 0; l && i-- > l->first; ) {
		int p = g->home_part[i];

		if (g->task[p].state == T_PENDING && !has_home(s, g, p))
			list_push(&g->again, p);
	}
}

/* An executor left: what liked it or its host may be homeless now. */
void
home_exec_down(struct sched *s, int exec)
{
	int host = s->exec[exec].host;

	for (int k = s->first_job; k < s->njob; k++) {
		struct job *j = &s->job[k];

		for (int i = 0; j->there && !j->ended && i < j->nstage; i++) {
			struct sstage *g = &j->stage[i];

			if (g->npend == 0)
				continue;
			free_list(s, g, SCHED_AT_EXEC(exec));
			if (s->host[host].nexec == 0)
				free_list(s, g, SCHED_AT_HOST(host));
		}
	}
}

static int
take_from(struct sstage *g, int key)
{
	struct home *l = home_find(g, key);

	while (l && l->next < l->end) {
		int p = g->home_part[l->next++];

		if (g->task[p].state == T_PENDING)
			return p;
	}
	return -1;
}

/* A pending part that likes the executor, its host, or -1. */
int
home_take(struct sched *s, struct sstage *g, int exec)
{
	int p = take_from(g, SCHED_AT_EXEC(exec));

	if (p < 0)
		p = take_from(g, SCHED_AT_HOST(s->exec[exec].host));
	if (p >= 0)
		s->exec[exec].hungry_ms = 0;
	return p;
}
