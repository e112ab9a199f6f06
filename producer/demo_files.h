/* demo_files.h: the data that the demo reads, and the files that it leaves. */
#ifndef DTQ_DEMO_FILES_H
#define DTQ_DEMO_FILES_H

#include "producer/app.h"
#include "producer/outdir.h"

/* The folder of data that holds a file of this name: data here, or beside our program. */
enum dtq_err demo_data(const char *name, char *path, size_t size, struct dtq_why *why);

/* The folder that --dir or DTQ_OUT names; else dtq-demo in the working folder, or a temporary one
 * where that cannot be written. It is made. */
enum dtq_err demo_folder(const char *given, struct outdir *out, struct dtq_why *why);

/* Writes the files of a training and its charts; their paths are added to *files. */
enum dtq_err demo_write(const struct app *app, struct queue *q, const char *job_id, cJSON *files,
                        struct dtq_why *why);

/* Whether the file of weights of a job holds exactly these numbers. */
bool demo_file_holds(const struct outdir *out, const char *job_id, const double *w, size_t count);

#endif
