/*
 * logic -- and, or, not and the IS tests, three-valued.
 *
 * and/or here are the eager forms: both sides are known.  A null's value
 * byte may be anything, so values are masked by validity before use.
 */
#include <string.h>

#include "base/arena.h"
#include "expr/operators.h"

/* Does the boolean column hold v and not null at row i?  As a loop over
 * bytes for columns without nulls. */
static inline unsigned
is_value(const struct column *c, int i, unsigned v)
{
	int64_t r = col_at(c, i);

	return ((const uint8_t *)c->data)[r] == v && !col_null(c, i);
}

/* result: dominant when a side is dominant (false for and, true for or),
 * else null when a side is null, else the other value. */
static void
three_valued(struct kernel_call *k, unsigned dominant)
{
	const struct column *p = &k->arg[0], *q = &k->arg[1];
	uint8_t *restrict o = k->out->data;
	int n = k->n;           /* bytes stored could alias k */

	for (int i = 0; i < n; i++) {
		if (is_value(p, i, dominant) || is_value(q, i, dominant)) {
			o[i] = (uint8_t)dominant;
		} else {
			o[i] = !dominant;
			if (col_null(p, i) || col_null(q, i))
				kernel_null(k, i);
		}
	}
}

int
logic_and(struct kernel_call *k, struct err *e)
{
	const struct column *p = &k->arg[0], *q = &k->arg[1];
	const uint8_t *a = p->data, *b = q->data;
	uint8_t *restrict o = k->out->data;
	int n = k->n;           /* bytes stored could alias k */

	(void)e;
	if (p->valid || q->valid || ((p->flags | q->flags) & COL_CONST))
		three_valued(k, 0);
	else
		for (int i = 0; i < n; i++)
			o[i] = a[i] & b[i];
	return 0;
}

int
logic_or(struct kernel_call *k, struct err *e)
{
	const struct column *p = &k->arg[0], *q = &k->arg[1];
	const uint8_t *a = p->data, *b = q->data;
	uint8_t *restrict o = k->out->data;
	int n = k->n;           /* bytes stored could alias k */

	(void)e;
	if (p->valid || q->valid || ((p->flags | q->flags) & COL_CONST))
		three_valued(k, 1);
	else
		for (int i = 0; i < n; i++)
			o[i] = a[i] | b[i];
	return 0;
}

int
logic_not(struct kernel_call *k, struct err *e)
{
	const uint8_t *a = k->arg[0].data;
	uint8_t *restrict o = k->out->data;
	int n = k->n;           /* bytes stored could alias k */

	(void)e;
	for (int i = 0; i < n; i++)
		o[i] = a[i] == 0;
	return 0;
}

int
logic_isnull(struct kernel_call *k, struct err *e)
{
	const struct column *p = &k->arg[0];
	uint8_t *o = k->out->data;
	int n = k->n;

	(void)e;
	memset(o, 0, (size_t)n);
	if (p->valid)
		for (int i = 0; i < n; i++)
			o[i] = col_null(p, i);
	return 0;
}

int
logic_isnotnull(struct kernel_call *k, struct err *e)
{
	const struct column *p = &k->arg[0];
	uint8_t *o = k->out->data;
	int n = k->n;

	(void)e;
	memset(o, 1, (size_t)n);
	if (p->valid)
		for (int i = 0; i < n; i++)
			o[i] = !col_null(p, i);
	return 0;
}

static int
test_is(struct kernel_call *k, unsigned value, unsigned wanted)
{
	uint8_t *o = k->out->data;
	int n = k->n;

	for (int i = 0; i < n; i++)
		o[i] = is_value(&k->arg[0], i, value) == wanted;
	return 0;
}

int
logic_istrue(struct kernel_call *k, struct err *e)
{
	(void)e;
	return test_is(k, 1, 1);
}

int
logic_isfalse(struct kernel_call *k, struct err *e)
{
	(void)e;
	return test_is(k, 0, 1);
}

int
logic_isnottrue(struct kernel_call *k, struct err *e)
{
	(void)e;
	return test_is(k, 1, 0);
}

int
logic_isnotfalse(struct kernel_call *k, struct err *e)
{
	(void)e;
	return test_is(k, 0, 0);
}
