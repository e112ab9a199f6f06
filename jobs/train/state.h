/* state.h: a training on its master: what it knows, and what of it survives the master. */
#ifndef DTQ_TRAIN_STATE_H
#define DTQ_TRAIN_STATE_H

#include "jobs/job.h"
#include "jobs/train/codec.h"

/* What the tasks that are out are for. */
enum train_phase {
    PHASE_PROBE, /* one probe */
    PHASE_RUN,   /* one run of steps */
    PHASE_STEP,  /* the chunks of one step; sync */
    PHASE_BATCH, /* batches of one epoch; async */
    PHASE_EVAL,  /* the chunks of the test set */
};

struct train_metrics {
    double loss;
    double accuracy;  /* of the test set if there is one; logreg only */
    double test_loss; /* only with a test set */
};

struct job_state {
    struct train_params params;
    struct train_plan plan; /* since the probe */
    struct train_file data, test;

    enum train_phase phase;
    struct train_pos at;    /* done up to here; in PHASE_BATCH emitted up to here */
    struct train_pos until; /* PHASE_RUN: where the run that is out ends */
    uint64_t next;          /* number of the next task */
    uint64_t base;          /* number of the first task of the round */
    uint64_t tasks;         /* of the round: base .. base + tasks - 1; 0: no round is out */
    uint64_t group;         /* PHASE_STEP, PHASE_EVAL: chunks in a task */
    uint64_t folded; /* PHASE_STEP, PHASE_EVAL: results held; PHASE_BATCH: batches of the epoch */
    struct train_result *held; /* (tasks) owned; results that wait for their turn */
    bool *here;                /* (tasks) owned */

    double *w; /* (features) owned */
    uint64_t weight_count;
    uint64_t version;
    uint64_t epochs_done;
    double loss; /* sums of the epoch so far */
    uint64_t correct;

    int64_t started_ns; /* on this master's clock, as if it had owned the job all along */
    double marked_ms;   /* elapsed at the end of the last epoch */
    cJSON *workers;     /* owned; ids that took part in the epoch */
    struct train_metrics last;
    uint64_t best_epoch; /* counted from 1; 0: none yet */
    struct train_metrics best;
    double *best_w;  /* (features) owned; NULL without patience */
    uint64_t waited; /* epochs since the best one */
    bool stopped;    /* by patience */
    uint64_t stale_sum, stale_max, stale_count;
};

/* job_type.open, checkpoint, close */
enum dtq_err train_open(const cJSON *params, const void *checkpoint, size_t len,
                        const struct job_vectors *vectors, struct job_state **out,
                        struct dtq_why *why);
void train_checkpoint(const struct job_state *s, struct buf *out);
void train_close(struct job_state *s);

/* What the probe told becomes the plan. DTQ_INPUT when files and parameters do not fit. */
enum dtq_err state_learn(struct job_state *s, const struct train_facts *data,
                         const struct train_facts *test, struct dtq_why *why);

/* Room to hold the results of s->tasks tasks; held_clear lets them go. */
enum dtq_err held_alloc(struct job_state *s, struct dtq_why *why);
void held_clear(struct job_state *s);

double state_elapsed_ms(const struct job_state *s);

/* A worker took part in the present epoch. */
enum dtq_err state_worker(struct job_state *s, const char *worker, struct dtq_why *why);

/* job_type.split, reduce, report */
enum dtq_err train_split(struct job_state *s, const struct job_view *view,
                         const struct job_sink *sink, struct dtq_why *why);
enum dtq_err train_reduce(struct job_state *s, const struct job_result *result,
                          const struct job_sink *sink, enum job_step *step, struct dtq_why *why);
void train_report(const struct job_state *s, cJSON *out);

/* An epoch has ended after so many milliseconds, and s->w is what it left: its metrics go to the
 * sink, patience is asked, the sums start anew. Leaves s->at alone. DTQ_INPUT when the loss is no
 * finite number any more. */
enum dtq_err epoch_end(struct job_state *s, const struct train_record *record, double ms,
                       const struct job_sink *sink, struct dtq_why *why);

/* Plan and room for vectors, from s->data and s->test; for open and state_learn. */
enum dtq_err state_plan(struct job_state *s, struct dtq_why *why);

#endif
