/* rows.h: the rows of a prediction, from what Redis holds to a file or standard output. */
#ifndef DTQ_ROWS_H
#define DTQ_ROWS_H

#include "common/plot/outfile.h"
#include "jobs/model.h"
#include "producer/app.h"

/* Where rows go, and what they come to over the jobs of one prediction. */
struct rows {
    const struct app *app;
    struct outfile file;
    FILE *to;           /* NULL: into list */
    cJSON *list;        /* owned; of objects, for --json without --out */
    struct model model; /* owned; its shape and classes */
    uint64_t count;
    uint64_t labelled; /* of them, those whose labels were known */
    double correct, squares;
};

/* --out, else standard output, or with --json a list. DTQ_INPUT, DTQ_IO: as outfile_open. */
enum dtq_err rows_open(struct rows *r, const struct app *app, struct dtq_why *why);

/* Adds those of a completed job, and lets Redis drop them when they are to be `dropped`. Several
 * jobs follow each other in the order of their rows. DTQ_JOB_GONE: they were fetched before. */
enum dtq_err rows_add(struct rows *r, struct queue *q, const struct queue_job *job, bool drop,
                      struct dtq_why *why);

/* All rows are there: the file takes its name. */
enum dtq_err rows_commit(struct rows *r, struct dtq_why *why);

/* What there is to tell of them: into a job's JSON value, or as a sentence for people. */
void rows_tell(struct rows *r, cJSON *value);
void rows_summary(const struct rows *r, struct buf *out);

/* A file not committed is removed. */
void rows_clear(struct rows *r);

#endif
