/*
 * master_records -- one function for each record of a master's journal; the
 * fields are those that state_apply reads.
 */
#ifndef CLUSTER_MASTER_RECORDS_H
#define CLUSTER_MASTER_RECORDS_H

#include <stdint.h>

#include "cluster/cluster.h"

struct record;

void record_epoch(struct record *r, int64_t epoch, int next_app);
void record_worker(struct record *r, const struct worker_hello *h);
void record_worker_gone(struct record *r, const char *id);
void record_drain(struct record *r, const char *id, int on);
void record_app(struct record *r, const struct app_hello *h, int number,
    int64_t submitted_ms, int next_exec, int nfail);
void record_app_end(struct record *r, const char *id, int status,
    const char *why, int64_t ended_ms);
void record_exec(struct record *r, const struct exec_name *name,
    const char *worker, int cores, int64_t memory_mb);
void record_exec_end(struct record *r, const struct exec_name *name);
void record_driver(struct record *r, const struct driver_lease *d,
    const char *worker);
void record_driver_gone(struct record *r, const char *id);
void record_exec_gone(struct record *r, const struct exec_name *name,
    int nfail);

#endif
