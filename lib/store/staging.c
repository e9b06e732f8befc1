/*
 * staging -- see staging.h.
 *
 * A lock file instead of a lock on the directory: NFS wants a descriptor
 * that is open for writing.  Between mkdir and lock another run may take the
 * empty directory for a dead one and remove it; so the lock only counts when
 * the name still leads to the file that was locked.
 */
#include "store/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
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
#include "store/journal.h"

#define MAKE_TRIES 10

static char *
without_slash(struct arena *a, const char *path)
{
	char *s = arena_strdup(a, path);
	size_t n = strlen(s);

	while (n > 1 && s[n - 1] == '/')
		s[--n] = '\0';
	return s;
}

/* The path with its directory (or all of it, when it exists) resolved. */
static char *
resolved(struct arena *a, const char *target)
{
	char *path = without_slash(a, target), *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char *full = realpath(path, NULL), *out = path;

	if (full != NULL) {
		out = arena_strdup(a, full);
	} else {
		char *parent = slash == NULL ? arena_strdup(a, ".") :
		    slash == path ? arena_strdup(a, "/") :
		    arena_memdup(a, path, (size_t)(slash - path));

		full = realpath(parent, NULL);
		if (full != NULL)
			out = arena_printf(a, "%s/%s", strcmp(full, "/") ==
			    0 ? "" : full, base);
	}
	free(full);
	return out;
}

void
staging_name(struct staging *s, struct arena *a, const char *target,
    const char *job)
{
	char *path = resolved(a, target), *slash = strrchr(path, '/');

	s->target = path;
	s->parent = slash == NULL ? "." : slash == path ? "/" :
	    arena_memdup(a, path, (size_t)(slash - path));
	s->dir = arena_printf(a, "%s/.sp-%s-%s", slash == path ? "" :
	    s->parent, slash ? slash + 1 : path, job);
	s->lock = -1;
}

/* Locks DIR/lock and makes sure that this is still its name. */
static int
lock(struct staging *s, struct arena *a, int how)
{
	char *path = arena_printf(a, "%s/lock", s->dir);
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat mine, named;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (flock(fd, how) == 0 && fstat(fd, &mine) == 0 &&
	    stat(path, &named) == 0 && mine.st_ino == named.st_ino) {
		s->lock = fd;
		return 1;
	}
	close(fd);
	return 0;
}

int
staging_make(struct staging *s, struct arena *a, struct err *e)
{
	int r = 0;

	if (fail_here("commit.staging") < 0)
		return err_sys(e, "could not make a directory beside \"%s\"",
		    s->target);
	for (int i = 0; i < MAKE_TRIES && r == 0; i++) {
		if (mkdir(s->dir, 0777) < 0 && (errno != EEXIST || i == 0)) {
			err_sys(e, "could not make a directory beside \"%s\"",
			    s->target);
			if (e->code != EXIT_PERM && e->kind == ERR_USER)
				e->code = EXIT_CANTCREATE;
			return e->kind;
		}
		r = lock(s, a, LOCK_EX);
	}
	if (r <= 0)
		return err_sys(e, "could not lock \"%s\"", s->dir);
	return 0;
}

/* Takes the lock of one that is there.  1; 0: a living run has it, it is
 * another user's, or it is gone. */
static int
staging_take(struct staging *s, struct arena *a)
{
	struct stat st;

	if (lstat(s->dir, &st) < 0 || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid())
		return 0;
	return lock(s, a, LOCK_EX | LOCK_NB) > 0;
}

void
staging_leave(struct staging *s)
{
	if (s->lock >= 0)
		close(s->lock);
	s->lock = -1;
}

void
staging_remove(struct staging *s, struct arena *a)
{
	struct err ignored;

	if (s->lock < 0)
		return;
	/* A journal must not outlive the files that it speaks of. */
	if (unlink(arena_printf(a, "%s/journal", s->dir)) == 0)
		tree_sync_directory(s->dir, &ignored);
	tree_remove(s->dir);
	staging_leave(s);
}

