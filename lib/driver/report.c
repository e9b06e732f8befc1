/*
 * report -- see report.h.
 */
#include "driver/report.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "driver/events.h"
#include "driver/progress.h"
#include "event/run_figures.h"

int
report_write(struct app *a, struct err *e)
{
	struct text t = { 0 };
	FILE *f;
	int bad;

	if (a->report == NULL || a->events == NULL)
		return 0;
	f = fopen(a->report, "we");
	if (f == NULL)
		return err_sys(e, "could not write the report \"%s\"",
		    a->report);
	run_figures_print(events_figures(a->events), &t);
	bad = fwrite(t.p, 1, t.n, f) != t.n;
	text_release(&t);
	bad |= fclose(f) != 0;
	return bad ? err_sys(e, "could not write the report \"%s\"",
	    a->report) : 0;
}

static int
read_log(const char *path, struct text *t, struct err *e)
{
	ssize_t n = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", path);
	while (n > 0) {
		n = read(fd, text_room(t, 65536), 65536);
		t->n += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		err_sys(e, "could not read \"%s\"", path);
	close(fd);
	return n < 0 ? e->kind : 0;
}

int
report_from(const char *path, struct err *e)
{
	struct run_figures figures = { 0 };
	struct text t = { 0 };
	int r = read_log(path, &t, e);

	if (r >= 0)
		r = run_figures_read(&figures, path, t.p ? t.p : "", t.n, e);
	text_clear(&t);
	if (r >= 0) {
		run_figures_print(&figures, &t);
		if (fwrite(t.p, 1, t.n, stdout) != t.n || fflush(stdout) != 0)
			r = err_sys(e, "could not write to stdout");
	}
	text_release(&t);
	run_figures_release(&figures);
	return r;
}

static double
peak_rss_mb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_maxrss / 1024;
}

void
report_summary(const struct app *a)
{
	struct text t = { 0 };

	text_addf(&t, "%d job%s, %" PRId64 " rows out, ", a->njob,
	    a->njob == 1 ? "" : "s", a->rows_out);
	text_add_size(&t, (double)a->bytes_in);
	text_addf(&t, " read, %.3f s, peak %.0f MB",
	    (double)(clock_mono_us() - a->start_us) / 1e6, peak_rss_mb());
	progress_say("%s", text_str(&t));
	text_release(&t);
}
