/*
 * t_executor_relayed -- broadcasts that come from map outputs or from copies:
 * the copies are made, are the same, and serve others; a copy that is lost or
 * damaged half-way costs no row and no map.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "executor/made_maps.h"
#include "executor/outbox.h"
#include "executor/relayed.h"
#include "executor/serve.h"
#include "executor/task_msg.h"
#include "net/proto.h"
#include "store/blockfile.h"
#include "store/map_file.h"
#include "store/mirror.h"
#include "transfer/block_msg.h"
#include "transfer/block_thread.h"
#include "tap.h"

enum { JOB = 2, STAGE = 1, NMAP = 5, ROWS = 3000, MADE = 0, COPY = 1 };

static const unsigned char key[32] = "a key of thirty-two bytes, or so";
static char dir[2][32] = { "/tmp/made.XXXXXX", "/tmp/copy.XXXXXX" };
static struct block_thread *server[2];
static struct arena names;
static _Atomic int cancel;
static const struct setup_msg setup = { .app = "app-1", .key = key,
    .cores = 1 };

/* An executor on a node of its own, and the driver that it asks. */
struct world {
	struct serve serve;
	struct outbox out;
	struct relayed *relayed;
	struct made_maps *made_maps;
	pthread_t driver;
	int first;                      /* answer to the first question */
	int asked, failed, made;        /* what it heard */
	_Atomic int stop;
};

static const char *
prefix(int which)
{
	return map_file_prefix(&names, dir[which], JOB, STAGE + 1);
}

static void
start(int which)
{
	struct block_server_conf conf = { .host = "127.0.0.1" };
	struct block_serve what = { "app-1", { 0 }, SERVE_DIR, dir[which] };
	struct err e = { 0 };

	if (block_thread_start(&server[which], &conf, &e) < 0) {
		ok(0, "a server: %s", e.text);
		exit(1);
	}
	memcpy(what.key, key, sizeof key);
	block_server_register(block_thread_server(server[which]), &what);
}

static void
write_maps(void)
{
	struct column col = { .type = TYPE(I64) };
	static int64_t v[ROWS];
	struct batch b = { &col, 1, ROWS, ROWS, NULL };
	struct err e = { 0 };

	col.data = v;
	for (int m = 0; m < NMAP; m++) {
		struct map_writer *w;
		int64_t stored;

		map_writer_new(&w, prefix(MADE), m, m % 2, 1, m == 3, &e);
		for (int k = 0; k < 60 * m; k++) {
			for (int i = 0; i < ROWS; i++)
				v[i] = (int64_t)i * i * (m + k);
			map_writer_put(w, 0, &b, 0, &e);
		}
		if (map_writer_commit(w, &stored, &e) < 0)
			ok(0, "%s", e.text);
		map_writer_free(w);
	}
}

static void
answer(struct world *w, int type, const char *body, size_t n)
{
	struct relay_msg m;
	struct err e;

	if (relay_msg_parse(body, n, &m, &e) < 0 || m.job != JOB ||
	    m.stage != STAGE)
		return;
	if (type == FRAME_RELAY_END) {
		w->made = m.place == 0;
		return;
	}
	w->failed = m.place;
	relayed_go(w->relayed, w->asked++ ? -1 :
	    serve_place_here(&w->serve, w->first));
}

static void *
drive(void *arg)
{
	struct world *w = arg;

	while (!atomic_load(&w->stop)) {
		struct text t = { 0 };
		int type;

		pthread_mutex_lock(&w->out.lock);
		text_add(&t, w->out.frames.p, w->out.frames.n);
		text_clear(&w->out.frames);
		pthread_mutex_unlock(&w->out.lock);
		for (size_t at = 0; at < t.n;) {
			int64_t n = frame_head(t.p + at, FRAME_MAX, &type);

			answer(w, type, t.p + at + FRAME_HEAD, (size_t)n);
			at += FRAME_HEAD + (size_t)n;
		}
		text_release(&t);
		usleep(1000);
	}
	return NULL;
}

