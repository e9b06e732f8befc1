/*
 * sched -- random jobs under random trouble, each replayable by its seed.
 *
 * A model of executors takes the orders, answers late, twice or not at all,
 * fails attempts, loses map outputs and whole executors.  Checked after each
 * event: no task starts before its inputs are complete, none runs twice at
 * once, attempt numbers only grow, an executor never has more than its
 * slots; in the end the job is done exactly when all tasks are, or it failed
 * for a reason that was given.
 */
#include "base/arena.h"
#include "base/err.h"
#include "sched/sched.h"
#include "tap.h"

#define STAGES 6
#define PARTS 20
#define EXECS 4
#define FLIGHT 4096

struct task {
	int running, done, exec, attempt, launches, began;
};

struct model {
	uint64_t rng;
	struct sched *s;
	struct sched_stage stage[STAGES];
	int in[STAGES][STAGES], nstage;
	struct task task[STAGES][PARTS];
	int planned[STAGES], up[EXECS], slots[EXECS], used[EXECS];
	struct sched_event flight[FLIGHT];      /* answers on their way */
	int nflight, finished, failed, excuse, now, read[STAGES];
	const char *wrong;
};

static uint32_t
draw(struct model *m, uint32_t n)
{
	m->rng ^= m->rng << 13;
	m->rng ^= m->rng >> 7;
	m->rng ^= m->rng << 17;
	return (uint32_t)((m->rng >> 11) % n);
}

static void
wrong(struct model *m, const char *why)
{
	if (m->wrong == NULL)
		m->wrong = why;
}

static void
post(struct model *m, struct sched_event ev)
{
	if (m->nflight < FLIGHT)
		m->flight[m->nflight++] = ev;
}

static int
complete(const struct model *m, int stage)
{
	for (int p = 0; p < m->planned[stage]; p++)
		if (!m->task[stage][p].done)
			return 0;
	return m->planned[stage] > 0;
}

static void
start_task(struct model *m, const struct sched_order *o, int part)
{
	struct task *t = &m->task[o->stage][part];
	struct sched_event ev = { .stage = o->stage, .part = part,
	    .attempt = o->attempt, .exec = o->exec, .place = o->exec,
	    .kind = EV_TASK_DONE };
	uint32_t luck = draw(m, 100);

	if (t->running)
		wrong(m, "a task runs twice at once");
	if (t->done)
		wrong(m, "a done task was launched");
	if (t->launches && o->attempt <= t->attempt)
		wrong(m, "an attempt number came again");
	if (!m->up[o->exec] || m->used[o->exec] >= m->slots[o->exec])
		wrong(m, "an executor got more than its slots");
	for (int i = 0; i < m->stage[o->stage].nin; i++)
		if (!complete(m, m->in[o->stage][i]) && t->launches == 0 &&
		    !m->excuse)
			wrong(m, "a task began before its inputs were there");
	m->used[o->exec]++;
	*t = (struct task){ 1, 0, o->exec, o->attempt, t->launches + 1,
	    m->now };
	if (luck < 6) {
		ev.kind = EV_TASK_FAILED;
		ev.why = ERR_TEMP;
	} else if (luck < 8 && m->stage[o->stage].nin) {
		ev.kind = EV_TASK_FAILED;
		ev.why = ERR_LOST;
		ev.lost_stage = m->in[o->stage][0];
		ev.lost_part = (int)draw(m,
		    (uint32_t)m->planned[ev.lost_stage]);
	}
	post(m, ev);
	if (draw(m, 10) == 0)
		post(m, ev);            /* twice */
}

static void
obey(struct model *m, const struct sched_orders *out)
{
	for (int i = 0; i < out->n; i++) {
		const struct sched_order *o = &out->v[i];

		if (m->finished || m->failed)
			wrong(m, "an order after the end");
		if (o->kind == ORDER_PLAN)
			post(m, (struct sched_event){ .kind = EV_STAGE_PARTS,
			    .stage = o->stage,
			    .part = 1 + (int)draw(m, PARTS) });
		for (int p = 0; o->kind == ORDER_LAUNCH && p < o->n; p++)
			start_task(m, o, o->part + p);
		if (o->kind == ORDER_STAGE_DONE && !complete(m, o->stage))
			wrong(m, "a stage was done too early");
		m->finished |= o->kind == ORDER_FINISH;
		m->failed |= o->kind == ORDER_FAIL;
	}
}

static void
tell(struct model *m, const struct sched_event *ev)
{
	struct sched_orders out = { 0 };

	sched_event(m->s, ev, &out);
	obey(m, &out);
	sched_orders_release(&out);
}

/* What the answer means to the model, when it is the first of its kind. */
static void
account(struct model *m, const struct sched_event *ev)
{
	struct task *t = &m->task[ev->stage][ev->part];

	if (ev->kind == EV_STAGE_PARTS) {
		m->planned[ev->stage] = ev->part;
		return;
	}
	if (!t->running || t->attempt != ev->attempt || t->exec != ev->exec)
		return;
	t->running = 0;
	m->used[ev->exec]--;
	t->done = ev->kind == EV_TASK_DONE;
	if (ev->kind == EV_TASK_FAILED && ev->why == ERR_LOST) {
		struct task *lost = &m->task[ev->lost_stage][ev->lost_part];

		if (lost->began <= t->began)    /* else it is a new one */
			lost->done = 0;
		m->excuse = 1;          /* readers may be on their way */
	}
}

