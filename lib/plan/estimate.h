/*
 * estimate -- rough numbers of rows and bytes that plan nodes make.
 */
#ifndef PLAN_ESTIMATE_H
#define PLAN_ESTIMATE_H

#include "plan/node.h"

/* Fills est_rows and est_bytes of the whole tree; -1 where unknown. */
void estimate(struct node *n);

#endif
