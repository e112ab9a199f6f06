/* obey.h: from words to a command that runs. */
#ifndef DTQ_OBEY_H
#define DTQ_OBEY_H

#include "producer/commands.h"

/* Reads the options of a command, or of a console (NULL); argv[1..*left] are the words that are
 * none. DTQ_INPUT names the commands that take an option which this one does not. */
enum dtq_err obey_options(const struct command *c, int argc, char **argv, struct app *app,
                          int *left, struct dtq_why *why);

/* DTQ_INPUT when the command does not take so many words, or an option that was given. */
enum dtq_err obey_check(const struct app *app, const struct command *c, int count,
                        char *const *words, struct dtq_why *why);

/* Runs a command, words[0], with the count words behind its name; returns the exit status. */
int obey_run(const struct app *app, const struct command *c, int count, char **words);

/* A line of a console: count words, at least one, followed by NULL. base holds what the console was
 * started with. */
int obey_words(const struct app *base, size_t count, char **words);

#endif
