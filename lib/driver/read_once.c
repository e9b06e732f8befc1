/*
 * read_once -- see read_once.h.  Commands are not meant: each scan runs them.
 */
#include "driver/read_once.h"

#include <string.h>

#include "driver/job.h"
#include "driver/spool.h"

struct readers {
	struct arena *arena;
	struct input_file **v;          /* in plan order */
	int n, cap;
};

static void
collect(struct readers *r, const struct node *n)
{
	for (int i = 0; i < n->nkid; i++)
		collect(r, n->kid[i]);
	if (n->kind != NODE_SCAN)
		return;
	for (int i = 0; i < n->u.scan.input->nfile; i++) {
		struct input_file *f = &n->u.scan.input->file_v[i];

		if (f->size >= 0 || strncmp(f->path, "cmd:", 4) == 0)
			continue;
		ARENA_GROW(r->arena, r->v, r->n, r->cap);
		r->v[r->n++] = f;
	}
}

int
read_once_share(struct app *a, const struct action *j, struct err *e)
{
	struct readers r = { .arena = &a->arena };

	for (int i = 0; i < j->stages->n; i++)
		collect(&r, j->stages->stage[i].root);
	for (int i = 0; i < r.n; i++) {
		const char *path = r.v[i]->path, *file = NULL;

		for (int k = i + 1; k < r.n; k++) {
			if (strcmp(r.v[k]->path, path) != 0)
				continue;
			if (file == NULL)
				TRY(spool(j, a->scratch, path, &a->arena,
				    &file, e));
			r.v[k]->path = file;
		}
		if (file)
			r.v[i]->path = file;
	}
	return 0;
}
