/* test_board.c: processes that compute parts of one task in memory they share: what the leader gets
 * is right, whoever helps and whatever lies about. */
#include "tests/support/crew.h"
#include "tests/support/wait.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

static void a_leader_without_helpers_computes_all_parts(void **state)
{
    struct team *t = crew_join(1);
    struct crew_leader l = {.board = crew_open_board(t)};

    (void)state;
    for (uint64_t round = 0; round < 100; round++)
        crew_lead(&l, round);
    assert_null(board_helper(l.board, 0));
    assert_int_equal(board_helped_ns(l.board), 0);
    assert_int_equal(crew_boards(), 1);
    board_close(l.board);
    assert_int_equal(crew_boards(), 0);
    team_leave(t);
}

static void helpers_compute_parts_and_are_named(void **state)
{
    static char *names[] = {"w1", "w2"};
    struct team *t = crew_join(1);
    struct crew_leader l = {.board = crew_open_board(t), .part_us = 50};
    pthread_t threads[2];
    uint64_t round = 0;
    bool seen[2] = {false, false};

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crew_help_thread, names[i]), 0);
    for (int64_t until = clock_ms() + 30000; round < 2000 || !board_helper(l.board, 1); round++) {
        crew_lead(&l, round);
        assert_true(clock_ms() < until);
    }
    for (unsigned i = 0; board_helper(l.board, i); i++) {
        assert_true(i < 2);
        for (int k = 0; k < 2; k++)
            if (!strcmp(board_helper(l.board, i), names[k])) seen[k] = true;
    }
    assert_true(seen[0] && seen[1]);
    assert_true(board_helped_ns(l.board) > 0);
    board_close(l.board);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    team_leave(t);
}

static void a_helper_knows_the_brief(void **state)
{
    struct team *t = crew_join(1);
    struct board *b = crew_open_board(t);
    struct seat *s = crew_take_seat(t, "w1");
    size_t bytes;

    (void)state;
    assert_string_equal(seat_brief(s, &bytes), "what it is about");
    assert_int_equal(bytes, 17);
    seat_leave(s);
    board_close(b);
    team_leave(t);
}

/* It leaves the core of its leader, and no more than that. */
static void a_helper_may_run_where_it_might_before(void **state)
{
    struct team *t = crew_join(1);
    cpu_set_t before, after;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    for (int i = 0; i < 20; i++) {
        struct board *b = crew_open_board(t);
        struct seat *s = crew_take_seat(t, "w1");

        assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
        assert_true(CPU_EQUAL(&before, &after));
        seat_leave(s);
        board_close(b);
    }
    team_leave(t);
}

static void a_board_with_helpers_enough_has_no_seat(void **state)
{
    struct team *t = crew_join(1), *other = NULL;
    struct board *b = crew_open_board(t);
    struct seat *seats[3], *none;

    (void)state;
    for (int i = 0; i < 3; i++)
        seats[i] = crew_take_seat(t, "w1");
    assert_int_equal(seat_take(t, "w4", &none, &crew_why), DTQ_NONE);
    seat_leave(seats[0]);
    seats[0] = crew_take_seat(t, "w4");
    for (int i = 0; i < 3; i++)
        seat_leave(seats[i]);
    /* A team of another key does not see it. */
    assert_int_equal(team_join(crew_dir, "another queue", 1, &other, &crew_why), DTQ_OK);
    assert_int_equal(seat_take(other, "w1", &none, &crew_why), DTQ_NONE);
    team_leave(other);
    board_close(b);
    team_leave(t);
}

