/* test_outdir.c: where files go. */
#include "producer/outdir.h"
#include "tests/support/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct dtq_why why;
static struct outdir out;

static void the_option_counts_before_the_environment(void **state)
{
    char path[OUTDIR_MAX];

    (void)state;
    unsetenv("DTQ_OUT");
    assert_int_equal(outdir_choose(NULL, &out, &why), DTQ_OK);
    outdir_path(&out, path, "logs/%s_epochs.csv", "J1");
    assert_string_equal(path, "logs/J1_epochs.csv");
    setenv("DTQ_OUT", "", 1);
    assert_int_equal(outdir_choose(NULL, &out, &why), DTQ_OK);
    assert_string_equal(out.dir, ".");
    setenv("DTQ_OUT", "/from/env", 1);
    assert_int_equal(outdir_choose(NULL, &out, &why), DTQ_OK);
    outdir_path(&out, path, "weights_%s.png", "J1");
    assert_string_equal(path, "/from/env/weights_J1.png");
    assert_int_equal(outdir_choose("given", &out, &why), DTQ_OK);
    assert_string_equal(out.dir, "given");
    unsetenv("DTQ_OUT");
}

static void a_name_that_cannot_be_is_a_sentence(void **state)
{
    char name[OUTDIR_MAX];

    (void)state;
    assert_int_equal(outdir_choose("", &out, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "--dir is empty"));
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(outdir_choose(name, &out, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "too long"));
}

static void folders_that_are_missing_are_made(void **state)
{
    struct stat info;
    char path[OUTDIR_MAX];

    (void)state;
    assert_int_equal(outdir_choose(scratch_path("a"), &out, &why), DTQ_OK);
    assert_int_equal(outdir_make(&out, &why), DTQ_OK);
    assert_int_equal(outdir_make(&out, &why), DTQ_OK);
    outdir_path(&out, path, "logs");
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    scratch_write("file", "no folder");
    assert_int_equal(outdir_choose(scratch_path("file"), &out, &why), DTQ_OK);
    assert_int_equal(outdir_make(&out, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "file is not a folder"));
    assert_int_equal(outdir_choose(scratch_path("file/below"), &out, &why), DTQ_OK);
    assert_int_equal(outdir_make(&out, &why), DTQ_INPUT);
    rmdir(path);
    outdir_choose(scratch_path("a"), &out, &why);
    rmdir(out.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_option_counts_before_the_environment),
        cmocka_unit_test(a_name_that_cannot_be_is_a_sentence),
        cmocka_unit_test(folders_that_are_missing_are_made),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
