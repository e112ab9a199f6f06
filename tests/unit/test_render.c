/* test_render.c: jobs as text and as JSON. */
#include "producer/job_json.h"
#include "producer/render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A job as queue_job_read would give it; nothing of it is owned. */
static struct queue_job job_of(const char *type, const char *state, char *params, char *report)
{
    struct queue_job job = {.params = params,
                            .report = report,
                            .error = "",
                            .submitted_ms = 1000,
                            .started_ms = 1100,
                            .now_ms = 3500,
                            .total = 16,
                            .done = 4,
                            .workers = 2};

    strcpy(job.id, "J17");
    strcpy(job.type, type);
    strcpy(job.state, state);
    return job;
}

static const struct screen pipe_out = {0}; /* nothing is cut */

static void assert_text(struct buf *text, const char *expected)
{
    assert_false(text->failed);
    assert_string_equal(text->data, expected);
    buf_clear(text);
}

static void assert_contains(const struct buf *text, const char *piece)
{
    if (!strstr(text->data, piece)) fail_msg("\"%s\" is not in: %s", piece, text->data);
}

static void durations_grow_from_milliseconds_to_hours(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{0, "0 ms"},     {999, "999 ms"},    {1000, "1.00 s"},     {59990, "59.99 s"},
                {60000, "1:00"}, {3599999, "59:59"}, {3600000, "1:00:00"}, {90061000, "25:01:01"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text = {0};

        render_duration(rows[i].ms, &text);
        assert_text(&text, rows[i].text);
    }
}

static void counts_have_a_comma_every_three_digits(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } rows[] = {{0, "0"},
                {999, "999"},
                {1000, "1,000"},
                {123456, "123,456"},
                {UINT64_MAX, "18,446,744,073,709,551,615"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text = {0};

        render_count(rows[i].n, &text);
        assert_text(&text, rows[i].text);
    }
}

static void progress_of_a_sum_counts_tasks(void **state)
{
    struct queue_job job = job_of("sum", "running", "{}", "{}");
    struct buf text = {0};

    (void)state;
    render_progress(&job, 100, &text);
    assert_text(&text, "J17  [#####---------------]  25 %  4/16 tasks  2.50 s");
}

static void progress_of_a_load_counts_all_its_tasks_and_its_troubles(void **state)
{
    struct queue_job job = job_of("noop", "running", "{\"tasks\":8}", "{}");
    struct buf text = {0};

    (void)state;
    job.retried = 3;
    job.reclaimed = 2;
    render_progress(&job, 200, &text);
    assert_text(&text, "J17  [##########----------]  50 %  4/8 tasks  2.50 s  3 retried  2 claimed "
                       "again");
}

static void progress_of_a_training_counts_epochs(void **state)
{
    struct queue_job job = job_of(
        "train", "running", "{\"epochs\":10}",
        "{\"epochsDone\":3,\"runningLoss\":0.28361970631,\"testAccuracy\":0.9604,"
        "\"throughput\":12345.6}");
    struct buf text = {0};

    (void)state;
    render_progress(&job, 200, &text);
    assert_text(&text, "J17  [######--------------]  30 %  epoch 3/10  running loss 0.2836  test "
                       "accuracy 0.9604  12,345 rows/s  2.50 s");
}

static void progress_is_no_wider_than_the_terminal(void **state)
{
    struct queue_job job = job_of("train", "running", "{\"epochs\":10}", "");
    struct buf text = {0};

    (void)state;
    buf_text(&text, "before ");
    render_progress(&job, 20, &text);
    assert_text(&text, "before J17  [--------------");
}

static void a_job_that_nobody_took_waits_for_a_master(void **state)
{
    struct queue_job job = job_of("sum", "submitted", "{}", "");
    struct buf text = {0};

    (void)state;
    job.total = job.done = 0;
    render_progress(&job, 200, &text);
    assert_contains(&text, "  0 %  waiting for a master");
    buf_clear(&text);
}

