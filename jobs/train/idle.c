/* idle.c: fields of a training that do nothing beside others. */
#include "jobs/train/idle.h"

#include "common/fields.h"

#include <string.h>

static bool is(const cJSON *params, const char *name, const char *word)
{
    return !strcmp(fields_text(params, name, ""), word);
}

static bool with_lbfgs(const cJSON *params)
{
    return is(params, "optimizer", "lbfgs");
}

static bool without_lbfgs(const cJSON *params)
{
    return !with_lbfgs(params);
}

static bool without_step(const cJSON *params)
{
    return !is(params, "lrSchedule", "step");
}

static bool without_invscaling(const cJSON *params)
{
    return !is(params, "lrSchedule", "invscaling");
}

static bool without_cosine(const cJSON *params)
{
    return !is(params, "lrSchedule", "cosine");
}

static bool with_weights(const cJSON *params)
{
    return is(params, "init", "zeros") &&
           (cJSON_HasObjectItem(params, "w") || cJSON_HasObjectItem(params, "wFile"));
}

static const char STEPS[] = "optimizer=lbfgs chooses its own steps";

/* With lbfgs a schedule is idle, and so is all that belongs to it. */
static const struct {
    const char *name;
    bool (*idle)(const cJSON *params);
    const char *reason;
} rows[] = {
    {"lr", with_lbfgs, STEPS},
    {"lrSchedule", with_lbfgs, STEPS},
    {"lrDrop", with_lbfgs, STEPS},
    {"lrEvery", with_lbfgs, STEPS},
    {"lrPower", with_lbfgs, STEPS},
    {"lrEpochs", with_lbfgs, STEPS},
    {"batchSize", with_lbfgs, "optimizer=lbfgs takes all rows at once"},
    {"tol", without_lbfgs, "only optimizer=lbfgs ends by its gradient"},
    {"lrDrop", without_step, "that is for lrSchedule=step"},
    {"lrEvery", without_step, "that is for lrSchedule=step"},
    {"lrPower", without_invscaling, "that is for lrSchedule=invscaling"},
    {"lrEpochs", without_cosine, "that is for lrSchedule=cosine"},
    {"init", with_weights, "the weights to start from are given (w or wFile)"},
};
enum { ROWS = sizeof rows / sizeof *rows };

enum dtq_err idle_prune(cJSON *params, bool (*typed)(const void *ctx, const char *name),
                        const void *ctx, struct dtq_why *why)
{
    for (size_t i = 0; i < ROWS; i++) {
        const char *name = rows[i].name;
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(params, name);
        char *text;

        if (!item || !rows[i].idle(params)) continue;
        if (!typed(ctx, name)) {
            cJSON_DeleteItemFromObjectCaseSensitive(params, name);
            continue;
        }
        text = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
        err_set(why, DTQ_INPUT, "%s=%s: %s; omit %s", name,
                text ? text : cJSON_GetStringValue(item), rows[i].reason, name);
        cJSON_free(text);
        return DTQ_INPUT;
    }
    return DTQ_OK;
}
