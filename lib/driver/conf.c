/*
 * conf -- see conf.h; the table is also what sp-config(5) lists.
 */
#include "driver/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"
#include "base/opt.h"
#include "base/text.h"

enum kind { STRING, SIZE, NUMBER, DURATION, BOOL, AUTO, FRACTION, FACTOR,
	MODE };

struct row {
	const char *key;
	enum kind kind;
	const char *value;              /* built-in */
	const char *help;
};

static const struct row rows[] = {
	{ "spark.app.name", STRING, "", "name of the application, in reports" },
	{ "spark.executor.memory", SIZE, "", "memory budget of the process; "
	    "empty: three quarters of the machine's" },
	{ "spark.executor.memoryOverhead", SIZE, "", "what an executor of a "
	    "worker may use beside that, with its commands; empty: by the "
	    "factor" },
	{ "spark.executor.memoryOverheadFactor", FRACTION, "0.1", "the same as "
	    "part of the memory, but 384m at least" },
	{ "spark.executor.cores", NUMBER, "0", "task threads; 0: all cores" },
	{ "spark.driver.memory", SIZE, "1g", "memory of the driver for results "
	    "that wait for their turn" },
	{ "spark.driver.cores", NUMBER, "1", "cores that a driver under a worker "
	    "takes there (--deploy-mode cluster)" },
	{ "spark.memory.fraction", FRACTION, "0.6", "part of the memory that "
	    "kept rows (cache) may fill" },
	{ "spark.memory.storageFraction", FRACTION, "0.5", "part of that which "
	    "running jobs leave to them" },
	{ "spark.checkpoint.dir", STRING, "", "directory for checkpoints; "
	    "empty: the scratch directory" },
	{ "spark.sql.shuffle.partitions", NUMBER, "0", "partitions of an "
	    "exchange; 0: by bytes" },
	{ "spark.sql.autoBroadcastJoinThreshold", SIZE, "10m", "largest side "
	    "that is sent to all executors (on one machine: a quarter of the "
	    "memory is shared instead)" },
	{ "spark.sql.files.maxPartitionBytes", SIZE, "0", "bytes of input for "
	    "one task; 0: by the total" },
	{ "spark.sql.files.openCostInBytes", SIZE, "1m", "what opening a small "
	    "file counts when files are packed" },
	{ "spark.sql.adaptive.enabled", BOOL, "true", "decide again between "
	    "stages, from real sizes" },
	{ "spark.sql.adaptive.coalescePartitions.enabled", BOOL, "true",
	    "join small partitions into one task" },
	{ "spark.sql.adaptive.advisoryPartitionSizeInBytes", SIZE, "8m",
	    "bytes that such a task should have" },
	{ "spark.sql.adaptive.skewJoin.enabled", BOOL, "true", "split "
	    "partitions of joins that are much larger than the others" },
	{ "spark.sql.adaptive.skewJoin.skewedPartitionFactor", FACTOR, "5",
	    "times the median that such a partition has at least" },
	{ "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes", SIZE,
	    "256m", "bytes that it has at least" },
	{ "spark.sql.session.timeZone", STRING, "", "time zone of timestamps; "
	    "empty: TZ or UTC" },
	{ "spark.sql.ansi.enabled", BOOL, "true", "errors instead of wrong "
	    "values; only true is supported" },
	{ "spark.task.maxFailures", NUMBER, "4", "attempts at a task" },
	{ "spark.stage.maxConsecutiveAttempts", NUMBER, "4", "times that a "
	    "stage may lose blocks" },
	{ "spark.executor.instances", NUMBER, "0", "executors of an "
	    "application on sp-master; 0: as many as fit" },
	{ "spark.cores.max", NUMBER, "0", "cores of an application on "
	    "sp-master; 0: all that it can get" },
	{ "spark.app.weight", NUMBER, "1", "of the application in the FAIR "
	    "shares of sp-master, up to 1000" },
	{ "spark.driver.host", STRING, "", "address of the driver for "
	    "executors of sp-master; empty: as the master sees it" },
	{ "spark.driver.port", NUMBER, "0", "its port; 0: any" },
	{ "sp.cluster.key.file", STRING, "", "file with the key of the "
	    "cluster; empty: ~/.config/sp/cluster.key" },
	{ "spark.locality.wait", DURATION, "100ms", "how long a task waits for "
	    "a place near its data" },
	{ "spark.speculation", BOOL, "false", "run slow tasks a second time "
	    "on another executor" },
	{ "spark.speculation.interval", DURATION, "100ms", "how often slow "
	    "tasks are looked for" },
	{ "spark.speculation.multiplier", FACTOR, "3", "times the median "
	    "that a slow task takes" },
	{ "spark.speculation.quantile", FRACTION, "0.9", "part of the tasks "
	    "that must be done before" },
	{ "spark.speculation.minTaskRuntime", DURATION, "100ms", "no shorter "
	    "task is slow" },
	{ "spark.excludeOnFailure.enabled", BOOL, "true", "executors and hosts "
	    "on which tasks fail get no more for a while" },
	{ "spark.excludeOnFailure.timeout", DURATION, "1h", "for how long" },
	{ "spark.shuffle.compress", AUTO, "auto", "map outputs that other "
	    "executors read are compressed (zstd); auto: on their way over "
	    "slow networks" },
	{ "spark.local.dir", STRING, "", "scratch directory; SPARK_LOCAL_DIRS "
	    "and --tmpdir win; empty: TMPDIR or /tmp" },
	{ "sp.max.record", SIZE, "64m", "longest record of an input" },
	{ "sp.stall.timeout", DURATION, "10m", "a job without progress for so "
	    "long fails; 0: never" },
	{ "spark.eventLog.enabled", BOOL, "false", "write what happens in a run "
	    "as lines of JSON" },
	{ "spark.eventLog.dir", STRING, "/tmp/spark-events", "directory of "
	    "such files, one a run; it must be there" },
	{ "spark.scheduler.mode", MODE, "FIFO", "FAIR: statements that only "
	    "write files run at once; FIFO: one after the other" },
	{ "spark.scheduler.pool", STRING, "", "pool of the statements that "
	    "follow; empty: default" },
	{ "spark.scheduler.allocation.file", STRING, "", "XML file with weight "
	    "and minShare of pools" },
	{ "sp.statements.at.once", NUMBER, "4", "statements that run at once "
	    "when the mode is FAIR" },
	{ "sp.seed", NUMBER, "42", "seed of rand() and uuid()" },
	{ NULL, STRING, NULL, NULL }
};

