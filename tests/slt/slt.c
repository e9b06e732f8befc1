/*
 * slt -- runs .slt files: job texts with the rows that they must give.
 *
 * usage: slt [-u] [-k] [-n variant] [-d datadir] [-t seconds] file ... \
 *        [-- sp-submit arguments]
 *
 *   -u  rewrite the files with what came out (review the diff!)
 *   -k  keep the working folders, say where they are
 *
 * Each block is one run of "sp-submit ARGUMENTS -e TEXT"; a file is one
 * working folder, in which data/ is the test data and what one block wrote
 * the next may read.  Prints TAP, one test a block.  Formats: tests/README.
 *
 * A block also fails when it leaves a file in the scratch folder, dies of a
 * signal, or takes longer than the limit.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BYTES_MAX = 64 << 20,   /* of one output */
	ARGS_MAX = 64,
	SHOWN_MAX = 40,         /* lines of a difference */
};

/* A growing piece of text, always with a NUL behind it. */
struct str {
	char  *p;
	size_t n, room;
};

enum kind { STATEMENT_OK, STATEMENT_ERROR, QUERY };

struct block {
	enum kind kind;
	int line;               /* of its first line */
	int exit_code;          /* -1: any but 0, when an error is expected */
	int rowsort;
	char pattern[1024];     /* what the error must match; may be empty */
	char skip[256];         /* reason why this variant skips it */
	struct str text, want;
};

struct run {
	struct str out, err;
	int status;             /* as from waitpid */
	int late;
};

static struct {
	int update, keep, seconds;
	const char *variant, *data;
	char *args[ARGS_MAX];
	int nargs;
} conf = { .seconds = 60, .variant = "" };

static int ntest, nbad;
static const char *file_name;
static char work[4096];         /* the folder of this file */

static void
die(const char *what)
{
	fprintf(stderr, "slt: %s: %s\n", what, strerror(errno));
	exit(74);
}

static void
str_add(struct str *s, const char *p, size_t n)
{
	if (s->n + n + 1 > s->room) {
		s->room = 2 * (s->n + n + 1);
		s->p = realloc(s->p, s->room);
		if (s->p == NULL)
			die("memory");
	}
	memcpy(s->p + s->n, p, n);
	s->n += n;
	s->p[s->n] = '\0';
}

static void
str_clear(struct str *s)
{
	s->n = 0;
	str_add(s, "", 0);
}

/* ---- running one job --------------------------------------------- */

static pid_t
start(const char *text, int out, int err)
{
	char *argv[ARGS_MAX + 4];
	int n = 0;
	pid_t pid;

	argv[n++] = (char *)(getenv("SLT_COMMAND") ? getenv("SLT_COMMAND")
	    : "sp-submit");
	for (int i = 0; i < conf.nargs; i++)
		argv[n++] = conf.args[i];
	argv[n++] = (char *)"-e";
	argv[n++] = (char *)text;
	argv[n] = NULL;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	setpgid(0, 0);
	if (chdir(work) < 0)
		_exit(126);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out, 1);
	dup2(err, 2);
	execvp(argv[0], argv);
	dprintf(2, "slt: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static long long
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads both pipes until they close, the limit or too much output. */
static int
drain(int fd_out, int fd_err, struct run *r)
{
	struct pollfd p[2] = { { fd_out, POLLIN, 0 }, { fd_err, POLLIN, 0 } };
	struct str *to[2] = { &r->out, &r->err };
	long long end = now_ms() + conf.seconds * 1000LL;
	int open_n = 2;

	while (open_n > 0) {
		long long left = end - now_ms();
		static char buf[65536];

		if (left <= 0 || poll(p, 2, (int)left) == 0)
			return -1;
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (p[i].fd < 0 || p[i].revents == 0)
				continue;
			n = read(p[i].fd, buf, sizeof buf);
			if (n > 0 && to[i]->n + (size_t)n < BYTES_MAX)
				str_add(to[i], buf, (size_t)n);
			if (n > 0)
				continue;
			p[i].fd = -1;
			open_n--;
		}
	}
	return 0;
}

