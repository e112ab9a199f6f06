/* state.h: a training on its master: what it knows, and what of it survives the master. */
#ifndef DTQ_TRAIN_STATE_H
#define DTQ_TRAIN_STATE_H

#include "jobs/job.h"
#include "jobs/train/codec.h"
#include "jobs/train/lbfgs.h"
#include "jobs/train/metrics.h"

/* What the tasks that are out are for. */
enum train_phase {
    PHASE_PROBE, /* one probe */
    PHASE_STATS, /* chunks of the rows: statistics of the columns */
    PHASE_RUN,   /* one run of steps */
    PHASE_STEP,  /* the chunks of one step; sync */
    PHASE_WHOLE, /* the chunks of all rows; lbfgs */
    PHASE_BATCH, /* batches of one epoch; async */
    PHASE_SHARD, /* the shards; average */
    PHASE_EVAL,  /* the chunks of an evaluation */
    PHASE_FINAL, /* those of the training set, with the weights that the job ends with */
};

/* What losses and weights are held against, to tell whether anything was learned. */
struct train_baseline {
    double trivial; /* the loss of always telling the mean of the targets, or the classes' shares */
    double zeros;   /* the loss of weights that are 0 is no larger */
    double start;   /* the largest weight at the start, without its sign */
};

/* A batch that is out. */
struct train_out {
    uint64_t no;
    uint64_t version; /* of the weights when it went out: its own are that old at most */
};

struct job_state {
    struct train_params params;
    struct train_plan plan; /* since the probe */
    struct glm model;       /* likewise; borrows classes and scaling */
    struct optimizer optimizer;
    struct train_file data, test;
    uint64_t class_count; /* softmax */
    struct train_spreads spreads;
    struct train_baseline baseline;
    bool going_on;  /* began with what a former job left */
    bool inherits;  /* began with what a former job learnt of its data, and its weights */
    bool unnamed;   /* that one knew the names of its columns, and the training set has none */
    uint64_t first; /* epochs that the former job did */

    enum train_phase phase;
    struct train_pos at;       /* done up to here; in PHASE_BATCH emitted up to here */
    struct train_pos until;    /* PHASE_RUN: where the run that is out ends */
    uint64_t next;             /* number of the next task */
    uint64_t base;             /* number of the first task of the round */
    uint64_t tasks;            /* of the round: base .. base + tasks - 1; 0: no round is out */
    uint64_t group;            /* where results are held: chunks or shards in a task */
    uint64_t folded;           /* results held; PHASE_BATCH: batches of the epoch */
    uint64_t near;             /* slots that share a run, as the last results tell; 0: unknown */
    struct train_result *held; /* (tasks) owned; results that wait for their turn */
    bool *here;                /* (tasks) owned */
    struct train_out out[TRAIN_WINDOW]; /* PHASE_BATCH: what is out */
    uint64_t out_count;

    double *w; /* (plan.weights) owned */
    uint64_t weight_count;
    double *opt; /* (plan.state) owned; NULL: the optimiser has none */
    uint64_t opt_count;
    double *trial; /* (plan.weights) owned; lbfgs */
    uint64_t trial_count;
    double *scaling; /* (2, features) owned; NULL: not normalised, or not yet */
    uint64_t scaling_count;
    double *fill; /* (features) owned; what empty cells count as; NULL: not asked for, or not yet */
    uint64_t fill_count;
    double *columns; /* (columns_count) owned; names of the columns; NULL: there are none */
    uint64_t columns_count;
    double *classes; /* (2, plan.classes) owned; NULL: not needed */
    uint64_t classes_count;
    double *confusion; /* (plan.confusion) owned; of the weights to end with; NULL: none yet */
    uint64_t confusion_count;

    struct lbfgs lbfgs;
    bool conditioned; /* lbfgs: s->opt has means and factors of the columns */
    uint64_t version;
    uint64_t updates; /* steps done; async */
    uint64_t epochs_done;
    struct train_sums sums; /* of the epoch so far */

    int64_t started_ns; /* on this master's clock, as if it had owned the job all along */
    double marked_ms;   /* elapsed at the end of the last epoch */
    double compute_ms;  /* of the workers, in this epoch */
    cJSON *workers;     /* owned; ids that took part in the epoch */
    struct train_metrics last, best, end;
    uint64_t best_epoch; /* counted from 1; 0: none yet */
    double *best_w;      /* (plan.weights) owned; NULL without patience */
    uint64_t waited;     /* epochs since the best one */
    bool stopped;        /* by patience */
    bool ended;          /* lbfgs: it has come as far as it can */
    bool settled;        /* all steps are done, and w is what the job ends with */
    bool evaluated;      /* with end as its metrics */
    uint64_t stale_sum, stale_max, stale_count;
};

/* job_type.open, checkpoint, close */
enum dtq_err train_open(const cJSON *params, const void *checkpoint, size_t len,
                        const struct job_vectors *vectors, struct job_state **out,
                        struct dtq_why *why);
void train_checkpoint(const struct job_state *s, struct buf *out);
void train_close(struct job_state *s);

/* All epochs that there will be are done. */
bool state_trained(const struct job_state *s);

/* No more tasks will be needed. */
bool state_done(const struct job_state *s);

