/* opt.h: command lines. One table of options gives parsing and help. */
#ifndef DTQ_OPT_H
#define DTQ_OPT_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum opt_kind { OPT_FLAG, OPT_TEXT, OPT_INT, OPT_REAL, OPT_BYTES, OPT_TIME, OPT_ELSEWHERE };

struct opt {
    const char *name; /* long name, without the dashes */
    char letter;      /* short name, or 0 */
    enum opt_kind kind;
    void *to; /* bool, const char *, long long, double, uint64_t, int64_t (TIME, in milliseconds);
                 left alone when not given. ELSEWHERE: const char *, gets the name of an option
                 that is known but may not stand here; the line is refused */
    double min, max; /* for INT, REAL and TIME, both included; BYTES: any but 0 */
    const char *arg; /* name of the value in the help; NULL for a flag */
    const char *help;
};

/* Reads argv[1..argc). Options may stand anywhere, `--` ends them, `--name=value` and
 * `--name value` both work; an argument that starts with '-' and a digit is no option. What is not
 * an option is left in argv[1..*left] in its order. DTQ_INPUT with a sentence (an unknown option
 * names the nearest known one). */
enum dtq_err opt_parse(const struct opt *opts, size_t count, int argc, char **argv, int *left,
                       struct dtq_why *why);

/* The place in argv, from `from` on, of the first argument that is neither an option nor the value
 * of one; argc when there is none. Unknown options count as flags; one that is a flag in one row
 * and takes a value in another has one when a digit follows. */
int opt_first(const struct opt *opts, size_t count, int argc, char **argv, int from);

/* One row an option, as wide as the screen. */
void opt_help(const struct opt *opts, size_t count, FILE *to);

#endif
