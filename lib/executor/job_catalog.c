/*
 * job_catalog -- see job_catalog.h.
 */
#include "executor/job_catalog.h"

#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"

/* Is it the very file that the driver saw? */
static bool
is_here(const struct input_file *f)
{
	struct stat st;

	if (stat(f->path, &st) < 0)
		return false;
	if (f->inode == 0)              /* not known: the path counts */
		return true;
	return (uint64_t)st.st_ino == f->inode &&
	    (f->size < 0 || st.st_size == f->size) &&
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec ==
	    f->mtime_ns;
}

static int
resolve(struct catalog *catalog, struct arena *a,
    const struct source_request *r, struct input **out, struct err *e)
{
	struct job_catalog *c = (struct job_catalog *)catalog;
	struct input *in = NEW(a, struct input);
	const struct input *given = &c->input[c->next];

	if (c->next >= c->n)
		return err_set(e, ERR_BUG, "the plan has more scans than the "
		    "job has inputs");
	c->next++;
	*in = (struct input){ .format = r->format, .options = r->options,
	    .on_error = r->on_error ? r->on_error : "fail",
	    .quarantine_dir = r->quarantine_dir, .text = "",
	    .npath = r->npath, .path = r->path, .command = r->command,
	    .key = given->key, .nfile = given->nfile, .size = given->size };
	in->file_v = NEW_N(a, struct input_file, given->nfile + 1);
	for (int i = 0; i < given->nfile; i++) {
		struct input_file *f = &in->file_v[i];

		*f = given->file_v[i];
		if (is_here(f))
			continue;
		ARENA_GROW(a, c->far, c->nfar, c->far_cap);
		c->far[c->nfar] = (struct far_file){ c->next - 1, i };
		f->path = arena_printf(a, "far:%d:%s",
		    c->far_base + c->nfar++, f->path);
	}
	*out = in;
	return 0;
}

void
job_catalog_init(struct job_catalog *c, const struct input *input, int n,
    int far_base)
{
	memset(c, 0, sizeof *c);
	c->catalog.resolve = resolve;
	c->input = input;
	c->n = n;
	c->far_base = far_base;
}