static void two_leaders_are_helped_by_two(void **state)
{
    static char *names[] = {"w1", "w2"};
    struct team *t = crew_join(1);
    const struct board_shape one = {.brief = "",
                                    .input_bytes = CREW_NUMBERS * 8,
                                    .output_bytes = CREW_NUMBERS * 8,
                                    .parts_most = CREW_PARTS,
                                    .helpers_most = 1};
    struct crew_leader l[2] = {{.part_us = 50}, {.part_us = 50}};
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(board_open(t, &one, &l[i].board, &crew_why), DTQ_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crew_help_thread, names[i]), 0);
    for (uint64_t round = 0; !board_helper(l[0].board, 0) || !board_helper(l[1].board, 0); round++)
        for (int i = 0; i < 2; i++)
            crew_lead(&l[i], round);
    for (int i = 0; i < 2; i++)
        board_close(l[i].board);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    team_leave(t);
}

static void a_board_that_would_be_too_large_is_refused(void **state)
{
    struct team *t = crew_join(1);
    struct board_shape large = crew_shape;
    struct board *b;

    (void)state;
    large.output_bytes = 1 << 23;
    assert_int_equal(board_open(t, &large, &b, &crew_why), DTQ_FULL);
    large.output_bytes = SIZE_MAX / 2;
    assert_int_equal(board_open(t, &large, &b, &crew_why), DTQ_FULL);
    large = crew_shape;
    large.helpers_most = 0;
    assert_int_equal(board_open(t, &large, &b, &crew_why), DTQ_FULL);
    assert_int_equal(crew_boards(), 0);
    team_leave(t);
}

static enum dtq_err part_fails(void *ctx, unsigned part, void *output)
{
    (void)ctx, (void)output;
    return part == 2 ? DTQ_CANCELLED : DTQ_OK;
}

static void an_error_of_a_part_ends_the_round(void **state)
{
    struct team *t = crew_join(1);
    struct board *b = crew_open_board(t);
    const void *outputs[CREW_PARTS];
    uint64_t input = 0;

    (void)state;
    assert_int_equal(board_round(b, &input, sizeof input, CREW_PARTS, part_fails, NULL, outputs),
                     DTQ_CANCELLED);
    board_close(b);
    team_leave(t);
}

/* --- files of others -------------------------------------------------------------------------- */

static int write_garbage(const struct team *t, const char *name, size_t len, unsigned seed)
{
    char path[200], *bytes = malloc(len + 1);
    int fd;

    snprintf(path, sizeof path, "%s/%s-%s.board", crew_dir, team_name(t), name);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
    /* So much of it is right that the rest is looked at. */
    if (len > 8) memcpy(bytes, "dtqboard", 8);
    if (len > 16) memcpy(bytes + 8, &(uint64_t){len}, 8);
    assert_int_equal(write(fd, bytes, len), len);
    free(bytes);
    return fd;
}

static void garbage_is_no_board(void **state)
{
    static const size_t sizes[] = {0, 1, 8, 100, 300, 4096, 100000};
    struct team *t = crew_join(1);
    struct seat *none;

    (void)state;
    for (unsigned i = 0; i < 70; i++) {
        int fd = write_garbage(t, "x", sizes[i % 7], i);

        /* Locked, as by a leader of another mind: it is left alone. */
        assert_int_equal(flock(fd, LOCK_EX), 0);
        assert_int_equal(seat_take(t, "w1", &none, &crew_why), DTQ_NONE);
        assert_int_equal(crew_boards(), 1);
        close(fd);
        assert_int_equal(seat_take(t, "w1", &none, &crew_why), DTQ_NONE);
        assert_int_equal(crew_boards(), 0);
    }
    team_leave(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        crew_test(a_leader_without_helpers_computes_all_parts),
        crew_test(helpers_compute_parts_and_are_named),
        crew_test(a_helper_knows_the_brief),
        crew_test(a_helper_may_run_where_it_might_before),
        crew_test(a_helper_may_run_where_it_might_before),
        crew_test(a_board_with_helpers_enough_has_no_seat),
        crew_test(two_leaders_are_helped_by_two),
        crew_test(a_board_that_would_be_too_large_is_refused),
        crew_test(an_error_of_a_part_ends_the_round),
        crew_test(garbage_is_no_board),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
