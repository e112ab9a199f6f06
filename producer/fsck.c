/* fsck.c: `dtq fsck`: looks at a queue while everything runs, tells what is wrong in words, and
 * mends it when asked to. */
#include "producer/command.h"
#include "producer/interrupt.h"

#include "common/queue/findings.h"

#include <inttypes.h>
#include <string.h>

enum {
    AGAIN_MS = 300, /* between two looks; what a step of a worker or master leaves open is over */
    SHOWN = 20,     /* of one kind, in words */
};

/* Looks twice when the first look shows anything. The census is the last one. */
static enum dtq_err look(struct queue *q, struct census *c, struct findings *f, struct dtq_why *why)
{
    struct findings first = {0};
    enum dtq_err err = census_read(q, c, why);

    if (err == DTQ_OK) err = findings_judge(c, f, why);
    if (err != DTQ_OK || !f->count) return err;
    interrupt_nap(AGAIN_MS);
    first = *f;
    memset(f, 0, sizeof *f);
    census_clear(c);
    err = census_read(q, c, why);
    if (err == DTQ_OK) err = findings_judge(c, f, why);
    if (err == DTQ_OK) findings_keep(f, &first);
    findings_clear(&first);
    return err;
}

struct counts {
    uint64_t jobs, tasks;
    size_t workers, masters;
};

static struct counts count_all(const struct census *c)
{
    struct counts n = {.workers = census_present(c, CENSUS_WORKER),
                       .masters = census_present(c, CENSUS_MASTER)};
    const struct census_job *job;

    for (job = c->jobs; job; job = job->hh.next) {
        n.jobs += job->live;
        n.tasks += job->live ? job->specs : 0;
    }
    return n;
}

static enum dtq_err print_json(const struct queue *q, const struct census *c,
                               const struct findings *f, struct dtq_why *why)
{
    const struct counts n = count_all(c);
    cJSON *value = cJSON_CreateObject(), *rows;
    enum dtq_err err;

    cJSON_AddStringToObject(value, "queue", queue_name(q));
    cJSON_AddBoolToObject(value, "clean", f->count == 0);
    cJSON_AddNumberToObject(value, "jobs", (double)n.jobs);
    cJSON_AddNumberToObject(value, "tasks", (double)n.tasks);
    cJSON_AddNumberToObject(value, "workers", (double)n.workers);
    cJSON_AddNumberToObject(value, "masters", (double)n.masters);
    rows = cJSON_AddArrayToObject(value, "findings");
    for (size_t i = 0; i < f->count; i++) {
        const struct finding *from = &f->rows[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "kind", finding_word(from->kind));
        cJSON_AddStringToObject(row, "id", from->id);
        if (from->task) cJSON_AddNumberToObject(row, "task", (double)from->no);
        cJSON_AddStringToObject(row, "message", from->text);
        if (from->did[0]) cJSON_AddStringToObject(row, "repair", from->did);
        cJSON_AddItemToArray(rows, row);
    }
    err = app_print_json(value, why);
    cJSON_Delete(value);
    return err;
}

static void print_text(const struct queue *q, const struct census *c, const struct findings *f,
                       bool repaired)
{
    const struct counts n = count_all(c);
    size_t of_kind = 0;

    for (size_t i = 0; i < f->count; i++) {
        const struct finding *row = &f->rows[i];
        bool last = i + 1 == f->count || f->rows[i + 1].kind != row->kind;
        if (of_kind++ < SHOWN) {
            printf("%s\n", row->text);
            if (row->did[0]) printf("    %s\n", row->did);
        }
        if (last && of_kind > SHOWN)
            printf("    and %zu more of this kind (--json has them all)\n", of_kind - SHOWN);
        if (last) of_kind = 0;
    }
    printf("queue %s: %" PRIu64 " job%s, %" PRIu64 " task%s, %zu worker%s, %zu master%s: ",
           queue_name(q), n.jobs, n.jobs == 1 ? "" : "s", n.tasks, n.tasks == 1 ? "" : "s",
           n.workers, n.workers == 1 ? "" : "s", n.masters, n.masters == 1 ? "" : "s");
    if (!f->count)
        printf("all is in its place\n");
    else
        printf("%zu thing%s wrong%s\n", f->count, f->count == 1 ? " is" : "s are",
               repaired ? ", and now repaired" : "; dtq fsck --repair mends it");
}

int command_fsck(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct census c = {0};
    struct findings f = {0};
    struct dtq_why why = {""};
    enum dtq_err err = app_connect(app, &q, &why);
    int code = APP_DONE;

    (void)count;
    (void)words;
    if (err == DTQ_OK) err = look(q, &c, &f, &why);
    if (err == DTQ_OK && app->repair)
        err = findings_mend(q, &c, &f, app->producer[0] ? app->producer : "dtq", &why);
    if (err == DTQ_OK && app->program.json)
        err = print_json(q, &c, &f, &why);
    else if (err == DTQ_OK)
        print_text(q, &c, &f, app->repair);
    if (err != DTQ_OK)
        code = app_fail(app, err, &why);
    else if (f.count)
        code = APP_FAILED;
    census_clear(&c);
    findings_clear(&f);
    queue_free(q);
    return code;
}
