/*
 * daemon_opts -- see daemon_opts.h.
 */
#include "daemon/daemon_opts.h"

#include <stddef.h>

#include "base/err.h"
#include "base/opt.h"
#include "daemon/settings.h"

#define PUT(name, key)                                                  \
int                                                                     \
daemon_set_##name(void *conf, const char *value, struct err *e)         \
{                                                                       \
	(void)e;                                                        \
	settings_put(conf, key, value, RANK_FLAG);                      \
	return 0;                                                       \
}

PUT(host, SET_HOST)
PUT(port, SET_PORT)
PUT(state, SET_STATE)
PUT(key, SET_KEY)
PUT(master, SET_MASTER)
PUT(cores, SET_CORES)
PUT(memory, SET_MEMORY)
PUT(dir, SET_DIR)
PUT(executor, SET_EXECUTOR)

int
daemon_set_property(void *conf, const char *value, struct err *e)
{
	return settings_property(conf, value, RANK_FLAG, e);
}

int
daemon_set_properties(void *conf, const char *value, struct err *e)
{
	return settings_file(conf, value, e);
}

int
daemon_set_ui_port(void *conf, const char *value, struct err *e)
{
	struct settings *s = conf;
	long long port;

	TRY(opt_number(value, 0, 65535, &port, e));
	text_addf(&s->notes, "--webui-port %lld: there is no web page; see "
	    "sp-master status\n", port);
	return 0;
}

int
daemon_set_ready_fd(void *conf, const char *value, struct err *e)
{
	struct settings *s = conf;
	long long fd;

	TRY(opt_number(value, 0, 1023, &fd, e));
	s->ready_fd = (int)fd;
	return 0;
}

#define SWITCH(name, member)                                            \
int                                                                     \
daemon_set_##name(void *conf, const char *value, struct err *e)         \
{                                                                       \
	struct settings *s = conf;                                      \
									\
	(void)value;                                                    \
	(void)e;                                                        \
	s->member = 1;                                                  \
	return 0;                                                       \
}

SWITCH(json, json)
SWITCH(detach, detach)
SWITCH(stop, stop)
SWITCH(remove, remove)
SWITCH(key_stdin, key_stdin)

int
daemon_set_verbose(void *conf, const char *value, struct err *e)
{
	struct settings *s = conf;

	(void)value;
	(void)e;
	s->verbose++;
	return 0;
}
