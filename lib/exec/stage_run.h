/*
 * stage_run -- the run-time state of a job's stages (struct stage_run of
 * exec/task.h): made when a job begins, freed when it ends.
 *
 * The driver makes it for local threads, an executor likewise; who decides
 * about numbers of tasks and when exchanges are freed is theirs.
 */
#ifndef EXEC_STAGE_RUN_H
#define EXEC_STAGE_RUN_H

#include "exec/task.h"

/* State of all stages, which are borrowed. */
void stage_runs_open(struct exec_env *env, const struct stages *s);
/* Frees it with everything that it still holds. */
void stage_runs_close(struct exec_env *env);

/* What the tasks of a stage share goes. */
void stage_run_free_shared(struct stage_run *r);

/* How the exchange at the end of stage number i (from 0) is made; its types
 * are kept in the run.  The number of maps is that of the tasks.  False: the
 * stage has none. */
bool stage_run_exchange(struct exec_env *env, int i,
    struct exchange_conf *conf);

#endif
