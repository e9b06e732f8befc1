/*
 * keep_files -- a few files without a name that the maps of an exchange share
 * (store/blockfile.h): what is kept for long must not have one open file a
 * map.
 *
 * A map writes to one of them only, several maps to the same one in turn.
 * Reading needs no lock.
 */
#ifndef STORE_KEEP_FILES_H
#define STORE_KEEP_FILES_H

struct blockfile;
struct err;
struct keep_files;

struct keep_files *keep_files_new(void);
void keep_files_free(struct keep_files *k);     /* NULL is fine */

/* Gives the caller *file to write to: the next one when it is NULL, which is
 * made in dir when it is not there.  On success keep_files_end must follow,
 * with the number that is returned. */
int  keep_files_begin(struct keep_files *k, const char *dir,
    struct blockfile **file, struct err *e);
void keep_files_end(struct keep_files *k, int number);

#endif
