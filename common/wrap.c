/* wrap.c: help texts broken between words. */
#include "common/wrap.h"

#include "common/screen.h"

#include <string.h>

enum {
    USUAL = 80, /* what a pager or a mail shows whole */
    LEAST = 40, /* narrower columns would hold a word each */
    MOST = 100, /* longer lines are hard to read */
};

int wrap_columns(FILE *to)
{
    int columns = screen_of(to).columns;

    if (!columns) return USUAL;
    if (columns < LEAST) return LEAST;
    return columns > MOST ? MOST : columns;
}

void wrap_text(FILE *to, int columns, int from, int indent, const char *text)
{
    int at = from;

    for (const char *word = text + strspn(text, " "); *word;) {
        int len = (int)strcspn(word, " ");

        if (at > from && at + 1 + len > columns) {
            fprintf(to, "\n%*s", indent, "");
            at = from = indent;
        }
        fprintf(to, "%s%.*s", at > from ? " " : "", len, word);
        at += len + (at > from);
        word += len;
        word += strspn(word, " ");
    }
    fputc('\n', to);
}

void wrap_row(FILE *to, int columns, int width, const char *head, const char *text)
{
    int indent;

    if (width > columns / 3) width = columns / 3; /* longer heads leave the text its room */
    indent = width + 4;
    fprintf(to, "  %-*s", width, head);
    if ((int)strlen(head) > width)
        fprintf(to, "\n%*s", indent, "");
    else
        fputs("  ", to);
    wrap_text(to, columns, indent, indent, text);
}
