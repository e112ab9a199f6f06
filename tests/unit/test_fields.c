/* test_fields.c: key=value against a table. */
#include "common/fields.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct field table[] = {
    {.name = "model",
     .kind = FIELD_CHOICE,
     .required = true,
     .choices = "linreg logreg",
     .help = "what is fitted"},
    {.name = "epochs",
     .kind = FIELD_INT,
     .fallback = "1",
     .min = 1,
     .max = 1e6,
     .help = "passes over the data"},
    {.name = "lr",
     .kind = FIELD_REAL,
     .fallback = "0.1",
     .min = 0,
     .max = DBL_MAX,
     .min_open = true,
     .help = "learning rate"},
    {.name = "hasHeader", .kind = FIELD_BOOL, .fallback = "false", .help = "first line is names"},
    {.name = "dataRef", .kind = FIELD_TEXT, .help = "the table"},
    {.name = "seed",
     .kind = FIELD_INT,
     .min = -9007199254740991.0,
     .max = 9007199254740991.0,
     .help = "any number"},
};
enum { COUNT = sizeof table / sizeof *table };

static struct dtq_why why;

static cJSON *parse(const char *text, const cJSON *base)
{
    cJSON *out = NULL;

    assert_int_equal(fields_parse(table, COUNT, &text, 1, base, &out, &why), DTQ_OK);
    return out;
}

/* The text is refused with a sentence that contains each of the two parts. */
static void refuse(const char *text, const char *part, const char *other)
{
    cJSON *out = NULL;

    why.text[0] = '\0';
    assert_int_equal(fields_parse(table, COUNT, &text, 1, NULL, &out, &why), DTQ_INPUT);
    assert_null(out);
    if (!strstr(why.text, part) || !strstr(why.text, other))
        fail_msg("\"%s\" has not \"%s\" and \"%s\"", why.text, part, other);
}

static void values_get_the_types_of_the_table(void **state)
{
    cJSON *out = parse("model=logreg|epochs=20|lr=1e-3|hasHeader=yes|dataRef=file:a=b.csv", NULL);

    (void)state;
    assert_string_equal(fields_text(out, "model", ""), "logreg");
    assert_int_equal(fields_int(out, "epochs", 0), 20);
    assert_true(fields_real(out, "lr", 0) == 1e-3);
    assert_true(fields_bool(out, "hasHeader", false));
    assert_string_equal(fields_text(out, "dataRef", ""), "file:a=b.csv");
    assert_true(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(out, "hasHeader")));
    assert_null(cJSON_GetObjectItemCaseSensitive(out, "seed"));
    cJSON_Delete(out);
}

static void blanks_and_nothing_between_bars_do_not_count(void **state)
{
    cJSON *out = parse(" model=logreg | epochs=20|| dataRef=file:a b.csv |\t", NULL);

    (void)state;
    assert_string_equal(fields_text(out, "model", ""), "logreg");
    assert_int_equal(fields_int(out, "epochs", 0), 20);
    assert_string_equal(fields_text(out, "dataRef", ""), "file:a b.csv");
    cJSON_Delete(out);
}

static void keys_and_choices_match_in_any_case(void **state)
{
    cJSON *out = parse("MODEL=LogReg|hasheader=TRUE", NULL);

    (void)state;
    assert_string_equal(fields_text(out, "model", ""), "logreg");
    assert_true(fields_bool(out, "hasHeader", false));
    cJSON_Delete(out);
}

static void several_texts_are_one_set(void **state)
{
    const char *texts[] = {"model=linreg", "epochs=3|lr=2", "seed=-7"};
    cJSON *out = NULL;

    (void)state;
    assert_int_equal(fields_parse(table, COUNT, texts, 3, NULL, &out, &why), DTQ_OK);
    assert_int_equal(fields_int(out, "epochs", 0), 3);
    assert_int_equal(fields_int(out, "seed", 0), -7);
    cJSON_Delete(out);
}

