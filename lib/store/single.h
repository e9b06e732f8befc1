/*
 * single -- one file in which the parts of tasks follow each other.
 *
 * The part whose turn it is (all before it are committed) is written into
 * the file as it comes; the others wait in memory or, when they are large,
 * in files of their own, until their turn has come.  Whoever commits a part
 * writes those that waited for it, so that at the end little is left to do.
 * What was written begins to go to the disk at once.
 */
#ifndef STORE_SINGLE_H
#define STORE_SINGLE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct pool;
struct single;
struct text;

/* Creates the file, which must not exist. */
int  single_open(struct single **out, const char *path, struct err *e);

/* Is it this part's turn?  1: what single_put gets from this attempt follows
 * what it got before; 0: not yet, or another attempt writes it. */
int  single_turn(struct single *s, int part, int attempt);
int  single_put(struct single *s, const char *p, size_t n, struct err *e);

/* The attempt has ended before its part was complete: what it left waiting
 * is dropped. */
void single_leave(struct single *s, int part, int attempt);

/* The next piece of a part whose turn has not come, to be written when it
 * comes; before what is put, or is in a file.  Takes the text; its memory is
 * charged to the pool (may be NULL; not looked at by single_close and after
 * it). */
void single_wait(struct single *s, int part, int attempt, struct text *t,
    struct pool *pool);

/* The attempt has won: the part is what it left waiting, then what it has put
 * or the file at path (not NULL).  Trouble with writing what has waited is
 * told by single_close. */
void single_commit(struct single *s, int part, int attempt,
    const char *path);

/* Writes what is still waiting, cuts, fsyncs, closes; frees nothing. */
int  single_close(struct single *s, struct err *e);
void single_free(struct single *s);             /* NULL is fine */

#endif
