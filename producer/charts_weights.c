/* charts_weights.c: weights with a scale: as the picture that they are, or the largest of them with
 * the names of their features. */
#include "producer/charts.h"

#include "common/fields.h"
#include "common/plot/weights_image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LARGEST = 20,       /* bars */
    PICTURE_LEAST = 64, /* a square of fewer weights is hardly a picture: 4, 9, 16 columns */
    NAME_MAX_BYTES = 128,
    LABEL_MAX = 96,
};

/* What a weight is multiplied with, which says whether sizes compare. */
static void label_weights(const cJSON *params, char text[LABEL_MAX])
{
    const char *normalize = fields_text(params, "normalize", "none");

    if (!strcmp(normalize, "standard"))
        snprintf(text, LABEL_MAX, "weight per standard deviation of the feature");
    else if (!strcmp(normalize, "minmax"))
        snprintf(text, LABEL_MAX, "weight per range of the feature");
    else if (!strcmp(normalize, "none"))
        snprintf(text, LABEL_MAX, "weight per unit of the feature");
    else
        snprintf(text, LABEL_MAX, "weight per %.20s units of the feature", normalize);
}

static void choose_words(const struct tiles *t, const char **negative, const char **positive)
{
    *negative = t->count > 1 ? "against the class" : "lowers the score";
    *positive = t->count > 1 ? "for the class" : "raises the score";
}

static enum dtq_err draw_map(const struct chart_weights *w, size_t width, const char *title,
                             const char *subtitle, const struct chart_file *file,
                             struct dtq_why *why)
{
    struct chart_map chart = {
        .title = title,
        .subtitle = subtitle,
        .values = w->tiles->weights,
        .n = w->tiles->n,
        .width = width,
        .tiles = w->tiles->count,
        .captions = w->tiles->captions,
        .label = "weight",
        .gray = w->gray,
    };

    choose_words(w->tiles, &chart.negative, &chart.positive);
    return chart_map_write(&chart, file, why);
}

struct ranked {
    double value;
    size_t at;
};

/* The largest first; of equal ones the one that stands first. */
static int by_size(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    double left = fabs(x->value), right = fabs(y->value);

    if (left != right) return left < right ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

static void name_weight(const struct chart_weights *w, size_t at, char text[NAME_MAX_BYTES])
{
    const cJSON *columns = cJSON_GetObjectItem(w->report, "columns");
    const struct tiles *t = w->tiles;
    size_t feature = at % t->n;
    const cJSON *name = (size_t)cJSON_GetArraySize(columns) == t->n
                            ? cJSON_GetArrayItem(columns, (int)feature)
                            : NULL;

    if (cJSON_IsString(name))
        snprintf(text, NAME_MAX_BYTES, "%.60s", name->valuestring);
    else
        snprintf(text, NAME_MAX_BYTES, "feature %zu", feature + 1);
    if (t->count > 1)
        snprintf(text + strlen(text), NAME_MAX_BYTES - strlen(text), ", class %s",
                 t->captions[at / t->n]);
}

static enum dtq_err draw_ranked(const struct chart_weights *w, const char *title,
                                const char *subtitle, const struct chart_file *file,
                                struct dtq_why *why)
{
    const struct tiles *t = w->tiles;
    size_t all = t->count * t->n, count = all < LARGEST ? all : LARGEST;
    struct ranked *ranked = malloc((all + 1) * sizeof *ranked);
    char names[LARGEST][NAME_MAX_BYTES], label[LABEL_MAX], told[DESCRIBE_MAX + 160],
        intercept[60] = "";
    const char *texts[LARGEST];
    double values[LARGEST];
    struct chart_ranked chart = {.title = title,
                                 .subtitle = told,
                                 .x_label = label,
                                 .names = texts,
                                 .values = values,
                                 .count = count};
    enum dtq_err err;

    if (!ranked) return err_set(why, DTQ_NOMEM, "out of memory for %zu weights", all);
    for (size_t i = 0; i < all; i++)
        ranked[i] = (struct ranked){t->weights[i], i};
    qsort(ranked, all, sizeof *ranked, by_size);
    for (size_t i = 0; i < count; i++) {
        values[i] = ranked[i].value;
        name_weight(w, ranked[i].at, names[i]);
        texts[i] = names[i];
    }
    free(ranked);
    if (t->intercepts && t->count == 1)
        snprintf(intercept, sizeof intercept, "; intercept %.4g", t->intercepts[0]);
    if (count < all)
        snprintf(told, sizeof told, "%s%sthe %zu largest of %zu weights%s", subtitle,
                 *subtitle ? "\n" : "", count, all, intercept);
    else
        snprintf(told, sizeof told, "%s%s%zu weight%s%s", subtitle, *subtitle ? "\n" : "", all,
                 all == 1 ? "" : "s", intercept);
    label_weights(w->params, label);
    choose_words(t, &chart.negative, &chart.positive);
    err = chart_ranked_write(&chart, file, why);
    return err;
}

enum dtq_err charts_weights(const struct chart_weights *w, const struct chart_file *file,
                            struct dtq_why *why)
{
    struct chart_training training = {.id = w->id};
    struct charts_words words;
    size_t n = w->tiles->n, width = w->width;

    describe_training(w->params, &training.words);
    charts_words(&training, 1, "Weights of ", &words);
    if (!width && n >= PICTURE_LEAST) width = weights_image_width(n);
    if (width && n % width)
        return err_set(why, DTQ_INPUT,
                       "%zu weights do not fill rows of %zu; give a width that divides %zu", n,
                       width, n);
    if (width) return draw_map(w, width, words.title, words.subtitle, file, why);
    return draw_ranked(w, words.title, words.subtitle, file, why);
}
