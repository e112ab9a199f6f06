/* csv_complain.c: what is wrong with a row, where, and what to do. */
#include "common/dataset/csv_head.h"

#include "common/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    LIST_SHOWN = 200,     /* bytes of a list of columns in one */
    CELL_SHOWN = 44,      /* bytes of a cell or title in a sentence */
    QUOTED_MAX = 1 << 20, /* bytes of a row in which a quote is open */
};

/* A cell that is wrong. */
struct culprit {
    const char *from, *to; /* without blanks and quotes around it */
    size_t column;         /* from 0 */
    enum number_result result;
    char where[200], shown[CELL_SHOWN];
};

static void set_where(const struct csv_head *h, size_t column, char *to, size_t size)
{
    char name[CELL_SHOWN] = "";
    if (h->titles) utf8_show(h->titles[column], strlen(h->titles[column]), 0, name, sizeof name);
    snprintf(to, size, "%.100s line %llu, column %zu%s%s%s", h->name, (unsigned long long)h->line,
             column + 1, *name ? " (" : "", name, *name ? ")" : "");
}

enum dtq_err csv_complain_open(const struct csv_head *h, const char *text, size_t column,
                               struct dtq_why *why)
{
    const char *newline = rawmemchr(text, '\n');
    struct culprit c;
    set_where(h, column, c.where, sizeof c.where);
    utf8_show(text, (size_t)(newline - text), '?', c.shown, sizeof c.shown);
    return err_set(
        why, DTQ_INPUT,
        "%s: the quote of %s is not closed; close it, or remove it where it is not meant "
        "to hold a cell together",
        c.where, c.shown);
}

static bool is_label(const struct csv_head *h, const struct culprit *c)
{
    return c->column == h->label;
}

static enum dtq_err absent(const struct csv_head *h, const struct culprit *c, struct dtq_why *why)
{
    char what[120] = "is empty";
    if (c->from < c->to)
        snprintf(what, sizeof what, "is \"%s\", which counts as missing", c->shown);
    if (is_label(h, c))
        return err_set(why, DTQ_INPUT,
                       "%s: the label %s; fill it in or remove the row (missing= is for features "
                       "alone)",
                       c->where, what);
    return err_set(why, DTQ_INPUT,
                   "%s: the cell %s; give missing=mean or missing=zero, or remove the row",
                   c->where, what);
}

static enum dtq_err too_large(const struct culprit *c, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT,
                   "%s: %s is out of range; numbers up to %g, or down to -%g, can be used: divide "
                   "the column by a power of ten, or remove the row",
                   c->where, c->shown, DATASET_LARGEST, DATASET_LARGEST);
}

/* Digits, and a comma where the point should be. */
static bool is_decimal_comma(const struct culprit *c)
{
    size_t commas = 0;
    for (const char *p = c->from; p < c->to; p++) {
        commas += *p == ',';
        if (!isdigit((unsigned char)*p) && !strchr("+-,.eE", *p)) return false;
    }
    return commas == 1;
}

static bool is_infinite(const struct culprit *c)
{
    const char *p = c->from + (*c->from == '-' || *c->from == '+');
    return c->to - p >= 3 && strncasecmp(p, "inf", 3) == 0;
}

/* Whether a CR stands in the row at text elsewhere than at its end, or within quotes. */
static bool has_cr(const char *text, const char *row_end)
{
    while (row_end > text && row_end[-1] == '\r')
        row_end--;
    return memchr(text, '\r', (size_t)(row_end - text)) &&
           !memchr(text, '"', (size_t)(row_end - text));
}

static enum dtq_err other_ends(const struct csv_head *h, struct dtq_why *why)
{
    return err_set(
        why, DTQ_INPUT,
        "%.200s line %llu: there is a carriage return (CR) within the line, as when files "
        "with different line ends were joined; make all lines end alike, e.g. with "
        "mac2unix",
        h->name, (unsigned long long)h->line);
}

/* The features of the row at text that are words, as ignore= names them. list has LIST_SHOWN bytes
 * and is what is returned. */
static const char *list_words(const struct csv_head *h, const char *text, char *list)
{
    size_t len = 0;
    for (size_t column = 0; column < h->columns && len < LIST_SHOWN; column++) {
        double value;
        const char *behind, *name = h->titles ? h->titles[column] : "";
        bool open, usable = *name && !strpbrk(name, ",|") && !isdigit((unsigned char)*name);
        bool word = csv_cell(h, text, &value, &behind) == NUMBER_NONE && column != h->label &&
                    !(h->ignored && h->ignored[column]);
        size_t room = LIST_SHOWN - len;
        text = csv_cell_end(h, text, &open) + 1;
        if (!word) continue;
        len += (size_t)(usable ? snprintf(list + len, room, "%s%s", len ? "," : "", name)
                               : snprintf(list + len, room, "%s%zu", len ? "," : "", column + 1));
    }
    if (len >= LIST_SHOWN) strcpy(list + LIST_SHOWN - sizeof "...", "...");
    return list;
}