static void a_sum_prints_its_number_and_nothing_else(void **state)
{
    struct queue_job job = job_of("sum", "completed", "{}", "{\"result\":\"500000500000\"}");
    struct buf text = {0};

    (void)state;
    render_result(&job, NULL, &pipe_out, &text);
    assert_text(&text, "500000500000\n");
}

static void a_training_prints_its_epochs_and_the_figures_of_what_is_saved(void **state)
{
    struct queue_job job = job_of(
        "train", "completed", "{}",
        "{\"model\":\"logreg\",\"epochsDone\":2,\"loss\":0.25,\"accuracy\":0.96,"
        "\"precision\":0.5,\"testLoss\":0.375,\"testAccuracy\":0.9,\"testAuc\":0.75,"
        "\"bestEpoch\":1,\"stopped\":\"patience\",\"gradient\":0.00125,"
        "\"warnings\":[\"all rows are of one\\u001b class\"]}");
    cJSON *epochs = cJSON_Parse("[{\"epoch\":1,\"runningLoss\":0.5,\"runningAccuracy\":0.75,"
                                "\"testLoss\":0.375,\"testAccuracy\":0.9,\"durationMs\":2.5,"
                                "\"throughput\":1000,\"workers\":2},"
                                "{\"epoch\":2,\"runningLoss\":1234567,\"testLoss\":0.5}]");
    struct buf text = {0};

    (void)state;
    render_result(&job, epochs, &pipe_out, &text);
    assert_text(
        &text,
        "J17 completed: 2 epochs, 4 of 16 tasks, 2.50 s\n"
        "epoch  running loss  running acc  test loss  test acc  rows/s  workers   ms\n"
        "    1      0.500000       0.7500   0.375000    0.9000    1000        2  2.5  saved\n"
        "    2   1.23457e+06                0.500000\n"
        "\n"
        "saved are the weights of epoch 1, the best:\n"
        "           training    test\n"
        "loss           0.25   0.375\n"
        "accuracy     0.9600  0.9000\n"
        "precision    0.5000\n"
        "AUC                  0.7500\n"
        "stopped early (patience): the watched metric got no better; largest element of the "
        "gradient 0.00125\n"
        "warning: all rows are of one? class\n");
    cJSON_Delete(epochs);
}

static void figures_of_a_regression_and_of_a_prediction_have_their_names(void **state)
{
    cJSON *report = cJSON_Parse("{\"model\":\"linreg\",\"loss\":4,\"rmse\":2,\"mae\":1.5,"
                                "\"r2\":0.75,\"converged\":false}");
    struct buf text = {0};

    (void)state;
    render_figures(report, "", &pipe_out, &text);
    assert_text(&text, "MSE        4\nRMSE       2\nMAE      1.5\nR2    0.7500\n");
    render_training(report, NULL, &pipe_out, &text);
    assert_contains(&text, "not converged");
    buf_clear(&text);
    cJSON_Delete(report);
}

/* Numbers at the beginning of the lines. */
static void assert_epochs(const struct buf *text, const int *numbers, int count)
{
    const char *line = text->data;

    for (int i = 0; i < count; i++) {
        line = strchr(line, '\n');
        assert_non_null(line);
        assert_int_equal(strtol(++line, NULL, 10), numbers[i]);
    }
}

