/* job.h: the one interface between the queue and what runs on it. A job type is one file in jobs/
 * and one row in registry.c; docs/ADDING-A-JOB-TYPE.md makes one step by step. It knows parameters,
 * tasks and results; nothing of Redis, processes or threads. */
#ifndef DTQ_JOB_H
#define DTQ_JOB_H

#include "common/buf.h"
#include "common/dataset/dataset.h"
#include "common/err.h"
#include "common/fields.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a fold says of the state after one more result. */
enum job_step {
    JOB_FOLDED, /* the state holds it: may be committed at any time */
    JOB_HOLD,   /* kept for later in memory only: nothing may be committed until ROUND or DONE */
    JOB_ROUND,  /* a round is complete: commit, then split again */
    JOB_DONE,   /* the job is complete */
};

/* The queue as a split sees it. */
struct job_view {
    unsigned slots;       /* worker slots alive now; at least 1 */
    uint64_t outstanding; /* tasks emitted whose results are not folded */
    uint64_t most;        /* tasks that this split may emit; 0: no bound */
};

/* Where open, split and fold put what must leave; everything put between two commits leaves in one
 * atomic commit together with the checkpoint. The implementation copies what it is given. */
struct job_sink {
    void *ctx;
    /* One more task. no counts up from 0 within the job and is never used twice. */
    void (*task)(void *ctx, uint64_t no, const void *spec, size_t len);
    /* A new vector (count doubles) under a name of JOB_VECTORS, or of JOB_FINDINGS. "weights" are
     * those whose version is told to workers that ask for "the newest"; the others are for open
     * after a takeover, and for workers that ask for them by name. All that is put between two
     * commits has the version of the weights put last. The last put under a name between two
     * commits is the one that counts; count 0 takes the vector away. */
    void (*weights)(void *ctx, const char *name, const double *w, size_t count, uint64_t version);
    /* The metrics of one epoch: a flat object of numbers and strings, with "epoch", counted from 1;
     * and the weights it left (count doubles), which are kept as long as there is room. Both are
     * borrowed. */
    void (*epoch)(void *ctx, const cJSON *metrics, const double *w, size_t count);
    /* Numbers for whoever submitted the job, under a number that counts up from 0; kept until they
     * are fetched, in the room of the epochs' weights. Borrowed. */
    void (*page)(void *ctx, uint64_t no, const double *numbers, size_t count);
};

/* The vectors that a job can have. */
#define JOB_VECTORS(X)                                                              \
    X(weights) /* last committed, or those submitted with the job */                \
    X(best)    /* of the best epoch so far */                                       \
    X(state)   /* of the optimiser, beside the weights */                           \
    X(trial)   /* weights that are being tried, and may not become the weights */   \
    X(last)    /* of the last epoch, where the weights are those of a better one */ \
    X(scaling) /* offsets, then factors of the features: put once */                \
    X(fill)    /* what an empty cell of each feature counts as: put once */         \
    X(classes) /* labels, then what a row of each weighs: put once */               \
    X(columns) /* their names; see jobs/names.h: put once */

/* Vectors for whoever submitted the job: open does not get them back. */
#define JOB_FINDINGS(X) X(roc) /* points of the ROC curve; see jobs/train/roc.h */

struct job_vector {
    const double *v; /* NULL: there is none */
    size_t count;
};

/* The vectors of a job that outlive its master, as open gets them back. */
struct job_vectors {
#define X(name) struct job_vector name;
    JOB_VECTORS(X)
#undef X
    /* Of a new job that goes on from another: the last checkpoint of that one, whose vectors these
     * are, but for weights that came with the job. NULL: it does not, or has a checkpoint of its
     * own by now. */
    const char *former;
    size_t former_len;
};

/* A task that is computed in rounds of parts, which idle slots of the same machine may compute too.
 * Sizes in bytes; all are multiples of 8. */
struct job_share {
    size_t input;        /* of a round, at most */
    size_t output;       /* of a part */
    unsigned parts_most; /* of a round */
};

