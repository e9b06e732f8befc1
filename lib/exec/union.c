/*
 * union -- the partitions of all inputs, one after the other.
 *
 * A partition belongs to one input, so this only passes batches on.  Keeps
 * order within a partition.  No memory.
 */
#include "exec/op.h"

static int
union_next(struct op *op, struct batch *b, struct err *e)
{
	return op_next(op->kid[0], b, e);
}

const struct op_class op_union = {
	.name = "union", .size = sizeof(struct op), .next = union_next,
};