static void
lose_executor(struct model *m)
{
	int x = (int)draw(m, EXECS);

	m->up[x] = m->used[x] = 0;
	m->excuse = 1;
	for (int s = 0; s < m->nstage; s++)
		for (int p = 0; p < m->planned[s]; p++)
			if (m->task[s][p].exec == x) {
				m->task[s][p].running = 0;
				m->task[s][p].done &= !m->read[s];
			}
	tell(m, &(struct sched_event){ .kind = EV_EXEC_LOST, .exec = x,
	    .now_ms = m->now });
}

static void
raise_executor(struct model *m)
{
	int x = (int)draw(m, EXECS);

	if (m->up[x])
		return;
	m->up[x] = 1;
	m->slots[x] = 1 + (int)draw(m, 5);
	tell(m, &(struct sched_event){ .kind = EV_EXEC_UP, .exec = x,
	    .place = x, .slots = m->slots[x], .now_ms = m->now });
}

static void
make_job(struct model *m)
{
	struct sched_conf conf = { .max_failures = 4,
	    .max_stage_attempts = 4 };

	m->nstage = 1 + (int)draw(m, STAGES);
	for (int i = 0; i < m->nstage; i++) {
		for (int k = 0; k < i; k++)
			if (draw(m, 2))
				m->in[i][m->stage[i].nin++] = k;
		for (int k = 0; k < m->stage[i].nin; k++)
			m->read[m->in[i][k]] = 1;
		m->stage[i].in = m->in[i];
	}
	m->s = sched_new(&conf);
	sched_add(m->s, m->stage, m->nstage, 0);
}

static const char *
run(uint64_t seed, int *finished)
{
	static struct model model;
	struct model *m = &model;
	int steps = 0;

	memset(m, 0, sizeof *m);
	m->rng = seed * 0x9e3779b97f4a7c15u + 1;
	make_job(m);
	tell(m, &(struct sched_event){ .kind = EV_START, .now_ms = 1 });
	while (!m->finished && !m->failed && !m->wrong && steps++ < 200000) {
		m->now = steps;
		if (draw(m, 300) == 0)
			lose_executor(m);
		raise_executor(m);
		if (m->nflight) {       /* any of them: reordered */
			int i = (int)draw(m, (uint32_t)m->nflight);
			struct sched_event ev = m->flight[i];

			m->flight[i] = m->flight[--m->nflight];
			ev.now_ms = steps;
			account(m, &ev);
			tell(m, &ev);
		}
	}
	for (int i = 0; m->finished && i < m->nstage; i++)
		if (!complete(m, i) && !m->excuse)
			wrong(m, "finished with tasks that are not done");
	if (!m->finished && !m->failed)
		wrong(m, "the job never ends");
	*finished = m->finished;
	sched_free(m->s);
	return m->wrong;
}

/* Events about nothing: numbers that were never given. */
static void
garbage(uint64_t seed)
{
	struct sched_conf conf = { .max_failures = 4, .max_stage_attempts = 4,
	    .ahead = 4, .speculation = 1, .exclude_exec = 3,
	    .spec_multiplier = 150 };
	static const int in[] = { 0, 1, 2 };
	const struct sched_stage stage[4] = { { 0 }, { .nin = 1, .in = in },
	    { .commits = 1, .nin = 2, .in = in }, { .nin = 1, .in = in + 1 } };
	struct model m = { .rng = seed * 0x9e3779b97f4a7c15u + 1 };
	struct sched_orders out = { 0 };

	m.s = sched_new(&conf);
	sched_add(m.s, stage, 4, 0);
	sched_add(m.s, stage, 3, 5);
	for (int i = 0; i < 400; i++) {
		struct sched_event ev = { .now_ms = i * 10 };
		int *field[] = { &ev.job, &ev.exec, &ev.slots, &ev.host,
		    &ev.place, &ev.stage, &ev.part, &ev.attempt,
		    &ev.lost_stage, &ev.lost_part, &ev.lost_place };

		ev.kind = (enum sched_event_kind)draw(&m, EV_TICK + 2);
		for (int k = 0; k < 11; k++)
			*field[k] = (int)draw(&m, draw(&m, 9) ? 4 : 40) - 1;
		ev.why = -1 - (int)draw(&m, 4);
		ev.place_stays = (int)draw(&m, 2);
		ev.rowset = draw(&m, 2);
		sched_event(m.s, &ev, &out);
		for (int k = 0; k < 2; k++)
			sched_count(m.s, k);
	}
	sched_orders_release(&out);
	sched_free(m.s);
}

int
main(void)
{
	int seeds = 20000, bad = 0, finished = 0;

	for (int i = 0; i < seeds && bad < 5; i++) {
		int f = 0;
		const char *why = run((uint64_t)i + 1, &f);

		finished += f;
		if (why) {
			printf("# seed %d: %s\n", i + 1, why);
			bad++;
		}
	}
	ok(bad == 0, "%d seeds keep the invariants", seeds);
	ok(finished > seeds / 2, "%d of %d jobs were done in spite of it",
	    finished, seeds);
	for (int i = 0; i < 3000; i++)
		garbage((uint64_t)i);
	ok(1, "events about what is not there do no harm");
	return done_testing();
}