/* Is name ".sp-BASE-" and three numbers? */
static bool
is_staging_of(const char *name, size_t prefix)
{
	int groups = 0;

	for (const char *s = name + prefix; ; s++) {
		size_t n = strspn(s, "0123456789");

		if (n == 0)
			return false;
		groups++;
		s += n;
		if (*s == '\0')
			return groups == 3;
		if (*s != '-')
			return false;
	}
}

/* The journal of a directory: 1 whole, 0 none.  It is put in its place when
 * it is durable, so one that cannot be read is damage, not a cut-off run. */
static int
read_journal(struct arena *a, const char *dir, struct journal *j,
    struct err *e)
{
	char *path = arena_printf(a, "%s/journal", dir), *p;

	*j = (struct journal){ 0 };
	if (access(path, F_OK) < 0)
		return 0;
	p = tree_read_file(a, path);
	if (p && journal_parse(a, p, strlen(p), j) && j->n > 0)
		return 1;
	err_set(e, ERR_TEMP, "the journal \"%s\" is damaged", path);
	return err_hint(e, "what it was to publish is in \"%s/c\": move it by "
	    "hand or remove the directory", dir);
}

static const char *
directory_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? "/" : arena_memdup(a, path,
	    (size_t)(slash - path));
}

/* The staging directories of the other outputs, which hold no news now. */
static void
sweep_others(struct arena *a, const struct journal *j)
{
	for (int i = 1; i < j->n; i++) {
		struct staging s = { .lock = -1,
		    .dir = directory_of(a, j->line[i].staged) };

		if (staging_take(&s, a))
			staging_remove(&s, a);
	}
}

static int
redo_all(struct arena *a, const struct journal *j, struct err *e)
{
	for (int i = 0; i < j->n; i++) {
		if (journal_redo(a, &j->line[i], e) < 0) {
			/* Another run has made it meanwhile: it stays. */
			if (j->line[i].kind == JOURNAL_NEW &&
			    e->code == EXIT_CANTCREATE)
				continue;
			return e->kind;
		}
		TRY(tree_sync_directory(directory_of(a, j->line[i].target),
		    e));
	}
	sweep_others(a, j);
	return 1;
}

/* One directory that may be somebody's, alive or dead.  Follows one "see":
 * the first output of that script has the journal. */
static int
recover_one(struct arena *a, struct staging *s, int depth,
    struct text *report, struct err *e)
{
	struct journal j;
	int r;

	if (!staging_take(s, a))
		return 0;
	r = read_journal(a, s->dir, &j, e);
	if (r > 0) {
		struct staging first = { .dir = j.line[0].staged, .lock = -1 };

		r = 0;
		if (j.line[0].kind != JOURNAL_SEE)
			r = redo_all(a, &j, e);
		else if (depth == 0 && access(first.dir, F_OK) == 0) {
			r = recover_one(a, &first, 1, report, e);
			if (access(first.dir, F_OK) == 0) {
				staging_leave(s);       /* in hand elsewhere */
				return r;
			}
		}
	}
	if (report)
		text_addf(report, "%s \"%s\"\n", r < 0 ? "could not finish" :
		    r > 0 ? "finished" : "removed", s->dir);
	if (r < 0)
		staging_leave(s);
	else
		staging_remove(s, a);
	return r;
}

int
staging_recover(const char *target, struct text *report, struct err *e)
{
	struct arena a = { 0 };
	struct staging any;
	const char *prefix;
	char **name;
	int n, done = 0, r = 0;

	staging_name(&any, &a, target, "");
	prefix = strrchr(any.dir, '/') + 1;
	n = tree_list(&a, any.parent, prefix, &name);
	for (int i = 0; i < n && r >= 0; i++) {
		struct staging s = { .lock = -1, .dir = arena_printf(&a,
		    "%s/%s", any.parent, name[i]) };

		if (!is_staging_of(name[i], strlen(prefix)))
			continue;
		r = recover_one(&a, &s, 0, report, e);
		done |= r > 0;
	}
	arena_release(&a);
	return r < 0 ? r : done;
}
