/*
 * bind_cache -- inside the binder: relations that are kept (plan/kept.h).
 */
#ifndef SQL_BIND_CACHE_H
#define SQL_BIND_CACHE_H

#include "sql/bind_scope.h"

/* The stages cache and checkpoint. */
int bind_cache(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *r,
    struct err *e);

/* 1 when the rows of the name are kept: *out reads them. */
int bind_kept_table(struct binder *b, const struct bind_name *n,
    struct rel *out);

/* What the name stands for (bind_from.c). */
int bind_name_rel(struct binder *b, const struct bind_name *n,
    struct span span, struct rel *out, struct err *e);

/* A project over r unless it makes its visible columns and no others
 * (bind_write.c). */
void bind_drop_hidden(struct binder *b, struct rel *r);

#endif
