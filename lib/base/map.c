/*
 * map -- see map.h.
 */
#include "base/map.h"

#include <stdint.h>
#include <string.h>

#include "base/arena.h"

void
map_init(struct map *m, struct arena *a)
{
	memset(m, 0, sizeof *m);
	m->arena = a;
}

static uint32_t
key_hash(const char *s)
{
	uint32_t h = 2166136261u;       /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h ^ h >> 15;
}

static struct map_slot *
find(const struct map *m, const char *key)
{
	uint32_t i, mask = (uint32_t)m->cap - 1;

	for (i = key_hash(key) & mask; m->slot[i].key; i = (i + 1) & mask)
		if (strcmp(m->slot[i].key, key) == 0)
			break;
	return &m->slot[i];
}

void *
map_get(const struct map *m, const char *key)
{
	return m->cap ? find(m, key)->value : NULL;
}

void
map_put(struct map *m, const char *key, void *value)
{
	struct map_slot *s;

	if (m->n * 2 >= m->cap) {
		struct map old = *m;

		m->cap = old.cap ? 2 * old.cap : 16;
		m->slot = NEW_N(m->arena, struct map_slot, m->cap);
		for (int i = 0; i < old.cap; i++)
			if (old.slot[i].key)
				*find(m, old.slot[i].key) = old.slot[i];
	}
	s = find(m, key);
	m->n += s->key == NULL;
	s->key = key;
	s->value = value;
}