static void
job_run(const char *text, struct run *r)
{
	int out[2], err[2];
	pid_t pid;

	str_clear(&r->out);
	str_clear(&r->err);
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		die("pipe");
	pid = start(text, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	r->late = drain(out[0], err[0], r) < 0;
	if (r->late)
		kill(-pid, SIGKILL);
	close(out[0]);
	close(err[0]);
	while (waitpid(pid, &r->status, 0) < 0 && errno == EINTR)
		continue;
}

/* ---- comparing ---------------------------------------------------- */

static int
line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts s at newlines in place.  Returns the number of lines. */
static int
lines_of(struct str *s, char ***lines)
{
	int n = 0, room = 16;
	char *p = s->p;

	*lines = malloc(sizeof **lines * (size_t)room);
	while (p && *p) {
		char *nl = strchr(p, '\n');

		if (n == room) {
			room *= 2;
			*lines = realloc(*lines, sizeof **lines * (size_t)room);
		}
		if (*lines == NULL)
			die("memory");
		if (nl)
			*nl = '\0';
		(*lines)[n++] = p;
		p = nl ? nl + 1 : NULL;
	}
	return n;
}

/* Puts rows into the form in which a .slt file holds them. */
static void
normalise(struct str *s, int sorted)
{
	struct str copy = { 0 };
	char **line;
	int n;

	str_add(&copy, s->p ? s->p : "", s->n);
	n = lines_of(&copy, &line);
	if (sorted)
		qsort(line, (size_t)n, sizeof *line, line_cmp);
	str_clear(s);
	for (int i = 0; i < n; i++) {
		const char *l = *line[i] ? line[i] : "(empty)";

		str_add(s, l, strlen(l));
		str_add(s, "\n", 1);
	}
	free(line);
	free(copy.p);
}

static void
show(const char *head, const char *text)
{
	int n = 0;

	while (*text && n++ < SHOWN_MAX) {
		int len = (int)strcspn(text, "\n");

		printf("# %s%.*s\n", head, len > 500 ? 500 : len, text);
		text += len + (text[len] == '\n');
	}
	if (*text)
		printf("# %s...\n", head);
}

/* Shows the lines of two texts from their first difference on. */
static void
show_difference(const char *want, const char *got)
{
	size_t same = 0, i = 0;

	for (; want[i] && want[i] == got[i]; i++)
		if (want[i] == '\n')
			same = i + 1;
	if (same)
		printf("# (%zu equal bytes)\n", same);
	show("want: ", want + same);
	show(" got: ", got + same);
}

static const char *
status_text(const struct run *r)
{
	static char text[64];

	if (r->late)
		snprintf(text, sizeof text, "still running after %d s",
		    conf.seconds);
	else if (WIFSIGNALED(r->status))
		snprintf(text, sizeof text, "killed by signal %d",
		    WTERMSIG(r->status));
	else
		snprintf(text, sizeof text, "exit %d", WEXITSTATUS(r->status));
	return text;
}

static int
pattern_matches(const char *pattern, const char *text)
{
	regex_t re;
	int r;

	if (*pattern == '\0')
		return 1;
	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
		printf("# bad pattern: %s\n", pattern);
		return 0;
	}
	r = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	return r == 0;
}

/* What is wrong with a run, or NULL.  Shows the details. */
static const char *
verdict(struct block *b, struct run *r)
{
	int died = r->late || WIFSIGNALED(r->status);
	int code = died ? -1 : WEXITSTATUS(r->status);

	if (died || code == 127)
		return status_text(r);
	if (b->kind == STATEMENT_ERROR) {
		if (code == 0)
			return "expected an error, but it succeeded";
		if (b->exit_code >= 0 && b->exit_code != code)
			return status_text(r);
		if (!pattern_matches(b->pattern, r->err.p)) {
			show("pattern: ", b->pattern);
			return "another error than expected";
		}
		return NULL;
	}
	if (code != 0)
		return status_text(r);
	if (b->kind == STATEMENT_OK)
		return NULL;
	normalise(&r->out, b->rowsort);
	normalise(&b->want, b->rowsort);
	if (strcmp(r->out.p, b->want.p) == 0)
		return NULL;
	if (!conf.update)
		show_difference(b->want.p, r->out.p);
	return "wrong rows";
}

