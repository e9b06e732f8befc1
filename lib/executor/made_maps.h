/*
 * made_maps -- which files in the directory of map outputs are ours.
 *
 * The executors of an application on one worker share that directory, and the
 * names of a stage that is made again are those of the first time.  So an
 * executor that is told late to forget a stage must not take what a quicker
 * neighbour has made since: it removes the files that it made itself, known
 * by inode and time, and those that are older than any such delay
 * (MADE_OLD_S), whose maker may be gone; newer ones of a maker that is gone
 * stay until the application ends.
 */
#ifndef EXECUTOR_MADE_MAPS_H
#define EXECUTOR_MADE_MAPS_H

enum { MADE_OLD_S = 300 };

struct made_maps;

struct made_maps *made_maps_new(void);
void made_maps_free(struct made_maps *m);

/* A task has published this file, or has made none.  Any thread. */
void made_maps_add(struct made_maps *m, const char *dir, int job, int stage,
    int map, int attempt);

/* Removes those of a stage; stage < 0: of the whole job, whose names come
 * never again, whoever made them. */
void made_maps_remove(struct made_maps *m, const char *dir, int job,
    int stage);

#endif
