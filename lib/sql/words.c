/*
 * words -- where a keyword may not be a name.
 *
 * Spark lets nearly every word be a name, and so do we: a word is refused
 * as a column only where it surely begins something else, and as an alias
 * without "as" only where it begins a clause.  The lists below are all of
 * that; everything else is decided by what stands where.
 */
#include "sql/parser.h"

#include <string.h>

#include "base/near.h"

static const char no_expr[] =
    "select from where when then else and or as on using having union "
    "intersect except in is between like ilike rlike join";

static const char no_alias[] =
    "from where having limit offset window qualify lateral union intersect "
    "except minus setminus join inner left right full cross semi anti natural "
    "on using when then else end as tablesample pivot unpivot select and or "
    "not is in between like ilike rlike regexp asc desc nulls with for";

/* Clauses of two words: only with "by" are they no names. */
static const char before_by[] = "group order sort cluster distribute partition";

static const char stage_verbs[] =
    "select extend set drop as where limit offset aggregate join inner left "
    "right full cross semi anti natural order union intersect except minus "
    "setminus tablesample pivot unpivot window lateral distribute sort cluster "
    "repartition coalesce rebalance pipe write tee cache checkpoint assert call";

static const char formats[] =
    "text csv tsv json parquet arrow avro orc binary binaryfile jsonl ndjson";

static const char keywords[] =
    "select from where group having order by limit offset union intersect "
    "except join left right inner cross using between like case when then else "
    "end distinct explain describe values insert create include repeat param "
    "aggregate extend distribute cluster repartition coalesce rebalance write "
    "checkpoint assert cache uncache tablesample pivot unpivot overwrite append "
    "partition interval exists window qualify lateral natural show drop table "
    "view temporary replace parquet json csv null true false";

int
word_no_expr(const struct parser *p)
{
	if (at_any(p, 0, before_by) && at_word(p, 1, "by"))
		return 1;
	return at_any(p, 0, no_expr);
}

int
word_no_alias(const struct parser *p)
{
	if (at_any(p, 0, before_by) && at_word(p, 1, "by"))
		return 1;
	if (at_word(p, 0, "insert") && at_any(p, 1, "into overwrite"))
		return 1;
	return at_any(p, 0, no_alias);
}

int
word_stage(const struct parser *p, int ahead)
{
	return at_any(p, ahead, stage_verbs);
}

int
word_format(const struct parser *p, int ahead)
{
	return at_any(p, ahead, formats);
}

int
word_query(const struct parser *p, int ahead)
{
	if (at_any(p, ahead, "select from"))
		return 1;
	if (at_word(p, ahead, "values"))
		return at_op(p, ahead + 1, "(") ||
		    at_kind(p, ahead + 1, TOK_NUMBER) ||
		    at_kind(p, ahead + 1, TOK_STRING);
	if (at_any(p, ahead, "with table"))
		return at_name(p, ahead + 1);
	return 0;
}

int
at_stage(const struct parser *p)
{
	if (at_op(p, 0, "|>"))
		return 1;
	return at_op(p, 0, "|") && p->bracket == 0 &&
	    (p->plan || word_stage(p, 1));
}

/* The word of a list (separated by spaces) that is nearest to the given
 * one, or best NULL; the word itself too. */
static struct near
near_word(struct parser *p, const char *list, const char *word)
{
	struct near n;

	near_init(&n, word);
	while (*list) {
		size_t len = strcspn(list, " ");

		near_offer(&n, arena_memdup(p->a, list, len));
		list += len + (list[len] == ' ');
	}
	return n;
}

static const struct synonym {
	const char *word, *say;
} synonyms[] = {
	{ "filter", "where" }, { "having", "where" },
	{ "project", "select" }, { "map", "select, or pipe for a command" },
	{ "head", "limit" }, { "take", "limit" }, { "top", "limit" },
	{ "group", "aggregate … group by …" },
	{ "groupby", "aggregate … group by …" },
	{ "count", "aggregate count(*) as n" },
	{ "distinct", "select distinct *" },
	{ "uniq", "select distinct *" },
	{ "derive", "extend" }, { "mutate", "extend" }, { "with", "extend" },
	{ "rename", "select … as …" },
	{ "save", "write" }, { "into", "write" }, { "insert", "write" },
	{ "sh", "pipe" }, { "exec", "pipe" }, { "transform", "pipe" },
	{ "persist", "cache" }, { "outer", "full outer join" },
};

/* The stage to use instead of one that other tools have, or NULL. */
static const char *
synonym_of(struct parser *p, const char *word)
{
	word = parse_lower(p, word);
	for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
		if (strcmp(word, synonyms[i].word) == 0)
			return synonyms[i].say;
	return NULL;
}

int
stage_typo(struct parser *p, const char *word)
{
	struct near n = near_word(p, stage_verbs, word);

	return (n.best && n.dist <= 1) || synonym_of(p, word);
}

void
hint_stage(struct parser *p, const char *word)
{
	const char *say = synonym_of(p, word);
	const char *best = near_word(p, stage_verbs, word).best;

	if (say)
		err_hint(p->e, "use the stage %s", say);
	else if (best)
		err_hint(p->e, "did you mean '%s'?", best);
	else
		err_hint(p->e, "stages are %s", stage_verbs);
}

/* Is token p->i + ahead a word that the language has? */
static int
known_word(const struct parser *p, int ahead)
{
	return at_any(p, ahead, no_expr) || at_any(p, ahead, no_alias) ||
	    at_any(p, ahead, stage_verbs) || at_any(p, ahead, formats) ||
	    at_any(p, ahead, keywords);
}

static int
hint_keyword(struct parser *p, int ahead)
{
	const struct token *t = tok_peek(p, ahead);
	const char *word, *best;

	if (t->kind != TOK_WORD || t->len < 3 || t->len > 20 ||
	    known_word(p, ahead))
		return 0;
	word = lex_name(p->a, p->text, t);
	if (!(best = near_word(p, keywords, word).best))
		return 0;
	err_hint(p->e, "did you mean '%s' instead of '%s'?", best, word);
	return 1;
}

void
hint_token(struct parser *p)
{
	const struct token *t = tok_peek(p, 0);
	const char *s = p->text + t->at;

	if (t->kind == TOK_OP && t->len == 3 && memcmp(s, "\xe2\x80", 2) == 0)
		err_hint(p->e, "quotes are ' and \", not typographic ones");
	else if (hint_keyword(p, 0) || p->i == 0)
		return;
	else if (t->kind == TOK_STRING && *s == '"' && at_word(p, -1, "as"))
		err_hint(p->e, "a name is quoted `so`, or \"so\" with "
		    "--ansi-quotes");
	else if (at_any(p, -1, before_by) && t->kind == TOK_WORD)
		err_hint(p->e, "did you mean '%s by'?",
		    lex_name(p->a, p->text, tok_peek(p, -1)));
	else
		hint_keyword(p, -1);
}
