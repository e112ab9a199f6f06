/* fields.h: parameters given by a person as key=value, one table for parsing, checking, help and
 * completion. It knows texts, numbers and JSON. */
#ifndef DTQ_FIELDS_H
#define DTQ_FIELDS_H

#include "common/err.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum field_kind {
    FIELD_TEXT,   /* any text of at least one character */
    FIELD_INT,    /* a whole number between min and max, |n| < 2^53 */
    FIELD_REAL,   /* a finite number between min and max */
    FIELD_BOOL,   /* true, false, yes, no, 1, 0 */
    FIELD_CHOICE, /* one word of `choices` */
};

/* What the text of a field leads to: for completion. */
enum field_names {
    FIELD_NAMES_NOTHING,
    FIELD_NAMES_DATA, /* a file that workers look up */
    FIELD_NAMES_FILE, /* a file of the producer's */
};

struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    const char *fallback; /* value as text when not given; NULL: absent */
    double min, max;      /* for INT and REAL, both included; min_open excludes min itself */
    bool min_open;
    const char *choices; /* for CHOICE: words divided by blanks; for TEXT: those worth offering */
    const char *noun;    /* for TEXT: what it is, when that is more than "a text" */
    const char *help;    /* a clause; fields_help adds the kind of value and the default */
    enum field_names names;
    const char *group; /* heading under which help lists it; NULL: before all headings */
    bool hidden;       /* programs set it: taken and checked, but never offered or shown */
};

/* The next piece of a text of pieces divided by '|', without the blanks around it; empty ones are
 * left out. *rest (its bytes are changed) goes on behind the piece; NULL when there is none left.
 */
char *fields_piece(char **rest);

/* Parses count texts, each one or several `key=value` divided by '|', into a new JSON object with
 * the types of the table, and fills in the fallbacks. Keys match in any case. DTQ_INPUT with a
 * sentence for: no '=', an unknown key (names the nearest known one), a key given twice, a value
 * that does not fit (names value and what was expected), a required field missing. base (may be
 * NULL, borrowed) holds values to start from, over the fallbacks and under the texts. The caller
 * frees *out with cJSON_Delete. */
enum dtq_err fields_parse(const struct field *fields, size_t field_count, const char *const *texts,
                          size_t count, const cJSON *base, cJSON **out, struct dtq_why *why);

/* Checks a JSON object from outside against the table: the same sentences, nothing changed. */
enum dtq_err fields_check(const struct field *fields, size_t field_count, const cJSON *object,
                          struct dtq_why *why);

/* Removes the values of hidden fields from an object that is about to be shown. */
void fields_hide(const struct field *fields, size_t field_count, cJSON *object);

/* One row a field that is not hidden, as wide as the screen: name, help, kind and range, default;
 * those of a group below each other, in the order in which the groups first appear. based: what is
 * not given comes from somewhere else, so nothing is required and there are no defaults. */
void fields_help(const struct field *fields, size_t field_count, bool based, FILE *to);

/* The word of words[0..count) nearest to text by edit distance, when near enough to be what was
 * meant (at most a third of its letters differ); else NULL. */
const char *fields_nearest(const char *text, const char *const *words, size_t count);

/* The field for programs, as docs/JSON.md has it: name, type, group, required, default, choices,
 * min, max, help. NULL: out of memory. */
cJSON *fields_json(const struct field *field);

/* Values of a checked object; fallback when absent. */
double fields_real(const cJSON *object, const char *name, double fallback);
long long fields_int(const cJSON *object, const char *name, long long fallback);
const char *fields_text(const cJSON *object, const char *name, const char *fallback);
bool fields_bool(const cJSON *object, const char *name, bool fallback);

#endif
