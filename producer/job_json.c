/* job_json.c: a job as one JSON value. */
#include "producer/job_json.h"

#include "jobs/job.h"

#include <string.h>

/* Copies what from has and to has not. */
static void add_missing(cJSON *to, const cJSON *from)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, from)
    {
        cJSON *copy;

        if (!item->string || cJSON_GetObjectItemCaseSensitive(to, item->string)) continue;
        copy = cJSON_Duplicate(item, true);
        if (copy) cJSON_AddItemToObject(to, item->string, copy);
    }
}

/* A training that ended before its first report still says how it was to run. */
static void add_mode(cJSON *value, const struct queue_job *job)
{
    cJSON *params = cJSON_Parse(job->params);
    const cJSON *mode = cJSON_GetObjectItemCaseSensitive(params, "mode");

    if (cJSON_IsString(mode) && !cJSON_GetObjectItemCaseSensitive(value, "mode"))
        cJSON_AddStringToObject(value, "mode", mode->valuestring);
    cJSON_Delete(params);
}

cJSON *job_json_report(const struct queue_job *job)
{
    const struct job_type *type = job_find(job->type);
    cJSON *report = cJSON_Parse(job->report);

    for (size_t i = 0; type && type->internal && type->internal[i]; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(report, type->internal[i]);
    return report;
}

cJSON *job_json(const struct queue_job *job, const cJSON *epochs)
{
    cJSON *value = cJSON_CreateObject();
    cJSON *report = job_json_report(job), *tasks;
    cJSON *result = cJSON_DetachItemFromObjectCaseSensitive(report, "result");

    cJSON_AddStringToObject(value, "jobId", job->id);
    cJSON_AddStringToObject(value, "type", job->type);
    cJSON_AddStringToObject(value, "state", job->state);
    if (result) cJSON_AddItemToObject(value, "result", result);
    if (job->error_code[0]) {
        cJSON *error = cJSON_AddObjectToObject(value, "error");

        cJSON_AddStringToObject(error, "code", job->error_code);
        cJSON_AddStringToObject(error, "message", job->error);
    }
    if (job->producer[0]) cJSON_AddStringToObject(value, "producer", job->producer);
    if (job->owner[0]) cJSON_AddStringToObject(value, "master", job->owner);
    cJSON_AddNumberToObject(value, "submittedMs", (double)job->submitted_ms);
    if (job->started_ms) cJSON_AddNumberToObject(value, "startedMs", (double)job->started_ms);
    if (job->finished_ms) cJSON_AddNumberToObject(value, "finishedMs", (double)job->finished_ms);
    tasks = cJSON_AddObjectToObject(value, "tasks");
    cJSON_AddNumberToObject(tasks, "total", (double)job->total);
    cJSON_AddNumberToObject(tasks, "done", (double)job->done);
    cJSON_AddNumberToObject(tasks, "retried", (double)job->retried);
    cJSON_AddNumberToObject(tasks, "reclaimed", (double)job->reclaimed);
    cJSON_AddNumberToObject(tasks, "late", (double)job->late);
    cJSON_AddNumberToObject(value, "wallMs", (double)queue_job_wall_ms(job));
    cJSON_AddNumberToObject(value, "workers", (double)job->workers);
    add_missing(value, report);
    if (!strcmp(job->type, "train")) add_mode(value, job);
    if (epochs && !strcmp(job->type, "train"))
        cJSON_AddItemToObject(value, "epochs", cJSON_Duplicate(epochs, true));
    cJSON_Delete(report);
    return value;
}

cJSON *job_json_params(const struct queue_job *job)
{
    const struct job_type *type = job_find(job->type);
    cJSON *params = cJSON_Parse(job->params);

    if (type) fields_hide(type->fields, type->field_count, params);
    return params;
}

cJSON *job_json_all(const struct queue_job *job, const cJSON *epochs)
{
    cJSON *value = job_json(job, epochs), *params = job_json_params(job);
    cJSON *settings;

    settings = cJSON_AddObjectToObject(value, "settings");
    cJSON_AddNumberToObject(settings, "attempts", (double)job->max_attempts);
    cJSON_AddNumberToObject(settings, "backoffMs", (double)job->backoff_ms);
    if (job->task_timeout_ms)
        cJSON_AddNumberToObject(settings, "taskTimeoutMs", (double)job->task_timeout_ms);
    if (job->timeout_ms) cJSON_AddNumberToObject(settings, "timeLimitMs", (double)job->timeout_ms);
    cJSON_AddNumberToObject(settings, "keepMs", (double)job->retention_ms);
    if (params) cJSON_AddItemToObject(value, "params", params);
    return value;
}