static void of_many_epochs_first_last_saved_and_even_steps_are_shown(void **state)
{
    static const int five[] = {1, 14, 26, 38, 50}, six[] = {1, 14, 20, 26, 38, 50}, all[] = {1, 2};
    cJSON *epochs = cJSON_CreateArray();
    struct buf text = {0};

    (void)state;
    for (int i = 1; i <= 50; i++) {
        cJSON *row = cJSON_CreateObject();

        cJSON_AddNumberToObject(row, "epoch", i);
        cJSON_AddItemToArray(epochs, row);
        if (i != 2) continue;
        render_epochs(epochs, 5, 0, &pipe_out, &text);
        assert_epochs(&text, all, 2);
        assert_null(strstr(text.data, "shown"));
        buf_reset(&text);
    }
    render_epochs(epochs, 5, 0, &pipe_out, &text);
    assert_epochs(&text, five, 5);
    assert_contains(&text, "\n5 of 50 epochs shown\n");
    buf_reset(&text);
    render_epochs(epochs, 5, 20, &pipe_out, &text);
    assert_epochs(&text, six, 6);
    assert_contains(&text, "\n   20  saved\n");
    assert_contains(&text, "\n6 of 50 epochs shown\n");
    buf_clear(&text);
    cJSON_Delete(epochs);
}

static void assert_row(struct table *t, const struct queue_job *job, const char *expected)
{
    struct buf text = {0};

    render_jobs_init(t);
    render_jobs_add(t, job);
    table_draw(t, &pipe_out, &text);
    table_clear(t);
    assert_text(&text, expected);
}

static void a_row_of_the_list_tells_what_came_of_a_job(void **state)
{
    static const struct {
        const char *type, *state, *params, *report, *brief;
    } rows[] = {
        {"sum", "completed", "{}", "{\"result\":\"5050\"}", "5050"},
        {"sum", "running", "{}", "{}", ""},
        {"train", "completed", "{\"epochs\":9}",
         "{\"epochsDone\":9,\"loss\":0.054321,\"accuracy\":0.99549}", "loss 0.05432 acc 0.9955"},
        {"train", "completed", "{\"epochs\":9}",
         "{\"loss\":0.05,\"testLoss\":0.0625,\"accuracy\":1,\"testAccuracy\":0.5}",
         "test loss 0.0625 acc 0.5000"},
        {"train", "running", "{\"epochs\":9}", "{\"epochsDone\":3,\"runningLoss\":0.25}",
         "epoch 3/9 running loss 0.25"},
        {"train", "submitted", "{\"epochs\":9}", "", ""},
        {"stats", "completed", "{}", "{\"rows\":1797}", "1,797 rows"},
        {"predict", "completed", "{}", "{\"rows\":1,\"accuracy\":1}", "1 row acc 1.0000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct queue_job job = job_of(rows[i].type, rows[i].state, (char *)rows[i].params,
                                      (char *)rows[i].report);
        struct buf text = {0};

        render_brief(&job, &text);
        assert_string_equal(text.len ? text.data : "", rows[i].brief);
        buf_clear(&text);
    }
}

static void a_failed_job_is_listed_with_its_reason(void **state)
{
    struct queue_job job = job_of("train", "failed", "{}", "");
    struct table t;

    (void)state;
    job.error = "nope.csv: there is no such file";
    job.finished_ms = 1001;
    job.submitted_ms = 1000;
    strcpy(job.producer, "ann");
    assert_row(&t, &job,
               "JOB  TYPE   STATE   TASKS  RESULT                           TIME  PRODUCER  "
               "SUBMITTED\n"
               "J17  train  failed   4/16  nope.csv: there is no such file  1 ms  ann       "
               "1970-01-01T00:00:01Z\n");
}

static void a_failed_job_says_why(void **state)
{
    struct queue_job job = job_of("train", "failed", "{}", "");
    struct buf text = {0};

    (void)state;
    strcpy(job.error_code, "bad_input");
    job.error = "nope.csv: there is no such file";
    job.finished_ms = 1001;
    job.done = job.workers = 0;
    job.total = 1;
    render_summary(&job, &text);
    assert_text(&text, "J17 failed: nope.csv: there is no such file; 0 of 1 tasks, 1 ms");
}