/* One round: what its parts are computed from, and how that is done here. */
struct job_round {
    const void *input;
    size_t input_len;
    unsigned parts;
    enum dtq_err (*part)(void *ctx, unsigned part, void *output);
    void *ctx;
};

/* A part of somebody else's task. */
struct job_part {
    uint64_t round; /* another number: another input */
    unsigned part;
    const void *input; /* a copy; valid until the next part */
    size_t input_len;
    void *output;
    size_t output_len;
};

/* What run may ask of the worker it runs in. */
struct job_env {
    void *ctx;
    /* "I am getting on": to be called at least every half second of work, and cheap. */
    void (*progress)(void *ctx);
    /* True when the job was cancelled or the lease is lost: leave soon with DTQ_CANCELLED. */
    bool (*cancelled)(void *ctx);
    /* The job's weights of this version; UINT64_MAX: the newest there are. *w stays valid until
     * run returns. DTQ_CANCELLED when that version is no more (the task is out of date). */
    enum dtq_err (*weights)(void *ctx, uint64_t version, const double **w, size_t *count,
                            uint64_t *got, struct dtq_why *why);
    /* A vector by its name: the one that was put together with weights of this version, as above;
     * UINT64_MAX: one that is put once in the life of a job. *v stays valid until run returns. */
    enum dtq_err (*vector)(void *ctx, const char *name, uint64_t version, const double **v,
                           size_t *count, struct dtq_why *why);
    /* The table, opened once per process and kept; *out stays valid until run returns. */
    enum dtq_err (*dataset)(void *ctx, const struct dataset_options *options,
                            const struct dataset **out, struct dtq_why *why);

    /* A clock that goes on evenly, in microseconds; NULL: none. Of use for what is told of a
     * result, never for what it is. */
    int64_t (*clock_us)(void *ctx);

    /* --- help by idle slots of this machine; each may be NULL: there is none --- */

    /* Worker slots of this machine that work for the queue, with our own. */
    unsigned (*team)(void *ctx);
    /* Others may help with this task from here on, knowing the vectors that were asked for so far
     * and are put once in the life of a job. False: nobody can, and there are no rounds. */
    bool (*share)(void *ctx, const struct job_share *shape);
    /* Computes all parts of a round, here and wherever somebody helps; outputs (parts) are valid
     * until the next round. An error is one of round->part. */
    enum dtq_err (*round)(void *ctx, const struct job_round *round, const void **outputs);
    /* Who has helped since the last call: names divided by blanks, NULL for nobody; and for how
     * long, all together. */
    const char *(*helpers)(void *ctx, uint64_t *us);
    /* For assist alone: hands in the part before, and waits for the next. DTQ_NONE: there is no
     * more to do. */
    enum dtq_err (*part)(void *ctx, struct job_part *out);
};

/* A result on its way into the state. */
struct job_result {
    uint64_t no;
    const void *data; /* borrowed */
    size_t len;
    const char *worker; /* id of the worker that computed it */
    int64_t run_us;     /* how long it took there */
};

struct job_state; /* each type's own; lives in the master while it owns the job */

struct job_type {
    const char *name;    /* on the wire; never an index */
    const char *synonym; /* of name, in type= as a person types it; NULL: none */
    const char *help;    /* one line for a person */

    /* The parameters, as a table that parsing, help and completion share. */
    const struct field *fields;
    size_t field_count;
    const char *const *positional; /* names of fields that may be given without key, in this order;
                                      ends with NULL; may be NULL itself */

    unsigned claim_max; /* tasks a slot may take at a time; 0: as many as make some 50 ms */
    unsigned window;    /* tasks outstanding at most */
    bool early;         /* open and the first split need the parameters alone, neither vectors nor
                           slots: the first round may be made where the job is submitted */

