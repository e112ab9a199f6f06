/* test_ignore.c: columns that are left out, and those that should be. */
#include "common/dataset/dataset.h"
#include "tests/support/table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct dataset_options named(const char *label, const char *ignore)
{
    return (struct dataset_options){.label = label, .has_header = true, .ignore = ignore};
}

/* The features are a and b, 1 2 and 3 40; the labels 7 and 8. */
static void assert_small(const char *text, struct dataset_options options)
{
    table_text("t.csv", text);
    struct dataset *d = table_opened(options, "t.csv");
    assert_int_equal(d->rows, 2);
    assert_int_equal(d->features, 2);
    assert_int_equal(d->type, DATASET_U8);
    assert_memory_equal(d->x, "\1\2\3\50", 4);
    assert_true(d->y[0] == 7 && d->y[1] == 8);
    if (options.has_header) {
        assert_string_equal(dataset_name(d, 0), "a");
        assert_string_equal(dataset_name(d, 1), "b");
        assert_string_equal(dataset_name(d, 2), "y");
    }
    dataset_close(d);
}

static void columns_are_left_out_wherever_they_are(void **state)
{
    const struct dataset_options numbers = {.label = "first", .ignore = "2"};
    const struct dataset_options outer = {.label = "last", .ignore = "1,4,6"};
    (void)state;
    assert_small("id,a,b,y\n100,1,2,7\n101,3,40,8\n", named("y", "id"));
    assert_small("id,a,b,y\n100,1,2,7\n101,3,40,8\n", named("last", "1"));
    assert_small("y,a,b,id\n7,1,2,x\n8,3,40,\n", named("y", "id"));
    assert_small("a,id,y,id,b\n1,x,7,y,2\n3,x,8,,40\r\n", named("y", "id"));
    assert_small("a,p,q,y,r,b,s\n1,x,\"\",7,NaN,2,-\n3,x,\"\",8,1e999,40,\"-\"\n",
                 named("y", "p, q ,5,s"));
    assert_small("a;\"p,q\";y;b\n1;x;7;2\n3;x;8;40\n", named("y", "p,q"));
    assert_small("y,\"Name\",a,b\n7,\"Smith, \"\"Al\"\"\",1,2\n8,\"two\nlines\r\nor three\",3,40\n",
                 named("y", "Name"));
    assert_small("7,x y,1,2\n8,,3,40\n", numbers);
    assert_small("x,1,2,x,7,\n,3,40,x,8,\n", outer);
    assert_small(",y,a,b\n0,7,1,2\n1,8,3,40\n", named("first", "1"));
    assert_small("a,b,y,\n1,2,7,\n3,40,8,x\n", named("last", "4"));
    assert_small("y,3,a,b\n7,x,1,2\n8,x,3,40\n", named("y", "3")); /* a name before a number */
    assert_small(",a,b,y\n0,1,2,7\n1,3,40,8\n", named("y", "1"));
}

/* Long cells of several lines, over the edges of blocks. */
static void long_cells_are_passed_over(void **state)
{
    enum { ROWS = 60, CELL = 20000 };
    static char text[ROWS * (CELL + 40)];
    size_t used = 0;
    (void)state;
    used += (size_t)snprintf(text, sizeof text, "y,text,a\n");
    for (int r = 0; r < ROWS; r++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%d,\"", r % 2);
        for (int i = 0; i < CELL - r; i++)
            text[used++] = "a,\n;"[(i * 7 + r) % 4];
        used += (size_t)snprintf(text + used, sizeof text - used, "\",%d\n", r);
    }
    table_write("t.csv", text, used);
    struct dataset *d = table_opened(named("y", "text"), "t.csv");
    assert_int_equal(d->rows, ROWS);
    for (int r = 0; r < ROWS; r++)
        assert_true(table_x(d, (uint64_t)r, 0) == r && d->y[r] == r % 2);
    dataset_close(d);
}

static void lines_are_counted_within_cells_too(void **state)
{
    (void)state;
    table_assert_text_refused(named("y", "t"), "y,t,a\n1,\"p\n\nq\",2\n1,x,3\n0,\"r\",z\n",
                              "line 6, column 3 (a): \"z\" is not a number");
    table_assert_text_refused(named("y", "t"), "y,t,a\n1,\"p\n\nq\",2\n1,\"x,3\n0,r,1\n",
                              "line 5, column 2 (t): the quote of \"x,3 is not closed");
    table_assert_text_refused(named("y", "t"), "y,t,a\n1,\"p\nq\",2\n1,x\n",
                              "line 4 has 2 columns");
}

