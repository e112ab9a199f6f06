/* findings.c: what the last evaluation of a training saw. */
#include "producer/findings.h"

#include "common/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ROC[] = "ROC curve", MATRIX[] = "confusion matrix";

static bool has_test(const struct findings_job *job)
{
    return fields_text(job->params, "testRef", NULL) || cJSON_HasObjectItem(job->params, "holdout");
}

bool findings_expected(const struct findings_job *job)
{
    const char *model = fields_text(job->params, "model", "");

    return !strcmp(job->type, "train") && (!strcmp(model, "logreg") || !strcmp(model, "softmax")) &&
           (has_test(job) || job->ended);
}

/* Why there is nothing, as far as can be told from what the job was asked for. */
static enum dtq_err none(const struct findings_job *job, const char *what, const char *models,
                         struct dtq_why *why)
{
    const char *model = fields_text(job->params, "model", "");

    if (strcmp(job->type, "train"))
        return err_set(why, DTQ_NONE, "job %s has no %s: it is a %s, no training", job->id, what,
                       job->type);
    if (strcmp(model, models))
        return err_set(why, DTQ_NONE, "job %s has no %s: that is for model=%s, but it is a %s",
                       job->id, what, models, model);
    if (!has_test(job) && !job->ended)
        return err_set(why, DTQ_NONE,
                       "job %s has no %s yet: without a test set, the training set is evaluated at "
                       "the end",
                       job->id, what);
    if (!fields_int(job->report, "epochsDone", 0))
        return err_set(why, DTQ_NONE, "job %s is %s and has %s no epoch: there is no %s%s", job->id,
                       job->state, job->ended ? "come to the end of" : "ended", what,
                       job->ended ? "" : " yet");
    return err_set(why, DTQ_NONE,
                   "job %s has no %s: there are too many %s for one, or it ran with another "
                   "version of dtq-master",
                   job->id, what, what == ROC ? "rows" : "classes");
}

void findings_roc_clear(struct findings_roc *roc)
{
    free(roc->fpr);
    *roc = (struct findings_roc){0};
}

static bool is_count(double v)
{
    return v >= 0 && v < 0x1p53 && v == floor(v);
}

/* Pairs of counts, neither of which ever falls. */
static bool are_points(const double *p, size_t count)
{
    if (count < 2 || count % 2) return false;
    for (size_t i = 0; i < count; i++)
        if (!is_count(p[i]) || (i > 1 && p[i] < p[i - 2])) return false;
    return true;
}

/* Where on the curve predictions are made, from precision and recall, as far as they make whole
 * numbers of rows. */
static void find_point(const struct findings_job *job, double below, double above,
                       struct findings_roc *roc)
{
    double precision = fields_real(job->report, roc->tested ? "testPrecision" : "precision", NAN);
    double recall = fields_real(job->report, roc->tested ? "testRecall" : "recall", NAN);
    double right = recall * above, wrong = right / precision - right;

    if (!job->ended || !(right > 0) || !(wrong >= -0.01) || wrong > below) return;
    if (fabs(right - round(right)) > 0.01 || fabs(wrong - round(wrong)) > 0.01) return;
    roc->has_point = true;
    roc->point_fpr = round(wrong) / below;
    roc->point_tpr = round(right) / above;
}

enum dtq_err findings_roc(const struct findings_job *job, struct findings_roc *out,
                          struct dtq_why *why)
{
    size_t count = job->roc_count;
    struct findings_roc roc = {.n = count / 2, .tested = has_test(job)};
    double below, above;

    if (!count) return none(job, ROC, "logreg", why);
    if (!are_points(job->roc, count))
        return err_set(why, DTQ_INPUT,
                       "the ROC curve of job %s is damaged: pairs of counts that never fall were "
                       "expected",
                       job->id);
    below = job->roc[count - 2];
    above = job->roc[count - 1];
    if (below == 0 || above == 0)
        return err_set(why, DTQ_NONE,
                       "job %s has no ROC curve: all %.0f rows of its %s set are of one class",
                       job->id, below + above, roc.tested ? "test" : "training");
    roc.rows = below + above;
    /* Those of a job that goes on may be of another epoch than the curve. */
    roc.auc = job->ended ? fields_real(job->report, roc.tested ? "testAuc" : "auc", -1) : -1;
    if (!(roc.auc >= 0 && roc.auc <= 1)) roc.auc = -1;
    roc.fpr = malloc(count * sizeof *roc.fpr);
    if (!roc.fpr) return err_set(why, DTQ_NOMEM, "out of memory for the ROC curve of %s", job->id);
    roc.tpr = roc.fpr + roc.n;
    for (size_t i = 0; i < roc.n; i++) {
        roc.fpr[i] = job->roc[2 * i] / below;
        roc.tpr[i] = job->roc[2 * i + 1] / above;
    }
    find_point(job, below, above, &roc);
    *out = roc;
    return DTQ_OK;
}

/* One row of the matrix. */
static bool read_counts(const cJSON *row, struct findings_matrix *m, size_t at)
{
    const cJSON *item;
    size_t told = 0;

    if (!cJSON_IsArray(row) || (size_t)cJSON_GetArraySize(row) != m->classes) return false;
    cJSON_ArrayForEach(item, row)
    {
        if (!cJSON_IsNumber(item) || !is_count(item->valuedouble)) return false;
        m->counts[at * m->classes + told] = (uint64_t)item->valuedouble;
        m->rows += (uint64_t)item->valuedouble;
        if (told++ == at) m->right += (uint64_t)item->valuedouble;
    }
    return true;
}

const char *findings_class(const cJSON *report, size_t i, char text[FINDINGS_NAME_MAX])
{
    const cJSON *label = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "classes"), (int)i);

    if (cJSON_IsNumber(label)) /* as all labels in files are */
        snprintf(text, FINDINGS_NAME_MAX, "%.10g", label->valuedouble);
    else
        snprintf(text, FINDINGS_NAME_MAX, "class %zu", i + 1);
    return text;
}

enum dtq_err findings_matrix(const struct findings_job *job, struct findings_matrix *out,
                             struct dtq_why *why)
{
    const cJSON *rows = cJSON_GetObjectItem(job->report, "confusion"), *row;
    int size = cJSON_GetArraySize(rows);
    size_t at = 0;

    if (size < 1) return none(job, MATRIX, "softmax", why);
    memset(out, 0, sizeof *out);
    out->classes = size <= FINDINGS_CLASSES_MAX ? (size_t)size : 0;
    out->tested = has_test(job);
    cJSON_ArrayForEach(row, rows)
    {
        if (!out->classes || !read_counts(row, out, at++))
            return err_set(why, DTQ_INPUT,
                           "the confusion matrix of job %s is damaged: as many rows of counts as "
                           "columns were expected, %d at most",
                           job->id, FINDINGS_CLASSES_MAX);
    }
    for (size_t i = 0; i < out->classes; i++)
        findings_class(job->report, i, out->names[i]);
    return DTQ_OK;
}
