/*
 * fn_url -- kernels of the URL functions, which stand in the table of
 * fn_context.c.
 */
#ifndef EXPR_FN_URL_H
#define EXPR_FN_URL_H

#include "expr/fn_sig.h"

int k_parse_url(struct kernel_call *k, struct err *e);
int k_try_parse_url(struct kernel_call *k, struct err *e);
int k_url_encode(struct kernel_call *k, struct err *e);
int k_url_decode(struct kernel_call *k, struct err *e);
int k_try_url_decode(struct kernel_call *k, struct err *e);

#endif
