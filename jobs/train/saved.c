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
    ROW(WHOLE, "values", data.values),
    ROW(HEX, "digest", data.digest),
    ROW(WHOLE, "testRows", test.rows),
    ROW(WHOLE, "testFeatures", test.features),
    ROW(WHOLE, "testValues", test.values),
    ROW(HEX, "testDigest", test.digest),
    ROW(WHOLE, "classes", class_count),
    ROW(REAL, "spread", spreads.train),
    ROW(REAL, "testSpread", spreads.test),
    ROW(REAL, "trivialLoss", baseline.trivial),
    ROW(REAL, "zerosLoss", baseline.zeros),
    ROW(REAL, "startWeight", baseline.start),
    ROW(FLAG, "goingOn", going_on),
    ROW(FLAG, "inherits", inherits),
    ROW(FLAG, "unnamed", unnamed),
    ROW(WHOLE, "firstEpoch", first),
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
    ROW(WHOLE, "updates", updates),
    ROW(WHOLE, "epochsDone", epochs_done),
    ROW(REAL, "loss", sums.loss),
    ROW(REAL, "objective", sums.objective),
    ROW(REAL, "absolute", sums.absolute),
    ROW(WHOLE, "correct", sums.correct),
    ROW(WHOLE, "hits", sums.hits),
    ROW(WHOLE, "guessed", sums.guessed),
    ROW(WHOLE, "positive", sums.positive),
    ROW(REAL, "markedMs", marked_ms),
    ROW(REAL, "computeMs", compute_ms),
    ROW(WHOLE, "bestEpoch", best_epoch),
    ROW(WHOLE, "waited", waited),
    ROW(FLAG, "stopped", stopped),
    ROW(FLAG, "converged", ended),
    ROW(FLAG, "settled", settled),
    ROW(WHOLE, "staleSum", stale_sum),
    ROW(WHOLE, "staleMax", stale_max),
    ROW(WHOLE, "staleCount", stale_count),
    ROW(REAL, "lbfgsValue", lbfgs.value),
    ROW(REAL, "lbfgsSlope", lbfgs.slope),
    ROW(REAL, "lbfgsStep", lbfgs.step),
    ROW(REAL, "lbfgsLow", lbfgs.low),
    ROW(REAL, "lbfgsHigh", lbfgs.high),
    ROW(WHOLE, "lbfgsBegun", lbfgs.begun),
    ROW(WHOLE, "lbfgsPairs", lbfgs.pairs),
    ROW(WHOLE, "lbfgsTries", lbfgs.tries),
    ROW(FLAG, "conditioned", conditioned),
};

static const char *const phases[] = {"probe", "stats", "run",  "step", "whole",
                                     "batch", "shard", "eval", "final"};

/* JSON has no NaN and no infinity; a number that is none any more stays none. */
static void write_real(double value, struct buf *out)
{
    if (isfinite(value))
        buf_printf(out, "%.17g", value);
    else
        buf_text(out, "null");
}

static void write_list(const char *name, const double *values, size_t count, struct buf *out)
{
    buf_printf(out, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        if (i) buf_text(out, ",");
        write_real(values[i], out);
    }
    buf_text(out, "]");
}

/* The batches that are out: number, version, number ... */
static void write_out(const struct job_state *s, struct buf *out)
{
    buf_text(out, ",\"out\":[");
    for (uint64_t i = 0; i < s->out_count; i++)
        buf_printf(out, "%s%" PRIu64 ",%" PRIu64, i ? "," : "", s->out[i].no, s->out[i].version);
    buf_text(out, "]");
}

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
        case REAL: write_real(*(const double *)from, out); break;
        }
    }
    write_list("last", s->last.value, METRIC_COUNT, out);
    write_list("best", s->best.value, METRIC_COUNT, out);
    write_list("confusion", s->confusion, s->confusion_count, out);
    write_out(s, out);
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

/* A list of exactly count numbers, null for NaN. */
static bool read_list(const cJSON *list, double *to, size_t count)
{
    const cJSON *item;
    size_t i = 0;

    if (!cJSON_IsArray(list) || (size_t)cJSON_GetArraySize(list) != count) return false;
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsNumber(item) && !cJSON_IsNull(item)) return false;
        to[i++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
    }
    return true;
}

static bool read_confusion(struct job_state *s, const cJSON *list)
{
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;

    if (count <= 0) return count == 0;
    s->confusion = calloc((size_t)count, sizeof *s->confusion);
    s->confusion_count = (uint64_t)count;
    return s->confusion && read_list(list, s->confusion, (size_t)count);
}

