/* names.c: names of columns as numbers that any double holds exactly. */
#include "jobs/names.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES = 6 }; /* in a number: below 2^48 */

void names_clear(struct names *n)
{
    free(n->room);
    *n = (struct names){0};
}

/* Room for names whose text has so many bytes; *texts is where it goes. */
static enum dtq_err make_room(uint64_t features, size_t bytes, struct names *out, uint64_t **at,
                              char **texts, struct dtq_why *why)
{
    uint64_t *room = malloc((features + 1) * sizeof *room + bytes + 1);

    if (!room) return err_set(why, DTQ_NOMEM, "out of memory for the names of columns");
    *at = room;
    *texts = (char *)(room + features + 1);
    *out = (struct names){{features, room, *texts}, room};
    return DTQ_OK;
}

static size_t text_bytes(const struct dataset_names *names)
{
    size_t bytes = 0;

    for (uint64_t i = 0; i <= names->features; i++)
        bytes += strlen(dataset_names_get(names, i)) + 1;
    return bytes;
}

double *names_pack(const struct dataset_names *names, size_t *count)
{
    size_t numbers = 1 + (text_bytes(names) + BYTES - 1) / BYTES, at = 0;
    double *v = calloc(numbers, sizeof *v);

    if (!v) return NULL;
    v[0] = (double)names->features;
    for (uint64_t i = 0; i <= names->features; i++) {
        const char *name = dataset_names_get(names, i);

        for (size_t k = 0, len = strlen(name); k <= len; k++, at++)
            v[1 + at / BYTES] += (double)((uint64_t)(unsigned char)name[k] << 8 * (at % BYTES));
    }
    *count = numbers;
    return v;
}

static bool is_whole(double value, double most)
{
    return value >= 0 && value <= most && value == floor(value);
}

enum dtq_err names_unpack(const double *vector, size_t count, struct names *out,
                          struct dtq_why *why)
{
    size_t bytes = count ? (count - 1) * BYTES : 0, used = 0;
    bool fits = count && is_whole(vector[0], (double)bytes) && vector[0] >= 1;
    uint64_t features = fits ? (uint64_t)vector[0] : 0, *at = NULL;
    struct names names = {0};
    char *texts = NULL;
    enum dtq_err err;

    for (size_t i = 1; fits && i < count; i++)
        fits = is_whole(vector[i], 0x1p48 - 1);
    if (!fits) goto misfit;
    err = make_room(features, bytes, &names, &at, &texts, why);
    if (err != DTQ_OK) return err;
    for (size_t i = 0; i < bytes; i++)
        texts[i] = (char)((uint64_t)vector[1 + i / BYTES] >> 8 * (i % BYTES) & 0xff);
    texts[bytes] = '\0';
    for (uint64_t i = 0; i <= features && used < bytes; i++) {
        at[i] = used;
        used += strlen(texts + used) + 1;
        fits = i == features;
    }
    if (fits && used <= bytes) {
        *out = names;
        return DTQ_OK;
    }
    names_clear(&names);
misfit:
    return err_set(why, DTQ_INPUT, "the names of the columns cannot be read; submit the job again");
}

cJSON *names_json(const struct dataset_names *names)
{
    cJSON *array = cJSON_CreateArray();

    for (uint64_t i = 0; array && i <= names->features; i++) {
        cJSON *name = cJSON_CreateString(dataset_names_get(names, i));

        if (name && cJSON_AddItemToArray(array, name)) continue;
        cJSON_Delete(name);
        cJSON_Delete(array);
        return NULL;
    }
    return array;
}

enum dtq_err names_read(const cJSON *array, struct names *out, struct dtq_why *why)
{
    int count = cJSON_IsArray(array) ? cJSON_GetArraySize(array) : 0;
    size_t bytes = 0, used = 0;
    bool texts_alone = count > 1;
    uint64_t *at = NULL, i = 0;
    const cJSON *item;
    char *texts = NULL;
    enum dtq_err err;

    cJSON_ArrayForEach(item, array)
    {
        texts_alone = texts_alone && cJSON_IsString(item);
        if (texts_alone) bytes += strlen(item->valuestring) + 1;
    }
    if (!texts_alone)
        return err_set(why, DTQ_INPUT, "expected an array of the names of all columns");
    err = make_room((uint64_t)count - 1, bytes, out, &at, &texts, why);
    if (err != DTQ_OK) return err;
    cJSON_ArrayForEach(item, array)
    {
        size_t len = strlen(item->valuestring) + 1;

        at[i++] = used;
        memcpy(texts + used, item->valuestring, len);
        used += len;
    }
    return DTQ_OK;
}
