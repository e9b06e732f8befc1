/*
 * bind_write -- outputs: write and tee stages, and rows to stdout.
 *
 * A target that ends in the extension of a data format is one file; all else
 * is a directory of part files.
 */
#include "sql/bind_scope.h"
#include "sql/bind_cache.h"

#include <strings.h>

static const enum write_mode mode_of[] = {
	[AST_WRITE_DEFAULT] = WRITE_ERROR, [AST_WRITE_ERROR] = WRITE_ERROR,
	[AST_WRITE_OVERWRITE] = WRITE_OVERWRITE,
	[AST_WRITE_APPEND] = WRITE_APPEND, [AST_WRITE_IGNORE] = WRITE_IGNORE,
};

static const struct { const char *ext, *format; } extensions[] = {
	{ "csv", "csv" }, { "tsv", "tsv" }, { "tab", "tsv" },
	{ "json", "json" }, { "ndjson", "json" }, { "jsonl", "json" },
	{ "txt", "text" }, { "text", "text" }, { NULL, NULL }
};

/* The format that a path's extension names (compression taken off first),
 * or NULL. */
static const char *
format_of(const char *path)
{
	static const char *const codec[] = { ".gz", ".zst", ".xz", ".bz2",
	    ".lz4" };
	size_t n = strlen(path);
	const char *dot;

	for (size_t i = 0; i < sizeof codec / sizeof *codec; i++) {
		size_t k = strlen(codec[i]);

		if (n > k && strcasecmp(path + n - k, codec[i]) == 0) {
			n -= k;
			break;
		}
	}
	for (dot = path + n; dot > path && dot[-1] != '.' && dot[-1] != '/'; dot--)
		;
	for (int i = 0; dot > path && dot[-1] == '.' && extensions[i].ext; i++)
		if (strlen(extensions[i].ext) == (size_t)(path + n - dot) &&
		    strncasecmp(dot, extensions[i].ext,
		    (size_t)(path + n - dot)) == 0)
			return extensions[i].format;
	return NULL;
}

static int
write_options(struct binder *b, const struct ast_write *w,
    struct option_list *out, struct err *e)
{
	out->n = w->noption;
	out->v = arena_alloc(b->arena, sizeof *out->v * (size_t)(out->n + 1));
	for (int i = 0; i < w->noption; i++) {
		char *key = arena_strdup(b->arena, w->option[i].key);

		for (char *p = key; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p += 'a' - 'A';
		out->v[i].key = key;
		TRY(bind_string(b, &w->option[i].value, &out->v[i].value, e));
	}
	return 0;
}

static int
part_columns(struct binder *b, const struct ast_write *w, struct node *n,
    struct err *e)
{
	n->u.write.npart = w->npart;
	n->u.write.part = NEW_N(b->arena, int, w->npart + 1);
	for (int i = 0; i < w->npart; i++) {
		int at = schema_named(n->kid[0]->out, w->part[i].name);

		if (at < 0)
			return err_at(e, w->part[i].span, at == -1 ?
			    "unknown column '%s'" : "column '%s' is ambiguous",
			    w->part[i].name);
		n->u.write.part[i] = at;
	}
	if (w->npart && w->npart == n->kid[0]->out->ncol)
		return err_at(e, w->part[0].span,
		    "partition by leaves no column to write");
	return 0;
}

/* The visible columns are those of the node now, one by one. */
static void
show_items(struct binder *b, struct rel *r)
{
	struct scope old = r->scope;
	int at = 0;

	memset(&r->scope, 0, sizeof r->scope);
	for (int i = 0; i < old.n; i++)
		if (!old.v[i].hidden)
			scope_add(b->arena, &r->scope, old.v[i].table,
			    old.v[i].name, r->node->out->col[at++]);
}

struct items
visible_items(struct binder *b, const struct rel *r)
{
	struct items it = { 0 };

	for (int i = 0; i < r->scope.n; i++) {
		const struct scope_col *s = &r->scope.v[i];

		if (s->hidden)
			continue;
		ARENA_GROW(b->arena, it.v, it.n, it.cap);
		it.v[it.n++] = (struct item){ expr_col(b->arena, &s->f),
		    s->name, NULL, false };
	}
	return it;
}

/* Only visible columns are written; what follows a tee sees those. */
void
bind_drop_hidden(struct binder *b, struct rel *r)
{
	struct items it = visible_items(b, r);

	if (it.n == r->node->out->ncol) {
		bool same = true;

		for (int i = 0; i < it.n; i++)
			same &= it.v[i].x->u.col.id == r->node->out->col[i].id &&
			    strcmp(it.v[i].name, r->node->out->col[i].name) == 0;
		if (same)
			return;
	}
	r->node = node_items(b, r->node, &it);
	show_items(b, r);
}

static int
to_files(struct binder *b, const struct ast_write *w, struct node *n,
    struct err *e)
{
	const char *by_name = format_of(n->u.write.target);
	size_t len = strlen(n->u.write.target);

	if (len == 0)
		return err_at(e, w->path.span, "the output has no name");
	n->u.write.single = w->single;
	n->u.write.files = w->files;
	if (n->u.write.format == NULL)
		n->u.write.format = by_name ? by_name : "tsv";
	if (by_name && !w->npart && w->files == 0 &&
	    w->mode != AST_WRITE_APPEND)
		n->u.write.single = true;
	if (n->u.write.single && w->npart)
		return err_at(e, w->path.span,
		    "single and partition by exclude each other");
	if (n->u.write.single && w->mode == AST_WRITE_APPEND)
		return err_at(e, w->path.span,
		    "append needs a directory, not a single file");
	n->u.write.output = b->noutput++;
	return part_columns(b, w, n, e);
}

int
bind_write(struct binder *b, const struct ast_query *q, struct rel *r,
    struct node **out, struct err *e)
{
	const struct ast_write *w = &q->u.write;
	bool tee = q->kind == AST_TEE, files = w->kind == TO_FILES;
	const char *target = "-";
	struct node *n;

	bind_drop_hidden(b, r);
	if (files) {
		TRY(bind_string(b, &w->path, &target, e));
		files = strcmp(target, "-") != 0;
	}
	n = node_new(b->arena, &b->ids, tee ? NODE_TEE :
	    files ? NODE_WRITE : NODE_COLLECT, 1);
	n->span = q->span;
	n->kid[0] = r->node;
	n->out = r->node->out;
	n->u.write.mode = mode_of[w->mode];
	n->u.write.format = w->format ? w->format->name : NULL;
	TRY(write_options(b, w, &n->u.write.options, e));
	if (tee && !files)
		return bind_refuse_ast(q->span, "tee to stdout or a command", e);
	if (w->kind == TO_CMD)
		TRY(bind_command(b, &w->path, &n->u.write.command, e));
	n->u.write.target = target;
	if (files)
		TRY(to_files(b, w, n, e));
	*out = n;
	return 0;
}
