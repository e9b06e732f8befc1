/*
 * fixed_catalog -- files for the binder and the planner that are not there:
 * their columns follow from the path, and nothing is ever opened.
 *
 * 'k…' has partition columns, 'n…' nested ones, all else plain ones.  Paths
 * that begin with a dot do not exist.  There are no files, so that nothing
 * is computed for them.
 */
#ifndef FUZZ_FIXED_CATALOG_H
#define FUZZ_FIXED_CATALOG_H

#include <string.h>

#include "base/arena.h"
#include "base/zone.h"
#include "plan/catalog.h"
#include "plan/stage.h"
#include "sql/bind.h"

static struct schema *
fixed_schema(struct arena *a, const char *ddl)
{
	struct schema *s;
	struct err e;

	return schema_parse(a, ddl, strlen(ddl), &s, &e) < 0 ?
	    schema_new(a, 0) : s;
}

static int
fixed_resolve(struct catalog *c, struct arena *a,
    const struct source_request *r, struct input **out, struct err *e)
{
	static const char plain[] = "id bigint, s string, d date, t timestamp, "
	    "p decimal(10,2), q decimal(30,5), f double, b boolean, i int, "
	    "g float, y tinyint, x binary";
	static const char nested[] = "id bigint, a array<int>, "
	    "m map<string,bigint>, st struct<x:int,y:array<string>>, S string";
	const char *path = r->npath ? r->path[0] : r->command ? r->command : "";
	struct input *in = NEW(a, struct input);

	(void)c;
	if (*path == '.')
		return err_at(e, r->span, "no such file: \"%s\"", path);
	in->format = r->format ? r->format : "csv";
	in->options = r->options;
	in->on_error = r->on_error ? r->on_error : "fail";
	in->quarantine_dir = r->quarantine_dir;
	in->text = path;
	in->npath = r->npath;
	in->path = r->path;
	in->command = r->command;
	in->file = fixed_schema(a, *path == 'n' ? nested : plain);
	if (r->columns) {
		in->file = schema_new(a, r->columns->ncol);
		memcpy(in->file->col, r->columns->col,
		    sizeof *in->file->col * (size_t)r->columns->ncol);
	}
	in->key = fixed_schema(a, *path == 'k' ? "year bigint, dt date" : "");
	in->size = 1 << 26;
	*out = in;
	return 0;
}

static struct catalog fixed_catalog = { fixed_resolve };

static void
fixed_binder(struct binder *b, struct arena *a)
{
	memset(b, 0, sizeof *b);
	b->arena = a;
	b->catalog = &fixed_catalog;
	b->env = (struct expr_env){ .arena = a, .zone = zone_utc,
	    .now_us = 1700000000000000, .seed = 1, .user = "fuzz" };
}

static struct plan_conf
fixed_conf(void)
{
	return (struct plan_conf){ .broadcast_bytes = 10 << 20,
	    .memory = 1 << 30, .optimize = true, .local = true };
}

#endif
