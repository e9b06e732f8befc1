/*
 * file_catalog -- see file_catalog.h.
 *
 * Lists the files, guesses the format by name and first bytes, and infers
 * the schema from the head of the first file.  A reader that gets a declared
 * schema looks at no byte.
 */
#include "driver/file_catalog.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/near.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/zone.h"
#include "column/value.h"
#include "format/format.h"
#include "format/head.h"
#include "io/inputs.h"

#define HEAD_BYTES ((size_t)1 << 20)

static int
find_format(const struct source_request *r, const char *path,
    const char *head, size_t n, const struct format **out, struct err *e)
{
	struct near near;

	if (r->format == NULL) {
		*out = format_guess(path, head, n);
		return 0;
	}
	*out = format_find(r->format);
	if (*out)
		return 0;
	near_init(&near, r->format);
	for (int i = 0; format_at(i); i++)
		near_offer(&near, format_at(i)->name);
	err_at(e, r->span, "unknown format '%s'", r->format);
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return err_hint(e, "formats: text, csv, tsv, json; parquet, arrow, "
	    "avro and orc are not supported yet");
}

/* Is every value of a partition column a whole number, a date …? */
static const struct type *
key_type(const struct inputs *in, int k)
{
	bool whole = true, date = true, any = false;

	for (int i = 0; i < in->n; i++) {
		const char *v = in->v[i].key[k].value;
		int64_t n;
		int32_t d;

		if (v == NULL)
			continue;
		any = true;
		whole &= value_get_i64(v, strlen(v), &n) && *v != ' ';
		date &= strlen(v) == 10 && value_get_date(v, 10, &d);
	}
	return !any ? TYPE(STR) : whole ? TYPE(I64) : date ? TYPE(DATE) :
	    TYPE(STR);
}

static struct datum
key_value(const struct type *t, const char *v)
{
	struct datum d;
	int32_t days = 0;

	memset(&d, 0, sizeof d);
	d.type = t;
	d.null = v == NULL;
	if (v == NULL)
		return d;
	if (t->kind == TYPE_I64) {
		value_get_i64(v, strlen(v), &d.i);
	} else if (t->kind == TYPE_DATE) {
		value_get_date(v, strlen(v), &days);
		d.i = days;
	} else {
		d.s.p = v;
		d.s.n = strlen(v);
	}
	return d;
}

static bool
same_keys(const struct input_path *a, const struct input_path *b)
{
	if (a->nkey != b->nkey)
		return false;
	for (int i = 0; i < a->nkey; i++)
		if (strcmp(a->key[i].name, b->key[i].name) != 0)
			return false;
	return true;
}

/* A name is text: bytes of a header that are not become U+FFFD. */
static void
clean_name(struct arena *a, const char **name)
{
	const char *s = *name, *end = s + strlen(s);
	char *to;

	if (utf8_valid(s, (size_t)(end - s)) == (size_t)(end - s))
		return;
	*name = to = arena_bytes(a, (size_t)(end - s) * 3 + 1);
	while (s < end) {
		int n = utf8_check(s, (size_t)(end - s));

		memcpy(to, n ? s : "\xef\xbf\xbd", n ? (size_t)n : 3);
		to += n ? n : 3;
		s += n ? n : 1;
	}
	*to = 0;
}

static int
fill_files(struct arena *a, struct input *in, const struct inputs *list,
    const struct format *f, struct err *e)
{
	int nkey = list->n ? list->v[0].nkey : 0;

	in->nfile = list->n;
	in->file_v = NEW_N(a, struct input_file, list->n + 1);
	for (int i = 1; i < list->n; i++)
		if (!same_keys(&list->v[0], &list->v[i]))
			return err_user(e, EXIT_DATA, "\"%s\" and \"%s\" lie in "
			    "directories with different key=value levels",
			    list->v[0].path, list->v[i].path);
	in->key = schema_new(a, nkey);
	for (int k = 0; k < nkey; k++) {
		in->key->col[k] = (struct field){ list->v[0].key[k].name,
		    key_type(list, k), true, 0 };
		clean_name(a, &in->key->col[k].name);
	}
	for (int i = 0; i < list->n; i++) {
		const struct input_path *p = &list->v[i];
		struct input_file *to = &in->file_v[i];

		to->path = p->path;
		to->size = p->size;
		to->mtime_ns = p->mtime_ns;
		to->inode = p->inode;
		to->splits = p->regular && f->splits && head_is_plain(p->path);
		to->key = NEW_N(a, struct datum, nkey + 1);
		for (int k = 0; k < nkey; k++)
			to->key[k] = key_value(in->key->col[k].type,
			    p->key[k].value);
		in->size = p->size < 0 || in->size < 0 ? -1 :
		    in->size + p->size;
	}
	return 0;
}

