/* test_place.c: which files may be read, and which are refused in which words. */
#include "common/dataset/dataset.h"
#include "tests/support/table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct dtq_why why;

static const char small[] = "7,1,2\n8,3,40\n";

static void assert_said(const char *part)
{
    if (!strstr(why.text, part)) fail_msg("\"%s\" lacks \"%s\"", why.text, part);
}

static void assert_refused(const char *name, const char *part)
{
    struct dataset *d = NULL;
    assert_int_equal(table_open(name, "first", false, true, &d, &why), DTQ_INPUT);
    assert_null(d);
    assert_said(part);
}

static void files_that_are_no_tables_are_refused_by_name(void **state)
{
    (void)state;
    assert_refused("none.csv", "none.csv: there is no such file below the data roots (/tmp/");
    assert_refused("", "\"file:\" is not the path of a file");
    assert_refused(".", "is a folder");
    assert_int_equal(mkfifo(table_path("pipe.csv"), 0600), 0);
    assert_refused("pipe.csv", "pipe.csv is a pipe");
    table_text("t.csv", small);
    assert_refused("t.csv/x", "no such file");
}

static void nothing_outside_the_roots_is_opened(void **state)
{
    (void)state;
    table_text("t.csv", small);
    assert_int_equal(symlink("/etc", table_path("out")), 0);
    assert_int_equal(symlink("/etc/passwd", table_path("out.csv")), 0);
    assert_int_equal(symlink("loop.csv", table_path("loop.csv")), 0);
    assert_refused("../data/t.csv", "\"..\" is refused");
    assert_refused("a/..", "\"..\" is refused");
    assert_refused("/etc/passwd", "/etc/passwd, which is not below the data roots");
    assert_refused("out/passwd", "out/passwd leads to /etc/passwd");
    assert_refused("out.csv", "out.csv leads to /etc/passwd");
    assert_refused("loop.csv", "loop.csv: ");
    assert_refused("/dev/zero", "not below the data roots");
}

static enum dtq_err open_with(const char *const *roots, size_t count, const char *ref,
                              const char *label)
{
    struct dataset_place place = {.roots = roots, .root_count = count};
    struct dataset_options options = {.ref = ref, .label = label};
    struct dataset *d = NULL;
    enum dtq_err err = dataset_open(&place, &options, NULL, NULL, &d, &why);
    dataset_close(d);
    return err;
}

static void a_reference_is_looked_for_in_each_root(void **state)
{
    const char *roots[] = {"/nowhere/at/all", table_root()};
    char sibling[200], absolute[200];
    (void)state;
    table_text("t.csv", small);
    snprintf(absolute, sizeof absolute, "file:%s", table_path("t.csv"));
    assert_int_equal(open_with(roots, 2, "file:t.csv", "first"), DTQ_OK);
    assert_int_equal(open_with(roots, 2, absolute, "first"), DTQ_OK);
    assert_int_equal(open_with(roots, 1, absolute, "first"), DTQ_INPUT);
    assert_int_equal(open_with(roots, 2, "file:..t.csv", "first"), DTQ_INPUT);
    assert_said("no such file");

    /* A root is a folder, not the beginning of a name. */
    snprintf(sibling, sizeof sibling, "%.*s", (int)strlen(table_root()) - 1, table_root());
    const char *half[] = {sibling};
    assert_int_equal(open_with(half, 1, absolute, "first"), DTQ_INPUT);
    const char *all[] = {"/"};
    assert_int_equal(open_with(all, 1, absolute, "first"), DTQ_OK);
}

static void a_path_needs_no_scheme(void **state)
{
    const char *roots[] = {table_root()};
    (void)state;
    table_text("t.csv", small);
    table_text("t:.csv", small);
    assert_int_equal(open_with(roots, 1, "t.csv", "first"), DTQ_OK);
    assert_int_equal(open_with(roots, 1, "./t.csv", "first"), DTQ_OK);
    assert_int_equal(open_with(roots, 1, table_path("t.csv"), "first"), DTQ_OK);
    assert_int_equal(open_with(roots, 1, "./t:.csv", "first"), DTQ_OK);
    assert_int_equal(open_with(roots, 1, "file:t:.csv", "first"), DTQ_OK);
    assert_int_equal(open_with(roots, 1, "t:.csv", "first"), DTQ_INPUT);
    assert_int_equal(open_with(roots, 1, "../data/t.csv", "first"), DTQ_INPUT);
    assert_said("\"..\" is refused");
}

static void a_bad_reference_says_what_was_expected(void **state)
{
    const char *roots[] = {table_root()};
    (void)state;
    table_text("t.csv", small);
    assert_int_equal(open_with(roots, 1, "http://t.csv", "first"), DTQ_INPUT);
    assert_said("\"http://t.csv\" is not the path of a file");
    assert_int_equal(open_with(roots, 1, "", "first"), DTQ_INPUT);
    assert_int_equal(open_with(roots, 1, NULL, "first"), DTQ_INPUT);
    assert_int_equal(open_with(roots, 0, "file:t.csv", "first"), DTQ_INPUT);
    assert_said("no data roots");
    assert_int_equal(open_with(roots, 1, "file:t.csv", NULL), DTQ_INPUT);
    assert_said("label");
}

static void the_roots_are_told_each_once_and_where_they_are(void **state)
{
    char again[300], list[700];
    const char *roots[] = {table_root(), again, "/nowhere"};
    (void)state;
    snprintf(again, sizeof again, "%s/.", table_root());
    snprintf(list, sizeof list, "(%s, /nowhere, which is not there)", table_root());
    assert_int_equal(open_with(roots, 3, "file:none.csv", "first"), DTQ_INPUT);
    assert_said(list);
    assert_int_equal(open_with(roots, 3, "file:/etc/passwd", "first"), DTQ_INPUT);
    assert_said("--data-dir");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_no_tables_are_refused_by_name),
        cmocka_unit_test(nothing_outside_the_roots_is_opened),
        cmocka_unit_test(a_reference_is_looked_for_in_each_root),
        cmocka_unit_test(a_path_needs_no_scheme),
        cmocka_unit_test(a_bad_reference_says_what_was_expected),
        cmocka_unit_test(the_roots_are_told_each_once_and_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
