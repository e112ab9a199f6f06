/* opt.h: command lines. One table of options gives parsing and help. */
#ifndef DTQ_OPT_H
#define DTQ_OPT_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum opt_kind { OPT_FLAG, OPT_TEXT, OPT_INT, OPT_REAL, OPT_BYTES };

struct opt {
    const char *name; /* long name, without the dashes */
    char letter;      /* short name, or 0 */
    enum opt_kind kind;
    void *to; /* bool, const char *, long long, double, uint64_t; left alone when not given */
    double min, max; /* for INT and REAL, both included; BYTES: any but 0 */
    const char *arg; /* name of the value in the help; NULL for a flag */
    const char *help;
};

/* Reads argv[1..argc). Options may stand anywhere, `--` ends them, `--name=value` and
 * `--name value` both work; an argument that starts with '-' and a digit is no option. What is not
 * an option is left in argv[1..*left] in its order. DTQ_INPUT with a sentence (an unknown option
 * names the nearest known one). */
enum dtq_err opt_parse(const struct opt *opts, size_t count, int argc, char **argv, int *left,
                       struct dtq_why *why);

/* One row an option, as wide as the screen. */
void opt_help(const struct opt *opts, size_t count, FILE *to);

#endif
