/* csv_head.c: the first line: what divides it, names of columns, which one is the label. */
#include "common/dataset/csv_head.h"

#include "common/dataset/csv_ignore.h"
#include "common/dataset/csv_match.h"
#include "common/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TITLES_MAX = 8,       /* names of columns in a sentence */
    QUOTED_MAX = 1 << 20, /* bytes of a first row in which a quote is open */
};

bool csv_head_init(struct csv_head *h, const char *name)
{
    *h = (struct csv_head){.name = name};
    h->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return h->c_locale != (locale_t)0;
}

void csv_head_clear(struct csv_head *h)
{
    for (size_t i = 0; h->titles && i < h->columns; i++)
        free(h->titles[i]);
    free(h->titles);
    free(h->ignored);
    free(h->runs);
    free(h->place);
    free(h->cells);
    h->titles = NULL;
    h->ignored = NULL;
    h->runs = NULL;
    h->place = NULL;
    h->cells = NULL;
    if (h->c_locale != (locale_t)0) freelocale(h->c_locale);
    h->c_locale = (locale_t)0;
}

/* The delimiter that stands in the first row, of which text [text, end) is all there is, most
 * often; blanks only where no other does, for they also stand beside others. 0 when none does. */
static char find_delimiter(const char *text, const char *end)
{
    static const char candidates[] = ",;\t| ";
    enum { BLANK = sizeof candidates - 2 };
    size_t counts[BLANK + 1] = {0};
    bool quoted = false;
    for (const char *p = text + strspn(text, " "); p < end && (quoted || *p != '\n'); p++) {
        const char *found = *p ? strchr(candidates, *p) : NULL;
        if (*p == '"') quoted = !quoted;
        if (found && !quoted) counts[found - candidates]++;
    }
    if (quoted && memchr(text, '\n', (size_t)(end - text)) != end - 1)
        return find_delimiter(text, (const char *)rawmemchr(text, '\n') + 1);
    size_t best = 0;
    for (size_t i = 1; i < BLANK; i++)
        if (counts[i] > counts[best]) best = i;
    if (counts[best] == 0) best = BLANK;
    return counts[best] ? candidates[best] : 0;
}

static size_t count_cells(const struct csv_head *h, const char *text)
{
    size_t count = 1;
    bool open;
    for (const char *p = text; *(p = csv_cell_end(h, p, &open)) != '\n'; p++)
        count++;
    return count;
}

/* The text of a cell, fit to be shown; NULL: no memory. */
static char *title(const struct csv_head *h, const char *from, const char *to)
{
    csv_trim(h, &from, &to);
    size_t len = (size_t)(to - from), used = 0;
    char *plain = malloc(len + 1), *shown = malloc(3 * len + sizeof "...");
    if (!plain || !shown) {
        free(plain);
        free(shown);
        return NULL;
    }
    for (size_t i = 0; i < len; i++) {
        plain[used++] = from[i];
        i += from[i] == '"' && i + 1 < len && from[i + 1] == '"';
    }
    utf8_show(plain, used, 0, shown, 3 * len + sizeof "...");
    free(plain);
    return shown;
}

static bool read_titles(struct csv_head *h, const char *text)
{
    bool open;
    h->titles = calloc(h->columns, sizeof *h->titles);
    if (!h->titles) return false;
    for (size_t i = 0; i < h->columns; i++) {
        const char *end = csv_cell_end(h, text, &open);
        h->titles[i] = title(h, text, end);
        if (!h->titles[i]) return false;
        text = end + 1;
    }
    return true;
}

const char *csv_list_titles(const struct csv_head *h, char *list)
{
    size_t len = 0;
    list[0] = '\0';
    for (size_t i = 0; i < h->columns && i < TITLES_MAX && len < CSV_TITLES_SHOWN; i++)
        len += (size_t)snprintf(list + len, CSV_TITLES_SHOWN - len, "%s%.30s", i ? ", " : "",
                                h->titles[i]);
    if (h->columns > TITLES_MAX && len < CSV_TITLES_SHOWN)
        snprintf(list + len, CSV_TITLES_SHOWN - len, ", ...");
    return list;
}

static enum dtq_err no_such_title(const struct csv_head *h, const char *label, struct dtq_why *why)
{
    char list[CSV_TITLES_SHOWN];
    for (size_t i = 0; i < h->columns; i++)
        if (strcasecmp(h->titles[i], label) == 0)
            return err_set(why, DTQ_INPUT, "%s has no column \"%.60s\"; did you mean \"%.60s\"?",
                           h->name, label, h->titles[i]);
    return err_set(why, DTQ_INPUT,
                   "%s has no column \"%.60s\" for the label; give first, last or one of its %zu "
                   "columns: %s",
                   h->name, label, h->columns, csv_list_titles(h, list));
}

