/* crew.h: a team in a folder of its own: a leader, whose rounds have to be right, helpers in
 * threads, and other processes that do as they are told. What does not go as it should fails the
 * test. */
#ifndef DTQ_CREW_H
#define DTQ_CREW_H

#include "common/team/board.h"

#include <stdint.h>
#include <sys/types.h>

enum { CREW_PARTS = 8, CREW_NUMBERS = 100 };

extern struct dtq_why crew_why;
extern char crew_dir[64];

/* Setup and teardown of a test: the folder. */
int crew_setup(void **state);
int crew_teardown(void **state);
#define crew_test(f) cmocka_unit_test_setup_teardown(f, crew_setup, crew_teardown)

struct team *crew_join(unsigned slots);

/* How many boards lie in the folder. */
unsigned crew_boards(void);

/* CREW_PARTS parts, of CREW_NUMBERS numbers each, for three helpers. */
extern const struct board_shape crew_shape;
struct board *crew_open_board(struct team *t);

/* What a part comes to. */
void crew_compute(const uint64_t *input, unsigned part, uint64_t *output);

void crew_sleep_us(long us);

/* --- a leader --------------------------------------------------------------------------------- */

struct crew_leader {
    struct board *board;
    uint64_t input[CREW_NUMBERS];
    long part_us;  /* how long it takes for a part */
    unsigned here; /* parts computed by the leader itself */
};

/* One round, whose outputs have to be right. */
void crew_lead(struct crew_leader *l, uint64_t round);

/* Rounds of all parts, until the other process says a word. */
void crew_lead_until_told(struct crew_leader *l, int from);

/* --- helpers ---------------------------------------------------------------------------------- */

struct seat *crew_take_seat(struct team *t, const char *name);

/* False: there is no more to do. */
bool crew_next(struct seat *s, struct seat_part *part);

/* A thread that helps the leader of a board there is until there is no more to do; arg: its name.
 */
void *crew_help_thread(void *arg);

/* --- other processes -------------------------------------------------------------------------- */

/* A process that does this and nothing else. */
pid_t crew_start(void (*act)(struct team *t, int to_parent), int *from_child);
void crew_end(pid_t pid, int from_child);

/* A word of it: said there, awaited here. */
void crew_say(int to);
void crew_await(int from);

#endif
