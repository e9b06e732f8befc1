/*
 * master_drivers -- see master_drivers.h.
 */
#include "daemon/master_drivers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "daemon/driver_msg.h"

struct known {
	struct known *next;
	int link;                       /* of its worker */
	enum driver_state state;
	int code, restarts;
	char id[DRIVER_ID_SIZE], where[1024];
};

struct master_drivers {
	struct known *known;            /* newest first */
	int nknown, drawn;
	char id[DRIVER_ID_SIZE];
};

struct master_drivers *
master_drivers_new(void)
{
	return xcalloc(1, sizeof(struct master_drivers));
}

void
master_drivers_free(struct master_drivers *m)
{
	if (m == NULL)
		return;
	for (struct known *k = m->known, *next; k; k = next) {
		next = k->next;
		free(k);
	}
	free(m);
}

void
master_drivers_gone(struct master_drivers *m, int link)
{
	for (struct known *k = m->known; k; k = k->next) {
		if (k->link != link)
			continue;
		k->link = -1;
		if (k->state == DRIVER_RUNNING)
			k->state = DRIVER_LOST;
	}
}

static struct known *
find(const struct master_drivers *m, const char *id)
{
	struct known *k = m->known;

	while (k && strcmp(k->id, id) != 0)
		k = k->next;
	return k;
}

/* The oldest one that has ended makes room. */
static void
make_room(struct master_drivers *m)
{
	struct known **last = NULL, *k;

	for (struct known **at = &m->known; *at; at = &(*at)->next)
		if ((*at)->state != DRIVER_RUNNING)
			last = at;
	if (m->nknown < MASTER_DRIVERS_MAX || last == NULL)
		return;
	k = *last;
	*last = k->next;
	free(k);
	m->nknown--;
}

static struct known *
add(struct master_drivers *m, const char *id)
{
	struct known *k;

	make_room(m);
	k = xcalloc(1, sizeof *k);
	snprintf(k->id, sizeof k->id, "%s", id);
	k->next = m->known;
	m->known = k;
	m->nknown++;
	return k;
}

const char *
master_drivers_name(struct master_drivers *m)
{
	snprintf(m->id, sizeof m->id, "driver-%llx-%d",
	    (unsigned long long)clock_wall_us(), ++m->drawn);
	return m->id;
}

void
master_drivers_sent(struct master_drivers *m, const char *id, int link)
{
	if (find(m, id) == NULL)
		add(m, id)->link = link;
}

void
master_drivers_heard(struct master_drivers *m, int link,
    const struct driver_report *r)
{
	struct known *k = find(m, r->id);

	if (k == NULL)
		k = add(m, r->id);
	k->link = link;
	k->state = r->state;
	k->code = r->code;
	k->restarts = r->restarts;
	snprintf(k->where, sizeof k->where, "%s", r->where);
}

int
master_drivers_find(const struct master_drivers *m, const char *id,
    struct driver_report *r, int *link)
{
	const struct known *k = find(m, id);

	if (k == NULL)
		return 0;
	*r = (struct driver_report){ k->id, k->state, k->code, k->restarts,
	    k->where };
	*link = k->link;
	return 1;
}
