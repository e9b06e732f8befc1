/*
 * fuzz_pools -- any bytes as Spark's file of pools (driver/pools.h).
 */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "driver/conf.h"
#include "driver/pools.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena a = { 0 };
	struct conf c = { 0 };
	struct err e = { 0 };
	char path[64];
	int fd = memfd_create("pools", MFD_CLOEXEC);

	assert(fd >= 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	conf_init(&c, &a);
	assert(pools_read(&c, path, &e) == 0 || e.kind);
	close(fd);
	arena_release(&a);
	return 0;
}