/* An executor whose maps are in MADE's place number 0, the driver says that
 * copies are in place first; its own are made in COPY. */
static void
world_open(struct world *w, int first)
{
	struct relayed_conf conf = { .serve = &w->serve, .out = &w->out,
	    .cancel = &cancel, .maps = dir[COPY], .job = JOB,
	    .stage = STAGE, .npart = 1 };
	struct ready_msg own = { .node = "here", .dir = dir[COPY] };
	struct err e = { 0 };

	*w = (struct world){ .first = first, .failed = -1, .made = -1 };
	outbox_open(&w->out, &e);
	serve_open(&w->serve, &setup, NULL, dir[COPY], NULL, &e);
	serve_told(&w->serve, &own);
	for (int i = 0; i < 2; i++) {
		struct place_msg p = { i, arena_printf(&names, "127.0.0.1:%d",
		    server[i] ? block_server_port(block_thread_server(
		    server[i])) : 1), i ? "near" : "far", dir[i] };

		serve_place(&w->serve, &p);
	}
	conf.made = w->made_maps = made_maps_new();
	conf.plain = serve_source(&w->serve, &names, JOB, STAGE + 1);
	w->relayed = relayed_new(&names, &conf);
	relayed_wanted(w->relayed, true);
	pthread_create(&w->driver, NULL, drive, w);
}

static void
world_close(struct world *w)
{
	usleep(20000);
	atomic_store(&w->stop, 1);
	pthread_join(w->driver, NULL);
	relayed_close(w->relayed);
	made_maps_free(w->made_maps);
	serve_close(&w->serve);
	outbox_clear(&w->out);
	text_release(&w->out.frames);
	wake_close(&w->out.wake);
}

struct count {
	int64_t rows[NMAP];
	int bad;
};

static int
got(void *arg, int i, const struct block *b, const char *packed,
    struct err *e)
{
	struct count *c = arg;

	c->rows[i] += b->rows;
	return block_check(b, packed, e);
}

/* All rows of all maps; 0 when they are what they should be. */
static int
fetch(struct world *w, struct lost *lost, struct err *e)
{
	const struct block_source *s = relayed_source(w->relayed);
	struct count c = { .bad = 0 };
	struct block_sink sink = { &c, got, NULL };
	struct block_want want[NMAP];
	int r;

	for (int m = 0; m < NMAP; m++)
		want[m] = (struct block_want){ m, m % 2,
		    serve_place_here(&w->serve, MADE), 0, 1, 0, -1 };
	r = s->fetch(s->arg, want, NMAP, false, &sink, lost, e);
	for (int m = 0; m < NMAP && r == 0; m++)
		c.bad += c.rows[m] != 60 * m * ROWS;
	return r < 0 ? r : c.bad;
}

static int
same_files(void)
{
	int same = 0;

	for (int m = 0; m < NMAP; m++) {
		struct map_file a, b;
		struct err e;
		size_t n = sizeof(struct block);

		if (map_file_open(&a, prefix(MADE), m, m % 2, &e) < 0)
			break;
		if (map_file_open(&b, prefix(COPY), m, m % 2, &e) < 0) {
			map_file_close(&a);
			break;
		}
		same += a.index.nblock == b.index.nblock &&
		    (a.index.nblock == 0 || memcmp(a.index.block,
		    b.index.block, n * a.index.nblock) == 0);
		map_file_close(&a);
		map_file_close(&b);
	}
	return same;
}

static void
damage(int which, int map, long at)
{
	char path[128], c = 0;
	int fd;

	snprintf(path, sizeof path, "%s%05d.%02d", prefix(which), map,
	    map % 2);
	fd = open(path, O_RDWR);
	if (fd < 0 || pread(fd, &c, 1, at) != 1)
		ok(0, "could not read %s", path);
	c ^= 4;
	if (pwrite(fd, &c, 1, at) != 1)
		ok(0, "could not damage %s", path);
	close(fd);
}

