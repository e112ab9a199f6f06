/* marks.c: of the places around a marked point the one whose text hides and touches the fewest
 * lines wins; a text that would leave the plot area or cover another one is left out. */
#include "common/plot/marks.h"

#include "common/plot/axis.h"

#include <math.h>

enum {
    RING = 9,
    TEXT_HEIGHT = 16,
    STEP = 5,  /* pixels between the places looked at on a line */
    CLEAR = 5, /* around a text: half a marker */
    HIDDEN = 8 /* how much worse it is to hide a line than to be near one */
};

struct box {
    double x, y, w, h;
};

/* Where a text may stand: its centre, in rings and text sizes from the point. */
static const struct {
    double across, down;
} PLACES[] = {{0, -1}, {0, 1},  {1, -1}, {-1, -1},  {1, 1},     {-1, 1},  {1, 0},
              {-1, 0}, {0, -2}, {0, 2},  {1, -2.2}, {-1, -2.2}, {1, 2.2}, {-1, 2.2}};

enum { PLACE_COUNT = sizeof PLACES / sizeof *PLACES };

static bool holds(const struct box *b, double x, double y)
{
    return x > b->x && x < b->x + b->w && y > b->y && y < b->y + b->h;
}

static bool overlap(const struct box *a, const struct box *b)
{
    return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

/* How much of a series lies below a box, in steps. */
static size_t covered(const struct chart_frame *f, const struct chart_series *s,
                      const struct box *b)
{
    double px, py, last_x = 0, last_y = 0;
    size_t found = 0;
    bool first = true;

    for (size_t i = 0; i < s->n; i++) {
        int steps = 1;
        if (!axis_drawable(s->x[i]) || !axis_drawable(s->y[i])) continue;
        chart_frame_at(f, s->x[i], s->y[i], &px, &py);
        if (!first) steps += (int)fmin(hypot(px - last_x, py - last_y) / STEP, CHART_WIDTH);
        for (int k = 1; k <= steps; k++) {
            double share = (double)k / steps;
            found += holds(b, first ? px : last_x + share * (px - last_x),
                           first ? py : last_y + share * (py - last_y));
        }
        last_x = px;
        last_y = py;
        first = false;
    }
    return found;
}

static struct box box_at(size_t place, double px, double py, double width)
{
    double across = PLACES[place].across, down = PLACES[place].down;
    double x = px + across * (RING + 4 + width / 2);
    double y = py + down * (fabs(across) > 0 ? TEXT_HEIGHT * 0.7 : RING + 2 + TEXT_HEIGHT / 2.0);

    return (struct box){x - width / 2, y - TEXT_HEIGHT / 2.0, width, TEXT_HEIGHT};
}

/* The best place for a text of this width at (px, py), or PLACE_COUNT. */
static size_t choose(const struct chart_frame *f, const struct chart_panel *panel,
                     const struct box *taken, size_t taken_count, double px, double py,
                     double width)
{
    size_t best = PLACE_COUNT, least = SIZE_MAX;

    for (size_t place = 0; place < PLACE_COUNT; place++) {
        struct box b = box_at(place, px, py, width);
        const struct box around = {b.x - CLEAR, b.y - CLEAR, b.w + 2 * CLEAR, b.h + 2 * CLEAR};
        size_t cost = 0;
        bool free = b.x >= f->left && b.y >= f->top && b.x + b.w <= f->left + f->width &&
                    b.y + b.h <= f->top + f->height;
        for (size_t i = 0; i < taken_count && free; i++)
            free = !overlap(&b, &taken[i]);
        if (!free) continue;
        for (size_t s = 0; s < panel->series_count; s++)
            cost += HIDDEN * covered(f, &panel->series[s], &b) +
                    covered(f, &panel->series[s], &around);
        if (cost < least) {
            least = cost;
            best = place;
        }
    }
    return best;
}

static const struct text_style MARK_TEXT = {.size = 12.5, .halo = true, .align = 0.5};

void marks_text(struct canvas *cv, const struct chart_frame *f, const struct chart_panel *panel,
                double px, double py, const char *text, struct colour colour)
{
    struct text_style style = MARK_TEXT;
    double width = canvas_text_width(cv, text, &style);
    size_t place = choose(f, panel, NULL, 0, px, py, width);
    struct box b;

    if (place == PLACE_COUNT) return;
    b = box_at(place, px, py, width);
    style.colour = colour;
    canvas_text(cv, b.x + width / 2, b.y + TEXT_HEIGHT - 4, text, &style);
}

void marks_draw(struct canvas *cv, const struct chart_frame *f, const struct chart_panel *panel,
                const struct look *looks)
{
    struct text_style style = MARK_TEXT;
    struct box taken[2 * CHART_SERIES_MAX]; /* the rings, then the texts */
    size_t taken_count = 0;
    double px, py;

    for (int texts = 0; texts < 2; texts++)
        for (size_t i = 0; i < panel->series_count; i++) {
            const struct chart_series *s = &panel->series[i];
            if (!s->marked || !axis_drawable(s->x[s->mark]) || !axis_drawable(s->y[s->mark]))
                continue;
            chart_frame_at(f, s->x[s->mark], s->y[s->mark], &px, &py);
            if (!holds(&(struct box){f->left - 1, f->top - 1, f->width + 2, f->height + 2}, px, py))
                continue;
            if (!texts) {
                canvas_marker(cv, px, py, 4.5, &looks[i]);
                canvas_ring(cv, px, py, RING, INK);
                taken[taken_count++] = (struct box){px - RING, py - RING, 2 * RING, 2 * RING};
            } else if (s->mark_label) {
                double width = canvas_text_width(cv, s->mark_label, &style);
                size_t place = choose(f, panel, taken, taken_count, px, py, width);
                if (place == PLACE_COUNT) continue;
                taken[taken_count] = box_at(place, px, py, width);
                style.colour = looks[i].colour;
                canvas_text(cv, taken[taken_count].x + width / 2,
                            taken[taken_count].y + TEXT_HEIGHT - 4, s->mark_label, &style);
                taken_count++;
            }
        }
}
