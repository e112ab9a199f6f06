/* choose.c: completion as a decision on words. */
#include "common/console/choose.h"

#include <stdlib.h>
#include <string.h>

void choice_clear(struct choice *c)
{
    buf_clear(&c->insert);
    buf_clear(&c->list);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The words that begin as typed, sorted, each once. The array is the caller's. */
static const char **fitting(const struct console_words *words, const char *typed, size_t *count)
{
    const char *end = words->text.data + words->text.len;
    const char **fit = NULL;
    size_t used = 0, room = 0, kept = 0;

    for (const char *at = words->text.data; at < end; at += strlen(at) + 1) {
        if (strncmp(at, typed, strlen(typed)) != 0) continue;
        if (used == room) {
            const char **more = realloc(fit, (room = room ? 2 * room : 16) * sizeof *fit);

            if (!more) break;
            fit = more;
        }
        fit[used++] = at;
    }
    if (used) qsort(fit, used, sizeof *fit, by_name);
    for (size_t i = 0; i < used; i++)
        if (!kept || strcmp(fit[kept - 1], fit[i]) != 0) fit[kept++] = fit[i];
    *count = kept;
    return fit;
}

/* Down the columns, as ls does. */
static void list_words(const char *const *words, size_t count, int columns, struct buf *out)
{
    size_t width = 0, across, down;

    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) > width) width = strlen(words[i]);
    across = (size_t)(columns > 0 ? columns : 80) / (width + 2);
    if (across < 1) across = 1;
    down = (count + across - 1) / across;
    for (size_t row = 0; row < down; row++) {
        for (size_t i = row; i < count; i += down)
            buf_printf(out, "%-*s", i + down < count ? (int)width + 2 : 0, words[i]);
        buf_text(out, "\n");
    }
}

void choose(const struct console_words *words, const char *typed, int columns, struct choice *out)
{
    size_t count = 0, typed_len = strlen(typed), common;
    const char **fit = words->text.len ? fitting(words, typed, &count) : NULL;

    if (!count) goto out;
    common = strlen(fit[0]);
    for (size_t i = 1; i < count; i++)
        while (strncmp(fit[0], fit[i], common) != 0)
            common--;
    if (common > typed_len) buf_add(&out->insert, fit[0] + typed_len, common - typed_len);
    if (count == 1 && !strchr("=:_/", fit[0][common - 1])) buf_text(&out->insert, " ");
    if (!out->insert.len) list_words(fit, count, columns, &out->list);
out:
    free(fit);
}