/* ---- working folders ---------------------------------------------- */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void
work_init(void)
{
	const char *base = getenv("TMPDIR");
	static char home[4200], tmp[4200], scratch[4200], link[4200];

	snprintf(work, sizeof work, "%s/slt.XXXXXX", base ? base : "/tmp");
	if (mkdtemp(work) == NULL)
		die(work);
	snprintf(home, sizeof home, "%s/.home", work);
	snprintf(tmp, sizeof tmp, "%s/.tmp", work);
	snprintf(scratch, sizeof scratch, "%s/.scratch", work);
	snprintf(link, sizeof link, "%s/data", work);
	if (mkdir(home, 0700) < 0 || mkdir(tmp, 0700) < 0 ||
	    mkdir(scratch, 0700) < 0)
		die(work);
	if (conf.data && symlink(conf.data, link) < 0)
		die(link);
	setenv("HOME", home, 1);
	setenv("SPARK_LOCAL_DIRS", scratch, 1);
	setenv("TZ", "UTC", 1);
}

static void
work_release(void)
{
	if (conf.keep)
		printf("# kept: %s\n", work);
	else
		nftw(work, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The name of something in the scratch folder, or NULL. */
static const char *
left_behind(void)
{
	static char path[4200], name[600];
	struct dirent *d;
	DIR *dir;

	snprintf(path, sizeof path, "%s/.scratch", work);
	dir = opendir(path);
	if (dir == NULL)
		return NULL;
	name[0] = '\0';
	while ((d = readdir(dir)) != NULL)
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			snprintf(name, sizeof name, "left in scratch: %s",
			    d->d_name);
	closedir(dir);
	return name[0] ? name : NULL;
}

/* ---- blocks -------------------------------------------------------- */

static void
report(const struct block *b, const char *wrong, const struct run *r)
{
	printf("%s %d - %s:%d%s%s", wrong ? "not ok" : "ok", ++ntest,
	    file_name, b->line, *conf.variant ? " " : "", conf.variant);
	if (!wrong) {
		printf("\n");
		return;
	}
	nbad++;
	printf(": %s\n", wrong);
	show("job: ", b->text.p ? b->text.p : "");
	if (r->err.n)
		show("stderr: ", r->err.p);
}

/* Takes the word at *p, which moves behind it and the blanks. */
static int
take_word(char **p, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*p, word, n) || ((*p)[n] && !isspace((unsigned char)(*p)[n])))
		return 0;
	*p += n;
	while (**p == ' ' || **p == '\t')
		(*p)++;
	return 1;
}

/* Reads the first line of a block.  Returns 0 if it is none. */
static int
block_head(char *line, struct block *b)
{
	char *p = line;

	b->exit_code = -1;
	if (take_word(&p, "query")) {
		b->kind = QUERY;
		b->rowsort = take_word(&p, "rowsort");
		take_word(&p, "nosort");
		return *p == '\0';
	}
	if (!take_word(&p, "statement"))
		return 0;
	if (take_word(&p, "ok")) {
		b->kind = STATEMENT_OK;
		return *p == '\0';
	}
	if (take_word(&p, "exit"))
		b->exit_code = (int)strtol(p, &p, 10);
	else if (!take_word(&p, "error"))
		return 0;
	while (*p == ' ')
		p++;
	b->kind = STATEMENT_ERROR;
	snprintf(b->pattern, sizeof b->pattern, "%s", p);
	return 1;
}

/* "# variant-skip NAME: reason" before a block. */
static void
skip_note(const char *line, char *skip, size_t room)
{
	size_t n = strlen(conf.variant);

	if (strncmp(line, "# variant-skip ", 15) || n == 0)
		return;
	line += 15;
	if (strncmp(line, conf.variant, n) || line[n] != ':')
		return;
	line += n + 1;
	snprintf(skip, room, "%s", line + strspn(line, " "));
}

