/*
 * settings -- see settings.h.
 */
#include "daemon/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"
#include "base/opt.h"

static const struct {
	const char *name;
	int key;                /* -1: accepted, means nothing here */
} properties[] = {
	{ "sp.cluster.key.file",                SET_KEY },
	{ "sp.master.host",                     SET_HOST },
	{ "sp.master.port",                     SET_PORT },
	{ "sp.master.state",                    SET_STATE },
	{ "sp.master.scheduler",                SET_SCHEDULER },
	{ "spark.deploy.spreadOut",             SET_SPREAD },
	{ "spark.deploy.defaultCores",          SET_DEFAULT_CORES },
	{ "spark.deploy.recoveryDirectory",     SET_STATE },
	{ "sp.worker.cores",                    SET_CORES },
	{ "sp.worker.memory",                   SET_MEMORY },
	{ "sp.worker.dir",                      SET_DIR },
	{ "spark.worker.cleanup.enabled",       SET_CLEANUP },
	{ "spark.deploy.recoveryMode",          -1 },
	{ "spark.deploy.retainedApplications",  -1 },
	{ "spark.deploy.retainedDrivers",       -1 },
	{ "spark.deploy.maxExecutorRetries",    -1 },
	{ "spark.worker.timeout",               -1 },
	{ "spark.worker.cleanup.interval",      -1 },
	{ "spark.worker.cleanup.appDataTtl",    -1 },
	{ "spark.master.rest.enabled",          -1 },
	{ "spark.master.rest.port",             -1 },
	{ "spark.master.ui.port",               -1 },
	{ "spark.worker.ui.port",               -1 },
};

static const struct {
	const char *role, *name;
	enum setting_key key;
} variables[] = {
	{ "master", "SPARK_MASTER_HOST",   SET_HOST },
	{ "master", "SPARK_MASTER_PORT",   SET_PORT },
	{ "worker", "SPARK_WORKER_HOST",   SET_HOST },
	{ "worker", "SPARK_LOCAL_HOSTNAME", SET_HOST },
	{ "worker", "SPARK_WORKER_CORES",  SET_CORES },
	{ "worker", "SPARK_WORKER_MEMORY", SET_MEMORY },
	{ "worker", "SPARK_WORKER_PORT",   SET_PORT },
	{ "worker", "SPARK_WORKER_DIR",    SET_DIR },
	{ "",       "SP_CLUSTER_KEY_FILE", SET_KEY },
	{ "",       "SP_MASTER",           SET_MASTER },
};

void
settings_init(struct settings *s, const char *role)
{
	memset(s, 0, sizeof *s);
	s->ready_fd = -1;
	for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
		const char *value = getenv(variables[i].name);

		if (value && *value && (!*variables[i].role ||
		    strcmp(variables[i].role, role) == 0))
			settings_put(s, variables[i].key, value, RANK_ENV);
	}
}

void
settings_release(struct settings *s)
{
	for (int i = 0; i < SET_KEYS; i++)
		free(s->v[i].value);
	text_release(&s->notes);
}

void
settings_put(struct settings *s, enum setting_key key, const char *value,
    enum setting_rank rank)
{
	struct setting *v = &s->v[key];
	size_t n = strlen(value) + 1;

	if (v->value && v->rank > rank)
		return;
	free(v->value);
	v->value = memcpy(xmalloc(n), value, n);
	v->rank = rank;
}

static int
put_property(struct settings *s, const char *name, const char *value,
    enum setting_rank rank, struct err *e)
{
	const size_t n = sizeof properties / sizeof properties[0];
	struct near near;

	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(properties[i].name, name) != 0)
			continue;
		if (properties[i].key >= 0)
			settings_put(s, (enum setting_key)properties[i].key,
			    value, rank);
		else
			text_addf(&s->notes, "%s is accepted and means "
			    "nothing here\n", name);
		return 0;
	}
	near_init(&near, name);
	for (size_t i = 0; i < n; i++)
		near_offer(&near, properties[i].name);
	err_user(e, EXIT_CONFIG, "there is no setting '%s'", name);
	if (near.best)
		err_hint(e, "did you mean %s?", near.best);
	return e->kind;
}

int
settings_property(struct settings *s, const char *pair,
    enum setting_rank rank, struct err *e)
{
	const char *eq = strchr(pair, '=');
	char name[128];

	if (!eq || eq == pair || (size_t)(eq - pair) >= sizeof name)
		return err_user(e, EXIT_USAGE, "expected key=value, not '%s'",
		    pair);
	memcpy(name, pair, (size_t)(eq - pair));
	name[eq - pair] = '\0';
	return put_property(s, name, eq + 1, rank, e);
}

/* Cuts "key value", "key = value" in place.  Settings of jobs, which such
 * files hold too, are passed over. */
static int
property_line(struct settings *s, char *line, struct err *e)
{
	char *name = line + strspn(line, " \t"), *value, *end;

	name[strcspn(name, "\r\n")] = '\0';
	if (!*name || *name == '#')
		return 0;
	value = name + strcspn(name, " \t=");
	end = value;
	value += strspn(value, " \t=");
	*end = '\0';
	for (end = value + strlen(value); end > value &&
	    isspace((unsigned char)end[-1]); )
		*--end = '\0';
	if (strncmp(name, "spark.deploy.", 13) != 0 &&
	    strncmp(name, "spark.master.", 13) != 0 &&
	    strncmp(name, "spark.worker.", 13) != 0 &&
	    strncmp(name, "sp.master.", 10) != 0 &&
	    strncmp(name, "sp.worker.", 10) != 0 &&
	    strncmp(name, "sp.cluster.", 11) != 0)
		return 0;
	return put_property(s, name, value, RANK_FILE, e);
}

int
settings_file(struct settings *s, const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	char line[4096];
	int r = 0;

	if (!f)
		return err_sys(e, "could not read \"%s\"", path);
	for (int n = 1; r == 0 && fgets(line, sizeof line, f); n++) {
		r = property_line(s, line, e);
		if (r < 0)
			err_ctx(e, "\"%s\", line %d", path, n);
	}
	fclose(f);
	return r;
}

const char *
settings_get(const struct settings *s, enum setting_key key)
{
	return s->v[key].value;
}

int
settings_int(const struct settings *s, enum setting_key key, int64_t low,
    int64_t high, int64_t otherwise, int64_t *out, struct err *e)
{
	long long n = otherwise;

	if (s->v[key].value && opt_number(s->v[key].value, low, high, &n, e) < 0)
		return e->kind;
	*out = n;
	return 0;
}

int
settings_bool(const struct settings *s, enum setting_key key, int otherwise,
    int *out, struct err *e)
{
	const char *v = s->v[key].value;

	*out = v ? strcasecmp(v, "true") == 0 : otherwise;
	if (v && !*out && strcasecmp(v, "false") != 0)
		return err_user(e, EXIT_CONFIG,
		    "expected true or false, not '%s'", v);
	return 0;
}
