/* fields.c: parameters given as key=value against a table of fields. */
#include "common/fields.h"

#include "common/buf.h"
#include "common/parse.h"
#include "common/wrap.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const double WHOLE_MAX = 9007199254740991.0; /* 2^53 - 1: JSON numbers are doubles */

enum { WORD_MAX_LEN = 64, RANGE_LEN = 200 };

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edit distance of two short words, in any case: letters put in, left out, replaced, or two
 * neighbours swapped (optimal string alignment, after Damerau 1964). */
static size_t distance(const char *a, const char *b)
{
    size_t d[WORD_MAX_LEN + 1][WORD_MAX_LEN + 1];
    size_t a_len = strlen(a), b_len = strlen(b);

    for (size_t i = 0; i <= a_len; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= b_len; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= a_len; i++)
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = d[i - 1][j - 1] + !same_letter(a[i - 1], b[j - 1]);

            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]) && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[a_len][b_len];
}

const char *fields_nearest(const char *text, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t least = WORD_MAX_LEN, len = strlen(text);

    if (!len || len > WORD_MAX_LEN) return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t word_len = strlen(words[i]), d;

        if (word_len > WORD_MAX_LEN) continue;
        d = distance(text, words[i]);
        if (d >= least || d * 3 > (word_len > len ? word_len : len)) continue;
        least = d;
        nearest = words[i];
    }
    return nearest;
}

/* True when word (len bytes) is one of the words divided by blanks; *found points to it. */
static bool choice_find(const char *choices, const char *word, size_t len, const char **found)
{
    for (const char *at = choices; *at; at += strspn(at, " ")) {
        size_t span = strcspn(at, " ");

        if (span == len && !strncasecmp(at, word, len)) {
            *found = at;
            return true;
        }
        at += span;
    }
    return false;
}

/* What fits into the field, for sentences and help. to has RANGE_LEN bytes. */
static const char *expected(const struct field *f, char *to)
{
    double limit = f->kind == FIELD_INT ? 9e15 : DBL_MAX; /* as good as none */
    const char *noun = f->kind == FIELD_INT ? "a whole number" : "a number";
    const char *from = f->min_open ? "above" : "from";

    switch (f->kind) {
    case FIELD_TEXT: snprintf(to, RANGE_LEN, "%s", f->noun ? f->noun : "a text"); break;
    case FIELD_BOOL: snprintf(to, RANGE_LEN, "true or false"); break;
    case FIELD_CHOICE: snprintf(to, RANGE_LEN, "one of: %s", f->choices); break;
    case FIELD_INT:
    case FIELD_REAL:
        if (f->min <= -limit && f->max >= limit)
            snprintf(to, RANGE_LEN, "%s", noun);
        else if (f->max >= limit)
            snprintf(to, RANGE_LEN, "%s %s %.15g%s", noun, from, f->min,
                     f->min_open ? "" : " upwards");
        else
            snprintf(to, RANGE_LEN, "%s %s %.15g %s %.15g", noun, from, f->min,
                     f->min_open ? "up to" : "to", f->max);
    }
    return to;
}

static enum dtq_err misfit(const struct field *f, const char *text, struct dtq_why *why)
{
    char range[RANGE_LEN], shown[PARSE_SHOWN];

    return err_set(why, DTQ_INPUT, "%s=%s: %s was expected (%s)", f->name, parse_shown(text, shown),
                   expected(f, range), f->help);
}

/* A whole number that would do, were it not beyond what a double holds exactly. */
static bool too_large(const struct field *f, const char *text)
{
    return f->kind == FIELD_INT && f->max >= 9e15 && *text && !text[strspn(text, "0123456789")];
}

static bool number_fits(const struct field *f, double value)
{
    if (!isfinite(value)) return false;
    if (f->kind == FIELD_INT && (value != floor(value) || fabs(value) > WHOLE_MAX)) return false;
    return (f->min_open ? value > f->min : value >= f->min) && value <= f->max;
}

static enum dtq_err too_much(const struct field *f, const char *text, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];

    return err_set(why, DTQ_INPUT, "%s=%s: a whole number up to %.0f was expected (%s)", f->name,
                   parse_shown(text, shown), WHOLE_MAX, f->help);
}

