/*
 * keep_files -- see keep_files.h.
 */
#include "store/keep_files.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/blockfile.h"

#define FILES 8

struct keep_files {
	struct keep_file {
		pthread_mutex_t writing;
		struct blockfile *_Atomic file; /* set once */
	} v[FILES];
	_Atomic unsigned turn;
};

struct keep_files *
keep_files_new(void)
{
	struct keep_files *k = xcalloc(1, sizeof *k);

	for (int i = 0; i < FILES; i++)
		pthread_mutex_init(&k->v[i].writing, NULL);
	return k;
}

void
keep_files_free(struct keep_files *k)
{
	for (int i = 0; k && i < FILES; i++) {
		blockfile_close(atomic_load(&k->v[i].file));
		pthread_mutex_destroy(&k->v[i].writing);
	}
	free(k);
}

/* The number of the map's file, or of the next one in turn. */
static int
number_of(struct keep_files *k, const struct blockfile *file)
{
	for (int i = 0; file && i < FILES; i++)
		if (atomic_load(&k->v[i].file) == file)
			return i;
	return (int)(atomic_fetch_add(&k->turn, 1) % FILES);
}

int
keep_files_begin(struct keep_files *k, const char *dir,
    struct blockfile **file, struct err *e)
{
	int i = number_of(k, *file), r = 0;

	pthread_mutex_lock(&k->v[i].writing);
	*file = atomic_load(&k->v[i].file);
	if (*file == NULL)
		r = blockfile_new(file, dir, e);
	if (r < 0) {
		pthread_mutex_unlock(&k->v[i].writing);
		return r;
	}
	atomic_store(&k->v[i].file, *file);
	return i;
}

void
keep_files_end(struct keep_files *k, int number)
{
	pthread_mutex_unlock(&k->v[number].writing);
}
