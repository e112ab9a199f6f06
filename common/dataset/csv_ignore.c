/* csv_ignore.c: see the header. */
#include "common/dataset/csv_ignore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum dtq_err no_memory(const struct csv_head *h, struct dtq_why *why)
{
    return err_set(why, DTQ_NOMEM, "%s: out of memory", h->name);
}

/* Marks the column of this name. False: there is none, and there are no names. */
static bool mark_named(struct csv_head *h, const char *name)
{
    bool found = false;
    for (size_t i = 0; h->titles && i < h->columns; i++)
        if (*name && strcmp(h->titles[i], name) == 0) h->ignored[i] = found = true;
    return found;
}

/* The same by its number. */
static bool mark_numbered(struct csv_head *h, const char *number)
{
    char *end;
    unsigned long long column = strtoull(number, &end, 10);
    if (*number < '0' || *number > '9' || *end || column == 0 || column > h->columns) return false;
    h->ignored[column - 1] = true;
    return true;
}

static enum dtq_err no_such_column(const struct csv_head *h, const char *word, struct dtq_why *why)
{
    char list[CSV_TITLES_SHOWN];
    if (!h->titles)
        return err_set(
            why, DTQ_INPUT,
            "ignore=%.60s: %.200s has %zu columns and no names (hasHeader=true); expected "
            "numbers from 1 to %zu",
            word, h->name, h->columns, h->columns);
    return err_set(why, DTQ_INPUT,
                   "ignore=%.60s: %.200s has no such column; give names or numbers of its %zu "
                   "columns: %s",
                   word, h->name, h->columns, csv_list_titles(h, list));
}

enum dtq_err csv_ignore(struct csv_head *h, const char *ignore, bool may_lack, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;
    char *words, *rest;
    if (!ignore) return DTQ_OK;
    h->ignored = calloc(h->columns, sizeof *h->ignored);
    rest = words = strdup(ignore);
    if (!h->ignored || !words) err = no_memory(h, why);
    if (err != DTQ_OK || mark_named(h, words)) goto out; /* a name may have commas */
    for (char *word; err == DTQ_OK && (word = strsep(&rest, ","));) {
        word += strspn(word, " ");
        for (size_t len = strlen(word); len > 0 && word[len - 1] == ' ';)
            word[--len] = '\0';
        if (!mark_named(h, word) && !mark_numbered(h, word) && !(may_lack && *word))
            err = no_such_column(h, word, why);
    }
out:
    free(words);
    return err;
}

enum dtq_err csv_divide(struct csv_head *h, const char *ignore, struct dtq_why *why)
{
    struct csv_run *run;
    if (h->ignored && h->label < h->columns && h->ignored[h->label])
        return err_set(why, DTQ_INPUT,
                       "ignore=%.60s: column %zu of %.200s is the label; name another one with "
                       "csvLabel=, or do not ignore it",
                       ignore, h->label + 1, h->name);
    run = h->runs = calloc(h->columns + 1, sizeof *h->runs);
    if (!run) return no_memory(h, why);
    h->features = 0;
    for (size_t i = 0; i < h->columns; i++) {
        if (i != h->label && !(h->ignored && h->ignored[i])) {
            run->features++;
            h->features++;
            continue;
        }
        run++->then = i == h->label ? RUN_LABEL : RUN_IGNORED;
    }
    if (h->features == 0)
        return err_set(why, DTQ_INPUT,
                       "ignore=%.60s leaves no feature of the %zu columns of %.200s", ignore,
                       h->columns, h->name);
    return DTQ_OK;
}
