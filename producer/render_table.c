/* render_table.c: what jobs found out about tables, as text for people. */
#include "producer/render.h"

#include "common/fields.h"

#include <stdio.h>
#include <string.h>

enum { NAME_LEAST = 6, NAME_MOST = 30 };

/* The name, or the place of a column that has none: y for the label, x1 ... for others. */
static const char *name_of(const cJSON *column, unsigned *feature, char *text, size_t size)
{
    bool label = fields_bool(column, "label", false);

    if (!label) ++*feature;
    if (label)
        snprintf(text, size, "y");
    else
        snprintf(text, size, "x%u", *feature);
    return fields_text(column, "name", text);
}

static int name_width(const cJSON *columns)
{
    const cJSON *column;
    unsigned feature = 0;
    int width = NAME_LEAST;

    cJSON_ArrayForEach(column, columns)
    {
        char text[24];
        int len = (int)strlen(name_of(column, &feature, text, sizeof text));

        if (len > width) width = len < NAME_MOST ? len : NAME_MOST;
    }
    return width;
}

void render_stats(const cJSON *report, struct buf *out)
{
    static const char *const numbers[] = {"mean", "std", "min", "max"};
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(report, "columns"), *column;
    int width = name_width(columns);
    unsigned feature = 0;

    if (!columns) return;
    buf_printf(out, "%-*s  %10s  %8s", width, "column", "count", "missing");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        buf_printf(out, "  %12s", numbers[i]);
    buf_text(out, "\n");
    cJSON_ArrayForEach(column, columns)
    {
        char text[24];
        struct buf plain = {0};

        render_plain(name_of(column, &feature, text, sizeof text), &plain);
        buf_printf(out, "%-*.*s  %10.0f  %8.0f", width, width, plain.data ? plain.data : "",
                   fields_real(column, "count", 0), fields_real(column, "missing", 0));
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            buf_printf(out, "  %12.6g", fields_real(column, numbers[i], 0));
        buf_text(out, fields_bool(column, "label", false) ? "  label\n" : "\n");
        if (plain.failed) out->failed = true;
        buf_clear(&plain);
    }
}

void render_prediction(const struct queue_job *job, const cJSON *report, struct buf *out)
{
    buf_printf(out, "rows      %.0f to %.0f of %.0f\n", fields_real(report, "skip", 0) + 1,
               fields_real(report, "skip", 0) + fields_real(report, "rows", 0),
               fields_real(report, "fileRows", 0));
    if (cJSON_GetObjectItemCaseSensitive(report, "accuracy"))
        buf_printf(out, "accuracy  %.6g\n", fields_real(report, "accuracy", 0));
    if (cJSON_GetObjectItemCaseSensitive(report, "rmse"))
        buf_printf(out, "RMSE      %.6g\n", fields_real(report, "rmse", 0));
    buf_printf(out, "they are printed by dtq predict %s, or with --out FILE written\n", job->id);
}
