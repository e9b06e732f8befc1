/*
 * map -- from strings to pointers, in an arena; nothing is removed.
 *
 * For names, not for data: open addressing, grows by doubling.  Keys are
 * borrowed and must live as long as the map.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>

struct arena;

struct map_slot {
	const char *key;
	void *value;
};

struct map {
	struct arena *arena;
	struct map_slot *slot;  /* cap of them, key NULL when free */
	int n, cap;
};

void map_init(struct map *m, struct arena *a);

/* The value, or NULL. */
void *map_get(const struct map *m, const char *key);

/* Sets or replaces. */
void map_put(struct map *m, const char *key, void *value);

#endif
