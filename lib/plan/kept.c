/*
 * kept -- see kept.h: the storage levels, plans with many kept relations.
 */
#include "plan/kept.h"

#include <stddef.h>
#include <stdbool.h>
#include <strings.h>

#include "base/arena.h"
#include "plan/node.h"

#define MANY 64                 /* nodes of kept relations in a plan */

static const struct kept_level levels[] = {
	{ "memory_disk", "MEMORY_AND_DISK", KEPT_MEMORY | KEPT_DISK },
	{ "memory", "MEMORY_ONLY", KEPT_MEMORY },
	{ "disk", "DISK_ONLY", KEPT_DISK },
	{ "memory_ser", "MEMORY_ONLY_SER", KEPT_MEMORY | KEPT_SERIAL },
	{ "memory_disk_ser", "MEMORY_AND_DISK_SER",
	    KEPT_MEMORY | KEPT_DISK | KEPT_SERIAL },
	{ "off_heap", "OFF_HEAP", KEPT_MEMORY | KEPT_DISK | KEPT_SERIAL },
	{ "memory_disk_2", "MEMORY_AND_DISK_2",
	    KEPT_MEMORY | KEPT_DISK | KEPT_TWICE },
	{ "memory_2", "MEMORY_ONLY_2", KEPT_MEMORY | KEPT_TWICE },
	{ "disk_2", "DISK_ONLY_2", KEPT_DISK | KEPT_TWICE },
	{ "memory_ser_2", "MEMORY_ONLY_SER_2",
	    KEPT_MEMORY | KEPT_SERIAL | KEPT_TWICE },
	{ "memory_disk_ser_2", "MEMORY_AND_DISK_SER_2",
	    KEPT_MEMORY | KEPT_DISK | KEPT_SERIAL | KEPT_TWICE },
	{ "none", "NONE", 0 },
};

const struct kept_level *
kept_level_at(int i)
{
	return i >= 0 && i < (int)(sizeof levels / sizeof *levels) ?
	    &levels[i] : NULL;
}

const struct kept_level *
kept_level_find(const char *name)
{
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		if (strcasecmp(name, levels[i].name) == 0 ||
		    strcasecmp(name, levels[i].spark) == 0)
			return &levels[i];
	return NULL;
}

struct sharing {
	struct arena *arena;
	struct plan_ids *ids;
	const struct kept **seen;
	int n, cap;
};

/* Counts down, and no further than to 0: there may be very many. */
static void
count(const struct node *n, int *left)
{
	*left -= n->kind == NODE_CACHE && n->nkid;
	for (int i = 0; i < n->nkid && *left > 0; i++)
		count(n->kid[i], left);
}

static bool
seen_before(struct sharing *s, const struct kept *k)
{
	for (int i = 0; i < s->n; i++)
		if (s->seen[i] == k)
			return true;
	ARENA_GROW(s->arena, s->seen, s->n, s->cap);
	s->seen[s->n++] = k;
	return false;
}

static struct node *
share(struct sharing *s, struct node *n)
{
	struct node *copy = NULL;

	if (n->kind == NODE_CACHE && n->nkid && !n->u.cache.kept->off &&
	    seen_before(s, n->u.cache.kept)) {
		copy = node_copy(s->arena, s->ids, n);
		copy->nkid = 0;
		return copy;
	}
	for (int i = 0; i < n->nkid; i++) {
		struct node *kid = share(s, n->kid[i]);

		if (kid != n->kid[i] && copy == NULL)
			copy = node_copy(s->arena, s->ids, n);
		if (copy)
			copy->kid[i] = kid;
	}
	return copy ? copy : n;
}

struct node *
kept_share(struct arena *a, struct plan_ids *ids, struct node *root)
{
	struct sharing s = { .arena = a, .ids = ids };
	int left = MANY;

	count(root, &left);
	return left > 0 ? root : share(&s, root);
}
