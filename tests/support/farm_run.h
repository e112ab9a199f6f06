/* farm_run.h: a job on its way through the farm; for the files of the farm alone. */
#ifndef DTQ_FARM_RUN_H
#define DTQ_FARM_RUN_H

#include "tests/support/farm.h"

enum stage { EMITTED, READY, COMPUTED, FOLDED, DROPPED };

struct task {
    enum stage
        stage;  /* EMITTED: not committed yet; FOLDED: not committed yet; DROPPED: committed */
    void *spec; /* owned */
    size_t spec_len;
    struct buf result;
};

struct vector {
    double *w; /* owned */
    size_t count;
    uint64_t version;
};

/* One of each name. */
enum {
#define X(name) VECTOR_##name,
    JOB_VECTORS(X) JOB_FINDINGS(X)
#undef X
        VECTORS
};

struct farm_run {
    struct farm *farm;
    const struct job_type *type;
    const cJSON *params;
    struct dtq_why *why;
    uint64_t dice;
    struct job_state *state;
    struct task *tasks;
    uint64_t task_count, cap;
    struct buf checkpoint;                    /* as committed */
    struct vector now[VECTORS], put[VECTORS]; /* put: since the last commit */
    cJSON *new_epochs;
    struct buf new_history;
    uint64_t version, new_version; /* of the vectors */
    bool held;                     /* nothing may be committed */
    unsigned progress;             /* calls */

    struct dataset **files; /* owned, and each: those opened so far */
    size_t file_count;

    const struct task *shared; /* that others may help with; NULL: none */
    struct job_share share;
    char *outputs;         /* owned; of the parts of a round */
    unsigned looks, asked; /* of the present task, at its clock, and for who helped */
};

/* A number below sides; and whether one below 100 is below percent. */
uint64_t farm_roll(struct farm_run *r, uint64_t sides);
bool farm_chance(struct farm_run *r, unsigned percent);

/* The place of a vector among those of a run. Fails the test when there is none of this name. */
size_t farm_vector(const char *name);

/* What a task may ask. */
struct job_env farm_env(struct farm_run *r);

/* Closes the files that were opened. */
void farm_close_files(struct farm_run *r);

#endif
