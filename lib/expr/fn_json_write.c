/*
 * fn_json_write -- to_json(value): nested values as JSON.
 *
 * As Spark's writer does: null fields of structs are left out, null elements
 * of arrays and maps are written.
 */
#include "expr/fn_json.h"

#include "base/text.h"
#include "column/value.h"

static void write_value(struct text *to, const struct column *c, int64_t i,
    const struct zone *z);

static void
write_element(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	if (col_null(c, i))
		text_adds(to, "null");
	else
		write_value(to, c, i, z);
}

static void
write_struct(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	bool some = false;

	text_addc(to, '{');
	for (int f = 0; f < c->type->nfield; f++) {
		const char *name = c->type->field[f].name;

		if (col_null(&c->kid[f], i))
			continue;
		if (some)
			text_addc(to, ',');
		some = true;
		text_add_json(to, name, strlen(name));
		text_addc(to, ':');
		write_value(to, &c->kid[f], i, z);
	}
	text_addc(to, '}');
}

static void
write_map(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	struct lview l = ((const struct lview *)c->data)[i];
	struct text key = { 0 };

	text_addc(to, '{');
	for (uint32_t j = l.off; j < l.off + l.len; j++) {
		if (j > l.off)
			text_addc(to, ',');
		text_clear(&key);
		value_print(&key, &c->kid[0], j, z);
		text_add_json(to, text_str(&key), key.n);
		text_addc(to, ':');
		write_element(to, &c->kid[1], j, z);
	}
	text_addc(to, '}');
	text_release(&key);
}

static void
write_value(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	struct lview l;

	switch (c->type->kind) {
	case TYPE_STRUCT:
		write_struct(to, c, i, z);
		break;
	case TYPE_MAP:
		write_map(to, c, i, z);
		break;
	case TYPE_ARRAY:
		l = ((const struct lview *)c->data)[i];
		text_addc(to, '[');
		for (uint32_t j = l.off; j < l.off + l.len; j++) {
			if (j > l.off)
				text_addc(to, ',');
			write_element(to, &c->kid[0], j, z);
		}
		text_addc(to, ']');
		break;
	default:
		value_print_json(to, c, i, z);
	}
}

static int
k_to_json(struct kernel_call *k, struct err *e)
{
	struct text t = { 0 };
	int r = 0;

	for (int i = 0; i < k->n && r == 0; i++) {
		if (!kernel_wants(k, i))
			continue;
		text_clear(&t);
		write_value(&t, &k->arg[0], col_at(&k->arg[0], i), k->zone);
		r = row_fits(k, t.n, e);
		if (r == 0)
			kernel_bytes(k, i, t.p, t.n);
	}
	text_release(&t);
	return r;
}

int
bind_to_json(struct func_bind *b, struct err *e)
{
	if (!type_is_nested(b->arg[0]->type)) {
		bind_refuse(b, e);
		return err_hint(e, "to_json takes a struct, an array or a map; "
		    "try to_json(named_struct('x', x))");
	}
	b->type = TYPE(STR);
	b->kernel = k_to_json;
	return 0;
}
