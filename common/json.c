/* json.c: the shortest of 15, 16 and 17 digits that keeps a number. */
#include "common/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *json_number(double value, char text[JSON_NUMBER])
{
    if (!isfinite(value)) return strcpy(text, "null");
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, JSON_NUMBER, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return text;
}

cJSON *json_exact(double value)
{
    char text[JSON_NUMBER];

    return cJSON_CreateRaw(json_number(value, text));
}

cJSON *json_exact_array(const double *values, size_t count)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; list && i < count; i++) {
        cJSON *item = json_exact(values[i]);

        if (!item || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            cJSON_Delete(list);
            return NULL;
        }
    }
    return list;
}

void json_make_exact(cJSON *value)
{
    cJSON *item;

    cJSON_ArrayForEach(item, value)
    {
        char text[JSON_NUMBER];
        char *raw;

        json_make_exact(item);
        if (!cJSON_IsNumber(item)) continue;
        raw = cJSON_malloc(JSON_NUMBER);
        if (!raw) continue; /* it stays as it is */
        strcpy(raw, json_number(item->valuedouble, text));
        item->valuestring = raw; /* owned by the item, as cJSON_CreateRaw has it */
        item->type = (item->type & ~0xff) | cJSON_Raw;
    }
}
