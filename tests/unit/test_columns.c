/* test_columns.c: tables whose columns are matched by name, and empty cells that are filled in with
 * values from elsewhere. */
#include "common/dataset/dataset.h"
#include "tests/support/table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Features a, b, c and the label y. */
static const uint64_t at[] = {0, 2, 4, 6};
#define NAMES               \
    {                       \
        3, at, "a\0b\0c\0y" \
    }
static const struct dataset_columns by_name = {NAMES, true, false};
static const struct dataset_columns optional = {NAMES, true, true};

static struct dataset_options wanted(const struct dataset_columns *columns, const char *label)
{
    return (struct dataset_options){.label = label, .has_header = true, .columns = columns};
}

static void assert_abc(const struct dataset *d)
{
    assert_int_equal(d->rows, 2);
    assert_int_equal(d->features, 3);
    for (uint64_t j = 0; j < 3; j++) {
        assert_true(table_x(d, 0, j) == (double)j + 1);
        assert_true(table_x(d, 1, j) == -1.5 * ((double)j + 1));
    }
    assert_string_equal(dataset_name(d, 0), "a");
    assert_string_equal(dataset_name(d, 1), "b");
    assert_string_equal(dataset_name(d, 2), "c");
}

static void columns_are_brought_into_the_order_that_is_wanted(void **state)
{
    static const char *const texts[] = {
        "y,a,b,c\n7,1,2,3\n8,-1.5,-3,-4.5\n",
        "a,b,c,y\n1,2,3,7\n-1.5,-3,-4.5,8\n",
        "c,y,a,b\n3,7,1,2\n-4.5,8,-1.5,-3\n",
        "\"b\" ; a ;y;\"c\"\r\n2;1; 7;\"3\"\r\n-3;-1.5;8;-4.5\r\n",
    };
    uint64_t digest = 0;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct dataset *d;

        table_text("t.dat", texts[i]);
        d = table_opened(wanted(&by_name, "first"), "t.dat");
        assert_abc(d);
        assert_true(d->y[0] == 7 && d->y[1] == 8);
        assert_string_equal(dataset_name(d, 3), "y");
        if (i) assert_true(d->digest == digest); /* the same table, whatever its file's order */
        digest = d->digest;
        dataset_close(d);
    }
    table_text("t.dat", "\xef\xbb\xbf"); /* no table: only the mark */
    table_assert_refused(wanted(&by_name, "first"), "t.dat", "t.dat is empty");
}

static void names_that_are_missing_or_unknown_are_both_told(void **state)
{
    const struct dataset_options o = wanted(&by_name, "first");

    (void)state;
    table_assert_text_refused(o, "y,a,b,d\n1,2,3,4\n", "missing \"c\"; unknown \"d\"");
    table_assert_text_refused(o, "y,a,b\n1,2,3\n", "of the training: missing \"c\"; columns");
    table_assert_text_refused(o, "y,a,b,c,e,d\n1,2,3,4,5,6\n", "training: unknown \"e\", \"d\";");
    table_assert_text_refused(o, "t,a,b,c\n1,2,3,4\n", "missing \"y\"; unknown \"t\"");
    table_assert_text_refused(o, "y,A,b,c\n1,2,3,4\n", "missing \"a\"; unknown \"A\"");
    table_assert_text_refused(o, "0.5,1,2,3\n1,2,3,4\n", "missing \"y\", \"a\", \"b\", \"c\"");
    table_assert_text_refused(o, "a,b,c,y,q,r,s,t,u,v,w,x,z,q2\n1,2,3,4,5,6,7,8,9,1,2,3,4,5\n",
                              "\"x\" and 2 more");
}

