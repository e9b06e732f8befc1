/*
 * leases -- see leases.h.
 *
 * What the master says of an executor counts for its end; its beginning is
 * its connection, whose READY has the number that the master knows.
 */
#include "driver/leases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "daemon/app_client.h"
#include "driver/executors.h"
#include "driver/job.h"
#include "driver/progress.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/key.h"
#include "net/listener.h"
#include "net/proto.h"

#define CONNECT_MS 5000
#define END_MS 1000
#define OVERHEAD_LEAST_MB 384
#define WEIGHT_MAX 1000

struct leases {
	struct cluster *cluster;
	struct app *app;
	struct app_client *client;
	struct listener *door;
	char id[ID_SIZE];
	unsigned char key[APP_KEY_SIZE];
	struct err refused;             /* kind 0: not */
};

bool
leases_wanted(const char *master)
{
	return master && (strncmp(master, "sp://", 5) == 0 ||
	    strncmp(master, "spark://", 8) == 0);
}

static const char *
addresses(const char *master)
{
	return strstr(master, "://") + 3;
}

static void
accepted(void *arg, const char *app_id)
{
	struct leases *l = arg;

	snprintf(l->id, sizeof l->id, "%s", app_id);
	if (l->app->verbose)
		progress_say("application %s", l->id);
}

static void
executor_up(void *arg, const struct executor_news *news)
{
	struct leases *l = arg;

	if (l->app->verbose > 1)
		progress_say("executor %d is started on %s", news->num,
		    news->host);
}

static void
executor_lost(void *arg, int num, enum end_reason reason, const char *why)
{
	struct leases *l = arg;
	struct err e;

	err_set(&e, ERR_TEMP, "%s%s%s", end_reason_name(reason),
	    *why ? ": " : "", why);
	cluster_lease_lost(l->cluster, num, reason == END_WORKER_LOST, &e);
}

static void
executor_revoked(void *arg, int num)
{
	struct leases *l = arg;

	cluster_lease_revoked(l->cluster, num);
}

static void
note(void *arg, const char *text)
{
	(void)arg;
	progress_say("sp-submit: %s", text);
}

static void
refused(void *arg, const struct err *why)
{
	struct leases *l = arg;

	l->refused = *why;
}

static void
master_lost(void *arg, const struct err *why)
{
	struct leases *l = arg;

	if (l->app->verbose)
		progress_say("the master is gone (%s), trying again",
		    why->text);
}

static void
master_back(void *arg)
{
	struct leases *l = arg;

	if (l->app->verbose)
		progress_say("the master is there again");
}

static const struct app_client_ops client_ops = {
	accepted, executor_up, executor_lost, executor_revoked, note, refused,
	master_lost, master_back,
};

static int
key_of(void *arg, const char *identity, unsigned char key[TLS_KEY])
{
	struct leases *l = arg;

	if (*l->id == '\0' || strcmp(identity, l->id) != 0)
		return 0;
	memcpy(key, l->key, TLS_KEY);
	return 1;
}

static void *
guest(void *arg, struct conn *c, const char *identity)
{
	struct leases *l = arg;

	(void)identity;
	return cluster_guest(l->cluster, c);
}

/* Slips of the pen are told before anything else. */
static int
check_addresses(const char *master, struct err *e)
{
	const char *list = addresses(master);

	if (*list == '\0')
		return err_user(e, EXIT_USAGE, "'%s' names no master: write "
		    "sp://HOST:PORT", master);
	while (*list) {
		struct address a;
		char one[300];
		size_t n = strcspn(list, ",");

		snprintf(one, sizeof one, "%.*s", (int)n, list);
		TRY(address_parse(&a, one, 7077, e));
		list += n + (list[n] == ',');
	}
	return 0;
}

static int
check_weight(const struct conf *c, struct err *e)
{
	int64_t n = conf_int(c, "spark.app.weight");

	if (n >= 1 && n <= WEIGHT_MAX)
		return 0;
	return err_user(e, EXIT_CONFIG, "spark.app.weight must be 1 to %d, "
	    "not %lld", WEIGHT_MAX, (long long)n);
}

/* The address by which executors find us: the one by which we find the
 * master, unless the settings say another. */
