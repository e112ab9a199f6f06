/* saved.c: the state of a training as text. */
#include "jobs/train/saved.h"

#include "common/clock.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    WHOLE, /* uint64_t below 2^53 */
    HEX,   /* uint64_t of any size, as text */
    REAL,  /* double; all its digits are written */
    FLAG,  /* bool */
};

#define ROW(k, name, member)                        \
    {                                               \
        k, name, offsetof(struct job_state, member) \
    }

/* All that is kept, for writing and for reading. */
static const struct {
    enum kind kind;
    const char *name;
    size_t at;
} rows[] = {
    ROW(WHOLE, "rows", data.rows),
    ROW(WHOLE, "features", data.features),
    ROW(HEX, "digest", data.digest),
    ROW(WHOLE, "testRows", test.rows),
    ROW(WHOLE, "testFeatures", test.features),
    ROW(HEX, "testDigest", test.digest),
    ROW(WHOLE, "epoch", at.epoch),
    ROW(WHOLE, "row", at.row),
    ROW(WHOLE, "untilEpoch", until.epoch),
    ROW(WHOLE, "untilRow", until.row),
    ROW(WHOLE, "next", next),
    ROW(WHOLE, "base", base),
    ROW(WHOLE, "tasks", tasks),
    ROW(WHOLE, "group", group),
    ROW(WHOLE, "folded", folded),
    ROW(WHOLE, "version", version),
    ROW(WHOLE, "epochsDone", epochs_done),
    ROW(REAL, "loss", loss),
    ROW(WHOLE, "correct", correct),
    ROW(REAL, "markedMs", marked_ms),
    ROW(REAL, "lastLoss", last.loss),
    ROW(REAL, "lastAccuracy", last.accuracy),
    ROW(REAL, "lastTestLoss", last.test_loss),
    ROW(WHOLE, "bestEpoch", best_epoch),
    ROW(REAL, "bestLoss", best.loss),
    ROW(REAL, "bestAccuracy", best.accuracy),
    ROW(REAL, "bestTestLoss", best.test_loss),
    ROW(WHOLE, "waited", waited),
    ROW(FLAG, "stopped", stopped),
    ROW(WHOLE, "staleSum", stale_sum),
    ROW(WHOLE, "staleMax", stale_max),
    ROW(WHOLE, "staleCount", stale_count),
};

static const char *const phases[] = {"probe", "run", "step", "batch", "eval"};

void train_checkpoint(const struct job_state *s, struct buf *out)
{
    char *workers = cJSON_PrintUnformatted(s->workers);

    if (!workers) {
        out->failed = true;
        return;
    }
    buf_printf(out, "{\"phase\":\"%s\",\"elapsedMs\":%.17g,\"workers\":%s", phases[s->phase],
               state_elapsed_ms(s), workers);
    cJSON_free(workers);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const void *from = (const char *)s + rows[i].at;

        buf_printf(out, ",\"%s\":", rows[i].name);
        switch (rows[i].kind) {
        case WHOLE: buf_printf(out, "%" PRIu64, *(const uint64_t *)from); break;
        case HEX: buf_printf(out, "\"%016" PRIx64 "\"", *(const uint64_t *)from); break;
        case FLAG: buf_text(out, *(const bool *)from ? "true" : "false"); break;
        case REAL:
            /* JSON has no NaN and no infinity; a sum that is no number any more stays none. */
            if (isfinite(*(const double *)from))
                buf_printf(out, "%.17g", *(const double *)from);
            else
                buf_text(out, "null");
            break;
        }
    }
    buf_text(out, "}");
}

static bool read_row(struct job_state *s, size_t i, const cJSON *item)
{
    void *to = (char *)s + rows[i].at;
    char *end;

    switch (rows[i].kind) {
    case WHOLE:
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble < 0x1p53) ||
            item->valuedouble != floor(item->valuedouble))
            return false;
        *(uint64_t *)to = (uint64_t)item->valuedouble;
        return true;
    case HEX:
        if (!cJSON_IsString(item) || strlen(item->valuestring) != 16) return false;
        *(uint64_t *)to = strtoull(item->valuestring, &end, 16);
        return !*end;
    case REAL:
        if (!cJSON_IsNumber(item) && !cJSON_IsNull(item)) return false;
        *(double *)to = cJSON_IsNumber(item) ? item->valuedouble : NAN;
        return true;
    case FLAG:
        if (!cJSON_IsBool(item)) return false;
        *(bool *)to = cJSON_IsTrue(item);
        return true;
    }
    return false;
}

