/* test_dataset.c: the cache that processes share. */
#include "common/dataset/dataset.h"

#include "tests/support/table_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct dtq_why why;

static const char small[] = "7,1,2\n8,3,40\n";

static void assert_said(const char *part)
{
    if (!strstr(why.text, part)) fail_msg("\"%s\" lacks \"%s\"", why.text, part);
}

/* The only file in the cache folder with this ending; empty when there is none. */
static const char *cache_file(const char *ending)
{
    static char path[512];
    unsigned found = 0;
    path[0] = '\0';
    DIR *dir = opendir(table_cache());
    for (struct dirent *e; dir && (e = readdir(dir));) {
        const char *dot = strrchr(e->d_name, '.');
        if (!dot || strcmp(dot, ending) != 0) continue;
        snprintf(path, sizeof path, "%s/%.255s", table_cache(), e->d_name);
        found++;
    }
    if (dir) closedir(dir);
    assert_true(found <= 1);
    return path;
}

static int empty_cache(void **state)
{
    static const char *const endings[] = {".dtqd", ".part", ".lock"};
    (void)state;
    for (size_t i = 0; i < 3; i++)
        if (*cache_file(endings[i])) unlink(cache_file(endings[i]));
    table_text("t.csv", small);
    return 0;
}

static bool count_calls(void *ctx)
{
    ++*(unsigned *)ctx;
    return false;
}

static enum dtq_err open_counted(dataset_progress *progress, void *ctx, struct dataset **out)
{
    const char *roots[] = {table_root()};
    struct dataset_place place = {.roots = roots, .root_count = 1, .cache_dir = table_cache()};
    struct dataset_options options = {.ref = "file:t.csv", .label = "first"};
    *out = NULL;
    return dataset_open(&place, &options, progress, ctx, out, &why);
}

/* Opens t.csv and says whether the file was parsed; the table must be that of `small`. */
static bool was_parsed(void)
{
    struct dataset *d;
    unsigned calls = 0;
    if (open_counted(count_calls, &calls, &d) != DTQ_OK) fail_msg("%s", why.text);
    assert_true(d->mapped);
    assert_int_equal(d->rows, 2);
    assert_int_equal(d->features, 2);
    assert_int_equal((uintptr_t)d->x % 64, 0);
    assert_memory_equal(d->x, "\1\2\3\50", 4);
    assert_true(d->y[0] == 7 && d->y[1] == 8);
    dataset_close(d);
    return calls > 0;
}

static void a_file_is_parsed_once(void **state)
{
    (void)state;
    assert_true(was_parsed());
    assert_string_equal(cache_file(".part"), "");
    assert_false(was_parsed());
    assert_false(was_parsed());
}

static void the_digest_is_of_the_content_alone(void **state)
{
    struct dataset *cached, *memory, *other;
    (void)state;
    assert_int_equal(table_open("t.csv", "first", false, true, &cached, &why), DTQ_OK);
    table_text("copy.csv", "7;1;2\r\n8;3;40");
    table_text("other.csv", "7,1,2\n8,3,41\n");
    assert_int_equal(table_open("copy.csv", "first", false, false, &memory, &why), DTQ_OK);
    assert_int_equal(table_open("other.csv", "first", false, false, &other, &why), DTQ_OK);
    assert_true(cached->mapped && !memory->mapped);
    assert_true(cached->digest == memory->digest);
    assert_true(cached->digest != other->digest);
    dataset_close(cached);
    dataset_close(memory);
    dataset_close(other);
}

static void a_changed_source_takes_its_own_place(void **state)
{
    struct dataset *before, *after;
    (void)state;
    assert_int_equal(table_open("t.csv", "first", false, true, &before, &why), DTQ_OK);
    table_text("t.csv", "7,1,2,3\n8,3,40,5\n9,9,9,9\n");
    assert_int_equal(table_open("t.csv", "first", false, true, &after, &why), DTQ_OK);
    assert_int_equal(after->rows, 3);
    assert_int_equal(before->rows, 2); /* whoever has the old one goes on with it */
    assert_memory_equal(before->x, "\1\2\3\50", 4);
    dataset_close(before);
    dataset_close(after);
    assert_string_not_equal(cache_file(".dtqd"), "");
}

static void other_options_make_another_table(void **state)
{
    struct dataset *d;
    (void)state;
    assert_true(was_parsed());
    assert_int_equal(table_open("t.csv", "last", false, true, &d, &why), DTQ_OK);
    assert_true(d->y[0] == 2 && d->y[1] == 40);
    dataset_close(d);
    char newest[512];
    /* Two tables lie there now; leave none to the next test. */
    DIR *dir = opendir(table_cache());
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        snprintf(newest, sizeof newest, "%s/%.255s", table_cache(), e->d_name);
        unlink(newest);
    }
    closedir(dir);
}

/* A byte of the header at a time, and every length: what is not whole is made anew. */
static void a_damaged_cache_is_rebuilt(void **state)
{
    enum { HEADER = 4096, DENSE = 300 }; /* bytes; those before DENSE are tried one by one */
    struct stat st;
    (void)state;
    assert_true(was_parsed());
    assert_int_equal(stat(cache_file(".dtqd"), &st), 0);
    for (off_t at = 0; at < HEADER; at += at < DENSE ? 1 : 61) {
        unsigned char byte;
        int fd = open(cache_file(".dtqd"), O_RDWR);
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x20;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
        if (!was_parsed()) fail_msg("byte %ld may be damaged", (long)at);
        assert_false(was_parsed());
    }
    for (off_t len = 0; len < st.st_size; len += len < 4000 ? 137 : 1) {
        assert_int_equal(truncate(cache_file(".dtqd"), len), 0);
        if (!was_parsed()) fail_msg("%ld bytes pass for the whole", (long)len);
    }
    assert_int_equal(truncate(cache_file(".dtqd"), st.st_size + 1), 0);
    assert_true(was_parsed());
    assert_false(was_parsed());
}

