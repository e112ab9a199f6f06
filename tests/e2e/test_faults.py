"""Whatever is killed, and whenever: a job ends right, and each of its tasks counts once."""
import signal
import time

from dtqtest import QUEUE, check, equal, matches, test, wait_for
from test_sums import total_of_squares

TASKS = 20000


def kill_a_worker(farm):
    name = farm.random.choice(sorted(farm.workers))
    farm.workers[name].kill()
    farm.worker(name, 4)


def kill_a_master(farm):
    name = farm.random.choice(sorted(farm.masters))
    farm.masters[name].kill()
    farm.master(name)


def kill_redis(farm):
    farm.kill_redis()
    farm.start_redis()


def storm(farm, disturbances):
    """20,000 tasks, and the disturbances, in turn, at random moments of the first two thirds: on a
    busy machine it takes a while until we see how far a job is."""
    farm.start(workers=3, slots=4)
    job = farm.submit("noop", f"tasks={TASKS}", "ms=3")
    moments = sorted(farm.random.randint(1, TASKS * 2 // 3) for _ in disturbances)
    for disturb, done in zip(disturbances, moments):
        farm.wait_done(job, done)
        farm.still_running(job, "it is disturbed")
        disturb(farm)
    value = farm.completed(job)
    equal((value["tasks"]["total"], value["tasks"]["done"], value["count"]), (TASKS,) * 3,
          "tasks, tasks done, results folded")
    equal(value["tasks"]["retried"], 0, "tasks that failed")
    equal(farm.dtq("sum", "1|10").out, "55\n", "a sum afterwards")
    return value


@test
def every_task_counts_once_though_workers_are_killed(farm):
    value = storm(farm, [kill_a_worker] * 8)
    check(value["tasks"]["reclaimed"] > 0, "no task was lost with 8 workers killed")


@test
def every_task_counts_once_though_masters_are_killed(farm):
    storm(farm, [kill_a_master] * 5)


@test
def results_that_piled_up_are_folded_in_parts(farm):
    farm.start(workers=2, slots=4)
    job = farm.submit("noop", f"tasks={TASKS}", "ms=1")
    farm.wait_done(job, 1)
    master = farm.masters["m1"]
    master.stop()
    done, commits = farm.number(job, "done"), farm.number(job, "commits")
    farm.still_running(job, "its master stands still")
    waiting = farm.count("HLEN", f"job:{job}:tasks")
    wait_for(lambda: farm.count("HLEN", f"job:{job}:results") == waiting, "all are computed")
    check(waiting > 1024, f"{waiting} results wait")
    master.cont()
    farm.wait_done(job, done + waiting)
    check(farm.number(job, "commits") >= commits + 2, "more than one commit")
    equal(farm.completed(job)["count"], TASKS, "results folded")


@test
def workers_begin_before_a_master_is_there(farm):
    farm.start(workers=2, masters=0)
    jobs = {farm.submit("sum", "1|1000000"): 1, farm.submit("sumsq", "1|1000000000000"): 64,
            farm.submit("noop", "tasks=500", "bytes=10"): 64}
    for job, tasks in jobs.items():
        wait_for(lambda job=job, tasks=tasks: farm.count("HLEN", f"job:{job}:results") == tasks,
                 f"{tasks} results of {job} wait for a master")
        equal(farm.field(job, "state"), "submitted", f"state of {job} with no master there")
    farm.master()
    for job in jobs:
        farm.wait_state(job, "completed")
    equal([farm.completed(job)["tasks"]["total"] for job in jobs], [1, 64, 500], "tasks of each")
    first, second, _ = jobs
    equal(farm.dtq("wait", first).out, "500000500000\n", "the sum")
    equal(farm.dtq("wait", second).out, f"{total_of_squares(1, 10**12)}\n", "the sum of squares")


@test
def a_master_may_die_at_any_moment_around_a_submission(farm):
    farm.start(workers=2)
    for _ in range(12):
        job = farm.submit("sumsq", "1|100000000")
        time.sleep(farm.random.random() * 0.01)
        kill_a_master(farm)
        equal(farm.dtq("wait", job).out, f"{total_of_squares(1, 10**8)}\n", "the sum of squares")
        farm.completed(job)


@test
def every_task_counts_once_though_redis_is_killed(farm):
    storm(farm, [kill_redis] * 3)


@test
def every_task_counts_once_though_connections_are_cut(farm):
    def cut(farm):
        farm.redis("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    value = storm(farm, [cut] * 10)
    equal(value["tasks"]["reclaimed"], 0, "tasks lost by workers that all live")


@test
def every_task_counts_once_though_all_are_killed_at_once(farm):
    def kill_all(farm):
        for process in (*farm.workers.values(), *farm.masters.values()):
            process.kill()
        kill_redis(farm)
        for name in list(farm.masters):
            farm.master(name)
        for name in list(farm.workers):
            farm.worker(name, 4)
    storm(farm, [kill_a_worker, kill_a_master, kill_all, kill_redis, kill_all])


@test
def sums_are_right_though_everything_is_killed(farm):
    farm.start(workers=2, slots=2, masters=2)
    jobs = {}
    for i in range(40):
        start = -farm.random.randrange(10**4000)
        end = farm.random.randrange(10**5000)
        jobs[farm.submit("sumsq", f"{start}|{end}")] = (start, end)
        if i % 5 == 4:
            (kill_a_worker, kill_a_master, kill_redis)[i // 5 % 3](farm)
    for job, (start, end) in jobs.items():
        value = farm.run("wait", job)
        equal(value["result"], str(total_of_squares(start, end)), f"result of {job}")
        equal(value["tasks"]["done"], value["tasks"]["total"], f"tasks done of {job}")
    farm.nothing_left(*jobs)


@test
def tasks_of_a_killed_worker_go_to_another_one(farm):
    farm.start(workers=2, slots=2, lease_ms=1000)
    job = farm.submit("noop", "tasks=4", "ms=1200")
    wait_for(lambda: farm.count("ZCARD", "leases") == 4, "all slots are at work")
    farm.workers["w1"].kill()
    value = farm.completed(job)
    equal((value["tasks"]["total"], value["tasks"]["reclaimed"]), (4, 2),
          "tasks, and tasks claimed again")
    equal(value["workers"], 1, "workers that handed in a result")
    matches(r"w1\.\d", farm.events("reclaimed")[0]["slot"], "the slot that lost them")


@test
def a_worker_that_comes_back_from_a_long_pause_is_refused(farm):
    farm.start(workers=2, lease_ms=800)
    job = farm.submit("noop", "tasks=2", "ms=1500")
    wait_for(lambda: farm.count("ZCARD", "leases") == 2, "both workers are at work")
    paused = farm.workers["w1"]
    paused.stop()
    wait_for(lambda: farm.number(job, "reclaimed") > 0, "its task is claimed again")
    wait_for(lambda: farm.number(job, "done") == 1, "the other's own task is done")
    paused.cont()
    value = farm.completed(job)
    equal((value["tasks"]["total"], value["tasks"]["reclaimed"]), (2, 1),
          "tasks, and tasks claimed again")
    equal(value["workers"], 1, "the paused worker's result is not taken")
    wait_for(lambda: "registering again" in paused.log(), "the paused worker knows of it")
    check(paused.alive, "the paused worker is no more")
    farm.workers["w2"].kill()
    equal(farm.dtq("sum", "1|3", "--timeout", "30").out, "6\n", "a sum by the one that was paused")


@test
def a_stopped_master_hands_its_jobs_over_at_once(farm):
    farm.start(workers=2, masters=2)
    job = farm.submit("noop", "tasks=3000", "ms=1")
    farm.wait_done(job, 100)
    first = farm.field(job, "owner")
    farm.masters[first.rsplit("-", 1)[0]].signal(signal.SIGTERM)
    wait_for(lambda: farm.field(job, "owner") != first, "the other master owns the job", 1)
    farm.still_running(job, "its master was stopped")
    farm.completed(job)
    equal([event["from"] for event in farm.events("job_taken_over")], [first], "takeovers")


@test
def tasks_that_fail_are_tried_again(farm):
    farm.start(workers=2, slots=4)
    job = farm.submit("noop", "tasks=12", "fail=0.2")
    # Five failures of one task in a row would fail the job: one time in 250 with these numbers.
    farm.redis("HSET", f"{QUEUE}job:{job}", "max_attempts", 50)
    value = farm.completed(job)
    failures = farm.events("task_retry")
    equal(value["tasks"]["retried"], len(failures), "tasks tried again, and events of it")
    for event in failures:
        matches(r"task \d+ fails because fail=0.2 asks for it", event["message"], "the reason")
        low = 0.8 * min(2000 * 2 ** (int(event["attempts"]) - 1), 30000)
        check(low <= int(event["delayMs"]) <= low * 1.5 + 1, f"the delay of {event}")


@test
def a_task_that_always_fails_fails_its_job_with_the_reason(farm):
    farm.start_redis()
    farm.master()
    farm.worker()
    job = farm.submit("noop", "tasks=3", "fail=1")
    # Five attempts with the usual pauses take half a minute; shorter pauses are the same story.
    farm.redis("HSET", f"{QUEUE}job:{job}", "backoff_ms", 20)
    value = farm.run("wait", job, code=1)
    equal(value["state"], "failed", "state")
    matches(r"gave up after 5 attempts: task \d fails because fail=1 asks for it",
            value["error"]["message"], "the reason")
    matches(rf"{job} failed: gave up after 5", farm.dtq("result", job, code=1).err, "for a person")
    farm.nothing_left(job)
    equal(farm.dtq("sum", "1|3").out, "6\n", "the queue goes on")


@test
def tasks_that_crash_their_worker_are_claimed_again(farm):
    farm.start(workers=2, slots=2)
    job = farm.submit("noop", "tasks=300", "crash=0.02")
    crashes = 0
    while not farm.ended(job):
        wait_for(lambda: farm.ended(job)
                 or not all(w.alive for w in farm.workers.values()), "a crash, or the end")
        for name, worker in list(farm.workers.items()):
            if not worker.alive:
                equal(worker.popen.returncode, -9, "how the worker ended")
                farm.worker(name, 2)
                crashes += 1
    value = farm.completed(job)
    equal(value["tasks"]["total"], 300, "tasks")
    check(value["tasks"]["reclaimed"] >= crashes > 0,
          f"{crashes} crashes, {value['tasks']['reclaimed']} tasks claimed again")


@test
def a_task_that_kills_every_worker_is_given_up_as_poison(farm):
    farm.start(workers=2)
    job = farm.submit("noop", "tasks=1", "crash=1")
    crashes = 0
    while not farm.ended(job):
        wait_for(lambda: farm.ended(job)
                 or not all(w.alive for w in farm.workers.values()), "a crash, or the end")
        for name, worker in list(farm.workers.items()):
            if not worker.alive:
                farm.worker(name)
                crashes += 1
    value = farm.run("result", job, code=1)
    matches(rf"task {job}/0 lost 5 workers in a row", value["error"]["message"], "the reason")
    check(crashes >= 5, f"only {crashes} workers were lost")
    farm.nothing_left(job)


@test
def a_waiting_producer_outlives_redis(farm):
    farm.start(workers=2, slots=2)
    waiting = farm.dtq_start("noop", "tasks=400", "ms=10", "jobId=long")
    farm.wait_done("long", 20)
    farm.kill_redis()
    wait_for(lambda: "job long is kept there" in waiting.log(), "the producer says that it waits")
    farm.start_redis()
    equal(waiting.wait(60), 0, "exit status of the waiting producer")
    matches(r"long completed: 400 tasks", waiting.out(), "what it prints in the end")