/* Spark has them; here they mean nothing (or nothing yet on one machine). */
static const char *const ignored_prefix[] = {
	"spark.ui.", "spark.eventLog.", "spark.history.", "spark.yarn.",
	"spark.kubernetes.", "spark.dynamicAllocation.", "spark.shuffle.",
	"spark.speculation", "spark.locality.", "spark.serializer",
	"spark.kryo", "spark.executor.", "spark.driver.", "spark.hadoop.",
	"spark.sql.", "spark.memory.", "spark.network.", "spark.rpc.",
	"spark.io.", "spark.broadcast.", "spark.scheduler.", "spark.cores.",
	"spark.default.parallelism", "spark.rdd.", "spark.jars", "spark.files",
	"spark.submit.", "spark.master", "spark.blockManager.", "spark.task.",
	"spark.excludeOnFailure.", "spark.decommission.", "spark.port.",
	"spark.checkpoint.", "spark.cleaner.", "spark.python.", "spark.r.",
	"spark.deploy.", "spark.worker.", "spark.log", NULL
};

static int
find(const char *key)
{
	for (int i = 0; rows[i].key; i++)
		if (strcmp(rows[i].key, key) == 0)
			return i;
	return -1;
}

void
conf_init(struct conf *c, struct arena *a)
{
	int n = 0;

	while (rows[n].key)
		n++;
	memset(c, 0, sizeof *c);
	c->arena = a;
	c->v = NEW_N(a, struct conf_value, n);
	for (int i = 0; i < n; i++)
		c->v[i].text = rows[i].value;
}

static int
check_value(const struct row *r, const char *v, struct err *e)
{
	long long n;
	char *end;
	double part = strtod(v, &end);

	switch (r->kind) {
	case SIZE:
		return *v == '\0' || strcmp(v, "-1") == 0 ? 0 :
		    opt_size(v, &n, e);
	case NUMBER:
		return opt_number(v, 0, INT64_MAX, &n, e);
	case DURATION:
		return opt_duration(v, &n, e);
	case BOOL:
		if (strcasecmp(v, "true") == 0 || strcasecmp(v, "false") == 0)
			return 0;
		return err_user(e, EXIT_CONFIG, "'%s' is not true or false", v);
	case AUTO:
		if (strcasecmp(v, "true") == 0 || strcasecmp(v, "false") == 0 ||
		    strcasecmp(v, "auto") == 0)
			return 0;
		return err_user(e, EXIT_CONFIG, "'%s' is not true, false or "
		    "auto", v);
	case FRACTION:
		if (part >= 0 && part <= 1 && end != v && *end == '\0')
			return 0;
		return err_user(e, EXIT_CONFIG, "'%s' is not a number from 0 "
		    "to 1", v);
	case FACTOR:
		if (part >= 1 && part <= 1000 && end != v && *end == '\0')
			return 0;
		return err_user(e, EXIT_CONFIG, "'%s' is not a number from 1 "
		    "to 1000", v);
	case MODE:
		if (strcasecmp(v, "FIFO") == 0 || strcasecmp(v, "FAIR") == 0)
			return 0;
		return err_user(e, EXIT_CONFIG, "'%s' is not FIFO or FAIR", v);
	case STRING:
		break;
	}
	return 0;
}