/* The first or the last of the columns that are not ignored; when all are, of all. */
static size_t outermost(const struct csv_head *h, bool last)
{
    size_t most = h->columns - 1;
    for (size_t i = 0; h->ignored && i <= most; i++) {
        size_t column = last ? most - i : i;
        if (!h->ignored[column]) return column;
    }
    return last ? most : 0;
}

enum dtq_err csv_find_label(struct csv_head *h, const char *label, struct dtq_why *why)
{
    size_t found = 0;
    if (strcmp(label, DATASET_NO_LABEL) == 0) {
        h->label = h->columns;
        return DTQ_OK;
    }
    if (strcmp(label, "first") == 0 || strcmp(label, "last") == 0) {
        h->label = outermost(h, *label == 'l');
        return DTQ_OK;
    }
    if (!h->titles)
        return err_set(why, DTQ_INPUT,
                       "label=%.60s: a column can be named only when the first line of %s holds "
                       "names (hasHeader=true); otherwise give first or last",
                       label, h->name);
    for (size_t i = h->columns; i-- > 0;) {
        if (strcmp(h->titles[i], label) != 0) continue;
        found++;
        h->label = i;
    }
    if (found == 0) return no_such_title(h, label, why);
    if (found > 1)
        return err_set(why, DTQ_INPUT, "%s has %zu columns named \"%.60s\"; the label must be one",
                       h->name, found, label);
    return DTQ_OK;
}

static enum dtq_err one_column(const struct csv_head *h, const struct dataset_options *options,
                               struct dtq_why *why)
{
    char given[64] = "a comma, a semicolon, a tab, | or blanks";
    if (options->delimiter == '\t')
        strcpy(given, "a tab, the delimiter given");
    else if (options->delimiter)
        sprintf(given, "'%c', the delimiter given", options->delimiter);
    return err_set(why, DTQ_INPUT,
                   "%s line %llu has one column; a label and at least one feature were expected, "
                   "divided by %s",
                   h->name, (unsigned long long)h->first, given);
}

/* Column 1 is a feature and has no name, as all others have; or the one that pandas gives to what
 * it has written itself. */
static bool looks_like_index(const struct csv_head *h)
{
    if (!h->titles || h->place || h->label == 0 || (h->ignored && h->ignored[0])) return false;
    for (size_t i = 1; i < h->columns; i++)
        if (!*h->titles[i]) return false;
    return !*h->titles[0] || strcmp(h->titles[0], "Unnamed: 0") == 0;
}

/* The first row has a quote that is closed nowhere. */
static enum dtq_err never_closed(struct csv_head *h, const char *text, struct dtq_why *why)
{
    size_t column = 0;
    bool open;
    for (const char *end; *(end = csv_cell_end(h, text, &open)) != '\n' && !open; text = end + 1)
        column++;
    h->line++;
    return csv_complain_open(h, text, column, why);
}

enum dtq_err csv_head_read(struct csv_head *h, const char **text,
                           const struct dataset_options *options, bool last, struct dtq_why *why)
{
    const size_t least = strcmp(options->label, DATASET_NO_LABEL) == 0 ? 1 : 2;
    const char *row_end;
    h->delimiter = options->delimiter ? options->delimiter : find_delimiter(*text, h->end);
    if (!h->delimiter && least == 1) h->delimiter = ','; /* one column; nothing divides */
    h->missing = options->missing;
    row_end = csv_row_end(h, *text);
    if (!row_end && !last && h->end - *text < QUOTED_MAX) return DTQ_NONE;
    if (!row_end) return never_closed(h, *text, why);
    h->columns = count_cells(h, *text);
    h->first = h->line + 1;
    if (!h->delimiter || h->columns < least) return one_column(h, options, why);
    if (options->has_header) {
        if (!read_titles(h, *text)) return err_set(why, DTQ_NOMEM, "%s: out of memory", h->name);
        for (const char *p = *text; p <= row_end; p++)
            h->line += *p == '\n';
        *text = row_end + 1;
    }
    bool match = options->columns && h->titles;
    enum dtq_err err = csv_ignore(h, options->ignore, match, why);
    if (err == DTQ_OK)
        err = match ? csv_match(h, options, why) : csv_find_label(h, options->label, why);
    if (err == DTQ_OK) err = csv_divide(h, options->ignore, why);
    h->maybe_index = err == DTQ_OK && looks_like_index(h);
    return err;
}
