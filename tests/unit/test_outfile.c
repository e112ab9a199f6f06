/* test_outfile.c: files that appear whole or not at all. */
#include "common/plot/outfile.h"

#include "tests/support/picture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

static struct dtq_why why;

static void assert_content(const char *name, const char *expected)
{
    char *text = scratch_read(name);

    assert_string_equal(text, expected);
    free(text);
}

static void a_file_appears_under_its_name_only_when_committed(void **state)
{
    struct outfile o;
    struct stat st;

    (void)state;
    assert_int_equal(outfile_open(&o, scratch_path("a"), &why), DTQ_OK);
    fputs("new", o.f);
    assert_int_not_equal(stat(scratch_path("a"), &st), 0);
    assert_int_equal(outfile_commit(&o, &why), DTQ_OK);
    assert_content("a", "new");
    outfile_abandon(&o); /* nothing left to do */
    assert_int_equal(scratch_count(), 1);
}

static void an_abandoned_file_leaves_the_old_one(void **state)
{
    struct outfile o;

    (void)state;
    scratch_write("a", "old");
    assert_int_equal(outfile_open(&o, scratch_path("a"), &why), DTQ_OK);
    fputs("new", o.f);
    outfile_abandon(&o);
    assert_content("a", "old");
    assert_int_equal(scratch_count(), 1);
}

static void a_full_disk_is_told_and_leaves_the_old_file(void **state)
{
    const struct rlimit small = {4, RLIM_INFINITY};
    struct rlimit before;
    struct outfile o;

    (void)state;
    scratch_write("a", "old");
    assert_int_equal(outfile_open(&o, scratch_path("a"), &why), DTQ_OK);
    fputs("longer than four bytes", o.f);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(outfile_commit(&o, &why), DTQ_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(strstr(why.text, scratch_path("a")));
    assert_non_null(strstr(why.text, "File too large"));
    assert_content("a", "old");
    assert_int_equal(scratch_count(), 1);
}

static void a_path_that_cannot_be_written_is_told(void **state)
{
    struct outfile o;

    (void)state;
    assert_int_equal(outfile_open(&o, scratch_path("none/a"), &why), DTQ_IO);
    assert_non_null(strstr(why.text, "none/a: No such file or directory"));
    assert_int_equal(outfile_open(&o, scratch_path(""), &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "is a directory"));
    assert_int_equal(outfile_open(&o, "/dev/null", &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "not a regular file"));
    assert_int_equal(outfile_open(&o, "", &why), DTQ_INPUT);
    outfile_abandon(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_appears_under_its_name_only_when_committed),
        cmocka_unit_test(an_abandoned_file_leaves_the_old_one),
        cmocka_unit_test(a_full_disk_is_told_and_leaves_the_old_file),
        cmocka_unit_test(a_path_that_cannot_be_written_is_told),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