static void base_lies_between_fallbacks_and_texts(void **state)
{
    cJSON *base = cJSON_Parse("{\"model\":\"linreg\",\"epochs\":7,\"lr\":0.5}");
    cJSON *out = parse("epochs=9", base);

    (void)state;
    assert_string_equal(fields_text(out, "model", ""), "linreg");
    assert_int_equal(fields_int(out, "epochs", 0), 9);
    assert_true(fields_real(out, "lr", 0) == 0.5);
    assert_false(fields_bool(out, "hasHeader", true));
    cJSON_Delete(out);
    cJSON_Delete(base);
}

static void a_base_with_a_bad_value_is_refused(void **state)
{
    cJSON *base = cJSON_Parse("{\"model\":\"linreg\",\"epochs\":0}"), *out = NULL;

    (void)state;
    assert_int_equal(fields_parse(table, COUNT, NULL, 0, base, &out, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "epochs=0"));
    assert_null(out);
    cJSON_Delete(base);
}

static void a_misspelt_key_names_the_nearest(void **state)
{
    (void)state;
    refuse("modle=linreg", "\"modle\"", "did you mean \"model\"");
    refuse("epoch=1", "\"epoch\"", "did you mean \"epochs\"");
    refuse("banana=1", "\"banana\"", "model, epochs, lr, hasHeader, dataRef, seed");
}

static void what_does_not_fit_is_named_with_what_was_expected(void **state)
{
    (void)state;
    refuse("model=svm", "model=svm", "linreg logreg");
    refuse("model=", "model=:", "linreg logreg");
    refuse("model=linreg|epochs=0", "epochs=0", "from 1 to 1000000");
    refuse("model=linreg|epochs=1.5", "epochs=1.5", "a whole number");
    refuse("model=linreg|epochs=1e3", "epochs=1e3", "a whole number");
    refuse("model=linreg|epochs=99999999999999999999", "epochs=999", "a whole number");
    refuse("model=linreg|seed=9007199254740992", "seed=9007199254740992", "a whole number");
    refuse("model=linreg|lr=0", "lr=0", "a number above 0");
    refuse("model=linreg|lr=nan", "lr=nan", "a number above 0");
    refuse("model=linreg|lr=inf", "lr=inf", "a number above 0");
    refuse("model=linreg|lr=0x10", "lr=0x10", "a number above 0");
    refuse("model=linreg|lr=1e999", "lr=1e999", "a number above 0");
    refuse("model=linreg|lr= 1", "lr= 1", "a number above 0");
    refuse("model=linreg|hasHeader=maybe", "hasHeader=maybe", "true or false");
    refuse("model=linreg|dataRef=", "dataRef=", "a text");
}

static void a_whole_number_beyond_all_is_told_the_limit(void **state)
{
    (void)state;
    refuse("model=linreg|seed=9007199254740992", "seed=9007199254740992",
           "a whole number up to 9007199254740991");
    refuse("model=linreg|seed=99999999999999999999", "seed=9",
           "a whole number up to 9007199254740991");
    refuse("model=linreg|seed=x", "seed=x", "a whole number was expected");
}

static void missing_twice_and_no_equals_are_sentences(void **state)
{
    (void)state;
    refuse("epochs=2", "model is missing", "model=<one of: linreg logreg>");
    refuse("model=linreg|Model=logreg", "model is given twice", "\"logreg\"");
    refuse("model", "\"model\" has no '='", "key=value");
    refuse("model=linreg|lr", "\"lr\" has no '='", "key=value");
}

static void a_long_or_wild_value_is_shown_short_and_tame(void **state)
{
    char text[5000] = "model=\033[2J";

    (void)state;
    memset(text + 10, 'x', sizeof text - 11);
    refuse(text, "model=?[2Jxxx", "...: one of: linreg logreg");
    assert_true(strlen(why.text) < 200);
}