static void the_label_may_lack_where_that_is_said(void **state)
{
    static const struct dataset_columns said = {NAMES, false, false};
    struct dataset *d;

    (void)state;
    table_text("t.dat", "c,a,b\n3,1,2\n-4.5,-1.5,-3\n");
    d = table_opened(wanted(&optional, "first"), "t.dat");
    assert_abc(d);
    assert_string_equal(dataset_name(d, 3), "");
    assert_true(d->y[0] == 0 && d->y[1] == 0);
    dataset_close(d);

    table_text("t.dat", "c,y,a,b\n3,7,1,2\n-4.5,8,-1.5,-3\n");
    d = table_opened(wanted(&optional, "none"), "t.dat");
    assert_abc(d);
    assert_true(d->y[0] == 7);
    dataset_close(d);

    /* Another label, by its name or its place: the features stay those by name. */
    table_text("t.dat", "c,a,truth,b\n3,1,9,2\n-4.5,-1.5,6,-3\n");
    d = table_opened(wanted(&said, "truth"), "t.dat");
    assert_abc(d);
    assert_true(d->y[1] == 6);
    dataset_close(d);
    table_text("t.dat", "c,a,b,truth\n3,1,2,9\n-4.5,-1.5,-3,6\n");
    d = table_opened(wanted(&said, "last"), "t.dat");
    assert_abc(d);
    assert_true(d->y[0] == 9);
    dataset_close(d);
    table_assert_refused(wanted(&said, "none"), "t.dat", "unknown \"truth\"");
}

static void names_that_several_columns_have_must_keep_their_order(void **state)
{
    static const uint64_t twice_at[] = {0, 2, 4, 6};
    static const struct dataset_columns twice = {{3, twice_at, "a\0a\0b\0y"}, true, false};
    struct dataset *d;

    (void)state;
    table_text("t.dat", "a,a,y,b\n1,2,7,3\n");
    d = table_opened(wanted(&twice, "first"), "t.dat");
    assert_true(table_x(d, 0, 1) == 2 && d->y[0] == 7);
    dataset_close(d);
    table_assert_text_refused(wanted(&twice, "first"), "a,b,a,y\n1,2,3,7\n",
                              "several columns are named \"a\"");
    table_assert_text_refused(wanted(&by_name, "first"), "b,a,c,c,y\n1,2,3,4,7\n",
                              "several columns are named \"c\"");
    table_assert_text_refused(wanted(&by_name, "first"), "b,a,c,y,y\n1,2,3,4,7\n",
                              "2 columns named \"y\"; the label must be one");
}

static void what_is_wrong_is_told_by_the_place_in_the_file(void **state)
{
    (void)state;
    table_assert_text_refused(wanted(&by_name, "first"), "c,y,a,b\n3,7,1,2\n3,7,x,2\n",
                              "line 3, column 3 (a): \"x\"");
    table_assert_text_refused(wanted(&by_name, "first"), "c,y,a,b\n3,7,1,2\n3,7,1\n",
                              "line 3 has 3 columns");
    table_assert_text_refused(wanted(&by_name, "first"), "c,y,a,b\n3,,1,2\n", "column 2 (y)");
    table_assert_text_refused(wanted(&by_name, "first"), "c,y,a,b\n3,7,,2\n", "column 3 (a)");
}

static void without_a_header_columns_are_taken_as_they_stand(void **state)
{
    struct dataset_options o = wanted(&by_name, "last");
    struct dataset *d;

    (void)state;
    o.has_header = false;
    table_text("t.dat", "1,2,3,7\n-1.5,-3,-4.5,8\n");
    d = table_opened(o, "t.dat");
    assert_true(table_x(d, 1, 2) == -4.5 && d->y[0] == 7);
    assert_null(dataset_name(d, 0));
    dataset_close(d);
    o.has_header = true;
    o.format = DATASET_LIBSVM;
    table_text("t.dat", "7 1:1 3:3\n");
    d = table_opened(o, "t.dat");
    assert_int_equal(d->features, 3);
    dataset_close(d);
}

/* One file in the cache for a table in the order that is wanted, asked for or not. */
static void a_table_in_order_is_the_one_that_is_cached_already(void **state)
{
    const struct dataset_options plain = {.label = "last", .has_header = true};
    struct dataset *a, *b;
    struct dtq_why why;

    (void)state;
    table_text("one.dat", "a,b,c,y\n1,2,3,7\n-1.5,-3,-4.5,8\n");
    assert_int_equal(table_open_with(plain, "one.dat", true, &a, &why), DTQ_OK);
    assert_int_equal(table_open_with(wanted(&by_name, "last"), "one.dat", true, &b, &why), DTQ_OK);
    assert_true(dataset_is_same(a, b));
    dataset_close(b);
    assert_int_equal(table_open_with(wanted(&by_name, "none"), "one.dat", true, &b, &why), DTQ_OK);
    assert_abc(b);
    assert_true(b->y[0] == 7);
    dataset_close(b);
    dataset_close(a);
}

