/* charts.c: pictures of what evaluations saw, and the words around all pictures of trainings. */
#include "producer/charts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void charts_words(const struct chart_training *trainings, size_t count, const char *what,
                  struct charts_words *out)
{
    struct describe *each = calloc(count, sizeof *each), common;
    char head[DESCRIBE_MAX], name[DESCRIBE_MAX];

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < count; i++)
        snprintf(out->names[i], sizeof *out->names, "%.64s", trainings[i].id);
    if (!each) return; /* it can do without */
    for (size_t i = 0; i < count; i++)
        each[i] = trainings[i].words;
    describe_split(each, count, &common);
    describe_join(&common, 0, DESCRIBE_HEAD, head);
    describe_join(&common, DESCRIBE_HEAD, DESCRIBE_PARTS, out->subtitle);
    if (count == 1)
        snprintf(out->title, sizeof out->title, "%s%.64s%s%s",
                 what    ? what
                 : *head ? ""
                         : "Training ",
                 trainings[0].id, *head ? ": " : "", head);
    else
        snprintf(out->title, sizeof out->title, "%s%zu trainings%s%s", what ? what : "", count,
                 *head ? ": " : "", head);
    for (size_t i = 0; i < count && count > 1; i++) {
        describe_join(&each[i], 0, DESCRIBE_PARTS, name);
        if (*name && strlen(name) <= CHARTS_DIFFERENCE_MAX)
            snprintf(out->names[i], sizeof *out->names, "%.64s: %s", trainings[i].id, name);
    }
    free(each);
}

/* Of which set the curves are, and of how many rows, where that is the same for all. Returns
 * whether the set is. */
static bool tell_rows(const struct findings_roc *rocs, size_t count, char *text, size_t size)
{
    bool same_set = true, same_rows = true;
    const char *set = rocs[0].tested ? "test" : "training";

    for (size_t i = 1; i < count; i++) {
        same_set = same_set && rocs[i].tested == rocs[0].tested;
        same_rows = same_rows && rocs[i].rows == rocs[0].rows;
    }
    text[0] = '\0';
    if (same_set && same_rows)
        snprintf(text, size, "%.0f rows of the %s set%s", rocs[0].rows, set,
                 count > 1 ? " each" : "");
    else if (same_set)
        snprintf(text, size, "of the %s sets", set);
    return same_set;
}

enum dtq_err charts_roc(const struct chart_training *trainings, const struct findings_roc *rocs,
                        size_t count, const struct chart_file *file, struct dtq_why *why)
{
    struct chart_curve curves[CHART_SERIES_MAX];
    struct charts_words words;
    char told[DESCRIBE_MAX + 120], rows[80];
    bool same_set;
    const struct chart_roc chart = {
        .title = words.title, .subtitle = told, .curves = curves, .curve_count = count};

    if (count >= CHART_SERIES_MAX)
        return err_set(why, DTQ_INPUT,
                       "%zu ROC curves are more than the %d a chart has room for; give fewer jobs",
                       count, CHART_SERIES_MAX - 1);
    charts_words(trainings, count, count == 1 ? "ROC curve of " : "ROC curves of ", &words);
    same_set = tell_rows(rocs, count, rows, sizeof rows);
    snprintf(told, sizeof told, "%s%s%s", words.subtitle, *words.subtitle && *rows ? "\n" : "",
             rows);
    for (size_t i = 0; i < count; i++) {
        const struct findings_roc *r = &rocs[i];

        if (!same_set) strcat(words.names[i], r->tested ? ", test set" : ", training set");
        curves[i] = (struct chart_curve){
            .name = count == 1 ? "" : words.names[i],
            .fpr = r->fpr,
            .tpr = r->tpr,
            .n = r->n,
            .auc = r->auc,
            .marked = count == 1 && r->has_point,
            .mark_fpr = r->point_fpr,
            .mark_tpr = r->point_tpr,
            .mark_label = "threshold 0.5",
        };
    }
    return chart_roc_write(&chart, file, why);
}

enum dtq_err charts_confusion(const struct chart_training *training,
                              const struct findings_matrix *m, const struct chart_file *file,
                              struct dtq_why *why)
{
    const char *names[FINDINGS_CLASSES_MAX];
    struct charts_words words;
    char told[DESCRIBE_MAX + 120];
    const struct chart_matrix chart = {
        .title = words.title,
        .subtitle = told,
        .names = names,
        .counts = m->counts,
        .classes = m->classes,
    };

    charts_words(training, 1, "Confusion matrix of ", &words);
    snprintf(told, sizeof told, "%s%s%llu rows of the %s set, %.2f %% classified correctly",
             words.subtitle, *words.subtitle ? "\n" : "", (unsigned long long)m->rows,
             m->tested ? "test" : "training",
             m->rows ? 100 * (double)m->right / (double)m->rows : 0);
    for (size_t i = 0; i < m->classes; i++)
        names[i] = m->names[i];
    return chart_matrix_write(&chart, file, why);
}
