/*
 * adapt -- between stages: exchanges made and freed, numbers of tasks
 * decided from real sizes (adaptive execution; driver/skew.h).
 */
#ifndef DRIVER_ADAPT_H
#define DRIVER_ADAPT_H

#include "exec/task.h"

struct conf;

/* Run-time state of all stages; freed with everything they still hold. */
void adapt_open(struct exec_env *env, const struct stages *s);
void adapt_close(struct exec_env *env);

/* Decides how many tasks the stage has (small partitions are coalesced,
 * skewed ones of joins split) and makes its output exchange. */
int adapt_stage(struct exec_env *env, int stage, const struct conf *conf,
    struct err *e);

/* The stage's tasks were decided earlier (npart, lo), for kept rows: would its
 * inputs, which are planned, still be cut that way? */
bool adapt_fits(struct exec_env *env, int stage);

/* Frees what only this stage has read. */
void adapt_stage_done(struct exec_env *env, int stage);

#endif
