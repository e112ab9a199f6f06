/* line.c: words of a line. */
#include "common/console/line.h"

#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n\f\v";

static bool is_blank(char c)
{
    return c && strchr(blanks, c);
}

void line_clear(struct line *l)
{
    free(l->words);
    free(l->text);
    memset(l, 0, sizeof *l);
}

/* Where a line is being read from and to. */
struct reader {
    const char *text; /* the whole line */
    const char *at;
    char *to;
};

/* Takes a "..." or '...'; at stands on the opening quote. */
static enum dtq_err take_quoted(struct reader *r, struct dtq_why *why)
{
    const char *start = r->at++;

    while (*r->at && *r->at != *start) {
        if (*start == '"' && r->at[0] == '\\' && r->at[1] && strchr("\"\\", r->at[1])) r->at++;
        *r->to++ = *r->at++;
    }
    if (!*r->at)
        return err_set(why, DTQ_INPUT, "the %c in column %zu is not closed; add one more %c",
                       *start, (size_t)(start - r->text) + 1, *start);
    r->at++;
    return DTQ_OK;
}

/* Takes one word and ends it with a NUL. */
static enum dtq_err take_word(struct reader *r, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;

    while (err == DTQ_OK && *r->at && !is_blank(*r->at)) {
        if (*r->at == '"' || *r->at == '\'') {
            err = take_quoted(r, why);
        } else if (*r->at == '\\' && !r->at[1]) {
            err = err_set(why, DTQ_INPUT,
                          "the \\ in column %zu has nothing behind it; write \\\\ for a \\",
                          (size_t)(r->at - r->text) + 1);
        } else {
            if (*r->at == '\\') r->at++;
            *r->to++ = *r->at++;
        }
    }
    *r->to++ = '\0';
    return err;
}

static bool add_word(struct line *l, char *word)
{
    char **words = l->words;

    if ((l->count & (l->count + 1)) == 0) /* room for 1, 3, 7, ... words and the NULL */
        words = realloc(l->words, (2 * l->count + 2) * sizeof *words);
    if (!words) return false;
    l->words = words;
    l->words[l->count++] = word;
    l->words[l->count] = NULL;
    return true;
}

enum dtq_err line_read(const char *text, struct line *out, struct dtq_why *why)
{
    struct line l = {.text = malloc(strlen(text) + 2)};
    struct reader r = {text, text, l.text};
    enum dtq_err err = DTQ_OK;

    if (!l.text) return err_set(why, DTQ_NOMEM, "out of memory for a line");
    for (;;) {
        char *word = r.to;

        r.at += strspn(r.at, blanks);
        if (!*r.at || *r.at == '#') break;
        if (*r.at == '!' && !l.count && !l.negated) {
            l.negated = true;
            r.at++;
            continue;
        }
        err = take_word(&r, why);
        if (err == DTQ_OK && !add_word(&l, word))
            err = err_set(why, DTQ_NOMEM, "out of memory for a line");
        if (err != DTQ_OK) goto out;
    }
    if (l.negated && !l.count)
        err = err_set(why, DTQ_INPUT, "a ! with nothing behind it; write ! COMMAND");
    if (err != DTQ_OK) goto out;
    *out = l;
    l = (struct line){0};
out:
    line_clear(&l);
    return err;
}

size_t line_word(const char *text, size_t cursor)
{
    while (cursor > 0 && !is_blank(text[cursor - 1]) && text[cursor - 1] != '|')
        cursor--;
    return cursor;
}

/* Is text[0..len) somewhere in the line, as a piece that begins where a word or a value does? */
static bool find_piece(const char *line, const char *text, size_t len, size_t *start)
{
    for (const char *at = line; len && *at; at++) {
        bool begins = at == line || is_blank(at[-1]) || strchr("|=\"'!", at[-1]);

        if (!begins || strncmp(at, text, len) != 0) continue;
        *start = (size_t)(at - line);
        return true;
    }
    return false;
}

bool line_blame(const char *text, const char *sentence, size_t *start, size_t *len)
{
    const char *quote = strchr(sentence, '"');
    size_t head = strcspn(sentence, " ");

    if (quote) {
        *len = strcspn(quote + 1, "\"");
        if (find_piece(text, quote + 1, *len, start)) return true;
    }
    if (head && sentence[head - 1] == ':') head--;
    *len = head;
    return memchr(sentence, '=', head) && find_piece(text, sentence, head, start);
}
