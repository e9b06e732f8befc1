/*
 * head -- the first decoded bytes of an input, for guessing and inferring.
 */
#ifndef FORMAT_HEAD_H
#define FORMAT_HEAD_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct text;

/* Appends up to n first bytes of a file, "-" or "cmd:…"; *whole: that is all
 * of it. */
int head_read(const char *path, size_t n, struct text *to, bool *whole,
    struct err *e);

/* Is the file neither compressed nor a pipe, so that it can be cut? */
bool head_is_plain(const char *path);

#endif
