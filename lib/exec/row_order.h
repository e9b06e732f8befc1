/*
 * row_order -- comparing rows by sort keys.
 *
 * A key column gives each row a prefix: 64 bits that order as the values do
 * (null bit, then the value's first 63 bits, flipped for descending order).
 * Rows with different prefixes are in order by them; equal ones are compared
 * value by value.
 */
#ifndef EXEC_ROW_ORDER_H
#define EXEC_ROW_ORDER_H

#include "column/column.h"
#include "plan/node.h"

struct row_order {
	int n;
	const struct sort_key *key;
};

/* Prefixes of the first key for rows 0..n of its column. */
void row_prefix(const struct row_order *o, const struct column *key, int n,
    uint64_t *out);

/* Compares row i of keys a[] with row j of keys b[]: < 0, 0, > 0. */
int row_compare(const struct row_order *o, const struct column *a, int64_t i,
    const struct column *b, int64_t j);

#endif
