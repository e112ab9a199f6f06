"""dtq fsck and dtq explain: what is wrong in a queue and why a job waits, in words, while all runs."""
import signal

from dtqtest import QUEUE, TOP, check, equal, matches, test, wait_for


def broken(farm, code=1, *words):
    """What fsck found, as {kind: how many}."""
    value = farm.run("fsck", *words, code=code)
    equal(value["clean"], code == 0, "is it clean")
    kinds = [row["kind"] for row in value["findings"]]
    return {kind: kinds.count(kind) for kind in kinds}


def story(farm, name):
    value = farm.run("explain", name)
    return "\n".join(row["text"] for row in value["story"]), "\n".join(value["now"])


@test
def a_queue_at_work_is_clean(farm):
    farm.start(workers=2, slots=2)
    matches(r"0 jobs, 0 tasks, 2 workers, 1 master: all is in its place", farm.dtq("fsck").out,
            "fsck of an idle queue")
    job = farm.submit("noop", "tasks=20000", "ms=1")
    for step in range(1, 8):
        farm.wait_done(job, 1500 * step)
        equal(broken(farm, 0), {}, f"found with {farm.number(job, 'done')} tasks done")
    farm.workers["w1"].kill()
    farm.masters["m1"].kill()
    equal(broken(farm, 0), {}, "found with a worker and the master dead")
    farm.master("m1")
    farm.completed(job)
    equal(broken(farm, 0), {}, "found at the end")


@test
def a_lost_task_is_found_and_its_job_ends_after_the_repair(farm):
    farm.start_redis()
    farm.master()
    job = farm.submit("noop", "tasks=50")
    wait_for(lambda: farm.count("LLEN", "ready") == 50, "the tasks are ready")
    wait_for(lambda: farm.run("fsck")["masters"] == 1, "the master is there")
    farm.masters["m1"].stop()  # it would mend it itself, when it is next connected
    for no in (3, 17):
        farm.redis("LREM", QUEUE + "ready", 1, f"{job}/{no}")
    farm.redis("LPUSH", QUEUE + "ready", f"{job}/4", "nobody/1")
    equal(broken(farm), {"task_nowhere": 2, "task_twice": 1, "task_unknown": 1}, "found")
    text = farm.dtq("fsck", code=1).out
    matches(f"{job}/3 is in no place", text, "fsck")
    matches(r"4 things are wrong; dtq fsck --repair mends it", text, "fsck")
    matches(r"made ready again(.|\n)*4 things are wrong, and now repaired",
            farm.dtq("fsck", "--repair", code=1).out, "the repair")
    equal(broken(farm, 0), {}, "found after the repair")
    farm.masters["m1"].cont()
    farm.worker()
    equal(farm.completed(job)["count"], 50, "results")
    matches("repaired by dtq: made ready again", story(farm, job)[0], "the story")


@test
def a_job_that_lost_tasks_fails_with_that_reason(farm):
    farm.start_redis()
    farm.master()
    job = farm.submit("noop", "tasks=50")
    wait_for(lambda: farm.count("LLEN", "ready") == 50, "the tasks are ready")
    farm.redis("HDEL", f"{QUEUE}job:{job}:tasks", 5, 6, 7)
    text = farm.dtq("fsck", "--repair", code=1).out
    matches("47 are there instead of 50: Redis lost data", text, "fsck")
    reply = farm.dtq("wait", job, code=1)
    matches("Redis lost data of this job; submit it again", reply.err, "the end of the job")
    equal(farm.field(job, "error_code"), "lost_data", "code")
    equal(broken(farm, 0), {}, "found afterwards")


@test
def masters_mend_what_a_restarted_redis_lost(farm):
    farm.start(workers=1)
    job = farm.submit("noop", "tasks=3000", "ms=1")
    farm.wait_done(job, 100)
    for process in (*farm.workers.values(), *farm.masters.values()):
        process.stop()
    # As a restart that lost half of a step.
    for name in farm.redis("LRANGE", QUEUE + "ready", 0, 4):
        farm.redis("LREM", QUEUE + "ready", 1, name)
    equal(broken(farm), {"task_nowhere": 5}, "found")
    farm.kill_redis()
    farm.start_redis()
    for process in (*farm.workers.values(), *farm.masters.values()):
        process.cont()
    equal(farm.completed(job)["count"], 3000, "results, without a hand laid on it")
    matches("heal: .* is in no place", farm.masters["m1"].log(), "the master's log")