static bool bool_parse(const char *text, bool *out)
{
    static const char *const yes[] = {"true", "yes", "1"}, *const no[] = {"false", "no", "0"};

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(text, yes[i]) && strcasecmp(text, no[i])) continue;
        *out = !strcasecmp(text, yes[i]);
        return true;
    }
    return false;
}

/* The JSON value of text; NULL in *out means memory. */
static enum dtq_err value_parse(const struct field *f, const char *text, cJSON **out,
                                struct dtq_why *why)
{
    const char *word;
    char *copy;
    long long whole;
    double real;
    bool flag;

    switch (f->kind) {
    case FIELD_TEXT:
        if (!*text) return misfit(f, text, why);
        *out = cJSON_CreateString(text);
        return DTQ_OK;
    case FIELD_INT:
        if (!parse_int(text, &whole) || !number_fits(f, (double)whole))
            return too_large(f, text) ? too_much(f, text, why) : misfit(f, text, why);
        *out = cJSON_CreateNumber((double)whole);
        return DTQ_OK;
    case FIELD_REAL:
        if (!parse_real(text, &real) || !number_fits(f, real)) return misfit(f, text, why);
        *out = cJSON_CreateNumber(real);
        return DTQ_OK;
    case FIELD_BOOL:
        if (!bool_parse(text, &flag)) return misfit(f, text, why);
        *out = cJSON_CreateBool(flag);
        return DTQ_OK;
    case FIELD_CHOICE:
        if (!choice_find(f->choices, text, strlen(text), &word)) return misfit(f, text, why);
        copy = strndup(word, strlen(text));
        *out = copy ? cJSON_CreateString(copy) : NULL;
        free(copy);
        return DTQ_OK;
    }
    return misfit(f, text, why);
}

static const struct field *field_find(const struct field *fields, size_t count, const char *name,
                                      size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(fields[i].name) == len && !strncasecmp(fields[i].name, name, len))
            return &fields[i];
    return NULL;
}

static enum dtq_err unknown(const struct field *fields, size_t count, const char *name,
                            struct dtq_why *why)
{
    char shown[PARSE_SHOWN];
    const char **names = calloc(count + 1, sizeof *names);
    const char *nearest = NULL;
    struct buf known = {0};
    size_t shown_count = 0;

    for (size_t i = 0; names && i < count; i++) {
        if (fields[i].hidden) continue;
        names[shown_count++] = fields[i].name;
        buf_printf(&known, "%s%s", known.len ? ", " : "", fields[i].name);
    }
    if (names) nearest = fields_nearest(name, names, shown_count);
    if (nearest)
        err_set(why, DTQ_INPUT, "unknown field \"%s\"; did you mean \"%s\"?",
                parse_shown(name, shown), nearest);
    else
        err_set(why, DTQ_INPUT, "unknown field \"%s\"; the fields are: %s",
                parse_shown(name, shown), known.data ? known.data : "none");
    buf_clear(&known);
    free(names);
    return DTQ_INPUT;
}

/* Puts the value of text under the name of its field. */
static enum dtq_err put(cJSON *object, const struct field *f, const char *text, struct dtq_why *why)
{
    cJSON *value = NULL;
    enum dtq_err err = value_parse(f, text, &value, why);

    if (err != DTQ_OK) return err;
    if (value && cJSON_AddItemToObject(object, f->name, value)) return DTQ_OK;
    cJSON_Delete(value);
    return err_set(why, DTQ_NOMEM, "%s: out of memory", f->name);
}

char *fields_piece(char **rest)
{
    static const char blanks[] = " \t\r\n";
    char *piece;

    while ((piece = strsep(rest, "|"))) {
        size_t len;

        piece += strspn(piece, blanks);
        for (len = strlen(piece); len && strchr(blanks, piece[len - 1]); len--)
            piece[len - 1] = '\0';
        if (len) break;
    }
    return piece;
}

