/* test_tables.c: tables that a worker has open: one mapping for one file, whoever has opened it. */
#include "worker/tables.h"

#include "tests/support/table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { KEPT_MORE = 20 /* jobs than tables stay open */ };

static struct dtq_why why;

static struct tables *new_tables(void)
{
    static const char *roots[1];
    static struct dataset_place place = {.roots = roots, .root_count = 1};
    struct tables *t;

    roots[0] = table_root();
    place.cache_dir = table_cache();
    t = tables_new(&place);
    assert_non_null(t);
    return t;
}

static const struct dataset *get(struct tables *t, const char *job, const char *ref)
{
    const struct dataset_options options = {.ref = ref, .label = "first"};
    const struct dataset *d = NULL;

    if (tables_get(t, job, &options, NULL, NULL, &d, &why) != DTQ_OK) fail_msg("%s", why.text);
    return d;
}

/* Parsed before, as the one who parses has its table another way. */
static void write_file(struct tables *t, const char *text)
{
    table_text("t.csv", text);
    tables_release(t, get(t, "parse", "file:t.csv"));
}

static void jobs_share_the_mapping_of_a_file(void **state)
{
    struct tables *t = new_tables();
    const struct dataset *first, *second;

    (void)state;
    write_file(t, "7,1,2\n8,3,40\n");
    first = get(t, "J1", "file:t.csv");
    second = get(t, "J2", "file:t.csv");
    assert_ptr_equal(first->x, second->x);
    tables_release(t, first);
    assert_true(table_x(second, 1, 1) == 40);
    tables_release(t, second);
    tables_free(t);
}

static void a_job_after_a_change_sees_it_and_one_before_does_not(void **state)
{
    struct tables *t = new_tables();
    const struct dataset *before, *after;

    (void)state;
    write_file(t, "7,1,2\n8,3,40\n");
    before = get(t, "J1", "file:t.csv");
    table_text("t.csv", "7,1,2\n8,3,41\n9,5,6\n");
    after = get(t, "J2", "file:t.csv");
    assert_int_equal(after->rows, 3);
    assert_true(table_x(after, 1, 1) == 41);
    assert_ptr_equal(get(t, "J1", "file:t.csv"), before);
    assert_true(table_x(before, 1, 1) == 40);
    tables_release(t, before);
    tables_release(t, before);
    tables_release(t, after);
    tables_free(t);
}

static void a_mapping_stays_while_one_of_many_jobs_uses_it(void **state)
{
    struct tables *t = new_tables();
    const struct dataset *held;

    (void)state;
    write_file(t, "7,1,2\n8,3,40\n");
    held = get(t, "J", "file:t.csv");
    for (int i = 0; i < KEPT_MORE; i++) {
        char job[16];

        snprintf(job, sizeof job, "J%d", i);
        tables_release(t, get(t, job, "file:t.csv"));
        assert_true(table_x(held, 1, 1) == 40);
    }
    tables_release(t, held);
    tables_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_share_the_mapping_of_a_file),
        cmocka_unit_test(a_job_after_a_change_sees_it_and_one_before_does_not),
        cmocka_unit_test(a_mapping_stays_while_one_of_many_jobs_uses_it),
    };

    return cmocka_run_group_tests(tests, NULL, table_remove);
}
