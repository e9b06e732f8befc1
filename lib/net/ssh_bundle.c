/*
 * ssh_bundle -- see ssh_bundle.h.
 *
 * One exec channel does it all.  A fixed text runs in /bin/sh there; what
 * varies are its arguments, made of few characters.  Each of its messages is
 * a line that begins with a word of 16 random digits, so that nothing that
 * ~/.bashrc or a login message prints is mistaken for one:
 *
 *	WORD give NAME     send the bytes of this file now
 *	WORD fail TEXT     it did not work
 *	WORD run           what follows is the program's own output; also
 *	                   on stderr
 *
 * Files arrive in a new folder that gets its name when it is complete, so
 * pushes at the same time do not harm each other: the last one wins, with
 * the same bytes.  A file is asked for only after the one before, because
 * head may read ahead.  Bundles that nobody has used for 30 days go.
 */
#include "net/ssh_bundle.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/beside.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "net/ssh.h"

enum {
	QUIET_MS = 30000,       /* the other side says and takes nothing */
	NOISE_MAX = 1 << 20,    /* bytes before the first message */
};

static const char script[] =
    "m=$1 n=$2 p=$3; shift 3; u=$(umask); umask 077; "
    "c=${XDG_CACHE_HOME:-$HOME/.cache}/sp; d=$c/$n; "
    "say() { printf \"\\n%s %s\\n\" \"$m\" \"$*\"; }; "
    "fail() { say fail \"$*\"; exit 1; }; "
    "if test -x \"$d/$p\"; then "
      "while test \"$1\" != --; do shift; done; "
      "true 2>/dev/null >\"$d/used\"; "
    "else "
      "mkdir -p \"$c\" || fail \"cannot create $c\"; "
      "t=$(mktemp -d \"$c/.new.XXXXXX\") || fail \"cannot create a folder in $c\"; "
      "trap \"rm -rf \\\"\\$t\\\"\" 0; trap \"exit 1\" HUP INT PIPE TERM; "
      "while test \"$1\" != --; do "
        "say give \"$1\"; head -c \"$2\" >\"$t/$1\" || fail \"cannot write $t/$1\"; "
        "test \"$(wc -c <\"$t/$1\")\" -eq \"$2\" || fail \"$t/$1 is incomplete\"; "
        "chmod 700 \"$t/$1\"; shift 2; "
      "done; "
      "sync \"$t\"/* 2>/dev/null; true >\"$t/used\"; "
      "test -x \"$d/$p\" || rm -rf \"$d\"; "
      "mv \"$t\" \"$d\"; rm -rf \"$d/${t##*/}\"; "
      "test -x \"$d/$p\" || fail \"cannot create $d\"; "
      "find \"$c\" -mindepth 2 -maxdepth 2 -name used -mtime +30 2>/dev/null | "
        "while read -r f; do rm -rf \"${f%/used}\"; done; "
      "find \"$c\" -mindepth 1 -maxdepth 1 -name \".new.*\" -mtime +0 "
        "-exec rm -rf {} + 2>/dev/null; "
      "trap - 0 HUP INT PIPE TERM; "
    "fi; "
    "umask $u; shift; say run >&2; say run; exec \"$d/$p\" \"$@\"";

static bool
is_wanted(const char *name)
{
	size_t n = strlen(name);

	if (strcmp(name, "sp-executor") == 0 || strcmp(name, "sp-shuffle") == 0 ||
	    strcmp(name, "sp-worker") == 0 || strcmp(name, "sp-master") == 0)
		return true;
	return n > 6 && strncmp(name, "sp-", 3) == 0 &&
	    strcmp(name + n - 3, ".so") == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct bundle_file *)a)->name,
	    ((const struct bundle_file *)b)->name);
}

static int
file_add(struct bundle *b, struct arena *a, const char *dir, const char *name)
{
	const char *path = arena_printf(a, "%s/%s", dir, name);
	struct stat st;

	if (b->nfile == BUNDLE_FILES_MAX || stat(path, &st) < 0 ||
	    !S_ISREG(st.st_mode))
		return -1;
	b->file[b->nfile++] = (struct bundle_file){ arena_strdup(a, name), path,
	    st.st_size };
	return 0;
}

