/* test_csv.c: what text makes which table, and which sentence where it makes none. */
#include "common/dataset/dataset.h"
#include "tests/support/rounds.h"
#include "tests/support/table_file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CELL = 32 }; /* more than any cell that is printed here has */

static struct dtq_why why;

static struct dataset *open_text(const char *text, const char *label, bool has_header)
{
    struct dataset *d = NULL;
    table_text("t.csv", text);
    enum dtq_err err = table_open("t.csv", label, has_header, false, &d, &why);
    if (err != DTQ_OK) fail_msg("%s", why.text);
    assert_false(d->mapped);
    assert_int_equal((uintptr_t)d->x % 64, 0);
    return d;
}

/* The table is (2, 2) with the features 1 2 and 3 40, and the labels 7 and 8. */
static void assert_small(const char *text, const char *label, bool has_header)
{
    struct dataset *d = open_text(text, label, has_header);
    assert_int_equal(d->rows, 2);
    assert_int_equal(d->features, 2);
    assert_int_equal(d->type, DATASET_U8);
    assert_memory_equal(d->x, "\1\2\3\50", 4);
    assert_true(d->y[0] == 7 && d->y[1] == 8);
    dataset_close(d);
}

static void every_dialect_gives_the_same_table(void **state)
{
    (void)state;
    assert_small("7,1,2\n8,3,40\n", "first", false);
    assert_small("7,1,2\n8,3,40", "first", false);
    assert_small("7,1,2\r\n8,3,40\r\n", "first", false);
    assert_small("7,1,2\r\n8,3,40\r", "first", false);
    assert_small("7,1,2\r8,3,40\r", "first", false);
    assert_small("7,1,2\r8,3,40", "first", false);
    assert_small("\r7,1,2\r\r8,3,40\n", "first", false);
    assert_small("7,1,2\r8,3,40\r\n", "first", false);
    assert_small("7,1,2\r\r\n8,3,40\r\r\n\r\r\n", "first", false);
    assert_small("7 1 2\r\r\n8 3 40 \r\r\n", "first", false);
    assert_small("a,\"b\rc\",d\r7,1,2\r8,3,40\r", "first", true);
    assert_small("a,\"b\rc\",d\n7,1,2\n8,3,40\n", "first", true);
    assert_small("a,\"b \"\"c\"\"\r\n\r\nd\",e\r\n7,1,2\r\n8,3,40\r\n", "first", true);
    assert_small("7;1;2\n8;3;40\n", "first", false);
    assert_small("7\t1\t2\n8\t3\t40\n", "first", false);
    assert_small("7\t1 \t2\n8\t 3\t40\n", "first", false);
    assert_small("\xef\xbb\xbf"
                 "7,1,2\n8,3,40\n",
                 "first", false);
    assert_small(" 7 , 1,\t2\n8,3 ,\t40 \n", "first", false);
    assert_small("\"7\",\"1\",\"2\"\n8, \" 3 \" ,\"40\"\r\n", "first", false);
    assert_small("\n\n7,1,2\n  \n\r\n8,3,40\n\n", "first", false);
    assert_small("7,001,2.0\n8,+3,4e1\n", "first", false);
}

static void ends_of_lines_are_found_however_far_they_are(void **state)
{
    static const char *const ends[] = {"\n", "\r", "\r\n", "\r\r\n"};
    enum { FEATURES = 200000, BLOCK = 1 << 18 };
    char *text = malloc(FEATURES * 8 + BLOCK);
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        for (size_t shift = 0; shift < 5; shift++) { /* an end of a line on the edge of a block */
            size_t used = 0;
            used += (size_t)sprintf(text, "\"%*s\",b%s", (int)(BLOCK + 16384 - 6 - shift), "",
                                    ends[i]);
            for (size_t row = 0; row < 3; row++)
                used += (size_t)sprintf(text + used, "%zu,7%s", row, ends[i]);
            struct dataset *d = open_text(text, "b", true);
            assert_int_equal(d->rows, 3);
            assert_true(table_x(d, 2, 0) == 2);
            dataset_close(d);
        }
    free(text);
}

static void names_are_fit_for_json_and_terminals(void **state)
{
    struct dataset *d = open_text(
        "gr\xf6\xdf,\x1b[31mred,\"a \"\"b\"\"\nc\",\xd0\xa1\x07,y\n1,2,3,4,0\n", "y", true);
    (void)state;
    assert_string_equal(dataset_name(d, 0), "gr\xef\xbf\xbd\xef\xbf\xbd");
    assert_string_equal(dataset_name(d, 1), "[31mred");
    assert_string_equal(dataset_name(d, 2), "a \"b\" c");
    assert_string_equal(dataset_name(d, 3), "\xd0\xa1");
    dataset_close(d);
}

