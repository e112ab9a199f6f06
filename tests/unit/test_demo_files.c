/* test_demo_files.c: what the demo says of its files is looked up in them. */
#include "producer/demo_files.h"
#include "tests/support/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct dtq_why why;

static struct outdir scratch(void)
{
    struct outdir out;

    assert_int_equal(outdir_choose(scratch_path(""), &out, &why), DTQ_OK);
    return out;
}

static void a_file_of_weights_holds_them_to_the_last_bit_or_not(void **state)
{
    static const double w[] = {0.1, -0.0, 3};
    const struct outdir out = scratch();

    (void)state;
    scratch_write("weights_J1.csv", "0.10000000000000001,-0,3\n");
    assert_true(demo_file_holds(&out, "J1", w, 3));
    assert_false(demo_file_holds(&out, "J1", w, 2));
    assert_false(demo_file_holds(&out, "J2", w, 3));
    scratch_write("weights_J1.csv", "0.10000000000000002,-0,3\n");
    assert_false(demo_file_holds(&out, "J1", w, 3));
    scratch_write("weights_J1.csv", "0.10000000000000001,0,3\n");
    assert_false(demo_file_holds(&out, "J1", w, 3));
    scratch_write("weights_J1.csv", "0.10000000000000001,-0\n");
    assert_false(demo_file_holds(&out, "J1", w, 3));
}

static void data_that_is_nowhere_is_a_sentence(void **state)
{
    char path[OUTDIR_MAX];

    (void)state;
    assert_int_equal(demo_data("digits.csv", path, sizeof path, &why), DTQ_OK);
    assert_int_equal(demo_data("absent.csv", path, sizeof path, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "absent.csv was found neither in ./data"));
}

static void the_folder_for_files_is_the_one_that_was_named(void **state)
{
    struct outdir out;

    (void)state;
    unsetenv("DTQ_OUT");
    assert_int_equal(demo_folder(scratch_path("given"), &out, &why), DTQ_OK);
    assert_string_equal(out.dir, scratch_path("given"));
    setenv("DTQ_OUT", scratch_path("env"), 1);
    assert_int_equal(demo_folder(NULL, &out, &why), DTQ_OK);
    assert_string_equal(out.dir, scratch_path("env"));
    unsetenv("DTQ_OUT");
    assert_int_equal(access(scratch_path("env/logs"), W_OK), 0);
    rmdir(scratch_path("env/logs"));
    rmdir(scratch_path("env"));
    rmdir(scratch_path("given/logs"));
    rmdir(scratch_path("given"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_weights_holds_them_to_the_last_bit_or_not),
        cmocka_unit_test(data_that_is_nowhere_is_a_sentence),
        cmocka_unit_test(the_folder_for_files_is_the_one_that_was_named),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
