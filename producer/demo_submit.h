/* demo_submit.h: the jobs of a demo: what is printed is what is submitted. */
#ifndef DTQ_DEMO_SUBMIT_H
#define DTQ_DEMO_SUBMIT_H

#include "producer/app.h"
#include "producer/demo_tell.h"
#include "producer/wait.h"

/* Prints the command and submits its job, as the command would; `text` holds its fields. */
enum dtq_err demo_submit(const struct app *app, struct queue *q, const struct demo_tell *tell,
                         const char *type, const char *text, struct awaited *out,
                         struct dtq_why *why);

#endif