@test
def a_waiting_job_says_what_it_waits_for(farm):
    farm.start_redis()
    job = farm.submit("noop", "tasks=10", "ms=2000")
    matches("no master is there", story(farm, job)[1], "without a master")
    farm.master()
    wait_for(lambda: farm.count("LLEN", "ready") == 10, "the tasks are ready")
    matches("10 ready(.|\n)*no worker is there", story(farm, job)[1], "without a worker")
    matches("no worker is there: start dtq-worker", story(farm, job + "/3")[1], "a task of it")
    farm.dtq("queue", "pause")
    matches("10 parked(.|\n)*the queue is paused", story(farm, job)[1], "in a paused queue")
    farm.dtq("queue", "resume")
    farm.worker("w7")
    wait_for(lambda: farm.count("ZCARD", "leases") == 1, "a task runs")
    matches(r"1 held(.|\n)*slot w7.0 holds 1 task, " + job + "/0 first", story(farm, job)[1],
            "at work")
    matches(r"held by slot w7.0 for .*; taken back when nothing", story(farm, job + "/0")[1],
            "the task that runs")
    matches(r"3 tasks are claimed before it|2 tasks are claimed before it",
            story(farm, job + "/3")[1], "a task behind it")


@test
def the_story_of_a_job_names_who_had_it_and_why_it_moved(farm):
    farm.start(workers=2, masters=1, lease_ms=1000)
    job = farm.submit("noop", "tasks=200", "ms=20", "fail=0.05", "seed=3")
    farm.wait_done(job, 10)
    farm.workers["w1"].kill()
    wait_for(lambda: farm.number(job, "reclaimed") > 0, "its tasks are claimed again")
    farm.masters["m1"].kill()
    farm.master("m2")
    farm.completed(job)
    past, now = story(farm, job)
    for pattern in ("^submitted", "adopted by master m1-", "taken back from slot w1.0",
                    "taken over by master m2-.*, for master m1-.* was gone",
                    r"task \d+ failed on worker w\d, attempt 1: .*; to be tried again after",
                    "completed$"):
        matches(f"(?m){pattern}", past, "the story")
    matches(r"completed after .*: 200 of 200 tasks folded", now, "how it ended")
    task = farm.events("task_retry")[0]["task"]
    past, now = story(farm, f"{job}/{task}")
    matches("(?m)^failed on worker", past, "the story of a task that failed")
    matches("done: its result is folded", now, "where that task is")


@test
def a_story_begins_with_the_submission_whoever_tells_of_it(farm):
    farm.start_redis()
    job = farm.submit("sum", "1|10")
    submitted = {"atMs": farm.number(job, "submitted_ms"), "text": "submitted as a sum job"}
    check(not farm.events("job_submitted"), "nobody has told of the job yet")
    told = farm.run("explain", job)
    equal(told["story"], [submitted], "the story before there is a master")
    matches("no master is there", "\n".join(told["now"]), "why it waits")
    farm.dtq("queue", "pause")  # comes in the events before the job
    farm.dtq("queue", "resume")
    farm.master()
    farm.worker()
    farm.completed(job)
    told = farm.run("explain", job)["story"]
    equal(told[0], submitted, "the beginning of the story")
    matches("adopted by master m1", told[1]["text"], "what came then")
    equal([row["atMs"] for row in told], sorted(row["atMs"] for row in told), "times")
    # An event of a version before, which does not say when that was, was written then.
    entry = farm.redis("XADD", QUEUE + "events", "*", "event", "job_submitted", "job", job,
                       "type", "sum", "producer", "")
    equal(farm.run("explain", job)["story"][-1],
          {"atMs": int(entry.split(b"-")[0]), "text": "submitted as a sum job"}, "one of before")


@test
def explain_says_what_is_wrong_with_an_id(farm):
    farm.start(workers=1)
    job = farm.submit("noop", "tasks=3")
    farm.completed(job)
    for name, words in (("J99", 'there is no job "J99"'), (job + "/x", "such as J7/12"),
                        (job + "/", "such as J7/12"), (job + "/-1", "such as J7/12"),
                        (job + "/99999999999999999999999", "such as J7/12"),
                        ("a b", "job id"), (job + "/3", "its tasks are 0 to 2")):
        reply = farm.dtq("explain", name, code=2)
        check(words in reply.err, f"explain {name}: {reply.err!r} has not {words!r}")
    farm.server.signal(signal.SIGTERM)
    farm.server.wait(10)
    farm.dtq("explain", job, code=3)
    farm.dtq("fsck", code=3)


@test
def the_demo_kills_everything_and_loses_nothing(farm):
    env = {name: value for name, value in farm.env.items() if name != "DTQ_REDIS_URL"}
    value = farm.dtq("demo", "--chaos", "--json", env=env, cwd=TOP, limit=90).json
    check(value["ok"] and len(value["checks"]) == 10, f"the demo's checks: {value['checks']}")
    equal(value["kept"], False, "is its folder kept")
