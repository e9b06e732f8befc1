/*
 * t_base_beside -- files beside the running program: this test is one.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/err.h"
#include "tap.h"

int
main(void)
{
	char folder[4096], path[4096], want[4200];
	struct err e = { 0 };
	size_t n;

	ok(beside_folder(folder, sizeof folder, &e) == 0 && folder[0] == '/' &&
	    folder[strlen(folder) - 1] != '/', "a folder: %s", folder);
	n = strlen(folder);
	ok(beside_program("t_base_beside", path, sizeof path, &e) == 0 &&
	    access(path, X_OK) == 0, "this program: %s", path);
	snprintf(want, sizeof want, "%s/no-such", folder);
	ok(beside_path("no-such", path, sizeof path, &e) == 0 &&
	    strcmp(path, want) == 0, "what is not there has a path");
	ok(beside_program("no-such", path, sizeof path, &e) == ERR_USER &&
	    e.code == EXIT_UNAVAILABLE && strstr(e.text, want),
	    "but is no program: %s", e.text);
	ok(beside_path("x", path, n + 3, &e) == 0 && strlen(path) == n + 2,
	    "room for it all");
	ok(beside_path("xy", path, n + 3, &e) == ERR_USER &&
	    e.code == EXIT_CONFIG, "one byte too few: %s", e.text);
	ok(beside_folder(path, n + 1, &e) == 0 &&
	    beside_folder(path, n, &e) == ERR_USER, "the folder's room");
	return done_testing();
}