static void workers_and_masters_are_one_list(void **state)
{
    cJSON *workers = cJSON_Parse("[{\"worker\":\"w1\",\"aliveMs\":-5,\"host\":\"h\",\"pid\":7,"
                                 "\"slots\":2,\"completed\":12,\"failed\":3,\"mean_us\":1500,"
                                 "\"presence_ms\":8995,"
                                 "\"last_error\":\"J1/0 io_error: disk\\u001b[2J full\"}]");
    cJSON *masters = cJSON_Parse("[{\"master\":\"m1\",\"aliveMs\":900,\"presence_ms\":2000,"
                                 "\"last_error\":\"\",\"host\":\"h\",\"pid\":6}]");
    struct buf text = {0};

    (void)state;
    render_members(workers, masters, &pipe_out, &text);
    assert_text(&text, "ROLE    ID  STATE   SLOTS  COMPLETED  FAILED  MEAN MS   SEEN  PID  HOST\n"
                       "master  m1  alive       -          -       -        -  1.1 s    6  h\n"
                       "worker  w1  silent      2         12       3    1.500  9.0 s    7  h\n"
                       "  last error J1/0 io_error: disk?[2J full\n");
    buf_clear(&text);
    cJSON_Delete(workers);
    cJSON_Delete(masters);
    render_members(NULL, NULL, &pipe_out, &text);
    assert_text(&text, "no masters and no workers; start dtq-master and dtq-worker\n");
    buf_clear(&text);
}

static void what_a_worker_holds_is_told_with_its_age_and_progress(void **state)
{
    cJSON *workers = cJSON_Parse(
        "[{\"worker\":\"w1\",\"aliveMs\":6400,\"presence_ms\":9000,\"assigned\":20,"
        "\"completed\":12,\"failed\":1,\"mean_us\":1500,\"slot0\":\"J7/1 8 35 41\","
        "\"slot1\":\"\",\"holds\":["
        "{\"slot\":\"w1.0\",\"task\":\"J7/1\",\"tasks\":8,\"ageMs\":2635},"
        "{\"slot\":\"w1.1\",\"task\":\"J8/0\",\"tasks\":1,\"ageMs\":12}]},"
        "{\"worker\":\"w2\",\"aliveMs\":-5,\"presence_ms\":9000}]");
    struct buf text = {0};

    (void)state;
    render_workers(workers, true, &pipe_out, &text);
    assert_text(&text, "WORKER  ASSIGNED  COMPLETED  FAILED  IN FLIGHT  MEAN MS   SEEN  LEASE\n"
                       "w1            20         12       1          9    1.500  2.6 s  6.4 s\n"
                       "  w1.0: task J7/1 and 7 more for 2.63 s, progress 41\n"
                       "  w1.1: task J8/0 for 12 ms, progress not told yet\n"
                       "w2             0          0       0          0        -  9.0 s  0.0 s\n");
    buf_clear(&text);
    cJSON_Delete(workers);
}

static void an_event_is_one_line_without_its_empty_fields(void **state)
{
    cJSON *event = cJSON_Parse("{\"id\":\"1-0\",\"atMs\":1767225600123,\"event\":\"job_failed\","
                               "\"job\":\"J1\",\"code\":\"\",\"message\":\"no such file\"}");
    const struct screen narrow = {60, true};
    struct buf text = {0};

    (void)state;
    render_event(event, &pipe_out, &text);
    assert_text(&text, "2026-01-01T00:00:00.123Z job_failed job=J1 message=no such file\n");
    render_event(event, &narrow, &text);
    assert_text(&text, "\033[2m2026-01-01T00:00:00.123Z\033[0m \033[31mjob_failed\033[0m job=J1 "
                       "message=no such\n    file\n");
    cJSON_Delete(event);
}

