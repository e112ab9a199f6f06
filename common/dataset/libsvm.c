/* libsvm.c: one pass over the lines. Values that are written out as 0 are left out like all others.
 */
#include "common/dataset/libsvm.h"

#include "common/dataset/lines.h"
#include "common/dataset/number.h"
#include "common/utf8.h"

#include <math.h>
#include <string.h>

enum { WORD_MAX = 40 }; /* characters of a word in a sentence */

struct libsvm {
    const char *name;
    uint64_t line;
    uint64_t features; /* given; 0: not */
    locale_t c_locale;
    struct store *store;
    struct dtq_why *why;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

static const char *skip_blanks(const char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

static const char *skip_word(const char *p)
{
    while (!is_blank(*p) && *p != '\n')
        p++;
    return p;
}

/* Whether the line ends at p, with or without a comment. */
static bool ends(const char *p)
{
    return *p == '\n' || *p == '#';
}

/* [from, to) at the start of a word: digits and a colon? */
static bool is_pair(const char *from, const char *to)
{
    const char *p = from;
    if (to - from > 4 && memcmp(from, "qid:", 4) == 0) return true;
    while (p < to && is_digit(*p))
        p++;
    return p > from && p < to && *p == ':';
}

int libsvm_is(const char *head, size_t len)
{
    const char *end = head + len;
    if (len >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0) head += 3; /* a byte order mark */
    for (const char *p = head; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        while (p < stop && is_blank(*p))
            p++;
        if (p < stop && *p != '#') {
            const char *word = p;
            while (p < stop && !is_blank(*p) && *p != '#')
                p++;
            if (memchr(word, ':', (size_t)(p - word)) || memchr(word, ',', (size_t)(p - word)))
                return 0;
            while (p < stop && is_blank(*p))
                p++;
            if (p < stop && *p != '#') return is_pair(p, stop);
        }
        p = newline ? newline + 1 : end;
    }
    return -1;
}

/* A word for a sentence: cut when long, without anything that does not print. */
static const char *shown(const char *from, char text[WORD_MAX + 4])
{
    utf8_show(from, (size_t)(skip_word(from) - from), '?', text, WORD_MAX + 4);
    return text;
}

static enum dtq_err complain(const struct libsvm *f, const char *word, const char *what)
{
    char text[WORD_MAX + 4];
    return err_set(f->why, DTQ_INPUT, "%.200s line %llu: \"%s\" %s", f->name,
                   (unsigned long long)f->line, shown(word, text), what);
}

/* Says why the text at p, part of word, is not a number. */
static enum dtq_err no_number(const struct libsvm *f, const char *word, const char *p)
{
    const char *digits = p + (*p == '-' || *p == '+');
    if (strncasecmp(digits, "nan", 3) == 0 || strncasecmp(digits, "inf", 3) == 0)
        return complain(f, word,
                        p == word ? "is not finite; give the row a label, or remove it"
                                  : "is not finite; omit the pair where the value is missing (it "
                                    "then counts as 0), or remove the row");
    return complain(
        f, word, p == word ? "is not a number; expected a label" : "has no number after its colon");
}

/* The number at *p, which is moved behind it; it must end where the word does. */
static enum dtq_err number(const struct libsvm *f, const char *word, const char **p, double *value)
{
    const char *end = *p;
    enum number_result result = number_parse(*p, f->c_locale, value, &end);
    if (result == NUMBER_RANGE || (result == NUMBER_OK && fabs(*value) > DATASET_LARGEST))
        return complain(f, word, "is out of range; numbers from -1e+150 to 1e+150 can be used");
    if (result != NUMBER_OK) return no_number(f, word, *p);
    if (!is_blank(*end) && !ends(end))
        return complain(f, word,
                        *p != word    ? "has more than a number after its colon"
                        : *end == ',' ? "is more than one label; expected one in each row"
                                      : "is not a number; expected a label");
    *p = end;
    return DTQ_OK;
}

static enum dtq_err beyond(const struct libsvm *f, const char *word)
{
    char text[WORD_MAX + 4];
    return err_set(f->why, DTQ_INPUT,
                   "%.200s line %llu: \"%s\" has an index above the number of features, %llu",
                   f->name, (unsigned long long)f->line, shown(word, text),
                   (unsigned long long)f->features);
}

/* One index:value at *p, which is moved behind it. */
static enum dtq_err pair(const struct libsvm *f, const char **p, uint64_t *last)
{
    const char *word = *p, *at = word;
    uint64_t index = 0;
    double value;
    while (is_digit(*at) && index <= UINT32_MAX)
        index = index * 10 + (uint64_t)(*at++ - '0');
    if (at == word || (*at != ':' && !is_digit(*at)))
        return complain(f, word, "is not index:value, such as 12:0.5");
    if (index > UINT32_MAX) return complain(f, word, "has an index above 4294967295");
    if (index == 0)
        return complain(f, word, "has the index 0; indices count from 1, so add 1 to all of them");
    if (index == *last)
        return complain(f, word, "has an index that the row has already; each may be there once");
    if (index < *last)
        return complain(f, word,
                        "comes after a larger index; sort the pairs of each row by their index");
    if (f->features > 0 && index > f->features) return beyond(f, word);
    at++;
    enum dtq_err err = number(f, word, &at, &value);
    if (err != DTQ_OK) return err;
    *last = index;
    *p = at;
    if (value == 0) {
        if (index > f->store->features) f->store->features = index;
        return DTQ_OK;
    }
    return store_put_at(f->store, (uint32_t)(index - 1), value);
}

/* One line with a label, from *text on, which is moved behind it. */
static enum dtq_err row(const struct libsvm *f, const char **text)
{
    const char *p = *text;
    uint64_t last = 0;
    double label;
    enum dtq_err err = number(f, p, &p, &label);
    if (err == DTQ_OK) err = store_begin_row(f->store);
    for (p = skip_blanks(p); err == DTQ_OK && !ends(p); p = skip_blanks(p)) {
        if (strncmp(p, "qid:", 4) == 0)
            p = skip_word(p);
        else
            err = pair(f, &p, &last);
    }
    if (err != DTQ_OK) return err;
    *text = (const char *)rawmemchr(p, '\n') + 1;
    return store_end_row(f->store, label);
}

static enum dtq_err rows(struct libsvm *f, const char *from, const char *to)
{
    for (const char *p = from; p < to;) {
        f->line++;
        p = skip_blanks(p);
        if (ends(p)) {
            p = (const char *)rawmemchr(p, '\n') + 1;
            continue;
        }
        enum dtq_err err = row(f, &p);
        if (err != DTQ_OK) return err;
    }
    return DTQ_OK;
}

static enum dtq_err settle_features(const struct libsvm *f)
{
    struct store *s = f->store;
    if (s->rows == 0)
        return err_set(f->why, DTQ_INPUT,
                       "%.200s is empty; a label and index:value on each line were expected",
                       f->name);
    if (f->features > 0) s->features = f->features;
    if (s->features == 0)
        return err_set(f->why, DTQ_INPUT,
                       "%.200s holds labels alone; at least one index:value was expected", f->name);
    return DTQ_OK;
}

enum dtq_err libsvm_read(struct source *source, const struct dataset_options *options,
                         dataset_progress *progress, void *ctx, struct store *store,
                         struct dtq_why *why)
{
    struct libsvm f = {source->name, 0, options->features, (locale_t)0, store, why};
    struct lines lines;
    const char *from, *to;
    enum dtq_err err = DTQ_OK;

    if (f.features > UINT32_MAX)
        return err_set(why, DTQ_INPUT, "features=%llu: at most 4294967295 were expected",
                       (unsigned long long)f.features);
    lines_init(&lines, source);
    store_begin(store, 0, true);
    f.c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (f.c_locale == (locale_t)0) err = DTQ_NOMEM;
    while (err == DTQ_OK && (err = lines_next(&lines, &from, &to, why)) == DTQ_OK) {
        if (progress && progress(ctx))
            err = err_set(why, DTQ_CANCELLED, "%.200s: cancelled while reading line %llu", f.name,
                          (unsigned long long)f.line);
        else
            err = rows(&f, from, to);
    }
    if (err == DTQ_NONE) err = settle_features(&f);
    if (f.c_locale != (locale_t)0) freelocale(f.c_locale);
    lines_clear(&lines);
    return err;
}
