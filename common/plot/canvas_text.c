/* canvas_text.c: texts in the system's sans-serif font. Where no font at all is installed cairo
 * draws with a small one of its own, ASCII only. */
#include "common/plot/canvas.h"

#include "common/utf8.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"

static void set_font(cairo_t *cr, const struct text_style *style)
{
    cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           style->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, style->size);
}

static bool same_extents(struct canvas *cv, const char *a, const char *b)
{
    cairo_text_extents_t ea, eb;

    cairo_text_extents(cv->ruler, a, &ea);
    cairo_text_extents(cv->ruler, b, &eb);
    return ea.width == eb.width && ea.height == eb.height && ea.x_advance == eb.x_advance;
}

/* Clean text in letters the font has: a minus sign drawn as an empty box would be misread. Where
 * two unlike signs look the same, the font (cairo's built-in one) has neither. */
static void clean_text(struct canvas *cv, const char *text, const struct text_style *style,
                       char out[TEXT_MAX])
{
    static const char *const plain[][2] = {
        {"\xe2\x88\x92", "-"}, {"\xc3\x97", "x"}, {ELLIPSIS, ".."}};

    utf8_clean(text, out, TEXT_MAX);
    set_font(cv->ruler, style);
    if (!same_extents(cv, plain[0][0], ELLIPSIS)) return;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        for (char *at; (at = strstr(out, plain[i][0]));) {
            size_t from = strlen(plain[i][0]), to = strlen(plain[i][1]);
            memcpy(at, plain[i][1], to);
            memmove(at + to, at + from, strlen(at + from) + 1);
        }
}

static double advance(struct canvas *cv, const char *clean, const struct text_style *style)
{
    cairo_text_extents_t e;

    set_font(cv->ruler, style);
    cairo_text_extents(cv->ruler, clean, &e);
    return e.x_advance;
}

double canvas_text_width(struct canvas *cv, const char *text, const struct text_style *style)
{
    char clean[TEXT_MAX];

    clean_text(cv, text, style, clean);
    return advance(cv, clean, style);
}

void canvas_fit(struct canvas *cv, const char *text, const struct text_style *style, double width,
                char out[TEXT_MAX])
{
    size_t len;
    bool cut = text && strlen(text) >= TEXT_MAX;

    utf8_clean(text, out, TEXT_MAX);
    if (!cut && advance(cv, out, style) <= width) return;
    len = strlen(out);
    while (len + sizeof ELLIPSIS > TEXT_MAX)
        len = utf8_shorter(out, len);
    strcpy(out + len, ELLIPSIS);
    while (len && advance(cv, out, style) > width) {
        len = utf8_shorter(out, len);
        while (len && out[len - 1] == ' ')
            len--;
        strcpy(out + len, ELLIPSIS);
    }
}

/* In an SVG a text is a text, which can be searched and copied; as outlines its letters would be
 * nine tenths of the file. textLength gives it the width that it has here in any font. */
static void add_element(struct canvas *cv, double x, double y, const char *clean, double width,
                        const struct text_style *style)
{
    const struct colour *c = &style->colour;

    buf_printf(&cv->texts,
               "<text font-size=\"%g\" fill=\"#%02x%02x%02x\" textLength=\"%.1f\" "
               "lengthAdjust=\"spacingAndGlyphs\"%s%s",
               style->size, (unsigned)lround(c->r * 255), (unsigned)lround(c->g * 255),
               (unsigned)lround(c->b * 255), width, style->bold ? " font-weight=\"bold\"" : "",
               style->halo ? " stroke=\"#fff\" stroke-width=\"4\" stroke-linejoin=\"round\" "
                             "paint-order=\"stroke\""
                           : "");
    buf_printf(&cv->texts, " transform=\"translate(%.1f %.1f)%s\">", x, y,
               style->upwards ? " rotate(-90)" : "");
    utf8_xml(&cv->texts, clean);
    buf_text(&cv->texts, "</text>\n");
}

void canvas_text(struct canvas *cv, double x, double y, const char *text,
                 const struct text_style *style)
{
    const struct colour *c = &style->colour;
    char clean[TEXT_MAX];
    double width;

    clean_text(cv, text, style, clean);
    if (!*clean) return;
    width = advance(cv, clean, style);
    if (style->upwards)
        y += style->align * width;
    else
        x -= style->align * width;
    if (cv->format == CHART_SVG) {
        add_element(cv, x, y, clean, width, style);
        return;
    }

    cairo_save(cv->cr);
    set_font(cv->cr, style);
    cairo_translate(cv->cr, x, y);
    if (style->upwards) cairo_rotate(cv->cr, -M_PI / 2);
    if (style->halo) {
        cairo_move_to(cv->cr, 0, 0);
        cairo_text_path(cv->cr, clean);
        cairo_set_source_rgb(cv->cr, 1, 1, 1);
        cairo_set_line_width(cv->cr, 4);
        cairo_set_line_join(cv->cr, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(cv->cr);
    }
    cairo_move_to(cv->cr, 0, 0);
    cairo_set_source_rgb(cv->cr, c->r, c->g, c->b);
    cairo_show_text(cv->cr, clean);
    cairo_new_path(cv->cr); /* the text leaves a point that the next line would begin at */
    cairo_restore(cv->cr);
}

/* fontconfig keeps the patterns it has matched until the process ends, where a leak checker takes
 * them for lost. They are few and do not grow with the number of charts. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define CHECKS_LEAKS
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CHECKS_LEAKS
#endif

#ifdef CHECKS_LEAKS
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}
#endif