static int
unknown(const char *key, struct err *e)
{
	struct near near;

	near_init(&near, key);
	for (int i = 0; rows[i].key; i++)
		near_offer(&near, rows[i].key);
	err_user(e, EXIT_CONFIG, "unknown setting '%s'", key);
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return err_hint(e, "sp-config(5) lists all settings");
}

/* A near miss of one of our keys is a typing error, not Spark's key. */
static int
is_typo(const char *key)
{
	struct near near;

	near_init(&near, key);
	near.dist = 3;
	for (int i = 0; rows[i].key; i++)
		near_offer(&near, rows[i].key);
	return near.best != NULL;
}

static int
set_ignored(struct conf *c, const char *key, struct err *e)
{
	for (int i = 0; ignored_prefix[i]; i++)
		if (strncmp(key, ignored_prefix[i],
		    strlen(ignored_prefix[i])) == 0 && !is_typo(key)) {
			ARENA_GROW(c->arena, c->ignored, c->nignored,
			    c->ignored_cap);
			c->ignored[c->nignored++] = arena_strdup(c->arena, key);
			return 0;
		}
	return unknown(key, e);
}

const struct conf_pool *
conf_pool_find(const struct conf *c, const char *name)
{
	const struct conf_pool *p = c->pools;

	while (p && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

/* spark.scheduler.pool.NAME.weight, .minShare; 0: it is another key. */
static int
set_pool(struct conf *c, const char *key, const char *value,
    enum conf_origin origin, struct err *e)
{
	static const char prefix[] = "spark.scheduler.pool.";
	const char *name = key + sizeof prefix - 1, *dot = strrchr(key, '.');
	struct conf_pool *p;
	long long n;
	int share;

	if (strncmp(key, prefix, sizeof prefix - 1) != 0)
		return 0;
	share = strcmp(dot, ".minShare") == 0;
	if (dot <= name || (!share && strcmp(dot, ".weight") != 0)) {
		err_user(e, EXIT_CONFIG, "unknown setting '%s'", key);
		return err_hint(e, "a pool has %sNAME.weight and "
		    "%sNAME.minShare", prefix, prefix);
	}
	if (opt_number(value, share ? 0 : 1, 1000000, &n, e) < 0) {
		e->code = EXIT_CONFIG;
		return err_ctx(e, "setting %s", key);
	}
	name = arena_memdup(c->arena, name, (size_t)(dot - name));
	p = (struct conf_pool *)(uintptr_t)conf_pool_find(c, name);
	if (p == NULL) {
		p = NEW(c->arena, struct conf_pool);
		*p = (struct conf_pool){ .name = name, .weight = 1,
		    .next = c->pools };
		c->pools = p;
	}
	if (p->set[share] && p->origin[share] > origin)
		return 1;
	p->set[share] = 1;
	p->origin[share] = origin;
	*(share ? &p->min_share : &p->weight) = (int)n;
	return 1;
}

int
conf_set(struct conf *c, const char *key, const char *value,
    enum conf_origin origin, const char *where, struct err *e)
{
	int i = find(key), pool;

	if (i < 0) {
		TRY(pool = set_pool(c, key, value, origin, e));
		return pool ? 0 : set_ignored(c, key, e);
	}
	if (check_value(&rows[i], value, e) < 0) {
		e->code = EXIT_CONFIG;
		return err_ctx(e, "setting %s", key);
	}
	if (strcmp(key, "spark.sql.ansi.enabled") == 0 &&
	    strcasecmp(value, "true") != 0)
		return err_user(e, EXIT_CONFIG, "setting %s: only true is "
		    "supported (use try_ functions for single expressions)",
		    key);
	if (c->v[i].origin > origin)
		return 0;
	c->v[i] = (struct conf_value){ arena_strdup(c->arena, value), origin,
	    where };
	return 0;
}

int
conf_set_pair(struct conf *c, const char *pair, struct err *e)
{
	const char *eq = strchr(pair, '=');
	char *key;

	if (eq == NULL || eq == pair)
		return err_user(e, EXIT_USAGE, "'%s' is not key=value", pair);
	key = arena_memdup(c->arena, pair, (size_t)(eq - pair));
	return conf_set(c, key, eq + 1, CONF_FLAG, "-c", e);
}

static int
read_line(struct conf *c, char *line, const char *path, int number,
    enum conf_origin origin, struct err *e)
{
	char *key = line + strspn(line, " \t"), *value;
	size_t n = strlen(key);

	while (n && isspace((unsigned char)key[n - 1]))
		key[--n] = '\0';
	if (*key == '\0' || *key == '#')
		return 0;
	value = key + strcspn(key, " \t=");
	if (*value)
		*value++ = '\0';
	value += strspn(value, " \t=");
	if (conf_set(c, key, value, origin, path, e) < 0) {
		e->code = EXIT_CONFIG;
		return err_ctx(e, "%s:%d", path, number);
	}
	return 0;
}

int
conf_read(struct conf *c, const char *path, enum conf_origin origin,
    struct err *e)
{
	FILE *f = fopen(path, "re");
	char line[4096];
	int r = 0, number = 0;

	if (f == NULL)
		return err_sys(e, "could not read settings from \"%s\"", path);
	path = arena_strdup(c->arena, path);
	while (r >= 0 && fgets(line, sizeof line, f))
		r = read_line(c, line, path, ++number, origin, e);
	fclose(f);
	return r;
}

static int
read_if_there(struct conf *c, const char *path, enum conf_origin origin,
    struct err *e)
{
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return 0;
	fclose(f);
	return conf_read(c, path, origin, e);
}

int
conf_defaults(struct conf *c, struct err *e)
{
	static const struct { const char *variable, *key; } env[] = {
		{ "SPARK_LOCAL_DIRS", "spark.local.dir" },
		{ "SPARK_EXECUTOR_MEMORY", "spark.executor.memory" },
		{ "SPARK_EXECUTOR_CORES", "spark.executor.cores" },
		{ "SP_CLUSTER_KEY_FILE", "sp.cluster.key.file" },
	};
	const char *home = getenv("HOME"), *file = getenv("SP_CONF");

	TRY(read_if_there(c, "/etc/sp/sp-defaults.conf", CONF_SYSTEM, e));
	if (file)
		TRY(conf_read(c, file, CONF_USER, e));
	else if (home)
		TRY(read_if_there(c, arena_printf(c->arena,
		    "%s/.config/sp/sp-defaults.conf", home), CONF_USER, e));
	for (size_t i = 0; i < sizeof env / sizeof *env; i++) {
		const char *v = getenv(env[i].variable);

		if (v && *v)
			TRY(conf_set(c, env[i].key, v, CONF_ENV,
			    env[i].variable, e));
	}
	return 0;
}

const char *
conf_get(const struct conf *c, const char *key)
{
	int i = find(key);

	return i < 0 ? "" : c->v[i].text;
}

int64_t
conf_size(const struct conf *c, const char *key)
{
	const char *v = conf_get(c, key);
	long long n = 0;
	struct err e;

	if (strcmp(v, "-1") == 0)
		return -1;
	return *v && opt_size(v, &n, &e) >= 0 ? n : 0;
}

int64_t
conf_int(const struct conf *c, const char *key)
{
	return strtoll(conf_get(c, key), NULL, 10);
}

int64_t
conf_ms(const struct conf *c, const char *key)
{
	long long ms = 0;
	struct err ignored;

	opt_duration(conf_get(c, key), &ms, &ignored);
	return ms;
}

int
conf_bool(const struct conf *c, const char *key)
{
	return strcasecmp(conf_get(c, key), "true") == 0;
}

static const char *const origin[] = { "built-in", "system file",
	"user file", "environment", "flag", "script" };

/* Where nothing is set there is no line. */
static void
show_pools(const struct conf *c, struct text *to)
{
	static const char prefix[] = "spark.scheduler.pool";

	for (const struct conf_pool *p = c->pools; p; p = p->next) {
		if (p->set[0])
			text_addf(to, "%s.%s.weight\t%d\t%s\n", prefix,
			    p->name, p->weight, origin[p->origin[0]]);
		if (p->set[1])
			text_addf(to, "%s.%s.minShare\t%d\t%s\n", prefix,
			    p->name, p->min_share, origin[p->origin[1]]);
	}
}

void
conf_show(const struct conf *c, struct text *to)
{

	for (int i = 0; rows[i].key; i++) {
		const struct conf_value *v = &c->v[i];

		text_addf(to, "%s\t%s\t%s", rows[i].key, v->text,
		    origin[v->origin]);
		if (v->where && v->origin != CONF_FLAG)
			text_addf(to, " %s", v->where);
		text_addc(to, '\n');
	}
	show_pools(c, to);
}

int
conf_row(int i, const char **key, const char **value, const char **help)
{
	if (rows[i].key == NULL)
		return 0;
	*key = rows[i].key;
	*value = rows[i].value;
	*help = rows[i].help;
	return 1;
}