static void the_label_may_stand_anywhere(void **state)
{
    (void)state;
    assert_small("1,2,7\n3,40,8\n", "last", false);
    assert_small("a,b,c\n1,2,7\n3,40,8\n", "last", true);
    assert_small("a,b,c\n1,2,7\n3,40,8\n", "c", true);
    assert_small("a,b,c\n1,7,2\n3,8,40\n", "b", true);
    assert_small("\"x, y\", b ,c\r\n7,1,2\r\n8,3,40\r\n", "x, y", true);
    assert_small("\xef\xbb\xbf"
                 "y,b,c\n7,1,2\n8,3,40\n",
                 "y", true);
}

static void the_type_is_the_narrowest_that_loses_nothing(void **state)
{
    static const struct {
        const char *text;
        enum dataset_type type;
        double last;
    } cases[] = {
        {"0,1,255\n0,0,0\n", DATASET_U8, 255},
        {"0,1,256\n0,0,0\n", DATASET_I16, 256},
        {"0,1,-1\n0,0,0\n", DATASET_I16, -1},
        {"0,-32768,32767\n0,0,0\n", DATASET_I16, 32767},
        {"0,1,32768\n0,0,0\n", DATASET_I32, 32768},
        {"0,300,-2147483648\n0,0,0\n", DATASET_I32, -2147483648.0},
        {"0,1,0.5\n0,0,0\n", DATASET_F32, 0.5},
        {"0,1,-0\n0,0,0\n", DATASET_F32, -0.0},
        {"0,1,2147483648\n0,0,0\n", DATASET_F32, 2147483648.0},
        {"0,16777216,0.5\n0,0,0\n", DATASET_F32, 0.5},
        {"0,16777217,0.5\n0,0,0\n", DATASET_F64, 0.5},
        {"0,1,0.1\n0,0,0\n", DATASET_F64, 0.1},
        {"0,0.5,1e150\n0,0,0\n", DATASET_F64, 1e150},
        {"0,-0.0,0.1\n0,0,0\n", DATASET_F64, 0.1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dataset *d = open_text(cases[i].text, "first", false);
        double last = table_x(d, 0, 1);
        assert_int_equal(d->type, cases[i].type);
        assert_memory_equal(&last, &cases[i].last, sizeof last);
        dataset_close(d);
    }
}

/* Values of one width after another, so that the matrix is moved four times. */
static double staircase(size_t i, size_t count)
{
    static const double steps[] = {1, 100, 30000, 0.5, 0.1};
    return (double)(i % 97) * steps[i * 5 / count];
}

static void widening_keeps_every_value(void **state)
{
    enum { ROWS = 500, FEATURES = 41, COUNT = ROWS * FEATURES };
    char *text = malloc(COUNT * 24 + ROWS * 24 + CELL), *p = text;
    (void)state;
    assert_non_null(text);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t j = 0; j < FEATURES; j++)
            p += snprintf(p, CELL, "%.17g,", staircase(r * FEATURES + j, COUNT));
        p += snprintf(p, CELL, "%zu.25\n", r);
    }
    struct dataset *d = open_text(text, "last", false);
    assert_int_equal(d->type, DATASET_F64);
    assert_int_equal(d->rows, ROWS);
    for (size_t r = 0; r < ROWS; r++) {
        assert_true(d->y[r] == (double)r + 0.25);
        for (size_t j = 0; j < FEATURES; j++)
            assert_true(table_x(d, r, j) == staircase(r * FEATURES + j, COUNT));
    }
    dataset_close(d);
    free(text);
}

/* Bytes with runs of zeros of every length, and the label behind so many of the features. */
static void bytes(size_t rows, size_t features, size_t label)
{
    size_t count = rows * features;
    unsigned char *values = malloc(count);
    char *text = malloc(count * 4 + rows * 8 + features * 2 + CELL), *p = text;
    uint64_t s = 88172645463325252u;
    assert_true(values && text);
    for (size_t i = 0; i < count; i++) {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        values[i] = i / 64 % 3 == 0 ? (unsigned char)(s >> 56)
                    : s % 9         ? 0
                                    : (unsigned char)(s >> 48);
    }
    for (size_t j = 0; j <= features; j++)
        p += snprintf(p, CELL, "%s%s", j ? "," : "", j == label ? "y" : "x");
    for (size_t r = 0; r < rows; r++) {
        const unsigned char *value = values + r * features;
        p += snprintf(p, CELL, r % 2 ? "\n" : "\r\n");
        for (size_t j = 0; j <= features; j++)
            p += snprintf(p, CELL, "%s%d", j ? "," : "",
                          j == label ? (int)(r % 10) : value[j - (j > label)]);
    }
    struct dataset *d = open_text(text, "y", true);
    assert_int_equal(d->rows, rows);
    assert_int_equal(d->features, features);
    assert_int_equal(d->type, DATASET_U8);
    assert_memory_equal(d->x, values, count);
    for (size_t r = 0; r < rows; r++)
        assert_true(d->y[r] == (double)(r % 10));
    dataset_close(d);
    free(text);
    free(values);
}

