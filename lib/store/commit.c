/*
 * commit -- see commit.h.
 *
 * Order of durability: files (sink_close), directories of c/, manifest,
 * journal, renames, parent directory.  The staging directory holds a file
 * that is locked as long as the run lives: who finds an unlocked one may
 * finish it (journal there) or remove it (no journal).
 */
#include "store/commit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/text.h"
#include "io/tree.h"
#include "store/manifest.h"

struct won {                    /* a committed partition */
	bool there;
	int attempt;
};

struct output {
	struct arena arena;
	struct output_conf conf;
	char *target, *parent, *staging, *staged;       /* staged: what is renamed */
	int lock_fd;
	pthread_mutex_t lock;
	struct won *won;
	int nwon;
	struct output_file *file;       /* with names in the arena */
	int *file_part;
	int nfile, file_cap, part_cap;
	int64_t rows, bytes;
	bool prepared, committed, exists;
};

static int
step(const char *name, struct err *e)
{
	return fail_here(name) < 0 ? err_sys(e, "could not commit the output "
	    "(%s)", name) : 0;
}

static char *
without_slash(struct arena *a, const char *path)
{
	char *s = arena_strdup(a, path);
	size_t n = strlen(s);

	while (n > 1 && s[n - 1] == '/')
		s[--n] = '\0';
	return s;
}

static void
name_paths(struct output *o)
{
	struct arena *a = &o->arena;
	const char *slash, *base;

	o->target = without_slash(a, o->conf.target);
	slash = strrchr(o->target, '/');
	base = slash ? slash + 1 : o->target;
	o->parent = slash == NULL ? arena_strdup(a, ".") : slash == o->target ?
	    arena_strdup(a, "/") : arena_memdup(a, o->target,
	    (size_t)(slash - o->target));
	o->staging = arena_printf(a, "%s/.sp-%s-%s", o->parent, base,
	    o->conf.job);
	o->staged = arena_printf(a, "%s/c", o->staging);
}

static int
cannot(struct err *e)
{
	if (e->code != EXIT_PERM && e->kind == ERR_USER)
		e->code = EXIT_CANTCREATE;
	return e->kind;
}

static int
target_there(struct output *o, int *go_on, struct err *e)
{
	struct stat st;

	*go_on = 1;
	if (lstat(o->target, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		err_sys(e, "could not look at \"%s\"", o->target);
		return cannot(e);
	}
	o->exists = true;
	switch (o->conf.mode) {
	case OUTPUT_IGNORE:
		*go_on = 0;
		return 0;
	case OUTPUT_ERROR:
		err_user(e, EXIT_CANTCREATE, "the output \"%s\" exists already",
		    o->target);
		return err_hint(e, "use overwrite, append or ignore");
	case OUTPUT_APPEND:
		if (!S_ISDIR(st.st_mode))
			return err_user(e, EXIT_CANTCREATE, "append: \"%s\" is "
			    "no directory", o->target);
		return 0;
	case OUTPUT_OVERWRITE:
		if (o->conf.single == !S_ISDIR(st.st_mode) ||
		    (!o->conf.single && S_ISDIR(st.st_mode)))
			return 0;
		return err_user(e, EXIT_CANTCREATE, "overwrite: \"%s\" is %s",
		    o->target, S_ISDIR(st.st_mode) ? "a directory" : "a file");
	}
	return 0;
}

static int
make_staging(struct output *o, struct err *e)
{
	char *lock = arena_printf(&o->arena, "%s/lock", o->staging);

	TRY(step("commit.staging", e));
	if (mkdir(o->staging, 0777) < 0) {
		err_sys(e, "could not make a directory beside \"%s\"",
		    o->target);
		return cannot(e);
	}
	o->lock_fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	if (o->lock_fd < 0 || flock(o->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_sys(e, "could not lock \"%s\"", lock);
	if (mkdir(o->staged, 0777) < 0)
		return err_sys(e, "could not make \"%s\"", o->staged);
	if (mkdir(arena_printf(&o->arena, "%s/a", o->staging), 0777) < 0)
		return err_sys(e, "could not make a directory in \"%s\"",
		    o->staging);
	return 0;
}

int
output_open(struct output **out, const struct output_conf *conf,
    struct err *e)
{
	struct output *o = xcalloc(1, sizeof *o);
	int go_on = 1, r;

	*out = NULL;
	o->conf = *conf;
	o->lock_fd = -1;
	pthread_mutex_init(&o->lock, NULL);
	name_paths(o);
	r = output_recover(o->target, NULL, e);
	if (r >= 0)
		r = target_there(o, &go_on, e);
	if (r >= 0 && go_on)
		r = make_staging(o, e);
	if (r < 0 || !go_on) {
		o->committed = !go_on;
		output_close(o);
		return r < 0 ? r : 0;
	}
	*out = o;
	return 1;
}

const char *
output_extension(const struct output *o)
{
	return o->conf.extension;
}

static char *
attempt_dir(struct output *o, struct arena *a, int part, int attempt)
{
	return arena_printf(a, "%s/a/%d.%d", o->staging, part, attempt);
}

int
output_path(struct output *o, int part, int attempt, const char *name,
    struct arena *a, const char **path, struct err *e)
{
	char *p = arena_printf(a, "%s/%s", attempt_dir(o, a, part, attempt),
	    name);

	*path = p;
	return tree_make_parents(p, e);
}

static char *
final_name(struct output *o, const char *name)
{
	const char *slash = strrchr(name, '/'), *dot;
	int n;

	if (o->conf.mode != OUTPUT_APPEND)
		return arena_strdup(&o->arena, name);
	/* Names of different runs must not meet in one directory. */
	dot = strchr(slash ? slash + 1 : name, '.');
	n = dot ? (int)(dot - name) : (int)strlen(name);
	return arena_printf(&o->arena, "%.*s-%s%s", n, name, o->conf.job,
	    dot ? dot : "");
}

static int
move_files(struct output *o, int part, int attempt,
    const struct output_file *file, int nfile, struct err *e)
{
	for (int i = 0; i < nfile; i++) {
		const char *name = final_name(o, file[i].name);
		char *from = arena_printf(&o->arena, "%s/a/%d.%d/%s",
		    o->staging, part, attempt, file[i].name);
		char *to = arena_printf(&o->arena, "%s/%s", o->staged, name);

		TRY(step("commit.task", e));
		TRY(tree_make_parents(to, e));
		if (rename(from, to) < 0)
			return err_sys(e, "could not commit \"%s\"", to);
		ARENA_GROW(&o->arena, o->file_part, o->nfile, o->part_cap);
		ARENA_GROW(&o->arena, o->file, o->nfile, o->file_cap);
		o->file_part[o->nfile] = part;
		o->file[o->nfile] = file[i];
		o->file[o->nfile++].name = name;
		o->rows += file[i].rows;
		o->bytes += file[i].bytes;
	}
	return 1;
}

int
output_task_commit(struct output *o, int part, int attempt,
    const struct output_file *file, int nfile, struct err *e)
{
	int r = 0;

	pthread_mutex_lock(&o->lock);
	if (part >= o->nwon) {
		int n = part + 1 > 2 * o->nwon ? part + 1 : 2 * o->nwon;

		o->won = xrealloc(o->won, (size_t)n * sizeof *o->won);
		memset(o->won + o->nwon, 0,
		    (size_t)(n - o->nwon) * sizeof *o->won);
		o->nwon = n;
	}
	if (!o->won[part].there) {
		o->won[part] = (struct won){ true, attempt };
		r = move_files(o, part, attempt, file, nfile, e);
	}
	pthread_mutex_unlock(&o->lock);
	return r;
}

void
output_task_abort(struct output *o, int part, int attempt)
{
	struct arena a = { 0 };

	tree_remove(attempt_dir(o, &a, part, attempt));
	arena_release(&a);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct output_file *)a)->name,
	    ((const struct output_file *)b)->name);
}

