/*
 * key -- shared keys: made from the kernel's random bytes, kept in files.
 *
 * A key file is one line of 64 hexadecimal digits, mode 0600.  One that
 * group or others may read is refused, as is one of another user (but
 * root).  Keys are never in argv or the environment.
 */
#ifndef NET_KEY_H
#define NET_KEY_H

#include <stddef.h>

struct err;
struct text;

enum { KEY_BYTES = 32, KEY_HEX = 2 * KEY_BYTES };

int key_make(unsigned char key[KEY_BYTES], struct err *e);

/* No such file: EXIT_CONFIG with a hint; wrong mode: EXIT_PERM. */
int key_read(unsigned char key[KEY_BYTES], const char *file, struct err *e);

/* The line of a key file, blanks at its end allowed; -1: it is none. */
int key_parse(unsigned char key[KEY_BYTES], const char *hex, size_t n);

/* Makes the file, and its directory (0700) if that is missing; an existing
 * file is an error (EXIT_CANTCREATE). */
int key_write(const unsigned char key[KEY_BYTES], const char *file,
    struct err *e);

/* $XDG_CONFIG_HOME/sp/cluster.key or ~/.config/sp/cluster.key. */
void key_file(struct text *t);

/* Overwrites it in a way the compiler keeps. */
void key_forget(unsigned char key[KEY_BYTES]);

#endif