static void check_refuses_json_of_other_types(void **state)
{
    static const char *const bad[][2] = {
        {"{\"model\":1}", "model=1"},
        {"{\"model\":\"\"}", "model="},
        {"{\"model\":\"linreg\",\"epochs\":\"3\"}", "epochs=3"},
        {"{\"model\":\"linreg\",\"epochs\":2.5}", "epochs=2.5"},
        {"{\"model\":\"linreg\",\"lr\":-1}", "lr=-1"},
        {"{\"model\":\"linreg\",\"hasHeader\":1}", "hasHeader=1"},
        {"{\"model\":\"linreg\",\"dataRef\":[1,2]}", "dataRef=[1,2]"},
        {"{\"model\":\"linreg\",\"Epochs\":1}", "unknown field"},
        {"{\"model\":\"linreg\",\"seed\":1,\"seed\":2}", "given twice"},
        {"{}", "model is missing"},
        {"[1]", "no JSON object"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cJSON *object = cJSON_Parse(bad[i][0]);

        assert_int_equal(fields_check(table, COUNT, object, &why), DTQ_INPUT);
        if (!strstr(why.text, bad[i][1])) fail_msg("%s: %s", bad[i][0], why.text);
        cJSON_Delete(object);
    }
}

static void what_parse_gives_passes_check_after_a_trip_as_text(void **state)
{
    cJSON *out = parse("model=logreg|lr=0.12345678901234", NULL), *back;
    char *text = cJSON_PrintUnformatted(out);

    (void)state;
    back = cJSON_Parse(text);
    assert_int_equal(fields_check(table, COUNT, back, &why), DTQ_OK);
    assert_true(fields_real(back, "lr", 0) == 0.12345678901234);
    cJSON_Delete(back);
    cJSON_free(text);
    cJSON_Delete(out);
}

static void nearest_is_silent_about_strangers(void **state)
{
    static const char *const words[] = {"status", "start", "stop"};

    (void)state;
    assert_string_equal(fields_nearest("statsu", words, 3), "status");
    assert_string_equal(fields_nearest("STOP", words, 3), "stop");
    assert_null(fields_nearest("xyz", words, 3));
    assert_null(fields_nearest("", words, 3));
    assert_null(fields_nearest("start", words, 0));
}

static void help_of_what_is_based_has_no_defaults(void **state)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    (void)state;
    fields_help(table, COUNT, true, to);
    fclose(to);
    assert_null(strstr(text, "required"));
    assert_null(strstr(text, "default"));
    free(text);
}

static void hidden_fields_are_taken_and_checked_but_never_offered(void **state)
{
    static const struct field some[] = {
        {.name = "rows", .kind = FIELD_INT, .min = 1, .max = 9, .help = "rows to score"},
        {.name = "roads", .kind = FIELD_INT, .max = 9, .help = "of a program", .hidden = true},
    };
    const char *good = "rows=1|roads=2", *high = "roads=10", *near = "road=1", *far = "banana=1";
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    cJSON *out = NULL;

    (void)state;
    assert_int_equal(fields_parse(some, 2, &good, 1, NULL, &out, &why), DTQ_OK);
    assert_int_equal(fields_int(out, "roads", 0), 2);
    fields_hide(some, 2, out);
    assert_null(cJSON_GetObjectItemCaseSensitive(out, "roads"));
    assert_int_equal(fields_int(out, "rows", 0), 1);
    cJSON_Delete(out);
    assert_int_equal(fields_parse(some, 2, &high, 1, NULL, &out, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "roads=10"));
    assert_int_equal(fields_parse(some, 2, &near, 1, NULL, &out, &why), DTQ_INPUT);
    assert_null(strstr(why.text, "roads"));
    assert_int_equal(fields_parse(some, 2, &far, 1, NULL, &out, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "the fields are: rows"));
    assert_null(strstr(why.text, "roads"));
    fields_help(some, 2, false, to);
    fclose(to);
    assert_non_null(strstr(text, "  rows  rows to score"));
    assert_null(strstr(text, "roads"));
    free(text);
}

