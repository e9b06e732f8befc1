/*
 * plan_read_sink -- plan text: commands in mid-stage, and outputs.
 *
 *	pipe by (k) 'cmd' in tsv out tsv as (a string) ok 0, 1 timeout 5000
 *	write 'out/' csv options (header 'true') partition by (dt) append
 */
#include "sql/plan_reader.h"

static int
read_format(struct plan_reader *r, const char *why, const char **out)
{
	struct ast_ident id;

	TRY(parse_ident(&r->p, why, &id));
	*out = parse_lower(&r->p, id.name);
	if (strspn(*out, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
	    strlen(*out))
		return 0;
	return err_at(r->e, id.span, "'%s' is no format", *out);
}

static int
read_ok(struct plan_reader *r, struct node *n)
{
	int64_t v;

	do {
		TRY(plan_read_whole(r, "an exit status", 0, 255, &v));
		n->u.pipe.ok = arena_regrow(r->b.arena, n->u.pipe.ok,
		    sizeof(int) * (size_t)n->u.pipe.nok,
		    sizeof(int) * (size_t)(n->u.pipe.nok + 1));
		n->u.pipe.ok[n->u.pipe.nok++] = (int)v;
	} while (take_op(&r->p, ","));
	return 0;
}

int
plan_read_pipe(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = plan_read_node(r, NODE_PIPE, kid, 1);

	if (take_word(&r->p, "by"))
		TRY(plan_read_exprs(r, kid->out, "pipe by", &n->u.pipe.group,
		    &n->u.pipe.ngroup));
	TRY(plan_read_string(r, "a command", &n->u.pipe.command));
	TRY(need_word(&r->p, "in", "and a format"));
	TRY(read_format(r, "a format", &n->u.pipe.in_format));
	TRY(need_word(&r->p, "out", "and a format"));
	TRY(read_format(r, "a format", &n->u.pipe.out_format));
	TRY(need_word(&r->p, "as", "and the columns"));
	TRY(plan_read_columns(r, &n->out));
	if (take_word(&r->p, "ok"))
		TRY(read_ok(r, n));
	if (take_word(&r->p, "timeout"))
		TRY(plan_read_whole(r, "a number of milliseconds", 1,
		    INT64_MAX / 1000000, &n->u.pipe.timeout_ms));
	n->u.pipe.pure = take_word(&r->p, "pure");
	if (take_word(&r->p, "files"))
		TRY(plan_read_strings(r, "a path", &n->u.pipe.file,
		    &n->u.pipe.nfile));
	*out = n;
	return 0;
}

static int
read_parts(struct plan_reader *r, struct node *n)
{
	int first = r->p.i, at;

	if (!take_words(&r->p, "partition by"))
		return 0;
	TRY(need_op(&r->p, "(", "before the columns"));
	n->u.write.part = NEW_N(r->b.arena, int, n->out->ncol + 1);
	do {
		TRY(plan_read_column(r, n->out, &at));
		for (int i = 0; i < n->u.write.npart; i++)
			if (n->u.write.part[i] == at)
				return err_at(r->e, span_from(&r->p, first),
				    "partition by names a column twice");
		n->u.write.part[n->u.write.npart++] = at;
	} while (take_op(&r->p, ","));
	TRY(need_op(&r->p, ")", "to close the columns"));
	if (n->u.write.npart == n->out->ncol)
		return err_at(r->e, span_from(&r->p, first),
		    "partition by leaves no column to write");
	return 0;
}

/* Behind the target: FORMAT options (…) partition by (…) MODE single
 * files N. */
static int
read_tail(struct plan_reader *r, struct node *n)
{
	static const struct { const char *word; enum write_mode mode; } mode[] = {
		{ "overwrite", WRITE_OVERWRITE }, { "append", WRITE_APPEND },
		{ "ignore", WRITE_IGNORE } };
	int64_t files = 0;
	int first = r->p.i;

	TRY(plan_read_options(r, &n->u.write.options));
	TRY(read_parts(r, n));
	for (size_t i = 0; i < sizeof mode / sizeof *mode; i++)
		if (take_word(&r->p, mode[i].word)) {
			n->u.write.mode = mode[i].mode;
			break;
		}
	n->u.write.single = take_word(&r->p, "single");
	if (take_word(&r->p, "files"))
		TRY(plan_read_whole(r, "a number of files", 1, 100000,
		    &files));
	n->u.write.files = (int)files;
	if (n->u.write.single && n->u.write.npart)
		return err_at(r->e, span_from(&r->p, first),
		    "single and partition by exclude each other");
	if (n->u.write.single && n->u.write.mode == WRITE_APPEND)
		return err_at(r->e, span_from(&r->p, first),
		    "append needs a directory, not a single file");
	return 0;
}

static int
read_files(struct plan_reader *r, struct node *n, struct node **out)
{
	n->out = n->kid[0]->out;
	n->u.write.output = r->b.noutput++;
	TRY(plan_read_string(r, "a path", &n->u.write.target));
	if (*n->u.write.target == '\0')
		return err_at(r->e, span_from(&r->p, r->p.i - 1),
		    "the output has no name");
	TRY(read_format(r, "a format behind the path", &n->u.write.format));
	*out = n;
	return read_tail(r, n);
}

int
plan_read_write(struct plan_reader *r, struct node *kid, struct node **out)
{
	return read_files(r, plan_read_node(r, NODE_WRITE, kid, 1), out);
}

int
plan_read_tee(struct plan_reader *r, struct node *kid, struct node **out)
{
	return read_files(r, plan_read_node(r, NODE_TEE, kid, 1), out);
}

/* collect [cmd 'command'] [FORMAT] [options (…)] */
int
plan_read_collect(struct plan_reader *r, struct node *kid, struct node **out)
{
	struct node *n = plan_read_node(r, NODE_COLLECT, kid, 1);

	n->out = kid->out;
	n->u.write.target = "-";
	if (take_word(&r->p, "cmd"))
		TRY(plan_read_string(r, "a command", &n->u.write.command));
	if (at_name(&r->p, 0) && !at_any(&r->p, 0, "options stage "
	    "overwrite append ignore single files partition"))
		TRY(read_format(r, "a format", &n->u.write.format));
	*out = n;
	return read_tail(r, n);
}
