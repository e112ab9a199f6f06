/* test_table.c: tables that fit a screen. */
#include "common/show/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct table_column columns[] = {
    {"ID", 0, 4, false},
    {"STATE", 0, 0, false},
    {"TASKS", 2, 0, true},
    {"RESULT", 1, 8, false},
};

static const struct screen pipe_out = {0, false};

static void fill(struct table *t)
{
    table_init(t, columns, 4);
    table_cell(t, TONE_PLAIN, "J1");
    table_cell(t, TONE_GOOD, "completed");
    table_cell(t, TONE_PLAIN, "%d/%d", 3, 3);
    table_cell(t, TONE_PLAIN, "5050");
    table_cell(t, TONE_PLAIN, "a-long-name");
    table_cell(t, TONE_BAD, "failed");
    table_cell(t, TONE_PLAIN, "%d/%d", 10, 100);
    table_cell(t, TONE_PLAIN, "there is no such file below the data roots");
}

/* What is written for so many columns; the caller frees. */
static char *written(const struct table *t, struct screen screen)
{
    struct buf out = {0};

    table_draw(t, &screen, &out);
    assert_false(out.failed);
    return out.data;
}

static void check(int width, const char *expected)
{
    struct table t;
    char *text;

    fill(&t);
    text = written(&t, (struct screen){width, false});
    assert_string_equal(text, expected);
    free(text);
    table_clear(&t);
}

static void a_pipe_gets_all_there_is(void **state)
{
    (void)state;
    check(0, "ID           STATE       TASKS  RESULT\n"
             "J1           completed     3/3  5050\n"
             "a-long-name  failed     10/100  there is no such file below the data roots\n");
}

static void what_has_room_is_whole(void **state)
{
    (void)state;
    check(74, "ID           STATE       TASKS  RESULT\n"
              "J1           completed     3/3  5050\n"
              "a-long-name  failed     10/100  there is no such file below the data roots\n");
}

static void the_least_important_texts_are_cut_first(void **state)
{
    (void)state;
    check(52, "ID           STATE       TASKS  RESULT\n"
              "J1           completed     3/3  5050\n"
              "a-long-name  failed     10/100  there is no such ...\n");
    check(34, "ID     STATE       TASKS  RESULT\n"
              "J1     completed     3/3  5050\n"
              "a-...  failed     10/100  there...\n");
}

static void the_least_important_columns_go_next(void **state)
{
    (void)state;
    check(30, "ID         STATE      RESULT\n"
              "J1         completed  5050\n"
              "a-long...  failed     there...\n");
    check(20, "ID         STATE\n"
              "J1         completed\n"
              "a-long...  failed\n");
}

static void what_always_stays_is_cut_no_further_than_its_least(void **state)
{
    (void)state;
    check(5, "ID    STATE\n"
             "J1    completed\n"
             "a...  failed\n");
}

static void no_line_is_wider_than_the_screen(void **state)
{
    struct table t;

    (void)state;
    fill(&t);
    table_line(&t, TONE_BAD, "last error: %s", "a sentence that goes on for more than a line");
    for (int width = 15; width <= 120; width++) {
        char *text = written(&t, (struct screen){width, false}), *rest = text, *line;

        while ((line = strsep(&rest, "\n")))
            if (screen_width(line) > width) fail_msg("%d columns: \"%s\"", width, line);
        free(text);
    }
    table_clear(&t);
}

static void columns_without_text_are_left_out_and_characters_counted(void **state)
{
    struct table t;
    char *text;

    (void)state;
    table_init(&t, columns, 4);
    for (int i = 0; i < 2; i++) {
        table_cell(&t, TONE_PLAIN, "%s", i ? "größe" : "数据");
        table_cell(&t, TONE_PLAIN, "ok");
        table_cell(&t, TONE_PLAIN, "%s", "");
        table_cell(&t, TONE_PLAIN, "%s", i ? "b" : "");
    }
    text = written(&t, pipe_out);
    assert_string_equal(text, "ID     STATE  RESULT\n"
                              "数据   ok\n"
                              "größe  ok     b\n");
    free(text);
    table_clear(&t);
}

static void lines_stand_below_their_row_and_controls_are_tamed(void **state)
{
    struct table t;
    char *text;

    (void)state;
    table_init(&t, columns, 2);
    table_cell(&t, TONE_PLAIN, "w1");
    table_cell(&t, TONE_PLAIN, "a\033[2Jb");
    table_line(&t, TONE_PLAIN, "of w1\n");
    table_cell(&t, TONE_PLAIN, "w2");
    table_cell(&t, TONE_PLAIN, "ok");
    text = written(&t, pipe_out);
    assert_string_equal(text, "ID  STATE\nw1  a?[2Jb\n  of w1?\nw2  ok\n");
    free(text);
    table_clear(&t);
}

static void colours_are_around_texts_and_take_no_room(void **state)
{
    struct table t;
    char *text;

    (void)state;
    fill(&t);
    text = written(&t, (struct screen){52, true});
    assert_non_null(strstr(text, "J1           \033[32mcompleted\033[0m     3/3  5050\n"));
    assert_non_null(strstr(text, "\033[31mfailed\033[0m     10/100  there is no such ...\n"));
    free(text);
    text = written(&t, pipe_out);
    assert_null(strchr(text, '\033'));
    free(text);
    table_clear(&t);
}

static void a_table_without_heads_has_no_line_for_them(void **state)
{
    static const struct table_column bare[] = {{"", 0, 0, false}, {"", 0, 0, true}};
    struct table t;
    char *text;

    (void)state;
    table_init(&t, bare, 2);
    table_cell(&t, TONE_PLAIN, "accuracy");
    table_cell(&t, TONE_PLAIN, "0.5");
    text = written(&t, pipe_out);
    assert_string_equal(text, "accuracy  0.5\n");
    free(text);
    table_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_gets_all_there_is),
        cmocka_unit_test(what_has_room_is_whole),
        cmocka_unit_test(the_least_important_texts_are_cut_first),
        cmocka_unit_test(the_least_important_columns_go_next),
        cmocka_unit_test(what_always_stays_is_cut_no_further_than_its_least),
        cmocka_unit_test(no_line_is_wider_than_the_screen),
        cmocka_unit_test(columns_without_text_are_left_out_and_characters_counted),
        cmocka_unit_test(lines_stand_below_their_row_and_controls_are_tamed),
        cmocka_unit_test(colours_are_around_texts_and_take_no_room),
        cmocka_unit_test(a_table_without_heads_has_no_line_for_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
