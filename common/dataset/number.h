/* number.h: a decimal number from text, as the very double that strtod gives. */
#ifndef DTQ_NUMBER_H
#define DTQ_NUMBER_H

#include <locale.h>

enum number_result {
    NUMBER_OK,
    NUMBER_NONE,   /* no decimal number starts here: text, NaN, infinity */
    NUMBER_RANGE,  /* beyond the largest double */
    NUMBER_ABSENT, /* nothing at all; only of cells, not of number_parse */
};

/* Reads [+-]digits[.digits][e[+-]digits] (digits on one side of the point are enough) from text,
 * which must go on to a byte that cannot belong to a number. *end is the first byte behind it.
 * c_locale: the "C" locale, whatever locale the program runs in. */
enum number_result number_parse(const char *text, locale_t c_locale, double *value,
                                const char **end);

#endif