/* The metrics of the weights that the job ends with, or would end with now. */
const struct train_metrics *state_metrics(const struct job_state *s);

/* All epochs are done: w becomes what the job ends with. */
void state_settle(struct job_state *s, const struct job_sink *sink);

/* What the probe told becomes the plan; what it found in the data is taken over. DTQ_INPUT when
 * files and parameters do not fit. */
enum dtq_err state_learn(struct job_state *s, struct train_probe *probe, struct dtq_why *why);

/* lbfgs: what s->opt ends with, means and factors of the columns. */
struct precondition state_precondition(const struct job_state *s);

/* The same: the largest element of a gradient that counts as 0, and `gradient` of the reports, the
 * largest there is now. Both for columns of one scale, and tol for a target of one scale, too. */
double state_tol(const struct job_state *s);
double state_gradient(const struct job_state *s);

/* The same: whether it ended with a gradient that counts as 0. */
bool state_converged(const struct job_state *s);

/* What can be told of the labels before the first step: DTQ_INPUT where nothing can be learned from
 * them, or where what patience is to watch is not a number. Fills s->baseline but for start. */
enum dtq_err baseline_learn(struct job_state *s, const struct train_probe *probe,
                            struct dtq_why *why);

/* At the end: DTQ_INPUT when the training diverged. */
enum dtq_err baseline_check(const struct job_state *s, struct dtq_why *why);

/* The largest weight now, without its sign; infinity when one is not a number. */
double state_largest(const struct job_state *s);

/* Room to hold the results of s->tasks tasks; held_clear lets them go. */
enum dtq_err held_alloc(struct job_state *s, struct dtq_why *why);
void held_clear(struct job_state *s);

/* Whether results of this phase are held until all are there. */
bool phase_holds(enum train_phase phase);

/* Chunks or shards that the round that is out consists of; 0 where results are not held. */
uint64_t round_items(const struct job_state *s);

/* The first chunk of the evaluation that is out, and the numbers of its confusion matrix. */
uint64_t round_first(const struct job_state *s);
uint64_t round_matrix(const struct job_state *s);

double state_elapsed_ms(const struct job_state *s);

/* A worker took part in the present epoch, for so long; and those of a list, divided by blanks,
 * whose bits are set. */
enum dtq_err state_worker(struct job_state *s, const char *worker, int64_t run_us,
                          struct dtq_why *why);
enum dtq_err state_helpers(struct job_state *s, const char *names, uint64_t which,
                           struct dtq_why *why);

/* Weights and what belongs to them go to the sink; all vectors that there are. */
void state_put(const struct job_state *s, const struct job_sink *sink);
void state_put_all(const struct job_state *s, const struct job_sink *sink);

/* All others, which came from a former job, go. */
void state_drop_former(const struct job_state *s, const struct job_sink *sink);

/* job_type.split, reduce, report */
enum dtq_err train_split(struct job_state *s, const struct job_view *view,
                         const struct job_sink *sink, struct dtq_why *why);
enum dtq_err train_reduce(struct job_state *s, const struct job_result *result,
                          const struct job_sink *sink, enum job_step *step, struct dtq_why *why);
void train_report(const struct job_state *s, cJSON *out);

/* Adds "warnings", sentences for the user, when there are any; done: all epochs are. */
void report_warnings(const struct job_state *s, bool done, cJSON *out);

/* All results of a round are held: what they come to enters the state, in the order of the rows. */
enum dtq_err round_combine(struct job_state *s, const struct job_sink *sink, struct dtq_why *why);

/* A round has ended: the next one, or the job with its best weights. DTQ_INPUT when those are not
 * worth keeping. */
enum dtq_err round_end(struct job_state *s, const struct job_sink *sink, enum job_step *step,
                       struct dtq_why *why);

/* The rows of an epoch are trained on: the epoch ends here, unless it is to be evaluated first. */
enum dtq_err epoch_trained(struct job_state *s, const struct job_sink *sink, struct dtq_why *why);

/* What an evaluation saw beside its sums; borrowed. */
struct train_seen {
    const double *confusion; /* (plan.matrix) NULL: none */
    const double *roc;       /* (ROC_NUMBERS) NULL: none, or nobody will ask for it */
};

/* Keeps what an evaluation of the weights saw that the job would end with now. */
enum dtq_err state_see(struct job_state *s, const struct train_seen *seen,
                       const struct job_sink *sink, struct dtq_why *why);

/* The training set is evaluated with the weights that the job ends with; seen is of that set. */
enum dtq_err state_evaluated(struct job_state *s, const struct train_sums *sums,
                             const struct train_seen *seen, const struct job_sink *sink,
                             struct dtq_why *why);

/* An epoch has ended after so many milliseconds, and s->w is what it left: its metrics go to the
 * sink, patience is asked, the sums start anew; confusion matrix and ROC curve are kept if they are
 * of the weights that the job would end with now. Leaves s->at alone. DTQ_INPUT when the loss is no
 * finite number any more. */
enum dtq_err epoch_end(struct job_state *s, const struct train_record *record,
                       const struct train_seen *seen, double ms, const struct job_sink *sink,
                       struct dtq_why *why);

/* Plan and room for vectors, from s->data and s->test; for open and state_learn. */
enum dtq_err state_plan(struct job_state *s, struct dtq_why *why);

#endif
