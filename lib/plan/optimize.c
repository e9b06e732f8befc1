/*
 * optimize -- see optimize.h: the list of rules and the loop over them.
 */
#include "plan/optimize.h"

#include <string.h>

#include "plan/rules.h"

/* Order matters: constants first, then filters find their place, then
 * columns that nobody wants any more go away. */
const struct rule plan_rules[] = {
	{ "fold_constants", "compute what does not depend on rows",
	  rule_fold_constants },
	{ "factor_or", "take what all branches of an or demand out of it",
	  rule_factor_or },
	{ "pushdown_filter", "move conditions towards the scans, and into "
	  "joins as keys", rule_pushdown_filter },
	{ "topn", "order by with limit keeps only the first rows", rule_topn },
	{ "scan_filter", "conditions on files: read fewer rows and files",
	  rule_scan_filter },
	{ "prune_columns", "read and keep only the columns that are used",
	  rule_prune_columns },
	{ "keep_strings", "let scans hand out strings that stay valid",
	  rule_keep_strings },
	{ NULL, NULL, NULL }
};

static bool
skipped(const struct rule_env *r, const struct rule *rule)
{
	for (int i = 0; r->conf->skip && r->conf->skip[i]; i++)
		if (strcmp(r->conf->skip[i], rule->name) == 0)
			return true;
	return false;
}

int
plan_optimize(struct rule_env *r, struct node *n, struct node **out,
    void (*trace)(void *arg, const struct rule *rule, const struct node *n),
    void *arg, struct err *e)
{
	for (const struct rule *rule = plan_rules; rule->name; rule++) {
		struct node *next = n;

		if (skipped(r, rule))
			continue;
		TRY(rule->rewrite(r, n, &next, e));
		if (next == n)
			continue;
		if (node_verify(next, e) < 0)
			return err_ctx(e, "after rule %s", rule->name);
		if (!node_same_output(n, next))
			return err_set(e, ERR_BUG, "rule %s changed the output "
			    "of the plan", rule->name);
		n = next;
		if (trace)
			trace(arg, rule, n);
	}
	*out = n;
	return 0;
}
