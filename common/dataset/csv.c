/* csv.c: the reader. The usual path looks at each byte once and says only whether a row is good;
 * what exactly is wrong with a bad one is found out afterwards, by csv_complain. */
#include "common/dataset/csv.h"

#include "common/dataset/byte_cells.h"
#include "common/dataset/csv_head.h"
#include "common/dataset/lines.h"
#include "common/dataset/number.h"

#include <string.h>

_Static_assert((int)BYTE_CELLS_TEXT <= 1 + (int)LINES_SLACK, "the newline and what follows");
_Static_assert((int)BYTE_CELLS_OUT <= (int)STORE_SLACK, "behind the last cell of the store");

/* count features from *text on, which is moved behind the delimiter of the last of them; or to the
 * line's end when they end the line. DTQ_INPUT without a sentence when something is wrong. */
static enum dtq_err features(const struct csv_head *h, const char **text, size_t count,
                             bool ends_line, struct store *s)
{
    const char *p = *text;
    size_t i = 0;
    while (i < count) {
        if (s->type == DATASET_U8) {
            /* The last cell of a line is left to others: no delimiter follows it. */
            size_t n = byte_cells_read(&p, count - i - ends_line, h->delimiter, store_bytes(s));
            store_put_bytes(s, n);
            i += n;
            if (i == count) break;
        }
        double value;
        enum dtq_err err = DTQ_INPUT;
        enum number_result result = csv_cell(h, p, &value, &p);
        if (result == NUMBER_OK)
            err = store_put(s, value);
        else if (result == NUMBER_ABSENT && h->missing != DATASET_REFUSE)
            err = store_put_absent(s);
        if (err != DTQ_OK) return err;
        i++;
        if (*p != (ends_line && i == count ? '\n' : h->delimiter)) return DTQ_INPUT;
        p += *p != '\n';
    }
    *text = p;
    return DTQ_OK;
}

/* One line from *text on, which is moved behind it. */
static enum dtq_err row(const struct csv_head *h, const char **text, struct store *s)
{
    const char *p = *text;
    const bool labelled = h->label < h->columns;
    const size_t behind = labelled ? h->columns - h->label - 1 : 0;
    double label;
    enum dtq_err err = store_begin_row(s);
    if (err == DTQ_OK) err = features(h, &p, h->label, !labelled, s);
    if (err != DTQ_OK) return err;
    if (!labelled) {
        *text = p + 1;
        return store_end_row(s, 0);
    }
    if (csv_cell(h, p, &label, &p) != NUMBER_OK) return DTQ_INPUT;
    if (*p != (behind ? h->delimiter : '\n')) return DTQ_INPUT;
    p += *p != '\n';
    err = features(h, &p, behind, true, s);
    if (err != DTQ_OK) return err;
    *text = p + 1;
    return store_end_row(s, label);
}

/* The lines of [from, to). */
static enum dtq_err rows(struct csv_head *h, const char *from, const char *to, struct store *s,
                         struct dtq_why *why)
{
    for (const char *p = from; p < to;) {
        h->line++;
        if (csv_is_blank(h, &p)) continue;
        enum dtq_err err = row(h, &p, s);
        if (err == DTQ_INPUT) return csv_complain(h, p, why);
        if (err != DTQ_OK) return err;
    }
    return DTQ_OK;
}

static enum dtq_err keep_titles(const struct csv_head *h, struct store *s)
{
    enum dtq_err err = DTQ_OK;
    for (size_t i = 0; i < h->columns && err == DTQ_OK; i++)
        if (i != h->label) err = store_name(s, h->titles[i], strlen(h->titles[i]));
    if (err != DTQ_OK) return err;
    if (h->label == h->columns) return store_name(s, "", 0);
    return store_name(s, h->titles[h->label], strlen(h->titles[h->label]));
}

/* The first block: the byte order mark, the names, the label. Moves *from to the first row. */
static enum dtq_err begin(struct csv_head *h, const char **from, const char *to,
                          const struct dataset_options *options, struct store *s,
                          struct dtq_why *why)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *p = *from;
    if (to - p >= 3 && memcmp(p, mark, 3) == 0) p += 3;
    if (to - p >= 2 && (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0))
        return err_set(why, DTQ_INPUT, "%s is UTF-16 text; save it as UTF-8", h->name);
    while (p < to && csv_is_blank(h, &p))
        h->line++;
    *from = p;
    if (p == to) return DTQ_NONE;
    enum dtq_err err = csv_head_read(h, from, options, why);
    if (err != DTQ_OK) return err;
    store_begin(s, h->columns - (h->label < h->columns), false);
    return h->titles ? keep_titles(h, s) : DTQ_OK;
}

/* Nothing but blank lines, or a header alone. */
static enum dtq_err no_rows(const struct csv_head *h, struct dtq_why *why)
{
    if (h->columns == 0)
        return err_set(why, DTQ_INPUT, "%s is empty; a table with one row a line was expected",
                       h->name);
    return err_set(why, DTQ_INPUT,
                   "%s has a line of names and no rows below it; at least one row was expected",
                   h->name);
}

enum dtq_err csv_read(struct source *source, const struct dataset_options *options,
                      dataset_progress *progress, void *ctx, struct store *store,
                      struct dtq_why *why)
{
    struct csv_head head;
    struct lines lines;
    const char *from, *to;
    enum dtq_err err;

    lines_init(&lines, source);
    if (!csv_head_init(&head, source->name)) {
        err = err_set(why, DTQ_NOMEM, "%s: out of memory", source->name);
        goto out;
    }
    while ((err = lines_next(&lines, &from, &to, why)) == DTQ_OK) {
        if (progress && progress(ctx)) {
            err = err_set(why, DTQ_CANCELLED, "%s: cancelled while reading line %llu", source->name,
                          (unsigned long long)head.line);
            goto out;
        }
        if (head.columns == 0) {
            err = begin(&head, &from, to, options, store, why);
            if (err == DTQ_NONE) continue;
            if (err != DTQ_OK) goto out;
        }
        err = rows(&head, from, to, store, why);
        if (err != DTQ_OK) goto out;
    }
    if (err == DTQ_NONE) err = store->rows > 0 ? DTQ_OK : no_rows(&head, why);
out:
    csv_head_clear(&head);
    lines_clear(&lines);
    return err;
}
