"""Trainings in sync mode end in the same bits whatever is killed on the way."""
import time

from dtqtest import QUEUE, SLOW, check, copy_of_digits, equal, test, wait_for
from test_training import BIG, BIG_BATCH, DIGITS

# Both ways in which a sync training is cut into tasks: an epoch done by one worker, and chunks of
# a batch that go to all of them, as they do when each has a machine of its own. patience makes a
# task of each epoch and never runs out here.
SPECS = {"runs": DIGITS + "|patience=1000000|epochs=1200",
         "chunks": BIG_BATCH + "|epochs=150"}
ALONE = ["--alone"]


def storm(farm, name, disturb, times):
    """Trains once in peace and once disturbed, again and again; the same must come out."""
    calm = farm.run("train", SPECS[name], f"jobId=calm-{name}")
    job = f"stormy-{name}"
    step = calm["tasks"]["total"] // (times + 2)
    farm.submit("train", SPECS[name], "jobId=" + job)
    hits = 0
    for _ in range(times):
        farm.wait_done(job, farm.number(job, "done") + farm.random.randint(1, step))
        if farm.field(job, "state") != "running":
            break
        disturb(job)
        hits += 1
    check(hits >= min(times, 2), f"only {hits} times was the training disturbed")
    value = farm.completed(job)
    equal([(row["epoch"], row["runningLoss"]) for row in value["epochs"]],
          [(row["epoch"], row["runningLoss"]) for row in calm["epochs"]], f"epochs of {job}")
    equal(value["loss"], calm["loss"], f"loss of {job}")
    equal(value["count"], calm["count"], "rows trained on")
    check(farm.weights(job) == farm.weights(f"calm-{name}"), f"{job} ends in other bits")
    return value


