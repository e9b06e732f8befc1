/*
 * settings -- what sp-master and sp-worker are told by flags, properties and
 * the environment, in this order of precedence: flags (also -c), the
 * environment (SPARK_MASTER_HOST ...), a properties file, built-in.
 */
#ifndef DAEMON_SETTINGS_H
#define DAEMON_SETTINGS_H

#include <stdint.h>

#include "base/text.h"

struct err;

enum setting_rank { RANK_BUILTIN, RANK_FILE, RANK_ENV, RANK_FLAG };

struct setting {
	char *value;            /* owned; NULL: not set */
	enum setting_rank rank;
};

enum setting_key {
	SET_HOST,               /* to listen on / name of this node */
	SET_PORT,
	SET_STATE,              /* master: directory of its journal */
	SET_KEY,                /* file with the cluster key */
	SET_MASTER,             /* URL of the master */
	SET_SCHEDULER,          /* FAIR, FIFO */
	SET_SPREAD,             /* true, false */
	SET_DEFAULT_CORES,
	SET_CORES,              /* worker */
	SET_MEMORY,
	SET_DIR,
	SET_CLEANUP,
	SET_EXECUTOR,           /* worker: program */
	SET_KEYS
};

struct settings {
	struct setting v[SET_KEYS];
	int  json, verbose;
	int  ready_fd;          /* -1: none */
	int  detach, stop;      /* into the background; end the one there */
	int  remove;            /* with stop: its directory, too */
	int  key_stdin;
	struct text notes;      /* lines about what is accepted and unused */
};

/* role: "master" or "worker": whose variables of the environment count. */
void settings_init(struct settings *s, const char *role);
void settings_release(struct settings *s);

/* Sets one if nothing of a higher rank did. */
void settings_put(struct settings *s, enum setting_key key,
    const char *value, enum setting_rank rank);

/* "key=value" with a property's name.  Unknown: EXIT_CONFIG and a hint. */
int settings_property(struct settings *s, const char *pair,
    enum setting_rank rank, struct err *e);

/* A properties file: "key value" or "key=value" lines, # comments. */
int settings_file(struct settings *s, const char *path, struct err *e);

const char *settings_get(const struct settings *s, enum setting_key key);

/* As a number within limits; EXIT_CONFIG.  Not set: otherwise. */
int settings_int(const struct settings *s, enum setting_key key, int64_t low,
    int64_t high, int64_t otherwise, int64_t *out, struct err *e);

/* "true" or "false"; EXIT_CONFIG. */
int settings_bool(const struct settings *s, enum setting_key key,
    int otherwise, int *out, struct err *e);

#endif
