/* test_csvlog.c: logs appended to by many. */
#include "common/table/csvlog.h"

#include "tests/support/picture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct dtq_why why;
static const char *const columns[] = {"job", "mode", "wallMs"};

static enum dtq_err append(const char *name, const char *a, const char *b, const char *c)
{
    return csvlog_append(scratch_path(name), columns, (const char *const[]){a, b, c}, 3, &why);
}

static void assert_content(const char *name, const char *expected)
{
    char *text = scratch_read(name);

    assert_string_equal(text, expected);
    free(text);
}

static unsigned mode_of(const char *name)
{
    struct stat st;

    assert_int_equal(stat(scratch_path(name), &st), 0);
    return st.st_mode & 07777;
}

static void a_new_log_begins_with_its_columns(void **state)
{
    (void)state;
    assert_int_equal(append("new", "J1", "sync", "12"), DTQ_OK);
    assert_int_equal(append("new", "J2", NULL, "7"), DTQ_OK);
    assert_content("new", "job,mode,wallMs\nJ1,sync,12\nJ2,,7\n");
    scratch_write("empty", "");
    assert_int_equal(append("empty", "J1", "sync", "12"), DTQ_OK);
    assert_content("empty", "job,mode,wallMs\nJ1,sync,12\n");
}

static void commas_and_quotes_are_quoted(void **state)
{
    (void)state;
    assert_int_equal(append("quoted", "a,b", "say \"hi\"", " plain "), DTQ_OK);
    assert_content("quoted", "job,mode,wallMs\n\"a,b\",\"say \"\"hi\"\"\", plain \n");
}

static void a_cut_last_line_is_ended_first(void **state)
{
    (void)state;
    scratch_write("cut", "job,mode,wallMs\nJ1,sy");
    assert_int_equal(append("cut", "J2", "sync", "5"), DTQ_OK);
    assert_content("cut", "job,mode,wallMs\nJ1,sy\nJ2,sync,5\n");
    scratch_write("cut", "job,mode,wallMs"); /* even in the header */
    assert_int_equal(append("cut", "J2", "sync", "5"), DTQ_OK);
    assert_content("cut", "job,mode,wallMs\nJ2,sync,5\n");
}

static void a_header_from_a_spreadsheet_is_known_again(void **state)
{
    (void)state;
    scratch_write("bom", "\xef\xbb\xbfjob,mode,wallMs\r\nJ1,sync,1\r\n");
    assert_int_equal(append("bom", "J2", "sync", "5"), DTQ_OK);
    assert_content("bom", "\xef\xbb\xbfjob,mode,wallMs\r\nJ1,sync,1\r\nJ2,sync,5\n");
}

static void a_log_with_other_columns_is_left_alone(void **state)
{
    static const char *const others[] = {"mode,job\nx\n", "job,mode,wallMs,more\nx\n", "\n",
                                         "job,mode,wallS\nx\n", "job,mo\nx\n"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        scratch_write("other", others[i]);
        assert_int_equal(append("other", "J1", "sync", "1"), DTQ_INPUT);
        assert_non_null(strstr(why.text, "expected the columns \"job,mode,wallMs\""));
        assert_content("other", others[i]);
    }
}

static void a_log_with_fewer_columns_gets_the_new_ones(void **state)
{
    char *name;

    (void)state;
    scratch_write("former", "job,mode\nJ1,sync\n\nJ2,async");
    assert_int_equal(chmod(scratch_path("former"), 0640), 0);
    assert_int_equal(append("former", "J3", "sync", "5"), DTQ_OK);
    assert_content("former", "job,mode,wallMs\nJ1,sync,\n\nJ2,async,\nJ3,sync,5\n");
    assert_int_equal(mode_of("former"), 0640);
    scratch_write("spread", "\xef\xbb\xbfjob,mode\r\n\"J,1\",sync\r\n");
    assert_int_equal(append("spread", "J2", "sync", "5"), DTQ_OK);
    assert_content("spread", "job,mode,wallMs\n\"J,1\",sync,\nJ2,sync,5\n");
    scratch_write("head", "job");
    assert_int_equal(append("head", "J2", "sync", "5"), DTQ_OK);
    assert_content("head", "job,mode,wallMs\nJ2,sync,5\n");
    name = strdup(scratch_path("target"));
    scratch_write("target", "job\nJ1\n");
    assert_int_equal(symlink(name, scratch_path("link")), 0);
    assert_int_equal(append("link", "J2", "sync", "5"), DTQ_OK);
    assert_content("target", "job,mode,wallMs\nJ1,,\nJ2,sync,5\n");
    free(name);
}

static void a_log_is_widened_once_however_many_append(void **state)
{
    enum { PROCESSES = 8, LINES = 20 };
    char *text;
    size_t lines = 0;

    (void)state;
    for (int round = 0; round < 5; round++) {
        scratch_write("widen", "job,mode\nold,sync\n");
        for (int p = 0; p < PROCESSES; p++) {
            if (fork()) continue;
            for (int i = 0; i < LINES; i++)
                if (append("widen", (char[]){(char)('a' + p), '\0'}, "sync", "7") != DTQ_OK)
                    _exit(1);
            _exit(0);
        }
        for (int p = 0, status; p < PROCESSES; p++) {
            assert_true(wait(&status) > 0);
            assert_int_equal(status, 0);
        }
        text = scratch_read("widen");
        assert_int_equal(strncmp(text, "job,mode,wallMs\nold,sync,\n", 26), 0);
        lines = 0;
        for (const char *at = text; (at = strchr(at, '\n')); at++)
            lines++;
        free(text);
        assert_int_equal(lines, 2 + PROCESSES * LINES);
    }
}

