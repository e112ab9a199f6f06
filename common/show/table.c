/* table.c: the layout of tables. */
#include "common/show/table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2 };

struct table_cell {
    size_t at; /* in the text, where it ends with a zero */
    enum tone tone;
};

struct table_line {
    struct table_cell cell;
    size_t row; /* it stands behind so many rows */
};

void table_init(struct table *t, const struct table_column *columns, size_t width)
{
    *t = (struct table){.columns = columns, .width = width};
}

void table_clear(struct table *t)
{
    buf_clear(&t->text);
    free(t->cells);
    free(t->lines);
    *t = (struct table){0};
}

size_t table_rows(const struct table *t)
{
    return t->cell_count / t->width;
}

/* Room for one more in an array. */
static bool grow(void **array, size_t *cap, size_t count, size_t size)
{
    size_t more = *cap ? *cap * 2 : 64;
    void *bigger = count < *cap ? *array : realloc(*array, more * size);

    if (!bigger) return false;
    if (count == *cap) *cap = more;
    *array = bigger;
    return true;
}

static struct table_cell add_text(struct table *t, enum tone tone, const char *format, va_list args)
{
    struct table_cell cell = {t->text.len, tone};
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0) {
        t->text.failed = true;
        return cell;
    }
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127) *at = '?';
    buf_add(&t->text, text, strlen(text) + 1);
    free(text);
    return cell;
}

void table_cell(struct table *t, enum tone tone, const char *format, ...)
{
    va_list args;

    if (!grow((void **)&t->cells, &t->cell_cap, t->cell_count, sizeof *t->cells)) {
        t->text.failed = true;
        return;
    }
    va_start(args, format);
    t->cells[t->cell_count++] = add_text(t, tone, format, args);
    va_end(args);
}

void table_line(struct table *t, enum tone tone, const char *format, ...)
{
    va_list args;

    if (!grow((void **)&t->lines, &t->line_cap, t->line_count, sizeof *t->lines)) {
        t->text.failed = true;
        return;
    }
    va_start(args, format);
    t->lines[t->line_count++] = (struct table_line){add_text(t, tone, format, args), table_rows(t)};
    va_end(args);
}

static const char *text_of(const struct table *t, size_t row, size_t column)
{
    return t->text.data + t->cells[row * t->width + column].at;
}

/* Columns of the screen that each column would like; 0 for those without text. */
static void natural_widths(const struct table *t, int *widths)
{
    for (size_t i = 0; i < t->width; i++) {
        bool any = t->columns[i].rank == 0;

        widths[i] = screen_width(t->columns[i].head);
        for (size_t row = 0; row < table_rows(t); row++) {
            int width = screen_width(text_of(t, row, i));

            any |= width > 0;
            if (width > widths[i]) widths[i] = width;
        }
        if (!any) widths[i] = 0;
    }
}

/* What a column needs when it is cut as far as it may be. */
static int least_of(const struct table_column *c, int natural)
{
    return c->least && c->least < natural ? c->least : natural;
}

static int least_total(const struct table *t, const int *widths)
{
    int total = -GAP;

    for (size_t i = 0; i < t->width; i++)
        if (widths[i]) total += least_of(&t->columns[i], widths[i]) + GAP;
    return total;
}

/* Takes the least important column that is left. False: all that are left stay. */
static bool leave_one_out(const struct table *t, int *widths)
{
    size_t worst = t->width;

    for (size_t i = 0; i < t->width; i++)
        if (widths[i] && t->columns[i].rank &&
            (worst == t->width || t->columns[i].rank > t->columns[worst].rank))
            worst = i;
    if (worst == t->width) return false;
    widths[worst] = 0;
    return true;
}

/* The widths that fit so many columns of the screen, 0 for columns that are left out. What room
 * there is beyond the least widths goes to the most important columns first. */
static void fit(const struct table *t, int columns, int *widths)
{
    int spare;

    while (least_total(t, widths) > columns && leave_one_out(t, widths))
        ;
    spare = columns - least_total(t, widths);
    for (int rank = 0, next; rank < INT32_MAX; rank = next) {
        next = INT32_MAX;
        for (size_t i = 0; i < t->width; i++) {
            int least = least_of(&t->columns[i], widths[i]), more = widths[i] - least;

            if (t->columns[i].rank > rank && t->columns[i].rank < next) next = t->columns[i].rank;
            if (t->columns[i].rank != rank || !more) continue;
            if (more > spare) more = spare > 0 ? spare : 0;
            widths[i] = least + more;
            spare -= more;
        }
    }
}

static void pad(int columns, struct buf *out)
{
    if (columns > 0) buf_printf(out, "%*s", columns, "");
}

/* A row of texts; cells NULL: the head. Blanks at the end of the line are left out. */
static void write_row(const struct table *t, const struct table_cell *cells, const int *widths,
                      const struct screen *screen, struct buf *out)
{
    int owed = 0; /* blanks before the next text */

    for (size_t i = 0; i < t->width; i++) {
        const struct table_column *c = &t->columns[i];
        const char *text = cells ? t->text.data + cells[i].at : c->head;
        struct buf cut = {0};
        int width, blanks;

        if (!widths[i]) continue;
        screen_cut(text, widths[i], &cut);
        width = cut.len ? screen_width(cut.data) : 0;
        blanks = widths[i] - width;
        if (width) {
            pad(owed + (c->right ? blanks : 0), out);
            screen_paint(screen, cells ? cells[i].tone : TONE_PLAIN, cut.data, cut.len, out);
            owed = c->right ? 0 : blanks;
        } else {
            owed += widths[i];
        }
        owed += GAP;
        out->failed |= cut.failed;
        buf_clear(&cut);
    }
    buf_text(out, "\n");
}

static void write_line(const struct table *t, const struct table_cell *cell,
                       const struct screen *screen, struct buf *out)
{
    const char *text = t->text.data + cell->at;
    struct buf cut = {0};

    if (screen->columns)
        screen_cut(text, screen->columns - GAP, &cut);
    else
        buf_text(&cut, text);
    pad(GAP, out);
    screen_paint(screen, cell->tone, cut.data ? cut.data : "", cut.len, out);
    buf_text(out, "\n");
    out->failed |= cut.failed;
    buf_clear(&cut);
}

static bool headed(const struct table *t, const int *widths)
{
    for (size_t i = 0; i < t->width; i++)
        if (widths[i] && t->columns[i].head[0]) return true;
    return false;
}

void table_draw(const struct table *t, const struct screen *screen, struct buf *out)
{
    int *widths = calloc(t->width, sizeof *widths);
    size_t line = 0;

    if (!widths || t->text.failed) {
        out->failed = true;
        free(widths);
        return;
    }
    natural_widths(t, widths);
    if (screen->columns) fit(t, screen->columns, widths);
    if (headed(t, widths)) write_row(t, NULL, widths, screen, out);
    for (size_t row = 0; row <= table_rows(t); row++) {
        for (; line < t->line_count && t->lines[line].row == row; line++)
            write_line(t, &t->lines[line].cell, screen, out);
        if (row < table_rows(t)) write_row(t, t->cells + row * t->width, widths, screen, out);
    }
    free(widths);
}
