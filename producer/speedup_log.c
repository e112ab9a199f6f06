/* speedup_log.c: logs/speedup.csv, written by us and edited by people. */
#include "producer/speedup.h"

#include "common/parse.h"
#include "common/table/csvlog.h"
#include "common/table/csvtable.h"

#include <stdio.h>
#include <string.h>

static const char *const columns[] = {"timestamp", "jobId", "workers", "mode", "wallMs"};
enum { STAMP, JOB, WORKERS, MODE, WALL, COLUMNS };

enum dtq_err speedup_log(const char *path, const char *stamp, const char *job_id, unsigned workers,
                         const char *mode, double wall_ms, struct dtq_why *why)
{
    char count[24], wall[40];

    snprintf(count, sizeof count, "%u", workers);
    snprintf(wall, sizeof wall, "%.15g", wall_ms);
    return csvlog_append_once(
        path, columns, (const char *const[]){stamp, job_id, count, mode, wall}, COLUMNS, 2, why);
}

/* One line of the table. */
static enum dtq_err add_row(struct speedup *s, const char *const *cells, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];
    double workers, wall;

    if (!parse_real(cells[WORKERS], &workers))
        return err_set(why, DTQ_INPUT, "workers \"%s\" is no number",
                       parse_shown(cells[WORKERS], shown));
    if (!parse_real(cells[WALL], &wall))
        return err_set(why, DTQ_INPUT, "wallMs \"%s\" is no number",
                       parse_shown(cells[WALL], shown));
    return speedup_add(s, cells[MODE], workers, wall, why);
}

enum dtq_err speedup_read(const char *path, const char *only, struct speedup *out,
                          struct buf *warnings, struct dtq_why *why)
{
    struct csvtable *t = NULL;
    struct speedup s = {0};
    enum dtq_err err = csvtable_read(path, columns, COLUMNS, &t, why);
    size_t left_out = 0;

    if (err != DTQ_OK) return err;
    for (size_t i = 0; i < t->warnings_kept; i++)
        buf_printf(warnings, "%s, line %zu: %s; left out\n", path, t->warnings[i].line,
                   t->warnings[i].text);
    for (size_t row = 0; err == DTQ_OK && row < t->rows; row++) {
        const char *const *cells = t->cells + row * COLUMNS;
        struct dtq_why reason;

        if (only && strncmp(cells[JOB], only, strlen(only)) != 0) continue;
        err = add_row(&s, cells, &reason);
        if (err == DTQ_NOMEM) *why = reason;
        if (err != DTQ_INPUT) continue;
        if (left_out++ < CSVTABLE_WARNINGS)
            buf_printf(warnings, "%s, line %zu: %s; left out\n", path, t->lines[row], reason.text);
        err = DTQ_OK;
    }
    if (left_out > CSVTABLE_WARNINGS)
        buf_printf(warnings, "%s: %zu lines were left out in all\n", path, left_out + t->skipped);
    if (err == DTQ_OK && !s.run_count && only)
        err = err_set(why, DTQ_INPUT, "%s holds no run whose job id begins with \"%s\"", path,
                      only);
    else if (err == DTQ_OK && !s.run_count)
        err = err_set(why, DTQ_INPUT, "%s holds no run; trainings write it, and dtq speedup", path);
    if (err == DTQ_OK) {
        *out = s;
        s = (struct speedup){0};
    }
    speedup_clear(&s);
    csvtable_free(t);
    return err;
}
