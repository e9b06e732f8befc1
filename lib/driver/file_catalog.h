/*
 * file_catalog -- the real answer to the planner's questions about files.
 */
#ifndef DRIVER_FILE_CATALOG_H
#define DRIVER_FILE_CATALOG_H

#include "plan/catalog.h"

struct file_catalog {
	struct catalog catalog;         /* first */
	const char *scratch;            /* for stdin and commands, which can
	                                 * only be read once */
	const struct zone *zone;
};

void file_catalog_init(struct file_catalog *c, const struct zone *z);

#endif
