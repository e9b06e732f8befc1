/*
 * plantext_name -- names, columns and expressions in plan text.
 */
#include <string.h>
#include <strings.h>

#include "expr/func.h"
#include "plan/plantext.h"
#include "plan/plantext_print.h"

/* Words that begin or end something where a column may stand. */
static const char *const reserved[] = {
	"all", "and", "as", "asc", "between", "by", "case", "cast", "desc",
	"distinct", "div", "else", "end", "except", "exists", "false", "from",
	"having", "ilike", "in", "intersect", "interval", "is", "join", "like",
	"message", "not", "null", "nulls", "on", "or", "regexp", "rlike",
	"select", "stage", "then", "true", "try_cast", "union", "using",
	"when", "where", NULL
};

void
plantext_name(struct text *to, const char *name)
{
	for (int i = 0; reserved[i]; i++)
		if (strcasecmp(reserved[i], name) == 0) {
			text_addf(to, "`%s`", name);
			return;
		}
	name_print(to, name);
}

/* Counts the columns of that name; those before at (-1: all of them) too. */
static int
count_name(const struct schema *s, const char *name, int at, int *before)
{
	int n = 0;

	for (int i = 0; s && i < s->ncol; i++)
		if (strcasecmp(s->col[i].name, name) == 0) {
			n++;
			*before += at < 0 || i < at;
		}
	return n;
}

/* Column at of s, which is the second schema when first is given. */
static void
print_column(struct text *to, const struct schema *first,
    const struct schema *s, int at, const struct schema *behind)
{
	const char *name = s->col[at].name;
	int before = 0, none = 0, n;

	n = count_name(first, name, -1, &before);
	n += count_name(s, name, at, &before);
	n += count_name(behind, name, 0, &none);
	plantext_name(to, name);
	if (n > 1 || strchr(name, '#'))
		text_addf(to, "#%d", before + 1);
}

void
plantext_column(struct text *to, const struct schema *s, int at)
{
	print_column(to, NULL, s, at, NULL);
}

struct names {
	const struct schema *in, *in2;
	struct text text;
};

static const char *
name_column(const struct expr *x, void *arg)
{
	struct names *n = arg;
	int at;

	text_clear(&n->text);
	if (n->in && (at = schema_find(n->in, x->u.col.id)) >= 0)
		print_column(&n->text, NULL, n->in, at, n->in2);
	else if (n->in2 && (at = schema_find(n->in2, x->u.col.id)) >= 0)
		print_column(&n->text, n->in, n->in2, at, NULL);
	else
		plantext_name(&n->text, x->u.col.name);
	return text_str(&n->text);
}

void
plantext_expr2(struct text *to, const struct expr *x,
    const struct schema *in, const struct schema *in2)
{
	struct names n = { .in = in, .in2 = in2 };
	bool bar = x->kind == EXPR_CALL &&
	    strcmp(x->u.call.fn->name, "|") == 0;

	if (bar)                /* else it would begin the next operator */
		text_addc(to, '(');
	expr_print(to, x, name_column, &n);
	if (bar)
		text_addc(to, ')');
	text_release(&n.text);
}

void
plantext_expr(struct text *to, const struct expr *x, const struct schema *in)
{
	plantext_expr2(to, x, in, NULL);
}
