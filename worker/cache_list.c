/* cache_list.c: the folder of parsed files, for people and programs. */
#include "worker/cache_list.h"

#include "common/clock.h"
#include "common/show/render.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>

/* 512 B, 1.2 KiB, 3.4 GiB */
static void add_bytes(double bytes, struct buf *out)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t i = 0;

    for (; bytes >= 1023.95 && i + 1 < sizeof units / sizeof *units; i++)
        bytes /= 1024;
    buf_printf(out, "%.*f %s", i ? 1 : 0, bytes, units[i]);
}

static uint64_t sum_bytes(const struct dataset_cached *list, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += list[i].bytes;
    return sum;
}

static void add_row(const struct dataset_cached *c, struct buf *out)
{
    struct buf size = {0}, shape = {0};
    char used[25];

    clock_stamp(used, c->used_unix_ms);
    add_bytes((double)c->bytes, &size);
    buf_printf(&shape, "%" PRIu64 " x %" PRIu64, c->rows, c->features);
    out->failed = out->failed || size.failed || shape.failed;
    if (!out->failed && c->source[0]) {
        buf_printf(out, "%.19sZ %10s  %-4s %19s  ", used, size.data, dataset_type_name(c->type),
                   shape.data);
        render_plain(c->source, out);
        buf_text(out, c->options[0] ? "  " : "");
        render_plain(c->options, out);
        buf_text(out, "\n");
    } else if (!out->failed) {
        buf_printf(out, "%.19sZ %10s  %-4s %19s  (by another version: ", used, size.data, "?", "?");
        render_plain(c->path, out);
        buf_text(out, ")\n");
    }
    buf_clear(&size);
    buf_clear(&shape);
}

static void add_table(const struct dataset_place *place, const struct dataset_cached *list,
                      size_t count, struct buf *out)
{
    if (count)
        buf_printf(out, "%-20s %10s  %-4s %19s  %s\n", "LAST USED", "SIZE", "TYPE",
                   "ROWS X COLUMNS", "FILE, OPTIONS");
    for (size_t i = 0; i < count; i++)
        add_row(&list[i], out);
    render_plain(place->cache_dir, out);
    buf_printf(out, ": %s%zu parsed file%s, ", count ? "" : "empty; ", count,
               count == 1 ? "" : "s");
    add_bytes((double)sum_bytes(list, count), out);
    buf_text(out, " of at most ");
    add_bytes((double)dataset_cache_limit(place), out);
    buf_text(out, "\n");
}

static cJSON *to_json(const struct dataset_place *place, const struct dataset_cached *list,
                      size_t count)
{
    cJSON *value = cJSON_CreateObject(), *tables;

    cJSON_AddStringToObject(value, "dir", place->cache_dir);
    cJSON_AddNumberToObject(value, "bytes", (double)sum_bytes(list, count));
    cJSON_AddNumberToObject(value, "maxBytes", (double)dataset_cache_limit(place));
    tables = cJSON_AddArrayToObject(value, "tables");
    for (size_t i = 0; i < count; i++) {
        const struct dataset_cached *c = &list[i];
        cJSON *row = cJSON_CreateObject();

        cJSON_AddItemToArray(tables, row);
        cJSON_AddStringToObject(row, "cache", c->path);
        cJSON_AddNumberToObject(row, "bytes", (double)c->bytes);
        cJSON_AddNumberToObject(row, "usedAtMs", (double)c->used_unix_ms);
        if (!c->source[0]) continue; /* of another version: no more is known */
        cJSON_AddStringToObject(row, "path", c->source);
        cJSON_AddStringToObject(row, "options", c->options);
        cJSON_AddStringToObject(row, "type", dataset_type_name(c->type));
        cJSON_AddNumberToObject(row, "rows", (double)c->rows);
        cJSON_AddNumberToObject(row, "features", (double)c->features);
    }
    return value;
}

enum dtq_err cache_list(const struct dataset_place *place, bool json, struct dtq_why *why)
{
    struct dataset_cached *list;
    size_t count;
    struct buf out = {0};
    enum dtq_err err = dataset_cached_list(place->cache_dir, &list, &count, why);

    if (err != DTQ_OK) return err;
    if (json) {
        cJSON *value = to_json(place, list, count);
        char *text = cJSON_PrintUnformatted(value);

        if (text) buf_printf(&out, "%s\n", text);
        if (!text) out.failed = true;
        cJSON_free(text);
        cJSON_Delete(value);
    } else {
        add_table(place, list, count, &out);
    }
    if (out.failed)
        err = err_set(why, DTQ_NOMEM, "out of memory for a list of %zu files", count);
    else if (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
        err = err_set(why, DTQ_IO, "standard output cannot be written");
    buf_clear(&out);
    dataset_cached_free(list, count);
    return err;
}
