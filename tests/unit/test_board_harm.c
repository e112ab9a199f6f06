/* test_board_harm.c: helpers and leaders that are killed, stopped and late: what the leader gets is
 * always right. */
#include "tests/support/crew.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- helpers that come to harm ---------------------------------------------------------------- */

/* Says so when it has a part, and does nothing more. */
static void take_one_and_stand_still(struct team *t, int to)
{
    struct seat *s = NULL;
    struct seat_part part;

    if (seat_take(t, "still", &s, &crew_why) != DTQ_OK) _exit(1);
    crew_say(to);
    if (!crew_next(s, &part)) _exit(1);
    memset(part.output, 0xff, part.output_bytes);
    crew_say(to);
    pause();
}

static void a_helper_killed_in_the_middle_of_a_part_costs_nothing_but_time(void **state)
{
    struct team *t = crew_join(1);
    struct crew_leader l = {.board = crew_open_board(t), .part_us = 300};
    int from;
    pid_t pid = crew_start(take_one_and_stand_still, &from);

    (void)state;
    crew_await(from);
    crew_lead_until_told(&l, from);
    crew_end(pid, from);
    for (uint64_t round = 0; round < 50; round++)
        crew_lead(&l, round);
    assert_null(board_helper(l.board, 0));
    board_close(l.board);
    team_leave(t);
}

static void help_for_ever(struct team *t, int to)
{
    struct seat *s = NULL;
    struct seat_part part;

    if (seat_take(t, "w1", &s, &crew_why) != DTQ_OK) _exit(1);
    crew_say(to);
    while (crew_next(s, &part)) {
        uint64_t *out = part.output;

        /* Half of it, some time, and the rest: there is much to be late with. */
        memset(out, 0xff, part.output_bytes / 2);
        crew_sleep_us(20);
        crew_compute(part.input, part.part, out);
    }
    seat_leave(s);
}

static void a_helper_that_is_stopped_and_goes_on_late_does_no_harm(void **state)
{
    struct team *t = crew_join(1);
    struct crew_leader l = {.part_us = 100};
    unsigned helped = 0;

    (void)state;
    for (int board = 0; board < 12 || !helped; board++) {
        int from;
        pid_t pid;

        l.board = crew_open_board(t);
        pid = crew_start(help_for_ever, &from);
        crew_await(from);
        for (uint64_t round = 0; round < 60; round++) {
            if (round % 5 == 1) kill(pid, SIGSTOP);
            if (round % 5 == 3) kill(pid, SIGCONT);
            crew_lead(&l, round * 7);
        }
        helped += board_helper(l.board, 0) != NULL;
        board_close(l.board);
        kill(pid, SIGCONT);
        crew_end(pid, from);
    }
    team_leave(t);
}

/* Too slow for its leader, and too late with all it does. */
static void help_slowly(struct team *t, int to)
{
    struct seat *s = NULL;
    struct seat_part part;

    if (seat_take(t, "slow", &s, &crew_why) != DTQ_OK) _exit(1);
    crew_say(to);
    while (crew_next(s, &part)) {
        crew_sleep_us(20000);
        memset(part.output, 0xff, part.output_bytes); /* must never be looked at */
    }
    seat_leave(s);
    crew_say(to);
    pause();
}

static void a_helper_that_is_always_late_is_sent_away(void **state)
{
    struct team *t = crew_join(1);
    struct crew_leader l = {.board = crew_open_board(t), .part_us = 10};
    int from;
    pid_t pid = crew_start(help_slowly, &from);

    (void)state;
    crew_await(from);
    crew_lead_until_told(&l, from);
    crew_end(pid, from);
    board_close(l.board);
    team_leave(t);
}

/* --- leaders that come to harm ---------------------------------------------------------------- */

static void lead_and_stand_still(struct team *t, int to)
{
    struct crew_leader l = {.board = crew_open_board(t)};

    crew_say(to);
    for (uint64_t round = 0;; round++) {
        crew_lead(&l, round);
        if (round == 20) crew_say(to);
        if (round == 20) pause();
    }
}

static void helpers_leave_a_dead_leader_and_remove_its_board(void **state)
{
    struct team *t = crew_join(1);
    struct seat_part part;
    struct seat *s;
    int from;
    pid_t pid = crew_start(lead_and_stand_still, &from);

    (void)state;
    crew_await(from);
    s = crew_take_seat(t, "w1");
    crew_await(from);
    crew_end(pid, from);
    while (crew_next(s, &part))
        crew_compute(part.input, part.part, part.output);
    assert_int_equal(crew_boards(), 0);
    seat_leave(s);
    team_leave(t);
}

static void a_stopped_leader_is_left_after_a_while_and_goes_on_alone(void **state)
{
    struct team *t = crew_join(1);
    struct seat_part part;
    struct seat *s;
    int from;
    pid_t pid = crew_start(lead_and_stand_still, &from);

    (void)state;
    crew_await(from);
    s = crew_take_seat(t, "w1");
    kill(pid, SIGSTOP);
    while (crew_next(s, &part))
        crew_compute(part.input, part.part, part.output);
    seat_leave(s);
    assert_int_equal(crew_boards(), 1);
    kill(pid, SIGCONT);
    crew_await(from);
    crew_end(pid, from);
    team_leave(t);
}

static void a_board_without_a_leader_is_removed_by_who_finds_it(void **state)
{
    struct team *t = crew_join(1);
    struct seat *none;
    int from;
    pid_t pid = crew_start(lead_and_stand_still, &from);

    (void)state;
    crew_await(from);
    crew_await(from);
    crew_end(pid, from);
    assert_int_equal(crew_boards(), 1);
    assert_int_equal(seat_take(t, "w1", &none, &crew_why), DTQ_NONE);
    assert_int_equal(crew_boards(), 0);
    team_leave(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        crew_test(a_helper_killed_in_the_middle_of_a_part_costs_nothing_but_time),
        crew_test(a_helper_that_is_stopped_and_goes_on_late_does_no_harm),
        crew_test(a_helper_that_is_always_late_is_sent_away),
        crew_test(helpers_leave_a_dead_leader_and_remove_its_board),
        crew_test(a_stopped_leader_is_left_after_a_while_and_goes_on_alone),
        crew_test(a_board_without_a_leader_is_removed_by_who_finds_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
