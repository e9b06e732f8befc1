/*
 * plantext_parse -- plan text back into stages: not written yet.
 */
#include "plan/plantext.h"

int
plantext_parse(struct arena *a, struct plan_ids *ids,
    const struct expr_env *env, const struct plan_conf *conf,
    struct catalog *catalog, const char *text, size_t n, int src,
    struct stages **out, struct err *e)
{
	(void)a;
	(void)ids;
	(void)env;
	(void)conf;
	(void)catalog;
	(void)text;
	(void)n;
	(void)src;
	(void)out;
	return err_user(e, EXIT_UNAVAILABLE,
	    "running plan text is not supported yet");
}
