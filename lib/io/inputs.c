/*
 * inputs -- see inputs.h.
 */
#include "io/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/near.h"

#define DEPTH_MAX 64

struct walk {
	struct arena *a;
	struct inputs *in;
	struct input_key key[DEPTH_MAX];
	int nkey, depth;
};

static int
hex(int c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static char *
unescape(struct arena *a, const char *s, size_t n)
{
	char *out = arena_memdup(a, s, n), *to = out;

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '%' && i + 2 < n && hex(s[i + 1]) >= 0 &&
		    hex(s[i + 2]) >= 0) {
			*to++ = (char)(hex(s[i + 1]) * 16 + hex(s[i + 2]));
			i += 2;
		} else {
			*to++ = s[i];
		}
	}
	*to = '\0';
	return out;
}

static void
add_file(struct walk *w, const char *path, const struct stat *st)
{
	struct inputs *in = w->in;
	struct input_path *p;

	ARENA_GROW(w->a, in->v, in->n, in->cap);
	p = &in->v[in->n++];
	memset(p, 0, sizeof *p);
	p->path = arena_strdup(w->a, path);
	p->regular = st && S_ISREG(st->st_mode);
	p->size = p->regular ? st->st_size : -1;
	if (st) {
		p->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 +
		    st->st_mtim.tv_nsec;
		p->inode = st->st_ino;
	}
	p->nkey = w->nkey;
	p->key = NEW_N(w->a, struct input_key, w->nkey + 1);
	memcpy(p->key, w->key, sizeof *p->key * (size_t)w->nkey);
}

static int add_path(struct walk *w, const char *path, struct err *e);

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
visible(const struct dirent *d)
{
	return d->d_name[0] != '.' && d->d_name[0] != '_';
}

static int
add_entry(struct walk *w, const char *dir, const char *name, struct err *e)
{
	const char *eq = strchr(name, '=');
	char *path = arena_printf(w->a, "%s%s%s", dir,
	    dir[strlen(dir) - 1] == '/' ? "" : "/", name);
	struct stat st;
	int nkey = w->nkey, r;

	if (eq && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    w->nkey < DEPTH_MAX) {
		struct input_key *k = &w->key[w->nkey++];

		k->name = unescape(w->a, name, (size_t)(eq - name));
		k->value = strcmp(eq + 1, "__HIVE_DEFAULT_PARTITION__") == 0 ?
		    NULL : unescape(w->a, eq + 1, strlen(eq + 1));
	}
	r = add_path(w, path, e);
	w->nkey = nkey;
	return r;
}

static int
add_directory(struct walk *w, const char *path, struct err *e)
{
	struct dirent **list;
	int n, r = 0;

	if (++w->depth > DEPTH_MAX)
		return err_user(e, EXIT_NOINPUT,
		    "directories are nested too deeply: \"%s\"", path);
	n = scandir(path, &list, visible, by_name);
	if (n < 0)
		return err_sys(e, "could not read directory \"%s\"", path);
	for (int i = 0; i < n; i++) {
		if (r >= 0)
			r = add_entry(w, path, list[i]->d_name, e);
		free(list[i]);
	}
	free(list);
	w->depth--;
	return r;
}

static int
add_path(struct walk *w, const char *path, struct err *e)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(e, "could not open \"%s\"", path);
	if (S_ISDIR(st.st_mode))
		return add_directory(w, path, e);
	add_file(w, path, &st);
	return 0;
}

/* Names in the directory of a missing file that are close to it. */
static void
hint_near(struct arena *a, const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash ? arena_memdup(a, path,
	    (size_t)(slash - path) + 1) : ".";
	DIR *d = opendir(dir);
	struct dirent *x;
	struct near near;

	if (d == NULL)
		return;
	near_init(&near, slash ? slash + 1 : path);
	while ((x = readdir(d)) != NULL) {
		const char *before = near.best;

		near_offer(&near, x->d_name);
		if (near.best != before)
			near.best = arena_strdup(a, near.best);
	}
	closedir(d);
	if (near.best)
		err_hint(e, "did you mean \"%s%s\"?", slash ? dir : "",
		    near.best);
}

static int
add_pattern(struct walk *w, const char *pattern, struct err *e)
{
	glob_t g;
	int r = glob(pattern, GLOB_BRACE, NULL, &g), code = 0;

	if (r != 0)
		return err_user(e, EXIT_NOINPUT, "no file matches \"%s\"",
		    pattern);
	for (size_t i = 0; i < g.gl_pathc && code >= 0; i++)
		code = add_path(w, g.gl_pathv[i], e);
	globfree(&g);
	return code;
}

static int
order(const void *a, const void *b)
{
	return strcmp(((const struct input_path *)a)->path,
	    ((const struct input_path *)b)->path);
}

/* file:///x, file:/x and local:/x are plain paths; other schemes are not
 * supported yet. */
static int
strip_scheme(const char **path, struct err *e)
{
	static const char *const known[] = { "http:", "https:", "s3:", "s3a:",
	    "gs:", "hdfs:", "webhdfs:", "sftp:", "ftp:", "abfs:" };
	const char *p = *path;

	if (strncmp(p, "file:", 5) == 0 || strncmp(p, "local:", 6) == 0) {
		p = strchr(p, ':') + 1;
		while (p[0] == '/' && p[1] == '/')
			p++;
		*path = p;
		return 0;
	}
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp(p, known[i], strlen(known[i])) == 0)
			return err_user(e, EXIT_UNAVAILABLE,
			    "\"%s\": %.*s// is not supported yet", p,
			    (int)strlen(known[i]), p);
	return 0;
}

int
inputs_add(struct arena *a, struct inputs *in, const char *written,
    struct err *e)
{
	struct walk w = { .a = a, .in = in };
	int before = in->n, r;
	struct stat st;

	if (strcmp(written, "-") == 0) {
		add_file(&w, "-", NULL);
		return 0;
	}
	TRY(strip_scheme(&written, e));
	if (stat(written, &st) < 0 && strpbrk(written, "*?[{"))
		r = add_pattern(&w, written, e);
	else
		r = add_path(&w, written, e);
	if (r < 0) {
		if (e->code == EXIT_NOINPUT && e->hint[0] == '\0')
			hint_near(a, written, e);
		return r;
	}
	if (in->n == before)
		return err_user(e, EXIT_NOINPUT, "no files in \"%s\"", written);
	qsort(in->v + before, (size_t)(in->n - before), sizeof *in->v, order);
	return 0;
}