static bool read_phase(struct job_state *s, const cJSON *item)
{
    for (size_t i = 0; cJSON_IsString(item) && i < sizeof phases / sizeof *phases; i++)
        if (!strcmp(item->valuestring, phases[i])) {
            s->phase = (enum train_phase)i;
            return true;
        }
    return false;
}

static bool read_workers(struct job_state *s, cJSON *json)
{
    cJSON *workers = cJSON_DetachItemFromObjectCaseSensitive(json, "workers");
    const cJSON *item;

    if (!cJSON_IsArray(workers)) {
        cJSON_Delete(workers);
        return false;
    }
    cJSON_Delete(s->workers);
    s->workers = workers;
    cJSON_ArrayForEach(item, workers) if (!cJSON_IsString(item)) return false;
    return true;
}

static enum dtq_err unreadable(struct dtq_why *why, const char *what)
{
    return err_set(why, DTQ_INPUT,
                   "the checkpoint of this job cannot be read (%s); submit it again", what);
}

enum dtq_err saved_read(struct job_state *s, const char *text, size_t len, struct dtq_why *why)
{
    cJSON *json = cJSON_ParseWithLength(text, len);
    double elapsed_ms = fields_real(json, "elapsedMs", -1);
    const char *wrong = NULL;

    if (!json) return unreadable(why, "no JSON");
    if (!read_phase(s, cJSON_GetObjectItemCaseSensitive(json, "phase"))) wrong = "phase";
    if (!read_workers(s, json)) wrong = "workers";
    if (!(elapsed_ms >= 0 && elapsed_ms < 1e13)) wrong = "elapsedMs";
    for (size_t i = 0; !wrong && i < sizeof rows / sizeof *rows; i++)
        if (!read_row(s, i, cJSON_GetObjectItemCaseSensitive(json, rows[i].name)))
            wrong = rows[i].name;
    cJSON_Delete(json);
    if (wrong) return unreadable(why, wrong);
    s->started_ns = clock_ns() - (int64_t)(elapsed_ms * 1e6);
    if (s->phase != PHASE_PROBE && (!s->data.rows || !s->data.features))
        return unreadable(why, "rows and features");
    return DTQ_OK;
}

/* The most tasks that a round of this phase can have; PHASE_BATCH: an epoch. */
static uint64_t round_most(const struct job_state *s)
{
    switch (s->phase) {
    case PHASE_PROBE:
    case PHASE_RUN: return 1;
    case PHASE_STEP: return plan_chunks(&s->plan, s->plan.batch);
    case PHASE_EVAL: return plan_eval_chunks(&s->plan, s->plan.test_rows);
    case PHASE_BATCH: return s->plan.rows / s->plan.batch + 1;
    }
    return 0;
}

enum dtq_err saved_check(const struct job_state *s, struct dtq_why *why)
{
    if (s->tasks > round_most(s)) return unreadable(why, "tasks");
    if (s->base > s->next || s->tasks > s->next - s->base) return unreadable(why, "next");
    if (s->phase == PHASE_PROBE) return DTQ_OK;
    if (s->plan.rows > s->data.rows) return unreadable(why, "rows");
    if (s->params.test.ref ? s->test.features != s->data.features || !s->test.rows : s->test.rows)
        return unreadable(why, "testRows");
    if (s->at.epoch > s->plan.epochs || s->at.row > s->plan.rows) return unreadable(why, "row");
    if (s->phase != PHASE_BATCH && !plan_has(&s->plan, s->at)) return unreadable(why, "row");
    if (s->phase == PHASE_BATCH ? s->folded > s->tasks : s->folded)
        return unreadable(why, "folded");
    if (s->phase == PHASE_RUN && s->tasks && !plan_leads(&s->plan, s->at, s->until))
        return unreadable(why, "until");
    if ((s->phase == PHASE_STEP || s->phase == PHASE_EVAL) && s->tasks && !s->group)
        return unreadable(why, "group");
    return DTQ_OK;
}
