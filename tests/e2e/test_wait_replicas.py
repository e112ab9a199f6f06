"""With --wait-replicas a commit counts only when replicas have it."""
from dtqtest import check, equal, matches, test, wait_for
from servers import Server, free_port


def start(farm):
    """Redis with a replica, a master that waits for it, and two workers; the replica."""
    ports = free_port()
    port = next(ports)
    farm.start_redis("--port", str(port), "--bind", "127.0.0.1", "--repl-diskless-sync-delay",
                     "0")
    replica = Server(farm, "replica", ports, "--replicaof", "127.0.0.1", str(port), "--save", "")
    wait_for(lambda: replica.info("replication", "master_link_status") == "up", "it has its copy")
    farm.masters["m1"] = farm.spawn("m1", [farm.program("dtq-master"), "--id", "m1",
                                           "--wait-replicas", "1"])
    farm.worker("w1", 2)
    farm.worker("w2", 2)
    return replica


@test
def a_job_waits_for_the_replica_and_then_ends(farm):
    replica = start(farm)
    job = farm.submit("noop", "tasks=20000")
    farm.wait_done(job, 100)
    replica.process.stop()
    waiting = farm.dtq_start("wait", job)
    wait_for(lambda: "0 of 1 replicas have it" in farm.masters["m1"].log(), "the master says so")
    wait_for(lambda: farm.count("LLEN", f"job:{job}:staged") or farm.field(job, "ending"),
             "the commit keeps something back")
    wait_for(lambda: farm.count("LLEN", "ready") == 0 and farm.count("ZCARD", "leases") == 0,
             "all that was handed out before is done")
    check(not farm.ended(job), "the job ended though the replica has not its last commit")
    check(waiting.alive, "the producer was told of an end")
    replica.process.cont()
    equal(waiting.wait(30), 0, "exit status of the producer")
    value = farm.completed(job)
    equal(value["count"], 20000, "results folded")
    equal([key for key in farm.keys(f"job:{job}*") if key.endswith(":staged")], [], "kept back")


@test
def the_end_of_a_job_is_told_when_the_replica_has_it(farm):
    replica = start(farm)
    equal(farm.dtq("sum", "1|10").out, "55\n", "a sum with the replica there")
    replica.process.stop()
    job = farm.submit("sum", "1|100")
    # What entered with the job is computed at once: where it is lost, the job is lost with it.
    wait_for(lambda: farm.field(job, "ending"), "its end is kept back")
    equal(farm.field(job, "state"), "running", "its state")
    check(not farm.events("job_completed")[1:], "the end was told of")
    replica.process.cont()
    equal(farm.completed(job)["result"], "5050", "the sum")
    equal(replica.redis("HGET", f"dtq:{{default}}:job:{job}", "checkpoint") is not None, True,
          "the replica has the state")


@test
def another_master_settles_what_a_dead_one_kept_back(farm):
    replica = start(farm)
    replica.process.stop()
    job = farm.submit("noop", "tasks=50", "bytes=2000")  # too large to enter with the job
    wait_for(lambda: farm.count("LLEN", f"job:{job}:staged"), "its tasks are kept back")
    equal((farm.count("LLEN", "ready"), farm.count("ZCARD", "leases")), (0, 0), "tasks handed out")
    farm.masters["m1"].kill()
    farm.master("m2")  # this one does not wait for replicas
    equal(farm.completed(job)["count"], 50, "results folded")
    matches("m2", farm.field(job, "owner"), "its owner")
    replica.process.cont()


@test
def a_job_that_waits_for_replicas_can_be_cancelled(farm):
    replica = start(farm)
    replica.process.stop()
    job = farm.submit("noop", "tasks=50", "bytes=2000")  # too large to enter with the job
    wait_for(lambda: farm.count("LLEN", f"job:{job}:staged"), "its tasks are kept back")
    farm.dtq("cancel", job)
    equal(farm.field(job, "state"), "cancelled", "its state")
    farm.nothing_left(job)
    equal(farm.keys(f"job:{job}:staged"), [], "kept back")
    replica.process.cont()
    equal(farm.dtq("sum", "1|10").out, "55\n", "a sum afterwards")
