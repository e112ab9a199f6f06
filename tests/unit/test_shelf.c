/* test_shelf.c: the cache folder as a whole: what is listed, what leaves, what is cleaned up. */
#include "common/dataset/shelf.h"

#include "common/dataset/cache.h"

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

enum { TABLE_BYTES = 4096 + 64 + 16 }; /* of a cache of 2 rows with 2 bytes each */

static struct dtq_why why;

static struct dataset *open_bounded(const char *name, uint64_t max_bytes)
{
    char ref[256];
    const char *roots[] = {table_root()};
    const struct dataset_place place = {
        .roots = roots, .root_count = 1, .cache_dir = table_cache(), .cache_max_bytes = max_bytes};
    const struct dataset_options options = {.ref = ref, .label = "first"};
    struct dataset *d;
    snprintf(ref, sizeof ref, "file:%s", name);
    if (dataset_open(&place, &options, NULL, NULL, &d, &why) != DTQ_OK) fail_msg("%s", why.text);
    return d;
}

static void use(const char *name, uint64_t max_bytes)
{
    dataset_close(open_bounded(name, max_bytes));
}

/* Names in the folder that end so. */
static unsigned count_files(const char *ending)
{
    unsigned found = 0;
    DIR *dir = opendir(table_cache());
    for (struct dirent *e; dir && (e = readdir(dir));) {
        const char *dot = strrchr(e->d_name, '.');
        found += dot && strcmp(dot, ending) == 0;
    }
    if (dir) closedir(dir);
    return found;
}

static int fresh(void **state)
{
    char path[600];
    (void)state;
    DIR *dir = opendir(table_cache());
    for (struct dirent *e; dir && (e = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%.255s", table_cache(), e->d_name);
        unlink(path);
    }
    if (dir) closedir(dir);
    for (char name[] = "a.csv"; name[0] <= 'd'; name[0]++)
        table_text(name, "7,1,2\n8,3,40\n");
    return 0;
}

/* Sets when the cache of a source was last used. */
static void used_at(const char *source, time_t seconds)
{
    struct dataset_cached *list;
    size_t count;
    const struct timespec times[] = {{seconds, 0}, {seconds, 0}};
    assert_int_equal(dataset_cached_list(table_cache(), &list, &count, &why), DTQ_OK);
    for (size_t i = 0; i < count; i++)
        if (strstr(list[i].source, source))
            assert_int_equal(utimensat(AT_FDCWD, list[i].path, times, 0), 0);
    dataset_cached_free(list, count);
}

/* The sources that have a cache, the last used first, by their first letters. */
static const char *shelf(void)
{
    static char letters[16];
    struct dataset_cached *list;
    size_t count;
    assert_int_equal(dataset_cached_list(table_cache(), &list, &count, &why), DTQ_OK);
    assert_true(count < sizeof letters);
    for (size_t i = 0; i < count; i++) {
        const char *slash = strrchr(list[i].source, '/');
        letters[i] = slash ? slash[1] : '?';
        if (!slash) continue;
        assert_int_equal(list[i].bytes, TABLE_BYTES);
        assert_int_equal(list[i].rows, 2);
        assert_int_equal(list[i].features, 2);
    }
    letters[count] = '\0';
    dataset_cached_free(list, count);
    return letters;
}

static void the_last_used_is_listed_first(void **state)
{
    struct dataset_cached *list;
    size_t count;
    (void)state;
    use("a.csv", 0);
    use("b.csv", 0);
    used_at("a.csv", 2000);
    used_at("b.csv", 1000);
    assert_string_equal(shelf(), "ab");
    use("b.csv", 0); /* opening it counts */
    assert_string_equal(shelf(), "ba");
    assert_int_equal(dataset_cached_list(table_cache(), &list, &count, &why), DTQ_OK);
    assert_int_equal(list[1].used_unix_ms, 2000 * 1000);
    assert_string_equal(list[1].source, table_path("a.csv"));
    assert_string_equal(list[1].options, "csvLabel=first");
    assert_int_equal(list[1].type, DATASET_U8);
    dataset_cached_free(list, count);
}

static void options_become_fields(void **state)
{
    char text[CACHE_OPTIONS_MAX], little[12];
    const struct dataset_options all = {.label = "y",
                                        .has_header = true,
                                        .format = DATASET_LIBSVM,
                                        .delimiter = '\t',
                                        .missing = DATASET_MEAN,
                                        .label_ref = "file:l",
                                        .features = 12};
    (void)state;
    dataset_options_text(&(struct dataset_options){0}, text, sizeof text);
    assert_string_equal(text, "");
    dataset_options_text(&(struct dataset_options){.delimiter = ';', .missing = DATASET_ZERO}, text,
                         sizeof text);
    assert_string_equal(text, "delimiter=; missing=zero");
    dataset_options_text(&all, text, sizeof text);
    assert_string_equal(text, "csvLabel=y hasHeader=true format=libsvm delimiter=tab missing=mean "
                              "labelRef=file:l features=12");
    dataset_options_text(&all, little, sizeof little);
    assert_string_equal(little, "csvLabel=y ");
}

static void a_folder_that_is_not_there_is_empty(void **state)
{
    struct dataset_cached *list;
    size_t count;
    (void)state;
    assert_int_equal(dataset_cached_list("/nonexistent/folder", &list, &count, &why), DTQ_OK);
    assert_int_equal(count, 0);
    dataset_cached_free(list, count);
    assert_int_equal(dataset_cached_list(table_path("a.csv"), &list, &count, &why), DTQ_IO);
    assert_non_null(strstr(why.text, "a.csv"));
}

static void the_least_recently_used_leaves_first(void **state)
{
    (void)state;
    use("a.csv", 0);
    use("b.csv", 0);
    use("c.csv", 0);
    used_at("a.csv", 3000);
    used_at("b.csv", 1000);
    used_at("c.csv", 2000);
    use("d.csv", 3 * TABLE_BYTES); /* just room for three */
    assert_string_equal(shelf(), "dac");
    use("b.csv", 2 * TABLE_BYTES + 100);
    assert_int_equal(strlen(shelf()), 2);
    assert_non_null(strchr(shelf(), 'b'));
}

static void a_table_that_is_open_outlives_its_file(void **state)
{
    (void)state;
    struct dataset *a = open_bounded("a.csv", 0);
    used_at("a.csv", 1000);
    use("b.csv", TABLE_BYTES);
    assert_string_equal(shelf(), "b");
    assert_memory_equal(a->x, "\1\2\3\50", 4);
    dataset_close(a);
}

static void the_newest_stays_whatever_its_size(void **state)
{
    (void)state;
    use("a.csv", 1);
    assert_string_equal(shelf(), "a");
    use("b.csv", 1);
    assert_string_equal(shelf(), "b");
}

static bool tell_and_hang(void *ctx)
{
    const int *fds = ctx;
    if (write(fds[1], "!", 1) != 1) return true;
    for (;;)
        pause();
}

/* A process in the middle of its parse of a.csv. */
static pid_t start_parse(void)
{
    int fds[2];
    char byte;
    const char *roots[] = {table_root()};
    const struct dataset_place place = {
        .roots = roots, .root_count = 1, .cache_dir = table_cache()};
    const struct dataset_options options = {.ref = "file:a.csv", .label = "first"};
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct dataset *d;
        dataset_open(&place, &options, tell_and_hang, fds, &d, &why);
        _exit(1);
    }
    assert_int_equal(read(fds[0], &byte, 1), 1);
    close(fds[0]);
    close(fds[1]);
    return pid;
}

