/*
 * map_cache -- see map_cache.h.
 *
 * A table of chains by a hash of the key, and a list by time of use.  Files
 * are opened outside the lock: two threads that miss at once open it twice,
 * and the second's is thrown away.
 *
 * Maps of an action have a name once.  Those of kept relations (job 0) may be
 * made again under the same one: an open file must still be the one that has
 * the name, or it is not used any more.
 */
#include "transfer/map_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "io/fd.h"
#include "store/block_cache.h"
#include "store/map_image.h"

enum { SLOTS = 1024, OPEN_LEAST = 16 };

#define BYTES_MAX ((int64_t)64 << 20)

struct entry {
	struct map_file file;           /* first: put gets its address */
	char *dir;
	struct map_key key;             /* its dir is the one above */
	int64_t bytes, used_ms;
	int users;
	bool gone;                      /* close it when it is put back */
	dev_t dev;                      /* of a file of job 0 */
	ino_t inode;
	struct entry *chain;
	struct entry *older, *newer;
};

struct map_cache {
	pthread_mutex_t lock;
	struct map_cache_conf conf;
	struct entry *slot[SLOTS];
	struct entry *oldest, *newest;
	int n;
	int64_t bytes;
};

struct map_cache *
map_cache_new(const struct map_cache_conf *conf)
{
	struct map_cache *c = xcalloc(1, sizeof *c);
	struct rlimit r;

	c->conf = *conf;
	if (c->conf.open_max == 0 && getrlimit(RLIMIT_NOFILE, &r) == 0)
		c->conf.open_max = r.rlim_cur > 1 << 16 ? 1 << 14 :
		    (int)r.rlim_cur / 4;
	if (c->conf.open_max < OPEN_LEAST)
		c->conf.open_max = OPEN_LEAST;
	if (c->conf.bytes_max == 0)
		c->conf.bytes_max = BYTES_MAX;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static uint32_t
slot_of(const struct map_key *k)
{
	uint64_t h = hash_sum(k->dir, strlen(k->dir));

	h = hash_combine(h, (uint64_t)k->job << 32 | (uint32_t)k->stage);
	h = hash_combine(h, (uint64_t)k->map << 32 | (uint32_t)k->attempt);
	return (uint32_t)(h % SLOTS);
}

static bool
same_key(const struct map_key *a, const struct map_key *b)
{
	return a->map == b->map && a->stage == b->stage && a->job == b->job &&
	    a->attempt == b->attempt && strcmp(a->dir, b->dir) == 0;
}

static void
list_out(struct map_cache *c, struct entry *t)
{
	*(t->older ? &t->older->newer : &c->oldest) = t->newer;
	*(t->newer ? &t->newer->older : &c->newest) = t->older;
	t->older = t->newer = NULL;
}

static void
list_in(struct map_cache *c, struct entry *t)
{
	t->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = t;
	c->newest = t;
}

static void
entry_free(struct entry *t)
{
	map_file_close(&t->file);
	free(t->dir);
	free(t);
}

/* Nobody finds it any more; it is freed unless somebody uses it. */
static void
entry_drop(struct map_cache *c, struct entry *t)
{
	struct entry **at = &c->slot[slot_of(&t->key)];

	while (*at != t)
		at = &(*at)->chain;
	*at = t->chain;
	list_out(c, t);
	c->n--;
	c->bytes -= t->bytes;
	t->gone = true;
	if (t->users == 0)
		entry_free(t);
}

void
map_cache_free(struct map_cache *c)
{
	while (c->oldest)
		entry_drop(c, c->oldest);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void
make_room(struct map_cache *c)
{
	struct entry *t = c->oldest;

	while (t && (c->n > c->conf.open_max || c->bytes >
	    c->conf.bytes_max)) {
		struct entry *next = t->newer;

		if (t->users == 0)
			entry_drop(c, t);
		t = next;
	}
}

static struct entry *
find(struct map_cache *c, const struct map_key *k)
{
	struct entry *t = c->slot[slot_of(k)];

	while (t && !same_key(&t->key, k))
		t = t->chain;
	return t;
}

static struct entry *
entry_use(struct map_cache *c, struct entry *t)
{
	t->users++;
	t->used_ms = clock_mono_ms();
	list_out(c, t);
	list_in(c, t);
	return t;
}

/* The blocks must lie one behind the other: they are read in runs. */
static int
check_runs(const struct map_file *f, int map, struct err *e)
{
	int64_t at = 0;

	for (uint64_t i = 0; i < f->index.nblock; i++) {
		if (f->index.block[i].at != at)
			return err_set(e, ERR_LOST, "the output of map %d has "
			    "gaps", map);
		at += BLOCK_HEAD + (int64_t)f->index.block[i].stored;
	}
	return 0;
}

/* Has another file, or none, the name by now?  While it is open nobody else
 * gets its inode. */
static bool
is_replaced(const struct entry *t)
{
	struct arena a = { 0 };
	const struct map_key *k = &t->key;
	struct stat st;
	bool same;

	if (k->job != 0)
		return false;
	same = stat(map_file_path(&a, map_file_prefix(&a, k->dir, k->job,
	    k->stage), k->map, k->attempt), &st) == 0 &&
	    st.st_dev == t->dev && st.st_ino == t->inode;
	arena_release(&a);
	return !same;
}

/* One that is open and good, for use; with the lock. */
static struct entry *
find_good(struct map_cache *c, const struct map_key *k)
{
	struct entry *t = find(c, k);

	if (t && is_replaced(t)) {
		entry_drop(c, t);
		t = NULL;
	}
	return t ? entry_use(c, t) : NULL;
}

static int
entry_open(struct entry **out, const struct map_key *k, struct err *e)
{
	struct arena a = { 0 };
	struct map_file f;
	struct entry *t;
	struct stat st = { 0 };
	int r;

	r = map_file_open(&f, map_file_prefix(&a, k->dir, k->job, k->stage),
	    k->map, k->attempt, e);
	arena_release(&a);
	TRY(r);
	if (check_runs(&f, k->map, e) < 0) {
		map_file_close(&f);
		return e->kind;
	}
	*out = t = xcalloc(1, sizeof *t);
	fstat(f.fd, &st);
	t->dev = st.st_dev;
	t->inode = st.st_ino;
	t->file = f;
	t->key = *k;
	t->dir = xmalloc(strlen(k->dir) + 1);
	t->key.dir = memcpy(t->dir, k->dir, strlen(k->dir) + 1);
	t->bytes = (int64_t)(sizeof *t + f.index.npart *
	    sizeof *f.index.part + f.index.nblock * 40);
	return 0;
}

/* One that this process keeps in memory: not in the table, so that it is held
 * while it is read only. */
static struct entry *
kept_entry(struct map_cache *c, const struct map_key *k)
{
	struct block_key key = { k->stage, k->map, k->attempt };
	struct map_image *m;
	struct entry *t;

	if (c->conf.kept == NULL || k->job != 0 ||
	    strcmp(k->dir, c->conf.kept_dir) != 0)
		return NULL;
	m = block_cache_get(c->conf.kept, &key);
	if (m == NULL)
		return NULL;
	t = xcalloc(1, sizeof *t);
	map_file_of_image(&t->file, m);
	t->users = 1;
	t->gone = true;
	return t;
}

int
map_cache_get(struct map_cache *c, const struct map_key *k,
    struct map_file **out, struct err *e)
{
	struct entry *t = kept_entry(c, k), *made = NULL;

	if (t) {
		*out = &t->file;
		return 0;
	}

	pthread_mutex_lock(&c->lock);
	t = find_good(c, k);
	pthread_mutex_unlock(&c->lock);
	if (t) {
		*out = &t->file;
		return 0;
	}
	TRY(entry_open(&made, k, e));
	pthread_mutex_lock(&c->lock);
	t = find_good(c, k);
	if (t == NULL) {
		t = made;
		made = NULL;
		t->chain = c->slot[slot_of(k)];
		c->slot[slot_of(k)] = t;
		list_in(c, t);
		c->n++;
		c->bytes += t->bytes;
		t->users = 1;
		t->used_ms = clock_mono_ms();
	}
	make_room(c);
	pthread_mutex_unlock(&c->lock);
	if (made)
		entry_free(made);
	*out = &t->file;
	return 0;
}

void
map_cache_put(struct map_cache *c, struct map_file *f)
{
	struct entry *t = (struct entry *)(void *)f;

	pthread_mutex_lock(&c->lock);
	if (--t->users == 0 && t->gone)
		entry_free(t);
	else
		make_room(c);
	pthread_mutex_unlock(&c->lock);
}

void
map_cache_sweep(struct map_cache *c, int64_t idle_ms)
{
	int64_t until = clock_mono_ms() - idle_ms;
	struct entry *t, *next;

	pthread_mutex_lock(&c->lock);
	for (t = c->oldest; t && t->used_ms <= until; t = next) {
		next = t->newer;
		if (t->users == 0)
			entry_drop(c, t);
	}
	pthread_mutex_unlock(&c->lock);
}

void
map_cache_forget(struct map_cache *c, const char *dir, int job)
{
	struct entry *t, *next;

	pthread_mutex_lock(&c->lock);
	for (t = c->oldest; t; t = next) {
		next = t->newer;
		if ((job < 0 || t->key.job == job) &&
		    strcmp(t->key.dir, dir) == 0)
			entry_drop(c, t);
	}
	pthread_mutex_unlock(&c->lock);
}

int
map_read(const struct map_file *f, int64_t at, char *to, size_t n,
    struct err *e)
{
	ssize_t r;

	if (f->image && map_image_read(f->image, at, to, n))
		return 0;
	r = fd_read_at(f->fd, to, n, at, "blocks.read");

	if (r < 0) {
		err_sys(e, "could not read the output of map %u",
		    f->index.map);
		e->kind = ERR_TEMP;
		return ERR_TEMP;
	}
	if ((size_t)r < n)
		return err_set(e, ERR_LOST, "the output of map %u is shorter "
		    "than its index says", f->index.map);
	return 0;
}
