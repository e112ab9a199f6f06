/* render_table.c: what jobs found out about tables, as text for people. */
#include "producer/render.h"

#include "common/fields.h"

#include <stdio.h>
#include <string.h>

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

void render_stats(const cJSON *report, const struct screen *screen, struct buf *out)
{
    static const struct table_column columns[] = {
        {"COLUMN", 0, 8, false}, {"COUNT", 5, 0, true}, {"MISSING", 4, 0, true},
        {"MEAN", 0, 0, true},    {"STD", 1, 0, true},   {"MIN", 2, 0, true},
        {"MAX", 2, 0, true},     {"", 3, 0, false},
    };
    static const char *const numbers[] = {"mean", "std", "min", "max"};
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(report, "columns"), *column;
    unsigned feature = 0;
    struct table t;

    if (!list) return;
    table_init(&t, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(column, list)
    {
        bool missing = fields_real(column, "missing", 0) > 0;
        char text[24];

        table_cell(&t, TONE_PLAIN, "%s", name_of(column, &feature, text, sizeof text));
        table_cell(&t, TONE_PLAIN, "%.0f", fields_real(column, "count", 0));
        table_cell(&t, missing ? TONE_CALM : TONE_PLAIN, "%.0f", fields_real(column, "missing", 0));
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            table_cell(&t, TONE_PLAIN, "%.6g", fields_real(column, numbers[i], 0));
        table_cell(&t, TONE_DIM, "%s", fields_bool(column, "label", false) ? "label" : "");
    }
    table_draw(&t, screen, out);
    table_clear(&t);
}

void render_prediction(const struct queue_job *job, const cJSON *report,
                       const struct screen *screen, struct buf *out)
{
    buf_printf(out, "rows %.0f to %.0f of %.0f\n", fields_real(report, "skip", 0) + 1,
               fields_real(report, "skip", 0) + fields_real(report, "rows", 0),
               fields_real(report, "fileRows", 0));
    render_figures(report, "", screen, out);
    buf_printf(out, "dtq predict %s prints them, or writes them with --out FILE\n", job->id);
}
