/* csv.c: the reader. The usual path looks at each byte once and says only whether a row is good;
 * what exactly is wrong with a bad one is found out afterwards, by csv_complain. */
#include "common/dataset/csv.h"

#include "common/dataset/byte_cells.h"
#include "common/dataset/csv_head.h"
#include "common/dataset/lines.h"
#include "common/dataset/number.h"

#include <math.h>
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

/* The same of a file whose columns are in another order than is wanted. */
static enum dtq_err row_by_place(const struct csv_head *h, const char **text, struct store *s)
{
    const char *p = *text;
    double label = 0;
    enum dtq_err err = store_begin_row(s);
    for (size_t i = 0; i < h->columns && err == DTQ_OK; i++) {
        bool open, ignored = h->ignored && h->ignored[i];
        double *to = i == h->label ? &label : ignored ? NULL : &h->cells[h->place[i]];
        enum number_result result = ignored ? NUMBER_OK : csv_cell(h, p, to, &p);
        if (ignored)
            p = csv_cell_end(h, p, &open);
        else if (result == NUMBER_ABSENT && h->missing != DATASET_REFUSE && i != h->label)
            *to = NAN;
        else if (result != NUMBER_OK)
            return DTQ_INPUT;
        if (*p != (i + 1 == h->columns ? '\n' : h->delimiter)) return DTQ_INPUT;
        p++;
    }
    for (uint64_t j = 0; j < s->features && err == DTQ_OK; j++)
        err = isnan(h->cells[j]) ? store_put_absent(s) : store_put(s, h->cells[j]);
    if (err != DTQ_OK) return err;
    *text = p;
    return store_end_row(s, label);
}

/* One row from *text on, which is moved behind it. */
static enum dtq_err row(const struct csv_head *h, const char **text, struct store *s)
{
    const char *p = *text;
    double label = 0;
    bool open;
    enum dtq_err err = store_begin_row(s);
    for (const struct csv_run *run = h->runs; err == DTQ_OK; run++) {
        err = features(h, &p, run->features, run->then == RUN_END, s);
        if (err != DTQ_OK || run->then == RUN_END) break;
        if (run->then == RUN_IGNORED)
            p = csv_cell_end(h, p, &open);
        else if (csv_cell(h, p, &label, &p) != NUMBER_OK)
            return DTQ_INPUT;
        const bool ends = run[1].then == RUN_END && run[1].features == 0;
        if (*p != (ends ? '\n' : h->delimiter)) return DTQ_INPUT;
        p += *p != '\n';
    }
    if (err != DTQ_OK) return err;
    *text = p + 1;
    return store_end_row(s, label);
}

/* Column 1 of the row at p, for as long as all that is known of it fits an index. */
static bool is_count(const struct csv_head *h, const char *p)
{
    double value;
    return csv_cell(h, p, &value, &p) == NUMBER_OK && value >= 0 && value == floor(value);
}

/* The row at *text, which is moved behind it. DTQ_INPUT without a sentence. */
static enum dtq_err any_row(struct csv_head *h, const char **text, struct store *s)
{
    const char *from = *text;
    enum dtq_err err;
    if (h->maybe_index) h->maybe_index = is_count(h, from);
    if (h->ignored && !csv_row_end(h, from)) return DTQ_INPUT;
    err = h->place ? row_by_place(h, text, s) : row(h, text, s);
    if (!h->ignored || err != DTQ_OK) return err;
    while ((from = memchr(from, '\n', (size_t)(*text - 1 - from)))) {
        from++; /* within quotes */
        h->line++;
    }
    return err;
}

/* The lines from *from on. DTQ_NONE: that at *from is not whole. last: none follow these. */
static enum dtq_err rows(struct csv_head *h, const char **from, bool last, struct store *s,
                         struct dtq_why *why)
{
    enum dtq_err err = DTQ_OK;
    for (const char *p = *from; p < h->end && err == DTQ_OK; *from = p) {
        h->line++;
        if (csv_is_blank(h, &p)) continue;
        err = any_row(h, &p, s);
        if (err == DTQ_INPUT) err = csv_complain(h, p, last, why);
    }
    if (err == DTQ_NONE) h->line--;
    return err;
}

