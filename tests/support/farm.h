/* farm.h: a master, a queue and workers for one job, in one process and without Redis, as unkind as
 * the promises of jobs/job.h allow: results come in any order, the number of slots changes, tasks
 * are computed twice, masters die between any two commits. */
#ifndef DTQ_FARM_H
#define DTQ_FARM_H

#include "jobs/job.h"

struct farm_table {
    const char *ref;
    const struct dataset *table; /* borrowed */
};

enum farm_bend { FARM_STRAIGHT, FARM_BEND_SPEC, FARM_BEND_RESULT, FARM_BEND_CHECKPOINT };

struct farm {
    /* What the test chooses. */
    uint64_t seed;
    unsigned slots_most;             /* slots alive: 1 to so many, another number each time; 0: 1 */
    unsigned takeovers_percent;      /* of the moves between two folds */
    unsigned help_percent;           /* of the parts that a task may share, computed by others; when
                                        0 nothing is shared */
    bool clocked;                    /* the tasks' clock goes on by 2, 4, 6 ... ms from one look to
                                        the next, and others help between every second pair */
    unsigned twice_percent;          /* of the tasks, computed again: the bytes must be the same */
    enum farm_bend bend;             /* which bytes get one wrong byte now and then */
    const struct farm_table *tables; /* ends with ref NULL; other refs, without file:,
                                        are files of table_file.h */
    const double *first_weights;     /* submitted with the job */
    size_t first_count;
    const struct farm *former; /* the job goes on from what that one left */

    /* What came out; farm_clear frees it. */
    cJSON *report;
    cJSON *epochs;      /* array, as committed */
    struct buf history; /* weights of each of these epochs, one after the other */
    double *weights;
    size_t weight_count;
    struct job_vectors vectors; /* as committed last */
    struct job_vector roc;      /* likewise */
    struct buf checkpoint;      /* likewise */
    struct buf before;          /* the checkpoint of the commit before */
    unsigned tasks, takeovers, rounds;
    unsigned helped;  /* parts that others computed */
    unsigned spread;  /* most tasks out at a time */
    unsigned refused; /* bent checkpoints that open refused */
};

/* Runs the job to its end; anything against the rules of job.h fails the test. An error of the job
 * itself is returned, with its sentence. */
enum dtq_err farm_run(struct farm *farm, const struct job_type *type, const cJSON *params,
                      struct dtq_why *why);

/* One task alone; its result is thrown away. */
enum dtq_err farm_compute(const struct farm_table *tables, const struct job_type *type,
                          const cJSON *params, const struct buf *spec, struct dtq_why *why);

void farm_clear(struct farm *farm);

#endif
