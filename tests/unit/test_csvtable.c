/* test_csvtable.c: logs that people have edited, read back. */
#include "common/table/csvtable.h"

#include "common/table/csvlog.h"
#include "tests/support/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;
static const char *const names[] = {"workers", "wallMs"};

static struct csvtable *read_text(const char *text)
{
    struct csvtable *t = NULL;

    scratch_write("t.csv", text);
    assert_int_equal(csvtable_read(scratch_path("t.csv"), names, 2, &t, &why), DTQ_OK);
    return t;
}

static void assert_row(const struct csvtable *t, size_t row, size_t line, const char *a,
                       const char *b)
{
    assert_true(row < t->rows);
    assert_int_equal(t->lines[row], line);
    assert_string_equal(t->cells[row * 2], a);
    assert_string_equal(t->cells[row * 2 + 1], b);
}

static void columns_are_found_by_name_in_the_order_asked_for(void **state)
{
    struct csvtable *t = read_text("timestamp,wallMs,jobId,Workers\n1,12.5,J1,4\n2,13,J2,8\n");

    (void)state;
    assert_int_equal(t->rows, 2);
    assert_row(t, 0, 2, "4", "12.5");
    assert_row(t, 1, 3, "8", "13");
    assert_int_equal(t->skipped, 0);
    csvtable_free(t);
}

static void quotes_blanks_and_line_ends_of_spreadsheets_are_read(void **state)
{
    struct csvtable *t = read_text(
        "\xef\xbb\xbf\"workers\", wallMs ,x\r\n \"4\" ,\"a \"\"b\"\", c\",\r\n"
        "\r\n  \n5,  6 7  ,\"\"");

    (void)state;
    assert_int_equal(t->rows, 2);
    assert_row(t, 0, 2, "4", "a \"b\", c");
    assert_row(t, 1, 5, "5", "6 7");
    assert_int_equal(t->skipped, 0);
    csvtable_free(t);
}

static void a_bad_line_is_left_out_with_a_warning(void **state)
{
    struct csvtable *t = read_text("workers,wallMs\n1,2\n3\n4,5,6\n\"7,8\n\"9\"x,1\n"
                                   "workers,wallMs\n9,10\n");
    static const char *const expected[] = {
        "1 cell, expected 2", "3 cells, expected 2", "a quote that does not end with its cell",
        "a quote that does not end with its cell", "the header again"};
    (void)state;
    assert_int_equal(t->rows, 2);
    assert_row(t, 0, 2, "1", "2");
    assert_row(t, 1, 8, "9", "10");
    assert_int_equal(t->skipped, 5);
    assert_int_equal(t->warnings_kept, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(t->warnings[i].line, i + 3);
        assert_string_equal(t->warnings[i].text, expected[i]);
    }
    csvtable_free(t);
}

static void a_nul_byte_spoils_its_line_only(void **state)
{
    static const char text[] = "workers,wallMs\n1,2\n3,\0"
                               "4\n5,6\n";
    FILE *f = fopen(scratch_path("nul.csv"), "wb");
    struct csvtable *t;

    (void)state;
    assert_non_null(f);
    fwrite(text, 1, sizeof text - 1, f);
    fclose(f);
    assert_int_equal(csvtable_read(scratch_path("nul.csv"), names, 2, &t, &why), DTQ_OK);
    assert_int_equal(t->rows, 2);
    assert_row(t, 1, 4, "5", "6");
    assert_int_equal(t->warnings[0].line, 3);
    csvtable_free(t);
}

static void many_bad_lines_are_counted_but_not_all_kept(void **state)
{
    char text[2000] = "workers,wallMs\n";
    struct csvtable *t;

    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(text, "bad\n");
    t = read_text(text);
    assert_int_equal(t->rows, 0);
    assert_int_equal(t->skipped, 100);
    assert_int_equal(t->warnings_kept, CSVTABLE_WARNINGS);
    csvtable_free(t);
}

static void a_header_alone_is_an_empty_table(void **state)
{
    struct csvtable *t = read_text("workers,wallMs\n");

    (void)state;
    assert_int_equal(t->rows, 0);
    csvtable_free(t);
}

static void what_was_logged_is_read_back(void **state)
{
    static const char *const cells[] = {" 4, \"or\" 5", "x"};
    struct csvtable *t;

    (void)state;
    assert_int_equal(csvlog_append(scratch_path("log.csv"), names, cells, 2, &why), DTQ_OK);
    assert_int_equal(csvtable_read(scratch_path("log.csv"), names, 2, &t, &why), DTQ_OK);
    assert_row(t, 0, 2, " 4, \"or\" 5", "x");
    csvtable_free(t);
}

static void what_cannot_be_read_is_told_with_the_path(void **state)
{
    static const struct {
        const char *text, *sentence;
    } rows[] = {{"", "is empty"},
                {"\n\n", "is empty"},
                {"workers,ms\n1,2\n", "no column \"wallMs\"; its header is \"workers,ms\""},
                {"\"workers,wallMs\n1,2\n", "no column \"workers\""}};
    struct csvtable *t = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scratch_write("t.csv", rows[i].text);
        assert_int_equal(csvtable_read(scratch_path("t.csv"), names, 2, &t, &why), DTQ_INPUT);
        assert_non_null(strstr(why.text, "t.csv"));
        assert_non_null(strstr(why.text, rows[i].sentence));
    }
    assert_int_equal(csvtable_read(scratch_path("missing"), names, 2, &t, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "missing: No such file"));
    assert_int_equal(csvtable_read(scratch_path(""), names, 2, &t, &why), DTQ_INPUT);
    assert_int_equal(csvtable_read("/dev/zero", names, 2, &t, &why), DTQ_INPUT);
    assert_int_equal(csvtable_read(scratch_path("t.csv"), names, 0, &t, &why), DTQ_INPUT);
    assert_null(t);
    csvtable_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name_in_the_order_asked_for),
        cmocka_unit_test(quotes_blanks_and_line_ends_of_spreadsheets_are_read),
        cmocka_unit_test(a_bad_line_is_left_out_with_a_warning),
        cmocka_unit_test(a_nul_byte_spoils_its_line_only),
        cmocka_unit_test(many_bad_lines_are_counted_but_not_all_kept),
        cmocka_unit_test(a_header_alone_is_an_empty_table),
        cmocka_unit_test(what_was_logged_is_read_back),
        cmocka_unit_test(what_cannot_be_read_is_told_with_the_path),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