static void
remove_files(int which)
{
	for (int m = 0; m < NMAP; m++)
		map_file_remove(prefix(which), m, m % 2);
}

/* The copies are elsewhere when another executor uses them. */
static void
move_copies(void)
{
	for (int m = 0; m < NMAP; m++) {
		char from[128], to[128];

		snprintf(from, sizeof from, "%s%05d.%02d", prefix(COPY), m,
		    m % 2);
		snprintf(to, sizeof to, "%s%05d.%02d", prefix(MADE), m, m % 2);
		if (rename(from, to) < 0)
			ok(0, "could not move %s", from);
	}
}

static void
stop(int which)
{
	block_thread_stop(server[which]);
	server[which] = NULL;
}

/* Fetches with the driver's first answer; *w is closed.  The servers that
 * live are new ones, which have no file open. */
static int
one(struct world *w, int first, struct lost *lost, struct err *e)
{
	int r;

	for (int i = 0; i < 2; i++)
		if (server[i]) {
			stop(i);
			start(i);
		}
	world_open(w, first);
	r = fetch(w, lost, e);
	lost->place = serve_place_there(&w->serve, lost->place);
	world_close(w);
	return r;
}

static void
copies(void)
{
	struct world w;
	struct lost lost = { 0 };
	struct err e = { 0 };

	is_int(one(&w, -1, &lost, &e), 0, "from the map outputs");
	ok(w.asked == 1 && w.made == 1, "the driver hears of copies");
	is_int(same_files(), NMAP, "which are the same blocks");
	remove_files(MADE);
	is_int(one(&w, COPY, &lost, &e), 0, "from copies alone");
	ok(w.asked == 1, "in one try");
	move_copies();
}

static void
lost_copies(void)
{
	struct world w;
	struct lost lost = { 0 };
	struct err e = { 0 };

	is_int(one(&w, COPY, &lost, &e), 0, "copies that are not there");
	ok(w.asked == 2 && w.failed == COPY && w.made == 1,
	    "the driver hears which, and of the new ones");
	damage(COPY, 4, 1 << 20);
	is_int(one(&w, COPY, &lost, &e), 0, "a copy that is damaged half-way");
	ok(w.asked == 2 && w.failed == COPY, "is told, too");
	is_int(same_files(), NMAP, "what was copied is whole");
	stop(COPY);
	is_int(one(&w, COPY, &lost, &e), 0, "a place of copies that is gone");
	ok(w.asked == 2 && w.failed == COPY, "the same");
	start(COPY);
	remove_files(COPY);
	damage(MADE, 2, 5000);
	is_int(one(&w, -1, &lost, &e), ERR_LOST, "a damaged map output");
	ok(w.made == 0 && same_files() == 0, "leaves no copies");
	stop(MADE);
	is_int(one(&w, -1, &lost, &e), ERR_LOST, "map outputs that are gone");
	ok(lost.place == MADE && lost.map == -1, "are lost: %s", e.text);
}

static void
cancelled(void)
{
	struct world w;
	struct lost lost = { 0 };
	struct err e = { 0 };

	world_open(&w, -1);
	atomic_store(&cancel, 1);
	is_int(fetch(&w, &lost, &e), ERR_TEMP, "a cancel");
	world_close(&w);
	atomic_store(&cancel, 0);
}

int
main(void)
{
	if (mkdtemp(dir[MADE]) == NULL || mkdtemp(dir[COPY]) == NULL)
		return 1;
	start(MADE);
	start(COPY);
	write_maps();
	copies();
	lost_copies();
	cancelled();
	block_thread_stop(server[COPY]);
	remove_files(MADE);
	remove_files(COPY);
	ok(rmdir(dir[MADE]) == 0 && rmdir(dir[COPY]) == 0, "nothing stays");
	arena_release(&names);
	return done_testing();
}
