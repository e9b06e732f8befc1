/*
 * commands -- see commands.h.
 */
#include "commands.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/text.h"
#include "store/shuffle_lines.h"

enum { THREADS_MAX = 64, MAP_MAX = 99999, RECORD_MAX = 256 << 20 };

/* What the options of all commands set. */
static struct {
	struct lines_conf lines;
	const char *parts, *out;
	enum stat_form form;
	const struct opt_table *table;
} conf = {
	.lines = { .separator = '\t', .how = BLOCK_RAW,
	    .line_max = (size_t)64 << 20 },
};

static int
set_key(void *c, const char *value, struct err *e)
{
	const char *s = value;

	(void)c;
	conf.lines.nkey = 0;
	for (;;) {
		char *end;
		long v = strtol(s, &end, 10);

		if (end == s || v < 1 || v > 1 << 20 || (*end && *end != ','))
			return err_user(e, EXIT_USAGE, "'%s' is not a list of "
			    "columns from 1, like 1,3", value);
		if (conf.lines.nkey == SHUFFLE_KEYS_MAX)
			return err_user(e, EXIT_USAGE, "at most %d columns",
			    SHUFFLE_KEYS_MAX);
		conf.lines.key[conf.lines.nkey++] = (int)v - 1;
		if (*end == '\0')
			return 0;
		s = end + 1;
	}
}

static int
set_int(const char *value, int low, int high, int *to, struct err *e)
{
	long long v;

	TRY(opt_number(value, low, high, &v, e));
	*to = (int)v;
	return 0;
}

static int
set_partitions(void *c, const char *value, struct err *e)
{
	(void)c;
	return set_int(value, 1, SHUFFLE_PARTS_MAX, &conf.lines.npart, e);
}

static int
set_map(void *c, const char *value, struct err *e)
{
	(void)c;
	return set_int(value, 0, MAP_MAX, &conf.lines.map, e);
}

static int
set_threads(void *c, const char *value, struct err *e)
{
	(void)c;
	return set_int(value, 1, THREADS_MAX, &conf.lines.threads, e);
}

static int
set_separator(void *c, const char *value, struct err *e)
{
	(void)c;
	if (strcmp(value, "\\t") == 0)
		value = "\t";
	if (strlen(value) != 1 || *value == '\n')
		return err_user(e, EXIT_USAGE, "'%s' is not one byte", value);
	conf.lines.separator = *value;
	return 0;
}

static int
set_zstd(void *c, const char *value, struct err *e)
{
	(void)c;
	(void)value;
	(void)e;
	conf.lines.how = BLOCK_ZSTD;
	return 0;
}

static int
set_record(void *c, const char *value, struct err *e)
{
	long long v;

	(void)c;
	TRY(opt_size(value, &v, e));
	if (v < 1 || v > RECORD_MAX)
		return err_user(e, EXIT_USAGE, "'%s' is not from 1 to 256m",
		    value);
	conf.lines.line_max = (size_t)v;
	return 0;
}

static int
set_parts(void *c, const char *value, struct err *e)
{
	(void)c;
	(void)e;
	conf.parts = value;
	return 0;
}

static int
set_out(void *c, const char *value, struct err *e)
{
	(void)c;
	(void)e;
	conf.out = value;
	return 0;
}

static int
set_json(void *c, const char *value, struct err *e)
{
	(void)c;
	(void)value;
	(void)e;
	conf.form = STAT_JSON;
	return 0;
}

static int
show_help(void *c, const char *value, struct err *e)
{
	(void)c;
	(void)value;
	(void)e;
	opt_help(conf.table);
	exit(fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO);
}

#define HELP { 'h', "help", NULL, "print this text", show_help }
#define THREADS { 'j', "threads", "n", "threads (default: processors)", \
	set_threads }
#define MAP(WHAT) { 'm', "map", "n", WHAT, set_map }
#define ZSTD { 'z', "zstd", NULL, "compress blocks", set_zstd }

static const struct opt write_opts[] = {
	{ 'k', "key", "cols", "columns that choose the partition, from 1 "
	  "(default: the line)", set_key },
	{ 'n', "partitions", "n", "number of partitions", set_partitions },
	{ 't', "separator", "c", "byte between columns (default: tab)",
	  set_separator },
	MAP("number of the map (default: 0)"),
	ZSTD,
	THREADS,
	{ 0, "max-record", "size", "longest line (default: 64m)", set_record },
	HELP, { 0 }
};

static const struct opt read_opts[] = {
	{ 'p', "partition", "list", "partitions, like 3 or 0-7 or 1,4-5 "
	  "(default: all)", set_parts },
	THREADS, HELP, { 0 }
};

static const struct opt merge_opts[] = {
	{ 'o', "output", "dir", "directory of the new map", set_out },
	MAP("number of the new map (default: 0)"),
	ZSTD, HELP, { 0 }
};

static const struct opt stat_opts[] = {
	{ 0, "json", NULL, "print JSON", set_json },
	HELP, { 0 }
};

