/* canvas.c: drawing surfaces, lines and boxes; texts and markers are in canvas_text.c and
 * canvas_marker.c. */
#include "common/plot/canvas.h"

#include "common/plot/outfile.h"

#include <cairo-svg.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum dtq_err chart_format_of(const char *path, enum chart_format *out, struct dtq_why *why)
{
    const char *dot = strrchr(path, '.');

    if (dot && strcasecmp(dot, ".png") == 0)
        *out = CHART_PNG;
    else if (dot && strcasecmp(dot, ".svg") == 0)
        *out = CHART_SVG;
    else
        return err_set(why, DTQ_INPUT, "%s: expected a name that ends in .png or .svg", path);
    return DTQ_OK;
}

static cairo_status_t to_buf(void *ctx, const unsigned char *data, unsigned len)
{
    struct buf *b = ctx;

    buf_add(b, data, len);
    return b->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

static cairo_status_t to_file(void *ctx, const unsigned char *data, unsigned len)
{
    struct outfile *o = ctx;

    return fwrite(data, 1, len, o->f) == len ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* Hinting moves glyphs to whole pixels, differently at each scale; colour fringes look wrong in
 * print. */
static void set_up(cairo_t *cr)
{
    cairo_font_options_t *options = cairo_font_options_create();

    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cr, options);
    cairo_font_options_destroy(options);
}

static cairo_surface_t *new_surface(struct canvas *cv)
{
    cairo_surface_t *s;
    double w = CHART_WIDTH * cv->scale, h = CHART_HEIGHT * cv->scale;

    if (cv->format == CHART_PNG)
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)lround(w), (int)lround(h));
    s = cairo_svg_surface_create_for_stream(to_buf, &cv->svg, w, h);
    cairo_svg_surface_set_document_unit(s, CAIRO_SVG_UNIT_PX);
    return s;
}

enum dtq_err canvas_open(struct canvas *cv, const struct chart_file *file, struct dtq_why *why)
{
    memset(cv, 0, sizeof *cv);
    cv->scale = file && file->scale != 0 ? file->scale : 1;
    if (!(cv->scale >= 0.25 && cv->scale <= 8))
        return err_set(why, DTQ_INPUT, "scale=%g: expected 0.25 to 8; 2 gives a sharp PNG",
                       cv->scale);
    cv->ruler_surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cv->ruler = cairo_create(cv->ruler_surface);
    set_up(cv->ruler);
    if (file) {
        cv->format = file->format;
        cv->surface = new_surface(cv);
        cv->cr = cairo_create(cv->surface);
        set_up(cv->cr);
        cairo_scale(cv->cr, cv->scale, cv->scale);
        canvas_box(cv, 0, 0, CHART_WIDTH, CHART_HEIGHT, PAPER);
    }
    if (cairo_status(cv->ruler) || (cv->cr && cairo_status(cv->cr))) {
        canvas_close(cv);
        return err_set(why, DTQ_NOMEM, "no memory for a picture of %.0f x %.0f pixels",
                       CHART_WIDTH * cv->scale, CHART_HEIGHT * cv->scale);
    }
    return DTQ_OK;
}

void canvas_close(struct canvas *cv)
{
    cairo_destroy(cv->cr);
    cairo_surface_destroy(cv->surface);
    cairo_destroy(cv->ruler);
    cairo_surface_destroy(cv->ruler_surface);
    buf_clear(&cv->svg);
    buf_clear(&cv->texts);
    cv->cr = cv->ruler = NULL;
    cv->surface = cv->ruler_surface = NULL;
}

/* The document with the texts before its end. */
static bool write_svg(struct canvas *cv, FILE *f)
{
    static const char end[] = "</svg>";
    char *tail = cv->svg.data ? strstr(cv->svg.data, end) : NULL;

    if (!tail) return false;
    fwrite(cv->svg.data, 1, (size_t)(tail - cv->svg.data), f);
    fprintf(f,
            "<g font-family=\"DejaVu Sans, Verdana, sans-serif\" "
            "transform=\"scale(%g)\">\n%s</g>\n",
            cv->scale, cv->texts.data ? cv->texts.data : "");
    fputs(tail, f);
    return true;
}

enum dtq_err canvas_save(struct canvas *cv, const struct chart_file *file, struct dtq_why *why)
{
    struct outfile o;
    enum dtq_err err;
    cairo_status_t status;

