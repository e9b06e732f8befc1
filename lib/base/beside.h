/*
 * beside -- where the running program lies, and what lies beside it: sp finds
 * its own programs and modules there, never by PATH, so that a copy of the
 * folder works wherever it is.
 *
 * What this process runs is asked of the kernel (/proc/self/exe).
 */
#ifndef BASE_BESIDE_H
#define BASE_BESIDE_H

#include <stddef.h>

struct err;

/* The folder of the running program, without a slash at its end.
 * ERR_TEMP when the kernel does not say, EXIT_CONFIG when it is too long. */
int beside_folder(char *to, size_t size, struct err *e);

/* The path of a file in it, which need not be there. */
int beside_path(const char *name, char *to, size_t size, struct err *e);

/* The path of a program in it that can be run.  EXIT_UNAVAILABLE. */
int beside_program(const char *name, char *to, size_t size, struct err *e);

#endif
