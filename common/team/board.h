/* board.h: one task in parts that several processes of a team compute, in memory they share. It
 * knows bytes; nothing of what they mean.
 *
 * The leader owns the board and the task. In each round it publishes an input, and takes parts of
 * the round one after the other, as helpers do; all outputs are its own at the end. It depends on
 * nobody: a part whose helper is late it computes itself, and a helper that is late too often has
 * to go. Each helper writes into a seat of its own, and what lies in a seat counts only under the
 * number of the present round: one that wakes up late does no harm.
 *
 * The file of a board is locked (flock(2)) by its leader. One that is not locked is dead; whoever
 * finds it removes it. */
#ifndef DTQ_BOARD_H
#define DTQ_BOARD_H

#include "common/team/team.h"

#include <stdbool.h>
#include <stddef.h>

enum { BOARD_NAME_MAX = 64 };

struct board_shape {
    const void *brief; /* what helpers have to know of the task; borrowed for the call */
    size_t brief_bytes;
    size_t input_bytes;    /* of a round, at most; these two are multiples of 8 */
    size_t output_bytes;   /* of a part */
    unsigned parts_most;   /* of a round */
    unsigned helpers_most; /* at a time */
};

struct board;

/* Makes a board and rings for helpers. DTQ_IO, DTQ_NOMEM; DTQ_FULL: it would be too large. */
enum dtq_err board_open(struct team *t, const struct board_shape *shape, struct board **out,
                        struct dtq_why *why);
void board_close(struct board *b); /* NULL is fine */

/* Computes a part here. */
typedef enum dtq_err board_part(void *ctx, unsigned part, void *output);

/* One round: outputs (parts) is filled with what each part came to, 8-byte aligned and valid until
 * the next round. An error of `compute` ends it. */
enum dtq_err board_round(struct board *b, const void *input, size_t input_bytes, unsigned parts,
                         board_part *compute, void *ctx, const void **outputs);

/* Who has helped so far: the name of helper i, NULL behind the last one. One may be there twice. */
const char *board_helper(struct board *b, unsigned i);

/* From here on only those count as helpers whose parts come in later. */
void board_helpers_clear(struct board *b);

/* Nanoseconds that helpers computed, all together. */
uint64_t board_helped_ns(const struct board *b);

/* --- the helper's side ------------------------------------------------------------------------ */

struct seat;

/* Takes a seat at a board of the team that has one. DTQ_NONE: nobody wants help. */
enum dtq_err seat_take(struct team *t, const char *name, struct seat **out, struct dtq_why *why);
void seat_leave(struct seat *s); /* NULL is fine */

/* Valid until seat_leave. */
const void *seat_brief(const struct seat *s, size_t *bytes);

struct seat_part {
    uint64_t round; /* tells whether the input is another one than before */
    unsigned part;
    const void *input; /* a copy */
    size_t input_bytes;
    void *output; /* to be written */
    size_t output_bytes;
};

/* Hands in the part taken last, and waits for another one. DTQ_NONE: there will be none, or
 * stop(ctx), which is asked before each part and now and then while waiting, is true. */
enum dtq_err seat_next(struct seat *s, bool (*stop)(void *ctx), void *ctx, struct seat_part *out);

#endif