static bool read_out(struct job_state *s, const cJSON *list)
{
    double numbers[2 * TRAIN_WINDOW];
    int count = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : -1;

    if (count < 0 || count % 2 || count > 2 * TRAIN_WINDOW ||
        !read_list(list, numbers, (size_t)count))
        return false;
    for (int i = 0; i < count; i++)
        if (!(numbers[i] >= 0 && numbers[i] < 0x1p53)) return false;
    s->out_count = (uint64_t)count / 2;
    for (uint64_t i = 0; i < s->out_count; i++)
        s->out[i] = (struct train_out){(uint64_t)numbers[2 * i], (uint64_t)numbers[2 * i + 1]};
    return true;
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
    if (!read_list(cJSON_GetObjectItemCaseSensitive(json, "last"), s->last.value, METRIC_COUNT))
        wrong = "last";
    if (!read_list(cJSON_GetObjectItemCaseSensitive(json, "best"), s->best.value, METRIC_COUNT))
        wrong = "best";
    if (!read_confusion(s, cJSON_GetObjectItemCaseSensitive(json, "confusion")))
        wrong = "confusion";
    if (!read_out(s, cJSON_GetObjectItemCaseSensitive(json, "out"))) wrong = "out";
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

enum dtq_err saved_go_on(struct job_state *s, const char *former, size_t len, struct dtq_why *why)
{
    enum dtq_err err;

    if (!former)
        return err_set(why, DTQ_INPUT,
                       "continue=true goes on from a former job; give it to dtq resume, with the "
                       "id of that job");
    err = saved_read(s, former, len, why);
    if (err != DTQ_OK) return err;
    /* async: which batches of an epoch went in before the end is not known; it begins anew. */
    if (s->phase == PHASE_BATCH) {
        s->at.row = 0;
        memset(&s->sums, 0, sizeof s->sums);
    }
    if (s->stopped) s->waited = 0;
    if (s->lbfgs.tries) s->lbfgs = (struct lbfgs){0};
    s->phase = PHASE_PROBE;
    s->next = s->base = s->tasks = s->group = s->folded = s->out_count = 0;
    s->until = (struct train_pos){0};
    s->stopped = s->ended = s->settled = false;
    s->going_on = true;
    s->inherits = s->unnamed = false;
    s->first = s->at.epoch;
    s->started_ns = clock_ns();
    s->marked_ms = s->compute_ms = 0;
    s->stale_sum = s->stale_max = s->stale_count = 0;
    while (cJSON_GetArraySize(s->workers))
        cJSON_DeleteItemFromArray(s->workers, 0);
    return DTQ_OK;
}

/* The most tasks that a round of this phase can have; PHASE_BATCH: an epoch. */
static uint64_t round_most(const struct job_state *s)
{
    switch (s->phase) {
    case PHASE_PROBE:
    case PHASE_RUN: return 1;
    case PHASE_BATCH: return s->plan.rows / s->plan.batch + 1;
    case PHASE_STATS:
    case PHASE_STEP:
    case PHASE_WHOLE:
    case PHASE_SHARD:
    case PHASE_EVAL:
    case PHASE_FINAL: break;
    }
    return round_items(s);
}

/* Whether the tasks of a round that is held are as many as groups of its items. */
static bool round_fits(const struct job_state *s)
{
    return s->group && s->tasks == (round_items(s) + s->group - 1) / s->group;
}

static bool out_fits(const struct job_state *s)
{
    for (uint64_t i = 0; i < s->out_count; i++)
        if (s->out[i].no < s->base || s->out[i].no - s->base >= s->tasks ||
            s->out[i].version > s->version)
            return false;
    return true;
}

enum dtq_err saved_check(const struct job_state *s, struct dtq_why *why)
{
    bool fits_phase = s->plan.whole ? s->phase != PHASE_RUN || !s->tasks : s->phase != PHASE_WHOLE;

    if (s->phase == PHASE_PROBE)
        return s->tasks > 1 || s->next > 1 || s->base ? unreadable(why, "tasks") : DTQ_OK;
    if (s->plan.rows > s->data.rows || s->first > s->at.epoch) return unreadable(why, "rows");
    if (s->params.test.ref ? s->test.features != s->data.features || !s->test.rows
                           : s->test.rows && !s->params.holdout)
        return unreadable(why, "testRows");
    if (s->at.epoch > s->plan.epochs || s->at.row > s->plan.rows) return unreadable(why, "row");
    if (s->phase != PHASE_BATCH && !plan_has(&s->plan, s->at)) return unreadable(why, "row");
    if (!fits_phase || (s->phase == PHASE_SHARD && !s->plan.shards))
        return unreadable(why, "phase");
    if (s->settled ? !state_trained(s) : s->phase == PHASE_FINAL) return unreadable(why, "settled");
    if (s->tasks > round_most(s)) return unreadable(why, "tasks");
    if (s->base > s->next || s->tasks > s->next - s->base) return unreadable(why, "next");
    if (s->phase == PHASE_BATCH ? s->folded > s->tasks : s->folded)
        return unreadable(why, "folded");
    if (s->phase == PHASE_RUN && s->tasks && !plan_leads(&s->plan, s->at, s->until))
        return unreadable(why, "until");
    if (phase_holds(s->phase) && s->tasks && !round_fits(s)) return unreadable(why, "group");
    if (s->confusion_count && s->confusion_count != s->plan.outputs * s->plan.outputs)
        return unreadable(why, "confusion");
    if (s->out_count && (s->phase != PHASE_BATCH || !out_fits(s))) return unreadable(why, "out");
    if (params_classes(&s->params) && !s->classes) return unreadable(why, "classes");
    return DTQ_OK;
}
