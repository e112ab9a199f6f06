/* legend.h: the names of the series with samples of their looks, in rows below the title. */
#ifndef DTQ_LEGEND_H
#define DTQ_LEGEND_H

#include "common/plot/page.h"

/* Pixels of height for count entries; 0 for none. */
double legend_height(struct canvas *cv, const struct page_entry *entries, size_t count);

/* Draws them from y downwards, over the width of the page. */
void legend_draw(struct canvas *cv, const struct page_entry *entries, size_t count, double y);

/* The same between x and the right margin, one below the other. */
void legend_draw_beside(struct canvas *cv, const struct page_entry *entries, size_t count, double x,
                        double y);

#endif
