/* test_record_json.c: records of the queue as JSON for programs. */
#include "producer/record_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void check(cJSON *(*one)(const cJSON *row), const char *kept, const char *expected)
{
    cJSON *row = cJSON_Parse(kept), *value = one(row);
    char *text = cJSON_PrintUnformatted(value);

    assert_non_null(row);
    assert_string_equal(text, expected);
    cJSON_free(text);
    cJSON_Delete(value);
    cJSON_Delete(row);
}

static void numbers_of_events_are_numbers_and_names_are_texts(void **state)
{
    (void)state;
    check(event_json,
          "{\"id\":\"5-0\",\"atMs\":5,\"event\":\"worker_joined\",\"worker\":\"17\","
          "\"slots\":\"2\",\"host\":\"42\",\"pid\":\"4711\"}",
          "{\"id\":\"5-0\",\"atMs\":5,\"event\":\"worker_joined\",\"worker\":\"17\",\"slots\":2,"
          "\"host\":\"42\",\"pid\":4711}");
    check(event_json,
          "{\"id\":\"5-0\",\"atMs\":5,\"event\":\"job_submitted\",\"job\":\"7\","
          "\"type\":\"sum\",\"producer\":\"\",\"submittedMs\":\"1796090479111\"}",
          "{\"id\":\"5-0\",\"atMs\":5,\"event\":\"job_submitted\",\"jobId\":\"7\","
          "\"type\":\"sum\",\"submittedMs\":1796090479111}");
    check(event_json, "{\"id\":\"1-0\",\"event\":\"chat\",\"from\":\"7\",\"text\":\"12\"}",
          "{\"id\":\"1-0\",\"event\":\"chat\",\"from\":\"7\",\"text\":\"12\"}");
}

static void metrics_of_an_epoch_are_numbers(void **state)
{
    (void)state;
    check(event_json,
          "{\"id\":\"1-0\",\"event\":\"epoch\",\"job\":\"2\",\"epoch\":\"3\",\"loss\":\"0.25\","
          "\"testAuc\":\"1\"}",
          "{\"id\":\"1-0\",\"event\":\"epoch\",\"jobId\":\"2\",\"epoch\":3,\"loss\":0.25,"
          "\"testAuc\":1}");
}

static void whoever_owns_a_job_is_its_master(void **state)
{
    (void)state;
    check(event_json, "{\"event\":\"job_running\",\"job\":\"J1\",\"by\":\"m1\"}",
          "{\"event\":\"job_running\",\"jobId\":\"J1\",\"master\":\"m1\"}");
    check(event_json, "{\"event\":\"job_taken_over\",\"job\":\"J1\",\"from\":\"m1\",\"by\":\"m2\"}",
          "{\"event\":\"job_taken_over\",\"jobId\":\"J1\",\"formerMaster\":\"m1\","
          "\"master\":\"m2\"}");
    check(event_json, "{\"event\":\"queue_paused\",\"by\":\"ann\"}",
          "{\"event\":\"queue_paused\",\"by\":\"ann\"}");
}

static void a_task_is_its_job_and_its_number(void **state)
{
    (void)state;
    check(event_json,
          "{\"event\":\"reclaimed\",\"job\":\"J1\",\"tasks\":\"4\",\"first\":\"J1/12\","
          "\"slot\":\"w1.0\",\"reason\":\"silent\"}",
          "{\"event\":\"reclaimed\",\"jobId\":\"J1\",\"tasks\":4,\"task\":12,\"slot\":\"w1.0\","
          "\"reason\":\"silent\"}");
    check(letter_json,
          "{\"code\":\"io_error\",\"message\":\"7\",\"worker\":\"w1\",\"attempts\":5,\"lost\":0,"
          "\"atMs\":9,\"spec\":\"1 2\",\"id\":\"J7/3\"}",
          "{\"jobId\":\"J7\",\"task\":3,\"code\":\"io_error\",\"message\":\"7\","
          "\"worker\":\"w1\",\"attempts\":5,\"lost\":0,\"atMs\":9,\"spec\":\"1 2\"}");
}

static void workers_have_slots_as_objects_and_nothing_internal(void **state)
{
    (void)state;
    check(member_json,
          "{\"worker\":\"w1\",\"aliveMs\":8984,\"nonce\":\"0f05434ba7870ab8\",\"slots\":3,"
          "\"host\":\"vm\",\"pid\":7,\"since_ms\":5,\"presence_ms\":9000,\"completed\":2,"
          "\"slot0\":\"J30/11 4 129 44\",\"slot1\":\"\",\"mean_us\":405,"
          "\"last_task\":\"J2/1\",\"last_error\":\"\"}",
          "{\"worker\":\"w1\",\"aliveMs\":8984,\"host\":\"vm\",\"pid\":7,\"sinceMs\":5,"
          "\"presenceMs\":9000,\"completed\":2,\"meanUs\":405,\"lastJobId\":\"J2\","
          "\"lastTask\":1,\"slots\":["
          "{\"slot\":\"w1.0\",\"jobId\":\"J30\",\"task\":11,\"tasks\":4,\"ms\":129,"
          "\"progress\":44},{\"slot\":\"w1.1\"},{\"slot\":\"w1.2\"}]}");
    check(member_json,
          "{\"master\":\"m1\",\"aliveMs\":1649,\"since_ms\":5,\"host\":\"vm\",\"pid\":6}",
          "{\"master\":\"m1\",\"aliveMs\":1649,\"sinceMs\":5,\"host\":\"vm\",\"pid\":6}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_events_are_numbers_and_names_are_texts),
        cmocka_unit_test(metrics_of_an_epoch_are_numbers),
        cmocka_unit_test(whoever_owns_a_job_is_its_master),
        cmocka_unit_test(a_task_is_its_job_and_its_number),
        cmocka_unit_test(workers_have_slots_as_objects_and_nothing_internal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
