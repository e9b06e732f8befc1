/*
 * send_files -- see send_files.h.
 */
#include "executor/send_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "executor/outbox.h"
#include "io/tree.h"
#include "net/proto.h"
#include "store/commit.h"

#define PIECE ((size_t)1 << 20)

static int
send_pieces(struct send_file *s, int fd, struct err *e)
{
	char *buf = xmalloc(PIECE);
	struct text t = { 0 };
	int r = 0;
	ssize_t n;

	s->msg.at = 0;
	do {
		n = pread(fd, buf, PIECE, s->msg.at);
		if (n < 0) {
			r = err_sys(e, "could not read \"%s\" back",
			    s->msg.name);
			break;
		}
		s->msg.p = buf;
		s->msg.n = (size_t)n;
		text_clear(&t);
		out_data_msg_print(&t, &s->msg);
		if (atomic_load(s->cancel) ||
		    !outbox_put_data(s->out, FRAME_OUT_DATA, &t))
			r = err_set(e, ERR_TEMP, "the job has ended");
		s->msg.at += n;
	} while (n > 0 && r >= 0);
	free(buf);
	text_release(&t);
	return r;
}

int
send_file_at(struct send_file *s, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	r = fd < 0 ? err_sys(e, "could not open \"%s\"", path) :
	    send_pieces(s, fd, e);
	if (fd >= 0)
		close(fd);
	unlink(path);
	return r;
}

int
send_file(struct send_file *s, const char *name, struct err *e)
{
	struct arena a = { 0 };
	const char *path;
	int r;

	s->msg.name = name;
	r = output_path(s->output, s->msg.part, s->msg.attempt, name, &a,
	    &path, e);
	if (r >= 0)
		r = send_file_at(s, path, e);
	arena_release(&a);
	return r;
}

/* The files of one directory, whose name ends with the hash. */
static int
send_dir(struct send_file *s, const char *dir, const char *hash, int stage,
    struct err *e)
{
	struct text path = { 0 }, name = { 0 };
	DIR *d = opendir(dir);
	struct dirent *f;
	int r = 0;

	while (d && r >= 0 && (f = readdir(d)) != NULL) {
		if (f->d_name[0] == '.')
			continue;
		text_clear(&path);
		text_addf(&path, "%s/%s", dir, f->d_name);
		text_clear(&name);
		text_addf(&name, "%d:%s:%s", stage, hash, f->d_name);
		s->msg.name = text_str(&name);
		r = send_file_at(s, text_str(&path), e);
	}
	if (d)
		closedir(d);
	text_release(&path);
	text_release(&name);
	return r;
}

int
send_bad(struct send_file *s, const char *scratch, const char *prefix,
    int stage, struct err *e)
{
	size_t n = strlen(prefix);
	struct text dir = { 0 };
	DIR *d = opendir(scratch);
	struct dirent *f;
	int r = 0;

	s->msg.output = OUT_DATA_BAD;
	while (d && r >= 0 && (f = readdir(d)) != NULL) {
		if (strncmp(f->d_name, prefix, n) != 0)
			continue;
		text_clear(&dir);
		text_addf(&dir, "%s/%s", scratch, f->d_name);
		r = send_dir(s, text_str(&dir), f->d_name + n, stage, e);
		tree_remove(text_str(&dir));
	}
	if (d)
		closedir(d);
	text_release(&dir);
	return r;
}

void
send_bad_drop(const char *scratch, const char *prefix)
{
	DIR *d = opendir(scratch);
	struct text dir = { 0 };
	struct dirent *f;

	while (d && (f = readdir(d)) != NULL) {
		if (strncmp(f->d_name, prefix, strlen(prefix)) != 0)
			continue;
		text_clear(&dir);
		text_addf(&dir, "%s/%s", scratch, f->d_name);
		tree_remove(text_str(&dir));
	}
	if (d)
		closedir(d);
	text_release(&dir);
}

bool
send_file_is_here(const struct job_output *o, struct arena *a)
{
	struct stat st;

	return stat(output_staging_lock(o->staging, a), &st) == 0 &&
	    (uint64_t)st.st_ino == o->inode &&
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec ==
	    o->mtime_ns && access(o->staging, W_OK) == 0;
}

void
send_file_remove(const char *dir)
{
	tree_remove(dir);
}
