/*
 * t_canary -- a test that must fail, to prove that the harness notices.
 */
#include "../unit/tap.h"

int
main(void)
{
	ok(1, "this one passes");
	ok(0, "this one fails");
	return done_testing();
}