/* --- empty cells that are kept ---------------------------------------------------------------- */

static void empty_cells_are_kept_as_places_and_filled_in_later(void **state)
{
    static const double fill[] = {0.25, 300, -7};
    struct dataset_options o = {.label = "y", .has_header = true, .missing = DATASET_KEEP};
    struct dataset *kept, *filled;

    (void)state;
    table_text("t.dat", "a,b,y,c\n1,,7,3\n,200,8,\n5,6,9,7\n");
    kept = table_opened(o, "t.dat");
    assert_int_equal(kept->type, DATASET_U8);
    assert_int_equal(kept->absent_count, 3);
    assert_true(kept->absent[0] == 1 && kept->absent[1] == 3 && kept->absent[2] == 5);
    assert_true(table_x(kept, 0, 1) == 0 && table_x(kept, 1, 1) == 200);
    assert_int_equal(kept->missing[1], 1);

    o.fill = fill;
    o.fill_count = 3;
    filled = table_opened(o, "t.dat");
    assert_int_equal(filled->type, DATASET_F32);
    assert_int_equal(filled->absent_count, 0);
    assert_true(table_x(filled, 0, 1) == 300 && table_x(filled, 1, 0) == 0.25 &&
                table_x(filled, 1, 2) == -7 && table_x(filled, 2, 1) == 6);
    assert_true(filled->digest == kept->digest); /* the same file */
    dataset_close(filled);

    /* Other values are another table, of the same file. */
    o.fill = (const double[]){1, 2, 3};
    filled = table_opened(o, "t.dat");
    assert_int_equal(filled->type, DATASET_U8);
    assert_true(table_x(filled, 0, 1) == 2);
    dataset_close(filled);
    dataset_close(kept);

    /* Whether cells were empty or 0 makes two files. */
    table_text("t.dat", "a,b,y,c\n1,0,7,3\n,200,8,\n5,6,9,7\n");
    o.fill = NULL;
    filled = table_opened(o, "t.dat");
    assert_int_equal(filled->absent_count, 2);
    dataset_close(filled);
    o.fill = fill;
    o.fill_count = 2;
    table_assert_refused(o, "t.dat", "has 3 features, but there are 2 values");
}

static void values_follow_their_columns_by_name(void **state)
{
    static const double fill[] = {10, 20, 30};
    struct dataset_options o = wanted(&by_name, "first");
    struct dataset *d;

    (void)state;
    o.missing = DATASET_KEEP;
    o.fill = fill;
    o.fill_count = 3;
    table_text("t.dat", "c,y,a,b\n,7,1,\n3,8,,2\n");
    d = table_opened(o, "t.dat");
    assert_true(table_x(d, 0, 0) == 1 && table_x(d, 0, 1) == 20 && table_x(d, 0, 2) == 30);
    assert_true(table_x(d, 1, 0) == 10 && table_x(d, 1, 1) == 2 && table_x(d, 1, 2) == 3);
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_brought_into_the_order_that_is_wanted),
        cmocka_unit_test(names_that_are_missing_or_unknown_are_both_told),
        cmocka_unit_test(the_label_may_lack_where_that_is_said),
        cmocka_unit_test(names_that_several_columns_have_must_keep_their_order),
        cmocka_unit_test(what_is_wrong_is_told_by_the_place_in_the_file),
        cmocka_unit_test(without_a_header_columns_are_taken_as_they_stand),
        cmocka_unit_test(a_table_in_order_is_the_one_that_is_cached_already),
        cmocka_unit_test(empty_cells_are_kept_as_places_and_filled_in_later),
        cmocka_unit_test(values_follow_their_columns_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
