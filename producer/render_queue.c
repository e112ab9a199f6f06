/* render_queue.c: queues, and tasks that wait to be tried again, as text for people. */
#include "producer/render.h"

#include "common/fields.h"

void render_queues(const cJSON *queues, const struct screen *screen, struct buf *out)
{
    static const struct table_column columns[] = {
        {"QUEUE", 0, 0, false},  {"WAITING", 0, 0, true}, {"RUNNING", 0, 0, true},
        {"READY", 0, 0, true},   {"RETRY", 3, 0, true},   {"DEAD", 2, 0, true},
        {"WORKERS", 0, 0, true}, {"MASTERS", 4, 0, true}, {"STATE", 1, 8, false},
    };
    static const char *const numbers[] = {"waiting", "running", "ready",  "delayed",
                                          "dead",    "workers", "masters"};
    const cJSON *row;
    struct table t;

    if (!cJSON_GetArraySize(queues)) {
        buf_text(out, "no queues yet; the first job, master or worker creates one\n");
        return;
    }
    table_init(&t, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(row, queues)
    {
        bool paused = fields_bool(row, "paused", false);
        bool draining = fields_bool(row, "draining", false);

        table_cell(&t, TONE_PLAIN, "%s", fields_text(row, "queue", ""));
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            double parked = i == 2 ? fields_real(row, "parked", 0) : 0;

            table_cell(&t, TONE_PLAIN, "%.0f", fields_real(row, numbers[i], 0) + parked);
        }
        table_cell(&t, TONE_CALM, "%s%s%s", paused ? "paused" : "", paused && draining ? ", " : "",
                   draining ? "draining" : "");
    }
    table_draw(&t, screen, out);
    table_clear(&t);
}

void render_retries(const cJSON *tasks, const struct screen *screen, struct buf *out)
{
    static const struct table_column columns[] = {
        {"TASK", 0, 0, false},
        {"DUE IN", 0, 0, true},
        {"ATTEMPTS", 2, 0, true},
        {"LAST ERROR", 0, 20, false},
    };
    const cJSON *task;
    struct table t;

    if (!cJSON_GetArraySize(tasks)) {
        buf_text(out, "no task is waiting for a retry\n");
        return;
    }
    table_init(&t, columns, sizeof columns / sizeof *columns);
    cJSON_ArrayForEach(task, tasks)
    {
        struct buf due = {0};

        render_duration((int64_t)fields_real(task, "dueInMs", 0), &due);
        table_cell(&t, TONE_PLAIN, "%s", fields_text(task, "task", ""));
        table_cell(&t, TONE_PLAIN, "%s", due.failed ? "" : due.data);
        table_cell(&t, TONE_PLAIN, "%.0f of %.0f", fields_real(task, "attempts", 0),
                   fields_real(task, "maxAttempts", 0));
        table_cell(&t, TONE_BAD, "%s", fields_text(task, "message", "no longer known"));
        buf_clear(&due);
    }
    table_draw(&t, screen, out);
    table_clear(&t);
}
