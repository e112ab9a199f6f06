/* test_url.c: where a Redis server is, as people write it. */
#include "common/queue/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct url url;
static struct dtq_why why;

static void parse(const char *text)
{
    memset(&url, 0xff, sizeof url);
    if (url_parse(text, &url, &why) != DTQ_OK) fail_msg("%s: %s", text, why.text);
}

static void assert_tcp(const char *text, const char *host, int port, int database)
{
    parse(text);
    assert_int_equal(url.kind, URL_SERVER);
    assert_int_equal(url.host_count, 1);
    assert_string_equal(url.hosts[0].name, host);
    assert_int_equal(url.hosts[0].port, port);
    assert_int_equal(url.database, database);
    assert_string_equal(url.path, "");
}

static void assert_account(const char *text, const char *user, const char *password)
{
    parse(text);
    assert_string_equal(url.user, user);
    assert_string_equal(url.password, password);
    if (*password) assert_null(strstr(url.shown, password));
}

/* Refused with a sentence that has `part`, and never the word "secret". */
static void refuse(const char *text, const char *part)
{
    struct url before;

    memset(&url, 0x5a, sizeof url);
    before = url;
    assert_int_equal(url_parse(text, &url, &why), DTQ_INPUT);
    assert_memory_equal(&url, &before, sizeof url);
    if (!strstr(why.text, part)) fail_msg("%s: \"%s\" has not \"%s\"", text, why.text, part);
    if (strstr(why.text, "secret")) fail_msg("%s: \"%s\" shows the password", text, why.text);
}

static void a_host_may_have_a_port_and_a_database(void **state)
{
    (void)state;
    assert_tcp("redis://db.example", "db.example", 6379, 0);
    assert_tcp("redis://db.example:7000", "db.example", 7000, 0);
    assert_tcp("redis://db.example:65535/15", "db.example", 65535, 15);
    assert_tcp("redis://db.example/2", "db.example", 6379, 2);
    assert_tcp("redis://db.example/", "db.example", 6379, 0);
    assert_string_equal(url.shown, "redis://db.example:6379/0");
}

static void no_host_is_this_machine(void **state)
{
    (void)state;
    assert_tcp("redis://", "127.0.0.1", 6379, 0);
    assert_tcp("redis:///3", "127.0.0.1", 6379, 3);
    assert_tcp("redis://:7000", "127.0.0.1", 7000, 0);
}

static void an_ipv6_address_stands_in_brackets(void **state)
{
    (void)state;
    assert_tcp("redis://[::1]", "::1", 6379, 0);
    assert_tcp("redis://u:p@[fe80::2]:7000/4", "fe80::2", 7000, 4);
    assert_string_equal(url.shown, "redis://[fe80::2]:7000/4");
    refuse("redis://[::1", "cannot be read");
    refuse("redis://[::1]7000", "cannot be read");
}

static void an_account_is_a_user_a_password_or_both(void **state)
{
    (void)state;
    assert_account("redis://h", "", "");
    assert_account("redis://:secret@h", "", "secret");
    assert_account("redis://ann:secret@h:1/2", "ann", "secret");
    assert_account("redis://ann@h", "ann", "");
    assert_account("unix://ann:secret@/run/redis.sock?db=2", "ann", "secret");
    assert_account("unix://:secret@/run/redis.sock", "", "secret");
}

static void signs_in_an_account_are_written_in_hexadecimal(void **state)
{
    (void)state;
    assert_account("redis://a%3ab:s%2Fe%3Fc%40%25@h", "a:b", "s/e?c@%");
    assert_account("redis://:a@b@h", "", "a@b"); /* the last @ divides */
    assert_account("redis://:a:b@h", "", "a:b"); /* the first : does */
    refuse("redis://:secret%2@h", "cannot be read");
    refuse("redis://:secret%@h", "cannot be read");
    refuse("redis://:secret%zz@h", "cannot be read");
    refuse("redis://:secret% 1@h", "cannot be read");
    refuse("redis://:secret%-1@h", "cannot be read");
    refuse("redis://:secret%00@h", "cannot be read");
}

