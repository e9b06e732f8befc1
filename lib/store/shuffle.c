/*
 * shuffle -- see shuffle.h: map files being written and opened.
 *
 * Both files are made without a name (O_TMPFILE) and linked at the end under
 * a lock on the directory, the index last; where the file system cannot do
 * that they get a name of the process's own first.  Nothing is fsynced: a
 * shuffle can be made again, and what a power failure tears is noticed by
 * its checksums.
 */
#include "store/shuffle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/text.h"
#include "io/fd.h"
#include "io/tree.h"

struct shuffle_writer {
	struct arena arena;
	const char *dir;
	int dir_fd, fd;
	char *temporary;                /* name of the data file, or NULL */
	struct shuffle_index index;     /* blocks in order of arrival */
	uint64_t cap;
};

static char *
map_name(struct arena *a, int map, const char *what)
{
	return arena_printf(a, "map-%05d.%s", map, what);
}

/* A new file in the directory: without a name, or *name. */
static int
new_file(struct shuffle_writer *w, const char *what, char **name)
{
	int fd = openat(w->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);

	*name = NULL;
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR &&
	    errno != ENOENT && errno != EINVAL))
		return fd;
	*name = arena_printf(&w->arena, ".%s.%d", what, (int)getpid());
	unlinkat(w->dir_fd, *name, 0);
	return openat(w->dir_fd, *name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC,
	    0666);
}

static int
cannot_create(struct err *e, const char *dir)
{
	err_sys(e, "could not create a map in \"%s\"", dir);
	if (e->kind == ERR_USER && e->code != EXIT_PERM)
		e->code = EXIT_CANTCREATE;
	return e->kind;
}

static int
already_there(struct shuffle_writer *w, struct err *e)
{
	err_user(e, EXIT_CANTCREATE, "map %u is already in \"%s\"",
	    w->index.map, w->dir);
	return err_hint(e, "give another number (-m) or remove \"%s/%s\"",
	    w->dir, map_name(&w->arena, (int)w->index.map, "*"));
}

static int
open_files(struct shuffle_writer *w, struct err *e)
{
	struct stat st;

	if (mkdir(w->dir, 0777) < 0 && errno != EEXIST)
		return cannot_create(e, w->dir);
	w->dir_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir_fd < 0)
		return cannot_create(e, w->dir);
	if (fstatat(w->dir_fd, map_name(&w->arena, (int)w->index.map,
	    "index"), &st, 0) == 0)
		return already_there(w, e);
	if (fail_here("shuffle.open") < 0 ||
	    (w->fd = new_file(w, "data", &w->temporary)) < 0)
		return cannot_create(e, w->dir);
	return 0;
}

int
shuffle_create(struct shuffle_writer **out, const char *dir, int map,
    int npart, enum shuffle_kind kind, struct err *e)
{
	struct shuffle_writer *w = xcalloc(1, sizeof *w);
	int r;

	*out = NULL;
	w->dir = arena_strdup(&w->arena, dir);
	w->dir_fd = w->fd = -1;
	w->index = (struct shuffle_index){ .kind = kind,
	    .npart = (uint32_t)npart, .map = (uint32_t)map };
	w->index.part = xcalloc((size_t)npart, sizeof *w->index.part);
	r = open_files(w, e);
	if (r < 0) {
		shuffle_close(w);
		return r;
	}
	*out = w;
	return 0;
}

uint64_t
shuffle_reserve(struct shuffle_writer *w, struct block *b, int n, size_t size)
{
	struct shuffle_index *x = &w->index;
	int64_t at = (int64_t)x->size;
	uint64_t first = x->nblock;

	while (x->nblock + (uint64_t)n > w->cap) {
		w->cap = w->cap ? 2 * w->cap : 256;
		x->block = xrealloc(x->block, w->cap * sizeof *x->block);
	}
	for (int i = 0; i < n; i++) {
		struct shuffle_part *p = &x->part[b[i].part];

		b[i].at += at;
		x->block[x->nblock++] = b[i];
		p->nblock++;
		p->rows += b[i].rows;
		p->raw += b[i].raw;
		p->stored += BLOCK_HEAD + (uint64_t)b[i].stored;
	}
	x->size += size;
	return first;
}

