/*
 * manifest -- the _SUCCESS file: what an output consists of, as JSON, one
 * file a line, so that it can be read by people and checked by sp-cat.
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include <stddef.h>

#include "store/commit.h"

/* Appends the manifest; file names are relative to the output. */
void manifest_print(struct text *to, const char *job,
    const char *fingerprint, const struct output_file *file, int n);

/* Reads one back, strictly: the files, memory from the arena.  EXIT_DATA. */
int manifest_parse(struct arena *a, const char *p, size_t n,
    struct output_file **file, int *nfile, struct err *e);

#endif
