/* test_board.c: processes that compute parts of one task in memory they share, and whatever may
 * happen to them: what the leader gets is always right. */
#include "common/team/board.h"
#include "tests/support/wait.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PARTS = 8, NUMBERS = 100 };

static struct dtq_why why;
static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/dtq-board-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    DIR *d = opendir(dir);

    (void)state;
    for (struct dirent *e; d && (e = readdir(d));)
        unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
    return rmdir(dir);
}

static unsigned count_boards(void)
{
    DIR *d = opendir(dir);
    unsigned count = 0;

    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        count += strstr(e->d_name, ".board") != NULL;
    closedir(d);
    return count;
}

static struct team *join(unsigned slots)
{
    struct team *t = NULL;

    if (team_join(dir, "a queue", slots, &t, &why) != DTQ_OK) fail_msg("%s", why.text);
    return t;
}

static const struct board_shape shape = {.brief = "what it is about",
                                         .brief_bytes = 17,
                                         .input_bytes = NUMBERS * 8,
                                         .output_bytes = NUMBERS * 8,
                                         .parts_most = PARTS,
                                         .helpers_most = 3};

static struct board *open_board(struct team *t)
{
    struct board *b = NULL;

    if (board_open(t, &shape, &b, &why) != DTQ_OK) fail_msg("%s", why.text);
    return b;
}

/* What a part comes to. */
static void compute(const uint64_t *input, unsigned part, uint64_t *output)
{
    for (unsigned i = 0; i < NUMBERS; i++)
        output[i] = input[i] * 2654435761u + part * 97 + i;
}

static void sleep_us(long us)
{
    const struct timespec time = {0, us * 1000};

    nanosleep(&time, NULL);
}

/* The leader at work: its input, and how long it takes for a part. */
struct leader {
    struct board *board;
    uint64_t input[NUMBERS];
    long part_us;
    unsigned here; /* parts computed by the leader itself */
};

static enum dtq_err part_here(void *ctx, unsigned part, void *output)
{
    struct leader *l = ctx;

    if (l->part_us) sleep_us(l->part_us);
    compute(l->input, part, output);
    l->here++;
    return DTQ_OK;
}

/* One round, whose outputs have to be right. */
static void lead(struct leader *l, uint64_t round)
{
    const void *outputs[PARTS];
    unsigned parts = 1 + round % PARTS;

    for (unsigned i = 0; i < NUMBERS; i++)
        l->input[i] = round * 1000003 + i;
    assert_int_equal(board_round(l->board, l->input, sizeof l->input, parts, part_here, l, outputs),
                     DTQ_OK);
    for (unsigned part = 0; part < parts; part++) {
        uint64_t expected[NUMBERS];

        compute(l->input, part, expected);
        assert_memory_equal(outputs[part], expected, sizeof expected);
    }
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static struct seat *take_seat(struct team *t, const char *name)
{
    struct seat *s = NULL;

    assert_int_equal(seat_take(t, name, &s, &why), DTQ_OK);
    return s;
}

static bool next(struct seat *s, struct seat_part *part)
{
    return seat_next(s, never, NULL, part) == DTQ_OK;
}

/* Helps until there is no more to do. */
static void help(struct team *t, const char *name)
{
    struct seat *s = take_seat(t, name);
    struct seat_part part;

    while (next(s, &part))
        compute(part.input, part.part, part.output);
    seat_leave(s);
}

static void *help_thread(void *arg)
{
    struct team *t = join(1);

    help(t, arg);
    team_leave(t);
    return NULL;
}

/* A process that does this and nothing else. */
static pid_t start(void (*act)(struct team *t, int to_parent), int *from_child)
{
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        act(join(1), ends[1]);
        _exit(0);
    }
    close(ends[1]);
    *from_child = ends[0];
    return pid;
}

/* A word from the other process. */
static void await(int from)
{
    char byte;

    assert_int_equal(read(from, &byte, 1), 1);
}

static void say(int to)
{
    if (write(to, "x", 1) != 1) _exit(1);
}

static void end(pid_t pid, int from_child)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(from_child);
}

/* Rounds of all parts, until the other process says a word. */
static void lead_until_told(struct leader *l, int from)
{
    int64_t until = clock_ms() + 30000;
    char byte;

    fcntl(from, F_SETFL, O_NONBLOCK);
    for (uint64_t round = PARTS - 1; read(from, &byte, 1) != 1; round += PARTS) {
        lead(l, round);
        assert_true(clock_ms() < until);
    }
}

