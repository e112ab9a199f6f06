/* complete_files.h: names of files and folders that may be typed next. */
#ifndef DTQ_COMPLETE_FILES_H
#define DTQ_COMPLETE_FILES_H

#include "common/console/console.h"

enum complete_what {
    COMPLETE_DATA = 1,    /* below the data roots, with or without file: */
    COMPLETE_FILES = 2,   /* from the working folder on */
    COMPLETE_FOLDERS = 4, /* likewise, but no files */
    COMPLETE_PLAIN = 8,   /* added: none that would have to be quoted */
};

/* Adds head and the rest of the word that is being typed, for each file that fits; a folder ends
 * with /. A name with a bar or a line end is never offered: it would end the field or the line. */
void complete_files(const char *head, const char *typed, unsigned what, struct console_words *to);

#endif