static void help_lists_groups_below_their_headings(void **state)
{
    static const struct field some[] = {
        {.name = "model", .kind = FIELD_TEXT, .help = "a", .group = "Model"},
        {.name = "lr", .kind = FIELD_TEXT, .help = "b", .group = "Steps"},
        {.name = "secret", .kind = FIELD_TEXT, .help = "c", .group = "None", .hidden = true},
        {.name = "bias", .kind = FIELD_TEXT, .help = "d", .group = "Model"},
        {.name = "jobId", .kind = FIELD_TEXT, .help = "e"},
    };
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    (void)state;
    fields_help(some, 5, false, to);
    fclose(to);
    assert_string_equal(text, "  jobId  e\n"
                              "\nModel\n  model  a\n  bias   d\n"
                              "\nSteps\n  lr     b\n");
    free(text);
}

static void json_of_a_field_has_what_help_says(void **state)
{
    static const struct {
        size_t field;
        const char *expected;
    } rows[] = {
        {0, "{\"name\":\"model\",\"type\":\"choice\",\"required\":true,"
            "\"choices\":[\"linreg\",\"logreg\"],\"help\":\"what is fitted\"}"},
        {1, "{\"name\":\"epochs\",\"type\":\"integer\",\"required\":false,\"default\":\"1\","
            "\"min\":1,\"max\":1000000,\"help\":\"passes over the data\"}"},
        {2, "{\"name\":\"lr\",\"type\":\"number\",\"required\":false,\"default\":\"0.1\","
            "\"min\":0,\"help\":\"learning rate\"}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cJSON *value = fields_json(&table[rows[i].field]);
        char *text = cJSON_PrintUnformatted(value);

        assert_string_equal(text, rows[i].expected);
        cJSON_free(text);
        cJSON_Delete(value);
    }
}

static void help_has_a_row_a_field_with_its_default(void **state)
{
    char *text = NULL;
    size_t len = 0, lines = 0;
    FILE *to = open_memstream(&text, &len);

    (void)state;
    fields_help(table, COUNT, false, to);
    fclose(to);
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    assert_int_equal(lines, COUNT);
    assert_non_null(strstr(text, "  model      what is fitted; one of: linreg logreg; required\n"));
    assert_non_null(strstr(text, "a whole number from 1 to 1000000; default 1\n"));
    assert_non_null(strstr(text, "a number above 0; default 0.1\n"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_get_the_types_of_the_table),
        cmocka_unit_test(blanks_and_nothing_between_bars_do_not_count),
        cmocka_unit_test(keys_and_choices_match_in_any_case),
        cmocka_unit_test(several_texts_are_one_set),
        cmocka_unit_test(base_lies_between_fallbacks_and_texts),
        cmocka_unit_test(a_base_with_a_bad_value_is_refused),
        cmocka_unit_test(a_misspelt_key_names_the_nearest),
        cmocka_unit_test(what_does_not_fit_is_named_with_what_was_expected),
        cmocka_unit_test(a_whole_number_beyond_all_is_told_the_limit),
        cmocka_unit_test(missing_twice_and_no_equals_are_sentences),
        cmocka_unit_test(a_long_or_wild_value_is_shown_short_and_tame),
        cmocka_unit_test(check_refuses_json_of_other_types),
        cmocka_unit_test(what_parse_gives_passes_check_after_a_trip_as_text),
        cmocka_unit_test(nearest_is_silent_about_strangers),
        cmocka_unit_test(help_has_a_row_a_field_with_its_default),
        cmocka_unit_test(hidden_fields_are_taken_and_checked_but_never_offered),
        cmocka_unit_test(help_lists_groups_below_their_headings),
        cmocka_unit_test(json_of_a_field_has_what_help_says),
        cmocka_unit_test(help_of_what_is_based_has_no_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