/* --- without harm ----------------------------------------------------------------------------- */

static void a_leader_without_helpers_computes_all_parts(void **state)
{
    struct team *t = join(1);
    struct leader l = {.board = open_board(t)};

    (void)state;
    for (uint64_t round = 0; round < 100; round++)
        lead(&l, round);
    assert_null(board_helper(l.board, 0));
    assert_int_equal(board_helped_ns(l.board), 0);
    assert_int_equal(count_boards(), 1);
    board_close(l.board);
    assert_int_equal(count_boards(), 0);
    team_leave(t);
}

static void helpers_compute_parts_and_are_named(void **state)
{
    static char *names[] = {"w1", "w2"};
    struct team *t = join(1);
    struct leader l = {.board = open_board(t), .part_us = 50};
    pthread_t threads[2];
    uint64_t round = 0;
    bool seen[2] = {false, false};

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, help_thread, names[i]), 0);
    for (int64_t until = clock_ms() + 30000; round < 2000 || !board_helper(l.board, 1); round++) {
        lead(&l, round);
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
    struct team *t = join(1);
    struct board *b = open_board(t);
    struct seat *s = take_seat(t, "w1");
    size_t bytes;

    (void)state;
    assert_string_equal(seat_brief(s, &bytes), "what it is about");
    assert_int_equal(bytes, 17);
    seat_leave(s);
    board_close(b);
    team_leave(t);
}

static void a_board_with_helpers_enough_has_no_seat(void **state)
{
    struct team *t = join(1), *other = NULL;
    struct board *b = open_board(t);
    struct seat *seats[3], *none;

    (void)state;
    for (int i = 0; i < 3; i++)
        seats[i] = take_seat(t, "w1");
    assert_int_equal(seat_take(t, "w4", &none, &why), DTQ_NONE);
    seat_leave(seats[0]);
    seats[0] = take_seat(t, "w4");
    for (int i = 0; i < 3; i++)
        seat_leave(seats[i]);
    /* A team of another key does not see it. */
    assert_int_equal(team_join(dir, "another queue", 1, &other, &why), DTQ_OK);
    assert_int_equal(seat_take(other, "w1", &none, &why), DTQ_NONE);
    team_leave(other);
    board_close(b);
    team_leave(t);
}

static void two_leaders_are_helped_by_two(void **state)
{
    static char *names[] = {"w1", "w2"};
    struct team *t = join(1);
    const struct board_shape one = {.brief = "",
                                    .input_bytes = NUMBERS * 8,
                                    .output_bytes = NUMBERS * 8,
                                    .parts_most = PARTS,
                                    .helpers_most = 1};
    struct leader l[2] = {{.part_us = 50}, {.part_us = 50}};
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(board_open(t, &one, &l[i].board, &why), DTQ_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, help_thread, names[i]), 0);
    for (uint64_t round = 0; !board_helper(l[0].board, 0) || !board_helper(l[1].board, 0); round++)
        for (int i = 0; i < 2; i++)
            lead(&l[i], round);
    for (int i = 0; i < 2; i++)
        board_close(l[i].board);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    team_leave(t);
}

static void a_board_that_would_be_too_large_is_refused(void **state)
{
    struct team *t = join(1);
    struct board_shape large = shape;
    struct board *b;

    (void)state;
    large.output_bytes = 1 << 23;
    assert_int_equal(board_open(t, &large, &b, &why), DTQ_FULL);
    large.output_bytes = SIZE_MAX / 2;
    assert_int_equal(board_open(t, &large, &b, &why), DTQ_FULL);
    large = shape;
    large.helpers_most = 0;
    assert_int_equal(board_open(t, &large, &b, &why), DTQ_FULL);
    assert_int_equal(count_boards(), 0);
    team_leave(t);
}

static enum dtq_err part_fails(void *ctx, unsigned part, void *output)
{
    (void)ctx, (void)output;
    return part == 2 ? DTQ_CANCELLED : DTQ_OK;
}

static void an_error_of_a_part_ends_the_round(void **state)
{
    struct team *t = join(1);
    struct board *b = open_board(t);
    const void *outputs[PARTS];
    uint64_t input = 0;

    (void)state;
    assert_int_equal(board_round(b, &input, sizeof input, PARTS, part_fails, NULL, outputs),
                     DTQ_CANCELLED);
    board_close(b);
    team_leave(t);
}

/* --- helpers that come to harm ---------------------------------------------------------------- */

