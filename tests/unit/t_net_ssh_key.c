/*
 * Kinds of key files, and the host keys that a server offers.
 */
#include <string.h>

#include "net/ssh_key.h"
#include "tap.h"

/* ssh-keygen -t ed25519, and the same with the passphrase "secret": only
 * the part that tells kind and encryption. */
static const char plain[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n"
    "QyNTUxOQAAACDIAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==\n"
    "-----END OPENSSH PRIVATE KEY-----\n";
static const char locked[] =
    "-----BEGIN OPENSSH PRIVATE KEY-----\n"
    "b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAAAAAAAEAAAAzAA\n"
    "AAC3NzaC1lZDI1NTE5AAAAIMgBAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
    "-----END OPENSSH PRIVATE KEY-----\n";

static void
look(const char *text, const char *kind, int encrypted, int public_only)
{
	struct ssh_key_facts f;

	is_int(ssh_key_look(text, strlen(text), &f), 0, "a key");
	is_str(f.kind, kind, "its kind");
	is_int(f.encrypted, encrypted, "needs a passphrase");
	is_int(f.public_only, public_only, "is only public");
}

static void
offers(const char *p, size_t n, const char *want)
{
	char list[64];

	list[0] = '\0';
	is_int((long long)ssh_hello_host_keys((const unsigned char *)p, n, list,
	    sizeof list), (long long)strlen(want), "length of the list");
	is_str(list, want, "host keys on offer");
}

int
main(void)
{
	static const char hello[] = "welcome\r\nSSH-2.0-OpenSSH_9.2p1\r\n"
	    "\0\0\0\x64\x04\x14" "0123456789abcdef" "\0\0\0\003abc"
	    "\0\0\0\x19rsa-sha2-512,rsa-sha2-256" "\0\0\0\0";
	struct ssh_key_facts f;
	char kind[40];

	look(plain, "ssh-ed25519", 0, 0);
	ok(ssh_key_look(plain, strlen(plain), &f) == 0 && f.nblob == 51,
	    "its public key is seen");
	look(locked, "ssh-ed25519", 1, 0);
	look("-----BEGIN RSA PRIVATE KEY-----\nMII\n", "ssh-rsa", 0, 0);
	look("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n",
	    "ecdsa", 1, 0);
	look("-----BEGIN PRIVATE KEY-----\nMII\n", "", 0, 0);
	look("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n", "", 1, 0);
	look("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMgB me@here\n",
	    "ssh-ed25519", 0, 1);
	is_int(ssh_key_look("", 0, &f), -1, "an empty file");
	is_int(ssh_key_look("a text", 6, &f), -1, "a text");
	is_int(ssh_key_look("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", 41,
	    &f), -1, "a broken key");

	is_int(ssh_key_is_rsa("rsa-sha2-512"), 1, "RSA");
	is_int(ssh_key_is_rsa("ssh-ed25519"), 0, "not RSA");
	is_int((long long)ssh_blob_kind((const unsigned char *)"\0\0\0\011ab", 6,
	    kind, sizeof kind), 0, "a short blob");

	offers(hello, sizeof hello - 1, "rsa-sha2-512,rsa-sha2-256");
	for (size_t n = 0; n < sizeof hello - 33; n++) {
		char list[64];

		if (ssh_hello_host_keys((const unsigned char *)hello, n, list,
		    sizeof list) != 0)
			ok(0, "%zu bytes of it are not enough", n);
	}
	offers("HTTP/1.1 400 Bad Request\r\n\r\n", 28, "");
	return done_testing();
}
