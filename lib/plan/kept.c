/*
 * kept -- see kept.h: the storage levels.
 */
#include "plan/kept.h"

#include <stddef.h>
#include <strings.h>

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