/* Says so when it has a part, and does nothing more. */
static void take_one_and_stand_still(struct team *t, int to)
{
    struct seat *s = NULL;
    struct seat_part part;

    if (seat_take(t, "still", &s, &why) != DTQ_OK) _exit(1);
    say(to);
    if (!next(s, &part)) _exit(1);
    memset(part.output, 0xff, part.output_bytes);
    say(to);
    pause();
}

static void a_helper_killed_in_the_middle_of_a_part_costs_nothing_but_time(void **state)
{
    struct team *t = join(1);
    struct leader l = {.board = open_board(t), .part_us = 300};
    int from;
    pid_t pid = start(take_one_and_stand_still, &from);

    (void)state;
    await(from);
    lead_until_told(&l, from);
    end(pid, from);
    for (uint64_t round = 0; round < 50; round++)
        lead(&l, round);
    assert_null(board_helper(l.board, 0));
    board_close(l.board);
    team_leave(t);
}

static void help_for_ever(struct team *t, int to)
{
    struct seat *s = NULL;
    struct seat_part part;

    if (seat_take(t, "w1", &s, &why) != DTQ_OK) _exit(1);
    say(to);
    while (next(s, &part)) {
        uint64_t *out = part.output;

        /* Half of it, some time, and the rest: there is much to be late with. */
        memset(out, 0xff, part.output_bytes / 2);
        sleep_us(20);
        compute(part.input, part.part, out);
    }
    seat_leave(s);
}

static void a_helper_that_is_stopped_and_goes_on_late_does_no_harm(void **state)
{
    struct team *t = join(1);
    struct leader l = {.part_us = 100};
    unsigned helped = 0;

    (void)state;
    for (int board = 0; board < 12 || !helped; board++) {
        int from;
        pid_t pid;

        l.board = open_board(t);
        pid = start(help_for_ever, &from);
        await(from);
        for (uint64_t round = 0; round < 60; round++) {
            if (round % 5 == 1) kill(pid, SIGSTOP);
            if (round % 5 == 3) kill(pid, SIGCONT);
            lead(&l, round * 7);
        }
        helped += board_helper(l.board, 0) != NULL;
        board_close(l.board);
        kill(pid, SIGCONT);
        end(pid, from);
    }
    team_leave(t);
}

/* Too slow for its leader, and too late with all it does. */
static void help_slowly(struct team *t, int to)
{
    struct seat *s = NULL;
    struct seat_part part;

    if (seat_take(t, "slow", &s, &why) != DTQ_OK) _exit(1);
    say(to);
    while (next(s, &part)) {
        sleep_us(20000);
        memset(part.output, 0xff, part.output_bytes); /* must never be looked at */
    }
    seat_leave(s);
    say(to);
    pause();
}

static void a_helper_that_is_always_late_is_sent_away(void **state)
{
    struct team *t = join(1);
    struct leader l = {.board = open_board(t), .part_us = 10};
    int from;
    pid_t pid = start(help_slowly, &from);

    (void)state;
    await(from);
    lead_until_told(&l, from);
    end(pid, from);
    board_close(l.board);
    team_leave(t);
}

/* --- leaders that come to harm ---------------------------------------------------------------- */

static void lead_and_stand_still(struct team *t, int to)
{
    struct leader l = {.board = open_board(t)};

    say(to);
    for (uint64_t round = 0;; round++) {
        lead(&l, round);
        if (round == 20) say(to);
        if (round == 20) pause();
    }
}

static void helpers_leave_a_dead_leader_and_remove_its_board(void **state)
{
    struct team *t = join(1);
    struct seat_part part;
    struct seat *s;
    int from;
    pid_t pid = start(lead_and_stand_still, &from);

    (void)state;
    await(from);
    s = take_seat(t, "w1");
    await(from);
    end(pid, from);
    while (next(s, &part))
        compute(part.input, part.part, part.output);
    assert_int_equal(count_boards(), 0);
    seat_leave(s);
    team_leave(t);
}

static void a_stopped_leader_is_left_after_a_while_and_goes_on_alone(void **state)
{
    struct team *t = join(1);
    struct seat_part part;
    struct seat *s;
    int from;
    pid_t pid = start(lead_and_stand_still, &from);

    (void)state;
    await(from);
    s = take_seat(t, "w1");
    kill(pid, SIGSTOP);
    while (next(s, &part))
        compute(part.input, part.part, part.output);
    seat_leave(s);
    assert_int_equal(count_boards(), 1);
    kill(pid, SIGCONT);
    await(from);
    end(pid, from);
    team_leave(t);
}

