/* test_history.c: the weights of epochs: kept with the commit that ends them, as many as there is
 * room for, as long as the job. */
#include "common/queue/queue.h"
#include "tests/support/keys.h"
#include "tests/support/rig.h"
#include "tests/support/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum dtq_err commit_epochs(struct queue *q, struct queue_ownership *owner, uint64_t first,
                                  uint64_t last, const double *w, size_t count)
{
    struct queue_commit commit = {0};
    struct buf none = {0};
    uint64_t waiting;
    enum dtq_err err;

    for (uint64_t epoch = first; epoch <= last; epoch++)
        queue_commit_history(&commit, epoch, w, count);
    err = queue_commit(q, owner, &commit, &none, "{}", &waiting, &rig_why);
    queue_commit_clear(&commit);
    return err;
}

static size_t kept(struct queue *q, uint64_t epoch, double **out)
{
    size_t count = 77;

    if (queue_history(q, "J1", epoch, out, &count, &rig_why) != DTQ_OK)
        fail_msg("%s", rig_why.text);
    return count;
}

static void weights_of_epochs_come_back_as_they_were(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 1);
    const double w[] = {0.1, -0.0, 1e300};
    double *got;

    keys_mark();
    assert_int_equal(commit_epochs(q, &owner, 1, 2, w, 3), DTQ_OK);
    assert_string_equal(keys_changed(), "job:J1 job:J1:history");
    assert_int_equal(kept(q, 2, &got), 3);
    assert_memory_equal(got, w, sizeof w);
    free(got);
    assert_int_equal(kept(q, 3, &got), 0);
    assert_null(got);
}

static void a_refused_commit_keeps_no_weights(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 1);
    const double w[] = {1};

    owner.fence++;
    keys_mark();
    assert_int_equal(commit_epochs(q, &owner, 1, 1, w, 1), DTQ_FENCED);
    assert_string_equal(keys_changed(), "");
}

static void only_the_newest_that_fit_are_kept(void **state)
{
    enum { COUNT = 1 << 20, FIT = 7 }; /* of 8 MiB and a little each, into 64 MiB */
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 1);
    double *w = calloc(COUNT, sizeof *w), *got;

    for (uint64_t epoch = 1; epoch <= FIT + 2; epoch++) {
        w[0] = (double)epoch;
        assert_int_equal(commit_epochs(q, &owner, epoch, epoch, w, COUNT), DTQ_OK);
    }
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:history"), FIT);
    assert_int_equal(kept(q, 2, &got), 0);
    assert_int_equal(kept(q, 3, &got), COUNT);
    assert_true(got[0] == 3);
    free(got);
    free(w);
}

static void weights_too_big_for_any_room_are_not_kept(void **state)
{
    enum { COUNT = 9 << 20 };
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 1);
    double *w = calloc(COUNT, sizeof *w);

    assert_int_equal(commit_epochs(q, &owner, 1, 1, w, COUNT), DTQ_OK);
    assert_int_equal(server_int("EXISTS " RIG_KEY "job:J1:history"), 0);
    free(w);
}

static void they_go_when_the_job_goes(void **state)
{
    struct queue *q = *state;
    struct queue_ownership owner = rig_job(q, "J1", 1);
    struct queue_commit commit = {0};
    struct buf none = {0};
    const double w[] = {1};

    queue_commit_history(&commit, 1, w, 1);
    assert_int_equal(queue_finish(q, &owner, &commit, &none, "{}", "completed", "", "", &rig_why),
                     DTQ_OK);
    queue_commit_clear(&commit);
    assert_int_equal(server_int("HLEN " RIG_KEY "job:J1:history"), 1);
    assert_true(llabs(server_int("PTTL " RIG_KEY "job:J1:history") -
                      server_int("PTTL " RIG_KEY "job:J1")) < 1000);
    assert_true(server_int("PTTL " RIG_KEY "job:J1:history") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        rig_test(weights_of_epochs_come_back_as_they_were),
        rig_test(a_refused_commit_keeps_no_weights),
        rig_test(only_the_newest_that_fit_are_kept),
        rig_test(weights_too_big_for_any_room_are_not_kept),
        rig_test(they_go_when_the_job_goes),
    };

    return cmocka_run_group_tests(tests, rig_start, rig_stop);
}
