/*
 * fn_context -- functions about the run itself: who, where, which partition;
 * errors on purpose; URLs; and type names used as functions.
 */
#include "expr/fn_sig.h"
#include "expr/fn_url.h"

#include "base/text.h"
#include "base/version.h"

static int
bind_user(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = expr_str(b->env->arena,
	    b->env->user ? b->env->user : "unknown");
	return 0;
}

static int
bind_database(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = expr_str(b->env->arena, "default");
	return 0;
}

static int
bind_catalog(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = expr_str(b->env->arena, "spark_catalog");
	return 0;
}

static int
bind_version(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = expr_str(b->env->arena, SP_VERSION);
	return 0;
}

static int
bind_file_name(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = expr_str(b->env->arena, "");
	return 0;
}

static int
bind_typeof(struct func_bind *b, struct err *e)
{
	(void)e;
	b->instead = expr_str(b->env->arena,
	    type_name(b->env->arena, b->arg[0]->type));
	return 0;
}

/* Rows of a partition are numbered from its number shifted by 33 bits. */
static int
k_increasing_id(struct kernel_call *k, struct err *e)
{
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = ((int64_t)k->part << 33) + k->row + i;
	return 0;
}

static int
k_partition_id(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = k->part;
	return 0;
}

static int
bind_raise(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(STR), e));
	b->type = TYPE(NULL);
	return 0;
}

static int
k_raise(struct kernel_call *k, struct err *e)
{
	struct bytes s = { "null", 4 };

	if (k->n == 0)
		return 0;
	if (!col_null(&k->arg[0], 0))
		s = row_bytes(k, 0, 0);
	return err_user(e, EXIT_JOB, "%.*s", (int)(s.n < 900 ? s.n : 900),
	    s.p);
}

static int
bind_assert(struct func_bind *b, struct err *e)
{
	TRY(bind_sig(b, "Bs", 'B', e));
	b->type = TYPE(NULL);
	return 0;
}

static int
k_assert(struct kernel_call *k, struct err *e)
{
	for (int i = 0; i < k->n; i++) {
		struct bytes s;

		kernel_null(k, i);
		if (!col_null(&k->arg[0], i) && row_bool(k, 0, i))
			continue;
		if (k->narg < 2 || col_null(&k->arg[1], i))
			return err_user(e, EXIT_DATA,
			    "assert_true: the condition is not true");
		s = row_bytes(k, 1, i);
		return err_user(e, EXIT_DATA, "%.*s",
		    (int)(s.n < 900 ? s.n : 900), s.p);
	}
	return 0;
}

static int
bind_convert(struct func_bind *b, struct err *e)
{
	const struct type *t;

	TRY(type_parse(b->env->arena, b->fn->name, strlen(b->fn->name), &t,
	    e));
	return expr_cast(b->env, b->arg[0], t, b->span, &b->instead, e);
}

SIG(sig_l, "?", 'l')
SIG(sig_i, "?", 'i')
SIG(sig_s_s, "s", 's')

#define HERE (FN_CUSTOM | FN_NONDET | FN_NONNULL)
#define ROW(name, min, max, flags, bind, kernel, usage, help, example)  \
	{ name, min, max, flags, bind, kernel, "context", usage, help, example }
#define URL(name, min, max, flags, bind, kernel, usage, help, example)  \
	{ name, min, max, flags, bind, kernel, "url", usage, help, example }
#define TYPE_ROW(name, example)                                         \
	{ name, 1, 1, 0, bind_convert, NULL, "conversion", name "(x)",  \
	  "The same as cast(x as " name ").", example }