static void what_cannot_be_left_out_is_said(void **state)
{
    static const char text[] = "id,a,y\n1,2,3\n";
    struct dataset_options options = {.label = "first", .ignore = "4"};
    (void)state;
    table_assert_text_refused(named("y", "idd"), text, "ignore=idd: t.dat has no such column");
    table_assert_text_refused(named("y", "id,0"), text, "ignore=0: t.dat has no such column");
    table_assert_text_refused(named("y", "id,"), text, "ignore=: t.dat has no such column");
    table_assert_text_refused(named("y", "4"), text, "ignore=4: t.dat has no such column");
    table_assert_text_refused(named("y", "y"), text, "column 3 of t.dat is the label");
    table_assert_text_refused(named("y", "id,a"), text, "ignore=id,a leaves no feature");
    table_assert_text_refused(named("last", "1,2,3"), text, "column 3 of t.dat is the label");
    table_assert_text_refused(options, "1,2,3\n", "t.dat has 3 columns and no names");
    options = (struct dataset_options){.format = DATASET_LIBSVM, .ignore = "1"};
    table_assert_text_refused(options, "1 1:2\n", "ignore=1: t.dat is not a CSV file");
}

static void words_suggest_what_to_leave_out(void **state)
{
    (void)state;
    table_assert_text_refused(named("y", NULL), "id,name,y,sex,a\n1,Al,0,m,2\n",
                              "leave such columns out with ignore=name,sex");
    table_assert_text_refused(named("y", "name"), "id,name,y,\"a,b\",a\n1,Al,0,m,2\n",
                              "leave such columns out with ignore=4");
}

static void an_index_is_not_taken_for_a_feature(void **state)
{
    static const char said[] = "t.dat: column 1 has no name and holds whole numbers alone";
    (void)state;
    table_assert_text_refused(named("y", NULL), ",a,b,y\n0,1,2,7\n1,3,40,8\n", said);
    table_assert_text_refused(named("y", NULL), "\"\",\"a\",\"y\"\n\"1\",5,7\n\"2\",3,8\n", said);
    table_assert_text_refused(named("y", NULL), ",a,y\n523,5,7\n17,3,8\n", "ignore=1");
    table_assert_text_refused(named("y", NULL), "Unnamed: 0,a,y\n0,5,7\n1,3,8\n",
                              "column 1 has no name");
    table_text("t.csv", ",a,y\n0,5,7\n1.5,3,8\n"); /* measurements */
    dataset_close(table_opened(named("y", NULL), "t.csv"));
    table_text("t.csv", ",,y\n0,5,7\n1,3,8\n"); /* a file whose names are not all there */
    dataset_close(table_opened(named("y", NULL), "t.csv"));
    table_text("t.csv", "i,a,y\n0,5,7\n1,3,8\n");
    dataset_close(table_opened(named("y", NULL), "t.csv"));
}

/* Of columns that are matched by name. */
static void ignored_columns_need_not_be_known(void **state)
{
    static const uint64_t at[] = {0, 2, 4};
    static const struct dataset_columns columns = {{2, at, "a\0b\0y"}, true, false};
    struct dataset_options options = named("y", "id");
    (void)state;
    options.columns = &columns;
    assert_small("id,a,b,y\n100,1,2,7\n101,3,40,8\n", options);
    assert_small("b,y,id,a\n2,7,\"x\ny\",1\n40,8,z,3\n", options);
    assert_small("b,y,a\n2,7,1\n40,8,3\n", options); /* nor be there */
    options.ignore = NULL;
    table_assert_text_refused(options, "id,a,b,y\n100,1,2,7\n",
                              "unknown \"id\"; columns are matched "
                              "by name, and ignore= leaves out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_left_out_wherever_they_are),
        cmocka_unit_test(long_cells_are_passed_over),
        cmocka_unit_test(lines_are_counted_within_cells_too),
        cmocka_unit_test(what_cannot_be_left_out_is_said),
        cmocka_unit_test(words_suggest_what_to_leave_out),
        cmocka_unit_test(an_index_is_not_taken_for_a_feature),
        cmocka_unit_test(ignored_columns_need_not_be_known),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
