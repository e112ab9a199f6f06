/* options.c: the words that people give for the options of a table, and the way back. */
#include "common/dataset/dataset.h"

#include "common/dataset/hash.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The position of text among words, which blanks divide; -1 when it is none of them. */
static int find_word(const char *words, const char *text)
{
    size_t len = strlen(text);
    int i = 0;
    for (const char *p = words; len > 0; p += strcspn(p, " "), i++) {
        p += *p == ' ';
        if (strncasecmp(p, text, len) == 0 && (p[len] == ' ' || p[len] == '\0')) return i;
        if (!strchr(p, ' ')) break;
    }
    return -1;
}

/* The position of text among words; NULL has 0. */
static enum dtq_err read_word(const char *key, const char *words, const char *text, int *out,
                              struct dtq_why *why)
{
    int i = text ? find_word(words, text) : 0;
    if (i < 0) return err_set(why, DTQ_INPUT, "%s=%.60s: one of %s was expected", key, text, words);
    *out = i;
    return DTQ_OK;
}

enum dtq_err dataset_read_format(const char *text, enum dataset_format *out, struct dtq_why *why)
{
    int i = 0;
    enum dtq_err err = read_word("format", DATASET_FORMATS, text, &i, why);
    if (err == DTQ_OK) *out = (enum dataset_format)i;
    return err;
}

enum dtq_err dataset_read_missing(const char *text, enum dataset_missing *out, struct dtq_why *why)
{
    int i = 0;
    enum dtq_err err = read_word("missing", DATASET_MISSING, text, &i, why);
    if (err == DTQ_OK) *out = (enum dataset_missing)i;
    return err;
}

/* What a cell may hold, or its end. */
static bool may_divide(unsigned char c)
{
    return (c == '\t' || c >= ' ') && c < 0x7f && !strchr("0123456789+-.eE\"", c);
}

enum dtq_err dataset_read_delimiter(const char *text, char *out, struct dtq_why *why)
{
    static const char words[] = "comma semicolon tab pipe space", characters[] = ",;\t| ";
    if (!text) {
        *out = 0;
        return DTQ_OK;
    }
    int i = find_word(words, text);
    char c = i >= 0 ? characters[i] : text[0];
    if (i < 0 && (strlen(text) != 1 || !may_divide((unsigned char)c)))
        return err_set(why, DTQ_INPUT,
                       "delimiter=%.60s: one character that no number holds was expected, or one "
                       "of %s",
                       text, words);
    *out = c;
    return DTQ_OK;
}

uint64_t dataset_options_digest(const struct dataset_options *o)
{
    struct hash h;
    if (!o->columns && !o->fill && !o->ignore) return 0;
    hash_init(&h, 0);
    if (o->ignore) hash_add(&h, o->ignore, strlen(o->ignore) + 1);
    if (o->columns) {
        const struct dataset_names *names = &o->columns->names;
        const unsigned char label[] = {o->columns->label_by_name, o->columns->label_may_lack};
        for (uint64_t i = 0; i <= names->features; i++) {
            const char *name = dataset_names_get(names, i);
            hash_add(&h, name, strlen(name) + 1);
        }
        hash_add(&h, label, sizeof label);
    }
    if (o->fill) hash_add(&h, o->fill, o->fill_count * sizeof *o->fill);
    return hash_end(&h) | 1;
}

/* " name=value" behind what is in text already, as far as there is room. */
static void append(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    if (used && used + 1 < size) text[used++] = ' ';
    va_start(args, format);
    vsnprintf(text + used, size - used, format, args);
    va_end(args);
}

/* The word at position i. */
static const char *word_at(const char *words, int i, int *len)
{
    while (i-- > 0)
        words += strcspn(words, " ") + 1;
    *len = (int)strcspn(words, " ");
    return words;
}

void dataset_options_text(const struct dataset_options *o, char *text, size_t size)
{
    const char *word;
    int len;
    memset(text, 0, size);
    if (o->label) append(text, size, "csvLabel=%s", o->label);
    if (o->has_header) append(text, size, "hasHeader=true");
    word = word_at(DATASET_FORMATS, o->format, &len);
    if (o->format != DATASET_AUTO) append(text, size, "format=%.*s", len, word);
    if (o->delimiter == '\t')
        append(text, size, "delimiter=tab");
    else if (o->delimiter)
        append(text, size, "delimiter=%c", o->delimiter);
    /* What is kept is filled in with means once these are learnt. */
    word = word_at(DATASET_MISSING, o->missing == DATASET_KEEP ? DATASET_MEAN : o->missing, &len);
    if (o->missing != DATASET_REFUSE) append(text, size, "missing=%.*s", len, word);
    if (o->ignore) append(text, size, "ignore=%s", o->ignore);
    if (o->label_ref) append(text, size, "labelRef=%s", o->label_ref);
    if (o->features) append(text, size, "features=%" PRIu64, o->features);
}
