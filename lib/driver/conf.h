/*
 * conf -- settings: Spark's property names, with their origin.
 *
 * Precedence: flags (-c) and "set" in the script, environment, the user's
 * file (SP_CONF or ~/.config/sp/sp-defaults.conf), the system's file
 * (/etc/sp/sp-defaults.conf), built-in.  An unknown key is an error with a
 * suggestion; a key that Spark has and that means nothing here is accepted.
 */
#ifndef DRIVER_CONF_H
#define DRIVER_CONF_H

#include <stdint.h>

struct arena;
struct err;
struct text;

enum conf_origin { CONF_BUILTIN, CONF_SYSTEM, CONF_USER, CONF_ENV,
	CONF_FLAG, CONF_SET };

struct conf_value {
	const char *text;
	enum conf_origin origin;
	const char *where;              /* file name, variable … or NULL */
};

struct conf_pool {              /* spark.scheduler.pool.NAME.… */
	const char *name;
	int weight, min_share;          /* 1, 0 where nothing is said */
	int set[2];                     /* is something said? of each */
	enum conf_origin origin[2];
	struct conf_pool *next;
};

struct conf {
	struct arena *arena;
	struct conf_pool *pools;
	int pools_read;                 /* driver/pools.h has read the file */
	struct conf_value *v;           /* one a row of the table */
	const char **ignored;           /* known to Spark, unused here */
	int nignored, ignored_cap;
};

void conf_init(struct conf *c, struct arena *a);

/* Sets a key; the value is checked for the key's type.  EXIT_CONFIG. */
int conf_set(struct conf *c, const char *key, const char *value,
    enum conf_origin origin, const char *where, struct err *e);

/* "key=value" as -c has it. */
int conf_set_pair(struct conf *c, const char *pair, struct err *e);

/* Reads a properties file: "key value" or "key=value" lines, # comments. */
int conf_read(struct conf *c, const char *path, enum conf_origin origin,
    struct err *e);

/* The files and variables that are there (missing ones are fine). */
int conf_defaults(struct conf *c, struct err *e);

const char *conf_get(const struct conf *c, const char *key);
int64_t conf_size(const struct conf *c, const char *key);       /* bytes */
int64_t conf_int(const struct conf *c, const char *key);
int64_t conf_ms(const struct conf *c, const char *key);         /* durations */
int conf_bool(const struct conf *c, const char *key);

/* What is set for a pool of the scheduler, or NULL. */
const struct conf_pool *conf_pool_find(const struct conf *c, const char *name);

/* Every key with value and origin, one a line. */
void conf_show(const struct conf *c, struct text *to);

/* Row i of the table, for man pages: 0 when past the end. */
int conf_row(int i, const char **key, const char **value, const char **help);

#endif