static void a_killed_parse_leaves_nothing_that_stays(void **state)
{
    pid_t pid = start_parse();
    (void)state;
    assert_int_equal(count_files(".lock"), 1);
    assert_int_equal(count_files(".part"), 1);
    use("b.csv", 0); /* what is at work is let be */
    assert_int_equal(count_files(".lock"), 1);
    assert_int_equal(count_files(".part"), 1);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_string_equal(shelf(), "b");
    use("c.csv", 0);
    assert_int_equal(count_files(".lock"), 0);
    assert_int_equal(count_files(".part"), 0);
}

static void a_trim_cleans_up_without_a_parse(void **state)
{
    char path[600];
    const struct dataset_place place = {.cache_dir = table_cache(), .cache_max_bytes = 1};
    pid_t pid = start_parse();
    (void)state;
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    use("b.csv", 0);
    snprintf(path, sizeof path, "%s/0123456789abcdef.part", table_cache());
    close(open(path, O_CREAT | O_WRONLY, 0600));
    snprintf(path, sizeof path, "%s/notes.part", table_cache());
    close(open(path, O_CREAT | O_WRONLY, 0600));
    dataset_cache_trim(&place);
    assert_int_equal(count_files(".lock"), 0);
    assert_int_equal(count_files(".dtqd"), 0);
    assert_int_equal(count_files(".part"), 1); /* somebody else's */
}

static void a_cache_of_another_version_is_listed_and_leaves(void **state)
{
    char path[600];
    (void)state;
    use("a.csv", 0);
    snprintf(path, sizeof path, "%s/0123456789abcdef.dtqd", table_cache());
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(ftruncate(fd, 5000), 0);
    const struct timespec long_ago[] = {{1000, 0}, {1000, 0}};
    futimens(fd, long_ago);
    close(fd);
    assert_string_equal(shelf(), "a?");
    used_at("a.csv", 2000); /* or both may be of one tick of the clock */
    use("b.csv", 2 * TABLE_BYTES);
    assert_string_equal(shelf(), "ba");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_last_used_is_listed_first, fresh),
        cmocka_unit_test(options_become_fields),
        cmocka_unit_test_setup(a_folder_that_is_not_there_is_empty, fresh),
        cmocka_unit_test_setup(the_least_recently_used_leaves_first, fresh),
        cmocka_unit_test_setup(a_table_that_is_open_outlives_its_file, fresh),
        cmocka_unit_test_setup(the_newest_stays_whatever_its_size, fresh),
        cmocka_unit_test_setup(a_killed_parse_leaves_nothing_that_stays, fresh),
        cmocka_unit_test_setup(a_trim_cleans_up_without_a_parse, fresh),
        cmocka_unit_test_setup(a_cache_of_another_version_is_listed_and_leaves, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, table_remove);
}
