/* parse.h: a number out of a whole text. It knows nothing of what the number is for. */
#ifndef DTQ_PARSE_H
#define DTQ_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each is true, and writes *out, only when the whole text is one number: decimal digits with an
 * optional sign; no blanks, no hexadecimal, no NaN, nothing that overflows. */
bool parse_int(const char *text, long long *out);
bool parse_real(const char *text, double *out);

/* A number of bytes, without sign: with K, M, G or T (or k, m, g, t) behind it it counts 1024,
 * 1024^2
 * ... of them. */
bool parse_bytes(const char *text, uint64_t *out);

/* A span of time in milliseconds, without sign, rounded to whole ones: 500ms, 30s, 1.5m, 2h, 7d; a
 * number alone counts seconds. False also when it is longer than 2^53 ms. */
bool parse_time(const char *text, int64_t *out);

/* Reads a number without sign at *at, not beyond end, and moves *at behind it. False when there is
 * no digit or it does not fit. */
bool parse_u64(const char **at, const char *end, uint64_t *out);

/* Text for a sentence: as it is when short, else its beginning and "...". to has PARSE_SHOWN bytes
 * and is what is returned. Bytes that a terminal would obey become '?', and what
 * is not UTF-8 becomes U+FFFD. */
enum { PARSE_SHOWN = 64 };
const char *parse_shown(const char *text, char *to);

#endif