/* The bytes of a file, to be given to munmap; NULL and *e. */
static const char *
file_map(const struct bundle_file *f, struct err *e)
{
	int fd = open(f->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size == f->size &&
	    f->size > 0)
		p = mmap(NULL, (size_t)f->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		err_sys(e, "could not read \"%s\"", f->path);
	if (fd >= 0)
		close(fd);
	return p == MAP_FAILED ? NULL : p;
}

static int
bundle_sum(struct bundle *b, struct err *e)
{
	struct text all = { 0 };
	uint64_t sum[2];

	for (int i = 0; i < b->nfile; i++) {
		const char *p = file_map(&b->file[i], e);

		if (!p) {
			text_release(&all);
			return e->kind;
		}
		hash_sum128(p, (size_t)b->file[i].size, sum);
		munmap((void *)(size_t)p, (size_t)b->file[i].size);
		text_addf(&all, "%s %lld %016llx%016llx\n", b->file[i].name,
		    (long long)b->file[i].size, (unsigned long long)sum[0],
		    (unsigned long long)sum[1]);
	}
	hash_sum128(all.p, all.n, sum);
	text_clear(&all);
	text_addf(&all, "%016llx%016llx", (unsigned long long)sum[0],
	    (unsigned long long)sum[1]);
	memcpy(b->hash, all.p, 33);
	text_release(&all);
	return 0;
}

int
bundle_find(struct bundle *b, struct arena *a, const char *dir,
    const char *program, struct err *e)
{
	static const char *const more[] = { "../lib/sp", NULL };
	bool found = false;
	char own[4096];

	*b = (struct bundle){ 0 };
	if (!dir) {
		TRY(beside_folder(own, sizeof own, e));
		dir = own;
	}
	for (int i = -1; i < 0 || more[i]; i++) {
		const char *d = i < 0 ? dir :
		    arena_printf(a, "%s/%s", dir, more[i]);
		DIR *open_dir = opendir(d);
		struct dirent *entry;

		while (open_dir && (entry = readdir(open_dir)) != NULL)
			if (is_wanted(entry->d_name))
				file_add(b, a, d, entry->d_name);
		if (open_dir)
			closedir(open_dir);
	}
	qsort(b->file, (size_t)b->nfile, sizeof *b->file, by_name);
	for (int i = 0; i < b->nfile; i++)
		found |= strcmp(b->file[i].name, program) == 0;
	if (!found)
		return err_user(e, EXIT_UNAVAILABLE, "there is no %s in %s to "
		    "bring to another host", program, dir);
	return bundle_sum(b, e);
}

struct start {
	struct ssh *s;
	const struct bundle *bundle;
	char word[17];
	struct text *got;       /* output not looked at yet */
	struct text *noise;
	int64_t quiet_ms;       /* when something moved last */
};

static bool
word_is_plain(const char *s)
{
	return *s && s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
	    "QRSTUVWXYZ0123456789._/:=,@%+-[]")] == '\0';
}

static int
command_make(struct text *t, const struct start *st, const char *program,
    const char *const *args, struct err *e)
{
	const struct bundle *b = st->bundle;

	text_addf(t, "exec /bin/sh -c '%s' sp %s %s %s", script, st->word,
	    b->hash, program);
	for (int i = 0; i < b->nfile; i++) {
		if (!word_is_plain(b->file[i].name))
			return err_user(e, EXIT_UNAVAILABLE, "\"%s\" is no name "
			    "of a program of ours", b->file[i].name);
		text_addf(t, " %s %lld", b->file[i].name,
		    (long long)b->file[i].size);
	}
	text_adds(t, " --");
	for (; args && *args; args++) {
		if (!word_is_plain(*args))
			return err_user(e, EXIT_USAGE, "\"%s\" cannot be given "
			    "to a program over SSH", *args);
		text_addf(t, " '%s'", *args);
	}
	return 0;
}

/* Says that it failed, with what was printed over there. */
static int
start_failed(const struct start *st, const char *why, size_t n, struct err *e)
{
	struct text *t = st->noise->n ? st->noise : st->got;
	const char *p = text_str(t);
	size_t keep = t->n;

	while (keep > 0 && isspace((unsigned char)p[keep - 1]))
		keep--;
	if (keep > 300) {
		p += keep - 300;
		keep = 300;
	}
	return err_set(e, ERR_TEMP, "%s: could not start there: %.*s%s%.*s",
	    ssh_label(st->s), (int)(n < 300 ? n : 300), why, keep ? ": " : "",
	    (int)keep, p);
}

/* Takes in what has arrived; returns the number of bytes. */
static ssize_t
take(struct start *st, struct err *e)
{
	ssize_t n, more;

	n = ssh_read(st->s, SSH_STDOUT, text_room(st->got, 65536), 65536, e);
	if (n < 0)
		return n;
	st->got->n += (size_t)n;
	more = ssh_read(st->s, SSH_STDERR, text_room(st->noise, 4096), 4096, e);
	if (more < 0)
		return more;
	st->noise->n += (size_t)more;
	if (st->noise->n + st->got->n > NOISE_MAX)
		return err_user(e, EXIT_PROTOCOL, "%s: prints more than %d "
		    "bytes at login", ssh_label(st->s), NOISE_MAX);
	if (n + more > 0)
		st->quiet_ms = clock_mono_ms();
	return n + more;
}

