/*
 * node_id -- see node_id.h.
 */
#include "transfer/node_id.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
node_id(char to[NODE_ID_MAX])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char boot[64];
	struct stat st;
	ssize_t n = fd < 0 ? -1 : read(fd, boot, sizeof boot - 1);

	to[0] = '\0';
	if (fd >= 0)
		close(fd);
	if (n <= 0 || stat("/proc/self/ns/mnt", &st) < 0)
		return;
	boot[n] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
	snprintf(to, NODE_ID_MAX, "%s:%llu", boot,
	    (unsigned long long)st.st_ino);
}
