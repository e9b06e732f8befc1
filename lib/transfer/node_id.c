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
boot_id(char to[BOOT_ID_MAX])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, to, BOOT_ID_MAX - 1);

	to[n > 0 ? n : 0] = '\0';
	to[strcspn(to, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

void
node_id(char to[NODE_ID_MAX])
{
	char boot[BOOT_ID_MAX];
	struct stat st;

	to[0] = '\0';
	boot_id(boot);
	if (boot[0] && stat("/proc/self/ns/mnt", &st) == 0)
		snprintf(to, NODE_ID_MAX, "%s:%llu", boot,
		    (unsigned long long)st.st_ino);
}
