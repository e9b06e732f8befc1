/*
 * job_catalog -- the catalog of an executor: the driver found the files, this
 * host only looks which of them it has, too.
 *
 * A file is the driver's own when its path leads to the same inode, size and
 * time here; then it is opened.  Others are read from the driver: their path
 * becomes "far:ID:PATH" (io/datafile.h), ID counted from a base that differs
 * between jobs that run at once.
 */
#ifndef EXECUTOR_JOB_CATALOG_H
#define EXECUTOR_JOB_CATALOG_H

#include "plan/catalog.h"

struct job_catalog {
	struct catalog catalog;         /* first */
	const struct input *input;      /* in the order of the plan's scans */
	int n, next;
	int nfar;                       /* files that are not here: */
	struct far_file { int input, file; } *far;
	int far_cap, far_base;          /* far[i] has the number base + i */
};

void job_catalog_init(struct job_catalog *c, const struct input *input,
    int n, int far_base);

#endif
