/*
 * key -- see key.h.
 */
#include "net/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"

int
key_make(unsigned char key[KEY_BYTES], struct err *e)
{
	if (getrandom(key, KEY_BYTES, 0) != KEY_BYTES)
		return err_sys(e, "could not get random bytes for a key");
	return 0;
}

void
key_forget(unsigned char key[KEY_BYTES])
{
	explicit_bzero(key, KEY_BYTES);
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Private to us, and a plain file? */
static int
key_check(int fd, const char *file, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, "key file \"%s\"", file);
	if (!S_ISREG(st.st_mode))
		return err_user(e, EXIT_CONFIG, "key file \"%s\" is not a "
		    "plain file", file);
	if (st.st_mode & 077) {
		err_user(e, EXIT_PERM, "key file \"%s\" may be read by others "
		    "(mode %04o)", file, (unsigned)st.st_mode & 07777);
		return err_hint(e, "chmod 600 '%s'; if others have seen it, "
		    "make a new key", file);
	}
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_user(e, EXIT_PERM, "key file \"%s\" belongs to "
		    "another user (%u)", file, (unsigned)st.st_uid);
	return 0;
}

int
key_parse(unsigned char key[KEY_BYTES], const char *hex, size_t n)
{
	while (n > 0 && strchr(" \t\r\n", hex[n - 1]))
		n--;
	if (n != KEY_HEX)
		return -1;
	for (int i = 0; i < KEY_BYTES; i++) {
		int hi = digit(hex[2 * i]), lo = digit(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		key[i] = (unsigned char)(hi << 4 | lo);
	}
	return 0;
}

int
key_read(unsigned char key[KEY_BYTES], const char *file, struct err *e)
{
	char hex[KEY_HEX + 8];
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;
	int r;

	if (fd < 0 && errno == ENOENT) {
		err_user(e, EXIT_CONFIG, "there is no key file \"%s\"", file);
		return err_hint(e, "copy the one of the cluster to there, or "
		    "name it with sp.cluster.key.file");
	}
	if (fd < 0)
		return err_sys(e, "could not open key file \"%s\"", file);
	r = key_check(fd, file, e);
	if (r == 0) {
		n = read(fd, hex, sizeof hex);
		r = n < 0 ? err_sys(e, "could not read key file \"%s\"", file) :
		    key_parse(key, hex, (size_t)n) < 0 ?
		    err_user(e, EXIT_CONFIG, "key file \"%s\" is not one line "
		    "of %d hexadecimal digits", file, KEY_HEX) : 0;
	}
	explicit_bzero(hex, sizeof hex);
	close(fd);
	return r;
}

/* Makes the directories above file that are missing. */
static int
parents_make(const char *file, struct err *e)
{
	struct text t = { 0 };
	int r = 0;

	text_adds(&t, file);
	for (char *p = t.p + 1; r == 0 && t.n && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(t.p, 0700) < 0 && errno != EEXIST)
			r = err_sys(e, "could not make directory \"%s\"",
			    t.p);
		*p = '/';
	}
	text_release(&t);
	return r;
}

/* Written under another name and linked: nobody sees half a key. */
int
key_write(const unsigned char key[KEY_BYTES], const char *file, struct err *e)
{
	char hex[KEY_HEX + 1];
	struct text t = { 0 };
	int fd, r = 0;

	TRY(parents_make(file, e));
	for (int i = 0; i < KEY_BYTES; i++) {
		hex[2 * i] = "0123456789abcdef"[key[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
	}
	hex[KEY_HEX] = '\n';
	text_addf(&t, "%s.%ld~", file, (long)getpid());
	unlink(t.p);
	fd = open(t.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		r = err_sys(e, "could not make key file \"%s\"", file);
	} else {
		if (write(fd, hex, sizeof hex) != sizeof hex || fsync(fd) < 0)
			r = err_sys(e, "could not write key file \"%s\"",
			    file);
		else if (link(t.p, file) < 0)
			r = errno == EEXIST ? err_user(e, EXIT_CANTCREATE,
			    "key file \"%s\" exists already", file) :
			    err_sys(e, "could not make key file \"%s\"", file);
		close(fd);
		unlink(t.p);
	}
	explicit_bzero(hex, sizeof hex);
	text_release(&t);
	return r;
}

void
key_file(struct text *t)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (config && config[0] == '/')
		text_addf(t, "%s/sp/cluster.key", config);
	else
		text_addf(t, "%s/.config/sp/cluster.key", home ? home : "");
}
