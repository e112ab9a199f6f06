/* csv_head.c: the parts of the reader that look at a line with care and without hurry. */
#include "common/dataset/csv_head.h"

#include "common/dataset/csv_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTE_MAX = 40, TITLES_MAX = 8 }; /* characters of a cell, names of columns, in a sentence */

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
    free(h->place);
    free(h->cells);
    h->titles = NULL;
    h->place = NULL;
    h->cells = NULL;
    if (h->c_locale != (locale_t)0) freelocale(h->c_locale);
    h->c_locale = (locale_t)0;
}

static bool is_blank(const struct csv_head *h, char c)
{
    return (c == ' ' || c == '\t') && h->delimiter != c;
}

static const char *skip_blanks(const struct csv_head *h, const char *p)
{
    while (is_blank(h, *p))
        p++;
    return p;
}

/* Where blanks divide, several are as good as one, and those around the line are none. */
static const char *skip_lead(const struct csv_head *h, const char *p)
{
    while (h->delimiter == ' ' && *p == ' ')
        p++;
    return skip_blanks(h, p);
}

bool csv_is_blank(const struct csv_head *h, const char **text)
{
    const char *p = skip_lead(h, *text);
    if (*p == '\r') p++;
    if (*p != '\n') return false;
    *text = p + 1;
    return true;
}

/* p is the delimiter or newline behind a cell; of several blanks, the last. */
static const char *skip_trail(const struct csv_head *h, const char *p)
{
    if (h->delimiter != ' ' || *p != ' ') return p;
    while (p[1] == ' ')
        p++;
    if (p[1] == '\n') return p + 1;
    return p[1] == '\r' && p[2] == '\n' ? p + 2 : p;
}

enum number_result csv_cell(const struct csv_head *h, const char *text, double *value,
                            const char **end)
{
    const char *p = skip_lead(h, text);
    bool quoted = *p == '"';
    if (quoted) p = skip_blanks(h, p + 1);
    enum number_result result = number_parse(p, h->c_locale, value, &p);
    if (result == NUMBER_RANGE) return result;
    p = skip_blanks(h, p);
    if (quoted && *p != '"') return NUMBER_NONE;
    if (quoted) p = skip_blanks(h, p + 1);
    if (*p == '\r' && p[1] == '\n') p++;
    if (*p != h->delimiter && *p != '\n') return NUMBER_NONE;
    *end = skip_trail(h, p);
    return result == NUMBER_NONE ? NUMBER_ABSENT : NUMBER_OK;
}

/* The delimiter or newline behind the cell at text, whatever the cell holds; *open says that a
 * quote is not closed on its line. */
static const char *cell_end(const struct csv_head *h, const char *text, bool *open)
{
    const char *p = skip_lead(h, text);
    bool quoted = false;
    if (*p == '"') {
        quoted = true;
        for (p++; *p != '\n' && quoted; p++)
            if (*p == '"') quoted = false;
    }
    while (*p != '\n' && *p != h->delimiter)
        p++;
    *open = quoted;
    return skip_trail(h, p);
}

static size_t count_cells(const struct csv_head *h, const char *text)
{
    size_t count = 1;
    bool open;
    for (const char *p = text; *(p = cell_end(h, p, &open)) != '\n'; p++)
        count++;
    return count;
}

/* The cell without the blanks and quotes around it. */
static void trim(const struct csv_head *h, const char **from, const char **to)
{
    *from = skip_lead(h, *from);
    while (*to > *from && (strchr(" \t\r", (*to)[-1]) && (*to)[-1]))
        --*to;
    if (*to - *from >= 2 && **from == '"' && (*to)[-1] == '"') {
        ++*from;
        --*to;
    }
}

/* The delimiter that stands in the line most often; blanks only where no other does, for they also
 * stand beside others. 0 when none does. */
static char find_delimiter(const char *text)
{
    static const char candidates[] = ",;\t| ";
    enum { BLANK = sizeof candidates - 2 };
    size_t counts[BLANK + 1] = {0};
    bool quoted = false;
    for (const char *p = text + strspn(text, " "); *p != '\n'; p++) {
        const char *found = *p ? strchr(candidates, *p) : NULL;
        if (*p == '"') quoted = !quoted;
        if (found && !quoted) counts[found - candidates]++;
    }
    size_t best = 0;
    for (size_t i = 1; i < BLANK; i++)
        if (counts[i] > counts[best]) best = i;
    if (counts[best] == 0) best = BLANK;
    return counts[best] ? candidates[best] : 0;
}

static bool read_titles(struct csv_head *h, const char *text)
{
    bool open;
    h->titles = calloc(h->columns, sizeof *h->titles);
    if (!h->titles) return false;
    for (size_t i = 0; i < h->columns; i++) {
        const char *end = cell_end(h, text, &open);
        const char *from = text, *to = end;
        trim(h, &from, &to);
        h->titles[i] = strndup(from, (size_t)(to - from));
        if (!h->titles[i]) return false;
        text = end + 1;
    }
    return true;
}