static const struct opt verify_opts[] = { HELP, { 0 } };

static const struct opt_table write_table = { "sp-shuffle write", "dir",
	"Cut the lines of stdin into partitions by key: one map of dir.",
	write_opts };
static const struct opt_table read_table = { "sp-shuffle read", "dir ...",
	"Print the rows of partitions, map by map.", read_opts };
static const struct opt_table merge_table = { "sp-shuffle merge",
	"dir ...", "Join all maps of the directories into one.", merge_opts };
static const struct opt_table stat_table = { "sp-shuffle stat", "dir ...",
	"Print the sizes of the partitions and their skew.", stat_opts };
static const struct opt_table verify_table = { "sp-shuffle verify",
	"dir ...", "Check every block; exit 1 when one is damaged.",
	verify_opts };

static int
parse(const struct opt_table *t, int argc, char **argv, struct err *e)
{
	cpu_set_t set;
	int n;

	conf.table = t;
	conf.lines.threads = sched_getaffinity(0, sizeof set, &set) == 0 ?
	    CPU_COUNT(&set) : 1;
	if (conf.lines.threads > 8)
		conf.lines.threads = 8;
	n = opt_parse(t, argc, argv, &conf, e);
	if (n < 0)
		return n;
	if (n == 0) {
		err_user(e, EXIT_USAGE, "no directory");
		return err_hint(e, "try '%s --help'", t->command);
	}
	return n;
}

static int
run_write(int argc, char **argv, struct err *e)
{
	int n = parse(&write_table, argc, argv, e);

	if (n < 0)
		return n;
	if (n > 1)
		return err_user(e, EXIT_USAGE, "one directory at a time");
	if (conf.lines.npart == 0)
		return err_user(e, EXIT_USAGE, "how many partitions? give -n");
	conf.lines.in = STDIN_FILENO;
	conf.lines.dir = argv[0];
	return lines_write(&conf.lines, e);
}

static int
open_maps(const struct opt_table *t, int argc, char **argv, struct arena *a,
    struct shuffle_maps *m, struct err *e)
{
	int n = parse(t, argc, argv, e);

	return n < 0 ? n : shuffle_open(a, (const char *const *)argv, n, m, e);
}

static int
run_read(int argc, char **argv, struct err *e)
{
	struct arena a = { 0 };
	struct shuffle_maps m;
	uint32_t *part;
	int n, r = open_maps(&read_table, argc, argv, &a, &m, e);

	if (r < 0)
		return r;
	if (conf.parts == NULL)
		conf.parts = arena_printf(&a, "0-%u", m.v[0].index.npart - 1);
	n = r = lines_parts(&a, conf.parts, m.v[0].index.npart, &part, e);
	if (r >= 0)
		r = lines_read(&m, part, n, STDOUT_FILENO, conf.lines.threads,
		    e);
	shuffle_maps_close(&m);
	arena_release(&a);
	return r;
}

static int
run_merge(int argc, char **argv, struct err *e)
{
	struct arena a = { 0 };
	struct shuffle_maps m;
	int r = open_maps(&merge_table, argc, argv, &a, &m, e);

	if (r < 0)
		return r;
	r = conf.out ? shuffle_merge(&m, conf.out, conf.lines.map,
	    conf.lines.how, e) : err_user(e, EXIT_USAGE, "where to? give -o");
	shuffle_maps_close(&m);
	arena_release(&a);
	return r;
}

/* Prints and frees the text; status, or EXIT_IO when it cannot be written. */
static int
print(struct text *t, int status, struct err *e)
{
	size_t n = t->n ? fwrite(t->p, 1, t->n, stdout) : 0;
	int bad = n < t->n || fflush(stdout) != 0;

	text_release(t);
	return bad ? err_sys(e, "could not write the output") : status;
}

static int
run_stat(int argc, char **argv, struct err *e)
{
	struct arena a = { 0 };
	struct shuffle_maps m;
	struct text t = { 0 };
	int r = open_maps(&stat_table, argc, argv, &a, &m, e);

	if (r < 0)
		return r;
	shuffle_stat(&m, conf.form, &t);
	shuffle_maps_close(&m);
	arena_release(&a);
	return print(&t, EXIT_DONE, e);
}

static int
run_verify(int argc, char **argv, struct err *e)
{
	struct arena a = { 0 };
	struct shuffle_maps m;
	struct text t = { 0 };
	int r = open_maps(&verify_table, argc, argv, &a, &m, e);

	if (r < 0)
		return r;
	r = shuffle_verify(&m, &t, e);
	shuffle_maps_close(&m);
	arena_release(&a);
	return r < 0 ? r : print(&t, r ? EXIT_JOB : EXIT_DONE, e);
}

const struct command commands[] = {
	{ "write", "cut lines into partitions by key", run_write },
	{ "read", "print the rows of partitions", run_read },
	{ "merge", "join maps into one", run_merge },
	{ "stat", "sizes of the partitions, skew", run_stat },
	{ "verify", "check every block", run_verify },
	{ 0 }
};
