/* test_cells.c: delimiters, empty cells and names of columns in delimited text, and the words for
 * options. */
#include "common/dataset/dataset.h"
#include "tests/support/table_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

static void delimiters_are_found_or_given(void **state)
{
    static const struct {
        const char *text;
        char delimiter;
    } cases[] = {
        {"7|1|2\n8|3|40\n", 0},       {"7 1 2\n8 3 40\n", 0},   {"  7  1 2 \r\n 8 3   40  \n", 0},
        {"7 \"1\" 2\n8\t 3 40\n", 0}, {"7:1:2\n8:3:40\n", ':'}, {"7x1x2\n8x 3 x40\n", 'x'},
        {"7,1,2\n8,3,40\n", ','},     {"7 1 2\n\n8 3 40", ' '},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct dataset_options options = {
            .label = "first", .delimiter = cases[i].delimiter, .format = DATASET_CSV};
        table_text("t.dat", cases[i].text);
        struct dataset *d = table_opened(options, "t.dat");
        assert_int_equal(d->features, 2);
        assert_memory_equal(d->x, "\1\2\3\50", 4);
        dataset_close(d);
    }
    const struct dataset_options tab = {.label = "first", .delimiter = '\t'};
    table_assert_text_refused(tab, "1,2\n", "divided by a tab, the delimiter given");
    const struct dataset_options bar = {.label = "first", .delimiter = '|'};
    table_assert_text_refused(bar, "1,2\n", "divided by '|', the delimiter given");
}

static void empty_cells_are_filled_in(void **state)
{
    const struct dataset_options zero = {.label = "y", .has_header = true, .missing = DATASET_ZERO};
    const struct dataset_options mean = {.label = "y", .has_header = true, .missing = DATASET_MEAN};
    (void)state;
    table_text("t.dat", "a,y,b\n1,7, \n\"\",8,2\n4,9,3\n,9,3\n");
    struct dataset *d = table_opened(zero, "t.dat");
    assert_int_equal(d->type, DATASET_U8);
    assert_memory_equal(d->x, "\1\0\0\2\4\3\0\3", 8);
    assert_int_equal(d->missing[0], 2);
    assert_int_equal(d->missing[1], 1);
    dataset_close(d);

    d = table_opened(mean, "t.dat");
    const double b = (2.0 + 3 + 3) / 3;
    assert_int_equal(d->type, DATASET_F64);
    assert_true(table_x(d, 0, 0) == 1 && table_x(d, 0, 1) == b);
    assert_true(table_x(d, 1, 0) == 2.5 && table_x(d, 1, 1) == 2);
    assert_true(table_x(d, 3, 0) == 2.5 && table_x(d, 3, 1) == 3);
    assert_int_equal(d->missing[0], 2);
    dataset_close(d);

    table_assert_text_refused(mean, "a,y\n1,\n", "line 2, column 2 (y): the label is empty");
    table_assert_text_refused(mean, "a,y\n,1\n,2\n",
                              "column 1 of the features has empty cells and no");
    const struct dataset_options refuse = {.label = "y", .has_header = true};
    table_assert_text_refused(refuse, "a,y\n,1\n",
                              "the cell is empty; give missing=mean or missing=zero");
}

static void words_stand_for_numbers_and_for_none(void **state)
{
    static const char *const words[] = {"NA",   "na",  "N/A",  "n/a",    "#N/A",   "<NA>",
                                        "nan",  "NaN", "-nan", "NULL",   "null",   "None",
                                        "none", "?",   "-",    "\"NA\"", "\" ? \""};
    const struct dataset_options zero = {.label = "y", .has_header = true, .missing = DATASET_ZERO};
    const struct dataset_options refuse = {.label = "y", .has_header = true};
    char text[100];
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        snprintf(text, sizeof text, "a,b,y\n1,%s,0\n%s , 3,1\r\n", words[i], words[i]);
        table_text("t.dat", text);
        struct dataset *d = table_opened(zero, "t.dat");
        assert_memory_equal(d->x, "\1\0\0\3", 4);
        assert_true(d->missing[0] == 1 && d->missing[1] == 1);
        dataset_close(d);
        table_assert_refused(refuse, "t.dat", "line 2, column 2 (b): the cell is \"");
    }
    table_text("t.dat", "a,b,y\nTrue,false,TRUE\n\"true\",3,False\n");
    struct dataset *d = table_opened(refuse, "t.dat");
    assert_memory_equal(d->x, "\1\0\1\3", 4);
    assert_true(d->y[0] == 1 && d->y[1] == 0);
    dataset_close(d);
    table_assert_text_refused(zero, "a,b,y\n1,NAN1,0\n", "\"NAN1\" is not a number");
    table_assert_text_refused(zero, "a,b,y\n1,truex,0\n", "\"truex\" is not a number");
    table_assert_text_refused(zero, "a,b,y\n1,--,0\n", "\"--\" is not a number");
    table_assert_text_refused(zero, "a,b,y\n1,2,NA\n",
                              "the label is \"NA\", which counts as missing");
    table_assert_text_refused(zero, "a,b,y\n1,-inf,1\n", "\"-inf\" is not finite");
}

