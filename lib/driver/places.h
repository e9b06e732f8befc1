/*
 * places -- where map outputs of an application are: one place for each
 * executor that was ever ready, by numbers that plans and frames carry.  A
 * place can outlive its executor, when a shuffle service of the host serves
 * its files.
 *
 * Executors are told of places in order, each once.
 */
#ifndef DRIVER_PLACES_H
#define DRIVER_PLACES_H

#include <stdbool.h>

struct arena;
struct cluster_exec;
struct place;

struct place_table {            /* zeroed at the start */
	struct place *place;
	int nplace, place_cap;
	char **host;            /* names, by number */
	int nhost, host_cap;
};

/* The place of an executor that has said what it is: sets x->place and
 * x->host. */
void places_add(struct place_table *t, struct arena *a,
    struct cluster_exec *x);

/* What the executor has in memory only is served at this address: another
 * place, which dies with it. */
int  places_add_kept(struct place_table *t, struct arena *a,
    struct cluster_exec *x, const char *address);

/* Can map outputs of the place still be read? */
bool place_there(const struct place_table *t, int place);

/* The executor that made the place, when it lives; else -1. */
int  place_exec(const struct place_table *t, int place);

/* Are two places one: the same files of one shuffle service? */
bool place_same(const struct place_table *t, int a, int b);

/* Sends PLACE for the places that it has not been told of. */
void places_tell(struct place_table *t, struct cluster_exec *x);

void places_release(struct place_table *t);

#endif
