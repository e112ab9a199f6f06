/* remove.c: `dtq rm ID...`: jobs that have ended are forgotten. */
#include "producer/command.h"

#include <stdio.h>

/* What did not go, for --json, and for people at once. */
static void add_error(const struct app *app, cJSON *errors, const char *id, enum dtq_err err,
                      const struct dtq_why *why)
{
    cJSON *row = cJSON_CreateObject();

    app_note(app, "%s", why->text);
    cJSON_AddStringToObject(row, "jobId", id);
    cJSON_AddStringToObject(row, "code", err_word(err));
    cJSON_AddStringToObject(row, "message", why->text);
    cJSON_AddItemToArray(errors, row);
}

/* Each for itself: one that stays does not keep the others. Returns the status of the first error.
 */
static int remove_all(const struct app *app, struct queue *q, int count, const char *const *ids,
                      cJSON *removed, cJSON *errors)
{
    struct dtq_why why;
    char by[ID_MAX + 20];
    int code = APP_DONE;
    enum dtq_err err = DTQ_OK;

    snprintf(by, sizeof by, "producer%s%s", app->producer[0] ? " " : "", app->producer);
    for (int i = 0; i < count; i++) {
        err = queue_remove(q, ids[i], by, &why);
        if (err == DTQ_OK) {
            cJSON_AddItemToArray(removed, cJSON_CreateString(ids[i]));
            if (!app->program.json) printf("%s removed\n", ids[i]);
            continue;
        }
        add_error(app, errors, ids[i], err, &why);
        if (code == APP_DONE) code = (int)app_exit_of(err);
        if (err != DTQ_JOB_GONE && err != DTQ_EXISTS) break;
    }
    return code;
}

int command_rm(const struct app *app, int count, const char *const *words)
{
    struct queue *q = NULL;
    struct dtq_why why;
    cJSON *value = cJSON_CreateObject();
    cJSON *removed = cJSON_AddArrayToObject(value, "removed");
    cJSON *errors = cJSON_AddArrayToObject(value, "errors");
    enum dtq_err err = DTQ_OK;
    int code;

    for (int i = 0; i < count && err == DTQ_OK; i++)
        err = id_check("job id", words[i], &why);
    if (err == DTQ_OK) err = app_connect_change(app, &q, &why);
    if (err != DTQ_OK) {
        code = app_fail(app, err, &why);
        goto out;
    }
    code = remove_all(app, q, count, words, removed, errors);
    if (app->program.json && app_print_json(value, &why) != DTQ_OK) code = APP_FAILED;
out:
    cJSON_Delete(value);
    queue_free(q);
    return code;
}
