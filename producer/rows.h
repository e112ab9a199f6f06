/* rows.h: the rows of a prediction, from what Redis holds to a file or standard output. */
#ifndef DTQ_ROWS_H
#define DTQ_ROWS_H

#include "common/plot/outfile.h"
#include "jobs/evaluated.h"
#include "producer/app.h"

/* Where rows go, and what they come to over the jobs of one prediction. */
struct rows {
    const struct app *app;
    struct outfile file;
    FILE *to;           /* NULL: into list */
    cJSON *list;        /* owned; of objects, for --json without --out */
    struct model model; /* owned */
    uint64_t count;
    struct evaluated sums; /* of those whose labels were known */
    double *confusion;     /* owned; (evaluated_matrix) of them; NULL: none */
    double *above, *below; /* owned; logreg: their scores, by what they are */
    size_t above_count, below_count, ranks_room;
    cJSON *warnings; /* owned; of the jobs, each once; NULL: none */
    cJSON *figures;  /* owned; what it all comes to, once it is committed; NULL: no labels */
};

/* --out, else standard output, or with --json a list. DTQ_INPUT, DTQ_IO: as outfile_open. */
enum dtq_err rows_open(struct rows *r, const struct app *app, struct dtq_why *why);

/* Adds those of a completed job, and lets Redis drop them when they are to be `dropped`. Several
 * jobs follow each other in the order of their rows. DTQ_JOB_GONE: they were fetched before. */
enum dtq_err rows_add(struct rows *r, struct queue *q, const struct queue_job *job, bool drop,
                      struct dtq_why *why);

/* All rows are there: the file takes its name, and the figures are those of all of them. */
enum dtq_err rows_commit(struct rows *r, struct dtq_why *why);

/* What there is to tell of them: into a job's JSON value, or as a sentence for people. */
void rows_tell(struct rows *r, cJSON *value);
void rows_summary(const struct rows *r, struct buf *out);

/* A file not committed is removed. */
void rows_clear(struct rows *r);

#endif