static enum dtq_err no_such_title(const struct csv_head *h, const char *label, struct dtq_why *why)
{
    char list[300] = "";
    size_t len = 0;
    for (size_t i = 0; i < h->columns && i < TITLES_MAX && len < sizeof list; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%.30s", i ? ", " : "",
                                h->titles[i]);
    for (size_t i = 0; i < h->columns; i++)
        if (strcasecmp(h->titles[i], label) == 0)
            return err_set(why, DTQ_INPUT, "%s has no column \"%.60s\"; did you mean \"%.60s\"?",
                           h->name, label, h->titles[i]);
    return err_set(why, DTQ_INPUT,
                   "%s has no column \"%.60s\" for the label; give first, last or one of its %zu "
                   "columns: %s%s",
                   h->name, label, h->columns, list, h->columns > TITLES_MAX ? ", ..." : "");
}

enum dtq_err csv_find_label(struct csv_head *h, const char *label, struct dtq_why *why)
{
    size_t found = 0;
    if (strcmp(label, DATASET_NO_LABEL) == 0) {
        h->label = h->columns;
        return DTQ_OK;
    }
    if (strcmp(label, "first") == 0) {
        h->label = 0;
        return DTQ_OK;
    }
    if (strcmp(label, "last") == 0) {
        h->label = h->columns - 1;
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

enum dtq_err csv_head_read(struct csv_head *h, const char **text,
                           const struct dataset_options *options, struct dtq_why *why)
{
    const size_t least = strcmp(options->label, DATASET_NO_LABEL) == 0 ? 1 : 2;
    h->delimiter = options->delimiter ? options->delimiter : find_delimiter(*text);
    if (!h->delimiter && least == 1) h->delimiter = ','; /* one column; nothing divides */
    h->missing = options->missing;
    h->columns = count_cells(h, *text);
    h->first = h->line + 1;
    if (!h->delimiter || h->columns < least) return one_column(h, options, why);
    if (options->has_header) {
        if (!read_titles(h, *text)) return err_set(why, DTQ_NOMEM, "%s: out of memory", h->name);
        h->line++;
        *text = (const char *)rawmemchr(*text, '\n') + 1;
    }
    return options->columns && h->titles ? csv_match(h, options, why)
                                         : csv_find_label(h, options->label, why);
}

/* The cell for a sentence: cut when long, without anything that does not print. */
static void quote(char *to, const char *from, size_t len)
{
    size_t n = len < QUOTE_MAX ? len : QUOTE_MAX;
    for (size_t i = 0; i < n; i++)
        to[i] = (unsigned char)from[i] < ' ' || from[i] == 0x7f ? '?' : from[i];
    strcpy(to + n, len > n ? "..." : "");
}

static enum dtq_err bad_cell(const struct csv_head *h, size_t column, enum number_result result,
                             const char *from, const char *to, bool open, struct dtq_why *why)
{
    char where[160], cell[QUOTE_MAX + sizeof "..."];
    snprintf(where, sizeof where, "%.60s line %llu, column %zu%s%.60s%s", h->name,
             (unsigned long long)h->line, column + 1, h->titles ? " (" : "",
             h->titles ? h->titles[column] : "", h->titles ? ")" : "");
    trim(h, &from, &to);
    size_t len = (size_t)(to - from);
    quote(cell, from, len);
    if (open)
        return err_set(why, DTQ_INPUT, "%s: the quote of %s is not closed on its line", where,
                       cell);
    if (len == 0)
        return err_set(why, DTQ_INPUT,
                       h->missing == DATASET_REFUSE
                           ? "%s: the cell is empty; every cell must hold a number, unless "
                             "missing=zero or missing=mean is given"
                           : "%s: the label is empty; fill it in or leave out rows without one",
                       where);
    if (result == NUMBER_RANGE)
        return err_set(why, DTQ_INPUT, "%s: %s is beyond the largest number, 1.8e308", where, cell);

    const char *digits = from + (*from == '-' || *from == '+');
    if (to - digits >= 3 &&
        (strncasecmp(digits, "nan", 3) == 0 || strncasecmp(digits, "inf", 3) == 0))
        return err_set(why, DTQ_INPUT,
                       "%s: \"%s\" is not finite; fill in or leave out rows with such values",
                       where, cell);
    if (!h->titles && h->line == h->first)
        return err_set(why, DTQ_INPUT,
                       "%s: \"%s\" is no number; if the first line holds the names of the columns, "
                       "give hasHeader=true",
                       where, cell);
    return err_set(why, DTQ_INPUT,
                   "%s: \"%s\" is no number; every cell must hold one, with a decimal point, such "
                   "as -1.5e3",
                   where, cell);
}

enum dtq_err csv_complain(const struct csv_head *h, const char *text, struct dtq_why *why)
{
    size_t count = count_cells(h, text);
    if (count != h->columns)
        return err_set(why, DTQ_INPUT,
                       "%s line %llu has %zu column%s and line %llu has %zu; every line must have "
                       "as many",
                       h->name, (unsigned long long)h->line, count, count == 1 ? "" : "s",
                       (unsigned long long)h->first, h->columns);
    for (size_t column = 0; column < h->columns; column++) {
        double value;
        const char *behind;
        bool open;
        const char *end = cell_end(h, text, &open);
        enum number_result result = csv_cell(h, text, &value, &behind);
        if (result == NUMBER_ABSENT && h->missing != DATASET_REFUSE && column != h->label)
            result = NUMBER_OK;
        if (result != NUMBER_OK) return bad_cell(h, column, result, text, end, open, why);
        text = end + 1;
    }
    /* Not reached while the two ways of reading a line agree. */
    return err_set(why, DTQ_INPUT, "%s line %llu cannot be read as a row of numbers", h->name,
                   (unsigned long long)h->line);
}
