/* test_find.c: the registry of running `dtq up`, and the URL of a socket. */
#include "common/find.h"
#include "producer/paths.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static struct dtq_why why;

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/dtq-test-XXXXXX");
    return mkdtemp(folder) && setenv("XDG_RUNTIME_DIR", folder, 1) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static int remove_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A process that announces url, says so and waits for its end. */
static pid_t announce_elsewhere(const char *url)
{
    int ready[2];
    char byte = 0;
    pid_t pid;

    assert_int_equal(pipe(ready), 0);
    pid = fork();
    if (pid == 0) {
        int lock;

        if (find_announce(url, &lock, &why) == DTQ_OK) byte = 'y';
        if (write(ready[1], &byte, 1) != 1) _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void the_newest_running_one_comes_first(void **state)
{
    pid_t first = announce_elsewhere("unix:///first"), second;
    struct find_list list = {0};
    char path[200];
    const struct timespec old[2] = {{1000, 0}, {1000, 0}};

    (void)state;
    snprintf(path, sizeof path, "%s/dtq/%ld.up", folder, (long)first);
    assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
    second = announce_elsewhere("unix:///second");
    assert_int_equal(find_ups(&list, &why), DTQ_OK);
    assert_int_equal(list.count, 2);
    assert_string_equal(list.rows[0].url, "unix:///second");
    assert_int_equal(list.rows[0].pid, second);
    assert_string_equal(list.rows[1].url, "unix:///first");
    find_list_clear(&list);
    end(first);
    end(second);
}

static void what_a_killed_one_left_is_ignored_and_removed(void **state)
{
    pid_t pid = announce_elsewhere("unix:///gone");
    struct find_list list = {0};
    char path[200];

    (void)state;
    snprintf(path, sizeof path, "%s/dtq/%ld.up", folder, (long)pid);
    end(pid);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(find_ups(&list, &why), DTQ_OK);
    assert_int_equal(list.count, 0);
    assert_int_not_equal(access(path, F_OK), 0);
    find_list_clear(&list);
}

static void one_that_withdraws_is_gone_at_once(void **state)
{
    struct find_list list = {0};
    int lock = -1;

    (void)state;
    assert_int_equal(find_announce("unix:///here", &lock, &why), DTQ_OK);
    assert_int_equal(fcntl(lock, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(find_ups(&list, &why), DTQ_OK);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.rows[0].pid, getpid());
    find_list_clear(&list);
    find_withdraw(lock);
    assert_int_equal(find_ups(&list, &why), DTQ_OK);
    assert_int_equal(list.count, 0);
    find_list_clear(&list);
}

static void a_folder_that_others_can_write_is_not_trusted(void **state)
{
    struct find_list list = {0};
    char path[200];
    int lock = -1;

    (void)state;
    snprintf(path, sizeof path, "%s/dtq", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(find_ups(&list, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, path));
    assert_int_equal(find_announce("unix:///x", &lock, &why), DTQ_INPUT);
    assert_int_equal(lock, -1);
}

static void a_link_to_a_folder_is_not_trusted(void **state)
{
    struct find_list list = {0};
    char path[200];

    (void)state;
    snprintf(path, sizeof path, "%s/dtq", folder);
    assert_int_equal(symlink("/tmp", path), 0);
    assert_int_equal(find_ups(&list, &why), DTQ_INPUT);
}

static void a_socket_with_odd_letters_becomes_a_url(void **state)
{
    char url[100];

    (void)state;
    assert_true(paths_socket_url("/a b/100%/c?d@e.sock", url, sizeof url));
    assert_string_equal(url, "unix:///a b/100%25/c%3Fd%40e.sock");
    assert_false(paths_socket_url("/abcdefgh", url, 12));
    assert_true(paths_socket_url("/abcd", url, 13));
    assert_string_equal(url, "unix:///abcd");
    assert_false(paths_socket_url("/abc%", url, 13));
}

static void folders_are_made_with_those_above_them(void **state)
{
    char path[200];
    struct stat info;
    FILE *f;

    (void)state;
    snprintf(path, sizeof path, "%s/a/b/c", folder);
    assert_int_equal(paths_make(path, &why), DTQ_OK);
    assert_int_equal(paths_make(path, &why), DTQ_OK);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    strcat(path, "/file");
    f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(paths_make(path, &why), DTQ_INPUT);
    assert_non_null(strstr(why.text, "is not a folder"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_running_one_comes_first),
        TEST(what_a_killed_one_left_is_ignored_and_removed),
        TEST(one_that_withdraws_is_gone_at_once),
        TEST(a_folder_that_others_can_write_is_not_trusted),
        TEST(a_link_to_a_folder_is_not_trusted),
        TEST(a_socket_with_odd_letters_becomes_a_url),
        TEST(folders_are_made_with_those_above_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