    cairo_show_page(cv->cr);
    status = cairo_status(cv->cr);
    if (cv->format == CHART_SVG) cairo_surface_finish(cv->surface); /* writes the document */
    if (!status) status = cairo_surface_status(cv->surface);
    if (status == CAIRO_STATUS_NO_MEMORY || cv->svg.failed || cv->texts.failed)
        return err_set(why, DTQ_NOMEM, "no memory to draw %s", file->path);
    if (status)
        return err_set(why, DTQ_IO, "cannot draw %s: %s", file->path,
                       cairo_status_to_string(status));

    if ((err = outfile_open(&o, file->path, why)) != DTQ_OK) return err;
    if (cv->format == CHART_SVG) {
        if (!write_svg(cv, o.f)) status = CAIRO_STATUS_WRITE_ERROR;
    } else {
        status = cairo_surface_write_to_png_stream(cv->surface, to_file, &o);
    }
    /* A write error of the file itself is told by the commit, with its reason. */
    if (status && !ferror(o.f)) {
        outfile_abandon(&o);
        return err_set(why, status == CAIRO_STATUS_NO_MEMORY ? DTQ_NOMEM : DTQ_IO,
                       "cannot write %s: %s", file->path, cairo_status_to_string(status));
    }
    return outfile_commit(&o, why);
}

void canvas_to(struct canvas *cv, double x, double y)
{
    cairo_line_to(cv->cr, x, y);
}

void canvas_stroke(struct canvas *cv, const struct line_style *s)
{
    static const double dashes[][4] = {
        {0}, {7, 3.5, 7, 3.5}, {2, 3, 2, 3}, {9, 3, 2, 3}, {14, 4, 14, 4}};

    cairo_set_source_rgb(cv->cr, s->colour.r, s->colour.g, s->colour.b);
    cairo_set_line_width(cv->cr, s->width);
    cairo_set_line_join(cv->cr, CAIRO_LINE_JOIN_ROUND);
    if (s->dash) cairo_set_dash(cv->cr, dashes[s->dash], 4, 0);
    cairo_stroke(cv->cr);
    cairo_set_dash(cv->cr, NULL, 0, 0);
}

/* Where a line of this width covers whole pixels. */
static double sharp(double at, double width)
{
    return lround(width) % 2 ? floor(at) + 0.5 : round(at);
}

void canvas_level(struct canvas *cv, double y, double from, double to, const struct line_style *s)
{
    y = sharp(y, s->width);
    canvas_to(cv, from, y);
    canvas_to(cv, to, y);
    canvas_stroke(cv, s);
}

void canvas_upright(struct canvas *cv, double x, double from, double to, const struct line_style *s)
{
    x = sharp(x, s->width);
    canvas_to(cv, x, from);
    canvas_to(cv, x, to);
    canvas_stroke(cv, s);
}

void canvas_box(struct canvas *cv, double x, double y, double w, double h, struct colour fill)
{
    double right = round(x + w), below = round(y + h);

    x = round(x);
    y = round(y);
    cairo_rectangle(cv->cr, x, y, right - x, below - y);
    cairo_set_source_rgb(cv->cr, fill.r, fill.g, fill.b);
    cairo_fill(cv->cr);
}

void canvas_hatch(struct canvas *cv, double x, double y, double w, double h, unsigned hatch)
{
    const struct line_style white = {.width = 1, .colour = PAPER};
    enum { GAP = 8 };

    if (!hatch || w <= 0 || h <= 0) return;
    canvas_clip(cv, x, y, w, h);
    for (double d = 0; d < w + h && hatch & 1; d += GAP) {
        canvas_to(cv, x, y + d);
        canvas_to(cv, x + d, y);
        canvas_stroke(cv, &white);
    }
    for (double d = -h; d < w && hatch & 2; d += GAP) {
        canvas_to(cv, x + d, y);
        canvas_to(cv, x + d + h, y + h);
        canvas_stroke(cv, &white);
    }
    for (double d = GAP; d < h && hatch & 4; d += GAP)
        canvas_level(cv, y + h - d, x, x + w, &white);
    canvas_unclip(cv);
}

void canvas_clip(struct canvas *cv, double x, double y, double w, double h)
{
    cairo_save(cv->cr);
    cairo_rectangle(cv->cr, x, y, w, h);
    cairo_clip(cv->cr);
}

void canvas_unclip(struct canvas *cv)
{
    cairo_restore(cv->cr);
}
