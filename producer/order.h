/* order.h: a job as a person asks for it, from the words of a command line to what is submitted. It
 * knows no Redis, and prints nothing but help. */
#ifndef DTQ_ORDER_H
#define DTQ_ORDER_H

#include "jobs/job.h"

struct order {
    const struct job_type *type; /* borrowed */
    cJSON *params;               /* owned */
    char *job_id;                /* owned; NULL: the next of the producer */
    double *weights;             /* owned; weight_count doubles to start from, or NULL */
    size_t weight_count;
    bool go_on;         /* exactly where a former job stood: its state is copied within Redis */
    bool follows;       /* begins with the weights of a former job, or with others in their place */
    char *former;       /* owned; id of that job, filled in by who knows it */
    char *former_nonce; /* owned; of its submission, likewise */
};

void order_clear(struct order *o);

/* Reads count texts as job_params does, and besides them jobId. DTQ_INPUT, DTQ_IO with a sentence.
 * The caller clears *out. */
enum dtq_err order_read(const struct job_type *type, const char *const *texts, size_t count,
                        struct order *out, struct dtq_why *why);

/* The same over values to start from (an object, borrowed). */
enum dtq_err order_based(const struct job_type *type, const cJSON *base, const char *const *texts,
                         size_t count, struct order *out, struct dtq_why *why);

/* The order that goes on from another job: its parameters (JSON), changed by the texts, and its
 * weights, unless the texts give others or ask for init=zeros. DTQ_NONE: it has none to give;
 * DTQ_INPUT also when the changed parameters do not fit the weights. */
enum dtq_err order_resume(const struct job_type *type, const char *params, const double *weights,
                          size_t weight_count, const char *const *texts, size_t count,
                          struct order *out, struct dtq_why *why);

/* All fields of the type and those of the submission; based as fields_help has it. */
void order_help(const struct job_type *type, bool based, FILE *to);

/* The same as a list of fields_json. */
cJSON *order_fields(const struct job_type *type);

#endif
