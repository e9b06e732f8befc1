/*
 * groups -- see groups.h: an array of atomic numbers, 0 where a place is free.
 */
#include "io/groups.h"

#include <signal.h>
#include <stdatomic.h>

#define PLACES 4096

static atomic_int place[PLACES];
static atomic_int used;         /* places that were ever taken */

void
groups_add(pid_t group)
{
	for (int i = 0; i < PLACES; i++) {
		int none = 0, n = atomic_load(&used);

		if (!atomic_compare_exchange_strong(&place[i], &none, group))
			continue;
		while (n <= i && !atomic_compare_exchange_weak(&used, &n,
		    i + 1))
			;
		return;
	}
}

void
groups_remove(pid_t group)
{
	for (int i = 0; i < atomic_load(&used); i++) {
		int mine = group;

		if (atomic_compare_exchange_strong(&place[i], &mine, 0))
			return;
	}
}

void
groups_kill(void)
{
	for (int i = 0; i < atomic_load(&used); i++) {
		int group = atomic_load(&place[i]);

		if (group > 0)
			kill(-group, SIGKILL);
	}
}
