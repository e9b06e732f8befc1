/* journal and manifest: what is printed is read back, what is cut or changed
 * anywhere is refused. */
#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/manifest.h"
#include "tap.h"

static void
test_journal(struct arena *a)
{
	struct journal_line line[] = {
		{ JOURNAL_NEW, 1, 2, "/a/.sp-x-1-2-3/c", "/a/x" },
		{ JOURNAL_REPLACE, ~0ull, 0, "/\xff% \n/c", "/b c\t%41" },
		{ JOURNAL_APPEND, 7, 8, "/end\nend /c", "/end" } };
	struct journal j = { 3, line }, back;
	struct text t = { 0 };
	int same = 1, accepted = 0;

	journal_print(&t, &j);
	ok(journal_parse(a, t.p, t.n, &back) == 1 && back.n == 3,
	    "a journal is read back");
	for (int i = 0; i < back.n && i < 3; i++)
		same &= back.line[i].kind == line[i].kind &&
		    back.line[i].device == line[i].device &&
		    back.line[i].inode == line[i].inode &&
		    !strcmp(back.line[i].staged, line[i].staged) &&
		    !strcmp(back.line[i].target, line[i].target);
	ok(same, "with all its names and numbers");
	for (size_t n = 0; n < t.n; n++)
		accepted += journal_parse(a, t.p, n, &back);
	ok(accepted == 0, "no prefix of it is whole");
	for (size_t i = 0; i < t.n; i++) {
		t.p[i] ^= 4;
		accepted += journal_parse(a, t.p, t.n, &back);
		t.p[i] ^= 4;
	}
	ok(accepted == 0, "nor with a byte changed");
	text_release(&t);
}

static void
test_manifest(struct arena *a)
{
	struct output_file file[] = { { "part-0.csv", 3, 10, ~0ull },
		{ "k=a..b/p\"\\\n\t\x01.csv", 0, 0, 1 } }, *back;
	struct text t = { 0 };
	struct err e = { 0 };
	int n, accepted = 0;

	manifest_print(&t, "1-2-3", "in", file, 2);
	ok(manifest_parse(a, t.p, t.n, &back, &n, &e) == 0 && n == 2,
	    "a manifest is read back: %s", e.text);
	ok(n == 2 && !strcmp(back[1].name, file[1].name) &&
	    back[0].sum == ~0ull && back[0].rows == 3 && back[0].bytes == 10,
	    "with its names and sums");
	for (size_t i = 0; i < t.n; i++)
		accepted += manifest_parse(a, t.p, i, &back, &n, &e) == 0;
	ok(accepted == 0, "no prefix of it is one");
	text_clear(&t);
	file[0].name = "../x";
	manifest_print(&t, "1-2-3", NULL, file, 1);
	ok(manifest_parse(a, t.p, t.n, &back, &n, &e) < 0 &&
	    e.code == EXIT_DATA, "names that lead out of it are refused");
	text_clear(&t);
	file[0].name = "a/..";
	manifest_print(&t, "1-2-3", NULL, file, 1);
	ok(manifest_parse(a, t.p, t.n, &back, &n, &e) < 0,
	    "at the end, too");
	text_clear(&t);
	manifest_print(&t, "1-2-3", NULL, NULL, 0);
	ok(manifest_parse(a, t.p, t.n, &back, &n, &e) == 0 && n == 0,
	    "an empty one is one");
	text_release(&t);
}

int
main(void)
{
	struct arena a = { 0 };

	test_journal(&a);
	test_manifest(&a);
	arena_release(&a);
	return done_testing();
}
