/* options.c: the words that people give for the options of a table. */
#include "common/dataset/dataset.h"

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
