/*
 * share -- see share.h.
 *
 * A file is mapped between two pages of zeros, so that loops may read a
 * little past both ends.
 */
#include "format/share.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/datafile.h"

struct share_file {
	struct share_file *next;
	char   *path;
	void   *base;           /* of the mapping, with its pages of zeros */
	size_t  room;
	int64_t size;
	int     tried;          /* to map it */
	pthread_mutex_t lock;   /* of state */
	uint8_t *state;         /* of pieces [0, nstate) */
	int64_t nstate, cap;
};

struct share {
	pthread_mutex_t lock;
	struct share_file *file;
};

void *
share_new(const struct scan *scan)
{
	struct share *s = xcalloc(1, sizeof *s);

	(void)scan;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void
share_free(void *share)
{
	struct share *s = share;
	struct share_file *f, *next;

	if (s == NULL)
		return;
	for (f = s->file; f; f = next) {
		next = f->next;
		if (f->base)
			munmap(f->base, f->room);
		pthread_mutex_destroy(&f->lock);
		free(f->state);
		free(f->path);
		free(f);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct share_file *
file_find(struct share *s, const char *path)
{
	struct share_file *f;

	for (f = s->file; f && strcmp(f->path, path) != 0; f = f->next)
		;
	if (f)
		return f;
	f = xcalloc(1, sizeof *f);
	f->path = xmalloc(strlen(path) + 1);
	memcpy(f->path, path, strlen(path) + 1);
	pthread_mutex_init(&f->lock, NULL);
	f->next = s->file;
	s->file = f;
	return f;
}

/* The entry of a file, made when it is new; never NULL. */
static struct share_file *
share_file(struct share *s, const char *path)
{
	struct share_file *f;

	pthread_mutex_lock(&s->lock);
	f = file_find(s, path);
	pthread_mutex_unlock(&s->lock);
	return f;
}

static void
file_map(struct share_file *f)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n;
	struct stat st;
	char *base;
	int fd;

	if (datafile_is_far(f->path))
		return;
	fd = open(f->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
		close(fd);
		return;
	}
	n = ((size_t)st.st_size + page - 1) / page * page;
	base = mmap(NULL, n + 2 * page, PROT_READ,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base != MAP_FAILED && mmap(base + page, (size_t)st.st_size,
	    PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		munmap(base, n + 2 * page);
		base = MAP_FAILED;
	}
	close(fd);
	if (base == MAP_FAILED)
		return;
	madvise(base + page, (size_t)st.st_size, MADV_SEQUENTIAL);
	f->base = base;
	f->room = n + 2 * page;
	f->size = st.st_size;
}

const char *
share_map(struct share *s, const char *path, int64_t *size)
{
	struct share_file *f;

	pthread_mutex_lock(&s->lock);
	f = file_find(s, path);
	if (!f->tried)
		file_map(f);
	f->tried = 1;
	pthread_mutex_unlock(&s->lock);
	*size = f->size;
	return f->base ? (char *)f->base + sysconf(_SC_PAGESIZE) : NULL;
}

int
share_state(struct share *s, const char *path, int64_t n, share_step *step,
    void *arg, struct err *e)
{
	struct share_file *f = share_file(s, path);
	int state = 0;

	pthread_mutex_lock(&f->lock);
	if (n > f->nstate) {
		if (n > f->cap) {
			f->cap = n * 2;
			f->state = xrealloc(f->state, (size_t)f->cap);
		}
		state = f->nstate ? f->state[f->nstate - 1] : 0;
		while (f->nstate < n && state >= 0) {
			state = step(arg, f->nstate, state, e);
			if (state >= 0)
				f->state[f->nstate++] = (uint8_t)state;
		}
	} else if (n > 0) {
		state = f->state[n - 1];
	}
	pthread_mutex_unlock(&f->lock);
	return state;
}