/* Writes the lines up to "----" into a file of the working folder. */
static int
write_file(const char *name, char **line, int n, int i, struct str *copy)
{
	char path[8300];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", work, name);
	for (char *s = strchr(path + strlen(work) + 1, '/'); s;
	    s = strchr(s + 1, '/')) {
		*s = '\0';
		mkdir(path, 0755);
		*s = '/';
	}
	f = fopen(path, "w");
	if (f == NULL)
		die(path);
	while (i < n && strcmp(line[i], "----")) {
		fprintf(f, "%s\n", line[i]);
		str_add(copy, line[i], strlen(line[i]));
		str_add(copy, "\n", 1);
		i++;
	}
	fclose(f);
	if (i < n)
		str_add(copy, "----\n", 5);
	return i + 1;
}

static void
block_run(struct block *b, struct str *copy)
{
	static struct run r;
	const char *wrong;

	if (b->skip[0]) {
		printf("ok %d - %s:%d %s # SKIP %s\n", ++ntest, file_name,
		    b->line, conf.variant, b->skip);
		str_clear(&r.out);
		str_add(&r.out, b->want.p, b->want.n);
	} else {
		job_run(b->text.p, &r);
		wrong = verdict(b, &r);
		if (wrong == NULL)
			wrong = left_behind();
		report(b, wrong, &r);
	}
	if (b->kind == QUERY) {
		str_add(copy, "----\n", 5);
		str_add(copy, r.out.p, r.out.n);
	}
}

/* Reads and runs the block whose first line is line[i - 1]. */
static int
block_take(struct block *b, char **line, int n, int i, struct str *copy)
{
	str_clear(&b->text);
	str_clear(&b->want);
	for (; i < n && *line[i] && strcmp(line[i], "----"); i++) {
		str_add(&b->text, line[i], strlen(line[i]));
		str_add(&b->text, "\n", 1);
	}
	str_add(copy, b->text.p, b->text.n);
	if (i < n && strcmp(line[i], "----") == 0)
		for (i++; i < n && *line[i]; i++) {
			str_add(&b->want, line[i], strlen(line[i]));
			str_add(&b->want, "\n", 1);
		}
	while (b->text.n && b->text.p[b->text.n - 1] == '\n')
		b->text.p[--b->text.n] = '\0';
	block_run(b, copy);
	return i;
}

static void
read_whole(const char *path, struct str *s)
{
	static char buf[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		die(path);
	str_clear(s);
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		str_add(s, buf, n);
	fclose(f);
}

static void
write_whole(const char *path, const struct str *s)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(s->p, 1, s->n, f) != s->n || fclose(f) != 0)
		die(path);
}

static void
file_run(const char *path)
{
	static struct str text, copy;
	static struct block b;
	char **line;
	int n;

	file_name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	read_whole(path, &text);
	str_clear(&copy);
	n = lines_of(&text, &line);
	work_init();
	b.skip[0] = '\0';
	for (int i = 0; i < n;) {
		char *l = line[i++];

		str_add(&copy, l, strlen(l));
		str_add(&copy, "\n", 1);
		if (*l == '\0')
			continue;
		b.line = i;
		if (*l == '#') {
			skip_note(l, b.skip, sizeof b.skip);
		} else if (strncmp(l, "file ", 5) == 0) {
			i = write_file(l + 5, line, n, i, &copy);
		} else if (block_head(l, &b)) {
			i = block_take(&b, line, n, i, &copy);
			b.skip[0] = '\0';
		} else {
			printf("not ok %d - %s:%d: not a block: %s\n", ++ntest,
			    file_name, i, l);
			nbad++;
			while (i < n && *line[i])
				i++;
		}
	}
	work_release();
	free(line);
	if (conf.update)
		write_whole(path, &copy);
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+ukn:d:t:")) != -1) {
		switch (c) {
		case 'u': conf.update = 1; break;
		case 'k': conf.keep = 1; break;
		case 'n': conf.variant = optarg; break;
		case 'd': conf.data = realpath(optarg, NULL); break;
		case 't': conf.seconds = (int)strtol(optarg, NULL, 10); break;
		default: return 2;
		}
	}
	for (int i = optind; i < argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			for (int k = i + 1; k < argc && conf.nargs < ARGS_MAX; k++)
				conf.args[conf.nargs++] = argv[k];
			argc = i;
		}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = optind; i < argc; i++)
		file_run(argv[i]);
	printf("1..%d\n", ntest);
	return nbad ? 1 : 0;
}