/* text: the row that c is of. */
static enum dtq_err text_cell(const struct csv_head *h, const char *text, const struct culprit *c,
                              struct dtq_why *why)
{
    char list[LIST_SHOWN];
    if (is_infinite(c))
        return err_set(why, DTQ_INPUT,
                       "%s: \"%s\" is not finite; replace it by a number, or remove the row",
                       c->where, c->shown);
    if (is_decimal_comma(c))
        return err_set(why, DTQ_INPUT,
                       "%s: \"%s\" is not a number; write it with a decimal point, such as 1.5",
                       c->where, c->shown);
    if (!h->titles && h->line == h->first)
        return err_set(why, DTQ_INPUT,
                       "%s: \"%s\" is not a number; if the first line holds the names of the "
                       "columns, give hasHeader=true",
                       c->where, c->shown);
    if (is_label(h, c))
        return err_set(why, DTQ_INPUT,
                       "%s: the label \"%s\" is not a number; labels must be numbers (or true and "
                       "false): replace each word by a number of its own, such as 0 and 1",
                       c->where, c->shown);
    return err_set(why, DTQ_INPUT,
                   "%s: \"%s\" is not a number; only numbers (and true and false) can be used: "
                   "replace words by numbers, or leave such columns out with ignore=%s",
                   c->where, c->shown, list_words(h, text, list));
}

/* The first cell of the row that cannot be. False: there is none. */
static bool find_culprit(const struct csv_head *h, const char *text, struct culprit *out)
{
    for (size_t column = 0; column < h->columns; column++) {
        double value;
        const char *behind;
        bool open;
        const char *end = csv_cell_end(h, text, &open);
        enum number_result result = csv_cell(h, text, &value, &behind);
        if (h->ignored && h->ignored[column]) result = NUMBER_OK;
        if (result == NUMBER_ABSENT && h->missing != DATASET_REFUSE && column != h->label)
            result = NUMBER_OK;
        if (result != NUMBER_OK) {
            *out = (struct culprit){.from = text, .to = end, .column = column, .result = result};
            csv_trim(h, &out->from, &out->to);
            set_where(h, column, out->where, sizeof out->where);
            utf8_show(out->from, (size_t)(out->to - out->from), '?', out->shown, sizeof out->shown);
            return true;
        }
        text = end + 1;
    }
    return false;
}

/* Columns of the row at text; or that of the cell, from 0, whose quote is not closed, which *open
 * then points to. */
static size_t count_columns(const struct csv_head *h, const char *text, const char **open)
{
    size_t count = 0;
    for (const char *end;; text = end + 1) {
        bool is_open;
        end = csv_cell_end(h, text, &is_open);
        *open = is_open ? text : NULL;
        if (is_open) return count;
        count++;
        if (*end == '\n') return count;
    }
}

static enum dtq_err ragged(const struct csv_head *h, size_t count, struct dtq_why *why)
{
    return err_set(why, DTQ_INPUT,
                   "%.200s line %llu has %zu column%s and line %llu has %zu; every line must have "
                   "as many",
                   h->name, (unsigned long long)h->line, count, count == 1 ? "" : "s",
                   (unsigned long long)h->first, h->columns);
}

enum dtq_err csv_complain(const struct csv_head *h, const char *text, bool last,
                          struct dtq_why *why)
{
    const char *open;
    struct culprit c;
    size_t count = count_columns(h, text, &open);
    if (open && !last && h->end - text < QUOTED_MAX) return DTQ_NONE;
    if (open) return csv_complain_open(h, open, count < h->columns ? count : h->columns - 1, why);
    if (has_cr(text, csv_row_end(h, text))) return other_ends(h, why);
    if (count != h->columns) return ragged(h, count, why);
    if (find_culprit(h, text, &c)) {
        switch (c.result) {
        case NUMBER_ABSENT: return absent(h, &c, why);
        case NUMBER_RANGE: return too_large(&c, why);
        default: return text_cell(h, text, &c, why);
        }
    }
    /* Not reached while the two ways of reading a line agree. */
    return err_set(why, DTQ_INPUT, "%s line %llu cannot be read as a row of numbers", h->name,
                   (unsigned long long)h->line);
}
