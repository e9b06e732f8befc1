/*
 * fn_json -- binds and kernels behind the table in fn_json.c.
 */
#ifndef EXPR_FN_JSON_H
#define EXPR_FN_JSON_H

#include "expr/fn_sig.h"
#include "expr/json_scan.h"

/* fn_json_path.c */
int bind_get_json_object(struct func_bind *b, struct err *e);

/* fn_json_from.c */
int bind_from_json(struct func_bind *b, struct err *e);

/* fn_json_write.c */
int bind_to_json(struct func_bind *b, struct err *e);

/* fn_json_schema.c */
int bind_schema_of_json(struct func_bind *b, struct err *e);

/* Fills out (flat, with a bitmap) with n values of type t. */
void datums_column(struct column *out, const struct type *t,
    struct datum *const *v, int64_t n, struct arena *a);

#endif
