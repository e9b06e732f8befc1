/*
 * assignment -- see assignment.h.
 */
#include "net/assignment.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/msg.h"
#include "net/proto.h"

void
assignment_print(struct text *to, const struct assignment *a)
{
	msg_cstr(to, a->app);
	msg_str(to, (const char *)a->key, sizeof a->key);
	msg_i64(to, a->number);
	msg_cstr(to, a->driver);
	msg_cstr(to, a->scratch);
	msg_cstr(to, a->maps);
	msg_i64(to, a->maps_number);
	msg_cstr(to, a->shuffle);
	msg_cstr(to, a->host);
	msg_i64(to, a->cores);
	msg_i64(to, a->memory_mb);
}

int
assignment_parse(const char *p, size_t n, struct assignment *a,
    struct arena *arena, struct err *e)
{
	struct msg m;
	const char *key;
	size_t nkey;

	memset(a, 0, sizeof *a);
	msg_init(&m, p, n);
	a->app = msg_get_cstr(&m, arena);
	key = msg_get_str(&m, &nkey);
	a->number = msg_get_int(&m, 0, INT_MAX);
	a->driver = msg_get_cstr(&m, arena);
	a->scratch = msg_get_cstr(&m, arena);
	a->maps = msg_get_cstr(&m, arena);
	a->maps_number = msg_get_int(&m, 0, INT_MAX);
	a->shuffle = msg_get_cstr(&m, arena);
	a->host = msg_get_cstr(&m, arena);
	a->cores = msg_get_int(&m, 1, 1 << 16);
	a->memory_mb = msg_get_i64(&m);
	if (!msg_ended(&m) || !a->app || nkey != sizeof a->key || !a->driver ||
	    !a->scratch || !a->host || a->memory_mb < 0)
		return err_user(e, EXIT_PROTOCOL,
		    "this is not what a worker sends to an executor");
	memcpy(a->key, key, sizeof a->key);
	return 0;
}

static int
read_all(int fd, char *to, size_t n, struct err *e)
{
	while (n > 0) {
		ssize_t r = read(fd, to, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return err_sys(e, "could not read the assignment");
		if (r == 0)
			return err_user(e, EXIT_PROTOCOL,
			    "the worker ended before it gave an assignment");
		to += r;
		n -= (size_t)r;
	}
	return 0;
}

int
assignment_read(int fd, struct assignment *a, struct arena *arena,
    struct err *e)
{
	char head[FRAME_HEAD], *body;
	int64_t n;
	int type;

	TRY(read_all(fd, head, sizeof head, e));
	n = frame_head(head, FRAME_SMALL_MAX, &type);
	if (n < 0 || type != FRAME_ASSIGNMENT)
		return err_user(e, EXIT_PROTOCOL, "descriptor %d does not "
		    "begin with an assignment", fd);
	body = arena_bytes(arena, (size_t)n + 1);
	TRY(read_all(fd, body, (size_t)n, e));
	return assignment_parse(body, (size_t)n, a, arena, e);
}