static enum dtq_err piece_parse(const struct field *fields, size_t count, char *piece,
                                cJSON *object, struct dtq_why *why)
{
    char shown[PARSE_SHOWN];
    char *equals = strchr(piece, '=');
    const struct field *f;

    if (!equals)
        return err_set(why, DTQ_INPUT,
                       "\"%s\" has no '='; parameters are written key=value, divided by blanks or "
                       "'|'",
                       parse_shown(piece, shown));
    f = field_find(fields, count, piece, (size_t)(equals - piece));
    if (!f) {
        *equals = '\0';
        return unknown(fields, count, piece, why);
    }
    if (cJSON_GetObjectItemCaseSensitive(object, f->name))
        return err_set(why, DTQ_INPUT, "%s is given twice (again as \"%s\"); give it once", f->name,
                       parse_shown(equals + 1, shown));
    return put(object, f, equals + 1, why);
}

/* Copies the values of base whose names object has not. */
static enum dtq_err base_add(const cJSON *base, cJSON *object, struct dtq_why *why)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, base)
    {
        cJSON *copy;

        if (!item->string || cJSON_GetObjectItemCaseSensitive(object, item->string)) continue;
        copy = cJSON_Duplicate(item, true);
        if (copy && cJSON_AddItemToObject(object, item->string, copy)) continue;
        cJSON_Delete(copy);
        return err_set(why, DTQ_NOMEM, "%s: out of memory", item->string);
    }
    return DTQ_OK;
}

enum dtq_err fields_parse(const struct field *fields, size_t field_count, const char *const *texts,
                          size_t count, const cJSON *base, cJSON **out, struct dtq_why *why)
{
    enum dtq_err err = DTQ_NOMEM;
    cJSON *object = cJSON_CreateObject();
    char *copy = NULL;

    if (!object) goto out;
    for (size_t i = 0; i < count; i++) {
        char *rest, *piece;

        free(copy);
        rest = copy = strdup(texts[i]);
        if (!copy) goto out;
        while ((piece = fields_piece(&rest))) {
            err = piece_parse(fields, field_count, piece, object, why);
            if (err != DTQ_OK) goto out;
        }
    }
    err = base_add(base, object, why);
    if (err != DTQ_OK) goto out;
    for (size_t i = 0; i < field_count; i++) {
        const struct field *f = &fields[i];

        if (!f->fallback || cJSON_GetObjectItemCaseSensitive(object, f->name)) continue;
        err = put(object, f, f->fallback, why);
        if (err != DTQ_OK) goto out;
    }
    err = fields_check(fields, field_count, object, why);
    if (err != DTQ_OK) goto out;
    *out = object;
    object = NULL;
out:
    if (err == DTQ_NOMEM) err_set(why, err, "out of memory");
    free(copy);
    cJSON_Delete(object);
    return err;
}

static bool value_fits(const struct field *f, const cJSON *value)
{
    const char *found;

    switch (f->kind) {
    case FIELD_TEXT: return cJSON_IsString(value) && *value->valuestring;
    case FIELD_INT:
    case FIELD_REAL: return cJSON_IsNumber(value) && number_fits(f, value->valuedouble);
    case FIELD_BOOL: return cJSON_IsBool(value);
    case FIELD_CHOICE:
        return cJSON_IsString(value) &&
               choice_find(f->choices, value->valuestring, strlen(value->valuestring), &found);
    }
    return false;
}

enum dtq_err fields_check(const struct field *fields, size_t field_count, const cJSON *object,
                          struct dtq_why *why)
{
    const cJSON *item;

    if (!cJSON_IsObject(object))
        return err_set(why, DTQ_INPUT, "the parameters are no JSON object; send {\"key\": value}");
    cJSON_ArrayForEach(item, object)
    {
        const struct field *f = field_find(fields, field_count, item->string, strlen(item->string));

        if (!f || strcmp(f->name, item->string))
            return unknown(fields, field_count, item->string, why);
        if (cJSON_GetObjectItemCaseSensitive(object, f->name) != item)
            return err_set(why, DTQ_INPUT, "%s is given twice; give it once", f->name);
        if (!value_fits(f, item)) {
            char *text = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
            enum dtq_err err = misfit(f,
                                      text                   ? text
                                      : cJSON_IsString(item) ? item->valuestring
                                                             : "?",
                                      why);

            cJSON_free(text);
            return err;
        }
    }
    for (size_t i = 0; i < field_count; i++) {
        const struct field *f = &fields[i];
        char range[RANGE_LEN];

        if (f->required && !cJSON_GetObjectItemCaseSensitive(object, f->name))
            return err_set(why, DTQ_INPUT, "%s is missing; give %s=<%s> (%s)", f->name, f->name,
                           expected(f, range), f->help);
    }
    return DTQ_OK;
}