    /* At the producer, once the fields are parsed: refuses fields that do nothing beside others
     * (DTQ_INPUT) where they were typed for this job, and takes them out of params where they come
     * from a default or a former job. NULL: nothing. */
    enum dtq_err (*prune)(cJSON *params, bool (*typed)(const void *ctx, const char *name),
                          const void *ctx, struct dtq_why *why);

    /* Beyond what the field table says (ranges, combinations). Called at the producer and again
     * at the master. DTQ_INPUT with the sentence. */
    enum dtq_err (*check)(const cJSON *params, struct dtq_why *why);

    /* At the producer, after job_params: takes out of params what travels beside them as the job's
     * first weights. *weights is malloc'ed for the caller, NULL when there are none. NULL instead
     * of a function: this type has no weights. */
    enum dtq_err (*take_weights)(cJSON *params, double **weights, size_t *count,
                                 struct dtq_why *why);

    /* At the producer: whether a job of these parameters can begin with the weights, and with what
     * else was learnt, of one of those. DTQ_INPUT with the sentence. NULL where take_weights is. */
    enum dtq_err (*follows)(const cJSON *former, const cJSON *params, struct dtq_why *why);

    /* The state from the parameters; checkpoint (len bytes, NULL for a new job) is what
     * `checkpoint` wrote; vectors are borrowed for the call. params is borrowed for the life of the
     * state. */
    enum dtq_err (*open)(const cJSON *params, const void *checkpoint, size_t len,
                         const struct job_vectors *vectors, struct job_state **out,
                         struct dtq_why *why);

    /* Emits tasks until the round is emitted or `window` are outstanding; a type with a window of
     * more than 256 keeps to view->most and is called again. Called after open, after JOB_ROUND,
     * and after folds that made room. */
    enum dtq_err (*split)(struct job_state *s, const struct job_view *view,
                          const struct job_sink *sink, struct dtq_why *why);

    /* On a worker: computes one task into result. Repeatable: the same spec and weights give the
     * same bytes. Threads run tasks of one job at the same time. */
    enum dtq_err (*run)(const cJSON *params, const void *spec, size_t len, struct buf *result,
                        const struct job_env *env, struct dtq_why *why);

    /* On a worker that helps another one with this task: computes parts (env->part) until there are
     * none. Of the vectors there are those that share tells of, and no weights. Each part comes to
     * the same bytes as in run. NULL: this type shares nothing. */
    enum dtq_err (*assist)(const cJSON *params, const void *spec, size_t len,
                           const struct job_env *env, struct dtq_why *why);

    /* Takes one result into the state. Results come in any order, each no exactly once per state
     * (after a takeover those not committed come again). An error fails the job. */
    enum dtq_err (*reduce)(struct job_state *s, const struct job_result *result,
                           const struct job_sink *sink, enum job_step *step, struct dtq_why *why);

    /* The state as bytes (text that a person can read), taken only when nothing is held. */
    void (*checkpoint)(const struct job_state *s, struct buf *out);

    /* Adds what the type has to tell of the job so far to out (sums: "result" as a string). */
    void (*report)(const struct job_state *s, cJSON *out);
    const char *const *internal; /* names of what it tells for our own use, which nobody is shown;
                                    ends with NULL; may be NULL itself */

    void (*close)(struct job_state *s); /* NULL is fine */
};

/* The parameters from what a person typed: each text is one or several pieces divided by '|'; a
 * piece is `key=value`, or a value alone for the next positional field. `type=` with the name of
 * this type, or its synonym, is let through. base as in fields_parse. The result has passed
 * fields_parse and check; the caller frees *out with cJSON_Delete. */
enum dtq_err job_params(const struct job_type *type, const char *const *texts, size_t count,
                        const cJSON *base, cJSON **out, struct dtq_why *why);

/* What a master does with parameters from outside before anything else: fields_check, then check.
 */
enum dtq_err job_check(const struct job_type *type, const cJSON *params, struct dtq_why *why);

/* The registry. */
const struct job_type *job_find(const char *name); /* NULL: no such type */
const struct job_type *const *job_types(size_t *count);

#endif
