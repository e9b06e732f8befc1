/*
 * ssh_key -- see ssh_key.h.
 *
 * OpenSSH's private key file is base64 of "openssh-key-v1\0", the names of
 * cipher and key derivation, and the public key: enough to see both kind and
 * encryption.  PEM names the kind in its first line.  The server's KEXINIT
 * is read because libssh2 tells that nothing is in common, not what the
 * server has.
 */
#include "net/ssh_key.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "net/known_hosts.h"

/* A view that is cut from the front; short reads empty it. */
struct view {
	const unsigned char *p;
	size_t n;
};

static uint32_t
view_u32(struct view *v)
{
	uint32_t x;

	if (v->n < 4) {
		v->n = 0;
		return 0;
	}
	x = (uint32_t)v->p[0] << 24 | (uint32_t)v->p[1] << 16 |
	    (uint32_t)v->p[2] << 8 | v->p[3];
	v->p += 4;
	v->n -= 4;
	return x;
}

static struct view
view_string(struct view *v)
{
	uint32_t n = view_u32(v);
	struct view s = { v->p, n };

	if (n > v->n) {
		v->n = 0;
		return (struct view){ v->p, 0 };
	}
	v->p += n;
	v->n -= n;
	return s;
}

static size_t
view_text(struct view v, char *to, size_t size)
{
	size_t n = 0;

	for (; n < v.n && n + 1 < size && v.p[n] > ' ' && v.p[n] < 127; n++)
		to[n] = (char)v.p[n];
	to[n] = '\0';
	return n;
}

size_t
ssh_blob_kind(const unsigned char *p, size_t n, char *to, size_t size)
{
	struct view v = { p, n };

	return view_text(view_string(&v), to, size);
}

int
ssh_key_is_rsa(const char *kind)
{
	return strncmp(kind, "ssh-rsa", 7) == 0 ||
	    strncmp(kind, "rsa-sha2-", 9) == 0;
}

static void
blob_keep(struct view v, struct ssh_key_facts *f)
{
	if (v.n <= sizeof f->blob) {
		memcpy(f->blob, v.p, v.n);
		f->nblob = v.n;
	}
	ssh_blob_kind(v.p, v.n, f->kind, sizeof f->kind);
}

/* The base64 lines after the first one; the beginning of them will do. */
static int
look_openssh(const char *p, const char *end, struct ssh_key_facts *f)
{
	static const char magic[] = "openssh-key-v1";
	char packed[2048];
	unsigned char raw[1536];
	struct view v, cipher;
	size_t n = 0;
	long got;

	for (; p < end && *p != '-' && n < sizeof packed; p++)
		if (*p != '\n' && *p != '\r' && *p != ' ')
			packed[n++] = *p;
	got = base64_get(raw, sizeof raw, packed, n);
	if (got < (long)sizeof magic || memcmp(raw, magic, sizeof magic) != 0)
		return -1;
	v = (struct view){ raw + sizeof magic, (size_t)got - sizeof magic };
	cipher = view_string(&v);
	f->encrypted = cipher.n != 4 || memcmp(cipher.p, "none", 4) != 0;
	view_string(&v);                /* key derivation */
	view_string(&v);                /* its options */
	view_u32(&v);                   /* number of keys */
	v = view_string(&v);
	blob_keep(v, f);
	return 0;
}

/* "ssh-ed25519 AAAA... comment": what a .pub file has. */
static int
look_public(const char *p, const char *end, struct ssh_key_facts *f)
{
	unsigned char raw[SSH_BLOB_MAX];
	const char *key = memchr(p, ' ', (size_t)(end - p)), *stop;
	long n;

	if (!key)
		return -1;
	key++;
	for (stop = key; stop < end && *stop > ' '; )
		stop++;
	n = base64_get(raw, sizeof raw, key, (size_t)(stop - key));
	if (n < 0)
		return -1;
	f->public_only = 1;
	blob_keep((struct view){ raw, (size_t)n }, f);
	return f->kind[0] ? 0 : -1;
}

static int
has(const char *p, size_t n, const char *s)
{
	return memmem(p, n, s, strlen(s)) != NULL;
}

int
ssh_key_look(const char *p, size_t n, struct ssh_key_facts *f)
{
	static const struct {
		const char *name, *kind;
	} pem[] = {
		{ "OPENSSH", "" },
		{ "RSA", "ssh-rsa" },
		{ "EC", "ecdsa" },
		{ "DSA", "ssh-dss" },
		{ "ENCRYPTED", "" },
		{ "", "" },
	};
	const char *end = p + n, *begin, *name;
	char line[64];

	*f = (struct ssh_key_facts){ 0 };
	begin = memmem(p, n, "-----BEGIN ", 11);
	if (!begin)
		return look_public(p, end, f);
	name = begin + 11;
	for (size_t i = 0; i < sizeof pem / sizeof *pem; i++) {
		int len = snprintf(line, sizeof line, "%s%sPRIVATE KEY-----",
		    pem[i].name, *pem[i].name ? " " : "");

		if (end - name < len || memcmp(name, line, (size_t)len) != 0)
			continue;
		if (i == 0)
			return look_openssh(name + len, end, f);
		snprintf(f->kind, sizeof f->kind, "%s", pem[i].kind);
		f->encrypted = i == 4 || has(name, (size_t)(end - name),
		    "Proc-Type: 4,ENCRYPTED");
		return 0;
	}
	return -1;
}

size_t
ssh_hello_host_keys(const unsigned char *p, size_t n, char *to, size_t size)
{
	struct view v = { p, n };
	uint32_t length;

	/* Lines until the one that begins with SSH-. */
	for (;;) {
		const unsigned char *end = memchr(v.p, '\n', v.n);
		int banner = v.n >= 4 && memcmp(v.p, "SSH-", 4) == 0;

		if (!end)
			return 0;
		v.n -= (size_t)(end + 1 - v.p);
		v.p = end + 1;
		if (banner)
			break;
	}
	length = view_u32(&v);
	/* Padding length, SSH_MSG_KEXINIT, a cookie of 16 bytes. */
	if (length < 18 || v.n < 18 || v.p[1] != 20)
		return 0;
	v.p += 18;
	v.n -= 18;
	view_string(&v);                /* key exchange */
	return view_text(view_string(&v), to, size);
}
