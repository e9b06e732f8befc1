/*
 * pools -- see pools.h.
 *
 * Of the file only what matters here is understood: elements pool with the
 * attribute name, and in them weight and minShare.  Comments and all other
 * elements are passed over, so that schedulingMode may be there.
 */
#include "driver/pools.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "driver/conf.h"
#include "sched/sched.h"

#define FILE_MAX ((size_t)1 << 20)

static int
read_file(const char *path, struct text *t, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", path);
	while (n > 0 && t->n <= FILE_MAX) {
		n = read(fd, text_room(t, 4096), 4096);
		t->n += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		err_sys(e, "could not read \"%s\"", path);
	close(fd);
	if (n < 0)
		return e->kind;
	if (t->n > FILE_MAX || memchr(text_str(t), '\0', t->n))
		return err_user(e, EXIT_CONFIG, "\"%s\" is not a file of "
		    "pools", path);
	return 0;
}

static int
misread(const char *path, const char *what, struct err *e)
{
	err_user(e, EXIT_CONFIG, "\"%s\": %s", path, what);
	return err_hint(e, "settings say the same: "
	    "spark.scheduler.pool.NAME.weight and .minShare");
}

/* Comments become blanks. */
static int
blank_comments(char *s)
{
	while ((s = strstr(s, "<!--")) != NULL) {
		char *end = strstr(s, "-->");

		if (end == NULL)
			return -1;
		memset(s, ' ', (size_t)(end + 3 - s));
	}
	return 0;
}

/* The text of an element without attributes, cut out; NULL: none. */
static char *
element(struct arena *a, const char *in, const char *name)
{
	const char *open = arena_printf(a, "<%s>", name);
	const char *shut = arena_printf(a, "</%s>", name);
	const char *p = strstr(in, open), *end;

	if (p == NULL)
		return NULL;
	p += strlen(open);
	end = strstr(p, shut);
	if (end == NULL)
		return NULL;
	while (p < end && isspace((unsigned char)*p))
		p++;
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	return arena_memdup(a, p, (size_t)(end - p));
}

/* The value of name="..." in a tag, or NULL. */
static char *
pool_name(struct arena *a, const char *tag)
{
	const char *p = strstr(tag, "name"), *end;
	char quote;

	if (p == NULL)
		return NULL;
	p += strlen("name");
	p += strspn(p, " \t\r\n");
	if (*p != '=')
		return NULL;
	p += 1 + strspn(p + 1, " \t\r\n");
	quote = *p;
	if (quote != '"' && quote != '\'')
		return NULL;
	end = strchr(p + 1, quote);
	return end && end > p + 1 ?
	    arena_memdup(a, p + 1, (size_t)(end - p - 1)) : NULL;
}

static int
set_one(struct conf *c, const char *path, const char *name, const char *body,
    const char *element_name, struct err *e)
{
	const char *value = element(c->arena, body, element_name);

	if (value == NULL)
		return 0;
	return conf_set(c, arena_printf(c->arena, "spark.scheduler.pool.%s.%s",
	    name, element_name), value, CONF_BUILTIN, path, e);
}

int
pools_read(struct conf *c, const char *path, struct err *e)
{
	struct text t = { 0 };
	int r = read_file(path, &t, e);
	char *all, *p;

	all = arena_memdup(c->arena, text_str(&t), t.n);
	text_release(&t);
	TRY(r);
	if (blank_comments(all) < 0)
		return misread(path, "a comment has no end", e);
	if (strstr(all, "<allocations") == NULL)
		return misread(path, "there is no element allocations", e);
	for (p = all; (p = strstr(p, "<pool")) != NULL;) {
		char *close = strchr(p, '>'), *end = strstr(p, "</pool>");
		const char *name;

		if (close && close[-1] == '/') {        /* it says nothing */
			p = close;
			continue;
		}
		if (close == NULL || end == NULL || end < close)
			return misread(path, "a pool has no end", e);
		*close = *end = '\0';
		name = pool_name(c->arena, p);
		if (name == NULL)
			return misread(path, "a pool has no name", e);
		TRY(set_one(c, path, name, close + 1, "weight", e));
		TRY(set_one(c, path, name, close + 1, "minShare", e));
		p = end + strlen("</pool>");
	}
	return 0;
}

/* Once: the file's own settings are the weakest. */
static int
read_allocations(struct conf *c, struct err *e)
{
	const char *path = conf_get(c, "spark.scheduler.allocation.file");

	if (c->pools_read || *path == '\0')
		return 0;
	c->pools_read = 1;
	if (strncmp(path, "file://", 7) == 0)
		path += 7;
	return pools_read(c, path, e);
}

int
pools_number(struct pools *p, struct sched *s, struct conf *c,
    const char *name, struct err *e)
{
	const struct conf_pool *set;

	TRY(read_allocations(c, e));
	name = *name ? name : "default";
	set = conf_pool_find(c, name);
	if (set == NULL && strcmp(name, "default") == 0)
		return 0;
	for (int i = 0; i < p->n; i++)
		if (strcmp(p->name[i], name) == 0)
			return i + 1;
	if (p->n == POOLS_MAX)
		return err_user(e, EXIT_CONFIG, "there are more than %d pools "
		    "(spark.scheduler.pool)", POOLS_MAX);
	p->name[p->n++] = arena_strdup(c->arena, name);
	return sched_pool(s, set ? set->weight : 1, set ? set->min_share : 0);
}