/* Appends the parts to one file in order of their names (part numbers). */
static int
join_parts(struct output *o, struct err *e)
{
	char *one = arena_printf(&o->arena, "%s/one", o->staging);
	int fd = open(one, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
	int r = 0;

	if (fd < 0)
		return err_sys(e, "could not create \"%s\"", one);
	if (o->nfile == 1) {
		close(fd);
		r = rename(arena_printf(&o->arena, "%s/%s", o->staged,
		    o->file[0].name), one);
		return r < 0 ? err_sys(e, "could not rename to \"%s\"", one) :
		    0;
	}
	for (int i = 0; i < o->nfile && r >= 0; i++)
		r = tree_append(fd, arena_printf(&o->arena, "%s/%s", o->staged,
		    o->file[i].name), e);
	if (r >= 0 && (fail_here("commit.join") < 0 || fsync(fd) < 0))
		r = err_sys(e, "could not make \"%s\" durable", one);
	if (close(fd) < 0 && r >= 0)
		r = err_sys(e, "could not close \"%s\"", one);
	return r;
}

int
output_prepare(struct output *o, struct err *e)
{
	struct text t = { 0 };
	int r;

	if (o == NULL || o->prepared)
		return 0;
	qsort(o->file, (size_t)o->nfile, sizeof *o->file, by_name);
	if (o->conf.single) {
		TRY(join_parts(o, e));
		o->staged = arena_printf(&o->arena, "%s/one", o->staging);
		o->prepared = true;
		return 0;
	}
	manifest_print(&t, o->conf.job, o->conf.input_fingerprint, o->file,
	    o->nfile);
	r = step("commit.manifest", e);
	if (r >= 0)
		r = tree_write_file(arena_printf(&o->arena, "%s/%s", o->staged,
		    o->conf.mode == OUTPUT_APPEND ? arena_printf(&o->arena,
		    "_SUCCESS.%s", o->conf.job) : "_SUCCESS"), t.p, t.n, e);
	text_release(&t);
	if (r >= 0)
		r = tree_sync_directory(o->staged, e);
	o->prepared = r >= 0;
	return r;
}

/* Lines "MODE staged target"; names are quoted as JSON strings. */
static void
journal_line(struct text *t, const struct output *o)
{
	static const char *const mode[] = { "new", "exchange", "append" };
	int m = o->conf.mode == OUTPUT_APPEND && o->exists ? 2 :
	    o->exists ? 1 : 0;

	text_addf(t, "%s\t%s\t%s\n", mode[m], o->staged, o->target);
}

static int
write_journal(struct output *const *o, int n, struct err *e)
{
	struct text t = { 0 };
	int r = 0;

	for (int i = 0; i < n; i++)
		journal_line(&t, o[i]);
	text_adds(&t, "end\n");
	for (int i = 0; i < n && r >= 0; i++)
		r = tree_write_file(arena_printf(&o[i]->arena, "%s/journal",
		    o[i]->staging), t.p, t.n, e);
	for (int i = 0; i < n && r >= 0; i++)
		r = tree_sync_directory(o[i]->staging, e);
	text_release(&t);
	return r;
}

/* Moves the files of staged into the directory target; the manifest last. */
static int
append_files(struct arena *a, const char *staged, const char *target,
    struct err *e)
{
	return tree_move_into(a, staged, target, "_SUCCESS", e);
}

/* Does one line of a journal; doing it again changes nothing. */
static int
do_line(struct arena *a, const char *mode, const char *staged,
    const char *target, struct err *e)
{
	struct stat st;

	if (strcmp(mode, "append") == 0)
		return append_files(a, staged, target, e);
	if (lstat(staged, &st) < 0)
		return 0;               /* done already */
	TRY(step("commit.rename", e));
	if (strcmp(mode, "new") == 0)
		return tree_rename_new(staged, target, e);
	return tree_exchange(a, staged, target, e);
}

static int
commit_one(struct output *o, struct err *e)
{
	const char *mode = o->conf.mode == OUTPUT_APPEND && o->exists ?
	    "append" : o->exists ? "exchange" : "new";

	if (do_line(&o->arena, mode, o->staged, o->target, e) < 0) {
		if (e->code == EXIT_CANTCREATE)
			err_hint(e, "another run wrote it meanwhile");
		return e->kind;
	}
	o->committed = true;
	TRY(step("commit.sync", e));
	return tree_sync_directory(o->parent, e);
}

int
output_commit_all(struct output *const *o, int n, struct err *e)
{
	TRY(step("commit.journal", e));
	TRY(write_journal(o, n, e));
	for (int i = 0; i < n; i++)
		if (commit_one(o[i], e) < 0) {
			for (int k = i; k < n && i == 0; k++)
				unlink(arena_printf(&o[k]->arena,
				    "%s/journal", o[k]->staging));
			if (i > 0) {
				e->code = EXIT_TEMP;
				err_hint(e, "%d of %d outputs are complete, "
				    "the next run finishes the others", i, n);
			}
			return e->kind;
		}
	return 0;
}

void
output_close(struct output *o)
{
	if (o == NULL)
		return;
	if (o->lock_fd >= 0) {
		unlink(arena_printf(&o->arena, "%s/journal", o->staging));
		tree_remove(o->staging);
		close(o->lock_fd);
	}
	pthread_mutex_destroy(&o->lock);
	free(o->won);
	arena_release(&o->arena);
	free(o);
}

static int
replay(struct arena *a, char *journal, struct err *e)
{
	char *save = NULL;

	for (char *line = strtok_r(journal, "\n", &save); line;
	    line = strtok_r(NULL, "\n", &save)) {
		char *staged = strchr(line, '\t'), *target;

		if (strcmp(line, "end") == 0)
			return 1;
		target = staged ? strchr(staged + 1, '\t') : NULL;
		if (target == NULL)
			return 0;
		*staged++ = '\0';
		*target++ = '\0';
		TRY(do_line(a, line, staged, target, e));
	}
	return 0;
}

/* A staging directory that nobody holds. */
static int
recover_one(struct arena *a, const char *dir, struct text *report,
    struct err *e)
{
	char *lock = arena_printf(a, "%s/lock", dir), *journal;
	int fd = open(lock, O_RDWR | O_CLOEXEC), r = 0;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return 0;
	}
	journal = tree_read_file(a, arena_printf(a, "%s/journal", dir));
	if (journal && strstr(journal, "end\n"))
		r = replay(a, journal, e);
	if (r >= 0)
		tree_remove(dir);
	if (report)
		text_addf(report, "%s \"%s\"\n", r > 0 ? "finished" :
		    "removed", dir);
	close(fd);
	return r;
}

int
output_recover(const char *target, struct text *report, struct err *e)
{
	struct output o = { .conf = { .target = target, .job = "" } };
	char **name;
	int n, done = 0, r = 0;

	name_paths(&o);
	n = tree_list(&o.arena, o.parent, strrchr(o.staging, '/') + 1, &name);
	for (int i = 0; i < n && r >= 0; i++) {
		r = recover_one(&o.arena, arena_printf(&o.arena, "%s/%s",
		    o.parent, name[i]), report, e);
		done |= r > 0;
	}
	arena_release(&o.arena);
	return r < 0 ? r : done;
}

int64_t
output_rows(const struct output *o)
{
	return o->rows;
}

int64_t
output_bytes(const struct output *o)
{
	return o->bytes;
}