static int
infer(struct arena *a, const struct format *f, const char *path,
    const struct text *head, bool whole, struct input *in, struct err *e)
{
	struct options o = { in->options.n, NULL };
	struct option *v = NEW_N(a, struct option, o.n + 1);

	for (int i = 0; i < o.n; i++)
		v[i] = (struct option){ in->options.v[i].key,
		    in->options.v[i].value };
	o.v = v;
	if (f->check)
		TRY(f->check(&o, e));
	if (in->file)
		return 0;
	TRY(f->infer(a, path, head->p ? head->p : "", head->n, whole, &o,
	    &in->file, e));
	for (int i = 0; i < in->file->ncol; i++)
		clean_name(a, &in->file->col[i].name);
	in->options.n = o.n;
	in->options.v = arena_alloc(a, sizeof *in->options.v *
	    (size_t)(o.n + 1));
	for (int i = 0; i < o.n; i++) {
		in->options.v[i].key = o.v[i].key;
		in->options.v[i].value = o.v[i].value;
	}
	return 0;
}

/* Partition columns that the records have too come from the directory. */
static void
drop_shadowed(struct input *in)
{
	int n = 0;

	for (int i = 0; i < in->file->ncol; i++) {
		bool shadowed = false;

		for (int k = 0; k < in->key->ncol; k++)
			shadowed |= strcasecmp(in->key->col[k].name,
			    in->file->col[i].name) == 0;
		if (shadowed && i == in->file->ncol - 1)
			continue;
		in->file->col[n++] = in->file->col[i];
	}
	in->file->ncol = n;
}

static const char *
written(struct arena *a, const struct source_request *r)
{
	struct text t = { 0 };
	const char *s;

	if (r->command)
		return r->command;
	for (int i = 0; i < r->npath; i++)
		text_addf(&t, "%s%s", i ? ", " : "", r->path[i]);
	s = arena_strdup(a, text_str(&t));
	text_release(&t);
	return s;
}

static const char *
option_of(const struct source_request *r, const char *key)
{
	for (int i = 0; i < r->options.n; i++)
		if (strcmp(r->options.v[i].key, key) == 0)
			return r->options.v[i].value;
	return NULL;
}

/* Is the file wanted by pathGlobFilter, modifiedBefore and modifiedAfter? */
static bool
file_wanted(const struct file_catalog *c, const struct source_request *r,
    const struct input_path *p)
{
	const char *glob = option_of(r, "pathglobfilter");
	const char *before = option_of(r, "modifiedbefore");
	const char *after = option_of(r, "modifiedafter");
	const char *zone = option_of(r, "timezone"), *base;
	const struct zone *z = c->zone;
	struct arena a;
	struct err e;
	int64_t us;
	bool wanted = true;

	if (!p->regular || !(glob || before || after))
		return true;
	base = strrchr(p->path, '/');
	if (glob && fnmatch(glob, base ? base + 1 : p->path, 0) != 0)
		return false;
	arena_init(&a);
	if (zone)
		zone_load(&a, zone, &z, &e);
	if (before && value_get_ts(before, strlen(before), z, &us))
		wanted &= p->mtime_ns / 1000 < us;
	if (after && value_get_ts(after, strlen(after), z, &us))
		wanted &= p->mtime_ns / 1000 > us;
	arena_release(&a);
	return wanted;
}

