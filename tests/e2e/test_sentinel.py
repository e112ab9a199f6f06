"""A queue whose primary is found through sentinels, and what becomes of it in a failover."""
import time

from dtqtest import SLOW, check, equal, matches, test, wait_for
from servers import Watched

TASKS = 3000


def start(farm, workers=2, slots=2):
    watched = Watched(farm)
    farm.master("m1")
    farm.master("m2")
    for i in range(workers):
        farm.worker(f"w{i + 1}", slots)
    wait_for(lambda: farm.count("ZCARD", "masters") == 2
             and farm.count("ZCARD", "workers") == workers, "masters and workers register")
    return watched


def under_way(farm, *words):
    job = farm.submit("noop", f"tasks={TASKS}", "ms=2", *words)
    farm.wait_done(job, TASKS // 20)
    return job


def goes_on(farm, job, since):
    """The job gets on at the new primary within two seconds, and ends right."""
    done = farm.number(job, "done")
    wait_for(lambda: farm.number(job, "done") > done or farm.ended(job), "the job goes on", 20)
    took = time.monotonic() - since
    check(took < 2 * SLOW, f"the job went on {took:.2f} s after the failover, wanted 2 s")
    value = farm.completed(job)
    equal((value["tasks"]["done"], value["count"]), (TASKS, TASKS), "tasks done, results folded")


@test
def a_job_goes_on_at_the_new_primary_when_the_old_one_is_killed(farm):
    watched = start(farm)
    job = under_way(farm)
    old = watched.primary()
    old.kill()
    watched.wait_promoted(old)
    goes_on(farm, job, time.monotonic())
    check(all(p.alive for p in (*farm.masters.values(), *farm.workers.values())), "all live on")


@test
def a_job_goes_on_at_the_new_primary_when_the_old_one_hangs(farm):
    watched = start(farm)
    job = under_way(farm)
    old = watched.primary()
    old.process.stop()
    watched.wait_promoted(old)
    began = time.monotonic()
    old.process.cont()  # it wakes as a primary, until the sentinels make it a replica
    goes_on(farm, job, began)
    equal(farm.dtq("sum", "1|10").out, "55\n", "a sum afterwards")


@test
def a_planned_failover_is_followed(farm):
    watched = start(farm)
    job = under_way(farm)
    old = watched.primary()
    watched.sentinels[0].redis("SENTINEL", "FAILOVER", "main")
    watched.wait_promoted(old)
    goes_on(farm, job, time.monotonic())


@test
def idle_workers_follow_a_failover_too(farm):
    watched = start(farm)
    old = watched.primary()
    old.process.stop()
    watched.wait_promoted(old)
    began = time.monotonic()
    equal(farm.dtq("sum", "1|10").out, "55\n", "a sum at the new primary")
    took = time.monotonic() - began
    check(took < 2 * SLOW, f"the sum took {took:.2f} s, wanted 2 s")


@test
def dead_sentinels_are_passed_over(farm):
    watched = start(farm, workers=1)
    watched.sentinels[0].kill()
    equal(farm.dtq("sum", "1|10").out, "55\n", "a sum asked for through the others")


@test
def what_the_sentinels_do_not_know_is_said(farm):
    watched = Watched(farm, replicas=1)
    port = watched.sentinels[0].port
    for program, words in (("dtq", ("jobs",)), ("dtq-master", ()), ("dtq-worker", ())):
        url = f"redis+sentinel://127.0.0.1:{port}/other"
        process = farm.spawn(program, [farm.program(program), *words, "--redis", url])
        code = process.wait(20)
        check(code not in (0, None), f"{program} ended with {code}")
        matches(r'knows no service "other"', process.log(), program)
    reply = farm.dtq("jobs", "--redis", f"redis+sentinel://127.0.0.1:{watched.servers[0].port}/main",
                     code=None)
    check(reply.code != 0, "a server that is no sentinel was taken for one")
    matches(r"(?i)unknown command", reply.err, "a server that is no sentinel")