static int
rest_awhile(struct start *st, struct err *e)
{
	struct pollfd p = { ssh_fd(st->s), ssh_events(st->s), 0 };

	if (ssh_queued(st->s))
		return 0;
	if (ssh_ended(st->s))
		return start_failed(st, "the shell has ended", 19, e);
	if (clock_mono_ms() - st->quiet_ms > QUIET_MS)
		return start_failed(st, "no answer", 9, e);
	if (poll(&p, 1, SSH_ASK_MS) < 0 && errno != EINTR)
		return err_sys(e, "poll");
	return ssh_cancelled(st->s, e);
}

/* The next whole message in st->got: its text after the word, or NULL.
 * Everything up to its end is cut off. */
static const char *
message_next(struct start *st, struct arena *a)
{
	const char *p = text_str(st->got), *end = p + st->got->n, *nl, *found;

	while ((nl = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		if (nl - p > 17 && memcmp(p, st->word, 16) == 0 && p[16] == ' ') {
			found = arena_memdup(a, p + 17, (size_t)(nl - p) - 17);
			st->got->n = (size_t)(end - nl) - 1;
			memmove(st->got->p, nl + 1, st->got->n);
			return found;
		}
		p = nl + 1;
	}
	return NULL;
}

/* Whether a message has begun to arrive. */
static bool
message_near(const struct start *st)
{
	return st->got->n > 0 &&
	    memmem(st->got->p, st->got->n, st->word, 16) != NULL;
}

/* Sends a file; stops early when the other side has something to say. */
static int
file_send(struct start *st, const char *name, struct err *e)
{
	const struct bundle *b = st->bundle;
	const struct bundle_file *f = NULL;
	const char *p;
	int64_t at = 0;
	int r = 0;

	for (int i = 0; i < b->nfile; i++)
		if (strcmp(b->file[i].name, name) == 0)
			f = &b->file[i];
	if (!f)
		return err_user(e, EXIT_PROTOCOL, "%s: asks for a file that is "
		    "none of ours", ssh_label(st->s));
	if (!(p = file_map(f, e)))
		return e->kind;
	while (r >= 0 && at < f->size && !message_near(st)) {
		ssize_t n = ssh_write(st->s, p + at, (size_t)(f->size - at), e);
		ssize_t m = n < 0 ? n : take(st, e);

		r = (int)(m < 0 ? m : 0);
		at += n > 0 ? n : 0;
		if (n > 0)
			st->quiet_ms = clock_mono_ms();
		else if (r == 0 && m == 0)
			r = rest_awhile(st, e);
	}
	munmap((void *)(size_t)p, (size_t)f->size);
	return r;
}

/* After "run": cuts off what was on stderr before it. */
static int
noise_cut(struct start *st, struct err *e)
{
	struct text *t = st->noise;
	const char *found;

	while (t->n == 0 || !(found = memmem(t->p, t->n, st->word, 16)) ||
	    t->n - (size_t)(found - t->p) < 21) {
		ssize_t n = take(st, e);

		if (n < 0)
			return (int)n;
		if (n == 0)
			TRY(rest_awhile(st, e));
	}
	t->n -= (size_t)(found + 21 - t->p);
	memmove(t->p, found + 21, t->n);
	return 0;
}

/* Until "run". */
static int
converse(struct start *st, struct arena *a, struct err *e)
{
	for (;;) {
		const char *m = message_next(st, a);

		if (!m) {
			ssize_t n = take(st, e);

			if (n < 0)
				return (int)n;
			if (n == 0)
				TRY(rest_awhile(st, e));
		} else if (strcmp(m, "run") == 0) {
			return noise_cut(st, e);
		} else if (strncmp(m, "give ", 5) == 0) {
			text_clear(st->got);
			TRY(file_send(st, m + 5, e));
		} else {
			const char *why = strncmp(m, "fail ", 5) == 0 ? m + 5 : m;

			take(st, e);
			return start_failed(st, why, strlen(why), e);
		}
	}
}

int
bundle_start(struct ssh *s, const struct bundle *b, const char *program,
    const char *const *args, struct text *rest, struct text *errors,
    struct err *e)
{
	struct start st = { .s = s, .bundle = b, .got = rest, .noise = errors,
	    .quiet_ms = clock_mono_ms() };
	struct arena a = { 0 };
	struct text t = { 0 };
	unsigned char seed[8];
	int r;

	if (getrandom(seed, sizeof seed, 0) != sizeof seed)
		return err_sys(e, "getrandom");
	for (int i = 0; i < 16; i++)
		st.word[i] = "0123456789abcdef"[seed[i / 2] >> i % 2 * 4 & 15];
	r = command_make(&t, &st, program, args, e);
	if (r == 0)
		r = ssh_exec(s, text_str(&t), e);
	if (r == 0)
		r = converse(&st, &a, e);
	text_release(&t);
	arena_release(&a);
	return r;
}