static int
choose_files(const struct file_catalog *c, const struct source_request *r,
    struct inputs *list, struct err *e)
{
	const char *flat = option_of(r, "recursivefilelookup");
	int n = 0;

	for (int i = 0; i < list->n; i++) {
		if (!file_wanted(c, r, &list->v[i]))
			continue;
		list->v[n] = list->v[i];
		if (flat && strcasecmp(flat, "true") == 0)
			list->v[n].nkey = 0;
		n++;
	}
	if (n == 0 && list->n > 0) {
		err_at(e, r->span, "the options leave none of %d files",
		    list->n);
		e->code = EXIT_NOINPUT;
		return e->kind;
	}
	list->n = n;
	return 0;
}

/* "on error" behind the source, or the option on_error. */
static int
bad_records(const struct source_request *r, struct input *in, struct err *e)
{
	const char *option = option_of(r, "on_error");

	in->on_error = r->on_error ? r->on_error : option ? option : "fail";
	in->quarantine_dir = r->quarantine_dir ? r->quarantine_dir :
	    option_of(r, "quarantine_dir");
	if (strcmp(in->on_error, "quarantine") == 0 &&
	    in->quarantine_dir == NULL) {
		err_at(e, r->span, "quarantine needs a directory");
		return err_hint(e, "say on error quarantine 'dir/', or give "
		    "the option quarantine_dir");
	}
	return 0;
}

static int
list_inputs(struct arena *a, const struct source_request *r,
    struct inputs *list, struct err *e)
{
	for (int i = 0; i < r->npath; i++)
		TRY(inputs_add(a, list, r->path[i], e));
	if (r->command) {
		list->v = NEW_N(a, struct input_path, 1);
		list->v[0] = (struct input_path){
		    .path = arena_printf(a, "cmd:%s", r->command), .size = -1 };
		list->n = 1;
	}
	if (list->n == 0)
		return err_at(e, r->span, "the source names no file");
	return 0;
}

/* Lines are strings: no other columns can be declared. */
static int
check_text(const struct format *f, const struct source_request *r,
    struct err *e)
{
	if (r->columns == NULL || strcmp(f->name, "text") != 0 ||
	    (r->columns->ncol == 1 &&
	    r->columns->col[0].type->kind == TYPE_STR))
		return 0;
	err_at(e, r->span, "text has one column, a string");
	return err_hint(e, "cast it, or split it with split()");
}

static int
resolve(struct catalog *c, struct arena *a, const struct source_request *r,
    struct input **out, struct err *e)
{
	struct input *in = NEW(a, struct input);
	const struct format *f = NULL;
	struct text head = { 0 };
	struct inputs list = { 0 };
	bool whole = true;
	int code = 0;

	TRY(list_inputs(a, r, &list, e));
	TRY(choose_files((const struct file_catalog *)c, r, &list, e));
	in->text = written(a, r);
	in->npath = r->npath;
	in->path = r->path;
	in->command = r->command;
	in->options = r->options;
	TRY(bad_records(r, in, e));
	if (r->columns) {
		in->file = schema_new(a, r->columns->ncol);
		memcpy(in->file->col, r->columns->col,
		    sizeof *in->file->col * (size_t)r->columns->ncol);
	}
	/* Text has one schema: a command need not run for it. */
	if (r->format == NULL || (r->columns == NULL &&
	    strcasecmp(r->format, "text") != 0))
		code = head_read(list.v[0].path, HEAD_BYTES, &head, &whole, e);
	if (code >= 0)
		code = find_format(r, list.v[0].path, head.p ? head.p : "",
		    head.n, &f, e);
	if (code >= 0)
		code = check_text(f, r, e);
	if (code >= 0) {
		in->format = f->name;
		code = infer(a, f, list.v[0].path, &head, whole, in, e);
	}
	if (code >= 0)
		code = fill_files(a, in, &list, f, e);
	text_release(&head);
	if (code < 0)
		return code;
	drop_shadowed(in);
	*out = in;
	return 0;
}

void
file_catalog_init(struct file_catalog *c, const struct zone *z)
{
	memset(c, 0, sizeof *c);
	c->catalog.resolve = resolve;
	c->zone = z;
}
