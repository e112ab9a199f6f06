/* command.h: the commands of the producer. Each takes what stands behind its name on the command
 * line (count words) and returns the exit status. */
#ifndef DTQ_COMMAND_H
#define DTQ_COMMAND_H

#include "producer/app.h"

/* submit.c; the first word is the type of the job */
int command_submit(const struct app *app, int count, const char *const *words);
int command_resume(const struct app *app, int count, const char *const *words);

/* show.c */
int command_wait(const struct app *app, int count, const char *const *words);
int command_jobs(const struct app *app, int count, const char *const *words);
int command_job(const struct app *app, int count, const char *const *words);
int command_result(const struct app *app, int count, const char *const *words);
int command_weights(const struct app *app, int count, const char *const *words);
int command_cancel(const struct app *app, int count, const char *const *words);
int command_workers(const struct app *app, int count, const char *const *words);
int command_events(const struct app *app, int count, const char *const *words);

/* remove.c */
int command_rm(const struct app *app, int count, const char *const *words);

/* predict.c, export.c */
int command_predict(const struct app *app, int count, const char *const *words);
int command_export(const struct app *app, int count, const char *const *words);

/* artifacts.c, plot.c, measure.c */
int command_artifacts(const struct app *app, int count, const char *const *words);
int command_plot(const struct app *app, int count, const char *const *words);
int command_speedup(const struct app *app, int count, const char *const *words);

/* admin.c */
int command_queue(const struct app *app, int count, const char *const *words);
int command_dead(const struct app *app, int count, const char *const *words);

/* queues.c */
int command_queues(const struct app *app, int count, const char *const *words);
int command_retries(const struct app *app, int count, const char *const *words);

/* fsck.c, explain.c */
int command_fsck(const struct app *app, int count, const char *const *words);
int command_explain(const struct app *app, int count, const char *const *words);

/* chat.c */
int command_chat(const struct app *app, int count, const char *const *words);

/* help.c */
int command_help(const struct app *app, int count, const char *const *words);

/* up.c, demo.c */
int command_up(const struct app *app, int count, const char *const *words);
int command_demo(const struct app *app, int count, const char *const *words);

#endif
