/* suggest.h: what somebody may have meant by a word that is not a command. */
#ifndef DTQ_SUGGEST_H
#define DTQ_SUGGEST_H

#include "producer/app.h"

/* DTQ_INPUT with a sentence that names the command or commands that may have been meant. */
enum dtq_err suggest_command(const struct app *app, const char *name, struct dtq_why *why);

/* Is word one of the words? DTQ_INPUT says which there are; option is what it was given for. */
enum dtq_err suggest_choice(const char *option, const char *word, const char *const *words,
                            size_t count, struct dtq_why *why);

#endif
