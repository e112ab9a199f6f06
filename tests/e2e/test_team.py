"""Workers of one machine share the steps of a training in memory: the same bits as alone, whoever
helps and whatever becomes of him."""
import os
import time

from dtqtest import SLOW, check, copy_of_digits, equal, test, wait_for
from processes import Failure
from test_training import BIG

# Steps too small to send around, and of several chunks each; and epochs over shards.
SPECS = {"steps": BIG + "|batchSize=40000",
         "epochs": BIG + "|batchSize=40000|patience=1000000",
         "tests": BIG + "|batchSize=40000|testRef=file:big.csv|shuffle=true|optimizer=adam",
         "shards": BIG + "|mode=average|batchSize=128"}
CORES = len(os.sched_getaffinity(0))


def boards(farm):
    folder = farm.path("cache", "team")
    return [name for name in os.listdir(folder) if name.endswith(".board")]


def helped(value):
    """Epochs that more than one worker took part in. Without patience an epoch may be begun by one
    and ended by another who are no helpers: few of many are."""
    return sum(row["workers"] > 1 for row in value["epochs"])


def with_help(farm, name, job):
    """A training of 30 epochs, in more than 5 of which helpers took part. It lasts for a blink: on
    a busy machine helpers may find no core in that time, so it is tried up to five times."""
    seen = []
    for turn in "abcde":
        value = farm.run("train", SPECS[name], "epochs=30", f"jobId={job}{turn}")
        seen.append(helped(value))
        if CORES == 1 or (seen[-1] > 5 and value["workers"] > 1):
            return value
    raise Failure(f"{job}: epochs with helpers: {seen}")


def registered(farm, count):
    wait_for(lambda: farm.count("ZCARD", "workers") == count, f"{count} workers are registered")


@test
def helpers_bring_the_same_bits_with_1_2_3_and_7_workers(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=1)
    calm = {}
    for workers in (1, 2, 3, 7):
        for i in range(len(farm.workers), workers):
            farm.worker(f"w{i + 1}")
        registered(farm, workers)
        for name, spec in SPECS.items():
            if workers == 1:
                value = farm.run("train", spec, "epochs=30", f"jobId={name}-1")
            else:
                value = with_help(farm, name, f"{name}-{workers}")
            job = value["jobId"]
            losses = [(row["runningLoss"], row.get("testLoss"), row.get("testAuc"))
                      for row in value["epochs"]]
            if workers == 1:
                calm[name] = (farm.weights(job), losses)
                equal((helped(value), value["workers"]), (0, 1), "there is nobody to help")
            check(farm.weights(job) == calm[name][0], f"{job}: other bits")
            equal(losses, calm[name][1], f"numbers of {job}")
            check(value["tasks"]["total"] < (35 if name == "epochs" else 25),
                  f"{job}: a step is no task: {value['tasks']}")
    wait_for(lambda: not boards(farm), "no board is left")


@test
def slots_of_one_process_help_each_other(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=1, slots=3)
    value = farm.run("train", SPECS["steps"], "epochs=30", "jobId=three")
    equal((helped(value), value["workers"]), (0, 1), "one worker does it all")
    check(farm.weights("three") == farm.weights(
        farm.run("train", SPECS["steps"], "epochs=30", "jobId=again")["jobId"]), "other bits")


@test
def workers_that_spell_the_url_in_different_ways_help_each_other(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=1)
    farm.worker("w2", options=("--redis", farm.url.replace("redis.sock", "./redis.sock?db=0")))
    registered(farm, 2)
    with_help(farm, "steps", "spelt")
    known = farm.redis("GET", "dtq:{default}:identity")
    farm.redis("FLUSHALL")  # as a Redis that kept nothing comes back
    for worker in farm.workers.values():
        wait_for(lambda w=worker: "registering again" in w.log(), "it registers again")
    registered(farm, 2)
    wait_for(lambda: farm.redis("GET", "dtq:{default}:identity") == known, "the queue's old name")
    with_help(farm, "steps", "again")


