/*
 * said -- see said.h.
 */
#include "exec/said.h"

#include "exec/task.h"

static void
say(struct said *s, const struct task *t)
{
	static const char more[] = "(what else it says is not shown)";
	bool before = s->total <= SAID_MAX;

	s->total += s->line.n + 1;
	if (s->total <= SAID_MAX)
		t->env->say(t->env->say_arg, t, text_str(&s->line), s->line.n);
	else if (before)
		t->env->say(t->env->say_arg, t, more, sizeof more - 1);
	text_clear(&s->line);
}

void
said_add(struct said *s, const struct task *t, const char *p, size_t n)
{
	const char *end = p + n;

	if (t->env->say == NULL)
		return;
	while (p < end) {
		size_t most = SAID_LINE - s->line.n;
		size_t left = (size_t)(end - p) < most ? (size_t)(end - p) :
		    most;
		const char *nl = memchr(p, '\n', left);

		text_add(&s->line, p, nl ? (size_t)(nl - p) : left);
		p += nl ? (size_t)(nl - p) + 1 : left;
		if (nl || s->line.n == SAID_LINE)
			say(s, t);
	}
}

void
said_end(struct said *s, const struct task *t)
{
	if (s->line.n)
		say(s, t);
	text_release(&s->line);
}
