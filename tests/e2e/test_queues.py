"""One master and one worker that serve several queues."""
import signal

from dtqtest import check, equal, matches, test, wait_for


def master(farm, queues):
    farm.masters["m1"] = farm.spawn("m1", [farm.program("dtq-master"), "--id", "m1",
                                           "--queue", queues])


def worker(farm, queues, slots=1, name="w1"):
    return farm.worker(name, slots, options=("--queue", queues))


def state(farm, queue, job):
    return (farm.redis("HGET", f"dtq:{{{queue}}}:job:{job}", "state") or b"").decode()


def done(farm, queue, job):
    return int(farm.redis("HGET", f"dtq:{{{queue}}}:job:{job}", "done") or 0)


@test
def a_small_job_of_one_queue_does_not_wait_for_a_long_one_of_another(farm):
    farm.start_redis()
    master(farm, "a,b,c")
    worker(farm, "a,b,c")
    long = farm.submit("noop", "tasks=2000", "ms=10", "--queue", "a")
    wait_for(lambda: done(farm, "a", long) > 20, "the long job is at work")
    for queue in ("b", "c"):
        job = farm.submit("noop", "tasks=10", "ms=1", "--queue", queue)
        wait_for(lambda q=queue, j=job: state(farm, q, j) == "completed", f"{job} completes", 10)
    equal(state(farm, "a", long), "running", "the long job")
    equal(farm.dtq("sum", "1|10", "--queue", "b").out, "55\n", "a sum in between")
    equal(state(farm, "a", long), "running", "the long job")
    before = done(farm, "a", long)
    wait_for(lambda: done(farm, "a", long) > before, "the long job goes on")
    farm.dtq("cancel", long, "--queue", "a")


@test
def no_more_tasks_run_at_a_time_than_there_are_slots(farm):
    farm.start_redis()
    master(farm, "a,b")
    worker(farm, "a,b", slots=2)
    jobs = {q: farm.submit("noop", "tasks=40", "ms=30", "--queue", q) for q in ("a", "b")}
    held = """local n = 0
        for _, key in ipairs(KEYS) do n = n + redis.call('ZCARD', key) end
        return n"""
    most = 0

    def both_end():
        nonlocal most
        most = max(most, farm.redis("EVAL", held, 2, "dtq:{a}:leases", "dtq:{b}:leases"))
        return all(state(farm, q, j) == "completed" for q, j in jobs.items())
    wait_for(both_end, "both jobs end", 30)
    equal(most, 2, "slots of both queues that held something at a time")


@test
def idle_slots_of_all_queues_take_what_comes_at_once(farm):
    farm.start_redis()
    master(farm, "a,b,c,d")
    worker(farm, "a,b,c,d", slots=2)
    for turn in range(3):
        for queue in "abcd":
            equal(farm.dtq("sum", f"1|{turn + 2}", "--queue", queue, limit=5).out,
                  f"{(turn + 2) * (turn + 3) // 2}\n", f"sum {turn} in {queue}")


@test
def a_queue_that_comes_up_later_is_served_by_a_star(farm):
    farm.start_redis()
    master(farm, "*")
    worker(farm, "*")
    for queue in ("early", "late"):
        equal(farm.dtq("sum", "1|10", "--queue", queue).out, "55\n", f"a sum in {queue}")
    equal({name.decode() for name in farm.redis("SMEMBERS", "dtq:queues")}, {"early", "late"},
          "queues that are listed")
    farm.kill_redis()
    farm.start_redis()
    equal(farm.dtq("sum", "1|10", "--queue", "later").out, "55\n", "a sum after a restart")


@test
def a_worker_of_several_queues_hands_back_what_it_holds_in_each(farm):
    farm.start_redis()
    master(farm, "a,b")
    first = worker(farm, "a,b", slots=2)
    jobs = {q: farm.submit("noop", "tasks=300", "ms=10", "--queue", q) for q in ("a", "b")}
    wait_for(lambda: all(done(farm, q, j) > 5 for q, j in jobs.items()), "both jobs are at work")
    first.signal(signal.SIGTERM)
    equal(first.wait(15), 0, "exit status of the worker that was stopped")
    for queue in jobs:
        equal([key for key in farm.redis("KEYS", f"dtq:*{queue}*:held:*")], [], f"held in {queue}")
        equal(farm.redis("ZCARD", f"dtq:{{{queue}}}:workers"), 0, f"workers of {queue}")
    worker(farm, "a,b", slots=2)
    for queue, job in jobs.items():
        wait_for(lambda q=queue, j=job: state(farm, q, j) == "completed", f"{job} completes", 30)
        value = farm.run("result", job, "--queue", queue)
        equal((value["count"], value["tasks"]["reclaimed"]), (300, 0), "folded, and lost")


@test
def several_queues_are_looked_after_by_health(farm):
    farm.start_redis()
    master(farm, "a,b")
    running = worker(farm, "a,b")
    for program, words in (("dtq-master", ()), ("dtq-worker", ("w1",))):
        def healthy(queues, program=program, words=words):
            process = farm.spawn("health", [farm.program(program), *words, "--health", "--queue",
                                            queues])
            return process.wait(10) == 0
        wait_for(lambda h=healthy: h("a,b"), f"{program} is healthy")
        if program == "dtq-master":
            check(healthy("*"), "the master is not healthy for all queues that there are")
        check(not healthy("a,c"), f"{program} is healthy for a queue that it does not serve")
    running.signal(signal.SIGTERM)
    running.wait(10)


@test
def names_of_queues_are_checked(farm):
    for queues, part in (("a,,b", "queue name"), ("a,a", "named twice"), ("a,b c", "queue name"),
                         (",", "queue name"), ("*,a", "queue name")):
        for program in ("dtq-master", "dtq-worker"):
            process = farm.spawn(program, [farm.program(program), "--queue", queues])
            equal(process.wait(10), 2, f"exit status of {program} --queue {queues}")
            matches(part, process.log(), program)
