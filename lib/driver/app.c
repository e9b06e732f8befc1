/*
 * app -- an application's life: settings, scratch directory, end.
 */
#include "driver/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/zone.h"
#include "driver/events.h"
#include "driver/executors.h"
#include "io/scratch.h"
#include "io/stream.h"

static int
load_zone(struct app *a, const struct zone **z, struct err *e)
{
	const char *name = conf_get(&a->conf, "spark.sql.session.timeZone");
	const char *tz = getenv("TZ");
	struct err ignored;

	*z = zone_utc;
	if (*name)
		return zone_load(&a->arena, name, z, e);
	if (tz && *tz && zone_load(&a->arena, tz + (*tz == ':'), z,
	    &ignored) < 0)
		*z = zone_utc;
	return 0;
}

int
app_init(struct app *a, struct err *e)
{
	const struct zone *z;

	a->start_us = clock_mono_us();
	cache_init(&a->cache);
	TRY(load_zone(a, &z, e));
	a->binder.arena = &a->arena;
	a->binder.env = (struct expr_env){ .arena = &a->arena, .zone = z,
	    .now_us = clock_wall_us(),
	    .seed = (uint64_t)conf_int(&a->conf, "sp.seed"),
	    .user = getenv("USER") ? getenv("USER") : "user" };
	file_catalog_init(&a->catalog, z);
	a->binder.catalog = &a->catalog.catalog;
	return 0;
}

void
app_release(struct app *a)
{
	cluster_close(a->cluster);
	output_close_all(a->output, a->noutput);
	cache_release(&a->cache);
	scratch_remove(a->scratch);
	stream_drop_kept();
	events_release(a);
	arena_release(&a->arena);
}

int
app_threads(const struct app *a)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	const char *m = a->master ? a->master : "local[*]";
	int64_t n = conf_int(&a->conf, "spark.executor.cores");

	if (strcmp(m, "local") == 0)
		return 1;
	if (strncmp(m, "local[", 6) == 0 && m[6] != '*')
		n = strtol(m + 6, NULL, 10);
	if (n <= 0)
		n = cores;
	return n < 1 ? 1 : n > 1024 ? 1024 : (int)n;
}

static int64_t
memory_budget(const struct app *a)
{
	int64_t n = conf_size(&a->conf, "spark.executor.memory");
	int64_t pages = sysconf(_SC_PHYS_PAGES);

	return n > 0 ? n : pages * sysconf(_SC_PAGESIZE) / 4 * 3;
}

static bool
forced(const char *what)
{
	const char *f = getenv("SP_FORCE");

	return f && strncmp(f, what, strlen(what)) == 0;
}

struct plan_conf
app_plan_conf(const struct app *a)
{
	return (struct plan_conf){
		.shuffle_partitions = (int)conf_int(&a->conf,
		    "spark.sql.shuffle.partitions"),
		.broadcast_bytes = conf_size(&a->conf,
		    "spark.sql.autoBroadcastJoinThreshold"),
		.split_bytes = conf_size(&a->conf,
		    "spark.sql.files.maxPartitionBytes"),
		.open_cost = conf_size(&a->conf,
		    "spark.sql.files.openCostInBytes"),
		.memory = memory_budget(a),
		.optimize = !forced("noopt"),
		.skip = a->skip_rules[0] ? a->skip_rules : NULL,
		.local = !cluster_wanted(a->master),
	};
}

int
job_plan(struct app *a, struct node *root, struct phases *p,
    void (*trace)(void *, const struct rule *, const struct node *),
    void *arg, struct err *e)
{
	struct plan_conf *conf = NEW(&a->arena, struct plan_conf);
	struct rule_env r = { &a->arena, &a->binder.ids, &a->binder.env, conf };

	*conf = app_plan_conf(a);
	root = kept_share(&a->arena, &a->binder.ids, root);
	p->analyzed = p->optimized = root;
	TRY(node_verify(root, e));
	if (conf->optimize)
		TRY(plan_optimize(&r, root, &p->optimized, trace, arg, e));
	TRY(plan_physical(&a->arena, &a->binder.ids, &a->binder.env, conf,
	    p->optimized, &p->physical, e));
	return plan_stages(&a->arena, &a->binder.ids, &a->binder.env, conf,
	    p->physical, &p->stages, e);
}
