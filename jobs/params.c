/* params.c: the parameters of a job, from what a person typed or from what came over the wire. */
#include "jobs/job.h"

#include "common/parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The pieces as fields_parse wants them: all with a key. */
struct pieces {
    char **texts; /* owned, each */
    size_t count, cap;
    size_t positional; /* names of the type used so far */
};

static void pieces_clear(struct pieces *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->texts[i]);
    free(p->texts);
}

static enum dtq_err pieces_add(struct pieces *p, char *text, struct dtq_why *why)
{
    if (text && p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 8;
        char **texts = realloc(p->texts, cap * sizeof *texts);

        if (texts) {
            p->texts = texts;
            p->cap = cap;
        }
    }
    if (!text || p->count == p->cap) {
        free(text);
        return err_set(why, DTQ_NOMEM, "out of memory for the parameters");
    }
    p->texts[p->count++] = text;
    return DTQ_OK;
}

static enum dtq_err piece_take(const struct job_type *type, struct pieces *p, const char *piece,
                               struct dtq_why *why)
{
    const char *name = type->positional ? type->positional[p->positional] : NULL;
    char shown[PARSE_SHOWN];
    char *text;

    if (!strncasecmp(piece, "type=", 5)) {
        if (!strcmp(piece + 5, type->name)) return DTQ_OK;
        if (type->synonym && !strcmp(piece + 5, type->synonym)) return DTQ_OK;
        return err_set(why, DTQ_INPUT, "type=%s: this is a %s job; omit type, or give type=%s",
                       parse_shown(piece + 5, shown), type->name, type->name);
    }
    if (strchr(piece, '=')) return pieces_add(p, strdup(piece), why);
    if (!name)
        return err_set(why, DTQ_INPUT, "\"%s\": %s; write key=value", parse_shown(piece, shown),
                       p->positional ? "one value too many without a key"
                                     : "a value without a key is not taken here");
    p->positional++;
    if (asprintf(&text, "%s=%s", name, piece) < 0) text = NULL;
    return pieces_add(p, text, why);
}

/* Whether one of the pieces is for this field. */
static bool typed(const void *ctx, const char *name)
{
    const struct pieces *p = ctx;
    size_t len = strlen(name);

    for (size_t i = 0; i < p->count; i++)
        if (!strncasecmp(p->texts[i], name, len) && p->texts[i][len] == '=') return true;
    return false;
}

enum dtq_err job_params(const struct job_type *type, const char *const *texts, size_t count,
                        const cJSON *base, cJSON **out, struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;
    struct pieces pieces = {0};
    cJSON *params = NULL;
    char *copy = NULL;

    for (size_t i = 0; i < count; i++) {
        char *rest, *piece;

        free(copy);
        rest = copy = strdup(texts[i]);
        if (!copy) err = err_set(why, DTQ_NOMEM, "out of memory for the parameters");
        while (err == DTQ_OK && (piece = fields_piece(&rest)))
            err = piece_take(type, &pieces, piece, why);
        if (err != DTQ_OK) goto out;
    }
    err = fields_parse(type->fields, type->field_count, (const char *const *)pieces.texts,
                       pieces.count, base, &params, why);
    if (err == DTQ_OK && type->prune) err = type->prune(params, typed, &pieces, why);
    if (err == DTQ_OK) err = type->check(params, why);
    if (err != DTQ_OK) goto out;
    *out = params;
    params = NULL;
out:
    cJSON_Delete(params);
    free(copy);
    pieces_clear(&pieces);
    return err;
}

enum dtq_err job_check(const struct job_type *type, const cJSON *params, struct dtq_why *why)
{
    enum dtq_err err = fields_check(type->fields, type->field_count, params, why);

    return err == DTQ_OK ? type->check(params, why) : err;
}
