/*
 * json -- what the parts of the JSON format share.
 */
#ifndef FORMAT_JSON_H
#define FORMAT_JSON_H

#include "format/format.h"

/* See struct format. */
int json_infer(struct arena *a, const char *path, const char *head, size_t n,
    bool whole, struct options *options, struct schema **out, struct err *e);
int json_bid(const char *head, size_t n);

#endif