/* A mean that needs another type than the cells, at every step up. */
static void a_mean_widens_what_it_must(void **state)
{
    static const struct {
        const char *text;
        enum dataset_type type;
        double first, mean;
    } cases[] = {
        {"1,3\n1,5\n1,\n", DATASET_U8, 3, 4},
        {"1,3\n1,4\n1,\n", DATASET_F32, 3, 3.5},
        {"1,-3\n1,-5\n1,\n", DATASET_I16, -3, -4},
        {"1,16777217\n1,16777218\n1,\n", DATASET_F64, 16777217, 16777217.5},
        {"1,100000\n1,100001\n1,\n", DATASET_F32, 100000, 100000.5},
        {"1,0.1\n1,0.2\n1,\n", DATASET_F64, 0.1, (0.1 + 0.2) / 2},
    };
    const struct dataset_options options = {.label = "first", .missing = DATASET_MEAN};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        table_text("t.dat", cases[i].text);
        struct dataset *d = table_opened(options, "t.dat");
        assert_int_equal(d->type, cases[i].type);
        assert_true(table_x(d, 0, 0) == cases[i].first);
        assert_true(table_x(d, 2, 0) == cases[i].mean);
        dataset_close(d);
    }
}

/* More than fits the memory of a store, so that what is filled in lies in its file. */
static void large_tables_are_filled_in_too(void **state)
{
    enum { ROWS = 40000, FEATURES = 12 };
    const struct dataset_options options = {.label = "last", .missing = DATASET_MEAN};
    char *text = malloc((ROWS * FEATURES + 1) * 8), *p = text;
    double sums[FEATURES] = {0};
    unsigned counts[FEATURES] = {0};
    (void)state;
    assert_non_null(text);
    for (unsigned r = 0; r < ROWS; r++) {
        for (unsigned j = 0; j < FEATURES; j++) {
            bool there = (r * 7 + j * 3) % 11 != 0;
            p += snprintf(p, 8, there ? "%u," : ",", (r * 31 + j) % 500);
            sums[j] += there ? (r * 31 + j) % 500 : 0;
            counts[j] += there;
        }
        p += snprintf(p, 8, "1\n");
    }
    table_write("t.dat", text, (size_t)(p - text));
    free(text);
    struct dataset *d = table_opened(options, "t.dat");
    for (unsigned r = 0; r < ROWS; r++)
        for (unsigned j = 0; j < FEATURES; j++) {
            bool there = (r * 7 + j * 3) % 11 != 0;
            assert_true(table_x(d, r, j) ==
                        (there ? (r * 31 + j) % 500 : sums[j] / (double)counts[j]));
        }
    for (unsigned j = 0; j < FEATURES; j++)
        assert_int_equal(d->missing[j], ROWS - counts[j]);
    dataset_close(d);
}

static void names_of_columns_are_kept(void **state)
{
    const struct dataset_options options = {.label = "y", .has_header = true};
    (void)state;
    table_text("t.dat", "\"a b\",y,c,\n1,2,3,4\n");
    struct dataset *d = table_opened(options, "t.dat");
    assert_string_equal(dataset_name(d, 0), "a b");
    assert_string_equal(dataset_name(d, 1), "c");
    assert_string_equal(dataset_name(d, 2), "");
    assert_string_equal(dataset_name(d, 3), "y");
    assert_null(dataset_name(d, 4));
    dataset_close(d);
}

static void words_become_options(void **state)
{
    enum dataset_format format;
    enum dataset_missing missing;
    char c;
    (void)state;
    assert_int_equal(dataset_read_format("LIBSVM", &format, &why), DTQ_OK);
    assert_int_equal(format, DATASET_LIBSVM);
    assert_int_equal(dataset_read_format(NULL, &format, &why), DTQ_OK);
    assert_int_equal(format, DATASET_AUTO);
    assert_int_equal(dataset_read_format("lib", &format, &why), DTQ_INPUT);
    assert_string_equal(why.text, "format=lib: one of auto csv idx libsvm was expected");
    assert_int_equal(dataset_read_missing("mean", &missing, &why), DTQ_OK);
    assert_int_equal(missing, DATASET_MEAN);
    assert_int_equal(dataset_read_missing("", &missing, &why), DTQ_INPUT);
    static const struct {
        const char *text;
        char c;
    } good[] = {{",", ','}, {"tab", '\t'}, {"\t", '\t'}, {"pipe", '|'}, {" ", ' '}, {"space", ' '}};
    static const char *const bad[] = {"", "ab", "1", "\n", "\"", "-", ".", "\x80", "e"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(dataset_read_delimiter(good[i].text, &c, &why), DTQ_OK);
        assert_int_equal(c, good[i].c);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(dataset_read_delimiter(bad[i], &c, &why), DTQ_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delimiters_are_found_or_given),
        cmocka_unit_test(empty_cells_are_filled_in),
        cmocka_unit_test(words_stand_for_numbers_and_for_none),
        cmocka_unit_test(a_mean_widens_what_it_must),
        cmocka_unit_test(large_tables_are_filled_in_too),
        cmocka_unit_test(names_of_columns_are_kept),
        cmocka_unit_test(words_become_options),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