const struct func func_context[] = {
	ROW("current_user", 0, 0, 0, bind_user, NULL, "current_user()",
	    "Name of the user who runs the job.", "current_user() = user()"),
	ROW("user", 0, 0, 0, bind_user, NULL, "user()",
	    "The same as current_user.", "length(user()) > 0"),
	ROW("session_user", 0, 0, 0, bind_user, NULL, "session_user()",
	    "The same as current_user.", "session_user() = user()"),
	ROW("current_database", 0, 0, 0, bind_database, NULL,
	    "current_database()", "Always 'default'.",
	    "current_database() = 'default'"),
	ROW("current_schema", 0, 0, 0, bind_database, NULL,
	    "current_schema()", "The same as current_database.",
	    "current_schema() = 'default'"),
	ROW("current_catalog", 0, 0, 0, bind_catalog, NULL,
	    "current_catalog()", "Always 'spark_catalog'.",
	    "current_catalog() = 'spark_catalog'"),
	ROW("version", 0, 0, 0, bind_version, NULL, "version()",
	    "Version of this program.", "length(version()) > 0"),
	ROW("typeof", 1, 1, 0, bind_typeof, NULL, "typeof(x)",
	    "Name of the type of x.", "typeof(1) = 'int'"),
	ROW("input_file_name", 0, 0, 0, bind_file_name, NULL,
	    "input_file_name()", "Empty: rows do not know their file.",
	    "input_file_name() = ''"),
	ROW("monotonically_increasing_id", 0, 0, HERE, sig_l,
	    k_increasing_id, "monotonically_increasing_id()",
	    "Number of the row in its partition plus 2^33 times the number of "
	    "the partition.", "monotonically_increasing_id() >= 0"),
	ROW("spark_partition_id", 0, 0, HERE, sig_i, k_partition_id,
	    "spark_partition_id()", "Number of the partition, from 0.",
	    "spark_partition_id() >= 0"),
	ROW("raise_error", 1, 1, FN_CONSTS | FN_CUSTOM | FN_FAILS | FN_NULLS,
	    bind_raise, k_raise, "raise_error(message)",
	    "Fails with the message.", "if(true, 1, raise_error('no')) = 1"),
	ROW("assert_true", 1, 2, FN_CONSTS | FN_CUSTOM | FN_FAILS | FN_NULLS,
	    bind_assert, k_assert, "assert_true(condition[, message])",
	    "Fails unless the condition is true; the result is null.",
	    "assert_true(1 < 2) is null"),

	URL("parse_url", 2, 3, FN_CONSTS | FN_NULLS | FN_FAILS, sig_s_s,
	    k_parse_url, "parse_url(url, part[, key])",
	    "HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO of "
	    "a URL; of QUERY also the value of a key.",
	    "parse_url('http://spark.org/p?query=1', 'QUERY', 'query') = '1'"),
	URL("try_parse_url", 2, 3, FN_CONSTS | FN_NULLS, sig_s_s,
	    k_try_parse_url, "try_parse_url(url, part[, key])",
	    "As parse_url, null if it is no URL.",
	    "try_parse_url('http://a b/', 'HOST') is null"),
	URL("url_encode", 1, 1, FN_CONSTS, sig_s_s, k_url_encode,
	    "url_encode(str)", "The string as part of a URL.",
	    "url_encode('a b&c') = 'a+b%26c'"),
	URL("url_decode", 1, 1, FN_CONSTS | FN_FAILS, sig_s_s, k_url_decode,
	    "url_decode(str)", "The string back from url_encode.",
	    "url_decode('a+b%26c') = 'a b&c'"),
	URL("try_url_decode", 1, 1, FN_CONSTS | FN_NULLS, sig_s_s,
	    k_try_url_decode, "try_url_decode(str)",
	    "As url_decode, null if it is malformed.",
	    "try_url_decode('%zz') is null"),

	TYPE_ROW("boolean", "boolean('true')"),
	TYPE_ROW("tinyint", "tinyint('1') = 1"),
	TYPE_ROW("smallint", "smallint('1') = 1"),
	TYPE_ROW("int", "int('1') = 1"),
	TYPE_ROW("bigint", "bigint('1') = 1"),
	TYPE_ROW("float", "float('0.5') = 0.5"),
	TYPE_ROW("double", "double('0.5') = 0.5"),
	TYPE_ROW("decimal", "decimal('10') = 10"),
	TYPE_ROW("date", "date('2024-01-31') = date '2024-01-31'"),
	TYPE_ROW("timestamp", "timestamp('2024-01-31') = "
	    "timestamp '2024-01-31 00:00:00'"),
	TYPE_ROW("string", "string(1) = '1'"),
	TYPE_ROW("binary", "length(binary('abc')) = 3"),
	{ 0 },
};