static void a_board_without_a_leader_is_removed_by_who_finds_it(void **state)
{
    struct team *t = join(1);
    struct seat *none;
    int from;
    pid_t pid = start(lead_and_stand_still, &from);

    (void)state;
    await(from);
    await(from);
    end(pid, from);
    assert_int_equal(count_boards(), 1);
    assert_int_equal(seat_take(t, "w1", &none, &why), DTQ_NONE);
    assert_int_equal(count_boards(), 0);
    team_leave(t);
}

/* --- files of others -------------------------------------------------------------------------- */

static int write_garbage(const struct team *t, const char *name, size_t len, unsigned seed)
{
    char path[200], *bytes = malloc(len + 1);
    int fd;

    snprintf(path, sizeof path, "%s/%s-%s.board", dir, team_name(t), name);
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
    struct team *t = join(1);
    struct seat *none;

    (void)state;
    for (unsigned i = 0; i < 70; i++) {
        int fd = write_garbage(t, "x", sizes[i % 7], i);

        /* Locked, as by a leader of another mind: it is left alone. */
        assert_int_equal(flock(fd, LOCK_EX), 0);
        assert_int_equal(seat_take(t, "w1", &none, &why), DTQ_NONE);
        assert_int_equal(count_boards(), 1);
        close(fd);
        assert_int_equal(seat_take(t, "w1", &none, &why), DTQ_NONE);
        assert_int_equal(count_boards(), 0);
    }
    team_leave(t);
}

static void a_folder_that_cannot_be_used_is_told(void **state)
{
    char path[100];
    struct team *t;

    (void)state;
    snprintf(path, sizeof path, "%s/file", dir);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    assert_int_equal(team_join(path, "key", 1, &t, &why), DTQ_IO);
    assert_true(why.text[0] != '\0');
}

/* --- members ---------------------------------------------------------------------------------- */

static void be_there(struct team *t, int to)
{
    (void)t;
    say(to);
    pause();
}

static void the_slots_of_living_members_are_counted(void **state)
{
    struct team *members[5];
    unsigned sum = 0;
    pid_t pids[3];
    int from[3];

    (void)state;
    /* First: a child would inherit the locks of what we join. */
    for (int i = 0; i < 3; i++) {
        pids[i] = start(be_there, &from[i]);
        await(from[i]);
    }
    for (unsigned i = 0; i < 5; i++) {
        members[i] = join(i + 1);
        sum += i + 1;
    }
    assert_int_equal(team_slots(members[0]), sum + 3);
    end(pids[1], from[1]);
    assert_int_equal(team_slots(members[0]), sum + 2);
    team_leave(members[2]);
    assert_int_equal(team_slots(members[4]), sum - 3 + 2);
    members[2] = join(7);
    assert_int_equal(team_slots(members[4]), sum + 4 + 2);
    end(pids[0], from[0]);
    end(pids[2], from[2]);
    for (unsigned i = 0; i < 5; i++)
        team_leave(members[i]);
}

static void *ring(void *arg)
{
    team_ring(arg);
    return NULL;
}

static void the_bell_wakes_who_sleeps(void **state)
{
    struct team *t = join(1), *other = join(1);
    uint32_t seen = team_rings(t);
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, ring, other), 0);
    while (team_rings(t) == seen)
        team_wait(t, seen);
    pthread_join(thread, NULL);
    team_leave(other);
    team_leave(t);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_leader_without_helpers_computes_all_parts),
        TEST(helpers_compute_parts_and_are_named),
        TEST(a_helper_knows_the_brief),
        TEST(a_board_with_helpers_enough_has_no_seat),
        TEST(two_leaders_are_helped_by_two),
        TEST(a_board_that_would_be_too_large_is_refused),
        TEST(an_error_of_a_part_ends_the_round),
        TEST(a_helper_killed_in_the_middle_of_a_part_costs_nothing_but_time),
        TEST(a_helper_that_is_stopped_and_goes_on_late_does_no_harm),
        TEST(a_helper_that_is_always_late_is_sent_away),
        TEST(helpers_leave_a_dead_leader_and_remove_its_board),
        TEST(a_stopped_leader_is_left_after_a_while_and_goes_on_alone),
        TEST(a_board_without_a_leader_is_removed_by_who_finds_it),
        TEST(garbage_is_no_board),
        TEST(a_folder_that_cannot_be_used_is_told),
        TEST(the_slots_of_living_members_are_counted),
        TEST(the_bell_wakes_who_sleeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
