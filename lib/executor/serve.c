/*
 * serve -- see serve.h.
 */
#include "executor/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#include "store/map_file.h"

struct stage_source {           /* of one stage's blocks */
	struct serve *serve;
	int job, stage;
};

static const char *
node_id(struct arena *a)
{
	char boot[64] = "", host[256] = "";
	struct stat st = { 0 };
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ssize_t n = read(fd, boot, sizeof boot - 1);

		boot[n > 0 ? n : 0] = '\0';
		boot[strcspn(boot, "\n")] = '\0';
		close(fd);
	}
	gethostname(host, sizeof host - 1);
	stat("/proc/self/ns/mnt", &st);
	return arena_printf(a, "%s-%llu-%s", boot,
	    (unsigned long long)st.st_ino, host);
}

int
serve_open(struct serve *s, const struct setup_msg *m, const char *dir,
    struct err *e)
{
	(void)m;
	(void)e;
	memset(s, 0, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	s->node = node_id(&s->arena);
	s->dir = arena_strdup(&s->arena, dir);
	return 0;
}

void
serve_close(struct serve *s)
{
	arena_release(&s->arena);
}

void
serve_tell(const struct serve *s, struct ready_msg *m)
{
	static char host[256];

	gethostname(host, sizeof host - 1);
	m->host = host;
	m->node = s->node;
	m->address = s->address;
	m->dir = s->dir;
}

int
serve_place(struct serve *s, const struct place_msg *m, struct err *e)
{
	(void)e;
	pthread_mutex_lock(&s->lock);
	while (s->nplace <= m->place) {
		ARENA_GROW(&s->arena, s->place, s->nplace, s->place_cap);
		s->place[s->nplace++] = (struct place_msg){ .place = -1 };
	}
	s->place[m->place] = *m;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static const char *
dir_of(struct serve *s, int place)
{
	const char *dir = NULL;

	pthread_mutex_lock(&s->lock);
	if (place >= 0 && place < s->nplace && s->place[place].place >= 0 &&
	    strcmp(s->place[place].node, s->node) == 0)
		dir = s->place[place].dir;
	pthread_mutex_unlock(&s->lock);
	return dir;
}

static int
fetch_one(const struct stage_source *s, const struct block_want *w, int i,
    bool list_only, const struct block_sink *sink, struct err *e)
{
	const char *dir = dir_of(s->serve, w->place);
	struct arena a = { 0 };
	struct map_file f;
	uint64_t first = 0;
	int64_t n, end;
	int r;

	if (dir == NULL)
		return err_set(e, ERR_LOST, "map output %d of stage %d is "
		    "nowhere", w->map, s->stage);
	r = map_file_open(&f, map_file_prefix(&a, dir, s->job, s->stage),
	    w->map, w->attempt, e);
	arena_release(&a);
	if (r < 0)
		return r;
	n = map_file_blocks(&f, w->lo, w->hi, &first);
	end = w->count < 0 ? n : w->first + w->count;
	for (int64_t k = w->first; k < end && r >= 0; k++) {
		const struct block *b = &f.index.block[first + (uint64_t)k];
		char *room = NULL;

		if (!list_only) {
			room = xmalloc(BLOCK_HEAD + (size_t)b->stored);
			r = block_read_bytes(f.fd, b, room, BLOCK_HEAD +
			    (size_t)b->stored, e);
		}
		if (r >= 0)
			r = sink->got(sink->arg, i, b, room, e);
		free(room);
	}
	map_file_close(&f);
	return r;
}

static int
fetch(void *arg, const struct block_want *want, int n, bool list_only,
    const struct block_sink *sink, struct lost *lost, struct err *e)
{
	for (int i = 0; i < n; i++) {
		int r = fetch_one(arg, &want[i], i, list_only, sink, e);

		if (r < 0) {
			*lost = (struct lost){ 0, want[i].place, want[i].map };
			return r;
		}
	}
	return 0;
}

struct block_source
serve_source(struct serve *s, struct arena *a, int job, int stage)
{
	struct stage_source *x = NEW(a, struct stage_source);

	*x = (struct stage_source){ s, job, stage };
	return (struct block_source){ x, fetch };
}
