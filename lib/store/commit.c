/*
 * commit -- see commit.h.
 *
 * Order of durability: files (sink_close), manifest, directories of c/,
 * pointers to the journal, journal, renames, parent directories.  The commit
 * of the script has happened when the journal has its name.  A rename that
 * fails after that takes the earlier ones back (what they replaced is still
 * in staging); only when that fails too, the rest is left to the next run.
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
#include "io/sink.h"
#include "io/tree.h"
#include "store/journal.h"
#include "store/manifest.h"
#include "store/single.h"
#include "store/staging.h"

struct output {
	struct arena arena;
	struct output_conf conf;
	struct staging at;
	char *staged;                   /* what is renamed */
	struct single *single;          /* or NULL */
	pthread_mutex_t lock;
	bool *won;                      /* partitions that are committed */
	int nwon;
	struct output_file *file;       /* with names in the arena */
	int nfile, file_cap;
	int64_t rows, bytes;
	bool prepared, exists, keep;
};

static int
step(const char *name, struct err *e)
{
	return fail_here(name) < 0 ? err_sys(e, "could not commit the output "
	    "(%s)", name) : 0;
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
	if (lstat(o->at.target, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		err_sys(e, "could not look at \"%s\"", o->at.target);
		return cannot(e);
	}
	o->exists = true;
	switch (o->conf.mode) {
	case OUTPUT_IGNORE:
		*go_on = 0;
		return 0;
	case OUTPUT_ERROR:
		err_user(e, EXIT_CANTCREATE, "the output \"%s\" exists already",
		    o->at.target);
		return err_hint(e, "use overwrite, append or ignore");
	case OUTPUT_APPEND:
		if (!S_ISDIR(st.st_mode))
			return err_user(e, EXIT_CANTCREATE, "append: \"%s\" is "
			    "no directory", o->at.target);
		return 0;
	case OUTPUT_OVERWRITE:
		if (o->conf.single == !S_ISDIR(st.st_mode) ||
		    (!o->conf.single && S_ISDIR(st.st_mode)))
			return 0;
		return err_user(e, EXIT_CANTCREATE, "overwrite: \"%s\" is %s",
		    o->at.target, S_ISDIR(st.st_mode) ? "a directory" : "a file");
	}
	return 0;
}

static char *
one_file(struct output *o)
{
	return arena_printf(&o->arena, "%s/one", o->at.dir);
}

static int
make_staging(struct output *o, struct err *e)
{
	TRY(staging_make(&o->at, &o->arena, e));
	o->staged = arena_printf(&o->arena, "%s/c", o->at.dir);
	if (mkdir(o->staged, 0777) < 0 ||
	    mkdir(arena_printf(&o->arena, "%s/a", o->at.dir), 0777) < 0)
		return err_sys(e, "could not make a directory in \"%s\"",
		    o->at.dir);
	if (!o->conf.single || sink_suffix_of(o->conf.extension)[0])
		return 0;
	return single_open(&o->single, one_file(o), e);
}

int
output_open(struct output **out, const struct output_conf *conf,
    struct err *e)
{
	struct output *o = xcalloc(1, sizeof *o);
	int go_on = 1, r;

	*out = NULL;
	o->conf = *conf;
	pthread_mutex_init(&o->lock, NULL);
	staging_name(&o->at, &o->arena, conf->target, conf->job);
	r = staging_recover(o->at.target, NULL, e);
	if (r >= 0)
		r = target_there(o, &go_on, e);
	if (r >= 0 && go_on)
		r = make_staging(o, e);
	if (r < 0 || !go_on) {
		output_close(o);
		return r < 0 ? r : 0;
	}
	*out = o;
	return 1;
}

int
output_attempts(struct output **out, const char *staging,
    const char *extension, struct err *e)
{
	struct output *o = xcalloc(1, sizeof *o);

	(void)e;
	pthread_mutex_init(&o->lock, NULL);
	o->conf.extension = arena_strdup(&o->arena, extension);
	o->at.dir = arena_strdup(&o->arena, staging);
	o->at.lock = -1;
	o->keep = true;
	*out = o;
	return 0;
}

const char *
output_staging(const struct output *o)
{
	return o->at.dir;
}

char *
output_staging_lock(const char *staging, struct arena *a)
{
	return arena_printf(a, "%s/lock", staging);
}

bool
output_name_ok(const char *name)
{
	while (*name) {
		size_t n = strcspn(name, "/");

		if (n == 0 || (n == 1 && name[0] == '.') ||
		    (n == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		name += n;
		if (*name == '/' && *++name == '\0')
			return false;
	}
	return true;
}

const char *
output_extension(const struct output *o)
{
	return o->conf.extension;
}

struct single *
output_single(struct output *o)
{
	return o->single;
}

static char *
attempt_dir(struct output *o, struct arena *a, int part, int attempt)
{
	return arena_printf(a, "%s/a/%d.%d", o->at.dir, part, attempt);
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

/* One file of an attempt to its place in c/. */
static int
move_file(struct output *o, int part, int attempt,
    const struct output_file *file, struct err *e)
{
	const char *name = final_name(o, file->name);
	char *from = arena_printf(&o->arena, "%s/a/%d.%d/%s", o->at.dir, part,
	    attempt, file->name);
	char *to = arena_printf(&o->arena, "%s/%s", o->staged, name);

	TRY(step("commit.task", e));
	TRY(tree_make_parents(to, e));
	if (rename(from, to) < 0)
		return err_sys(e, "could not commit \"%s\"", to);
	ARENA_GROW(&o->arena, o->file, o->nfile, o->file_cap);
	o->file[o->nfile] = *file;
	o->file[o->nfile++].name = name;
	return 0;
}

/* All or none: what moved before a failure is removed again, so that the
 * next attempt finds nothing of this one. */
static int
move_files(struct output *o, int part, int attempt,
    const struct output_file *file, int nfile, struct err *e)
{
	int before = o->nfile;

	for (int i = 0; i < nfile; i++) {
		if (move_file(o, part, attempt, &file[i], e) >= 0)
			continue;
		while (o->nfile > before)
			unlink(arena_printf(&o->arena, "%s/%s", o->staged,
			    o->file[--o->nfile].name));
		return e->kind;
	}
	for (int i = 0; i < nfile; i++) {
		o->rows += file[i].rows;
		o->bytes += file[i].bytes;
	}
	o->won[part] = true;
	return 1;
}

static int
count_single(struct output *o, int part, const struct output_file *file,
    int nfile, struct err *e)
{
	TRY(step("commit.task", e));
	for (int i = 0; i < nfile; i++) {
		o->rows += file[i].rows;
		o->bytes += file[i].bytes;
	}
	o->won[part] = true;
	return 1;
}

/* Writes, so the output must not be locked. */
static void
pass_on(struct output *o, int part, int attempt,
    const struct output_file *file, int nfile)
{
	struct arena a = { 0 };

	single_commit(o->single, part, attempt, nfile && file[0].name ?
	    arena_printf(&a, "%s/%s", attempt_dir(o, &a, part, attempt),
	    file[0].name) : NULL);
	arena_release(&a);
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
	if (!o->won[part] && o->single)
		r = count_single(o, part, file, nfile, e);
	else if (!o->won[part])
		r = move_files(o, part, attempt, file, nfile, e);
	pthread_mutex_unlock(&o->lock);
	if (r == 1 && o->single)
		pass_on(o, part, attempt, file, nfile);
	return r;
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
	char *one = one_file(o);
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

static const char *
manifest_name(struct output *o)
{
	return o->conf.mode == OUTPUT_APPEND ? arena_printf(&o->arena,
	    "_SUCCESS.%s", o->conf.job) : "_SUCCESS";
}

int
output_prepare(struct output *o, struct err *e)
{
	struct text t = { 0 };
	int r;

	if (o == NULL || o->prepared)
		return 0;
	if (o->nfile)
		qsort(o->file, (size_t)o->nfile, sizeof *o->file, by_name);
	if (o->conf.single) {
		TRY(o->single ? single_close(o->single, e) :
		    join_parts(o, e));
		o->staged = one_file(o);
		o->prepared = true;
		return 0;
	}
	manifest_print(&t, o->conf.job, o->conf.input_fingerprint, o->file,
	    o->nfile);
	r = step("commit.manifest", e);
	if (r >= 0)
		r = tree_write_file(arena_printf(&o->arena, "%s/%s", o->staged,
		    manifest_name(o)), t.p, t.n, e);
	text_release(&t);
	if (r >= 0)
		r = tree_sync_directories(o->staged, e);
	o->prepared = r >= 0;
	return r;
}

static struct journal_line
line_of(const struct output *o)
{
	static const enum journal_kind kind[] = {
		[OUTPUT_ERROR] = JOURNAL_NEW, [OUTPUT_IGNORE] = JOURNAL_NEW,
		[OUTPUT_OVERWRITE] = JOURNAL_REPLACE,
		[OUTPUT_APPEND] = JOURNAL_APPEND };

	return (struct journal_line){ .kind = kind[o->conf.mode],
	    .staged = o->staged, .target = o->at.target };
}

/* Writes dir/journal: under another name first, so that it is there whole or
 * not at all. */
static int
write_journal(struct output *o, const struct journal *j, const char *point,
    struct err *e)
{
	char *made = arena_printf(&o->arena, "%s/journal.new", o->at.dir);
	struct text t = { 0 };
	int r;

	journal_print(&t, j);
	r = tree_write_file(made, t.p, t.n, e);
	text_release(&t);
	if (r < 0)
		return r;
	TRY(step(point, e));
	if (rename(made, arena_printf(&o->arena, "%s/journal", o->at.dir)) < 0)
		return err_sys(e, "could not rename \"%s\"", made);
	return tree_sync_directory(o->at.dir, e);
}

/* Pointers in all outputs but the first, then the journal in the first. */
static int
write_journals(struct output *const *o, struct journal *j, struct err *e)
{
	struct journal_line see = { .kind = JOURNAL_SEE,
	    .staged = o[0]->at.dir };
	struct journal pointer = { 1, &see };

	for (int i = 0; i < j->n; i++) {
		j->line[i] = line_of(o[i]);
		TRY(journal_identify(&j->line[i], e));
		if (i > 0)
			TRY(write_journal(o[i], &pointer, "commit.pointer", e));
	}
	return write_journal(o[0], j, "commit.journal", e);
}

/* Moves files that were added to a directory back: their names have the
 * job's id, so they are nobody else's. */
static int
undo_append(struct output *o, struct err *e)
{
	struct stat st;

	if (!o->exists && lstat(o->staged, &st) < 0)
		return 0;       /* renamed as a whole */
	for (int i = -1; i < o->nfile; i++) {
		const char *name = i < 0 ? manifest_name(o) : o->file[i].name;
		char *to = arena_printf(&o->arena, "%s/%s", o->staged, name);
		char *from = arena_printf(&o->arena, "%s/%s", o->at.target,
		    name);

		if (rename(from, to) < 0 && errno != ENOENT)
			return err_sys(e, "could not take back \"%s\"", from);
	}
	return 0;
}

/* Takes the first n outputs back; the journal is void after that. */
static int
undo(struct output *const *o, const struct journal *j, int n)
{
	struct err e = { 0 };

	for (int i = n - 1; i >= 0; i--) {
		if (step("commit.undo", &e) < 0)
			return -1;
		if (j->line[i].kind == JOURNAL_APPEND &&
		    undo_append(o[i], &e) < 0)
			return -1;
		if (journal_undo(&o[i]->arena, &j->line[i], &e) < 0 ||
		    tree_sync_directory(o[i]->at.parent, &e) < 0)
			return -1;
	}
	if (unlink(arena_printf(&o[0]->arena, "%s/journal", o[0]->at.dir)) < 0)
		return -1;
	return tree_sync_directory(o[0]->at.dir, &e);
}

static int
commit_one(struct output *o, const struct journal_line *l, struct err *e)
{
	if (journal_redo(&o->arena, l, e) < 0) {
		if (e->code == EXIT_CANTCREATE)
			err_hint(e, "another run wrote it meanwhile");
		return e->kind;
	}
	TRY(step("commit.sync", e));
	return tree_sync_directory(o->at.parent, e);
}

int
output_commit_all(struct output *const *o, int n, struct err *e)
{
	struct journal j = { n, NEW_N(&o[0]->arena, struct journal_line, n) };

	TRY(write_journals(o, &j, e));
	for (int i = 0; i < n; i++) {
		if (commit_one(o[i], &j.line[i], e) >= 0)
			continue;
		if (undo(o, &j, i + 1) < 0) {
			for (int k = 0; k < n; k++)
				o[k]->keep = true;
			e->code = EXIT_TEMP;
			err_hint(e, "%d of %d outputs are complete, the next "
			    "run onto one of them finishes the others", i, n);
		}
		return e->kind;
	}
	return 0;
}

void
output_close_all(struct output *const *o, int n)
{
	/* The first has the journal that the others point to. */
	while (n > 0)
		output_close(o[--n]);
}

void
output_close(struct output *o)
{
	if (o == NULL)
		return;
	single_free(o->single);
	if (o->keep)
		staging_leave(&o->at);
	else
		staging_remove(&o->at, &o->arena);
	pthread_mutex_destroy(&o->lock);
	free(o->won);
	arena_release(&o->arena);
	free(o);
}

int64_t
output_rows(const struct output *o)
{
	return o->rows;
}
