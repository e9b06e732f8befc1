/*
 * made_maps -- see made_maps.h.
 */
#include "executor/made_maps.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "store/map_file.h"

enum { NAME_SIZE = 64 };

struct made {
	char name[NAME_SIZE];
	ino_t inode;
	struct timespec time;
};

struct made_maps {
	pthread_mutex_t lock;
	struct made *v;
	int n, cap;
};

struct made_maps *
made_maps_new(void)
{
	struct made_maps *m = xcalloc(1, sizeof *m);

	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void
made_maps_free(struct made_maps *m)
{
	if (m == NULL)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m->v);
	free(m);
}

void
made_maps_add(struct made_maps *m, const char *dir, int job, int stage,
    int map, int attempt)
{
	struct arena a = { 0 };
	const char *path = map_file_path(&a, map_file_prefix(&a, dir, job,
	    stage), map, attempt);
	struct stat st;

	if (stat(path, &st) == 0) {
		struct made *x;

		pthread_mutex_lock(&m->lock);
		if (m->n == m->cap) {
			m->cap = m->cap ? 2 * m->cap : 64;
			m->v = xrealloc(m->v, (size_t)m->cap * sizeof *m->v);
		}
		x = &m->v[m->n++];
		snprintf(x->name, sizeof x->name, "%s",
		    strrchr(path, '/') + 1);
		x->inode = st.st_ino;
		x->time = st.st_mtim;
		pthread_mutex_unlock(&m->lock);
	}
	arena_release(&a);
}

static int
is_same(const struct made *x, const struct stat *st)
{
	return x->inode == st->st_ino && x->time.tv_sec == st->st_mtim.tv_sec &&
	    x->time.tv_nsec == st->st_mtim.tv_nsec;
}

static void
remove_own(struct made_maps *m, int dir, const char *prefix, size_t n)
{
	struct stat st;
	int kept = 0;

	pthread_mutex_lock(&m->lock);
	for (int i = 0; i < m->n; i++) {
		struct made *x = &m->v[i];

		if (strncmp(x->name, prefix, n) != 0)
			m->v[kept++] = *x;
		else if (fstatat(dir, x->name, &st, 0) == 0 && is_same(x, &st))
			unlinkat(dir, x->name, 0);
	}
	m->n = kept;
	pthread_mutex_unlock(&m->lock);
}

static int
is_old(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 &&
	    time(NULL) - st.st_mtim.tv_sec > MADE_OLD_S;
}

void
made_maps_remove(struct made_maps *m, const char *dir, int job, int stage)
{
	char prefix[NAME_SIZE];
	DIR *d = opendir(dir);
	struct dirent *x;
	int n = snprintf(prefix, sizeof prefix, "map-%03d-", job);

	if (d == NULL)
		return;
	if (stage >= 0)
		n += snprintf(prefix + n, sizeof prefix - (size_t)n, "%03d-",
		    stage);
	remove_own(m, dirfd(d), prefix, (size_t)n);
	while ((x = readdir(d)) != NULL)
		if (strncmp(x->d_name, prefix, (size_t)n) == 0 &&
		    (stage < 0 || is_old(dirfd(d), x->d_name)))
			unlinkat(dirfd(d), x->d_name, 0);
	closedir(d);
}