static void an_epoch_has_few_digits_and_on_a_screen_few_metrics(void **state)
{
    cJSON *event = cJSON_Parse(
        "{\"id\":\"1-0\",\"atMs\":0,\"event\":\"epoch\",\"job\":\"J1.25\",\"epoch\":\"12\","
        "\"runningLoss\":\"0.41130524231135196\",\"testAuc\":\"0.90673806336456941\","
        "\"testLoss\":\"1234567.25\",\"computeMs\":\"0.25233333333333335\"}");
    const struct screen wide = {200, false};
    struct buf text = {0};

    (void)state;
    render_event(event, &pipe_out, &text);
    assert_text(&text, "1970-01-01T00:00:00.000Z epoch job=J1.25 epoch=12 runningLoss=0.411305 "
                       "testAuc=0.906738 testLoss=1.23457e+06 computeMs=0.252333\n");
    render_event(event, &wide, &text);
    assert_text(&text, "1970-01-01T00:00:00.000Z epoch job=J1.25 epoch=12 runningLoss=0.411305 "
                       "testLoss=1.23457e+06\n");
    cJSON_Delete(event);
}

static void json_of_a_sum_has_its_result_as_text(void **state)
{
    struct queue_job job = job_of("sum", "completed", "{}",
                                  "{\"result\":\"12345678901234567890123\"}");
    cJSON *value;
    char *text;

    (void)state;
    job.done = 16;
    job.finished_ms = 1042;
    strcpy(job.owner, "m1");
    value = job_json(&job, NULL);
    text = cJSON_PrintUnformatted(value);
    assert_string_equal(text, "{\"jobId\":\"J17\",\"type\":\"sum\",\"state\":\"completed\","
                              "\"result\":\"12345678901234567890123\",\"master\":\"m1\","
                              "\"submittedMs\":1000,\"startedMs\":1100,\"finishedMs\":1042,"
                              "\"tasks\":{\"total\":16,\"done\":16,\"retried\":0,\"reclaimed\":0,"
                              "\"late\":0},\"wallMs\":42,\"workers\":2}");
    cJSON_free(text);
    cJSON_Delete(value);
}

static void json_of_a_training_has_its_report_and_epochs(void **state)
{
    struct queue_job job = job_of("train", "completed", "{\"mode\":\"async\"}",
                                  "{\"mode\":\"sync\",\"loss\":0.25,\"count\":3594}");
    cJSON *epochs = cJSON_Parse("[{\"epoch\":1,\"loss\":0.5}]");
    cJSON *value = job_json(&job, epochs);
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(value, "epochs");

    (void)state;
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(value, "mode")), "sync");
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(value, "loss")) == 0.25);
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(value, "count")) == 3594);
    assert_true(cJSON_Compare(rows, epochs, true));
    assert_null(cJSON_GetObjectItem(value, "error"));
    cJSON_Delete(value);
    cJSON_Delete(epochs);
}

static void json_of_a_failed_training_has_its_error_and_its_mode(void **state)
{
    struct queue_job job = job_of("train", "failed", "{\"mode\":\"async\"}", "");
    cJSON *value, *error;

    (void)state;
    strcpy(job.error_code, "bad_input");
    job.error = "no such file";
    value = job_json(&job, NULL);
    error = cJSON_GetObjectItem(value, "error");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(error, "code")), "bad_input");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(error, "message")),
                        "no such file");
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(value, "mode")), "async");
    assert_null(cJSON_GetObjectItem(value, "epochs")); /* not looked at */
    cJSON_Delete(value);
}

static void reports_and_params_that_are_no_json_do_no_harm(void **state)
{
    struct queue_job job = job_of("train", "running", "{\"epochs\":", "nonsense");
    cJSON *value = job_json_all(&job, NULL);
    struct buf text = {0};

    (void)state;
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(value, "jobId")), "J17");
    render_progress(&job, 100, &text);
    render_result(&job, NULL, &pipe_out, &text);
    render_job(&job, NULL, &pipe_out, &text);
    assert_false(text.failed);
    assert_contains(&text, "4/16");
    buf_clear(&text);
    cJSON_Delete(value);
}