static int
own_address(struct leases *l, struct address *to, struct err *e)
{
	const char *host = conf_get(&l->app->conf, "spark.driver.host");
	const char *list = addresses(l->app->master);
	struct address master;
	int fd = -1;

	while (*list && fd < 0) {
		char one[300];
		size_t n = strcspn(list, ",");

		snprintf(one, sizeof one, "%.*s", (int)n, list);
		TRY(address_parse(&master, one, 7077, e));
		fd = address_connect_wait(&master, CONNECT_MS, e);
		list += n + (list[n] == ',');
	}
	if (fd < 0)
		return fd;
	address_local(to, fd);
	close(fd);
	to->port = (int)conf_int(&l->app->conf, "spark.driver.port");
	if (*host)
		snprintf(to->host, sizeof to->host, "%s", host);
	return 0;
}

static int
open_door(struct leases *l, struct loop *loop, struct address *at,
    struct err *e)
{
	struct listener_conf conf = { .loop = loop, .role = ROLE_DRIVER,
	    .peers = ROLE_EXECUTOR, .key_of = key_of, .key_arg = l,
	    .guest = guest, .ops = cluster_conn_ops(), .arg = l };
	struct address bound;

	TRY(conf.fd = address_listen(at, e));
	address_local(&bound, conf.fd);
	at->port = bound.port;
	return listener_open(&l->door, &conf, e);
}

static int
read_key(const struct app *a, unsigned char key[KEY_BYTES], struct err *e)
{
	const char *file = conf_get(&a->conf, "sp.cluster.key.file");
	struct text path = { 0 };
	int r;

	if (*file)
		text_adds(&path, file);
	else
		key_file(&path);
	r = key_read(key, text_str(&path), e);
	text_release(&path);
	return r;
}

/* 0: the worker decides, by the memory that it gives. */
static int64_t
overhead_mb(const struct conf *c, int64_t memory_mb)
{
	int64_t set = conf_size(c, "spark.executor.memoryOverhead") >> 20;
	double factor = strtod(conf_get(c,
	    "spark.executor.memoryOverheadFactor"), NULL);
	int64_t part = (int64_t)(factor * (double)memory_mb);

	if (set || memory_mb == 0)
		return set;
	return part > OVERHEAD_LEAST_MB ? part : OVERHEAD_LEAST_MB;
}

static void
fill_hello(const struct leases *l, const struct address *at,
    struct app_hello *h)
{
	const struct conf *c = &l->app->conf;
	const char *name = conf_get(c, "spark.app.name");
	struct text t = { 0 };

	memset(h, 0, sizeof *h);
	address_print(&t, at);
	snprintf(h->driver, sizeof h->driver, "%s", text_str(&t));
	text_release(&t);
	snprintf(h->name, sizeof h->name, "%s", *name ? name : "sp-submit");
	snprintf(h->user, sizeof h->user, "%s", l->app->binder.env.user);
	memcpy(h->key, l->key, sizeof h->key);
	h->cores_max = (int)conf_int(c, "spark.cores.max");
	h->cores = (int)conf_int(c, "spark.executor.cores");
	h->memory_mb = conf_size(c, "spark.executor.memory") >> 20;
	h->instances = (int)conf_int(c, "spark.executor.instances");
	h->overhead_mb = overhead_mb(c, h->memory_mb);
	h->weight = (int)conf_int(c, "spark.app.weight");
}

int
leases_open(struct leases **out, struct cluster *c, struct app *a,
    struct loop *loop, const unsigned char *key, struct err *e)
{
	struct leases *l = xcalloc(1, sizeof *l);
	unsigned char cluster_key[KEY_BYTES];
	struct app_hello hello;
	struct address at;
	int r;

	*out = l;
	l->cluster = c;
	l->app = a;
	memcpy(l->key, key, sizeof l->key);
	TRY(check_addresses(a->master, e));
	TRY(check_weight(&a->conf, e));
	TRY(read_key(a, cluster_key, e));
	TRY(own_address(l, &at, e));
	TRY(open_door(l, loop, &at, e));
	fill_hello(l, &at, &hello);
	r = app_client_new(&l->client, loop, addresses(a->master),
	    cluster_key, &hello, &client_ops, l, e);
	key_forget(cluster_key);
	return r;
}

void
leases_close(struct leases *l, int status)
{
	if (l == NULL)
		return;
	if (l->client && *l->id && l->refused.kind == 0)
		app_client_end(l->client, status, END_MS);
	if (l->client)
		app_client_free(l->client);
	if (l->door)
		listener_close(l->door);
	key_forget(l->key);
	free(l);
}

int
leases_failed(const struct leases *l, struct err *e)
{
	if (l->refused.kind == 0)
		return 0;
	*e = l->refused;
	return e->kind;
}

const char *
leases_app(const struct leases *l)
{
	return l->id;
}
