/*
 * report -- see report.h.
 */
#include "driver/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"

static void
add_stage(struct text *t, const struct stage *s, const struct stage_figures *f)
{
	text_addf(t, "{\"stage\":%d,\"root\":\"%s\",\"tasks\":%d,"
	    "\"failed_attempts\":%d,\"rows_in\":%" PRId64 ",\"bytes_in\":%"
	    PRId64 ",\"rows_out\":%" PRId64 ",\"bytes_out\":%" PRId64
	    ",\"spilled_bytes\":%" PRId64 ",\"wall_ms\":%.3f,\"cpu_ms\":%.3f}",
	    s->id, node_name(s->root), f->tasks, f->failed, f->rows_in,
	    f->bytes_in, f->rows_out, f->bytes_out, f->spilled,
	    f->start_us ? (double)(f->end_us - f->start_us) / 1e3 : 0.0,
	    (double)f->cpu_us / 1e3);
}

void
report_job(struct app *a, const struct stages *s,
    const struct stage_figures *f, const struct pool *pool,
    const struct err *failed)
{
	struct text *t = &a->report_jobs;

	if (a->report == NULL)
		return;
	text_addf(t, "%s{\"job\":%d,\"status\":\"%s\"", t->n ? "," : "",
	    a->njob, failed ? "failed" : "done");
	if (failed) {
		text_adds(t, ",\"error\":");
		text_add_json(t, failed->text, strlen(failed->text));
	}
	text_addf(t, ",\"peak_pool_bytes\":%" PRId64 ",\"stages\":[",
	    atomic_load(&((struct pool *)(uintptr_t)pool)->peak));
	for (int i = 0; i < s->n; i++) {
		if (i)
			text_addc(t, ',');
		add_stage(t, &s->stage[i], &f[i]);
	}
	text_adds(t, "]}");
}

static double
peak_rss_mb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_maxrss / 1024;
}

int
report_write(struct app *a, int exit_code, struct err *e)
{
	const char *name = conf_get(&a->conf, "spark.app.name");
	struct text quoted = { 0 };
	FILE *f;
	int bad;

	if (a->report == NULL)
		return 0;
	f = fopen(a->report, "we");
	if (f == NULL)
		return err_sys(e, "could not write the report \"%s\"",
		    a->report);
	text_add_json(&quoted, name, strlen(name));
	fprintf(f, "{\"name\":%s,\"exit\":%d,\"wall_ms\":%.3f,"
	    "\"peak_rss_mb\":%.1f,\"jobs\":[%s]}\n", text_str(&quoted), exit_code,
	    (double)(clock_mono_us() - a->start_us) / 1e3, peak_rss_mb(),
	    text_str(&a->report_jobs));
	text_release(&quoted);
	bad = ferror(f);
	bad |= fclose(f);
	return bad ? err_sys(e, "could not write the report \"%s\"",
	    a->report) : 0;
}

void
report_summary(const struct app *a)
{
	struct text t = { 0 };

	text_addf(&t, "%d job%s, %" PRId64 " rows out, ", a->njob,
	    a->njob == 1 ? "" : "s", a->rows_out);
	text_add_size(&t, (double)a->bytes_in);
	text_addf(&t, " read, %.3f s, peak %.0f MB\n",
	    (double)(clock_mono_us() - a->start_us) / 1e6, peak_rss_mb());
	fputs(text_str(&t), stderr);
	text_release(&t);
}
