/* test_team.c: processes of one machine that find each other, and count each other. */
#include "tests/support/crew.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static void a_folder_that_cannot_be_used_is_told(void **state)
{
    char path[100];
    struct team *t;

    (void)state;
    snprintf(path, sizeof path, "%s/file", crew_dir);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    assert_int_equal(team_join(path, "key", 1, &t, &crew_why), DTQ_IO);
    assert_true(crew_why.text[0] != '\0');
}

static void be_there(struct team *t, int to)
{
    (void)t;
    crew_say(to);
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
        pids[i] = crew_start(be_there, &from[i]);
        crew_await(from[i]);
    }
    for (unsigned i = 0; i < 5; i++) {
        members[i] = crew_join(i + 1);
        sum += i + 1;
    }
    assert_int_equal(team_slots(members[0]), sum + 3);
    crew_end(pids[1], from[1]);
    assert_int_equal(team_slots(members[0]), sum + 2);
    team_leave(members[2]);
    assert_int_equal(team_slots(members[4]), sum - 3 + 2);
    members[2] = crew_join(7);
    assert_int_equal(team_slots(members[4]), sum + 4 + 2);
    crew_end(pids[0], from[0]);
    crew_end(pids[2], from[2]);
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
    struct team *t = crew_join(1), *other = crew_join(1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        crew_test(a_folder_that_cannot_be_used_is_told),
        crew_test(the_slots_of_living_members_are_counted),
        crew_test(the_bell_wakes_who_sleeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