@test
def workers_of_a_queue_that_became_another_one_help_each_other(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=1)
    wait_for(lambda: farm.redis("GET", "dtq:{default}:identity"), "the queue has a name")
    farm.redis("SET", "dtq:{default}:identity", "a" * 16)  # as if others had been faster
    farm.worker("w2")
    registered(farm, 2)
    farm.redis("CLIENT", "KILL", "TYPE", "normal")
    farm.run("train", SPECS["steps"], "epochs=30", "jobId=spelt")
    check(farm.weights("spelt") == farm.weights(with_help(farm, "steps", "after")["jobId"]),
          "other bits")


@test
def workers_that_want_to_be_alone_are(farm):
    copy_of_digits(farm, 80)
    farm.start_redis()
    farm.master()
    for i in range(3):
        farm.worker(f"w{i + 1}", options=("--alone",))
    registered(farm, 3)
    value = farm.run("train", SPECS["epochs"], "epochs=40", "jobId=alone")
    equal(helped(value), 0, "epochs with helpers")
    check(not os.path.exists(farm.path("cache", "team")), "there is a folder for a team")


def storm(farm, name, epochs, disturb, seconds):
    """Trains in peace and disturbed again and again; the same must come out."""
    epochs = int(epochs / SLOW)  # a sanitizer makes them longer by more than that
    calm = farm.run("train", SPECS[name], f"epochs={epochs}", "jobId=calm-" + name, limit=120)
    job = "stormy-" + name
    farm.submit("train", SPECS[name], f"epochs={epochs}", "jobId=" + job)
    hits, until = 0, time.monotonic() + seconds
    while (hits < 2 or time.monotonic() < until) and not farm.ended(job):
        done = farm.number(job, "done")
        if farm.field(job, "state") == "running" and disturb():
            hits += 1
        at = time.monotonic() + 0.7
        wait_for(lambda d=done, t=at: farm.ended(job)
                 or (farm.number(job, "done") > d and time.monotonic() > t), "it goes on", 40)
    value = farm.completed(job, 120)
    check(hits >= 2, f"only {hits} times was the training disturbed")
    equal([(row["epoch"], row["runningLoss"]) for row in value["epochs"]],
          [(row["epoch"], row["runningLoss"]) for row in calm["epochs"]], f"epochs of {job}")
    equal(value["loss"], calm["loss"], f"loss of {job}")
    equal(value["count"], calm["count"], "rows trained on")
    check(farm.weights(job) == farm.weights("calm-" + name), f"{job} ends in other bits")
    if CORES > 1:
        check(helped(calm) > epochs / 4 and helped(value) > epochs / 10,
              f"epochs with helpers: {helped(calm)}, {helped(value)}")


def kill_any(farm):
    def disturb():
        name = farm.random.choice(sorted(farm.workers))
        farm.workers[name].kill()
        farm.worker(name)
        return True
    return disturb


@test
def steps_end_in_the_same_bits_though_a_worker_is_killed_again_and_again(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=3)
    storm(farm, "steps", 500, kill_any(farm), 4)
    # What the killed ones left is found by those who look for something to do.
    farm.run("train", SPECS["steps"], "epochs=20")
    wait_for(lambda: not boards(farm), "no board is left")


@test
def shards_end_in_the_same_bits_though_a_worker_is_killed_again_and_again(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=3)
    storm(farm, "shards", 300, kill_any(farm), 4)


@test
def steps_end_in_the_same_bits_though_workers_are_stopped(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=3, lease_ms=2000)
    stopped = []

    def disturb():
        for worker in stopped:
            worker.cont()
        stopped[:] = farm.random.sample([farm.workers[name] for name in sorted(farm.workers)], 1)
        stopped[0].stop()
        return True
    try:
        storm(farm, "steps", 500, disturb, 4)
    finally:
        for worker in stopped:
            worker.cont()
