/*
 * map -- see map.h.
 */
#include "base/map.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"

void
map_init(struct map *m, struct arena *a)
{
	memset(m, 0, sizeof *m);
	m->arena = a;
}

/* FNV-1a over the lower-case form: right for both kinds of map. */
static uint32_t
key_hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint32_t)tolower((unsigned char)*s)) * 16777619u;
	return h ^ h >> 15;
}

static struct map_slot *
find(const struct map *m, const char *key, int (*cmp)(const char *, const char *))
{
	uint32_t i, mask = (uint32_t)m->cap - 1;

	for (i = key_hash(key) & mask; m->slot[i].key; i = (i + 1) & mask)
		if (cmp(m->slot[i].key, key) == 0)
			break;
	return &m->slot[i];
}

void *
map_get(const struct map *m, const char *key)
{
	return m->cap ? find(m, key, strcmp)->value : NULL;
}

void *
map_iget(const struct map *m, const char *key)
{
	return m->cap ? find(m, key, strcasecmp)->value : NULL;
}

static void
put(struct map *m, const char *key, void *value,
    int (*cmp)(const char *, const char *))
{
	struct map_slot *s;

	if (m->n * 2 >= m->cap) {
		struct map old = *m;

		m->cap = old.cap ? 2 * old.cap : 16;
		m->slot = NEW_N(m->arena, struct map_slot, m->cap);
		for (int i = 0; i < old.cap; i++)
			if (old.slot[i].key)
				*find(m, old.slot[i].key, cmp) = old.slot[i];
	}
	s = find(m, key, cmp);
	m->n += s->key == NULL;
	s->key = key;
	s->value = value;
}

void
map_put(struct map *m, const char *key, void *value)
{
	put(m, key, value, strcmp);
}

void
map_iput(struct map *m, const char *key, void *value)
{
	put(m, key, value, strcasecmp);
}
