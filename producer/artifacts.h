/* artifacts.h: the files of a training, written from what Redis holds of it: the log of its epochs,
 * its weights and their picture, those that each epoch left when they are asked for, and its lines
 * in the logs that all trainings share. */
#ifndef DTQ_ARTIFACTS_H
#define DTQ_ARTIFACTS_H

#include "producer/app.h"

/* Writes them into the folder that app names (--dir, DTQ_OUT), and the paths of those written into
 * *files (a new array of texts; cJSON_Delete), also when a later one failed. Files of the job alone
 * are written anew; a line of a shared log, which only a completed training gets, stands once.
 * DTQ_NONE with a sentence: there is nothing to write (a sum, a training before its first epoch).
 * DTQ_INPUT, DTQ_IO: a folder or file that cannot be written, a width that does not fit. */
enum dtq_err artifacts_write(const struct app *app, struct queue *q, const struct queue_job *job,
                             cJSON **files, struct dtq_why *why);

/* After a wait: writes them unless --no-files, and says so on standard error. Returns the exit
 * status: code, or APP_FAILED when the job completed and its files could not be written. */
int artifacts_after(const struct app *app, struct queue *q, const struct queue_job *job, int code);

#endif