static void tables_of_bytes_of_any_shape_are_read(void **state)
{
    (void)state;
    for (size_t features = 1; features < 80; features++)
        for (size_t label = 0; label <= features; label += (features + 1) / 2)
            bytes(7, features, label);
    bytes(1500, 784, 0); /* the text is longer than a block of it */
    bytes(1500, 784, 784);
    bytes(1500, 784, 300);
    bytes(100000, 2, 1);
    bytes(3, 400000, 0); /* so is a line */
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    static const struct {
        const char *text, *label;
        bool has_header;
        const char *said; /* parts divided by '|' */
    } cases[] = {
        {"", "first", false, "t.csv is empty"},
        {"\n \r\n\n", "first", false, "t.csv is empty"},
        {"a,b\n", "first", true, "t.csv has a line of names and no rows"},
        {"1\n2\n", "first", false, "t.csv line 1 has one column|comma"},
        {"\"a,b\nc\"\n", "first", true, "t.csv line 1 has one column"},
        {"1,2,3\n4\n", "first", false, "t.csv line 2 has 1 column and line 1 has 3"},
        {"1,2,3\n4,5\n", "first", false, "t.csv line 2 has 2 columns and line 1 has 3"},
        {"a,b,c\n\n1,2,3\n4,5,6,7\n", "first", true, "t.csv line 4 has 4 columns and line 1 has 3"},
        {"1,2,3\n4,5,6,\n", "first", false, "line 2 has 4 columns"},
        {"l,pixel0,pixel2\n1,2,3\n4,5,abc\n", "l", true,
         "t.csv line 3, column 3 (pixel2): \"abc\" is not a number|ignore=pixel2"},
        {"1,2,3\n4,,6\n", "first", false, "t.csv line 2, column 2: the cell is empty"},
        {"1,2,3\n4,\"\",6\n", "first", false, "t.csv line 2, column 2: the cell is empty"},
        {"1,2,3\n4,5,\n", "first", false, "t.csv line 2, column 3: the cell is empty"},
        {"1,2,3\n4,5, NaN \n", "first", false,
         "line 2, column 3: the cell is \"NaN\", which counts as missing|missing=mean or"},
        {"1,2,3\n4,-inf,3\n", "first", false, "line 2, column 2: \"-inf\" is not finite"},
        {"1,2,3\nnan,5,3\n", "first", false,
         "line 2, column 1: the label is \"nan\"|remove the row"},
        {"1,2,3\n,5,3\n", "first", false, "line 2, column 1: the label is empty|remove the row"},
        {"a,b,c\n4,N/A,3\n", "a", true, "line 2, column 2 (b): the cell is \"N/A\"|missing=zero"},
        {"1,2,3\n4,1e999,3\n", "first", false, "line 2, column 2: 1e999 is out of range"},
        {"1,2,3\n1e160,3,3\n", "first", false, "line 2, column 1: 1e160 is out of range|1e+150"},
        {"1,2,3\n4,-1.1e150,3\n", "first", false, "line 2, column 2: -1.1e150 is out of range"},
        {"1,2,3\n4,0x10,3\n", "first", false, "line 2, column 2: \"0x10\" is not a number"},
        {"1,2,3\n4,1 2,3\n", "first", false, "line 2, column 2: \"1 2\" is not a number"},
        {"1,2,3\nyes,2,3\n", "first", false, "the label \"yes\" is not a number|0 and 1"},
        {"1,2,3\n4,\"5,6\n", "first", false, "line 2, column 2: the quote of \"5,6 is not closed"},
        {"1,2\n4,\"5\n", "first", false, "line 2, column 2|not closed"},
        {"1,2\n3,4\n5,\"6\n7,8\n", "first", false, "line 3, column 2: the quote of \"6 is not"},
        {"\"a,b\n1,2\n", "first", true, "t.csv line 1, column 1: the quote of \"a,b is not closed"},
        {"a,\"b\n1,2\n", "first", true, "t.csv line 1, column 2: the quote of \"b is not closed"},
        {"y,a,b\n1,\"M, \"\"B\"\"\",3\n", "y", true,
         "line 2, column 2 (a): \"M, \"\"B\"\"\" is not a number"},
        {"y,a,b\n1,2,3\n1,\"M\nN\",3\n", "y", true, "line 3, column 2 (a): \"M N\" is not a"},
        {"y,\"a\nb\"\n1,2\n1,x\n", "y", true, "line 4, column 2 (a b): \"x\" is not a number"},
        {"1,2\r\n3,4\r5,6\r\n", "first", false,
         "t.csv line 2: there is a carriage return (CR) within the line"},
        {"1,2\r3,4\r5,x\r", "first", false, "line 3, column 2: \"x\" is not a number"},
        {"1,2\r\r\n3,4\r\r\n5,x\r\r\n", "first", false, "line 3, column 2: \"x\" is not a"},
        {"1;2\n4;5,5\n", "first", false, "line 2, column 2: \"5,5\" is not a number|decimal point"},
        {"y,a\n1,2\n", "first", false, "line 1, column 1: \"y\" is not a number|hasHeader=true"},
        {"1,2\n3,\x01\x7f\xc3\xa4\n", "first", false, "\"??\xc3\xa4\" is not a number"},
        {"1,2\n3,a\xf6\n", "first", false, "\"a\xef\xbf\xbd\" is not a number"},
        {"1,2\n3,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", "first", false,
         "aaa...\""},
        {"a,b\n1,2\n", "c", true, "t.csv has no column \"c\"|a, b"},
        {"Target,b\n1,2\n", "target", true, "did you mean \"Target\"?"},
        {"a,a\n1,2\n", "a", true, "t.csv has 2 columns named \"a\""},
        {"1,2\n", "c", false, "label=c|hasHeader=true|first or last"},
        {"\xff\xfe"
         "1,2\n",
         "first", false, "UTF-16"},
        {"\x1f\x8b\x08\n", "first", false, "cut short"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dataset *d = NULL;
        char said[200];
        table_text("t.csv", cases[i].text);
        enum dtq_err err = table_open("t.csv", cases[i].label, cases[i].has_header, i % 2, &d,
                                      &why);
        assert_int_equal(err, DTQ_INPUT);
        assert_null(d);
        snprintf(said, sizeof said, "%s", cases[i].said);
        char *rest;
        for (char *part = strtok_r(said, "|", &rest); part; part = strtok_r(NULL, "|", &rest))
            if (!strstr(why.text, part))
                fail_msg("case %zu: \"%s\" lacks \"%s\"", i, why.text, part);
    }
}

static void a_zero_byte_is_no_number(void **state)
{
    static const char text[] = "1,2\n3,\0\n";
    struct dataset *d = NULL;
    (void)state;
    table_write("t.csv", text, sizeof text - 1);
    assert_int_equal(table_open("t.csv", "first", false, false, &d, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "line 2, column 2: \"?\" is not a number"));
}

/* Whatever is cut off or overwritten, the answer is a table or a sentence. */
static void damaged_text_never_does_worse_than_a_sentence(void **state)
{
    static const char good[] =
        "\xef\xbb\xbfy,\"a b\",c,d,e\r\n1,0,0,0,0\r\n-1.5e3, \"12\" ,.5,255,7\n"
        "2,0,0,0,0\n3,0,0,0,1\n";
    static const char noise[] = "\n\r,;\t\" .-+e9\0\x80\xffn";
    uint64_t s = 88172645463325252u;
    (void)state;
    for (int i = 0, count = rounds(3000); i < count; i++) {
        char text[sizeof good];
        size_t len = sizeof good - 1;
        struct dataset *d = NULL;
        memcpy(text, good, sizeof good);
        for (int k = 0; k <= i % 4; k++) {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            text[s % len] = noise[(s >> 32) % (sizeof noise - 1)];
        }
        if (i % 5 == 0) len = (s >> 16) % len;
        table_write("t.csv", text, len);
        why.text[0] = '\0';
        enum dtq_err err = table_open("t.csv", i % 2 ? "first" : "c", true, false, &d, &why);
        if (err == DTQ_OK) {
            assert_true(d->rows > 0);
            for (size_t k = 0; k < d->rows * d->features; k++)
                assert_true(isfinite(table_x(d, 0, k)));
        } else {
            assert_int_equal(err, DTQ_INPUT);
            assert_non_null(strstr(why.text, "t.csv"));
            assert_null(strstr(why.text, "cannot be read as a row"));
        }
        dataset_close(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect_gives_the_same_table),
        cmocka_unit_test(ends_of_lines_are_found_however_far_they_are),
        cmocka_unit_test(names_are_fit_for_json_and_terminals),
        cmocka_unit_test(the_label_may_stand_anywhere),
        cmocka_unit_test(the_type_is_the_narrowest_that_loses_nothing),
        cmocka_unit_test(widening_keeps_every_value),
        cmocka_unit_test(tables_of_bytes_of_any_shape_are_read),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_zero_byte_is_no_number),
        cmocka_unit_test(damaged_text_never_does_worse_than_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
