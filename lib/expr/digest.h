/*
 * digest -- MD5 (RFC 1321), SHA-1 and SHA-2 (RFC 6234), CRC-32 (ISO 3309),
 * written down here because linking a TLS library for them would cost every
 * start of a process.  They are for data, not for keeping secrets.
 */
#ifndef EXPR_DIGEST_H
#define EXPR_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_MAX 64

void digest_md5(const void *p, size_t n, uint8_t out[16]);
void digest_sha1(const void *p, size_t n, uint8_t out[20]);

/* bits: 224, 256, 384 or 512; writes bits / 8 bytes. */
void digest_sha2(const void *p, size_t n, int bits, uint8_t *out);

uint32_t digest_crc32(const void *p, size_t n);

#endif
