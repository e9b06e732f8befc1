/*
 * setup -- see setup.h.
 */
#include "driver/setup.h"

#include <stdlib.h>
#include <strings.h>

#include "base/zone.h"
#include "driver/job.h"
#include "driver/runner.h"

void
setup_fill(struct setup_msg *m, struct app *a, struct arena *mem, int serve,
    const unsigned char *key)
{
	struct action probe = { .conf = &a->conf };
	const char *scratch = conf_get(&a->conf, "spark.local.dir");

	*m = (struct setup_msg){
	    .max_record = conf_size(&a->conf, "sp.max.record"),
	    .scratch = arena_strdup(mem, scratch),
	    .zone = zone_name(a->binder.env.zone),
	    .user = a->binder.env.user, .now_us = a->binder.env.now_us,
	    .seed = a->binder.env.seed, .serve = serve != 0,
	    .direct = true,
	    .compress = conf_bool(&a->conf, "spark.shuffle.compress"),
	    .pack = strcasecmp(conf_get(&a->conf, "spark.shuffle.compress"),
	    "auto") == 0,
	    .lease_ms = LEASE_MS, .key = key };
	m->kept_limit = (int)(1000 * strtod(conf_get(&a->conf,
	    "spark.memory.fraction"), NULL));
	m->kept_floor = (int)(m->kept_limit * strtod(conf_get(&a->conf,
	    "spark.memory.storageFraction"), NULL));
	app_force(&probe.env);
	m->force_spill = probe.env.force_spill;
	m->chaos = probe.env.chaos;
	if (probe.env.force_fetch) {    /* tests: everything over the network */
		m->serve = true;
		m->direct = false;
	}
}