static void a_line_break_in_a_cell_is_refused(void **state)
{
    (void)state;
    assert_int_equal(append("break", "J1", "a\nb", "1"), DTQ_INPUT);
    assert_non_null(strstr(why.text, "cell 2"));
    assert_int_not_equal(access(scratch_path("break"), F_OK), 0);
}

static void a_full_disk_leaves_no_half_line(void **state)
{
    const struct rlimit small = {30, RLIM_INFINITY};
    struct rlimit before;

    (void)state;
    assert_int_equal(append("full", "J1", "sync", "1"), DTQ_OK); /* 16 + 10 bytes */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(append("full", "J2", "async", "12345"), DTQ_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_content("full", "job,mode,wallMs\nJ1,sync,1\n");
}

static void a_path_that_is_no_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(append("", "a", "b", "c"), DTQ_INPUT);
    assert_non_null(strstr(why.text, "not a regular file"));
    assert_int_equal(append("none/log", "a", "b", "c"), DTQ_IO);
    assert_non_null(strstr(why.text, "No such file"));
    assert_int_equal(csvlog_append("/dev/null", columns, columns, 3, &why), DTQ_INPUT);
    assert_int_equal(csvlog_append(scratch_path("x"), columns, columns, 0, &why), DTQ_INPUT);
}

/* Each process writes lines that only it writes; every one must be there, whole, and one header. */
static void lines_of_many_processes_are_whole(void **state)
{
    enum { PROCESSES = 8, LINES = 100 };
    static unsigned seen[PROCESSES][LINES];
    pid_t pids[PROCESSES];
    char *text, *rest, *line, job[200], number[16];
    size_t lines = 0;

    (void)state;
    for (int p = 0; p < PROCESSES; p++) {
        pids[p] = fork();
        assert_true(pids[p] >= 0);
        if (pids[p]) continue;
        memset(job, 'a' + p, sizeof job);
        snprintf(job + 150, sizeof job - 150, "%d", p);
        for (int i = 0; i < LINES; i++) {
            snprintf(number, sizeof number, "%d", i);
            if (append("many", job, "sync", number) != DTQ_OK) _exit(1);
        }
        _exit(0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status = 1;
        assert_int_equal(waitpid(pids[p], &status, 0), pids[p]);
        assert_int_equal(status, 0);
    }
    rest = text = scratch_read("many");
    while ((line = strsep(&rest, "\n")) && *line) {
        int p, i, used = 0;
        if (lines++ == 0) {
            assert_string_equal(line, "job,mode,wallMs");
            continue;
        }
        assert_int_equal(strspn(line, (char[]){*line, '\0'}), 150);
        assert_int_equal(sscanf(line + 150, "%d,sync,%d%n", &p, &i, &used), 2);
        assert_int_equal(line[150 + used], '\0');
        assert_int_equal(*line, 'a' + p);
        assert_in_range(p, 0, PROCESSES - 1);
        assert_in_range(i, 0, LINES - 1);
        seen[p][i]++;
    }
    free(text);
    assert_int_equal(lines, PROCESSES * LINES + 1);
    for (int k = 0; k < PROCESSES * LINES; k++)
        assert_int_equal(seen[k / LINES][k % LINES], 1);
}

static void a_line_that_is_there_is_not_appended_again(void **state)
{
    enum { PROCESSES = 6, LINES = 30 };
    const char *path = scratch_path("once");
    char *text;
    int lines = 0;

    (void)state;
    for (int p = 0; p < PROCESSES; p++) {
        if (fork()) continue;
        for (int i = 0; i < LINES; i++) {
            char id[16], ms[16];

            snprintf(id, sizeof id, "J%d", i);
            snprintf(ms, sizeof ms, "%d", p); /* no part of the key */
            csvlog_append_once(path, columns, (const char *const[]){id, "sync", ms}, 3, 2, &why);
        }
        _exit(0);
    }
    while (wait(NULL) > 0)
        ;
    text = scratch_read("once");
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        lines++;
    free(text);
    assert_int_equal(lines, LINES + 1);
    assert_int_equal(
        csvlog_append_once(path, columns, (const char *const[]){"J7", "sync", "9"}, 3, 2, &why),
        DTQ_NONE);
    assert_int_equal(
        csvlog_append_once(path, columns, (const char *const[]){"J7", "async", "9"}, 3, 2, &why),
        DTQ_OK);
    scratch_write("cut-once", "job,mode,wallMs\nJ1,sy");
    assert_int_equal(csvlog_append_once(scratch_path("cut-once"), columns,
                                        (const char *const[]){"J1", "sync", "5"}, 3, 1, &why),
                     DTQ_OK); /* a line that was cut off is none */
    assert_content("cut-once", "job,mode,wallMs\nJ1,sy\nJ1,sync,5\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_log_begins_with_its_columns),
        cmocka_unit_test(commas_and_quotes_are_quoted),
        cmocka_unit_test(a_cut_last_line_is_ended_first),
        cmocka_unit_test(a_header_from_a_spreadsheet_is_known_again),
        cmocka_unit_test(a_log_with_other_columns_is_left_alone),
        cmocka_unit_test(a_log_with_fewer_columns_gets_the_new_ones),
        cmocka_unit_test(a_log_is_widened_once_however_many_append),
        cmocka_unit_test(a_line_break_in_a_cell_is_refused),
        cmocka_unit_test(a_full_disk_leaves_no_half_line),
        cmocka_unit_test(a_path_that_is_no_file_is_refused),
        cmocka_unit_test(lines_of_many_processes_are_whole),
        cmocka_unit_test(a_line_that_is_there_is_not_appended_again),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
