/*
 * write_json -- rows as JSON objects, one a line, as Spark writes it: null
 * fields are left out (unless ignorenullfields is false).
 */
#include "format/writers.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "column/batch.h"
#include "column/value.h"
#include "format/cellout.h"
#include "format/options.h"

struct json_out {
	struct writer w;
	struct arena arena;
	struct text *key;       /* "name": of each column */
	cell_put **put;
	struct timepat **pattern;       /* of each column, or NULL */
	struct text time;
	bool nulls;             /* print them */
};

/* Strings mostly need no escapes: one look, one copy. */
static void
put_json_string(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	const struct sview *v = (const struct sview *)c->data + i;
	const char *p = sview_ptr(v);
	size_t n = v->len, k = 0;
	char *at;

	(void)z;
	while (k < n && (uint8_t)p[k] >= 0x20 && (uint8_t)p[k] < 0x7f &&
	    p[k] != '"' && p[k] != '\\')
		k++;
	if (k < n) {
		text_add_json(to, p, n);
		return;
	}
	at = text_room(to, n + 2);
	at[0] = '"';
	memcpy(at + 1, p, n);
	at[n + 1] = '"';
	to->n += n + 2;
}

static void
put_json_bool(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	(void)z;
	text_adds(to, ((const uint8_t *)c->data)[i] ? "true" : "false");
}

static cell_put *
json_putter(const struct type *t)
{
	if (t->kind == TYPE_STR)
		return put_json_string;
	if (t->kind == TYPE_BOOL)
		return put_json_bool;
	if (type_is_int(t) || t->kind == TYPE_DEC64)
		return cell_putter(t);
	return value_print_json;
}

static int
json_out_open(struct writer *w, struct text *to, struct err *e)
{
	struct json_out *t = (struct json_out *)w;
	const struct schema *s = w->schema;

	(void)to;
	t->key = NEW_N(&t->arena, struct text, s->ncol + 1);
	t->put = NEW_N(&t->arena, cell_put *, s->ncol + 1);
	t->pattern = NEW_N(&t->arena, struct timepat *, s->ncol + 1);
	t->nulls = !option_flag(w->options, "ignorenullfields", 1);
	for (int i = 0; i < s->ncol; i++) {
		text_add_json(&t->key[i], s->col[i].name,
		    strlen(s->col[i].name));
		text_addc(&t->key[i], ':');
		t->put[i] = json_putter(s->col[i].type);
		TRY(option_timepat(w->options, s->col[i].type, &t->arena,
		    &t->pattern[i], e));
	}
	return 0;
}

static void
put_value(struct json_out *t, struct text *to, int k, const struct column *c,
    int64_t i)
{
	if (t->pattern[k] == NULL) {
		t->put[k](to, c, i, t->w.zone);
		return;
	}
	text_clear(&t->time);
	cell_time(t->pattern[k], &t->time, c, i, t->w.zone);
	text_add_json(to, text_str(&t->time), t->time.n);
}

static int
json_out_put(struct writer *w, const struct batch *b, struct text *to,
    struct err *e)
{
	struct json_out *t = (struct json_out *)w;

	(void)e;
	for (int i = 0; i < b->n; i++) {
		int row = batch_row(b, i);
		char lead = '{';

		for (int k = 0; k < b->ncol; k++) {
			const struct column *c = &b->col[k];
			bool null = col_null(c, row);

			if (null && !t->nulls)
				continue;
			text_addc(to, lead);
			text_add(to, t->key[k].p, t->key[k].n);
			if (null)
				text_add(to, "null", 4);
			else
				put_value(t, to, k, c, col_at(c, row));
			lead = ',';
		}
		text_adds(to, lead == '{' ? "{}\n" : "}\n");
	}
	return 0;
}

static void
json_out_close(struct writer *w)
{
	struct json_out *t = (struct json_out *)w;

	for (int i = 0; t->key && i < w->schema->ncol; i++)
		text_release(&t->key[i]);
	text_release(&t->time);
	arena_release(&t->arena);
}

const struct writer_class writer_json = {
	.size = sizeof(struct json_out), .open = json_out_open,
	.put = json_out_put, .close = json_out_close,
};
