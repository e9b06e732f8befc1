/*
 * limits -- what the kernel lets this process have, and what became of those
 * that wanted more.
 *
 * Files: a driver holds a connection per executor, a block server a file per
 * map output; the usual soft limit of 1024 is too small for both.  It is
 * raised to the hard one, but to no more than LIMITS_FILES: some old
 * programs, started by a pipe, close every number up to the limit.
 *
 * Memory: a process in a memory cgroup (v1 or v2) can ask how often the
 * kernel has killed one of the group for want of memory.  Cost: a few small
 * reads.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <stddef.h>
#include <stdint.h>

enum { LIMITS_FILES = 131072 };

/* For the start of a program. */
void limits_raise_files(void);

/* Nothing that this process starts, nor itself, leaves a core file: tasks
 * work on other people's data, and large heaps fill disks. */
void limits_no_core(void);

enum limits_version { LIMITS_V1 = 1, LIMITS_V2 = 2 };

/* The directory of the group that bounds the memory of the process whose
 * /proc/PID/cgroup is the file self, below root (/sys/fs/cgroup).  Returns
 * its version; 0: there is none. */
int limits_find_group(const char *root, const char *self, char *to, size_t n);

/* How often the kernel has killed a process of this group. */
int64_t limits_group_kills(const char *dir);

/* The same of the group of this process; 0 when there is none. */
int64_t limits_own_kills(void);

/* Bytes that the group of this process may have; 0: as many as there are. */
int64_t limits_own_bytes(void);

#endif
