/*
 * remote_kept -- see remote_kept.h.
 */
#include "driver/remote_kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "driver/executors.h"
#include "driver/places.h"
#include "executor/task_msg.h"
#include "net/msg.h"
#include "net/proto.h"
#include "plan/kept.h"

const struct kept *
kept_of_stage(const struct stage *s)
{
	return s->root->kind == NODE_EXCHANGE ? s->root->u.exchange.kept : NULL;
}

static struct remote_kept *
slot(struct kept_table *t, int number)
{
	if (number > t->n) {
		t->v = xrealloc(t->v, (size_t)number * sizeof *t->v);
		while (t->n < number)
			t->v[t->n++] = xcalloc(1, sizeof **t->v);
	}
	return t->v[number - 1];
}

static void
clear(struct remote_kept *x)
{
	free(x->map);
	free(x->size);
	free(x->lo);
	memset(x, 0, sizeof *x);
}

void
remote_kept_forget(struct cluster *c, const struct kept *k)
{
	struct remote_kept *x = slot(cluster_kept(c), k->number);

	if (x->kept == NULL)
		return;
	clear(x);
	remote_kept_unmade(c, k);
}

void
remote_kept_unmade(struct cluster *c, const struct kept *k)
{
	struct text t = { 0 };

	msg_i64(&t, 0);
	msg_i64(&t, k->number - 1);
	for (int i = 0; i < cluster_count(c); i++)
		cluster_send(cluster_exec(c, i), FRAME_FORGET, t.p, t.n);
	text_release(&t);
}

struct remote_kept *
remote_kept_find(struct cluster *c, const struct kept *k)
{
	struct remote_kept *x = slot(cluster_kept(c), k->number);
	int there = 0;

	if (x->kept == NULL)
		return NULL;
	for (int i = 0; i < x->nmap; i++) {
		if (!place_there(cluster_places(c), x->map[i].place))
			x->map[i].place = -1;
		there += x->map[i].place >= 0;
	}
	if (there > 0 || x->nmap == 0)
		return x;
	remote_kept_forget(c, k);
	return NULL;
}

void
remote_kept_made(struct cluster *c, const struct remote_kept *made)
{
	struct remote_kept *x = slot(cluster_kept(c), made->kept->number);

	clear(x);
	*x = *made;
}

void
remote_kept_gone(struct cluster_exec *x, const char *body, size_t n)
{
	struct kept_table *t = cluster_kept(x->cluster);
	struct remote_kept *k = NULL;
	struct gone_msg m;
	struct err e;

	if (gone_msg_parse(body, n, &m, &e) < 0) {
		cluster_drop(x, &e);
		return;
	}
	if (m.number <= t->n)
		k = t->v[m.number - 1];
	if (k && k->kept && m.map < k->nmap && x->kept_place >= 0 &&
	    k->map[m.map].place == x->kept_place &&
	    k->map[m.map].attempt == m.attempt)
		k->map[m.map].place = -1;
}

void
remote_kept_sweep(struct cluster *c)
{
	struct kept_table *t = cluster_kept(c);

	for (int i = 0; i < t->n; i++)
		if (t->v[i]->kept && t->v[i]->kept->off)
			remote_kept_forget(c, t->v[i]->kept);
}

void
kept_table_release(struct kept_table *t)
{
	for (int i = 0; i < t->n; i++) {
		clear(t->v[i]);
		free(t->v[i]);
	}
	free(t->v);
}
