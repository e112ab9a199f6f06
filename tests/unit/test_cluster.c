/* test_cluster.c: which hash slot a key has. */
#include "common/queue/cluster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The values are those that CLUSTER KEYSLOT of Redis 7.0 gives. */
static void a_key_has_the_slot_that_redis_gives_it(void **state)
{
    (void)state;
    assert_int_equal(cluster_slot("123456789"), 0x31c3);
    assert_int_equal(cluster_slot(""), 0);
    assert_int_equal(cluster_slot("dtq:queues"), 7843);
    assert_int_equal(cluster_slot("default"), 5718);
}

static void what_stands_in_braces_decides(void **state)
{
    (void)state;
    assert_int_equal(cluster_slot("dtq:{default}:ready"), cluster_slot("default"));
    assert_int_equal(cluster_slot("dtq:{default}:"), cluster_slot("default"));
    assert_int_equal(cluster_slot("{a}{b}"), cluster_slot("a"));
    assert_int_equal(cluster_slot("foo{{bar}}zap"), cluster_slot("{bar"));
    assert_int_equal(cluster_slot("x{}y"), 16116);
    assert_int_equal(cluster_slot("x{y"), 2740);
}

static void a_node_is_listed_once_and_never_too_many(void **state)
{
    struct nodes nodes = {0};
    struct url_host host = {"h", 1};

    (void)state;
    nodes_add(&nodes, &host);
    nodes_add(&nodes, &host);
    assert_int_equal(nodes.count, 1);
    for (host.port = 2; host.port < 2 * NODES_MOST; host.port++)
        nodes_add(&nodes, &host);
    assert_int_equal(nodes.count, NODES_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_the_slot_that_redis_gives_it),
        cmocka_unit_test(what_stands_in_braces_decides),
        cmocka_unit_test(a_node_is_listed_once_and_never_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
