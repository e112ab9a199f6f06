"""A queue in a Redis Cluster: found by its slot, followed when that moves."""
import time

from dtqtest import SLOW, check, equal, matches, test, wait_for
from servers import Cluster

TASKS = 3000


def registered(farm, queue, masters, workers):
    def count(key):
        return farm.redis("ZCARD", f"dtq:{{{queue}}}:{key}")
    wait_for(lambda: count("masters") >= masters and count("workers") >= workers,
             f"masters and workers of {queue} register")


def field(farm, queue, job, name):
    return (farm.redis("HGET", f"dtq:{{{queue}}}:job:{job}", name) or b"").decode()


def under_way(farm, cluster, queue):
    """A job of a queue with two workers and a master; its id."""
    cluster.follow(queue)
    farm.spawn("m1", [farm.program("dtq-master"), "--queue", queue])
    for name in ("w1", "w2"):
        farm.worker(name, 2, options=("--queue", queue))
    registered(farm, queue, 1, 2)
    job = farm.submit("noop", f"tasks={TASKS}", "ms=2", "--queue", queue)
    wait_for(lambda: int(field(farm, queue, job, "done") or 0) > TASKS // 20, "the job starts")
    return job


def ends_right(farm, queue, job):
    wait_for(lambda: field(farm, queue, job, "state") == "completed", f"{job} completes", 60)
    value = farm.run("result", job, "--queue", queue)
    equal((value["tasks"]["done"], value["count"]), (TASKS, TASKS), "tasks done, results folded")


@test
def a_queue_is_found_wherever_its_slot_is(farm):
    cluster = Cluster(farm, replicas=0)
    queues = [cluster.queue_at(node) for node in cluster.nodes]
    farm.spawn("m1", [farm.program("dtq-master"), "--queue", ",".join(queues)])
    farm.worker("w1", 2, options=("--queue", "*"))
    for queue in queues:
        equal(farm.dtq("sum", "1|10", "--queue", queue).out, "55\n", f"a sum in {queue}")
        node = cluster.follow(queue)
        equal(node.redis("GET", f"dtq:{{{queue}}}:version"), b"1", "the version of the data")
    node = cluster.follow("x")
    slot = node.redis("CLUSTER", "KEYSLOT", "dtq:queues")
    found = set()
    for node in cluster.nodes:
        if node.redis("CLUSTER", "COUNTKEYSINSLOT", slot):
            found |= {name.decode() for name in node.redis("SMEMBERS", "dtq:queues")}
    equal(found, set(queues), "names of queues")


@test
def a_job_goes_on_when_the_node_of_its_queue_is_killed(farm):
    cluster = Cluster(farm)
    queue = cluster.queue_at(cluster.nodes[0])
    job = under_way(farm, cluster, queue)
    cluster.nodes[0].kill()
    wait_for(lambda: cluster.owner(queue) is cluster.nodes[3]
             and cluster.nodes[3].info("replication", "role") == "master", "the replica takes over",
             30)
    cluster.follow(queue)
    done, began = int(field(farm, queue, job, "done")), time.monotonic()
    wait_for(lambda: int(field(farm, queue, job, "done")) > done
             or field(farm, queue, job, "state") == "completed", "the job goes on", 20)
    took = time.monotonic() - began
    check(took < 2 * SLOW, f"the job went on {took:.2f} s after the failover, wanted 2 s")
    ends_right(farm, queue, job)


@test
def a_planned_failover_in_a_cluster_is_followed(farm):
    cluster = Cluster(farm)
    queue = cluster.queue_at(cluster.nodes[0])
    job = under_way(farm, cluster, queue)
    cluster.nodes[3].redis("CLUSTER", "FAILOVER")
    wait_for(lambda: cluster.owner(queue) is cluster.nodes[3], "the replica takes over", 30)
    cluster.follow(queue)
    ends_right(farm, queue, job)


@test
def a_job_goes_on_while_its_slot_is_moved_to_another_node(farm):
    cluster = Cluster(farm, replicas=0)
    queue = cluster.queue_at(cluster.nodes[0])
    job = under_way(farm, cluster, queue)
    to = cluster.nodes[2]

    def half_way():
        # Keys lie on both nodes now. Nothing may be written by those who are sent to and fro.
        keys = sorted(to.redis("KEYS", "*"))
        reply = farm.dtq("cancel", job, "--queue", queue, code=None)
        check(reply.code != 0, "a call was answered while the slot was on its way")
        matches(r"ASK|TRYAGAIN", reply.err, "what a call says meanwhile")
        equal(sorted(to.redis("KEYS", "*")), keys, "keys at the new node")
    moved = cluster.move(queue, to, half_way)
    check(moved > 4, f"only {moved} keys were moved")
    check(cluster.follow(queue) is to, "the slot is not where it was moved to")
    ends_right(farm, queue, job)


@test
def a_node_of_a_cluster_asks_for_the_right_url(farm):
    cluster = Cluster(farm, replicas=0)
    queue = cluster.queue_at(cluster.nodes[0])
    url = f"redis://127.0.0.1:{cluster.nodes[1].port}"
    reply = farm.dtq("jobs", "--redis", url, "--queue", queue, code=None)
    check(reply.code != 0, "a node of a cluster was taken for a server of its own")
    matches(r"redis\+cluster://", reply.err, "the advice")
