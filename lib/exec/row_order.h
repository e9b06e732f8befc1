/*
 * row_order -- comparing rows by sort keys.
 *
 * A key column gives each row a prefix: 64 bits that order as the values do
 * (null bit, then the value's first 63 bits, flipped for descending order).
 * Rows with different prefixes are in order by them; equal ones are compared
 * value by value, or by the prefixes of deeper levels: a level is a key and
 * how much of its values the levels before have covered.
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

/* A level.  depth of strings: pieces of seven bytes before it; ROW_LENGTH:
 * all bytes are equal, the lengths may not be.  Of numbers of eight bytes:
 * 0, then 1 for the lowest bit. */
#define ROW_LENGTH (-1)
struct row_level {
	int key, depth;
};

/* Prefix of row i at a level: rows that the levels before found equal order
 * by it. */
uint64_t row_prefix_at(const struct row_order *o, const struct column *key,
    struct row_level l, int64_t i);

/* The level after l for rows that are equal up to l and whose strings (in the
 * column of that key) are least..most bytes long: 1, or 0 when the rows are
 * equal, or -1 when only row_compare knows. */
int row_level_next(const struct row_order *o, const struct column *key,
    struct row_level *l, int64_t any, uint32_t least, uint32_t most);

/* Compares row i of keys a[] with row j of keys b[]: < 0, 0, > 0. */
int row_compare(const struct row_order *o, const struct column *a, int64_t i,
    const struct column *b, int64_t j);

#endif
