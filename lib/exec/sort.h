/*
 * sort -- what the exchange above a sort wants to know of it.
 */
#ifndef EXEC_SORT_H
#define EXEC_SORT_H

#include <stdint.h>

struct op;

/* Prefixes (exec/row_order.h) of the rows of the batch that a sort has given
 * last. */
const uint64_t *sort_prefixes(const struct op *op);

#endif
