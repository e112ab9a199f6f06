/* marks.h: the one point of a series that is singled out, with a ring and a text beside it that is
 * placed where it hides least. */
#ifndef DTQ_MARKS_H
#define DTQ_MARKS_H

#include "common/plot/canvas.h"

/* looks (series_count). */
void marks_draw(struct canvas *cv, const struct chart_frame *f, const struct chart_panel *panel,
                const struct look *looks);

/* A text beside a point, without a ring; left out where it would leave the plot area. */
void marks_text(struct canvas *cv, const struct chart_frame *f, const struct chart_panel *panel,
                double px, double py, const char *text, struct colour colour);

#endif
