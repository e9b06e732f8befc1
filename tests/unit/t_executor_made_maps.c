/*
 * t_executor_made_maps -- two executors with one directory of map outputs:
 * what one forgets late is not what the other has made since.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor/made_maps.h"
#include "tap.h"

static char dir[] = "/tmp/t_made_maps.XXXXXX";

static char *
path_of(const char *name)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

/* As a map writer does: under another name first. */
static void
make(const char *name)
{
	char new[200];

	snprintf(new, sizeof new, "%s/new", dir);
	close(open(new, O_WRONLY | O_CREAT, 0600));
	rename(new, path_of(name));
}

static int
is_there(const char *name)
{
	return access(path_of(name), F_OK) == 0;
}

int
main(void)
{
	struct made_maps *slow = made_maps_new(), *quick = made_maps_new();
	struct timespec old[2] = { { 1, 0 }, { 1, 0 } };

	if (!mkdtemp(dir))
		return 1;
	make("map-000-003-00001.00");
	made_maps_add(slow, dir, 0, 3, 1, 0);
	make("map-000-003-00002.00");
	made_maps_add(slow, dir, 0, 3, 2, 0);
	make("map-000-004-00001.00");
	made_maps_add(slow, dir, 0, 4, 1, 0);
	made_maps_add(slow, dir, 0, 4, 9, 0);   /* only in memory */
	/* quick forgets and makes the first one anew, then slow forgets. */
	made_maps_remove(quick, dir, 0, 3);
	ok(is_there("map-000-003-00001.00"), "a neighbour's file stays");
	make("map-000-003-00001.00");
	made_maps_add(quick, dir, 0, 3, 1, 0);
	made_maps_remove(slow, dir, 0, 3);
	ok(is_there("map-000-003-00001.00"), "so does the new one of its name");
	ok(!is_there("map-000-003-00002.00"), "one's own goes");
	ok(is_there("map-000-004-00001.00"), "that of another stage does not");
	made_maps_remove(quick, dir, 0, 3);
	ok(!is_there("map-000-003-00001.00"), "its maker removes the new one");
	make("map-000-005-00001.00");
	utimensat(AT_FDCWD, path_of("map-000-005-00001.00"), old, 0);
	made_maps_remove(quick, dir, 0, 5);
	ok(!is_there("map-000-005-00001.00"), "what is very old goes");
	make("map-002-001-00001.00");
	make("map-020-001-00001.00");
	made_maps_remove(quick, dir, 2, -1);
	ok(!is_there("map-002-001-00001.00") && is_there(
	    "map-020-001-00001.00"), "a job that ended takes all of it");
	unlink(path_of("map-020-001-00001.00"));
	made_maps_remove(slow, dir, 0, 4);
	ok(rmdir(dir) == 0, "nothing is left");
	made_maps_free(slow);
	made_maps_free(quick);
	return done_testing();
}
