/* wrap.h: help texts on a screen: words of a paragraph, and rows of two columns, broken between
 * words so that they fit. It knows text and the width of a terminal. */
#ifndef DTQ_WRAP_H
#define DTQ_WRAP_H

#include <stdio.h>

/* How wide lines may be: as the terminal that to is, but no more than 100; 80 when it is none. */
int wrap_columns(FILE *to);

/* Writes the words of text from column `from` on, continued at column `indent`, and ends the line.
 * A word that is too long for a line gets one of its own. */
void wrap_text(FILE *to, int columns, int from, int indent, const char *text);

/* "  head  text", with the text at width + 4 columns, or behind the first third of the line if that
 * is less; a longer head gets a line of its own. */
void wrap_row(FILE *to, int columns, int width, const char *head, const char *text);

#endif
