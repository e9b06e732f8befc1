/*
 * fn_json_path -- get_json_object(text, '$.a.b[0][*]').
 *
 * The text is walked once per row; what the path does not name is stepped
 * over, nothing is built.  As in Spark, text comes without its quotes,
 * objects and arrays as JSON without white space, JSON's null as null, and
 * several matches of [*] as an array (a single one as it is).
 */
#include "expr/fn_json.h"

#include "base/text.h"

enum { PATH_MAX_STEPS = 64 };

enum step_kind { STEP_NAME, STEP_INDEX, STEP_ALL };

struct path_step {
	enum step_kind kind;
	struct bytes name;
	int64_t index;
};

struct path {
	struct path_step step[PATH_MAX_STEPS];
	int n;
	bool wild;
};

/* Reads [12], [*] or ['name'] at p; returns what follows or NULL. */
static const char *
subscript_read(struct path_step *s, const char *p, const char *end)
{
	if (end - p >= 3 && p[1] == '*' && p[2] == ']') {
		s->kind = STEP_ALL;
		return p + 3;
	}
	if (end - p >= 4 && p[1] == '\'') {
		const char *quote = memchr(p + 2, '\'', (size_t)(end - p - 2));

		if (quote == NULL || quote + 1 >= end || quote[1] != ']')
			return NULL;
		s->kind = STEP_NAME;
		s->name = (struct bytes){ p + 2, (size_t)(quote - p - 2) };
		return quote + 2;
	}
	s->kind = STEP_INDEX;
	s->index = 0;
	if (++p == end || *p < '0' || *p > '9')
		return NULL;
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		if (s->index < INT32_MAX)
			s->index = s->index * 10 + (*p - '0');
	return p < end && *p == ']' ? p + 1 : NULL;
}

/* 1, or 0 when it is no path (the result is then null, as in Spark). */
static int
path_read(struct path *t, struct bytes s)
{
	const char *p = s.p, *end = s.p + s.n, *dot;

	t->n = 0;
	t->wild = false;
	if (p == end || *p++ != '$')
		return 0;
	while (p < end) {
		struct path_step *step = &t->step[t->n];

		if (t->n == PATH_MAX_STEPS)
			return 0;
		t->n++;
		if (*p == '[') {
			p = subscript_read(step, p, end);
			if (p == NULL)
				return 0;
		} else if (*p == '.') {
			dot = ++p;
			while (p < end && *p != '.' && *p != '[')
				p++;
			step->kind = STEP_NAME;
			step->name = (struct bytes){ dot, (size_t)(p - dot) };
			if (p == dot)
				return 0;
			if (step->name.n == 1 && *dot == '*')
				step->kind = STEP_ALL;
		} else {
			return 0;
		}
		t->wild |= step->kind == STEP_ALL;
	}
	return 1;
}

struct finder {
	const struct path *path;
	struct json j;
	struct text key;
	struct text found;      /* the matches, as JSON with commas */
	int nfound;
	bool plain;             /* the only match is text, decoded */
};

static int find(struct finder *f, int at);

/* A value at the end of the path. */
static int
take(struct finder *f)
{
	enum json_kind kind = json_peek(&f->j);

	if (!f->path->wild && kind == JSON_STRING) {
		f->nfound = 1;
		return json_scan_string(&f->j, &f->found) ? 0 : -1;
	}
	if (!f->path->wild && kind == JSON_NULL)
		return json_scan_skip(&f->j, NULL, NULL) ? 0 : -1;
	if (f->nfound++)
		text_addc(&f->found, ',');
	return json_copy(&f->j, &f->found) ? 0 : -1;
}

/* Is the path done: one match is enough without wild cards. */
static bool
enough(const struct finder *f)
{
	return f->nfound && !f->path->wild;
}

static int
find_in_object(struct finder *f, const struct path_step *s, int at)
{
	int r;

	while ((r = json_step(&f->j, JSON_OBJECT)) > 0) {
		bool hit;

		if (!json_scan_key(&f->j, &f->key))
			return -1;
		hit = s->kind == STEP_ALL || (f->key.n == s->name.n &&
		    memcmp(f->key.p ? f->key.p : "", s->name.p,
		    s->name.n) == 0);
		if (!hit) {
			if (!json_scan_skip(&f->j, NULL, NULL))
				return -1;
			continue;
		}
		if (find(f, at + 1) < 0)
			return -1;
		if (enough(f))
			return 0;
	}
	return r;
}

static int
find_in_array(struct finder *f, const struct path_step *s, int at)
{
	int64_t i = 0;
	int r;

	for (; (r = json_step(&f->j, JSON_ARRAY)) > 0; i++) {
		if (s->kind == STEP_INDEX && i != s->index) {
			if (!json_scan_skip(&f->j, NULL, NULL))
				return -1;
			continue;
		}
		if (find(f, at + 1) < 0)
			return -1;
		if (enough(f))
			return 0;
	}
	return r;
}

/* Looks at the value at the cursor for the steps from at on. */
static int
find(struct finder *f, int at)
{
	const struct path_step *s = &f->path->step[at];
	enum json_kind kind = json_peek(&f->j);

	if (at == f->path->n)
		return take(f);
	if (kind == JSON_OBJECT && s->kind != STEP_INDEX)
		return json_enter(&f->j) ? find_in_object(f, s, at) : -1;
	if (kind == JSON_ARRAY && s->kind != STEP_NAME)
		return json_enter(&f->j) ? find_in_array(f, s, at) : -1;
	return json_scan_skip(&f->j, NULL, NULL) ? 0 : -1;
}

static void
find_row(struct kernel_call *k, int i, struct finder *f)
{
	struct bytes s = row_bytes(k, 0, i);

	f->nfound = 0;
	text_clear(&f->found);
	json_begin(&f->j, s.p, s.n);
	if (find(f, 0) < 0 || f->nfound == 0) {
		kernel_null(k, i);
		return;
	}
	if (f->nfound > 1) {
		text_addc(&f->found, ']');
		text_room(&f->found, 1);
		memmove(f->found.p + 1, f->found.p, f->found.n);
		f->found.p[0] = '[';
		f->found.n++;
	}
	kernel_bytes(k, i, f->found.n ? f->found.p : "", f->found.n);
}

static int
k_get_json_object(struct kernel_call *k, struct err *e)
{
	const struct path *fixed = k->state;
	struct path *own = fixed ? NULL : NEW(k->heap, struct path);
	struct finder f = { .path = fixed };

	(void)e;
	ROWS(k, i) {
		if (!fixed) {
			f.path = own;
			if (!path_read(own, row_bytes(k, 1, i))) {
				kernel_null(k, i);
				continue;
			}
		}
		find_row(k, i, &f);
	}
	text_release(&f.key);
	text_release(&f.found);
	return 0;
}

int
bind_get_json_object(struct func_bind *b, struct err *e)
{
	struct path *t;
	struct datum d;
	int r;

	TRY(bind_sig(b, "s", 's', e));
	b->kernel = k_get_json_object;
	r = bind_value(b, 1, &d, e);
	if (r <= 0 || d.null)
		return r < 0 ? r : 0;
	t = NEW(b->env->arena, struct path);
	if (!path_read(t, (struct bytes){
	    arena_memdup(b->env->arena, d.s.p, d.s.n), d.s.n })) {
		err_at(e, b->arg[1]->span, "'%.*s' is not a JSON path",
		    (int)d.s.n, d.s.p);
		return err_hint(e, "a path looks like $.name[0]['other "
		    "name'][*]");
	}
	b->state = t;
	return 0;
}
