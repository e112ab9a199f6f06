/* line.h: a line of a console, or of a file of commands, as words. The rules are those of a shell:
 * blanks divide, '...' and "..." hold together, \ takes the next character as it is, # begins a
 * comment, a ! at the start says that the command is expected to fail. It knows no commands. */
#ifndef DTQ_LINE_H
#define DTQ_LINE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

struct line {
    char **words; /* owned; count of them, followed by NULL */
    size_t count; /* 0: blank, or a comment */
    bool negated;
    char *text; /* owned; what words lie in */
};

/* DTQ_INPUT with a sentence that names the column: a quote that is not closed, a \ or ! with
 * nothing behind it. The caller clears *out. */
enum dtq_err line_read(const char *text, struct line *out, struct dtq_why *why);
void line_clear(struct line *l);

/* The start of the word that ends at the cursor, for completion: words are divided by blanks and by
 * '|', as parameters are. */
size_t line_word(const char *text, size_t cursor);

/* Where in the text the thing lies that a sentence complains about: the first "quoted" piece of the
 * sentence, or the key=value it begins with. False when none of them is there. */
bool line_blame(const char *text, const char *sentence, size_t *start, size_t *len);

#endif
