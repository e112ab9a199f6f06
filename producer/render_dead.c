/* render_dead.c: tasks that were given up, as text for people. */
#include "producer/render.h"

#include "common/clock.h"
#include "common/fields.h"

#include <stdio.h>
#include <string.h>

enum {
    TASK_LEAST = 6,
    REASON_LEAST = 12, /* however long the ids are: they are there to be typed again */
    BESIDE = 41,       /* columns of a row besides task and reason */
};

/* The first columns of a text, with "..." at the end when there is more of it; characters of
 * several bytes are not cut through. */
static void cut(const char *text, int columns, struct buf *out)
{
    size_t kept = 0, len = strlen(text);
    int count = 0;

    for (size_t i = 0; i < len; i++) {
        if ((text[i] & 0xc0) == 0x80) continue; /* goes on with the character before */
        if (count++ == columns - 3) kept = i;
    }
    buf_add(out, text, count > columns ? kept : len);
    if (count > columns) buf_text(out, "...");
}

static int task_width(const cJSON *letters)
{
    const cJSON *letter;
    size_t width = TASK_LEAST;

    cJSON_ArrayForEach(letter, letters)
    {
        size_t len = strlen(fields_text(letter, "id", ""));

        if (len > width) width = len;
    }
    return (int)width;
}

/* "code: message", as it may stand on a terminal. */
static void reason_of(const cJSON *letter, struct buf *out)
{
    render_plain(fields_text(letter, "code", ""), out);
    buf_text(out, ": ");
    render_plain(fields_text(letter, "message", ""), out);
}

void render_letters(const cJSON *letters, int columns, struct buf *out)
{
    const cJSON *letter;
    int width = task_width(letters), left = columns - width - BESIDE;

    if (!cJSON_GetArraySize(letters)) {
        buf_text(out, "no dead letters\n");
        return;
    }
    if (left < REASON_LEAST) left = REASON_LEAST;
    buf_printf(out, "%-*s  %-20s  %8s %6s  %s\n", width, "TASK", "GIVEN UP", "ATTEMPTS", "LOST",
               "REASON");
    cJSON_ArrayForEach(letter, letters)
    {
        struct buf reason = {0};
        char stamp[25];

        clock_stamp(stamp, (int64_t)fields_real(letter, "atMs", 0));
        buf_printf(out, "%-*s  %.19sZ  %8.0f %6.0f  ", width, fields_text(letter, "id", ""), stamp,
                   fields_real(letter, "attempts", 0), fields_real(letter, "lost", 0));
        reason_of(letter, &reason);
        if (reason.failed)
            out->failed = true;
        else
            cut(reason.data, left, out);
        buf_text(out, "\n");
        buf_clear(&reason);
    }
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
