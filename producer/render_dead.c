/* render_dead.c: tasks that were given up, as text for people. */
#include "producer/render.h"

#include "common/clock.h"
#include "common/fields.h"

/* "code: message", as it may stand on a terminal. */
static void reason_of(const cJSON *letter, struct buf *out)
{
    render_plain(fields_text(letter, "code", ""), out);
    buf_text(out, ": ");
    render_plain(fields_text(letter, "message", ""), out);
}

void render_letters(const cJSON *letters, const struct screen *screen, struct buf *out)
{
    static const struct table_column columns[] = {
        {"TASK", 0, 0, false}, {"GIVEN UP", 4, 0, false}, {"ATTEMPTS", 2, 0, true},
        {"LOST", 3, 0, true},  {"REASON", 0, 20, false},
    };
    const cJSON *letter;
    struct table t;

    if (!cJSON_GetArraySize(letters)) {
        buf_text(out, "no dead letters\n");
        return;
    }
    table_init(&t, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(letter, letters)
    {
        char stamp[25];

        clock_stamp(stamp, (int64_t)fields_real(letter, "atMs", 0));
        table_cell(&t, TONE_PLAIN, "%s", fields_text(letter, "id", ""));
        table_cell(&t, TONE_DIM, "%.19sZ", stamp);
        table_cell(&t, TONE_PLAIN, "%.0f", fields_real(letter, "attempts", 0));
        table_cell(&t, TONE_PLAIN, "%.0f", fields_real(letter, "lost", 0));
        table_cell(&t, TONE_BAD, "%s: %s", fields_text(letter, "code", ""),
                   fields_text(letter, "message", ""));
    }
    table_draw(&t, screen, out);
    table_clear(&t);
}

void render_letter(const cJSON *letter, struct buf *out)
{
    char stamp[25];

    clock_stamp(stamp, (int64_t)fields_real(letter, "atMs", 0));
    buf_printf(out, "task      %s\ngiven up  %s, on worker %s\nreason    ",
               fields_text(letter, "id", ""), stamp, fields_text(letter, "worker", ""));
    reason_of(letter, out);
    buf_printf(out, "\nattempts  %.0f\nlost      %.0f workers\nspec      ",
               fields_real(letter, "attempts", 0), fields_real(letter, "lost", 0));
    render_plain(fields_text(letter, "spec", ""), out);
    buf_text(out, "\n");
}