/* In the order of the features. */
static enum dtq_err keep_titles(const struct csv_head *h, const struct dataset_options *options,
                                struct store *s)
{
    enum dtq_err err = DTQ_OK;
    for (uint64_t j = 0; h->place && j < s->features && err == DTQ_OK; j++) {
        const char *name = dataset_names_get(&options->columns->names, j);
        err = store_name(s, name, strlen(name));
    }
    for (size_t i = 0; !h->place && i < h->columns && err == DTQ_OK; i++)
        if (i != h->label && !(h->ignored && h->ignored[i]))
            err = store_name(s, h->titles[i], strlen(h->titles[i]));
    if (err != DTQ_OK) return err;
    if (h->label == h->columns) return store_name(s, "", 0);
    return store_name(s, h->titles[h->label], strlen(h->titles[h->label]));
}

/* The first lines: the names, the label. Moves *from to the first row. DTQ_NONE: there are none but
 * blank ones yet, or the first is not whole. */
static enum dtq_err begin(struct csv_head *h, const char **from,
                          const struct dataset_options *options, bool last, struct dtq_why *why)
{
    while (*from < h->end && csv_is_blank(h, from))
        h->line++;
    return *from < h->end ? csv_head_read(h, from, options, last, why) : DTQ_NONE;
}

enum dtq_err csv_settle(struct source *source, struct dataset_options *options, struct dtq_why *why)
{
    struct csv_head head;
    struct lines lines;
    const char *from;
    enum dtq_err err = DTQ_NONE;

    lines_init(&lines, source);
    if (!csv_head_init(&head, source->name))
        err = err_set(why, DTQ_NOMEM, "%s: out of memory", source->name);
    while (err == DTQ_NONE && (err = lines_next(&lines, &from, &head.end, why)) == DTQ_OK) {
        err = begin(&head, &from, options, lines.ended, why);
        if (err == DTQ_NONE) lines_keep(&lines, from);
        if (err == DTQ_NONE && lines.ended) break;
    }
    if (err == DTQ_OK && !head.place) {
        size_t label = head.label;
        const char *said[] = {options->label, "first", "last", DATASET_NO_LABEL};

        for (size_t i = 0; options->columns && i < sizeof said / sizeof *said; i++) {
            if (csv_find_label(&head, said[i], NULL) != DTQ_OK || head.label != label) continue;
            options->label = said[i];
            options->columns = NULL;
        }
    }
    csv_head_clear(&head);
    lines_clear(&lines);
    return err == DTQ_NONE ? DTQ_OK : err; /* that nothing is there, csv_read says */
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

static enum dtq_err is_index(const struct csv_head *h, struct dtq_why *why)
{
    return err_set(
        why, DTQ_INPUT,
        "%.200s: column 1 has no name and holds whole numbers alone, as the index does that "
        "pandas and R write (index=False and row.names=FALSE do not); give ignore=1, or a "
        "name if it is a feature",
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
        head.end = to;
        if (head.columns == 0) {
            err = begin(&head, &from, options, lines.ended, why);
            if (err == DTQ_OK) store_begin(store, head.features, false);
            if (err == DTQ_OK && head.titles) err = keep_titles(&head, options, store);
        }
        if (err == DTQ_OK) err = rows(&head, &from, lines.ended, store, why);
        if (err == DTQ_NONE) lines_keep(&lines, from);
        if (err != DTQ_OK && err != DTQ_NONE) goto out;
    }
    if (err == DTQ_NONE) err = store->rows > 0 ? DTQ_OK : no_rows(&head, why);
    if (err == DTQ_OK && head.maybe_index) err = is_index(&head, why);
out:
    csv_head_clear(&head);
    lines_clear(&lines);
    return err;
}
