/*
 * t_transfer_serve -- "sp-shuffle serve" as a process: it tells its port,
 * serves what it is given, and ends with its parent.
 */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/msg.h"
#include "net/peer.h"
#include "net/proto.h"
#include "store/map_file.h"
#include "store/mirror.h"
#include "transfer/block_msg.h"
#include "transfer/fetch.h"
#include "tap.h"

static char dir[] = "/tmp/serve.XXXXXX";
static char program[4096];
static struct arena names;

struct service {
	pid_t pid;
	struct peer *peer;
	int port;
};

static int
start(struct service *s)
{
	struct err e = { 0 };
	struct msg m;
	const char *body;
	size_t n;
	int pair[2], type;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return 0;
	s->pid = fork();
	if (s->pid == 0) {
		dup2(pair[1], 0);
		dup2(pair[1], 1);
		execl(program, "sp-shuffle", "serve", "-H", "127.0.0.1", NULL);
		_exit(127);
	}
	close(pair[1]);
	peer_from_fd(&s->peer, pair[0]);
	if (peer_recv(s->peer, 10000, &type, &body, &n, &e) <= 0 ||
	    type != FRAME_SERVING) {
		printf("# %s\n", e.text);
		return 0;
	}
	msg_init(&m, body, n);
	s->port = (int)msg_get_u64(&m);
	return msg_ended(&m) && s->port > 0;
}

static void
serve(struct service *s, const char *app, char key, int number)
{
	struct block_serve what = { app, { 0 }, number, dir };
	struct text t = { 0 };
	struct err e = { 0 };

	memset(what.key, key, sizeof what.key);
	block_serve_print(&t, &what);
	peer_send(s->peer, FRAME_SERVE, t.p, t.n, &e);
	text_release(&t);
}

static void
serve_end(struct service *s, const char *app)
{
	struct text t = { 0 };
	struct err e = { 0 };

	msg_cstr(&t, app);
	peer_send(s->peer, FRAME_SERVE_END, t.p, t.n, &e);
	text_release(&t);
}

static int
status_of(struct service *s)
{
	int status = 0;

	for (int i = 0; i < 100; i++, usleep(50000))
		if (waitpid(s->pid, &status, WNOHANG) == s->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, &status, 0);
	return -2;
}

static int
got(void *arg, int i, const struct block *b, const char *packed,
    struct err *e)
{
	(void)i;
	*(int64_t *)arg += b->rows;
	return block_check(b, packed, e);
}

/* Rows of map 0 that an application gets; negative when it does not. */
static int64_t
fetch(const struct service *s, const char *app, char key, int number,
    struct err *e)
{
	unsigned char k[32];
	struct fetch_conf conf = { .app = app, .key = k, .retry_ms = 20,
	    .retries = 20 };
	struct block_place p = { "there", arena_printf(&names,
	    "127.0.0.1:%d/%d", s->port, number), dir, 0 };
	struct block_want want = { .hi = 1, .count = -1 };
	const struct block_source *source;
	struct fetcher *f;
	struct lost lost;
	int64_t rows = 0;
	struct block_sink sink = { &rows, got, NULL };
	int r;

	memset(k, key, sizeof k);
	fetcher_new(&f, &conf, e);
	want.place = fetcher_place(f, &p);
	source = fetch_source(f, &names, 1, 1);
	r = source->fetch(source->arg, &want, 1, false, &sink, &lost, e);
	fetcher_free(f);
	return r < 0 ? r : rows;
}

static void
write_map(void)
{
	struct map_writer *w;
	struct column col = { .type = TYPE(I64) };
	struct batch b = { &col, 1, 3, 3, NULL };
	static int64_t v[3] = { 1, 2, 3 };
	struct err e = { 0 };
	int64_t stored;

	col.data = v;
	map_writer_new(&w, map_file_prefix(&names, dir, 1, 1), 0, 0, 1, false,
	    &e);
	map_writer_put(w, 0, &b, 0, &e);
	ok(map_writer_commit(w, &stored, &e) == 0 && stored > 100, "a map");
	map_writer_free(w);
}

static void
lives(void)
{
	struct service s;
	struct err e = { 0 };
	int r = 0;

	if (!ok(start(&s), "it tells its port"))
		return;
	serve(&s, "app-1", 'a', 1);
	serve(&s, "app-2", 'b', 2);
	serve(&s, "app-1", 'a', 3);
	ok(fetch(&s, "app-2", 'b', 2, &e) == 3, "rows %s", e.text);
	ok(fetch(&s, "app-1", 'a', 1, &e) == 3, "rows of another %s", e.text);
	ok(fetch(&s, "app-1", 'a', 3, &e) == 3, "and of its second directory");
	ok(fetch(&s, "app-1", 'b', 1, &e) == ERR_LOST, "a wrong key: %s",
	    e.text);
	ok(fetch(&s, "app-1", 'a', 2, &e) == ERR_LOST,
	    "somebody else's number: %s", e.text);
	serve_end(&s, "app-1");
	for (int i = 0; i < 50 && r != ERR_LOST; i++, usleep(20000))
		r = (int)fetch(&s, "app-1", 'a', 1, &e);
	ok(r == ERR_LOST, "an application that has ended: %s", e.text);
	ok(fetch(&s, "app-2", 'b', 2, &e) == 3, "the other goes on");
	peer_close(s.peer);
	is_int(status_of(&s), 0, "it ends with its parent");
}

static void
nonsense(void)
{
	struct service s;
	struct err e = { 0 };

	if (!ok(start(&s), "another one"))
		return;
	peer_send(s.peer, FRAME_SERVE, "xyz", 3, &e);
	is_int(status_of(&s), EXIT_PROTOCOL, "nonsense ends it");
	peer_close(s.peer);
}

int
main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct err e = { 0 };

	(void)argc;
	snprintf(program, sizeof program, "%.*s/../bin/sp-shuffle",
	    slash ? (int)(slash - argv[0]) : 1, slash ? argv[0] : ".");
	if (mkdtemp(dir) == NULL)
		return 1;
	write_map();
	lives();
	nonsense();
	map_file_remove(map_file_prefix(&names, dir, 1, 1), 0, 0);
	ok(rmdir(dir) == 0, "nothing stays %s", e.text);
	arena_release(&names);
	return done_testing();
}
