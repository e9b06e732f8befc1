/*
 * tree -- files and directories as wholes: made, listed, removed, renamed.
 * Nothing here follows a symbolic link out of the directory it works in.
 */
#ifndef IO_TREE_H
#define IO_TREE_H

#include <stddef.h>

struct arena;
struct err;

/* The directories above path, as far as they are missing. */
int tree_make_parents(const char *path, struct err *e);

/* Removes a file or a directory with all in it; silent when it cannot. */
void tree_remove(const char *path);

/* Creates a file with these bytes, fsynced. */
int tree_write_file(const char *path, const char *p, size_t n, struct err *e);

/* The whole file with a NUL behind it, or NULL.  At most 64 MiB. */
char *tree_read_file(struct arena *a, const char *path);

/* Appends the bytes of a file to fd. */
int tree_append(int fd, const char *path, struct err *e);

int tree_sync_directory(const char *path, struct err *e);

/* The same for all directories below path and path itself. */
int tree_sync_directories(const char *path, struct err *e);

/* renameat2: target must not exist (EXIT_CANTCREATE); both must exist, they
 * change places.  Where the file system has neither: plain renames, with a
 * moment in which the target is not there. */
int tree_rename_new(const char *from, const char *to, struct err *e);
int tree_exchange(struct arena *a, const char *from, const char *to,
    struct err *e);

/* Moves all files below from into the directory to, those whose names begin
 * with last at the end. */
int tree_move_into(struct arena *a, const char *from, const char *to,
    const char *last, struct err *e);

/* Names in dir that begin with prefix, sorted: their number, 0 when dir
 * cannot be read. */
int tree_list(struct arena *a, const char *dir, const char *prefix,
    char ***name);

#endif
