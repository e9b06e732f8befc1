/*
 * submit_opts -- setters for tables of options (base/opt.h); the conf of
 * such a table is a struct submit.
 */
#ifndef DRIVER_SUBMIT_OPTS_H
#define DRIVER_SUBMIT_OPTS_H

struct err;

int submit_set_text(void *conf, const char *value, struct err *e);
int submit_set_master(void *conf, const char *value, struct err *e);
int submit_set_conf(void *conf, const char *value, struct err *e);
int submit_set_properties(void *conf, const char *value, struct err *e);
int submit_set_define(void *conf, const char *value, struct err *e);
int submit_set_memory(void *conf, const char *value, struct err *e);
int submit_set_tmpdir(void *conf, const char *value, struct err *e);
int submit_set_name(void *conf, const char *value, struct err *e);
int submit_set_format(void *conf, const char *value, struct err *e);
int submit_set_timeout(void *conf, const char *value, struct err *e);
int submit_set_keep(void *conf, const char *value, struct err *e);
int submit_set_detach(void *conf, const char *value, struct err *e);
int submit_set_status(void *conf, const char *value, struct err *e);
int submit_set_wait(void *conf, const char *value, struct err *e);
int submit_set_kill(void *conf, const char *value, struct err *e);
int submit_set_deploy(void *conf, const char *value, struct err *e);
int submit_set_supervise(void *conf, const char *value, struct err *e);
int submit_set_lock(void *conf, const char *value, struct err *e);
int submit_set_report(void *conf, const char *value, struct err *e);
int submit_set_report_from(void *conf, const char *value, struct err *e);
int submit_set_event_log(void *conf, const char *value, struct err *e);
int submit_set_log_dir(void *conf, const char *value, struct err *e);
int submit_set_plan(void *conf, const char *value, struct err *e);
int submit_set_dry_run(void *conf, const char *value, struct err *e);
int submit_set_show_config(void *conf, const char *value, struct err *e);
int submit_set_ansi_quotes(void *conf, const char *value, struct err *e);
int submit_set_verbose(void *conf, const char *value, struct err *e);
int submit_set_skip(void *conf, const char *value, struct err *e);
int submit_set_form(void *conf, const char *value, struct err *e);

#endif
