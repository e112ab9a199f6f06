/* describe.h: a training in a few words, for titles and logs ("logreg on digits.csv,
 * binary_is_zero, 30 epochs, lr 1, batch 128"), and which trainings may be compared. From its
 * parameters and report; it knows no Redis and no pictures. */
#ifndef DTQ_DESCRIBE_H
#define DTQ_DESCRIBE_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    DESCRIBE_PARTS = 24,
    DESCRIBE_PART_MAX = 64,
    DESCRIBE_MAX = 200, /* several parts in one text */
    DESCRIBE_DIGEST_MAX = 24,
};

/* Parts in the order in which they are said, "" for what is as usual. The first of them say what is
 * fitted to what, the others how. */
struct describe {
    char parts[DESCRIBE_PARTS][DESCRIBE_PART_MAX];
};
enum {
    DESCRIBE_HEAD = 2, /* parts that make a title */
    DESCRIBE_MODE = 6, /* the part that says the mode */
};

/* NULL params: nothing is known, all parts are empty. */
void describe_training(const cJSON *params, struct describe *out);

/* The parts from..to (excluded) that are not empty, with commas between them. */
void describe_join(const struct describe *d, size_t from, size_t to, char text[DESCRIBE_MAX]);

/* Leaves in common the parts that all have alike, and in each of d those that differ. */
void describe_split(struct describe *d, size_t count, struct describe *common);

/* Tells trainings apart whose times may not be compared: a digest of all parameters but the mode,
 * and of how much data there was and how many epochs it came to. What was submitted around it (id,
 * attempts, ...) makes no difference. */
void describe_digest(const cJSON *params, const cJSON *report, char text[DESCRIBE_DIGEST_MAX]);

#endif