static void a_password_with_bare_signs_is_refused_and_not_shown(void **state)
{
    (void)state;
    refuse("redis://:x/secret@h", "%2F");
    refuse("redis://ann:secret/x@h:7000/1", "%2F");
    refuse("redis://:x?secret@h", "%3F");
    refuse("unix://:secret?x@/run/redis.sock", "absolute path");
}

static void a_socket_is_an_absolute_path(void **state)
{
    (void)state;
    parse("unix:///run/redis.sock");
    assert_string_equal(url.path, "/run/redis.sock");
    assert_int_equal(url.host_count, 0);
    assert_int_equal(url.database, 0);
    assert_string_equal(url.shown, "unix:///run/redis.sock");
    parse("unix:///run/a%20b@c.sock?db=7");
    assert_string_equal(url.path, "/run/a b@c.sock");
    assert_int_equal(url.database, 7);
    refuse("unix://run/redis.sock", "absolute path");
    refuse("unix://", "absolute path");
    refuse("unix:///run/redis.sock?db=", "not understood");
    refuse("unix:///run/redis.sock?db=x", "not understood");
    refuse("unix:///run/redis.sock?timeout=3", "not understood");
}

static void a_socket_path_longer_than_the_system_allows_is_refused(void **state)
{
    char text[160];

    (void)state;
    snprintf(text, sizeof text, "unix:///%0106d", 1);
    parse(text);
    snprintf(text, sizeof text, "unix:///%0107d", 1);
    refuse(text, "107 bytes");
}

static void ports_and_databases_are_checked(void **state)
{
    (void)state;
    refuse("redis://h:0", "port \"0\"");
    refuse("redis://h:65536", "between 1 and 65535");
    refuse("redis://h:", "port \"\"");
    refuse("redis://h:12a", "port \"12a\"");
    refuse("redis://h:-1", "port \"-1\"");
    refuse("redis://h:1234567", "port \"1234567\"");
    refuse("redis://h/x", "database \"x\"");
    refuse("redis://h/65536", "database \"65536\"");
    refuse("redis://h?db=2", "has a query");
}

static void other_schemes_are_refused_with_the_forms_there_are(void **state)
{
    (void)state;
    refuse("", "redis://[user:password@]host");
    refuse("localhost:6379", "redis://[user:password@]host");
    refuse("http://h", "\"http://\" starts with none of the schemes");
    refuse("localhost:6379", "\"localhost:6379\" starts with none of the schemes");
    refuse("me:secret@h", "Redis URL starts with none of the schemes");
    refuse("", "is empty");
    refuse("REDIS://h", "none of the schemes");
    refuse("redis+sentinels://h/name", "redis+sentinel://host");
}

static void two_s_ask_for_tls(void **state)
{
    (void)state;
    assert_tcp("rediss://h:7000/1", "h", 7000, 1);
    assert_true(url.tls);
    assert_string_equal(url.shown, "rediss://h:7000/1");
    parse("rediss+sentinel://h/name");
    assert_true(url.tls);
    parse("redis://h");
    assert_false(url.tls);
}

static void sentinels_are_hosts_and_the_service_they_watch(void **state)
{
    (void)state;
    parse("redis+sentinel://ann:secret@s1,s2:7000,[::1]:7001/prim%20ary/3");
    assert_int_equal(url.kind, URL_SENTINEL);
    assert_int_equal(url.host_count, 3);
    assert_string_equal(url.hosts[0].name, "s1");
    assert_int_equal(url.hosts[0].port, 26379);
    assert_string_equal(url.hosts[1].name, "s2");
    assert_int_equal(url.hosts[1].port, 7000);
    assert_string_equal(url.hosts[2].name, "::1");
    assert_int_equal(url.hosts[2].port, 7001);
    assert_string_equal(url.service, "prim ary");
    assert_int_equal(url.database, 3);
    assert_string_equal(url.password, "secret");
    assert_string_equal(url.shown, "redis+sentinel://s1:26379,s2:7000,[::1]:7001/prim ary/3");
    parse("redis+sentinel://s1/main");
    assert_int_equal(url.database, 0);
    refuse("redis+sentinel://s1,s2", "which service");
    refuse("redis+sentinel://s1,s2/", "which service");
    refuse("redis+sentinel://s1/main/x", "database \"x\"");
    refuse("redis+sentinel://s1,s2:0/main", "port \"0\"");
}