static void dead_letters_fit_the_screen_whatever_they_say(void **state)
{
    cJSON *letters = cJSON_Parse(
        "[{\"id\":\"J7/12\",\"atMs\":1000,\"code\":\"input\","
        "\"message\":\"0123456789\",\"attempts\":1,\"lost\":0},"
        "{\"id\":\"J1234/5\",\"atMs\":2000,\"code\":\"io\",\"message\":"
        "\"\u00e4\u00f6\u00fc456\\u001b789abcdef\",\"attempts\":5,\"lost\":2}]");
    struct buf text = {0};

    (void)state;
    assert_non_null(letters);
    render_letters(letters, &pipe_out, &text);
    assert_text(
        &text,
        "TASK     GIVEN UP              ATTEMPTS  LOST  REASON\n"
        "J7/12    1970-01-01T00:00:01Z         1     0  input: 0123456789\n"
        "J1234/5  1970-01-01T00:00:02Z         5     2  io: \u00e4\u00f6\u00fc456?789abcdef\n");
    render_letters(letters, &(struct screen){46, false}, &text);
    assert_text(&text, "TASK     ATTEMPTS  LOST  REASON\n"
                       "J7/12           1     0  input: 0123456789\n"
                       "J1234/5         5     2  io: \u00e4\u00f6\u00fc456?789abcdef\n");
    render_letters(letters, &(struct screen){20, false}, &text); /* ids are whole even so */
    assert_contains(&text, "J1234/5  io: \u00e4\u00f6\u00fc456?789abcdef\n");
    buf_reset(&text);
    render_letter(cJSON_GetArrayItem(letters, 1), &text);
    assert_text(&text, "task      J1234/5\ngiven up  1970-01-01T00:00:02.000Z, on worker \n"
                       "reason    io: \u00e4\u00f6\u00fc456?789abcdef\nattempts  5\nlost      2 "
                       "workers\nspec      \n");
    cJSON_Delete(letters);
    letters = cJSON_CreateArray();
    render_letters(letters, &pipe_out, &text);
    assert_text(&text, "no dead letters\n");
    cJSON_Delete(letters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_grow_from_milliseconds_to_hours),
        cmocka_unit_test(counts_have_a_comma_every_three_digits),
        cmocka_unit_test(progress_of_a_sum_counts_tasks),
        cmocka_unit_test(progress_of_a_load_counts_all_its_tasks_and_its_troubles),
        cmocka_unit_test(progress_of_a_training_counts_epochs),
        cmocka_unit_test(progress_is_no_wider_than_the_terminal),
        cmocka_unit_test(a_job_that_nobody_took_waits_for_a_master),
        cmocka_unit_test(a_sum_prints_its_number_and_nothing_else),
        cmocka_unit_test(a_training_prints_its_epochs_and_the_figures_of_what_is_saved),
        cmocka_unit_test(figures_of_a_regression_and_of_a_prediction_have_their_names),
        cmocka_unit_test(of_many_epochs_first_last_saved_and_even_steps_are_shown),
        cmocka_unit_test(a_row_of_the_list_tells_what_came_of_a_job),
        cmocka_unit_test(a_failed_job_is_listed_with_its_reason),
        cmocka_unit_test(a_failed_job_says_why),
        cmocka_unit_test(workers_and_masters_are_one_list),
        cmocka_unit_test(what_a_worker_holds_is_told_with_its_age_and_progress),
        cmocka_unit_test(an_event_is_one_line_without_its_empty_fields),
        cmocka_unit_test(an_epoch_has_few_digits_and_on_a_screen_few_metrics),
        cmocka_unit_test(json_of_a_sum_has_its_result_as_text),
        cmocka_unit_test(json_of_a_training_has_its_report_and_epochs),
        cmocka_unit_test(json_of_a_failed_training_has_its_error_and_its_mode),
        cmocka_unit_test(reports_and_params_that_are_no_json_do_no_harm),
        cmocka_unit_test(dead_letters_fit_the_screen_whatever_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
