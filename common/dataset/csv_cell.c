/* csv_cell.c: one cell: where it ends, and what it holds. */
#include "common/dataset/csv_head.h"

#include <math.h>
#include <string.h>

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

/* p, or the newline when nothing but CRs is before it. */
static const char *skip_crs(const char *p)
{
    const char *q = p;
    while (*q == '\r')
        q++;
    return *q == '\n' ? q : p;
}

bool csv_is_blank(const struct csv_head *h, const char **text)
{
    const char *p = skip_crs(skip_lead(h, *text));
    if (*p != '\n') return false;
    *text = p + 1;
    return true;
}

/* p is the delimiter or newline behind a cell; of several blanks, the last. */
static const char *skip_trail(const struct csv_head *h, const char *p)
{
    const char *q;
    if (h->delimiter != ' ' || *p != ' ') return p;
    while (p[1] == ' ')
        p++;
    q = skip_crs(p + 1);
    return *q == '\n' ? q : p;
}

/* Words that stand for a number, or for none, as pandas, R and others write them; in any case. */
static enum number_result read_word(const struct csv_head *h, const char **text, double *value)
{
    static const struct {
        const char *word;
        enum number_result result;
        double value;
    } words[] = {
        {"true", NUMBER_OK, 1},     {"false", NUMBER_OK, 0},    {"na", NUMBER_ABSENT, 0},
        {"n/a", NUMBER_ABSENT, 0},  {"#n/a", NUMBER_ABSENT, 0}, {"<na>", NUMBER_ABSENT, 0},
        {"nan", NUMBER_ABSENT, 0},  {"-nan", NUMBER_ABSENT, 0}, {"null", NUMBER_ABSENT, 0},
        {"none", NUMBER_ABSENT, 0}, {"?", NUMBER_ABSENT, 0},    {"-", NUMBER_ABSENT, 0},
    };
    const char *p = *text;
    size_t len = 0;
    while (len < 8 && p[len] != h->delimiter && p[len] && !strchr("\n\r\" \t", p[len]))
        len++;
    for (size_t i = 0; len > 0 && i < sizeof words / sizeof words[0]; i++) {
        if (strncasecmp(words[i].word, p, len) != 0 || words[i].word[len]) continue;
        *text = p + len;
        *value = words[i].value;
        return words[i].result;
    }
    return NUMBER_NONE;
}

enum number_result csv_cell(const struct csv_head *h, const char *text, double *value,
                            const char **end)
{
    const char *p = skip_lead(h, text);
    bool quoted = *p == '"';
    if (quoted) p = skip_blanks(h, p + 1);
    enum number_result result = number_parse(p, h->c_locale, value, &p);
    if (result == NUMBER_OK && fabs(*value) > DATASET_LARGEST) return NUMBER_RANGE;
    if (result == NUMBER_OK && !quoted && (*p == h->delimiter || *p == '\n')) { /* nearly always */
        *end = skip_trail(h, p);
        return result;
    }
    if (result == NUMBER_RANGE) return result;
    if (result == NUMBER_NONE) result = read_word(h, &p, value);
    p = skip_blanks(h, p);
    if (quoted && *p != '"') return NUMBER_NONE;
    if (quoted) p = skip_blanks(h, p + 1);
    p = skip_crs(p);
    if (*p != h->delimiter && *p != '\n') return NUMBER_NONE;
    *end = skip_trail(h, p);
    return result == NUMBER_NONE ? NUMBER_ABSENT : result;
}

const char *csv_cell_end(const struct csv_head *h, const char *text, bool *open)
{
    const char *p = skip_lead(h, text);
    *open = *p == '"';
    if (*open) {
        for (p++; p < h->end && *open; p++) {
            if (*p != '"') continue;
            if (p[1] == '"')
                p++;
            else
                *open = false;
        }
        if (*open) return h->end - 1;
    }
    while (*p != '\n' && *p != h->delimiter)
        p++;
    return skip_trail(h, p);
}

const char *csv_row_end(const struct csv_head *h, const char *text)
{
    const char *newline = rawmemchr(text, '\n'), *p = text;
    bool open;
    if (!memchr(text, '"', (size_t)(newline - text))) return newline;
    while (*(p = csv_cell_end(h, p, &open)) != '\n')
        p++;
    return open ? NULL : p;
}

void csv_trim(const struct csv_head *h, const char **from, const char **to)
{
    *from = skip_lead(h, *from);
    while (*to > *from && (strchr(" \t\r", (*to)[-1]) && (*to)[-1]))
        --*to;
    if (*to - *from >= 2 && **from == '"' && (*to)[-1] == '"') {
        ++*from;
        --*to;
    }
}