static void nodes_of_a_cluster_are_hosts_and_no_database(void **state)
{
    (void)state;
    parse("redis+cluster://:secret@n1:7000,n2");
    assert_int_equal(url.kind, URL_CLUSTER);
    assert_int_equal(url.host_count, 2);
    assert_string_equal(url.hosts[1].name, "n2");
    assert_int_equal(url.hosts[1].port, 6379);
    assert_string_equal(url.shown, "redis+cluster://n1:7000,n2:6379");
    refuse("redis+cluster://n1/1", "one database");
    refuse("redis+cluster://a,b,c,d,e,f,g,h,i", "more than 8 hosts");
    refuse("redis://a,b", "more than 1 host;");
}

static void parts_too_long_to_keep_are_refused(void **state)
{
    char text[1200];

    (void)state;
    snprintf(text, sizeof text, "redis://%0300d", 1);
    refuse(text, "cannot be read");
    snprintf(text, sizeof text, "redis://:%0600d@h", 1);
    refuse(text, "cannot be read");
    snprintf(text, sizeof text, "redis://%0200d:p@h", 1);
    refuse(text, "cannot be read");
}

static void the_password_may_stand_in_a_file(void **state)
{
    char name[] = "/tmp/dtq-password-XXXXXX";
    int fd = mkstemp(name);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "secret\r\nmore\n", 13), 13);
    close(fd);
    setenv("DTQ_REDIS_PASSWORD_FILE", name, 1);
    assert_account("redis://h", "", "secret");
    assert_account("redis://ann@h", "ann", "secret");
    assert_account("unix:///run/redis.sock", "", "secret");
    assert_account("redis://:other@h", "", "other");
    unlink(name);
    refuse("redis://h", name);
    setenv("DTQ_REDIS_PASSWORD_FILE", "/tmp", 1);
    refuse("redis://h", "DTQ_REDIS_PASSWORD_FILE=/tmp cannot be read");
    setenv("DTQ_REDIS_PASSWORD_FILE", "", 1);
    assert_account("redis://h", "", "");
    unsetenv("DTQ_REDIS_PASSWORD_FILE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_may_have_a_port_and_a_database),
        cmocka_unit_test(no_host_is_this_machine),
        cmocka_unit_test(an_ipv6_address_stands_in_brackets),
        cmocka_unit_test(an_account_is_a_user_a_password_or_both),
        cmocka_unit_test(signs_in_an_account_are_written_in_hexadecimal),
        cmocka_unit_test(a_password_with_bare_signs_is_refused_and_not_shown),
        cmocka_unit_test(a_socket_is_an_absolute_path),
        cmocka_unit_test(a_socket_path_longer_than_the_system_allows_is_refused),
        cmocka_unit_test(ports_and_databases_are_checked),
        cmocka_unit_test(other_schemes_are_refused_with_the_forms_there_are),
        cmocka_unit_test(two_s_ask_for_tls),
        cmocka_unit_test(sentinels_are_hosts_and_the_service_they_watch),
        cmocka_unit_test(nodes_of_a_cluster_are_hosts_and_no_database),
        cmocka_unit_test(parts_too_long_to_keep_are_refused),
        cmocka_unit_test(the_password_may_stand_in_a_file),
    };

    unsetenv("DTQ_REDIS_PASSWORD_FILE");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