def ended_within(farm, jobs, seconds):
    """Whether all these jobs end before so many seconds are over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if all(farm.ended(job) for job in jobs):
            return True
        time.sleep(0.01)
    return False


def kill_a_worker(farm, options=()):
    def disturb(_job):
        name = farm.random.choice(sorted(farm.workers))
        farm.workers[name].kill()
        farm.worker(name, options=options)
    return disturb


def kill_the_master(farm):
    def disturb(job):
        farm.masters["m1"].kill()
        farm.still_running(job, "its master is dead")
        farm.master("m1")
        wait_for(lambda: farm.number(job, "fence") > disturb.fence, "the new master adopts it")
        disturb.fence = farm.number(job, "fence")
    disturb.fence = 1
    return disturb


def kill_redis(farm):
    def disturb(_job):
        farm.kill_redis()
        farm.start_redis()
    return disturb


def owner(farm, job):
    """The process of the master that owns a job."""
    return farm.masters[farm.field(job, "owner").rsplit("-", 1)[0]]


@test
def runs_end_in_the_same_bits_though_workers_are_killed(farm):
    farm.start(workers=2)
    storm(farm, "runs", kill_a_worker(farm), 6)


@test
def chunks_end_in_the_same_bits_though_workers_are_killed(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=3, options=ALONE)
    value = storm(farm, "chunks", kill_a_worker(farm, ALONE), 6)
    check(value["tasks"]["retried"] == 0, "a lost worker is no failed attempt")


@test
def any_number_of_workers_ends_in_the_same_bits_though_some_are_killed_all_the_time(farm):
    copy_of_digits(farm, 40)
    farm.start(workers=1)
    # An epoch done by one worker, chunks of a batch and of an evaluation, gradients of all rows,
    # and shards: each way in which work is shared that promises the same bits.
    specs = {"runs": DIGITS + "|patience=1000000|epochs=400",
             "chunks": BIG_BATCH + "|epochs=40|optimizer=adam|holdout=5",
             "whole": BIG.replace("|lr=0.5", "") + "|epochs=20|optimizer=lbfgs|l2=0.001",
             "classes": "model=softmax|dataRef=file:big.csv|hasHeader=true|normalize=standard|lr=0.1"
                        "|batchSize=70000|epochs=6|shuffle=true",
             "average": BIG + "|mode=average|epochs=40|batchSize=64|momentum=0.5"}
    calm = {name: farm.run("train", spec, f"jobId=calm-{name}") for name, spec in specs.items()}
    kill = kill_a_worker(farm)
    for count in (1, 2, 3, 7):
        for number in range(len(farm.workers), count):
            farm.worker(f"w{number + 1}")
        wait_for(lambda: farm.count("ZCARD", "workers") == count, "the workers register")
        jobs = {name: farm.submit("train", spec, f"jobId={name}-{count}")
                for name, spec in specs.items()}
        for job in jobs.values():  # a slow machine is not to take them for tasks that kill
            farm.redis("HSET", f"{QUEUE}job:{job}", "max_lost", 1000)
        kills = 0
        while not ended_within(farm, jobs.values(), 0.4 * SLOW):
            kill(None)
            kills += 1
            check(kills < 150, f"{count} workers come to no end")
        check(kills > 0, f"{count} workers were too fast to be killed")
        for name, job in jobs.items():
            value = farm.completed(job)
            key = "loss" if name == "whole" else "runningLoss"
            equal([(row["epoch"], row[key]) for row in value["epochs"]],
                  [(row["epoch"], row[key]) for row in calm[name]["epochs"]], f"epochs of {job}")
            equal(value["loss"], calm[name]["loss"], f"loss of {job}")
            check(farm.weights(job) == farm.weights(f"calm-{name}"), f"{job} ends in other bits")
            equal(value["tasks"]["retried"], 0, f"failed attempts of {job}")
        print(f"{count} workers, {kills} killed")


@test
def runs_end_in_the_same_bits_though_masters_are_killed(farm):
    farm.start(workers=2)
    storm(farm, "runs", kill_the_master(farm), 4)


@test
def chunks_end_in_the_same_bits_though_masters_are_killed(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=3, options=ALONE)
    storm(farm, "chunks", kill_the_master(farm), 4)


@test
def runs_end_in_the_same_bits_though_redis_is_killed(farm):
    farm.start(workers=2)
    storm(farm, "runs", kill_redis(farm), 3)


@test
def chunks_end_in_the_same_bits_though_redis_is_killed(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=3, options=ALONE)
    storm(farm, "chunks", kill_redis(farm), 3)


@test
def another_master_takes_over_from_a_killed_one(farm):
    copy_of_digits(farm, 80)
    farm.start(workers=2, masters=2, options=ALONE)

    def disturb(job):
        dead = owner(farm, job)
        dead.kill()
        wait_for(lambda: owner(farm, job) is not dead, "the other master owns the job")
    storm(farm, "chunks", disturb, 1)
    equal(len(farm.events("job_taken_over")), 1, "events of a takeover")


@test
def a_master_that_comes_back_from_a_long_pause_is_refused(farm):
    farm.start(workers=2, masters=2)

    def disturb(job):
        paused = owner(farm, job)
        paused.stop()
        wait_for(lambda: owner(farm, job) is not paused, "the other master owns the job")
        done = farm.number(job, "done")
        paused.cont()
        farm.wait_done(job, done + 20)
        check(owner(farm, job) is not paused, "the job went back to the paused master")
    storm(farm, "runs", disturb, 1)
    for name, master in farm.masters.items():
        check(master.alive, f"{name} is no more")
    # The one that was paused is of use again: each alone can do a sum.
    for name in ("m1", "m2"):
        other = farm.masters["m2" if name == "m1" else "m1"]
        other.stop()
        equal(farm.dtq("sum", "1|3", "--timeout", "30").out, "6\n", f"a sum by {name} alone")
        other.cont()


@test
def an_async_training_survives_everything(farm):
    farm.start(workers=2, slots=2)
    job = farm.submit("train", DIGITS + "|epochs=60|batchSize=16|mode=async")
    for disturb in (kill_a_worker(farm), kill_the_master(farm), kill_redis(farm),
                    kill_a_worker(farm)):
        farm.wait_done(job, farm.number(job, "done") + farm.random.randint(50, 800))
        farm.still_running(job, "it is disturbed")
        disturb(job)
    value = farm.completed(job)
    equal((value["count"], len(value["epochs"])), (60 * 1797, 60), "rows and epochs")
    check(value["accuracy"] > 0.98, f"accuracy {value['accuracy']}")