void fields_hide(const struct field *fields, size_t field_count, cJSON *object)
{
    for (size_t i = 0; i < field_count; i++)
        if (fields[i].hidden) cJSON_DeleteItemFromObjectCaseSensitive(object, fields[i].name);
}

static void help_row(const struct field *f, bool based, int width, FILE *to)
{
    char range[RANGE_LEN];
    struct buf text = {0};

    buf_text(&text, f->help);
    if (f->kind != FIELD_TEXT || f->noun) buf_printf(&text, "; %s", expected(f, range));
    if (f->required && !based) buf_text(&text, "; required");
    if (f->fallback && !based) buf_printf(&text, "; default %s", f->fallback);
    wrap_row(to, wrap_columns(to), width, f->name, text.failed ? f->help : text.data);
    buf_clear(&text);
}

static bool same_group(const struct field *a, const struct field *b)
{
    return a->group == b->group || (a->group && b->group && !strcmp(a->group, b->group));
}

void fields_help(const struct field *fields, size_t field_count, bool based, FILE *to)
{
    int width = 0;

    for (size_t i = 0; i < field_count; i++)
        if (!fields[i].hidden && (int)strlen(fields[i].name) > width)
            width = (int)strlen(fields[i].name);
    for (int headed = 0; headed < 2; headed++)
        for (size_t i = 0; i < field_count; i++) {
            bool first = !fields[i].hidden && (fields[i].group != NULL) == headed;

            for (size_t k = 0; k < i; k++)
                first = first && (fields[k].hidden || !same_group(&fields[k], &fields[i]));
            if (!first) continue;
            if (headed) fprintf(to, "\n%s\n", fields[i].group);
            for (size_t k = i; k < field_count; k++)
                if (!fields[k].hidden && same_group(&fields[k], &fields[i]))
                    help_row(&fields[k], based, width, to);
        }
}

/* An array of the words, which are separated by spaces. The caller deletes it. */
static cJSON *word_list(const char *words)
{
    cJSON *list = cJSON_CreateArray();

    for (const char *at = words; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        char *word = strndup(at, len);

        cJSON_AddItemToArray(list, cJSON_CreateString(word ? word : ""));
        free(word);
        at += len;
    }
    return list;
}

cJSON *fields_json(const struct field *f)
{
    static const char *const types[] = {
        [FIELD_TEXT] = "text",    [FIELD_INT] = "integer",   [FIELD_REAL] = "number",
        [FIELD_BOOL] = "boolean", [FIELD_CHOICE] = "choice",
    };
    bool number = f->kind == FIELD_INT || f->kind == FIELD_REAL;
    cJSON *out = cJSON_CreateObject();

    cJSON_AddStringToObject(out, "name", f->name);
    cJSON_AddStringToObject(out, "type", types[f->kind]);
    if (f->group) cJSON_AddStringToObject(out, "group", f->group);
    cJSON_AddBoolToObject(out, "required", f->required);
    if (f->fallback) cJSON_AddStringToObject(out, "default", f->fallback);
    if (f->choices) cJSON_AddItemToObject(out, "choices", word_list(f->choices));
    if (number && f->min > -9e15) cJSON_AddNumberToObject(out, "min", f->min);
    if (number && f->max < 9e15) cJSON_AddNumberToObject(out, "max", f->max);
    cJSON_AddStringToObject(out, "help", f->help);
    return out;
}

double fields_real(const cJSON *object, const char *name, double fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

long long fields_int(const cJSON *object, const char *name, long long fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    /* Not an integer that fits: the caller did not check; the fallback is the safe answer. */
    if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= WHOLE_MAX)) return fallback;
    return (long long)item->valuedouble;
}

const char *fields_text(const cJSON *object, const char *name, const char *fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsString(item) ? item->valuestring : fallback;
}

bool fields_bool(const cJSON *object, const char *name, bool fallback)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}