void
shuffle_set_sums(struct shuffle_writer *w, uint64_t first,
    const struct block *b, int n)
{
	for (int i = 0; i < n; i++)
		w->index.block[first + (uint64_t)i].sum = b[i].sum;
}

void
shuffle_add_rowset(struct shuffle_writer *w, uint32_t part, uint64_t rowset)
{
	w->index.part[part].rowset += rowset;
}

int
shuffle_write(struct shuffle_writer *w, struct iovec *io, int n, int64_t at,
    struct err *e)
{
	if (fd_write_pieces(w->fd, io, n, at, "shuffle.write") < 0)
		return err_sys(e, "could not write to \"%s\"", w->dir);
	return 0;
}

/* Puts the blocks in order of their partitions; within one they stay as they
 * arrived. */
static void
sort_blocks(struct shuffle_index *x)
{
	struct block *to = xmalloc((x->nblock + 1) * sizeof *to);
	uint64_t first = 0;

	for (uint32_t p = 0; p < x->npart; p++) {
		x->part[p].first = first;
		first += x->part[p].nblock;
	}
	for (uint64_t i = 0; i < x->nblock; i++)
		to[x->part[x->block[i].part].first++] = x->block[i];
	for (uint32_t p = 0; p < x->npart; p++)
		x->part[p].first -= x->part[p].nblock;
	free(x->block);
	x->block = to;
}

/* Gives the file its name in the directory. */
static int
link_file(struct shuffle_writer *w, int fd, const char *temporary,
    const char *name)
{
	char path[64];

	if (fail_here("shuffle.link") < 0)
		return -1;
	if (temporary)
		return renameat(w->dir_fd, temporary, w->dir_fd, name);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, w->dir_fd, name, AT_SYMLINK_FOLLOW);
}

static int
link_both(struct shuffle_writer *w, int index_fd, const char *temporary,
    struct err *e)
{
	const char *data = map_name(&w->arena, (int)w->index.map, "data");
	const char *index = map_name(&w->arena, (int)w->index.map, "index");
	struct stat st;

	if (flock(w->dir_fd, LOCK_EX) < 0)
		return err_sys(e, "could not lock \"%s\"", w->dir);
	if (fstatat(w->dir_fd, index, &st, 0) == 0)
		return already_there(w, e);
	/* Data without an index: a writer died between the two links. */
	unlinkat(w->dir_fd, data, 0);
	if (link_file(w, w->fd, w->temporary, data) < 0)
		return cannot_create(e, w->dir);
	w->temporary = NULL;
	if (link_file(w, index_fd, temporary, index) < 0) {
		cannot_create(e, w->dir);
		unlinkat(w->dir_fd, data, 0);
		return e->kind;
	}
	return 0;
}

int
shuffle_commit(struct shuffle_writer *w, struct err *e)
{
	struct text t = { 0 };
	char *temporary = NULL;
	int fd, r = 0;

	sort_blocks(&w->index);
	shuffle_index_print(&t, &w->index);
	fd = fail_here("shuffle.index") < 0 ? -1 :
	    new_file(w, "index", &temporary);
	if (fd < 0 || fd_write_at(fd, t.p, t.n, 0, "spill.write") < 0)
		r = err_sys(e, "could not write the index in \"%s\"", w->dir);
	text_release(&t);
	if (r >= 0)
		r = link_both(w, fd, temporary, e);
	if (fd >= 0 && close(fd) < 0 && r >= 0)
		r = err_sys(e, "could not close the index in \"%s\"", w->dir);
	if (r < 0 && temporary)
		unlinkat(w->dir_fd, temporary, 0);
	return r;
}

void
shuffle_close(struct shuffle_writer *w)
{
	if (w == NULL)
		return;
	if (w->temporary)
		unlinkat(w->dir_fd, w->temporary, 0);
	if (w->fd >= 0)
		close(w->fd);
	if (w->dir_fd >= 0)
		close(w->dir_fd);
	free(w->index.part);
	free(w->index.block);
	arena_release(&w->arena);
	free(w);
}

