/* weights.c: the first weights of a training, from what a person typed or from a local file. */
#include "jobs/train/params.h"

#include "common/buf.h"
#include "common/fields.h"
#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SPACE[] = ", \t\r\n";

/* The numbers of text, which is cut up. where names its origin in sentences. */
static enum dtq_err numbers(char *text, const char *where, double **out, size_t *out_count,
                            struct dtq_why *why)
{
    char shown[PARSE_SHOWN];
    double *values = NULL;
    size_t count = 0, cap = 0;

    for (char *rest = text, *word; (word = strsep(&rest, SPACE));) {
        if (!*word) continue;
        if (count == cap) {
            double *more = realloc(values, (cap = cap ? cap * 2 : 64) * sizeof *values);

            if (!more) {
                free(values);
                return err_set(why, DTQ_NOMEM, "out of memory for %s", where);
            }
            values = more;
        }
        if (!parse_real(word, &values[count])) {
            free(values);
            return err_set(why, DTQ_INPUT,
                           "%s, value %zu: \"%s\" is no finite number; numbers divided by commas "
                           "or blanks were expected",
                           where, count + 1, parse_shown(word, shown));
        }
        count++;
    }
    if (!count) return err_set(why, DTQ_INPUT, "%s holds no numbers; give one a feature", where);
    *out = values;
    *out_count = count;
    return DTQ_OK;
}

static enum dtq_err read_file(const char *path, struct buf *out, struct dtq_why *why)
{
    enum { PIECE = 1 << 16 };
    FILE *from = fopen(path, "r");
    size_t got = PIECE;
    int broken = 0;

    if (!from)
        return err_set(why, DTQ_INPUT, "wFile=%s: %s; give a file of numbers on this machine", path,
                       strerror(errno));
    errno = 0;
    while (got == PIECE && !out->failed) {
        char *to = buf_grow(out, PIECE);

        got = to ? fread(to, 1, PIECE, from) : 0;
        out->len -= to ? PIECE - got : 0;
    }
    if (ferror(from)) broken = errno ? errno : EIO;
    fclose(from);
    if (out->failed) return err_set(why, DTQ_NOMEM, "wFile=%s: out of memory", path);
    if (broken)
        return err_set(why, DTQ_INPUT, "wFile=%s: %s; give a file of numbers", path,
                       strerror(broken));
    if (out->data) out->data[out->len] = '\0';
    if (out->len && memchr(out->data, '\0', out->len))
        return err_set(why, DTQ_INPUT,
                       "wFile=%s holds bytes that are no text; numbers divided by "
                       "commas or blanks were expected",
                       path);
    return DTQ_OK;
}

enum dtq_err train_take_weights(cJSON *params, double **weights, size_t *count, struct dtq_why *why)
{
    const char *typed = fields_text(params, "w", NULL), *path = fields_text(params, "wFile", NULL);
    char shown[PARSE_SHOWN], where[PARSE_SHOWN + 8];
    enum dtq_err err = DTQ_OK;
    struct buf text = {0};
    cJSON *init;

    if (!typed && !path) {
        *weights = NULL;
        *count = 0;
        return DTQ_OK;
    }
    if (typed) {
        snprintf(where, sizeof where, "w");
        buf_text(&text, typed);
    } else {
        snprintf(where, sizeof where, "wFile=%s", parse_shown(path, shown));
        err = read_file(path, &text, why);
    }
    if (err == DTQ_OK && text.failed) err = err_set(why, DTQ_NOMEM, "out of memory for weights");
    init = cJSON_CreateString("weights");
    if (err == DTQ_OK && !init) err = err_set(why, DTQ_NOMEM, "out of memory for weights");
    if (err == DTQ_OK) {
        char nothing[] = "";

        err = numbers(text.data ? text.data : nothing, where, weights, count, why);
    }
    buf_clear(&text);
    if (err != DTQ_OK) {
        cJSON_Delete(init);
        return err;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(params, "w");
    cJSON_DeleteItemFromObjectCaseSensitive(params, "wFile");
    cJSON_DeleteItemFromObjectCaseSensitive(params, "init");
    cJSON_AddItemToObject(params, "init", init);
    return DTQ_OK;
}