static void what_a_dead_writer_left_is_no_hindrance(void **state)
{
    char part[512];
    (void)state;
    assert_true(was_parsed());
    snprintf(part, sizeof part, "%s", cache_file(".dtqd"));
    strcpy(strrchr(part, '.'), ".part");
    assert_int_equal(rename(cache_file(".dtqd"), part), 0);
    assert_true(was_parsed());
    assert_string_equal(cache_file(".part"), "");
}

static void without_a_cache_folder_the_table_stays_in_memory(void **state)
{
    const char *roots[] = {table_root()};
    char blocked[512];
    struct dataset_options options = {.ref = "file:t.csv", .label = "first"};
    struct dataset *d = NULL;
    (void)state;
    snprintf(blocked, sizeof blocked, "%s/cache", table_path("t.csv"));
    struct dataset_place place = {.roots = roots, .root_count = 1, .cache_dir = blocked};
    assert_int_equal(dataset_open(&place, &options, NULL, NULL, &d, &why), DTQ_OK);
    assert_false(d->mapped);
    assert_int_equal(d->rows, 2);
    dataset_close(d);
}

static bool append_a_row(void *ctx)
{
    (void)ctx;
    FILE *f = fopen(table_path("t.csv"), "a");
    if (!f) return true;
    fputs("9,9\n", f);
    fclose(f);
    return false;
}

/* Also where the half-written end makes a bad row: a retry may find it whole. */
static void a_source_that_changes_meanwhile_is_no_table_yet(void **state)
{
    struct dataset *d;
    (void)state;
    assert_int_equal(open_counted(append_a_row, NULL, &d), DTQ_IO);
    assert_null(d);
    assert_said("t.csv changed while it was being read");
    assert_string_equal(cache_file(".dtqd"), "");
}

static bool stop(void *ctx)
{
    (void)ctx;
    return true;
}

static void a_parse_can_be_cancelled(void **state)
{
    struct dataset *d;
    (void)state;
    assert_int_equal(open_counted(stop, NULL, &d), DTQ_CANCELLED);
    assert_null(d);
    assert_true(was_parsed());
}

static bool tell_and_hang(void *ctx)
{
    const int *fds = ctx;
    if (write(fds[1], "!", 1) != 1) return true;
    for (;;)
        pause();
}

/* A child in the middle of its parse, with the lock held. */
static pid_t start_holder(void)
{
    int fds[2];
    char byte;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct dataset *d;
        open_counted(tell_and_hang, fds, &d);
        _exit(1);
    }
    assert_int_equal(read(fds[0], &byte, 1), 1);
    close(fds[0]);
    close(fds[1]);
    return pid;
}

static void those_who_wait_can_be_cancelled(void **state)
{
    struct dataset *d;
    pid_t holder = start_holder();
    (void)state;
    assert_int_equal(open_counted(stop, NULL, &d), DTQ_CANCELLED);
    assert_said("another process");
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
}

struct kill_later {
    pid_t holder;
    unsigned calls;
};

static bool kill_on_the_third_call(void *ctx)
{
    struct kill_later *k = ctx;
    if (++k->calls == 3) kill(k->holder, SIGKILL);
    return false;
}

static void a_dead_holders_lock_is_free(void **state)
{
    struct dataset *d;
    struct kill_later k = {start_holder(), 0};
    (void)state;
    assert_int_equal(open_counted(kill_on_the_third_call, &k, &d), DTQ_OK);
    assert_true(k.calls > 3); /* it has waited, and then parsed */
    assert_int_equal(waitpid(k.holder, NULL, 0), k.holder);
    dataset_close(d);
    assert_false(was_parsed());
}

static void processes_that_come_at_once_get_one_table(void **state)
{
    enum { PROCESSES = 6 };
    pid_t pids[PROCESSES];
    struct stat st;
    (void)state;
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            struct dataset *d;
            bool good = open_counted(NULL, NULL, &d) == DTQ_OK && d->mapped && d->rows == 2;
            _exit(good ? 0 : 1);
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(stat(cache_file(".dtqd"), &st), 0);
    assert_string_equal(cache_file(".part"), "");
    assert_false(was_parsed());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_file_is_parsed_once, empty_cache),
        cmocka_unit_test_setup(the_digest_is_of_the_content_alone, empty_cache),
        cmocka_unit_test_setup(a_changed_source_takes_its_own_place, empty_cache),
        cmocka_unit_test_setup(other_options_make_another_table, empty_cache),
        cmocka_unit_test_setup(a_damaged_cache_is_rebuilt, empty_cache),
        cmocka_unit_test_setup(what_a_dead_writer_left_is_no_hindrance, empty_cache),
        cmocka_unit_test_setup(without_a_cache_folder_the_table_stays_in_memory, empty_cache),
        cmocka_unit_test_setup(a_source_that_changes_meanwhile_is_no_table_yet, empty_cache),
        cmocka_unit_test_setup(a_parse_can_be_cancelled, empty_cache),
        cmocka_unit_test_setup(those_who_wait_can_be_cancelled, empty_cache),
        cmocka_unit_test_setup(a_dead_holders_lock_is_free, empty_cache),
        cmocka_unit_test_setup(processes_that_come_at_once_get_one_table, empty_cache),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
