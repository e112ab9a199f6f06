/* ask.h: parameters as a person types them, taken or refused. */
#ifndef DTQ_ASK_H
#define DTQ_ASK_H

#include "jobs/job.h"

/* The parameters; the test fails with the sentence when they are refused. */
cJSON *ask_params(const char *type, const char *text);

/* The parameters must be refused with a sentence that contains both parts. */
void ask_refused(const char *type, const char *text, const char *part, const char *other);

/* Both parts are in the sentence. */
void ask_sentence(const struct dtq_why *why, const char *part, const char *other);

/* What a worker offers to a task that needs neither weights nor files. */
struct ask_worker {
    unsigned progress; /* calls */
    bool cancelled;
};
struct job_env ask_env(struct ask_worker *worker);

/* A sink that counts the tasks. */
struct job_sink ask_counter(uint64_t *count);

#endif
