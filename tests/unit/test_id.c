/* test_id.c: names given by people. */
#include "common/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct dtq_why why;

static void refuse(const char *id, const char *part)
{
    assert_int_equal(id_check("worker id", id, &why), DTQ_INPUT);
    if (!strstr(why.text, part) || strncmp(why.text, "worker id", 9) != 0)
        fail_msg("\"%s\" has not \"%s\"", why.text, part);
    for (const char *c = why.text; *c; c++)
        if (*c > 0 && *c < ' ') fail_msg("a sentence that a terminal would obey");
}

static void letters_digits_and_three_signs_make_a_name(void **state)
{
    static const char *const good[] = {"a", "Z9", "w-1_b.c", "_x", "0", "J1.2-3"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(id_check("worker id", good[i], &why), DTQ_OK);
}

static void what_would_mean_something_elsewhere_is_refused(void **state)
{
    /* Keys, hash tags, paths, CSV, terminals, options, patterns. */
    static const char *const bad[] = {"a:b",  "a{b", "a}b", "a/b", "a,b",      "a b",      "a\"b",
                                      "a\nb", "a*b", "a?b", "a[b", "\xc3\xa4", "a\x1b[31m"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(bad[i], "not allowed at position");
    refuse("a:b", "position 2");
    refuse("..", "starts with '.'");
    refuse(".hidden", "starts with '.'");
    refuse("-v", "starts with '-'");
    refuse("", "is empty");
}

static void sixty_four_bytes_are_the_most(void **state)
{
    char id[ID_MAX + 2];

    (void)state;
    memset(id, 'a', sizeof id);
    id[ID_MAX] = '\0';
    assert_int_equal(id_check("worker id", id, &why), DTQ_OK);
    id[ID_MAX] = 'a';
    id[ID_MAX + 1] = '\0';
    refuse(id, "65 characters; at most 64");
}

static void nonces_are_sixteen_digits_and_differ(void **state)
{
    enum { COUNT = 200 };
    char nonces[COUNT][17];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        memset(nonces[i], 'x', sizeof nonces[i]);
        id_nonce(nonces[i]);
        assert_int_equal(strspn(nonces[i], "0123456789abcdef"), 16);
        assert_int_equal(nonces[i][16], '\0');
        for (int k = 0; k < i; k++)
            assert_string_not_equal(nonces[i], nonces[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_digits_and_three_signs_make_a_name),
        cmocka_unit_test(what_would_mean_something_elsewhere_is_refused),
        cmocka_unit_test(sixty_four_bytes_are_the_most),
        cmocka_unit_test(nonces_are_sixteen_digits_and_differ),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
