/*
 * shuffle_tool -- see shuffle_tool.h.
 */
#include "store/shuffle_tool.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/text.h"

enum { THREADS_MAX = 64, MAP_MAX = 99999, RECORD_MAX = 256 << 20 };

static int
set_key(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;
	const char *s = value;

	t->lines.nkey = 0;
	for (;;) {
		char *end;
		long v = strtol(s, &end, 10);

		if (end == s || v < 1 || v > 1 << 20 || (*end && *end != ','))
			return err_user(e, EXIT_USAGE, "'%s' is not a list of "
			    "columns from 1, like 1,3", value);
		if (t->lines.nkey == SHUFFLE_KEYS_MAX)
			return err_user(e, EXIT_USAGE, "at most %d columns",
			    SHUFFLE_KEYS_MAX);
		t->lines.key[t->lines.nkey++] = (int)v - 1;
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
set_partitions(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;

	return set_int(value, 1, SHUFFLE_PARTS_MAX, &t->lines.npart, e);
}

static int
set_map(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;

	return set_int(value, 0, MAP_MAX, &t->lines.map, e);
}

static int
set_threads(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;

	return set_int(value, 1, THREADS_MAX, &t->lines.threads, e);
}

static int
set_separator(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;

	if (strcmp(value, "\\t") == 0)
		value = "\t";
	if (strlen(value) != 1 || *value == '\n')
		return err_user(e, EXIT_USAGE, "'%s' is not one byte", value);
	t->lines.separator = *value;
	return 0;
}

static int
set_zstd(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;

	(void)value;
	(void)e;
	t->lines.how = BLOCK_ZSTD;
	return 0;
}

static int
set_record(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;
	long long v;

	TRY(opt_size(value, &v, e));
	if (v < 1 || v > RECORD_MAX)
		return err_user(e, EXIT_USAGE, "'%s' is not from 1 to 256m",
		    value);
	t->lines.line_max = (size_t)v;
	return 0;
}

static int
set_parts(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;

	(void)e;
	t->parts = value;
	return 0;
}

static int
set_out(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;

	(void)e;
	t->out = value;
	return 0;
}

static int
set_json(void *conf, const char *value, struct err *e)
{
	struct shuffle_tool *t = conf;

	(void)value;
	(void)e;
	t->form = STAT_JSON;
	return 0;
}

#define HELP { 'h', "help", NULL, "print this text", opt_show_help }
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

void
shuffle_tool_init(struct shuffle_tool *t)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) :
	    1;

	memset(t, 0, sizeof *t);
	t->lines = (struct lines_conf){ .separator = '\t', .how = BLOCK_RAW,
	    .line_max = (size_t)64 << 20, .in = STDIN_FILENO,
	    .threads = n > 8 ? 8 : n };
}

void
shuffle_tool_release(struct shuffle_tool *t)
{
	shuffle_maps_close(&t->maps);
	text_release(&t->report);
	arena_release(&t->arena);
}

static int
run_write(struct shuffle_tool *t, int n, char **dir, struct err *e)
{
	if (n > 1)
		return err_user(e, EXIT_USAGE, "one directory at a time");
	if (t->lines.npart == 0)
		return err_user(e, EXIT_USAGE, "how many partitions? give -n");
	t->lines.dir = dir[0];
	return lines_write(&t->lines, e);
}

static int
open_maps(struct shuffle_tool *t, int n, char **dir, struct err *e)
{
	return shuffle_open(&t->arena, (const char *const *)dir, n, &t->maps,
	    e);
}

static int
run_read(struct shuffle_tool *t, int n, char **dir, struct err *e)
{
	uint32_t *part, npart;

	TRY(open_maps(t, n, dir, e));
	npart = t->maps.v[0].index.npart;
	if (t->parts == NULL)
		t->parts = arena_printf(&t->arena, "0-%u", npart - 1);
	n = lines_parts(&t->arena, t->parts, npart, &part, e);
	if (n < 0)
		return n;
	return lines_read(&t->maps, part, n, STDOUT_FILENO, t->lines.threads,
	    e);
}

static int
run_merge(struct shuffle_tool *t, int n, char **dir, struct err *e)
{
	if (t->out == NULL)
		return err_user(e, EXIT_USAGE, "where to? give -o");
	TRY(open_maps(t, n, dir, e));
	return shuffle_merge(&t->maps, t->out, t->lines.map, t->lines.how, e);
}

static int
run_stat(struct shuffle_tool *t, int n, char **dir, struct err *e)
{
	TRY(open_maps(t, n, dir, e));
	shuffle_stat(&t->maps, t->form, &t->report);
	return EXIT_DONE;
}

static int
run_verify(struct shuffle_tool *t, int n, char **dir, struct err *e)
{
	int r;

	TRY(open_maps(t, n, dir, e));
	r = shuffle_verify(&t->maps, &t->report, e);
	return r < 0 ? r : r ? EXIT_JOB : EXIT_DONE;
}

const struct shuffle_command shuffle_commands[] = {
	{ "write", "cut lines into partitions by key", &write_table,
	  run_write },
	{ "read", "print the rows of partitions", &read_table, run_read },
	{ "merge", "join maps into one", &merge_table, run_merge },
	{ "stat", "sizes of the partitions, skew", &stat_table, run_stat },
	{ "verify", "check every block", &verify_table, run_verify },
	{ 0 }
};
