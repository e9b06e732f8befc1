/*
 * daemon_opts -- the options that sp-master and sp-worker share: setters for
 * rows of a struct opt_table, with a struct settings as conf.
 */
#ifndef DAEMON_DAEMON_OPTS_H
#define DAEMON_DAEMON_OPTS_H

struct err;

int daemon_set_host(void *conf, const char *value, struct err *e);
int daemon_set_port(void *conf, const char *value, struct err *e);
int daemon_set_state(void *conf, const char *value, struct err *e);
int daemon_set_key(void *conf, const char *value, struct err *e);
int daemon_set_master(void *conf, const char *value, struct err *e);
int daemon_set_cores(void *conf, const char *value, struct err *e);
int daemon_set_memory(void *conf, const char *value, struct err *e);
int daemon_set_dir(void *conf, const char *value, struct err *e);
int daemon_set_executor(void *conf, const char *value, struct err *e);
int daemon_set_property(void *conf, const char *value, struct err *e);
int daemon_set_properties(void *conf, const char *value, struct err *e);
int daemon_set_ui_port(void *conf, const char *value, struct err *e);
int daemon_set_ready_fd(void *conf, const char *value, struct err *e);
int daemon_set_json(void *conf, const char *value, struct err *e);
int daemon_set_detach(void *conf, const char *value, struct err *e);
int daemon_set_stop(void *conf, const char *value, struct err *e);
int daemon_set_remove(void *conf, const char *value, struct err *e);
int daemon_set_key_stdin(void *conf, const char *value, struct err *e);
int daemon_set_verbose(void *conf, const char *value, struct err *e);

#endif
