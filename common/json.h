/* json.h: numbers in JSON that keep all their bits. cJSON prints a double with 15 digits when that
 * is near enough for most; what is promised to the bit must be read back as it was. */
#ifndef DTQ_JSON_H
#define DTQ_JSON_H

#include <cjson/cJSON.h>
#include <stddef.h>

enum { JSON_NUMBER = 32 };

/* The shortest decimal text that strtod reads as this very number, in text; "null" for what JSON
 * cannot say (NaN, infinity). Returns text. */
const char *json_number(double value, char text[JSON_NUMBER]);

/* An item, or an array of count of them, with such numbers; NULL: out of memory. */
cJSON *json_exact(double value);
cJSON *json_exact_array(const double *values, size_t count);

/* Every number below value is printed with all its digits from now on. */
void json_make_exact(cJSON *value);

#endif
