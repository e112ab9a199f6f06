/* demo_submit.c: the jobs of a demo. Their files are written by a step of their own. */
#include "producer/demo_submit.h"

#include "jobs/job.h"
#include "producer/commands.h"
#include "producer/order.h"
#include "producer/submit.h"

enum dtq_err demo_submit(const struct app *app, struct queue *q, const struct demo_tell *tell,
                         const char *type, const char *text, struct awaited *out,
                         struct dtq_why *why)
{
    const struct command *command = commands_find(type);
    bool files = command && (command->options & FOR_FILES);
    const char *const words[] = {type, text, files ? "--no-files" : NULL};
    struct order order = {0};
    enum dtq_err err;

    demo_command(tell, words, 3);
    err = order_read(job_find(type), &text, 1, &order, why);
    if (err == DTQ_OK) err = submit_order(app, q, &order, out, why);
    order_clear(&order);
    return err;
}
