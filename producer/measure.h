/* measure.h: one training measured with several numbers of workers, on private systems. */
#ifndef DTQ_MEASURE_H
#define DTQ_MEASURE_H

#include "producer/app.h"

/* Runs the training that the words ask for (as `dtq train` takes them) with the numbers of workers,
 * modes and repeats of app; adds each run to logs/speedup.csv and draws the charts of these runs. A
 * line of the table goes to standard output when told so as soon as it is known. *value
 * (cJSON_Delete) has "runs" with their times and speedups, "only", which chooses them for dtq plot,
 * and "files". DTQ_INPUT: words or lists that make no sense; DTQ_IO: a run failed, with its reason;
 * DTQ_CANCELLED: a signal came. Nothing is left running. */
enum dtq_err measure_training(const struct app *app, const char *const *words, int count,
                              bool table, cJSON **value, struct dtq_why *why);

#endif
