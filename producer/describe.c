/* describe.c: parameters of a training as words and as a digest. */
#include "producer/describe.h"

#include "common/dataset/hash.h"
#include "common/fields.h"
#include "jobs/job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Said where they are not as usual, as "l2 0.01". */
static const char *const unusual[] = {
    "momentum",  "lrSchedule", "l2",        "l1",     "bias",    "classWeight",
    "normalize", "missing",    "staleness", "shards", "shuffle", "samples",
    "holdout",   "testRef",    "patience",  "watch",  "seed",
};
enum { UNUSUAL = sizeof unusual / sizeof *unusual };

/* What is used where a field is not given, as in JSON; "" for nothing. */
static const char *usual(const char *name)
{
    const struct job_type *type = job_find("train");

    for (size_t i = 0; i < type->field_count; i++)
        if (!strcmp(type->fields[i].name, name))
            return type->fields[i].fallback ? type->fields[i].fallback : "";
    return "";
}

static const char *file_of(const char *reference)
{
    const char *slash = strrchr(reference, '/');

    if (slash) return slash + 1;
    return strncmp(reference, "file:", 5) ? reference : reference + 5;
}

static void value_of(const cJSON *item, char text[DESCRIBE_PART_MAX])
{
    if (cJSON_IsString(item))
        snprintf(text, DESCRIBE_PART_MAX, "%.40s", file_of(item->valuestring));
    else if (cJSON_IsNumber(item))
        snprintf(text, DESCRIBE_PART_MAX, "%.10g", item->valuedouble);
    else
        snprintf(text, DESCRIBE_PART_MAX, "%s", cJSON_IsTrue(item) ? "true" : "false");
}

/* "name value" where that is not what it would be anyway. */
static void say_unusual(const cJSON *params, const char *name, char text[DESCRIBE_PART_MAX])
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(params, name);
    char value[DESCRIBE_PART_MAX];

    if (!item || cJSON_IsNull(item)) return;
    value_of(item, value);
    if (strcmp(value, usual(name))) snprintf(text, DESCRIBE_PART_MAX, "%.18s %.42s", name, value);
}

void describe_training(const cJSON *params, struct describe *out)
{
    const char *data = fields_text(params, "dataRef", NULL), *task, *optimizer, *mode;
    long long epochs = fields_int(params, "epochs", 0);

    memset(out, 0, sizeof *out);
    if (!data) return;
    task = fields_text(params, "task", "");
    optimizer = fields_text(params, "optimizer", "sgd");
    mode = fields_text(params, "mode", "sync");
    snprintf(out->parts[0], DESCRIBE_PART_MAX, "%.16s on %.40s",
             fields_text(params, "model", "a model"), file_of(data));
    snprintf(out->parts[1], DESCRIBE_PART_MAX, "%.60s", strcmp(task, "multiclass") ? task : "");
    if (epochs)
        snprintf(out->parts[2], DESCRIBE_PART_MAX, "%lld epoch%s", epochs, epochs == 1 ? "" : "s");
    if (optimizer && strcmp(optimizer, "sgd"))
        snprintf(out->parts[3], DESCRIBE_PART_MAX, "%.20s", optimizer);
    if (optimizer && strcmp(optimizer, "lbfgs")) {
        snprintf(out->parts[4], DESCRIBE_PART_MAX, "lr %.10g", fields_real(params, "lr", 0));
        snprintf(out->parts[5], DESCRIBE_PART_MAX, "batch %lld",
                 fields_int(params, "batchSize", 0));
    }
    if (strcmp(mode, "sync")) snprintf(out->parts[DESCRIBE_MODE], DESCRIBE_PART_MAX, "%.20s", mode);
    for (size_t at = 0; at < UNUSUAL; at++)
        say_unusual(params, unusual[at], out->parts[DESCRIBE_MODE + 1 + at]);
}

void describe_join(const struct describe *d, size_t from, size_t to, char text[DESCRIBE_MAX])
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = from; i < to; i++) {
        int more;

        if (!d->parts[i][0]) continue;
        more = snprintf(text + used, DESCRIBE_MAX - used, "%s%s", used ? ", " : "", d->parts[i]);
        if (more < 0 || (size_t)more >= DESCRIBE_MAX - used) {
            text[used] = '\0'; /* whole parts only */
            return;
        }
        used += (size_t)more;
    }
}

void describe_split(struct describe *d, size_t count, struct describe *common)
{
    *common = d[0];
    for (size_t part = 0; part < DESCRIBE_PARTS; part++) {
        bool same = true;

        for (size_t i = 1; i < count; i++)
            same = same && !strcmp(d[i].parts[part], d[0].parts[part]);
        if (!same) common->parts[part][0] = '\0';
        for (size_t i = 0; same && i < count; i++)
            d[i].parts[part][0] = '\0';
    }
}

static void add_item(struct hash *h, const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    char *text = item ? cJSON_PrintUnformatted(item) : NULL;

    if (text) {
        hash_add(h, name, strlen(name) + 1);
        hash_add(h, text, strlen(text) + 1);
    }
    cJSON_free(text);
}

void describe_digest(const cJSON *params, const cJSON *report, char text[DESCRIBE_DIGEST_MAX])
{
    static const char *const facts[] = {"samples", "features", "testSamples", "epochsDone"};
    const struct job_type *type = job_find("train");
    struct hash h;

    hash_init(&h, 0);
    for (size_t i = 0; i < type->field_count; i++)
        if (strcmp(type->fields[i].name, "mode")) add_item(&h, params, type->fields[i].name);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        add_item(&h, report, facts[i]);
    /* A letter first: spreadsheets take 12e45 for a number. */
    snprintf(text, DESCRIBE_DIGEST_MAX, "p%016" PRIx64, hash_end(&h));
}