/* All bytes of a file in the arena. */
static int
read_file(struct arena *a, const char *path, char **bytes, size_t *n,
    struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t r = 1;

	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", path);
	*n = 0;
	if (fstat(fd, &st) < 0)
		r = -1;
	else
		*bytes = arena_raw(a, (size_t)st.st_size + 1);
	while (r > 0 && *n < (size_t)st.st_size) {
		r = fail_here("shuffle.map") < 0 ? -1 :
		    read(fd, *bytes + *n, (size_t)st.st_size - *n);
		if (r < 0 && errno == EINTR)
			r = 1;
		else if (r > 0)
			*n += (size_t)r;
	}
	if (r < 0)
		err_sys(e, "could not read \"%s\"", path);
	close(fd);
	return r < 0 ? e->kind : 0;
}

static int
open_data(const char *path, struct shuffle_map *m, struct err *e)
{
	struct stat st;

	m->path = path;
	m->fd = fail_here("shuffle.map") < 0 ? -1 :
	    open(path, O_RDONLY | O_CLOEXEC);
	if (m->fd < 0)
		return err_sys(e, "could not open \"%s\"", path);
	if (fstat(m->fd, &st) < 0 || (uint64_t)st.st_size != m->index.size) {
		close(m->fd);
		return err_user(e, EXIT_DATA, "\"%s\" has %lld bytes, its "
		    "index says %llu", path, (long long)st.st_size,
		    (unsigned long long)m->index.size);
	}
	return 0;
}

static int
open_map(struct arena *a, const char *index_path, struct shuffle_map *m,
    struct err *e)
{
	size_t stem = strlen(index_path) - strlen("index"), n = 0;
	char *bytes = NULL;

	TRY(read_file(a, index_path, &bytes, &n, e));
	if (shuffle_index_parse(bytes, n, &m->index, e) < 0)
		return err_ctx(e, "%s", index_path);
	return open_data(arena_printf(a, "%.*sdata", (int)stem, index_path),
	    m, e);
}

static bool
is_index(const char *name)
{
	size_t n = strlen(name);

	return n > 6 && strcmp(name + n - 6, ".index") == 0;
}

static int
open_dir(struct arena *a, const char *dir, struct shuffle_maps *m,
    struct err *e)
{
	char **name;
	int n, before = m->n, fd;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", dir);
	close(fd);
	n = tree_list(a, dir, "map-", &name);
	for (int i = 0; i < n; i++) {
		struct shuffle_map *v;

		if (!is_index(name[i]))
			continue;
		ARENA_GROW(a, m->v, m->n, m->cap);
		v = &m->v[m->n];
		memset(v, 0, sizeof *v);
		TRY(open_map(a, arena_printf(a, "%s/%s", dir, name[i]), v, e));
		m->n++;
		if (v->index.npart != m->v[0].index.npart)
			return err_user(e, EXIT_DATA, "\"%s\" has %u "
			    "partitions, \"%s\" has %u", v->path,
			    v->index.npart, m->v[0].path,
			    m->v[0].index.npart);
		if (v->index.kind != m->v[0].index.kind)
			return err_user(e, EXIT_DATA, "one of \"%s\" and "
			    "\"%s\" holds lines, the other columns", v->path,
			    m->v[0].path);
	}
	if (m->n == before)
		return err_user(e, EXIT_NOINPUT, "no map in \"%s\"", dir);
	return 0;
}

int
shuffle_open(struct arena *a, const char *const *dir, int ndir,
    struct shuffle_maps *m, struct err *e)
{
	memset(m, 0, sizeof *m);
	for (int i = 0; i < ndir; i++)
		if (open_dir(a, dir[i], m, e) < 0) {
			shuffle_maps_close(m);
			return e->kind;
		}
	return 0;
}

void
shuffle_maps_close(struct shuffle_maps *m)
{
	for (int i = 0; i < m->n; i++)
		close(m->v[i].fd);
	m->n = 0;
}
