/* edit.h: a line being typed on a terminal, on libedit: editing, history, completion, and lines
 * that are printed above it meanwhile. Used by console.c alone, in one thread. */
#ifndef DTQ_EDIT_H
#define DTQ_EDIT_H

#include "common/console/console.h"
#include "common/console/input.h"

struct edit;

/* Called while a line is being typed when the input was woken; true ends the typing. It may print
 * between edit_hide and edit_show. */
typedef bool edit_woken(void *ctx);

/* spec and in are borrowed for the life of the edit. */
enum dtq_err edit_new(const struct console_spec *spec, struct input *in, edit_woken *woken,
                      void *ctx, struct edit **out, struct dtq_why *why);
void edit_free(struct edit *e); /* NULL is fine */

/* As console_read. */
enum dtq_err edit_read(struct edit *e, const char **line, struct dtq_why *why);

/* Takes the line off the screen, and puts it back below what was printed meanwhile. */
void edit_hide(struct edit *e);
void edit_show(struct edit *e);

#endif
