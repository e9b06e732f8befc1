/*
 * fn_array -- kernels and binds of arrays that the table in fn_array.c and
 * the strings' concat and reverse share.
 */
#ifndef EXPR_FN_ARRAY_H
#define EXPR_FN_ARRAY_H

#include "expr/fn_sig.h"

/* Argument i must be an array (a bare null is one); its type is *out. */
int array_arg(struct func_bind *b, int i, const struct type **out,
    struct err *e);

/* Argument at must fit the elements of the array argument list: both become
 * of the tightest common type.  Strings do not turn into other types. */
int array_and_value(struct func_bind *b, int list, int at, struct err *e);

/* All arguments become arrays of one type, which is the result's type. */
int bind_arrays(struct func_bind *b, struct err *e);
int bind_one_array(struct func_bind *b, struct err *e);

/* concat and reverse when argument 0 is an array. */
int bind_array_concat(struct func_bind *b, struct err *e);
int k_array_reverse(struct kernel_call *k, struct err *e);

/* Sets (fn_array_set.c). */
int bind_arrays_bool(struct func_bind *b, struct err *e);
int k_array_distinct(struct kernel_call *k, struct err *e);
int k_array_union(struct kernel_call *k, struct err *e);
int k_array_intersect(struct kernel_call *k, struct err *e);
int k_array_except(struct kernel_call *k, struct err *e);
int k_arrays_overlap(struct kernel_call *k, struct err *e);

/* Order (fn_array_order.c). */
int bind_sort_array(struct func_bind *b, struct err *e);
int bind_array_sort(struct func_bind *b, struct err *e);
int bind_extreme(struct func_bind *b, struct err *e);
int k_sort_array(struct kernel_call *k, struct err *e);
int k_array_sort(struct kernel_call *k, struct err *e);
int k_array_max(struct kernel_call *k, struct err *e);
int k_array_min(struct kernel_call *k, struct err *e);

/* sequence (fn_sequence.c). */
int bind_sequence(struct func_bind *b, struct err *e);

#endif
