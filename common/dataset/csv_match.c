/* csv_match.c: both sides are sorted by name and walked together. */
#include "common/dataset/csv_match.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 8 }; /* in a list of a sentence */

struct column {
    const char *name; /* borrowed */
    size_t at;        /* in its file, or in the order that is wanted */
};

static int by_name(const void *a, const void *b)
{
    const struct column *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

/* Names for a sentence: the first few of them, and how many more there are. */
struct list {
    char text[400];
    size_t count;
};

static void list_add(struct list *l, const char *name)
{
    size_t len = strlen(l->text);
    if (l->count++ < NAMES_MAX)
        snprintf(l->text + len, sizeof l->text - len, "%s\"%.40s\"", len ? ", " : "", name);
}

static const char *list_end(struct list *l)
{
    size_t len = strlen(l->text);
    if (l->count > NAMES_MAX)
        snprintf(l->text + len, sizeof l->text - len, " and %zu more", l->count - NAMES_MAX);
    return l->text;
}

/* The label's name where it decides; NULL: it does not. */
static const char *label_wanted(const struct dataset_columns *wanted)
{
    const char *name = dataset_names_get(&wanted->names, wanted->names.features);
    return wanted->label_by_name && *name ? name : NULL;
}

/* The label's column, by its name. Where there is none, h->label is past the last. */
static enum dtq_err find_named(struct csv_head *h, const char *label, struct dtq_why *why)
{
    size_t found = 0;
    h->label = h->columns;
    for (size_t i = h->columns; i-- > 0;) {
        if (strcmp(h->titles[i], label) != 0) continue;
        found++;
        h->label = i;
    }
    if (found > 1)
        return err_set(why, DTQ_INPUT, "%s has %zu columns named \"%.60s\"; the label must be one",
                       h->name, found, label);
    return DTQ_OK;
}

/* Whether a column may be a feature. */
static bool is_wanted(const struct csv_head *h, size_t column)
{
    return column != h->label && !(h->ignored && h->ignored[column]);
}

static bool in_place(const struct csv_head *h, const struct dataset_names *names)
{
    size_t at = 0;
    for (size_t i = 0; i < h->columns; i++) {
        if (!is_wanted(h, i)) continue;
        if (at == names->features || strcmp(h->titles[i], dataset_names_get(names, at++)) != 0)
            return false;
    }
    return at == names->features;
}

/* Names that were not paired up, in the order of either side. */
static enum dtq_err refuse(const struct csv_head *h, const struct dataset_names *names,
                           struct list *missing, struct dtq_why *why)
{
    struct list unknown = {0};
    for (size_t j = 0; j < names->features; j++)
        if (isnan(h->cells[j])) list_add(missing, dataset_names_get(names, j));
    for (size_t i = 0; i < h->columns; i++)
        if (is_wanted(h, i) && h->place[i] == SIZE_MAX) list_add(&unknown, h->titles[i]);
    if (!missing->count && !unknown.count) return DTQ_OK;
    const char *lacks = list_end(missing), *has = list_end(&unknown);
    return err_set(why, DTQ_INPUT,
                   "%.100s does not have the columns of the training: %s%s%s%s%s; columns are "
                   "matched by name%s",
                   h->name, missing->count ? "missing " : "", lacks,
                   missing->count && unknown.count ? "; " : "", unknown.count ? "unknown " : "",
                   has, unknown.count ? ", and ignore= leaves out those that are not needed" : "");
}

/* Walks both sorted sides: wanted (wants) and there (has). What has no other half is NaN in
 * h->cells, and SIZE_MAX in h->place. */
static enum dtq_err pair_up(struct csv_head *h, const struct column *wanted, size_t wants,
                            const struct column *there, size_t has, struct dtq_why *why)
{
    size_t i = 0, k = 0;
    for (size_t j = 0; j < wants; j++)
        h->cells[j] = NAN;
    memset(h->place, 0xff, h->columns * sizeof *h->place);
    while (i < wants && k < has) {
        int order = strcmp(wanted[i].name, there[k].name);
        if (order < 0) {
            i++;
        } else if (order > 0) {
            k++;
        } else {
            const char *name = there[k].name;
            bool twice = (i + 1 < wants && strcmp(wanted[i + 1].name, name) == 0) ||
                         (k + 1 < has && strcmp(there[k + 1].name, name) == 0);
            if (twice)
                return err_set(why, DTQ_INPUT,
                               "%.100s: several columns are named \"%.60s\" here or in the "
                               "training, and stand in another order; give each column a name of "
                               "its own",
                               h->name, name);
            h->cells[wanted[i].at] = 0;
            h->place[there[k++].at] = wanted[i++].at;
        }
    }
    return DTQ_OK;
}

enum dtq_err csv_match(struct csv_head *h, const struct dataset_options *options,
                       struct dtq_why *why)
{
    const struct dataset_columns *columns = options->columns;
    const struct dataset_names *names = &columns->names;
    const char *label = label_wanted(columns);
    size_t wants = names->features, has = 0;
    struct list missing = {0};
    struct column *room;
    enum dtq_err err = label ? find_named(h, label, why) : csv_find_label(h, options->label, why);

    if (err != DTQ_OK) return err;
    if (label && h->label == h->columns && !columns->label_may_lack) list_add(&missing, label);
    if (!missing.count && in_place(h, names)) return DTQ_OK;
    room = calloc(wants + h->columns, sizeof *room);
    h->place = calloc(h->columns, sizeof *h->place);
    h->cells = calloc(wants + 1, sizeof *h->cells);
    if (!room || !h->place || !h->cells) {
        free(room);
        return err_set(why, DTQ_NOMEM, "%s: out of memory", h->name);
    }
    for (size_t j = 0; j < wants; j++)
        room[j] = (struct column){dataset_names_get(names, j), j};
    for (size_t i = 0; i < h->columns; i++)
        if (is_wanted(h, i)) room[wants + has++] = (struct column){h->titles[i], i};
    qsort(room, wants, sizeof *room, by_name);
    qsort(room + wants, has, sizeof *room, by_name);
    err = pair_up(h, room, wants, room + wants, has, why);
    if (err == DTQ_OK) err = refuse(h, names, &missing, why);
    free(room);
    return err;
}
